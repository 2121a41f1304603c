//! A body, the pieces it comes in, and what must come of it.

use std::ops::Range;

/// How a body is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// One event a piece.
    Events,
    /// Pieces of so many bytes.
    Bytes(usize),
}

/// An event stream, and what it carries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// Where each event ends.
    ends: Vec<usize>,
    /// Bytes of all the events' data.
    pub(crate) data: usize,
    /// Bytes of all texts once they are accumulated: content, reasoning and arguments.
    pub(crate) text: usize,
}

impl Body {
    /// Appends lines that end an event, of so many bytes of data.
    pub(crate) fn event(&mut self, lines: impl AsRef<[u8]>, data: usize) -> &mut Self {
        self.lines(lines);
        self.ends.push(self.bytes.len());
        self.data += data;
        self
    }

    /// Appends lines, or parts of them, that end no event.
    pub(crate) fn lines(&mut self, lines: impl AsRef<[u8]>) -> &mut Self {
        self.bytes.extend_from_slice(lines.as_ref());
        self
    }

    /// Appends an event of one line, whose payload makes the texts longer by `text` bytes.
    pub(crate) fn payload(&mut self, payload: &str, text: usize) -> &mut Self {
        self.text += text;
        self.event(format!("data: {payload}\n\n"), payload.len())
    }

    /// How many events there are.
    pub(crate) fn events(&self) -> usize {
        self.ends.len()
    }

    /// Where the pieces lie.
    pub(crate) fn pieces(&self, cut: Cut) -> Vec<Range<usize>> {
        match cut {
            Cut::Events => {
                let starts = std::iter::once(&0).chain(&self.ends);
                starts.zip(&self.ends).map(|(start, end)| *start..*end).collect()
            }
            Cut::Bytes(size) => {
                let length = self.bytes.len();
                (0..length).step_by(size).map(|start| start..length.min(start + size)).collect()
            }
        }
    }
}
