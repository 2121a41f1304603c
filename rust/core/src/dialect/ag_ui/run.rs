//! The start and the end of a run.

use super::runs::Runs;
use super::{MESSAGES, OF_EVENT, Object, Sink, Snapshot, messages, types};
use crate::snapshot::Lists;

/// The start of a run, which may follow the end of another.
pub(super) fn start(snapshot: &mut Snapshot, payload: &Object<'_>) {
    snapshot.resume();
    Runs::begin(snapshot);
    fold(snapshot, payload);
}

/// The end of a run, which may not be the last one.
pub(super) fn finish(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    messages::emit_unsaid(snapshot, out);
    fold(snapshot, payload);
    snapshot.choice(0).finish("finished", out);
    snapshot.pause(|kind| types::known(kind) == Some("RUN_STARTED"), out);
}

fn fold(snapshot: &mut Snapshot, payload: &Object<'_>) {
    snapshot.set_id(&payload.id("runId"));
    for (name, value) in payload.iter().filter(|(name, _)| !OF_EVENT.contains(name)) {
        match name {
            MESSAGES | "state" | "error" => {}
            "threadId" | "runId" if snapshot.fields.contains(name) => {}
            "result" => _ = snapshot.fields.set(name, value.as_str()),
            _ => _ = snapshot.fields.merge(name, value, Lists::Replace),
        }
    }
}
