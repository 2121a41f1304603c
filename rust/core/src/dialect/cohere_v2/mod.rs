//! Cohere's second chat API: a message whose blocks, plan, tool calls and citations come in pieces.
//!
//! The naive way puts each piece at the index of its event. It fails where servers leave the index out, count calls
//! anew, or send the answer whole after its pieces.
//!
//! 1. `message-start` brings the message; blocks and tool calls are in it at their indexes. Without an index a start
//!    makes a new one, and a piece belongs to the last. A tool call is found by its id where its index is another
//!    call's.
//! 2. The tool plan is reasoning too.
//! 3. Citations and log probabilities come one at a time, each whole.
//! 4. `message-end` has the finish reason, the usage, and the error of a stream that failed. `[DONE]` follows it.
//! 5. A whole answer that follows its pieces is the same answer: it adds what they lack.

use super::{RepeatPlan, Rules};
use crate::json::{Object, Raw, quote};
use crate::snapshot::{
    ApiError, Append, Delta, DialectState, MergedObject, PathStep, Sink, Snapshot, Target, fold_all,
};

mod call;
#[cfg(test)]
mod tests;
mod whole;

pub(super) static RULES: Rules = Rules { detects, fold, repeats, complete: whole::is_complete, object };

const MESSAGE: PathStep = PathStep::Object("message");
const BLOCKS: &str = "content";
const CALLS: &str = "tool_calls";
const CITATIONS: &str = "citations";
const PLAN: &str = "tool_plan";
const LOGPROBS: &str = "logprobs";

/// What is known of the answer in addition to its object.
#[derive(Clone, Debug, Default)]
struct Answer {
    /// It came whole after its pieces.
    came_whole: bool,
    /// The index in the message's list of each of the choice's tool calls, in their order.
    call_indexes: Vec<i64>,
}

impl DialectState for Answer {
    fn boxed_clone(&self) -> Box<dyn DialectState> {
        Box::new(self.clone())
    }
}

fn detects(kind: &str, payload: &Object<'_>) -> bool {
    match kind {
        "message-start" | "content-start" | "content-delta" | "content-end" | "tool-plan-delta" | "tool-call-start"
        | "tool-call-delta" | "tool-call-end" | "citation-start" | "citation-end" | "message-end" => {
            // Other APIs have events of these names, but neither member. With a null payload only the name is asked
            // about.
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
        "message-start" => {
            snapshot.set_id(&payload.id("id"));
            whole::fold_message(snapshot, &message, out);
        }
        "content-start" | "content-delta" => return fold_content(snapshot, kind, payload, &message, out),
        "tool-plan-delta" => {
            message_of(snapshot);
            fold_all(plan(&message), snapshot, out);
        }
        "tool-call-start" | "tool-call-delta" => {
            for call in message.objects(CALLS) {
                call::fold(snapshot, kind, payload, &call, out);
            }
        }
        "citation-start" => {
            for citation in message.each(CITATIONS) {
                cite(snapshot, citation, out);
            }
        }
        "message-end" => {
            snapshot.set_id(&payload.id("id"));
            if message.raw().is_object() {
                whole::fold_message(snapshot, &message, out);
            }
            fold_end(snapshot, &payload.child("delta"), out);
            snapshot.finish(out);
        }
        "tool-call-end" => call::end(snapshot, payload, out),
        "content-end" | "citation-end" => {}
        _ if is_whole(payload) => whole::fold(snapshot, payload, out),
        _ => return false,
    }
    true
}

/// The message, made when anything is first said of it.
fn message_of(snapshot: &mut Snapshot) -> &mut MergedObject {
    let message = snapshot.fields.at(&[MESSAGE]);
    if message.is_empty() {
        message.set("role", quote("assistant"));
    }
    message
}

fn fold_end(snapshot: &mut Snapshot, end: &Object<'_>, out: &mut Sink<'_>) {
    if let Some(reason) = end.get("finish_reason").and_then(Raw::str) {
        snapshot.choice(0).finish(&reason, out);
    }
    snapshot.count(end.get("usage").unwrap_or_default(), out);
    if let Some(error) = end.truthy("error") {
        snapshot.fail(ApiError::of(error, end));
    }
}

/// The index in a list of the message that a payload is about.
fn position_of(message: &mut MergedObject, list: &str, kind: &str, payload: &Object<'_>) -> i64 {
    let known = payload.get("index").and_then(Raw::index);
    known.unwrap_or_else(|| {
        let next = message.next_index(list);
        if kind.ends_with("-start") { next } else { (next - 1).max(0) }
    })
}

/// What a piece of the plan is appended to.
fn plan<'a>(message: &Object<'a>) -> Option<Append<'a>> {
    let targets = vec![Target::Reasoning { choice: 0 }, Target::Member { path: [MESSAGE].into(), name: PLAN }];
    Some(Append { text: message.get(PLAN)?, targets })
}

/// The texts of a block, and the choice's texts that they are appended to.
const TEXTS: [(&str, Target); 2] =
    [("text", Target::Content { choice: 0 }), ("thinking", Target::Reasoning { choice: 0 })];

/// What a piece of one of a block's texts is appended to.
fn append<'a>(index: i64, text: Raw<'a>, (name, target): (&'static str, Target)) -> Append<'a> {
    let path = [MESSAGE, PathStep::Item(BLOCKS, index)].into();
    Append { text, targets: vec![target, Target::Member { path, name }] }
}

/// What a piece of a block is appended to; some servers send its text without a block around it.
fn texts(index: i64, content: Raw<'_>) -> Vec<Append<'_>> {
    if content.scalar().is_some() {
        return vec![append(index, content, TEXTS[0].clone())];
    }
    TEXTS.into_iter().filter_map(|text| Some(append(index, content.object().get(text.0)?, text))).collect()
}

/// A block, or a piece of one. False where it cannot be read.
fn fold_content(
    snapshot: &mut Snapshot,
    kind: &str,
    payload: &Object<'_>,
    message: &Object<'_>,
    out: &mut Sink<'_>,
) -> bool {
    let mut readable = true;
    for content in message.each(BLOCKS) {
        let index = position_of(message_of(snapshot), BLOCKS, kind, payload);
        readable &= fold_block(snapshot, index, content, kind == "content-start", out);
    }
    for logprobs in payload.each(LOGPROBS) {
        add_logprobs(snapshot, logprobs, out);
    }
    readable
}

fn fold_block(snapshot: &mut Snapshot, index: i64, value: Raw<'_>, start: bool, out: &mut Sink<'_>) -> bool {
    let content = value.object();
    let block = message_of(snapshot).item(BLOCKS, index);
    let default = if content.get("thinking").is_some() { "thinking" } else { "text" };
    block.set_once("type", content.get("type"));
    if !block.contains("type") {
        block.set("type", quote(default));
    }
    block.keep_all(&content, &["type", "text", "thinking"]);
    let texts = texts(index, value);
    let readable = texts.iter().all(|append| append.text.scalar().is_some());
    for append in texts {
        append.fold(snapshot, out);
        if let Some((path, name)) = append.member().filter(|_| start) {
            snapshot.fields.at(path).announce(name);
        }
    }
    let kind = content.str("type");
    if start && !matches!(kind.as_ref(), "" | "text" | "thinking") {
        out(Delta::Other { choice: 0, kind: &kind, json: value.as_str() });
    }
    readable
}

fn cite(snapshot: &mut Snapshot, citation: Raw<'_>, out: &mut Sink<'_>) {
    message_of(snapshot).push(CITATIONS, citation);
    out(Delta::Other { choice: 0, kind: "citation", json: citation.as_str() });
}

fn add_logprobs(snapshot: &mut Snapshot, logprobs: Raw<'_>, out: &mut Sink<'_>) {
    snapshot.fields.push(LOGPROBS, logprobs);
    out(Delta::Other { choice: 0, kind: LOGPROBS, json: logprobs.as_str() });
}

/// A piece of a text or of a call: everything else in it counts once, or is the same again.
fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let message = payload.get("delta")?.object().get("message")?.object();
    let kind = payload.str("type");
    if kind == "tool-plan-delta" {
        return RepeatPlan::of(plan(&message)?);
    }
    // Without an index it is about the last block or call, which it may have made.
    let named = payload.get("index").filter(|_| payload.get(LOGPROBS).is_none())?;
    let index = named.index()?;
    let mut repeat = match kind.as_ref() {
        "content-delta" => RepeatPlan::of_all(texts(index, message.get(BLOCKS)?))?,
        "tool-call-delta" => RepeatPlan::of(call::repeating(snapshot, index, &message.child(CALLS))?)?,
        _ => return None,
    };
    repeat.routing.push(named);
    Some(repeat)
}

/// A `V2ChatResponse`, without the members that a stream which was cut off did not send.
fn object(snapshot: &Snapshot) -> String {
    let reason = snapshot.choices.get(&0).and_then(|choice| choice.finish_reason());
    let known = [("id", snapshot.id()), ("finish_reason", reason)];
    let known = known.into_iter().filter_map(|(name, text)| Some((name, quote(text?))));
    let message = ("message", "{\"role\":\"assistant\"}".to_owned());
    let members: Vec<_> = known.chain([message]).collect();
    snapshot.object(&members.iter().map(|(name, json)| (*name, json.as_str())).collect::<Vec<_>>())
}
