//! Ollama's own API: lines of JSON, of `/api/chat` with a `message` each, of `/api/generate` with a `response`.
//!
//! 1. Each line is the response of a request without `stream`, but with the next piece of its texts only.
//! 2. A tool call comes whole: each is another one, whatever its index.
//! 3. The line that is `done` is the last; it alone has the counts. The first line's time counts until the last one tells its own.

use super::{Dialect, Repeat};
use crate::json::{Object, Raw, Text};
use crate::snapshot::{Delta, Growth, In, Piece, Place, Sink, Snapshot, fold_all};

pub(super) static DIALECT: Dialect =
    Dialect { name: "ollama", detects, fold, repeats, complete: |_| false, begins_again: |_| false, object };

const MESSAGE: &str = "message";
const TIME: &str = "created_at";
const LOGPROBS: &str = "logprobs";

fn detects(_kind: &str, payload: &Object<'_>) -> bool {
    let answers = payload.get(MESSAGE).is_some_and(Raw::is_object)
        || payload.get("response").is_some_and(|response| response.text().is_some());
    let named = payload.get("model").is_some_and(|model| model.text().is_some());
    answers && named && payload.get("done").is_some_and(|done| matches!(done.as_str(), "true" | "false"))
}

fn is_last(payload: &Object<'_>) -> bool {
    payload.get("done").is_some_and(|done| done.as_str() == "true")
}

fn fold(snapshot: &mut Snapshot, _kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if payload.first(&["done", MESSAGE, "response"]).is_none() {
        return false;
    }
    let last = is_last(payload);
    keep(snapshot, payload, last);
    fold_message(snapshot, &payload.child(MESSAGE), out);
    fold_all(answers(payload), snapshot, out);
    for item in payload.get(LOGPROBS).map(Raw::items).unwrap_or_default() {
        snapshot.fields.push(LOGPROBS, item);
        out(Delta::Other { choice: 0, kind: LOGPROBS, json: item.as_str() });
    }
    if last {
        let reason = payload.str("done_reason");
        snapshot.choice(0).finish(if reason.is_empty() { "stop" } else { &reason }, out);
        count(snapshot, payload, out);
        snapshot.finish(out);
    }
    true
}

/// Keeps what a line says beside its answer.
fn keep(snapshot: &mut Snapshot, payload: &Object<'_>, last: bool) {
    snapshot.set_model(&payload.str("model"));
    let fields = &mut snapshot.fields;
    for (name, value) in payload.iter() {
        match name {
            // Their texts follow: they only take their places among the members.
            MESSAGE if value.is_object() => _ = fields.object(MESSAGE),
            "response" if value.text().is_some() => fields.append(name, &Text::from("")),
            MESSAGE | "response" | "thinking" | "error" | LOGPROBS => {}
            TIME if value.is_null() || (!last && fields.contains(TIME)) => {}
            _ => fields.keep(name, value),
        }
    }
}

fn fold_message(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    if let Some(role) = message.get("role").and_then(Raw::str) {
        snapshot.choice(0).set_role(&role, out);
    }
    let apart = ["content", "thinking", "tool_calls", "images"];
    if message.raw().is_object() {
        snapshot.fields.object(MESSAGE).keep_all(message, &apart);
    }
    fold_all(message_texts(message), snapshot, out);
    for call in message.get("tool_calls").map(Raw::objects).unwrap_or_default() {
        snapshot.fields.object(MESSAGE).push("tool_calls", call);
        fold_call(snapshot, &call.object(), out);
    }
    for image in message.get("images").map(Raw::items).unwrap_or_default() {
        snapshot.fields.object(MESSAGE).push("images", image);
        out(Delta::Other { choice: 0, kind: "image", json: image.as_str() });
    }
}

fn fold_call(snapshot: &mut Snapshot, call: &Object<'_>, out: &mut Sink<'_>) {
    let function = call.child("function");
    let (id, kind, name) = (call.str("id"), call.str("type"), function.str("name"));
    let arguments = function.get("arguments").map(Raw::text_or_json).unwrap_or_default();
    let piece = Piece { kind: &kind, arguments, ..Piece::start(None, &id, &name) };
    snapshot.choice(0).begin_tool_call(&piece, out);
}

/// The counts of the last line are the usage; its durations are not.
fn count(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let counts = payload.iter().filter(|(name, _)| name.ends_with("_count"));
    if counts.fold(false, |changed, (name, count)| snapshot.usage.set(name, count) | changed) {
        out(Delta::Usage { usage: &snapshot.usage });
    }
}

fn growth<'a>(owner: &Object<'a>, way: &[In], name: &'static str, seen: Place) -> Option<Growth<'a>> {
    let places = vec![seen, Place::Member { way: way.to_vec(), name }];
    Some(Growth { text: owner.get(name)?, places })
}

/// What grows by a line of `/api/chat`.
fn message_texts<'a>(message: &Object<'a>) -> Vec<Growth<'a>> {
    let way = [In::Object(MESSAGE)];
    let thinking = growth(message, &way, "thinking", Place::Reasoning { choice: 0 });
    thinking.into_iter().chain(growth(message, &way, "content", Place::Content { choice: 0 })).collect()
}

/// What grows by a line of `/api/generate`.
fn answers<'a>(payload: &Object<'a>) -> Vec<Growth<'a>> {
    let thinking = growth(payload, &[], "thinking", Place::Reasoning { choice: 0 });
    thinking.into_iter().chain(growth(payload, &[], "response", Place::Content { choice: 0 })).collect()
}

/// A line that has nothing but texts and its time, beside what it says again.
fn repeats<'a>(_snapshot: &Snapshot, payload: &Object<'a>) -> Option<Repeat<'a>> {
    let message = payload.child(MESSAGE);
    let told = [message.get("tool_calls"), message.get("images"), payload.get(LOGPROBS)];
    if is_last(payload) || told.into_iter().flatten().any(Raw::has_list) {
        return None;
    }
    let mut repeat = Repeat::of_all(message_texts(&message).into_iter().chain(answers(payload)))?;
    repeat.dropped.extend(payload.get(TIME).filter(|time| time.text().is_some()));
    Some(repeat)
}

/// The response of a request without `stream`.
fn object(snapshot: &Snapshot) -> String {
    snapshot.fields.json()
}

#[cfg(test)]
mod tests {
    use super::super::folded::of_body;

    #[test]
    fn lines_of_a_chat() {
        let body = concat!(
            r#"{"model":"m","created_at":"t1","message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}"#,
            r#"{"model":"m","created_at":"t2","message":{"role":"assistant","content":"A"},"done":false}"#,
            r#"{"model":"m","created_at":"t3","message":{"role":"assistant","content":"b","images":["i","j"]},"done":false}"#,
        );
        let folded = of_body(None, body);
        assert_eq!(
            folded.told,
            ["role \"assistant\"", "reasoning Hm", "text A", "text b", "image \"i\"", "image \"j\""]
        );
        let message = r#"{"role":"assistant","thinking":"Hm","content":"Ab","images":["i","j"]}"#;
        assert_eq!(folded.object(), format!(r#"{{"model":"m","created_at":"t1","message":{message},"done":false}}"#));
        assert!(!folded.accumulator.is_complete());
        assert_eq!(folded.accumulator.dialect(), Some("ollama"));
    }

    #[test]
    fn the_last_line_has_the_counts_and_its_own_time() {
        let body = concat!(
            r#"{"model":"m","created_at":"t1","response":"A","done":false,"eval_count":1}"#,
            r#"{"model":"m","created_at":"t9","response":"","done":true,"context":[1],"total_duration":9,"eval_count":2}"#,
            r#"{"model":"m","created_at":"t10","response":"late","done":true}"#,
        );
        let folded = of_body(None, body);
        assert_eq!(folded.told, ["text A", "finish stop", "usage {\"eval_count\":2}"]);
        let object = r#"{"model":"m","created_at":"t9","response":"A","done":true,"eval_count":2,"context":[1],"total_duration":9}"#;
        assert_eq!(folded.object(), object);
        assert!(folded.accumulator.is_complete());
    }

    #[test]
    fn each_call_is_another_one() {
        let call = r#"{"function":{"index":0,"name":"f","arguments":{"a": 18446744073709551616}}}"#;
        let line = format!(r#"{{"model":"m","message":{{"content":"","tool_calls":[{call}]}},"done":false}}"#);
        let folded = of_body(None, &line.repeat(2));
        let told = ["call 0 - f {\"a\":18446744073709551616}", "call 1 - f {\"a\":18446744073709551616}"];
        assert_eq!(folded.told, told);
        assert!(folded.object().contains(&format!(r#""tool_calls":[{call},{call}]"#)));
    }

    #[test]
    fn log_probabilities_are_appended() {
        let line = |n| format!(r#"{{"model":"m","response":"a","done":false,"logprobs":[{{"n":{n}}}]}}"#);
        let folded = of_body(None, &(line(1) + &line(2)));
        assert_eq!(folded.told, ["text a", "logprobs {\"n\":1}", "text a", "logprobs {\"n\":2}"]);
        assert!(folded.object().contains(r#""logprobs":[{"n":1},{"n":2}]"#));
    }

    #[test]
    fn an_error_is_a_line_of_its_own() {
        let folded = of_body(None, r#"{"model":"m","response":"A","done":false}{"error":"no"}"#);
        assert_eq!((folded.error(), folded.told.len()), (Some("no"), 1));
        let folded = of_body(None, r#"{"status":"pulling manifest"}{"status":"success"}"#);
        assert_eq!((folded.accumulator.dialect(), folded.told.len()), (None, 2));
    }
}
