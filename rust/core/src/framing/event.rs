//! An event, as the HTML standard dispatches it.

use std::borrow::Cow;

use crate::json::lossy;

/// A dispatched event, lent until the decoder is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The event type; `"message"` where the stream names none.
    pub event: &'a str,
    /// Whether the stream names the type.
    pub named: bool,
    /// The data as it came: not checked to be UTF-8.
    pub data: &'a [u8],
    /// The last event ID in force.
    pub id: &'a str,
    /// Ids that were in force so far: as long as it is the same, so is the id.
    pub id_generation: u64,
    /// The reconnection time in milliseconds, where this event carried a valid one.
    pub retry: Option<u64>,
    /// Lines of the block that are no field of the standard, each with an LF, unless the input ended in it; empty
    /// unless [`Options::keep_nonstandard_lines`](super::Options::keep_nonstandard_lines).
    pub nonstandard_lines: &'a [u8],
}

/// What a decoder gives that keeps comments, lent until it is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A dispatched event.
    Event(Event<'a>),
    /// A comment, as soon as its line has ended: its text after the colon and after one space, not checked to be UTF-8.
    Comment(&'a [u8]),
}

impl<'a> Event<'a> {
    /// An event without a name and without data.
    pub(crate) fn unnamed() -> Self {
        Self {
            event: "message",
            named: false,
            data: b"",
            id: "",
            id_generation: 0,
            retry: None,
            nonstandard_lines: b"",
        }
    }

    /// The data as text; invalid UTF-8 becomes U+FFFD.
    pub fn text(&self) -> Cow<'a, str> {
        lossy(self.data)
    }
}
