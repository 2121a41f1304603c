//! Limits of the whole: how much may be kept of one stream, and of how many choices and tool calls.
//!
//! The naive way is to count along with all that is kept, or to measure it after every event, which takes the square of a
//! stream's size. But no byte of a stream makes more than a few be kept, so that after a measurement the limits cannot be
//! crossed before so many more bytes came: until then there is nothing to do but to compare two numbers.
//!
//! 1. Between two measurements come at least as many bytes as the first one looked at entries: all of them together take time
//!    in proportion to the stream.
//! 2. The bytes are those of the payloads, not of the body: they are the same for every cut.
//! 3. A limit may be crossed by the size of one event, or by a byte for each entry, before it is noticed. What was read is kept.

use crate::framing::{Bound, EventTooLarge};
use crate::snapshot::{Bounds, Size, Snapshot};

/// No byte of a payload makes more be kept than this: U+FFFD for one that is no UTF-8, in a text and in the object.
const KEPT_OF_A_BYTE: usize = 6;

/// No choice or call takes fewer bytes: `{},`.
const SMALLEST: usize = 3;

/// Bytes of payloads that may come before a bound can be crossed; or which one is, and by what.
fn room(bounds: &Bounds, size: Size) -> Result<usize, (Bound, usize, usize)> {
    let bounds = [
        (Bound::TotalSize, size.bytes, bounds.total_size.unwrap_or(usize::MAX)),
        (Bound::Choices, size.choices, bounds.choices),
        (Bound::ToolCalls, size.tool_calls, bounds.tool_calls),
    ];
    if let Some(crossed) = bounds.into_iter().find(|(_, size, limit)| size > limit) {
        return Err(crossed);
    }
    let room = bounds.map(|(bound, size, limit)| match bound {
        Bound::TotalSize => (limit - size) / KEPT_OF_A_BYTE,
        _ => (limit - size).saturating_mul(SMALLEST),
    });
    Ok(room.into_iter().fold(usize::MAX, usize::min).max(size.entries))
}

/// When the bounds of one stream are to be looked at again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// So many bytes of payloads may come before one can be crossed.
    due: u64,
}

impl Watch {
    /// Whether they may be crossed after so many bytes of payloads.
    #[inline]
    pub(crate) fn is_due(&self, taken: u64) -> bool {
        taken >= self.due
    }

    /// Measures what is kept after that event, and so many bytes of payloads.
    ///
    /// # Errors
    /// A bound was crossed.
    pub(crate) fn measure(&mut self, snapshot: &Snapshot, event: u64, taken: u64) -> Result<(), EventTooLarge> {
        let room = room(&snapshot.bounds, snapshot.size());
        let room = room.map_err(|(bound, size, limit)| EventTooLarge { bound, size, limit, event, offset: taken })?;
        self.due = taken.saturating_add(room as u64).max(taken + 1);
        Ok(())
    }
}
