//! The parts of a candidate's content: text, thoughts, calls, and what else there is.

use super::{Object, PARTS, Sink, Snapshot, call, candidate_at, content, spelt};
use crate::json::{Raw, Text};
use crate::snapshot::{Delta, MergedObject, PathStep, Target, append_all};

pub(super) const SIGNATURE: &str = "thoughtSignature";

/// Whether a part's text is marked as a thought.
fn is_thought(part: &Object<'_>) -> bool {
    part.get("thought").is_some_and(|thought| is_mark(thought.as_str()))
}

fn is_mark(json: &str) -> bool {
    matches!(json, "true" | "\"true\"" | "1")
}

/// The text of a part, and whether it is a thought. Some servers send the thought itself in place of the mark.
pub(super) fn text_of<'a>(part: &Object<'a>) -> Option<(Text<'a>, bool)> {
    let thought = || part.get("thought").and_then(Raw::text).filter(|_| !is_thought(part));
    match part.get("text").and_then(Raw::scalar) {
        Some(text) => Some((text, is_thought(part))),
        None => thought().map(|thought| (thought, true)),
    }
}

/// Folds the next part.
pub(super) fn fold(
    snapshot: &mut Snapshot,
    candidate: i64,
    part: &Object<'_>,
    text: Option<&(Text<'_>, bool)>,
    out: &mut Sink<'_>,
) {
    match (text, part.get("functionCall").filter(|function| function.is_object())) {
        (Some((text, thought)), _) => fold_text(snapshot, candidate, part, (text, *thought), out),
        (None, Some(function)) => {
            let function = function.object().camel_case();
            if call::is_mid_arguments(snapshot, candidate, &function) {
                return call::fold_piece(snapshot, candidate, &function, out);
            }
            if call::is_same(snapshot, candidate, &function) {
                return;
            }
            add(snapshot, candidate, part, out);
            call::begin(snapshot, candidate, &function, out);
        }
        (None, None) => {
            add(snapshot, candidate, part, out);
            emit(candidate, part, out);
        }
    }
    if let Some(signature) = part.get(SIGNATURE) {
        out(Delta::Other { choice: candidate, kind: "signature", json: signature.as_str() });
    }
}

/// More text: it is appended to the last part, if both are text of one kind and nothing else, or is a part of its
/// own.
fn fold_text(
    snapshot: &mut Snapshot,
    candidate: i64,
    part: &Object<'_>,
    (text, thought): (&Text<'_>, bool),
    out: &mut Sink<'_>,
) {
    let alone = part.iter().all(|(name, value)| matches!(name, "text" | "thought") || value.is_null());
    let parts = content(snapshot, candidate);
    let last = parts.next_index(PARTS) - 1;
    let mut index = last;
    if !alone || last < 0 || !is_text(parts.item(PARTS, last), thought) {
        index = add(snapshot, candidate, part, out);
        let added = content(snapshot, candidate).item(PARTS, index);
        added.set("text", "\"\"");
        if thought && !is_thought(part) {
            added.set("thought", "true");
        }
    }
    let path = [candidate_at(candidate), PathStep::Object("content"), PathStep::Item(PARTS, index)].into();
    let target = if thought { Target::Reasoning { choice: candidate } } else { Target::Content { choice: candidate } };
    append_all(&[target, Target::Member { path, name: "text" }], text, snapshot, out);
}

/// Whether a part is plain text of that kind.
fn is_text(part: &MergedObject, thought: bool) -> bool {
    let readable = || part.value("text").is_none_or(|text| text.starts_with(['"', 'n']));
    let marked = part.value("thought").is_some_and(is_mark);
    part.contains("text") && part.has_only(&["text", "thought"]) && marked == thought && readable()
}

/// Adds a part as it came; returns its position. No more pieces come of a call before it.
fn add(snapshot: &mut Snapshot, candidate: i64, part: &Object<'_>, out: &mut Sink<'_>) -> i64 {
    call::close(snapshot, candidate, out);
    let parts = content(snapshot, candidate);
    let position = parts.next_index(PARTS);
    let item = parts.item(PARTS, position);
    for (name, value) in part.iter() {
        item.set(name, spelt(value));
    }
    position
}

/// Emits a part that is neither text nor a call.
fn emit(candidate: i64, part: &Object<'_>, out: &mut Sink<'_>) {
    let names = part.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name);
    let Some(name) = names.into_iter().find(|name| !matches!(*name, "thought" | SIGNATURE)) else { return };
    let mime = part.child("inlineData").camel_case().str("mimeType");
    let kind = match mime.split_once('/') {
        Some((kind @ ("image" | "audio"), _)) => kind,
        _ => name,
    };
    out(Delta::Other { choice: candidate, kind, json: part.raw().as_str() });
}
