//! Cohere's second chat API: a message whose blocks, plan, tool calls and citations come in pieces.
//!
//! 1. `message-start` brings the message; blocks and tool calls stand in it at their indexes. Without an index a start is of a
//!    new one, and a piece of the last.
//! 2. The tool plan is reasoning too.
//! 3. Citations and log probabilities come one at a time, each whole.
//! 4. `message-end` has the finish reason, the usage, and the error of a stream that failed. `[DONE]` follows it.

use super::{Dialect, Growth, Place, Repeat, fold_all};
use crate::api_error::ApiError;
use crate::delta::{Delta, Sink};
use crate::fields::{Fields, In};
use crate::json::{Object, Raw, quote};
use crate::snapshot::Snapshot;
use crate::text::Text;
use crate::tool_call::Piece;

pub(super) static DIALECT: Dialect =
    Dialect { name: "cohere-v2", detects, fold, repeats, complete: |_| false, begins_again: |_| false, object };

const MESSAGE: In = In::Object("message");
const BLOCKS: &str = "content";
const CALLS: &str = "tool_calls";
const CITATIONS: &str = "citations";
const PLAN: &str = "tool_plan";

fn detects(kind: &str, payload: &Object<'_>) -> bool {
    match kind {
        "message-start" | "content-start" | "content-delta" | "content-end" | "tool-plan-delta" | "tool-call-start"
        | "tool-call-delta" | "tool-call-end" | "citation-start" | "citation-end" | "message-end" => {
            // Others name events of theirs so too, but have neither; the bare name is asked about without a payload.
            payload.raw().is_null() || payload.first(&["delta", "index"]).is_some()
        }
        _ => is_whole(payload),
    }
}

fn is_whole(payload: &Object<'_>) -> bool {
    let ended = payload.get("finish_reason").and_then(Raw::text).is_some();
    ended && payload.get("message").is_some_and(Raw::is_object) && payload.first(&["type", "choices"]).is_none()
}

fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let message = payload.child("delta").child("message");
    match kind {
        "message-start" => fold_message(snapshot, payload, &message, out),
        "content-start" | "content-delta" => {
            let index = place(message_of(snapshot), BLOCKS, kind, payload);
            fold_block(snapshot, index, &message.child(BLOCKS), kind == "content-start", out);
            fold_logprobs(snapshot, payload, out);
        }
        "tool-plan-delta" => {
            message_of(snapshot);
            fold_all(plan(&message), snapshot, out);
        }
        "tool-call-start" | "tool-call-delta" => {
            let index = place(message_of(snapshot), CALLS, kind, payload);
            fold_call(snapshot, index, &message.child(CALLS), out);
        }
        "citation-start" => fold_citations(snapshot, &message, out),
        "message-end" => fold_end(snapshot, payload, &payload.child("delta"), out),
        "content-end" | "tool-call-end" | "citation-end" => {}
        _ if is_whole(payload) => fold_whole(snapshot, payload, out),
        _ => return false,
    }
    true
}

fn fold_whole(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    fold_message(snapshot, payload, &payload.child("message"), out);
    snapshot.fields.keep_all(payload, &["id", "message", "finish_reason", "usage", "logprobs", "error"]);
    fold_logprobs(snapshot, payload, out);
    fold_end(snapshot, payload, payload, out);
}

/// The message, which is there from the first on that is told of it.
fn message_of(snapshot: &mut Snapshot) -> &mut Fields {
    let message = snapshot.fields.at(&[MESSAGE]);
    if message.is_empty() {
        message.set("role", quote("assistant"));
    }
    message
}

/// The message that a stream begins with, or that is whole.
fn fold_message(snapshot: &mut Snapshot, payload: &Object<'_>, message: &Object<'_>, out: &mut Sink<'_>) {
    snapshot.set_id(&payload.str("id"));
    let kept = message_of(snapshot);
    for (name, value) in message.iter() {
        match name {
            BLOCKS | CALLS | CITATIONS if value.is_array() => _ = kept.contains(name) || kept.set(name, "[]".into()),
            // It begins as "", which says nothing of a plan.
            PLAN if value.text().is_some() => kept.append(PLAN, &Text::from("")),
            BLOCKS | CALLS | CITATIONS | PLAN => {}
            _ => kept.keep(name, value),
        }
    }
    if let Some(role) = message.get("role").and_then(Raw::str) {
        snapshot.choice(0).set_role(&role, out);
    }
    fold_all(plan(message).filter(|plan| plan.text.is_truthy()), snapshot, out);
    for block in objects(message, BLOCKS) {
        let index = message_of(snapshot).next_index(BLOCKS);
        fold_block(snapshot, index, &block, true, out);
    }
    for call in objects(message, CALLS) {
        let index = message_of(snapshot).next_index(CALLS);
        fold_call(snapshot, index, &call, out);
    }
    fold_citations(snapshot, message, out);
}

fn fold_end(snapshot: &mut Snapshot, payload: &Object<'_>, end: &Object<'_>, out: &mut Sink<'_>) {
    snapshot.set_id(&payload.str("id"));
    if let Some(reason) = end.get("finish_reason").and_then(Raw::str) {
        snapshot.choice(0).finish(&reason, out);
    }
    snapshot.count(end.get("usage").unwrap_or_default(), out);
    if let Some(error) = end.truthy("error") {
        snapshot.fail(ApiError::of(error, end));
    }
    snapshot.finish(out);
}

fn objects<'a>(owner: &Object<'a>, name: &str) -> impl Iterator<Item = Object<'a>> {
    owner.get(name).map(Raw::objects).unwrap_or_default().into_iter().map(Raw::object)
}

/// A member's items, if it is a list, or itself.
fn each<'a>(owner: &Object<'a>, name: &str) -> Vec<Raw<'a>> {
    let list = |value: Raw<'a>| if value.is_array() { value.items() } else { vec![value] };
    owner.get(name).map(list).unwrap_or_default()
}

/// The index in a list of the message that a payload is about.
fn place(message: &mut Fields, list: &str, kind: &str, payload: &Object<'_>) -> i64 {
    let known = payload.get("index").and_then(Raw::index);
    known.unwrap_or_else(|| {
        let next = message.next_index(list);
        if kind.ends_with("-start") { next } else { (next - 1).max(0) }
    })
}

/// What grows by a piece of the plan.
fn plan<'a>(message: &Object<'a>) -> Option<Growth<'a>> {
    let places = vec![Place::Reasoning { choice: 0 }, Place::Member { way: vec![MESSAGE], name: PLAN }];
    Some(Growth { text: message.get(PLAN)?, places })
}

/// What grows by a piece of a block.
fn texts<'a>(index: i64, content: &Object<'a>) -> Vec<Growth<'a>> {
    let growth = |name, seen| {
        let way = vec![MESSAGE, In::Item(BLOCKS, index)];
        Some(Growth { text: content.get(name)?, places: vec![seen, Place::Member { way, name }] })
    };
    let seen = [("text", Place::Content { choice: 0 }), ("thinking", Place::Reasoning { choice: 0 })];
    seen.into_iter().filter_map(|(name, place)| growth(name, place)).collect()
}

fn fold_block(snapshot: &mut Snapshot, index: i64, content: &Object<'_>, start: bool, out: &mut Sink<'_>) {
    let block = message_of(snapshot).item(BLOCKS, index);
    let otherwise = if content.get("thinking").is_some() { "thinking" } else { "text" };
    block.set_once("type", content.get("type"));
    if !block.contains("type") {
        block.set("type", quote(otherwise));
    }
    block.keep_all(content, &["type", "text", "thinking"]);
    fold_all(texts(index, content), snapshot, out);
    let kind = content.str("type");
    if start && !matches!(kind.as_ref(), "" | "text" | "thinking") {
        out(Delta::Other { choice: 0, kind: &kind, json: content.raw().as_str() });
    }
}

/// What grows by a piece of the call at that index, which stands at that position.
fn arguments<'a>(index: i64, position: usize, call: &Object<'a>) -> Option<Growth<'a>> {
    let way = vec![MESSAGE, In::Item(CALLS, index), In::Object("function")];
    let places = vec![Place::Arguments { choice: 0, position }, Place::Member { way, name: "arguments" }];
    Some(Growth { text: call.child("function").get("arguments")?, places })
}

fn fold_call(snapshot: &mut Snapshot, index: i64, call: &Object<'_>, out: &mut Sink<'_>) {
    keep_call(message_of(snapshot).item(CALLS, index), call);
    let (id, kind, name) = (call.str("id"), call.str("type"), call.child("function").str("name").into_owned());
    let piece = Piece { kind: &kind, ..Piece::start(Some(index), &id, &name) };
    let calls = &mut snapshot.choice(0).tool_calls;
    let known = calls.by_index(index);
    let position = known.unwrap_or_else(|| calls.begin(&piece));
    let new = calls.complete(position, &piece) || known.is_none();
    let growth = arguments(index, position, call);
    if let Some(growth) = growth.filter(|growth| growth.text.is_truthy() && growth.text.text().is_some()) {
        growth.fold(snapshot, out);
    } else if new {
        snapshot.choice(0).add_arguments(position, &Text::from(""), out);
    }
}

/// Keeps what a piece says of a call beside its arguments.
fn keep_call(kept: &mut Fields, call: &Object<'_>) {
    let function = call.child("function");
    kept.set_once("id", call.get("id"));
    kept.set_once("type", call.get("type"));
    if !kept.contains("type") {
        kept.set("type", quote("function"));
    }
    kept.keep_all(call, &["id", "type", "function"]);
    let kept = kept.object("function");
    kept.set_once("name", function.get("name"));
    kept.append("arguments", &Text::from(""));
    kept.keep_all(&function, &["name", "arguments"]);
}

fn fold_citations(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    for citation in each(message, CITATIONS) {
        message_of(snapshot).push(CITATIONS, citation);
        out(Delta::Other { choice: 0, kind: "citation", json: citation.as_str() });
    }
}

fn fold_logprobs(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    for logprobs in each(payload, "logprobs") {
        snapshot.fields.push("logprobs", logprobs);
        out(Delta::Other { choice: 0, kind: "logprobs", json: logprobs.as_str() });
    }
}

/// A piece of a text or of a call: what else it says counts once, or is the same again.
fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<Repeat<'a>> {
    let message = payload.get("delta")?.object().get("message")?.object();
    let kind = payload.str("type");
    if kind == "tool-plan-delta" {
        return Repeat::of(plan(&message)?);
    }
    // Without one it is about the last block or call, which it may have made.
    let named = payload.get("index").filter(|_| payload.get("logprobs").is_none())?;
    let index = named.index()?;
    let mut repeat = match kind.as_ref() {
        "content-delta" => Repeat::of_all(texts(index, &message.child(BLOCKS)))?,
        "tool-call-delta" => {
            let position = snapshot.choices.get(&0)?.tool_calls.by_index(index)?;
            Repeat::of(arguments(index, position, &message.child(CALLS))?)?
        }
        _ => return None,
    };
    repeat.indexes.push(named);
    Some(repeat)
}

/// A `V2ChatResponse`; what a stream that was cut off did not tell is not in it.
fn object(snapshot: &Snapshot) -> String {
    let reason = snapshot.choices.get(&0).and_then(|choice| choice.finish_reason());
    let told = [("id", snapshot.id()), ("finish_reason", reason)];
    let told = told.into_iter().filter_map(|(name, text)| Some((name, quote(text?))));
    let message = ("message", "{\"role\":\"assistant\"}".to_owned());
    let members: Vec<_> = told.chain([message]).collect();
    snapshot.object(&members.iter().map(|(name, json)| (*name, json.as_str())).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::super::folded::{Folded, folded};

    const START: &str = r#"{"type":"message-start","id":"c","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#;

    fn fold(payloads: &[&str]) -> Folded {
        folded("cohere-v2", payloads)
    }

    #[test]
    fn blocks_stand_at_their_indexes() {
        let folded = fold(&[
            START,
            r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}"#,
            r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"Hm"}}}}"#,
            r#"{"type":"content-end","index":0}"#,
            r#"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":"A"}}}}"#,
            r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"b"}}},"logprobs":{"text":"b"}}"#,
            r#"{"type":"content-start","delta":{"message":{"content":{"type":"hologram","x":1}}}}"#,
            r#"{"type":"content-delta","delta":{"message":{"content":{"text":"c"}}}}"#,
        ]);
        let told = ["role \"assistant\"", "reasoning Hm", "text A", "text b", "logprobs {\"text\":\"b\"}"];
        assert_eq!(folded.told[..5], told);
        assert_eq!(folded.told[5..], ["hologram {\"type\":\"hologram\",\"x\":1}", "text c"]);
        let content =
            r#"[{"type":"thinking","thinking":"Hm"},{"type":"text","text":"Ab"},{"type":"hologram","x":1,"text":"c"}]"#;
        let message =
            format!(r#"{{"role":"assistant","content":{content},"tool_plan":"","tool_calls":[],"citations":[]}}"#);
        assert_eq!(folded.object(), format!(r#"{{"id":"c","message":{message},"logprobs":[{{"text":"b"}}]}}"#));
        assert!(!folded.accumulator.is_complete());
    }

    #[test]
    fn a_plan_and_calls() {
        let folded = fold(&[
            r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will"}}}"#,
            r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"t","type":"function","function":{"name":"f","arguments":""}}}}}"#,
            r#"{"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"u","function":{"name":"g","arguments":"{"}}}}}"#,
            r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{}"}}}}}"#,
            r#"{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"id":"v","function":{"arguments":"}"}}}}}"#,
            r#"{"type":"tool-call-end","index":0}"#,
        ]);
        assert_eq!(folded.told, ["reasoning I will", "call 0 t f ", "call 1 u g {", "call 0 t f {}", "call 1 u g }"]);
        let calls = [("t", "f"), ("u", "g")].map(|(id, name)| {
            format!(r#"{{"id":"{id}","type":"function","function":{{"name":"{name}","arguments":"{{}}"}}}}"#)
        });
        let message = format!(r#"{{"role":"assistant","tool_plan":"I will","tool_calls":[{}]}}"#, calls.join(","));
        assert_eq!(folded.object(), format!(r#"{{"message":{message}}}"#));
    }

    #[test]
    fn the_end_may_be_an_error() {
        let end = r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"no","usage":{"tokens":{"input_tokens":4}}}}"#;
        let behind = r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"late"}}}}"#;
        let folded = fold(&[START, end, behind]);
        assert_eq!(folded.told[1..], ["finish ERROR".to_owned(), "usage {\"tokens\":{\"input_tokens\":4}}".to_owned()]);
        assert_eq!(folded.error(), Some("no"));
        assert!(folded.accumulator.is_complete());
        // Under one blank line too.
        assert_eq!(fold(&[START, &format!("{end}\ndata: {behind}")]).told, folded.told);
    }

    #[test]
    fn citations_are_appended() {
        let citation = |text: &str| {
            format!(
                r#"{{"type":"citation-start","index":0,"delta":{{"message":{{"citations":{{"text":"{text}"}}}}}}}}"#
            )
        };
        let folded = fold(&[START, &citation("a"), &citation("b"), r#"{"type":"citation-end","index":0}"#]);
        assert_eq!(folded.told[1..], ["citation {\"text\":\"a\"}", "citation {\"text\":\"b\"}"]);
        assert!(folded.object().contains(r#""citations":[{"text":"a"},{"text":"b"}]"#));
    }

    #[test]
    fn a_whole_answer_is_folded_as_one() {
        let whole = r#"{"id":"c","finish_reason":"TOOL_CALL","message":{"role":"assistant","tool_plan":"p","content":[{"type":"text","text":"a"}],"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},"x":1}"#;
        let folded = fold(&[whole]);
        let told = ["role \"assistant\"", "reasoning p", "text a", "call 0 t f {}", "finish TOOL_CALL"];
        assert_eq!(folded.told, told);
        assert!(folded.accumulator.is_complete());
        assert!(folded.object().ends_with(r#","x":1}"#));
    }
}
