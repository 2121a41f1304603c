//! Payloads -> deltas: one file a dialect.
//!
//! To add a dialect: write its file with a `DIALECT`, and name it in [`DIALECTS`].

use crate::delta::Sink;
use crate::json::Object;
use crate::snapshot::Snapshot;

mod openai_chat;

/// One API's shapes. All state is in the snapshot, so that copying it copies everything.
pub(crate) struct Dialect {
    /// Its public name.
    pub(crate) name: &'static str,
    /// Whether a payload can only be this dialect's: an event type and the JSON.
    pub(crate) detects: fn(&str, &Object<'_>) -> bool,
    /// Merges a payload into the snapshot and tells what changed; false where the payload is none of its own.
    pub(crate) fold: fn(&mut Snapshot, &str, &Object<'_>, &mut Sink<'_>) -> bool,
    /// Whether nothing is missing when the input ends here without a terminal.
    pub(crate) complete: fn(&Snapshot) -> bool,
    /// The provider's own non-streaming object, as JSON text.
    pub(crate) object: fn(&Snapshot) -> String,
}

static DIALECTS: [&Dialect; 1] = [&openai_chat::DIALECT];

/// The names of all dialects.
pub fn names() -> impl Iterator<Item = &'static str> {
    DIALECTS.iter().map(|dialect| dialect.name)
}

pub(crate) fn named(name: &str) -> Option<&'static Dialect> {
    DIALECTS.into_iter().find(|dialect| dialect.name == name)
}

pub(crate) fn detect(event: &str, payload: &Object<'_>) -> Option<&'static Dialect> {
    DIALECTS.into_iter().find(|dialect| (dialect.detects)(event, payload))
}
