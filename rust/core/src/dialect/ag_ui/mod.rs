//! AG-UI: the events of an agent's runs, which add up to messages and a state.
//!
//! The naive way is one text for each message id, replaced whenever a snapshot of the messages comes. But servers
//! leave out starts and ids, spell types and members in their own way, send reasoning under two names, and send
//! snapshots with other ids than the pieces had.
//!
//! 1. A message is found by its kind and id, a tool call by its id. What was never started is started by its first
//!    piece.
//! 2. A chunk without an id continues what the last start or chunk named.
//! 3. A tool call is in its parent message, or else in a message of its own, which has the call's id.
//! 4. The state is what the last snapshot and the patches after it make. A snapshot of the messages replaces all of
//!    them, and what it has beyond their pieces is emitted.
//! 5. Another run may follow the end of one.

use super::{Again, RepeatPlan, Rules};
use crate::json::{Object, Raw, quote};
use crate::snapshot::{ApiError, Append, Delta, Sink, Snapshot, Target};

mod again;
mod call;
mod kind;
mod message;
mod messages;
mod result;
mod run;
mod runs;
#[cfg(test)]
mod tests;
mod types;

use kind::Kind;
use runs::Runs;

pub(super) static RULES: Rules = Rules { detects, fold, repeats, complete: |_| false, object };

const MESSAGES: &str = "messages";

/// The members that describe the event itself, and are not kept.
const OF_EVENT: [&str; 3] = ["type", "timestamp", "rawEvent"];

/// The protocol's own spelling of members, which some servers write as `message_id`.
const NAMES: [&str; 13] = [
    "threadId",
    "runId",
    "parentRunId",
    "messageId",
    "parentMessageId",
    "toolCallId",
    "toolCallName",
    "toolCalls",
    "rawEvent",
    "entityId",
    "encryptedValue",
    "stepName",
    "activityType",
];

/// The members of which one must be there where a type is spelt in another way: other protocols have such types too.
const IDS: [&str; 8] =
    ["threadId", "runId", "messageId", "toolCallId", "thread_id", "run_id", "message_id", "tool_call_id"];

fn detects(kind: &str, payload: &Object<'_>) -> bool {
    let named = || payload.str("type") == kind && payload.first(&IDS).is_some();
    types::is_exact(kind) || (named() && types::known(kind).is_some())
}

fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let kind = types::known(kind).unwrap_or(kind);
    if payload.is_snake_case() {
        return fold_event(snapshot, kind, &payload.raw().object().camel_case_of(&NAMES), out);
    }
    fold_event(snapshot, kind, payload, out)
}

fn fold_event(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    match kind {
        "RUN_STARTED" => run::start(snapshot, payload),
        "RUN_FINISHED" => run::finish(snapshot, payload, out),
        "RUN_ERROR" => snapshot.fail(ApiError::of(payload.raw(), payload)),
        "TOOL_CALL_START" | "TOOL_CALL_ARGS" | "TOOL_CALL_END" | "TOOL_CALL_CHUNK" => {
            return call::fold(snapshot, kind, payload, out);
        }
        "TOOL_CALL_RESULT" => result::fold(snapshot, payload, out),
        "STATE_SNAPSHOT" => return take_state(snapshot, payload, out),
        "STATE_DELTA" => return patch_state(snapshot, payload, out),
        "MESSAGES_SNAPSHOT" => return messages::take(snapshot, payload, out),
        "REASONING_ENCRYPTED_VALUE" => fold_encrypted(snapshot, payload, out),
        "error" => {}
        _ => return message::fold(snapshot, kind, payload, out),
    }
    true
}

fn emit(kind: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: value.as_str() });
}

/// The position of the next message. A position is never used again, even if a snapshot removes its message.
fn next(snapshot: &Snapshot) -> i64 {
    snapshot.fields.next_index(MESSAGES).max(Runs::of(snapshot).first)
}

fn take_state(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let Some(state) = payload.member("snapshot") else { return false };
    snapshot.fields.set("state", state.as_str());
    emit("state", state, out);
    true
}

fn patch_state(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let Some(patch) = payload.get("delta") else { return false };
    snapshot.fields.patch("state", patch);
    emit("state", patch, out);
    true
}

fn fold_encrypted(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let id = payload.id("entityId");
    let path = match payload.str("subtype").as_ref() {
        "tool-call" => call::find(snapshot, &id).map(runs::Spot::path),
        _ => runs::find_any(snapshot, &id).map(kind::path),
    };
    if let (Some(path), Some(value)) = (path, payload.get("encryptedValue")) {
        snapshot.fields.at(&path).set("encryptedValue", value.as_str());
    }
    emit("signature", payload.raw(), out);
}

/// A piece of a text or of arguments. Its other members that are kept have been kept already.
fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let kind = payload.str("type");
    let kind = types::known(&kind)?;
    let chunk = kind.ends_with("_CHUNK");
    if (!chunk && !kind.ends_with("_CONTENT") && kind != "TOOL_CALL_ARGS") || payload.is_snake_case() {
        return None;
    }
    let (targets, id, whole) = match Kind::of(kind) {
        Some((kind, _)) => (message::targets(kind, snapshot, payload)?, "messageId", "content"),
        None => (call::targets(snapshot, payload)?, call::ID, "args"),
    };
    let limit = size(snapshot, &targets);
    let mut repeat = RepeatPlan::of(Append { text: payload.get("delta")?, targets })?;
    // The id of a chunk is no routing value: a chunk without an id continues the message of the chunk before, so that
    // one with another id changes more than the text. Without an id a piece belongs to the last message, which may be
    // another one by then.
    repeat.routing.extend(payload.truthy(id).filter(|id| !chunk && id.text().is_some()));
    repeat.ignored.extend(payload.get("timestamp").filter(|timestamp| timestamp.index().is_some()));
    repeat.ignored.extend(payload.get(whole).filter(|whole| whole.text().is_some()));
    repeat.again = Some(Again::Size(limit));
    Some(repeat)
}

/// The size of the text that is appended to, in bytes.
fn size(snapshot: &Snapshot, targets: &[Target]) -> usize {
    let size = |target: &Target| match target {
        Target::Member { path, name } => Some(snapshot.fields.find(path)?.word(name).len()),
        _ => None,
    };
    targets.iter().find_map(size).unwrap_or(0)
}

fn object(snapshot: &Snapshot) -> String {
    snapshot.object(&[("threadId", "null"), ("runId", "null"), (MESSAGES, "[]"), ("state", "null"), ("result", "null")])
}
