//! What can be wrong with a stream, and where.

use std::fmt;

/// A limit of what one stream may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// Bytes of one event: `max_event_size`.
    EventSize,
    /// Bytes of the texts and objects that are kept: `max_total_size`.
    TotalSize,
    /// Choices that are kept: `max_choices`.
    Choices,
    /// Tool calls that are kept of one choice: `max_tool_calls`.
    ToolCalls,
}

/// An event is larger than `max_event_size`, or it crosses a limit of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTooLarge {
    /// Which limit it is.
    pub bound: Bound,
    /// What crossed the limit: bytes of the event, one more than it; or bytes, choices or calls that are kept.
    pub size: usize,
    /// The limit.
    pub limit: usize,
    /// The event's number in its stream, from 1.
    pub event: u64,
    /// Offset in the stream of the byte that crossed the limit; of a limit of the whole, the bytes of payloads so far.
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
        let Self { bound, size, limit, event, offset } = self;
        let (what, name) = match bound {
            Bound::EventSize => {
                return write!(
                    f,
                    "event {event} is larger than the limit of {limit} bytes (crossed at byte {offset} of the stream)"
                );
            }
            Bound::TotalSize => ("bytes of texts and objects", "max_total_size"),
            Bound::Choices => ("choices", "max_choices"),
            Bound::ToolCalls => ("tool calls in one choice", "max_tool_calls"),
        };
        write!(f, "after event {event} the stream has {size} {what}: more than {name}={limit}")
    }
}

impl std::error::Error for EventTooLarge {}
