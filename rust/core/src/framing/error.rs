//! What can be wrong with a stream, and where.

use std::fmt;

/// An event is larger than `max_event_size`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTooLarge {
    /// Bytes of the event when it crossed the limit: one more than it.
    pub size: usize,
    /// The limit in bytes.
    pub limit: usize,
    /// The event's number in its stream, from 1.
    pub event: u64,
    /// Offset in the stream of the byte that crossed the limit.
    pub offset: u64,
}

impl EventTooLarge {
    /// The fault of an event stream, in a body that has so many JSON values before it, of so many bytes.
    pub(crate) fn after(mut self, (values, bytes): (u64, u64)) -> Self {
        self.event += values;
        self.offset += bytes;
        self
    }
}

impl fmt::Display for EventTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, event, offset, .. } = self;
        write!(f, "event {event} is larger than the limit of {limit} bytes (crossed at byte {offset} of the stream)")
    }
}

impl std::error::Error for EventTooLarge {}
