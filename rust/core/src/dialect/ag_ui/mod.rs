//! AG-UI: the events of an agent's run, which add up to messages and a state.
//!
//! 1. A message is found by its kind and id, a tool call by its id. What was never started is started by its first piece.
//! 2. A chunk without an id goes on with what the last start or chunk named.
//! 3. A tool call stands in its parent message, or else in a message of its own, which has the call's id.
//! 4. The state is what the last snapshot and the patches behind it make; a snapshot of the messages takes the place of all.

use std::borrow::Cow;

use super::{Dialect, Repeat};
use crate::json::{Object, Raw, quote};
use crate::snapshot::{ApiError, Delta, Growth, Lists, Sink, Snapshot};

mod call;
mod message;
#[cfg(test)]
mod tests;

use message::Kind;

pub(super) static DIALECT: Dialect =
    Dialect { name: "ag-ui", detects, fold, repeats, complete: |_| false, begins_again, object };

const MESSAGES: &str = "messages";

/// The types that no other protocol has: not `RAW` and `CUSTOM`, which say nothing.
const KNOWN: [&str; 34] = [
    "RUN_STARTED",
    "RUN_FINISHED",
    "RUN_ERROR",
    "STEP_STARTED",
    "STEP_FINISHED",
    "TEXT_MESSAGE_START",
    "TEXT_MESSAGE_CONTENT",
    "TEXT_MESSAGE_END",
    "TEXT_MESSAGE_CHUNK",
    "TOOL_CALL_START",
    "TOOL_CALL_ARGS",
    "TOOL_CALL_END",
    "TOOL_CALL_CHUNK",
    "TOOL_CALL_RESULT",
    "STATE_SNAPSHOT",
    "STATE_DELTA",
    "MESSAGES_SNAPSHOT",
    "ACTIVITY_SNAPSHOT",
    "ACTIVITY_DELTA",
    "REASONING_START",
    "REASONING_MESSAGE_START",
    "REASONING_MESSAGE_CONTENT",
    "REASONING_MESSAGE_END",
    "REASONING_MESSAGE_CHUNK",
    "REASONING_END",
    "REASONING_ENCRYPTED_VALUE",
    "THINKING_START",
    "THINKING_TEXT_MESSAGE_START",
    "THINKING_TEXT_MESSAGE_CONTENT",
    "THINKING_TEXT_MESSAGE_END",
    "THINKING_END",
    "SUBAGENT_STARTED",
    "SUBAGENT_FINISHED",
    "SUBAGENT_ERROR",
];

/// What an event says of itself, and of nothing that is kept.
const OF_EVENT: [&str; 3] = ["type", "timestamp", "rawEvent"];

fn detects(kind: &str, _payload: &Object<'_>) -> bool {
    // In other spellings only what no other API has.
    let is_own = |name: &str| name.starts_with("RUN_") || name.starts_with("TEXT_MESSAGE_");
    KNOWN.contains(&kind) || is_own(&canonical(kind))
}

/// The type as the protocol spells it: some servers have it as `RunStarted` or `run-started` (neuron-ai#547).
fn canonical(kind: &str) -> Cow<'_, str> {
    let letters = |name: &str| -> String { name.chars().filter(char::is_ascii_alphanumeric).collect() };
    let spelt = |name: &&&str| letters(name).eq_ignore_ascii_case(&letters(kind));
    let is_known = KNOWN.contains(&kind) || kind.is_empty();
    let name = if is_known { None } else { KNOWN.iter().find(spelt) };
    Cow::Borrowed(name.copied().unwrap_or(kind))
}

/// One stream may hold several runs (the protocol's client lets `RUN_STARTED` follow `RUN_FINISHED`).
fn begins_again(kind: &str) -> bool {
    canonical(kind) == "RUN_STARTED"
}

fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let kind = canonical(kind);
    let kind = kind.as_ref();
    match kind {
        "RUN_STARTED" => fold_run(snapshot, payload),
        "RUN_FINISHED" => {
            fold_run(snapshot, payload);
            snapshot.choice(0).finish("finished", out);
            snapshot.finish(out);
        }
        "RUN_ERROR" => snapshot.fail(ApiError::of(payload.raw(), payload)),
        "TOOL_CALL_START" | "TOOL_CALL_ARGS" | "TOOL_CALL_CHUNK" => call::fold(snapshot, kind, payload, out),
        "TOOL_CALL_END" => call::end(snapshot, payload),
        "TOOL_CALL_RESULT" => fold_result(snapshot, payload, out),
        "STATE_SNAPSHOT" => return take_state(snapshot, payload, out),
        "STATE_DELTA" => return patch_state(snapshot, payload, out),
        "MESSAGES_SNAPSHOT" => return take_messages(snapshot, payload, out),
        "REASONING_ENCRYPTED_VALUE" => fold_encrypted(snapshot, payload, out),
        "error" => {}
        _ => return message::fold(snapshot, kind, payload, out),
    }
    true
}

fn tell(kind: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: value.as_str() });
}

fn fold_run(snapshot: &mut Snapshot, payload: &Object<'_>) {
    snapshot.set_id(&payload.str("runId"));
    for (name, value) in payload.iter().filter(|(name, _)| !OF_EVENT.contains(name)) {
        match name {
            MESSAGES | "state" | "error" => {}
            "threadId" | "runId" if snapshot.fields.contains(name) => {}
            "result" => _ = snapshot.fields.set(name, value.as_str()),
            _ => _ = snapshot.fields.merge(name, value, Lists::Replace),
        }
    }
}

fn fold_result(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let position = snapshot.fields.next_index(MESSAGES);
    let message = snapshot.fields.item(MESSAGES, position);
    for (name, value) in payload.iter().filter(|(name, value)| !OF_EVENT.contains(name) && !value.is_null()) {
        let name = if name == "messageId" { "id" } else { name };
        message.set(name, value.as_str());
    }
    if !message.contains("role") {
        message.set("role", quote("tool"));
    }
    // Some servers give the result the id of the message with the call, or of the text behind it: those are other messages.
    let id = payload.str("messageId");
    if !id.is_empty() {
        snapshot.places.entry(Kind::Result.key(&id)).or_insert(position);
    }
    tell("tool-output", payload.raw(), out);
}

fn take_state(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let Some(state) = payload.member("snapshot") else { return false };
    snapshot.fields.set("state", state.as_str());
    tell("state", state, out);
    true
}

fn patch_state(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let Some(patch) = payload.get("delta") else { return false };
    snapshot.fields.patch("state", patch);
    tell("state", patch, out);
    true
}

fn take_messages(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let Some(messages) = payload.get(MESSAGES).filter(|messages| messages.is_array()) else { return false };
    snapshot.fields.remove(MESSAGES);
    // A new one, since clearing takes as long as the old one was large.
    snapshot.places = std::collections::HashMap::new();
    for (position, message) in (0..).zip(messages.objects()) {
        let message = message.object();
        snapshot.fields.replace_item(MESSAGES, position, &message);
        let kind = Kind::of_role(&message.str("role"));
        let id = message.str("id");
        if !id.is_empty() {
            snapshot.places.insert(kind.key(&id), position);
        }
        call::take_calls(snapshot, position, &message);
    }
    tell(MESSAGES, messages, out);
    true
}

fn fold_encrypted(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let id = payload.str("entityId");
    let way = match payload.str("subtype").as_ref() {
        "tool-call" => call::find(snapshot, &id).map(call::Spot::way),
        _ => [Kind::Reasoning, Kind::Text, Kind::Result]
            .iter()
            .find_map(|kind| kind.find(snapshot, &id))
            .map(message::way),
    };
    if let (Some(way), Some(value)) = (way, payload.get("encryptedValue")) {
        snapshot.fields.at(&way).set("encryptedValue", value.as_str());
    }
    tell("signature", payload.raw(), out);
}

/// What a piece of a text, or of a call's arguments, adds to; and the member that tells whose they are.
fn growth<'a>(snapshot: &Snapshot, kind: &str, payload: &Object<'a>) -> Option<(Growth<'a>, &'static str)> {
    let (places, id) = match Kind::of(kind) {
        Some((kind, _)) => (kind.places(snapshot, payload)?, "messageId"),
        None => (call::places(snapshot, payload)?, call::ID),
    };
    Some((Growth { text: payload.get("delta")?, places }, id))
}

/// A text that goes on. Members that are kept from it are what they are already.
fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<Repeat<'a>> {
    let kind = payload.str("type");
    let kind = canonical(&kind);
    let chunk = kind.ends_with("_CHUNK");
    if !chunk && !kind.ends_with("_CONTENT") && kind != "TOOL_CALL_ARGS" {
        return None;
    }
    let (growth, id) = growth(snapshot, &kind, payload)?;
    let mut repeat = Repeat::of(growth)?;
    // A chunk is what the next one without an id goes on with: one of something else is not the same.
    // Without an id it is of the last, which another one changes.
    repeat.indexes.extend(payload.truthy(id).filter(|id| !chunk && id.text().is_some()));
    repeat.dropped.extend(payload.get("timestamp").filter(|timestamp| timestamp.index().is_some()));
    Some(repeat)
}

fn object(snapshot: &Snapshot) -> String {
    snapshot.object(&[("threadId", "null"), ("runId", "null"), (MESSAGES, "[]"), ("state", "null"), ("result", "null")])
}
