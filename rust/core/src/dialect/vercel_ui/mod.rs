//! The AI SDK's UI message stream: one message whose parts come in pieces.
//!
//! The naive way is one part for each id. But ids begin anew with each step, and some come again with another call.
//! The rules are those by which the SDK reads its own stream, extended to streams on which the SDK raises an error:
//!
//! 1. A text is found by its kind and id until it ends, a tool by the id of its call, data by its type and id. A text
//!    that starts is a new part; a piece of one that never started starts it, until the step ends. An input that
//!    starts after the result of the call with its id is a new part, too.
//! 2. Parts keep their numbers: what a reset drops leaves a gap, so that nothing that is said of a dropped part can
//!    reach another.
//! 3. A `finish` is not the last if a message or a step begins after it. A whole message after its stream repeats it.
//! 4. The parts of `streamText`'s own stream are read like those that the SDK makes of them for the UI.
//! 5. Who runs a tool makes no difference: this stream is made for whoever shows the tools.

use std::borrow::Cow;

use super::{RepeatPlan, Rules};
use crate::json::{Object, Raw, Text, quote};
use crate::snapshot::{
    ApiError, Append, Delta, Lists, MergedObject, Nulls, Overlap, PathStep, Sink, Snapshot, Target, append_all, overlap,
};

mod calls;
mod parts;
#[cfg(test)]
mod tests;
mod tool;
mod whole;

use parts::Parts;

pub(super) static RULES: Rules = Rules { detects, fold, repeats, complete: whole::is_complete, object };

const PARTS: &str = "parts";

fn detects(kind: &str, payload: &Object<'_>) -> bool {
    let text = |name: &str| payload.get(name).is_some_and(|value| value.text().is_some());
    let only = |names: &[&str]| payload.iter().all(|(name, _)| name == "type" || names.contains(&name));
    if payload.str("type") != kind {
        // The protocol has no event names, and other APIs have events of such names.
        return false;
    }
    match kind {
        "" => whole::is_whole(payload),
        "start" => only(&["messageId", "messageMetadata"]),
        "finish" => only(&["finishReason", "messageMetadata"]),
        "message-metadata" => payload.get("messageMetadata").is_some(),
        "text-start" | "text-end" | "reasoning-start" | "reasoning-end" => text("id"),
        "text-delta" | "reasoning-delta" => PIECES.into_iter().any(text),
        "start-step" | "finish-step" | "reset-step" => true,
        "source-url" | "source-document" => text("sourceId"),
        "file" => text("url") && text("mediaType"),
        _ if tool::is_known(kind) => tool::detects(kind, payload),
        _ => kind.starts_with("data-") && payload.member("data").is_some(),
    }
}

fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    match kind {
        "start" => {
            snapshot.resume();
            fold_message(snapshot, payload);
        }
        "message-metadata" => fold_message(snapshot, payload),
        "finish" => finish(snapshot, payload, out),
        "start-step" => start_step(snapshot),
        "reset-step" => reset_step(snapshot),
        "source-url" | "source-document" => fold_part(snapshot, "citation", payload, out),
        "file" => fold_part(snapshot, file_kind(payload), payload, out),
        "abort" => snapshot.fail(aborted(payload)),
        "finish-step" => snapshot.state.get_mut::<Parts>().end_step(),
        "error" => {}
        "" if whole::is_whole(payload) => whole::fold(snapshot, payload, out),
        _ => {
            if let Some((part, stage)) = text_event(kind) {
                return fold_text(snapshot, part, stage, payload, out);
            }
            return fold_data(snapshot, kind, payload, out) || tool::fold(snapshot, kind, payload, out);
        }
    }
    true
}

fn aborted(payload: &Object<'_>) -> ApiError {
    let error = ApiError::of(payload.raw(), payload);
    match payload.str("reason") {
        reason if reason.is_empty() => error,
        reason => ApiError { message: reason.into_owned(), ..error },
    }
}

fn file_kind(payload: &Object<'_>) -> &'static str {
    if payload.str("mediaType").starts_with("image/") { "image" } else { "file" }
}

fn fold_message(snapshot: &mut Snapshot, payload: &Object<'_>) {
    for (name, value) in payload.iter().filter(|(_, value)| !value.is_null()) {
        match name {
            // The last one counts, as in the SDK.
            "messageId" => {
                snapshot.id = id_of(payload, name).into_owned();
                let id = quote(&snapshot.id);
                snapshot.fields.set("id", id);
            }
            "messageMetadata" if value.is_object() => {
                snapshot.fields.object("metadata").overlay(value, Lists::Replace, Nulls::Keep);
            }
            "messageMetadata" => _ = snapshot.fields.set("metadata", value.as_str()),
            "type" | "id" | "role" | "metadata" | "parts" | "error" | "finishReason" => {}
            _ => _ = snapshot.fields.merge(name, value, Lists::Replace),
        }
    }
}

fn finish(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    fold_message(snapshot, payload);
    let reason = payload.str("finishReason");
    snapshot.choice(0).finish(if reason.is_empty() { "stop" } else { &reason }, out);
    snapshot.pause(|kind| matches!(kind, "start" | "start-step"), out);
}

/// An id as text: some servers send a number.
fn id_of<'a>(payload: &Object<'a>, name: &str) -> Cow<'a, str> {
    payload.get(name).map(|id| id.str().unwrap_or(Cow::Borrowed(id.as_str()))).unwrap_or_default()
}

/// The path to a part.
fn part_at(position: i64) -> PathStep {
    PathStep::Item(PARTS, position)
}

fn part(snapshot: &mut Snapshot, position: i64) -> &mut MergedObject {
    snapshot.fields.at(&[part_at(position)])
}

/// Makes a new part of a type; returns its position.
fn add_part(snapshot: &mut Snapshot, kind: &str) -> i64 {
    let parts = snapshot.state.get_mut::<Parts>();
    let position = parts.next;
    parts.next += 1;
    part(snapshot, position).set("type", quote(kind));
    position
}

/// Keeps the members that no rule names.
fn keep(part: &mut MergedObject, payload: &Object<'_>, ruled: &[&str]) {
    for (name, value) in payload.iter().filter(|(name, _)| !ruled.contains(name)) {
        part.merge(name, value, Lists::Replace);
    }
}

/// A part that comes whole.
fn fold_part(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    let position = add_part(snapshot, &payload.str("type"));
    snapshot.fields.replace_item(PARTS, position, payload);
    out(Delta::Other { choice: 0, kind, json: payload.raw().as_str() });
}

fn start_step(snapshot: &mut Snapshot) {
    snapshot.resume();
    let position = add_part(snapshot, "step-start");
    snapshot.state.get_mut::<Parts>().last_step = Some(position);
}

fn reset_step(snapshot: &mut Snapshot) {
    let step = snapshot.state.get::<Parts>().and_then(|parts| parts.last_step);
    snapshot.fields.cut_items(PARTS, step.map_or(0, |step| step + 1));
}

/// The key by which data is found, if it has an id: its type and that id.
fn data_key(kind: &str, payload: &Object<'_>) -> Option<(String, String)> {
    let named = kind.starts_with("data-") && payload.get("id").is_some();
    named.then(|| (kind.to_owned(), id_of(payload, "id").into_owned()))
}

fn fold_data(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if !kind.starts_with("data-") {
        return false;
    }
    if payload.truthy("transient").is_none() {
        let key = data_key(kind, payload);
        let known = key.as_ref().and_then(|key| Parts::find_data(snapshot, key));
        if let Some(position) = known {
            let data = payload.member("data").unwrap_or_default();
            part(snapshot, position).set("data", data.as_str());
        } else {
            let position = add_part(snapshot, kind);
            snapshot.fields.replace_item(PARTS, position, payload);
            if let Some(key) = key {
                snapshot.state.get_mut::<Parts>().data.insert(key, position);
            }
        }
    }
    out(Delta::Other { choice: 0, kind, json: payload.raw().as_str() });
    true
}

/// The members that may have a piece of a text.
const PIECES: [&str; 3] = ["delta", "textDelta", "text"];

/// The kind of text that an event is of, and the stage of the event.
fn text_event(kind: &str) -> Option<(&str, &str)> {
    if kind == "reasoning" {
        return Some((kind, "delta"));
    }
    let (part, stage) = kind.split_once('-')?;
    (matches!(part, "text" | "reasoning") && matches!(stage, "start" | "delta" | "end")).then_some((part, stage))
}

/// Folds an event of a text; false where the text cannot be read.
fn fold_text(snapshot: &mut Snapshot, part: &str, stage: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let value = payload.first(&PIECES);
    if value.is_some_and(|text| text.scalar().is_none()) {
        return false;
    }
    let known = Parts::find_text(snapshot, part, &id_of(payload, "id")).filter(|_| stage != "start");
    let position = match (known, stage) {
        (Some(position), _) => position,
        (None, "end") if value.is_none() => return true,
        _ => add_text(snapshot, part, stage, payload),
    };
    let fields = self::part(snapshot, position);
    keep(fields, payload, &["type", "id", "delta", "textDelta", "text", "state", "error"]);
    if stage == "end" {
        fields.set("state", quote("done"));
        complete_text(snapshot, part, position, &value.and_then(Raw::scalar).unwrap_or_default().into_str(), out);
        snapshot.state.get_mut::<Parts>().end_text(part, &id_of(payload, "id"));
        return true;
    }
    if let Some(append) = text_append(snapshot, part, payload) {
        append.fold(snapshot, out);
    }
    if stage == "start" {
        self::part(snapshot, position).announce("text");
    }
    true
}

/// Emits what a text that came whole has beyond its pieces.
fn complete_text(snapshot: &mut Snapshot, part: &str, position: i64, whole: &str, out: &mut Sink<'_>) {
    let fields = self::part(snapshot, position);
    fields.end_announcement("text");
    let known = fields.word("text").into_owned();
    match overlap(&known, whole) {
        Overlap::Continues(rest) => append_all(&text_targets(part, position), &Text::from(rest), snapshot, out),
        Overlap::Differs => fields.seal("text", quote(whole)),
        Overlap::Repeats => {}
    }
}

fn add_text(snapshot: &mut Snapshot, part: &str, stage: &str, payload: &Object<'_>) -> i64 {
    let position = add_part(snapshot, part);
    let fields = self::part(snapshot, position);
    if let Some(id) = payload.get("id").filter(|_| part == "reasoning") {
        fields.set("id", id.as_str());
    }
    fields.set("text", quote(""));
    fields.set("state", quote("streaming"));
    snapshot.state.get_mut::<Parts>().add_text(part, &id_of(payload, "id"), stage == "start", position);
    position
}

/// What a piece of the text of a part is appended to.
fn text_targets(part: &str, position: i64) -> [Target; 2] {
    let target = if part == "text" { Target::Content { choice: 0 } } else { Target::Reasoning { choice: 0 } };
    [target, Target::Member { path: [part_at(position)].into(), name: "text" }]
}

/// A piece of a text, with what it is appended to.
fn text_append<'a>(snapshot: &Snapshot, part: &str, payload: &Object<'a>) -> Option<Append<'a>> {
    let position = Parts::find_text(snapshot, part, &id_of(payload, "id"))?;
    Some(Append { text: payload.first(&PIECES)?, targets: text_targets(part, position).into() })
}

/// A piece of a text or an input. Its other members that are kept have been kept already.
fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let kind = payload.str("type");
    let (append, id) = match text_event(&kind) {
        Some((part, "delta")) => (text_append(snapshot, part, payload)?, "id"),
        None if kind == tool::DELTA => tool::append(snapshot, payload)?,
        _ => return None,
    };
    let mut repeat = RepeatPlan::of(append)?;
    repeat.routing.extend(payload.get(id));
    Some(repeat)
}

fn object(snapshot: &Snapshot) -> String {
    snapshot.object(&[("id", "\"\""), ("role", "\"assistant\""), (PARTS, "[]")])
}
