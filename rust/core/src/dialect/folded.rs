//! For the tests of dialects: short streams, and what is emitted of them, in words.

use crate::accumulate::Accumulator;
use crate::dialect::Dialect;
use crate::json::Payload;
use crate::snapshot::Delta;

/// What payloads emitted, each delta in words, and what came of them.
pub(super) struct Folded {
    pub(super) emitted: Vec<String>,
    pub(super) accumulator: Accumulator,
}

/// Folds payloads, each the data of an event.
pub(super) fn folded(dialect: &str, payloads: &[&str]) -> Folded {
    let events = payloads.iter().map(|payload| format!("data: {payload}\n\n"));
    of_body(Some(dialect), &events.collect::<String>())
}

/// What payloads emitted, and their object. With `void`, a payload in between makes the fast path forget what it has
/// learned.
pub(super) fn fold(dialect: &str, payloads: &[&str], void: bool) -> (Vec<String>, String, Accumulator) {
    let all: Vec<_> =
        payloads.iter().flat_map(|payload| [Some(*payload), Some("0").filter(|_| void)]).flatten().collect();
    let Folded { mut emitted, accumulator } = folded(dialect, &all);
    emitted.retain(|delta| delta != "event 0");
    (emitted, accumulator.object(), accumulator)
}

/// Checks what payloads emit, and one member of their object.
pub(super) fn check(dialect: &str, payloads: &[&str], emitted: &[&str], (member, json): (&str, &str)) {
    let folded = fold(dialect, payloads, false);
    assert_eq!(folded.0, emitted);
    let object = Payload::parse(&folded.1).unwrap();
    assert_eq!(object.raw().object().get(member).unwrap().as_str(), json);
}

/// Folds a body, with its end.
pub(super) fn of_body(dialect: Option<&str>, body: &str) -> Folded {
    let mut accumulator = Accumulator::builder().dialect(dialect.map(|name| name.parse::<Dialect>().unwrap())).build();
    let mut emitted = vec![];
    let mut out = |delta: Delta<'_>| emitted.push(in_words(&delta));
    accumulator.feed(body.as_bytes(), &mut out).unwrap();
    accumulator.flush(&mut out);
    Folded { emitted, accumulator }
}

fn in_words(delta: &Delta<'_>) -> String {
    match delta {
        Delta::Text { text, .. } => format!("text {text}"),
        Delta::Reasoning { text, .. } => format!("reasoning {text}"),
        Delta::Refusal { text, .. } => format!("refusal {text}"),
        Delta::ToolCall { index, id, name, arguments, .. } => {
            format!("call {index} {} {} {arguments}", id.unwrap_or("-"), name.unwrap_or("-"))
        }
        Delta::Finish { reason, .. } => format!("finish {reason}"),
        Delta::Usage { usage } => format!("usage {}", usage.json()),
        Delta::Other { kind, json, .. } => format!("{kind} {json}"),
    }
}

impl Folded {
    pub(super) fn object(&self) -> String {
        self.accumulator.object()
    }

    /// The message of the stream's error.
    pub(super) fn error(&self) -> Option<&str> {
        self.accumulator.snapshot().error().map(|error| error.message.as_str())
    }
}

/// The dialect that one payload decides on.
pub(super) fn detected(payload: &str) -> Option<&'static str> {
    of_body(None, &format!("data: {payload}\n\n")).accumulator.dialect().map(Dialect::as_str)
}

#[test]
fn each_dialect_knows_its_own_only() {
    for (payload, dialect) in [
        (r#"{"type":"message-start","delta":{"message":{}}}"#, Some("cohere-v2")),
        (r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"a"}}}}"#, Some("cohere-v2")),
        (r#"{"id":"c","finish_reason":"COMPLETE","message":{"role":"assistant"}}"#, Some("cohere-v2")),
        (r#"{"id":"c","finish_reason":"COMPLETE","message":{},"choices":[]}"#, Some("openai-chat")),
        (r#"{"type":"message","finish_reason":"COMPLETE","message":{}}"#, None),
        (r#"{"model":"m","done":false,"message":{}}"#, Some("ollama")),
        (r#"{"model":"m","done":true,"response":""}"#, Some("ollama")),
        (r#"{"model":"m","done":1,"response":""}"#, None),
        (r#"{"model":"m","done":false}"#, None),
        (r#"{"done":false,"message":{}}"#, None),
        (r#"{"status":"pulling manifest"}"#, None),
        (r#"{"object":"thread.run","id":"r"}"#, Some("openai-assistants")),
        (r#"{"object":"thread.run.step.delta","id":"s","delta":{}}"#, Some("openai-assistants")),
        (r#"{"object":"thread.run.step","id":"s","type":"tool_calls"}"#, Some("openai-assistants")),
        (r#"{"type":"thread.created","thread":{}}"#, None),
        (r#"{"type":"message_start","message":{}}"#, Some("anthropic")),
        (r#"{"type":"response.created","response":{}}"#, Some("openai-responses")),
        (r#"{"candidates":[]}"#, Some("gemini")),
        (r#"{"type":"text-delta","id":"t","delta":"a"}"#, Some("vercel-ui")),
        (r#"{"type":"tool-input-start","toolCallId":"t"}"#, Some("vercel-ui")),
        (r#"{"type":"tool-call-delta","toolCallId":"t","argsTextDelta":"a"}"#, Some("vercel-ui")),
        (r#"{"type":"tool-call-delta","argsTextDelta":"a"}"#, None),
        (r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{}}}}"#, Some("cohere-v2")),
        (r#"{"type":"start"}"#, Some("vercel-ui")),
        (r#"{"type":"finish"}"#, Some("vercel-ui")),
        (r#"{"type":"RUN_STARTED"}"#, Some("ag-ui")),
        (r#"{"type":"CUSTOM"}"#, None),
        (r#"{"type":"ping"}"#, None),
        (r#"{"type":"error","error":"e"}"#, None),
        (r#"{"error":"e"}"#, None),
    ] {
        assert_eq!(detected(payload), dialect, "{payload}");
    }
}
