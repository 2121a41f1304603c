//! The AI SDK's UI message stream: one message whose parts come in pieces.
//!
//! The rules are those of the SDK's own reading of it, made to stand what the SDK throws at:
//!
//! 1. A text is found by its kind and id until it ends, a tool by the id of its call, data by its type and id. A text that starts
//!    is a new part, since ids begin anew with each step; a piece of one that never started starts it.
//! 2. Parts keep their numbers: what a reset drops leaves a gap, so that nothing said of a dropped part can reach another.
//! 3. Who runs a tool does not matter: this stream is made for those who show it.

use std::borrow::Cow;

use super::{Dialect, Repeat};
use crate::json::{Object, Raw, quote};
use crate::snapshot::{ApiError, Delta, Fields, Growth, In, Lists, Nulls, Place, Sink, Snapshot};

#[cfg(test)]
mod tests;
mod tool;
mod whole;

pub(super) static DIALECT: Dialect =
    Dialect { name: "vercel-ui", detects, fold, repeats, complete: |_| false, begins_again: |_| false, object };

const PARTS: &str = "parts";

/// The place of the next part, and of the part that the last step began with.
const NEXT: &str = "next";
const STEP: &str = "step";

/// The members that a piece of a text stands in: the protocol's own, and those of the SDK's parts (`fullStream`), of now and before.
const TEXT: [&str; 3] = ["delta", "text", "textDelta"];

fn detects(kind: &str, payload: &Object<'_>) -> bool {
    let text = |name: &str| payload.get(name).is_some_and(|value| value.text().is_some());
    let only = |names: &[&str]| payload.iter().all(|(name, _)| name == "type" || names.contains(&name));
    if payload.str("type") != kind {
        // The protocol names no events, and others have events of such names.
        return false;
    }
    match kind {
        "" => whole::is_whole(payload),
        "start" => only(&["messageId", "messageMetadata"]),
        "finish" => only(&["finishReason", "messageMetadata"]),
        "message-metadata" => payload.get("messageMetadata").is_some(),
        "text-start" | "text-end" | "reasoning-start" | "reasoning-end" => text("id"),
        "text-delta" | "reasoning-delta" => text("id") && TEXT.iter().any(|name| text(name)),
        "start-step" | "finish-step" | "reset-step" => true,
        "source-url" | "source-document" => text("sourceId"),
        "file" => text("url") && text("mediaType"),
        _ if tool::is_known(kind) => text("toolCallId"),
        _ => kind.starts_with("data-") && payload.member("data").is_some(),
    }
}

fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    match kind {
        "start" | "message-metadata" => fold_message(snapshot, payload),
        "finish" => finish(snapshot, payload, out),
        "start-step" => start_step(snapshot),
        "reset-step" => reset_step(snapshot),
        "source-url" | "source-document" => fold_part(snapshot, "citation", payload, out),
        "file" => fold_part(snapshot, file_kind(payload), payload, out),
        "abort" => snapshot.fail(aborted(payload)),
        "finish-step" | "error" => {}
        "" if whole::is_whole(payload) => whole::fold(snapshot, payload, out),
        _ => {
            if let Some((part, stage)) = text_event(kind) {
                fold_text(snapshot, part, stage, payload, out);
                return true;
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
    snapshot.finish(out);
}

/// An id's text: some servers count.
fn id_of<'a>(payload: &Object<'a>, name: &str) -> Cow<'a, str> {
    payload.get(name).map(|id| id.str().unwrap_or(Cow::Borrowed(id.as_str()))).unwrap_or_default()
}

/// The way to a part.
fn part_at(position: i64) -> In {
    In::Item(PARTS, position)
}

fn part(snapshot: &mut Snapshot, position: i64) -> &mut Fields {
    snapshot.fields.at(&[part_at(position)])
}

/// Where the part with that key is, if it was not dropped.
fn find(snapshot: &Snapshot, key: &str) -> Option<i64> {
    snapshot.places.get(key).copied().filter(|position| snapshot.fields.has_item(PARTS, *position))
}

/// Makes a new part of a type; returns its place.
fn add_part(snapshot: &mut Snapshot, kind: &str) -> i64 {
    let next = snapshot.places.entry(NEXT.to_owned()).or_default();
    let position = *next;
    *next += 1;
    part(snapshot, position).set("type", quote(kind));
    position
}

/// Keeps the members that no rule names.
fn keep(part: &mut Fields, payload: &Object<'_>, ruled: &[&str]) {
    for (name, value) in payload.iter().filter(|(name, _)| !ruled.contains(name)) {
        part.merge(name, value, Lists::Replace);
    }
}

/// A part that comes whole.
fn fold_part(snapshot: &mut Snapshot, told: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    let position = add_part(snapshot, &payload.str("type"));
    snapshot.fields.replace_item(PARTS, position, payload);
    out(Delta::Other { choice: 0, kind: told, json: payload.raw().as_str() });
}

fn start_step(snapshot: &mut Snapshot) {
    let position = add_part(snapshot, "step-start");
    snapshot.places.insert(STEP.to_owned(), position);
}

fn reset_step(snapshot: &mut Snapshot) {
    let step = snapshot.places.get(STEP).copied();
    snapshot.fields.cut_items(PARTS, step.map_or(0, |step| step + 1));
}

fn fold_data(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if !kind.starts_with("data-") {
        return false;
    }
    if payload.truthy("transient").is_none() {
        let key = payload.get("id").map(|_| format!("{kind} {}", id_of(payload, "id")));
        let known = key.as_ref().and_then(|key| find(snapshot, key));
        let position = known.unwrap_or_else(|| add_part(snapshot, kind));
        let data = payload.member("data").unwrap_or_default();
        match known {
            Some(position) => _ = part(snapshot, position).set("data", data.as_str()),
            None => snapshot.fields.replace_item(PARTS, position, payload),
        }
        snapshot.places.extend(key.map(|key| (key, position)));
    }
    out(Delta::Other { choice: 0, kind, json: payload.raw().as_str() });
    true
}

/// The kind of text that an event is of, and what it says of it.
fn text_event(kind: &str) -> Option<(&str, &str)> {
    let (part, stage) = kind.split_once('-')?;
    (matches!(part, "text" | "reasoning") && matches!(stage, "start" | "delta" | "end")).then_some((part, stage))
}

fn text_key(part: &str, payload: &Object<'_>) -> String {
    format!("{part} {}", id_of(payload, "id"))
}

fn fold_text(snapshot: &mut Snapshot, part: &str, stage: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    let known = find(snapshot, &text_key(part, payload)).filter(|_| stage != "start");
    let position = match (known, stage) {
        (Some(position), _) => position,
        (None, "end") => return,
        _ => start_text(snapshot, part, payload),
    };
    let fields = self::part(snapshot, position);
    keep(fields, payload, &["type", "id", "delta", "text", "textDelta", "state", "error"]);
    if stage == "end" {
        fields.set("state", quote("done"));
        snapshot.places.remove(&text_key(part, payload));
    } else if let Some(growth) = text_growth(snapshot, part, payload) {
        growth.fold(snapshot, out);
    }
}

fn start_text(snapshot: &mut Snapshot, part: &str, payload: &Object<'_>) -> i64 {
    let position = add_part(snapshot, part);
    let fields = self::part(snapshot, position);
    if let Some(id) = payload.get("id").filter(|_| part == "reasoning") {
        fields.set("id", id.as_str());
    }
    fields.set("text", quote(""));
    fields.set("state", quote("streaming"));
    snapshot.places.insert(text_key(part, payload), position);
    position
}

/// What a piece of a text adds to.
fn text_growth<'a>(snapshot: &Snapshot, part: &str, payload: &Object<'a>) -> Option<Growth<'a>> {
    let way = vec![part_at(find(snapshot, &text_key(part, payload))?)];
    let seen = if part == "text" { Place::Content { choice: 0 } } else { Place::Reasoning { choice: 0 } };
    Some(Growth { text: payload.first(&TEXT)?, places: vec![seen, Place::Member { way, name: "text" }] })
}

/// A text or an input that goes on. Members that are kept from it are what they are already.
fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<Repeat<'a>> {
    let kind = payload.str("type");
    let (growth, id) = match text_event(&kind) {
        Some((part, "delta")) => (text_growth(snapshot, part, payload)?, "id"),
        None if kind == tool::DELTA => (tool::growth(snapshot, payload)?, tool::ID),
        _ => return None,
    };
    let mut repeat = Repeat::of(growth)?;
    repeat.indexes.extend(payload.get(id));
    Some(repeat)
}

fn object(snapshot: &Snapshot) -> String {
    snapshot.object(&[("id", "\"\""), ("role", "\"assistant\""), (PARTS, "[]")])
}
