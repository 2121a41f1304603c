//! Whether an iterator gave lines without their ends, as `iter_lines()` of the HTTP clients does.
//!
//! Joined they are one long line, in which the HTML standard finds no event, ever: the most common mistake there is ends
//! in silence. It is told by pieces that begin like fields while no line end was seen. Only the pieces up to the first
//! line end are looked at; a body whose first line was cut so that two pieces begin with a field's name, and which ends
//! before that line does, looks the same. So it is worth a warning, and no error.

use std::ffi::CStr;

const FIELDS: [&[u8]; 4] = [b"data:", b"event:", b"id:", b"retry:"];

/// What was seen of line ends.
#[derive(Default)]
pub(crate) struct LineEnds {
    seen: bool,
    /// Pieces that began like a field before any line end was seen.
    fields: u8,
}

impl LineEnds {
    pub(crate) const WARNING: &CStr =
        c"no event was found: the pieces are lines without their ends, as iter_lines() gives them; pass the response \
          itself, or the body's bytes as they arrive";

    /// Looks at a piece.
    #[inline]
    pub(crate) fn look(&mut self, piece: &[u8]) {
        if !self.seen {
            self.seen = piece.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
            let field = FIELDS.iter().any(|name| piece.starts_with(name));
            self.fields = self.fields.saturating_add(field.into());
        }
    }

    /// Whether no line has ended, and more than one has begun.
    pub(crate) fn were_lost(&self) -> bool {
        !self.seen && self.fields > 1
    }
}
