//! What the standard leaves open, and a limit that it does not have.

use crate::limits::DEFAULT_MAX_EVENT_SIZE;

/// What becomes of an event that the end of input leaves without its blank line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tail {
    /// It is dropped, as the standard says.
    #[default]
    Discard,
    /// It is dispatched as if the blank line had come.
    Dispatch,
}

/// How an [`EventDecoder`](super::EventDecoder) treats what the standard leaves open.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes that one event may have, from its first field on; `None` for no limit.
    pub max_event_size: Option<usize>,
    /// What becomes of an unterminated last event.
    pub tail: Tail,
    /// Dispatch blocks that name an event, an id or a retry but have no data (the standard does not).
    pub dispatch_empty: bool,
    /// Keep lines that are no field of the standard: some servers write their errors so (`error: {…}`, or bare JSON).
    pub keep_nonstandard_lines: bool,
    /// Keep comments for [`EventDecoder::next_item`](super::EventDecoder::next_item), which gives them among the events.
    pub keep_comments: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_event_size: Some(DEFAULT_MAX_EVENT_SIZE),
            tail: Tail::Discard,
            dispatch_empty: false,
            keep_nonstandard_lines: false,
            keep_comments: false,
        }
    }
}
