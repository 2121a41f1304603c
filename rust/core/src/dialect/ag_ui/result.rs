//! Results of tools: each a message of its own.

use super::{MESSAGES, OF_EVENT, Object, Sink, Snapshot, emit, next, quote};

/// The key of the message of role `tool` with that id.
pub(super) fn key(id: &str) -> String {
    format!("tool {id}")
}

/// A result; the same again, of the same call and under the same id, says nothing.
pub(super) fn fold(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let (id, call) = (payload.id("messageId"), payload.id("toolCallId"));
    let own = format!("result {id} {call}");
    let named = !(id.is_empty() && call.is_empty());
    let known = snapshot.places.get(&own).copied().filter(|at| named && snapshot.fields.has_item(MESSAGES, *at));
    let position = known.unwrap_or_else(|| next(snapshot));
    let mut news = known.is_none();
    let message = snapshot.fields.item(MESSAGES, position);
    for (name, value) in payload.iter().filter(|(name, value)| !OF_EVENT.contains(name) && !value.is_null()) {
        let name = if name == "messageId" { "id" } else { name };
        news |= message.set(name, value.as_str());
    }
    if !message.contains("role") {
        message.set("role", quote("tool"));
    }
    if named {
        snapshot.places.insert(own, position);
        snapshot.places.entry(key(&id)).or_insert(position);
    }
    if news {
        emit("tool-output", payload.raw(), out);
    }
}
