//! What an event decoder holds between two pieces: the line that is open, and the block it belongs to.

use super::field::Field;
use crate::limits::RETAINED_CAPACITY;

/// The line that a cut left open.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenLine {
    /// Its first bytes, until they tell the field.
    pub(crate) head: Vec<u8>,
    pub(crate) field: Option<Field>,
    /// The value so far, where it is not appended to the block directly.
    pub(crate) value: Vec<u8>,
    pub(crate) size: usize,
    /// Offset of its first byte in the stream; that of any line while it is being taken.
    pub(crate) start: u64,
}

impl OpenLine {
    pub(crate) fn clear(&mut self) {
        self.head.clear();
        self.field = None;
        self.value.clear();
        self.value.shrink_to(RETAINED_CAPACITY);
        self.size = 0;
        self.start = 0;
    }
}

/// The fields since the last blank line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) event: String,
    /// As in the standard: each data line's value and an LF.
    pub(crate) data: Vec<u8>,
    pub(crate) nonstandard_lines: Vec<u8>,
    pub(crate) retry: Option<u64>,
    /// A valid `event`, `id` or `retry` field stood in it.
    pub(crate) named: bool,
    /// Its lines count against the limit: a known field stood in it.
    pub(crate) begun: bool,
    pub(crate) size: usize,
    pub(crate) dispatched: bool,
}

impl Block {
    /// Empties it, keeping the buffers' room, up to what is usual.
    pub(crate) fn clear(&mut self) {
        self.event.clear();
        self.data.clear();
        self.nonstandard_lines.clear();
        self.retry = None;
        self.named = false;
        self.begun = false;
        self.size = 0;
        self.dispatched = false;
        self.data.shrink_to(RETAINED_CAPACITY);
        self.nonstandard_lines.shrink_to(RETAINED_CAPACITY);
        self.event.shrink_to(RETAINED_CAPACITY);
    }
}
