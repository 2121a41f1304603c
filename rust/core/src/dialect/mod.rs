//! Payloads -> deltas: one file a dialect.
//!
//! To add a dialect: write its file with a `DIALECT`, and name it in [`DIALECTS`].

use crate::delta::Sink;
use crate::json::{Object, Raw};
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
    /// What the next payloads may repeat all of, but for one piece of text: then merging such a payload is adding its text.
    pub(crate) repeats: for<'a> fn(&Object<'a>) -> Option<Repeat<'a>>,
    /// Whether nothing is missing when the input ends here without a terminal.
    pub(crate) complete: fn(&Snapshot) -> bool,
    /// The provider's own non-streaming object, as JSON text.
    pub(crate) object: fn(&Snapshot) -> String,
}

/// What tells a payload from the next one of its shape.
pub(crate) struct Repeat<'a> {
    /// The string that is the piece of text.
    pub(crate) text: Raw<'a>,
    /// Strings that are dropped, whatever they are.
    pub(crate) padding: Vec<Raw<'a>>,
    /// Where the text belongs.
    pub(crate) place: Place,
}

/// A text that grows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Content { choice: i64 },
    Reasoning { choice: i64 },
    Arguments { choice: i64, index: i64 },
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
