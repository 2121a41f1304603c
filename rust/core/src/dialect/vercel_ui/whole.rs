//! A `UIMessage` that comes instead of its stream, or after it.
//!
//! After a stream its texts are compared with those so far, its calls are matched with them, and what the message has
//! beyond them is emitted; the message itself is then the object.

use std::collections::HashSet;

use super::calls::Calls;
use super::{Delta, Object, PARTS, Parts, Raw, Sink, Snapshot, Target, Text, data_key, file_kind, id_of, tool};
use crate::json::{Payload, compact};
use crate::snapshot::beyond;

/// The parts that are texts, and the texts of the choice that they are appended to.
const TEXTS: [(&str, Target); 2] =
    [("text", Target::Content { choice: 0 }), ("reasoning", Target::Reasoning { choice: 0 })];

/// What came before a whole message.
struct SoFar {
    is_empty: bool,
    /// Its parts, as compact JSON.
    parts: HashSet<String>,
    calls: Calls,
}

impl SoFar {
    fn of(snapshot: &Snapshot, is_empty: bool) -> Self {
        let json = snapshot.fields.json_of(PARTS).unwrap_or_default();
        let parts = Payload::parse(&json).map(|parts| parts.raw().items().into_iter().map(Raw::compact).collect());
        Self { is_empty, parts: parts.unwrap_or_default(), calls: Calls::of(snapshot) }
    }
}

pub(super) fn is_whole(payload: &Object<'_>) -> bool {
    let typed = |part: &Raw<'_>| !part.object().str("type").is_empty();
    let parts = payload.get(PARTS).map(Raw::items).unwrap_or_default();
    !payload.str("id").is_empty() && !payload.str("role").is_empty() && !parts.is_empty() && parts.iter().all(typed)
}

/// After a whole message nothing is missing.
pub(super) fn is_complete(snapshot: &Snapshot) -> bool {
    snapshot.state.get::<Parts>().is_some_and(|parts| parts.came_whole)
}

/// A whole message is the end if no stream came before it; otherwise it is a repetition, and the end may still
/// follow.
pub(super) fn fold(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    let first = snapshot.state.get::<Parts>().map_or(0, |parts| parts.next);
    let parts = message.objects(PARTS);
    let mut so_far = SoFar::of(snapshot, first == 0);
    snapshot.set_id(&id_of(message, "id"));
    if first > 0 {
        emit_rest(snapshot, &parts, out);
    }
    snapshot.fields.cut_items(PARTS, 0);
    for (name, value) in message.iter().filter(|(name, _)| *name != PARTS) {
        snapshot.fields.set(name, value.as_str());
    }
    for (position, part) in (first..).zip(&parts) {
        snapshot.fields.replace_item(PARTS, position, part);
        fold_part(snapshot, position, part, &mut so_far, out);
    }
    let state = snapshot.state.get_mut::<Parts>();
    state.next = first.saturating_add(i64::try_from(parts.len()).unwrap_or(i64::MAX));
    state.came_whole |= first > 0;
    if first == 0 {
        snapshot.finish(out);
    }
}

/// Emits what the texts have beyond their pieces.
fn emit_rest(snapshot: &mut Snapshot, parts: &[Object<'_>], out: &mut Sink<'_>) {
    for (kind, target) in &TEXTS {
        let mut emitted = vec![];
        for position in snapshot.fields.indexes(PARTS) {
            let part = snapshot.fields.item(PARTS, position);
            if part.word("type") == *kind {
                emitted.push(part.word("text").into_owned());
            }
        }
        let of_kind = parts.iter().filter(|part| part.str("type") == *kind);
        let whole: Vec<_> = of_kind.map(|part| part.str("text").into_owned()).collect();
        for (_, rest) in beyond(&emitted, &whole) {
            snapshot.forget_half(target);
            snapshot.append(target, &Text::from(rest.as_str()), out);
        }
    }
}

/// Emits a part, unless it was emitted before, or is a text, which was compared.
fn fold_part(snapshot: &mut Snapshot, position: i64, part: &Object<'_>, so_far: &mut SoFar, out: &mut Sink<'_>) {
    let text = part.get("text").and_then(Raw::text);
    let kind = part.str("type");
    let kind = match (kind.as_ref(), text) {
        ("text", Some(text)) if so_far.is_empty => return snapshot.choice(0).add_content(&text, out),
        ("reasoning", Some(text)) if so_far.is_empty => return snapshot.choice(0).add_reasoning(&text, out),
        ("text" | "reasoning", Some(_)) => return,
        ("step-start", _) => {
            snapshot.state.get_mut::<Parts>().last_step = Some(position);
            return;
        }
        ("source-url" | "source-document", _) => "citation",
        ("file", _) => file_kind(part),
        (kind, _) if kind == "dynamic-tool" || kind.starts_with("tool-") => {
            return tool::fold_whole(snapshot, position, part, &mut so_far.calls, out);
        }
        (kind, _) => kind,
    };
    if let Some(key) = data_key(kind, part).filter(|key| Parts::find_data(snapshot, key).is_none()) {
        snapshot.state.get_mut::<Parts>().data.insert(key, position);
    }
    if !so_far.parts.contains(&compact(part.raw().as_str())) {
        out(Delta::Other { choice: 0, kind, json: part.raw().as_str() });
    }
}
