//! Results of tools: each a message of its own.

use super::runs::Runs;
use super::{MESSAGES, OF_EVENT, Object, Sink, Snapshot, emit, next, quote};

/// A result. The same result of the same call and under the same id again changes nothing, and is not emitted.
pub(super) fn fold(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let ids = (payload.id("messageId").into_owned(), payload.id("toolCallId").into_owned());
    let known = Runs::of(snapshot).results.get(&ids).copied();
    let known = known.filter(|at| snapshot.fields.has_item(MESSAGES, *at));
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
    if ids != Default::default() {
        let runs = snapshot.state.get_mut::<Runs>();
        if runs.message(None, &ids.0).is_none() {
            runs.put_message(None, &ids.0, position);
        }
        runs.results.insert(ids, position);
    }
    if news {
        emit("tool-output", payload.raw(), out);
    }
}
