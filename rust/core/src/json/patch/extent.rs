//! How large a value is, and how much work may be spent on it: what the values inside of another are asked.

use crate::json::Raw;

/// How large a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Bytes of its JSON text, at most.
    pub(super) size: usize,
    /// Levels of arrays and objects.
    pub(super) depth: usize,
}

/// How many values may still be taken apart or copied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work(usize);

impl Work {
    pub(super) fn of(values: usize) -> Self {
        Self(values)
    }

    pub(super) fn earn(&mut self, values: usize) {
        self.0 = self.0.saturating_add(values);
    }

    pub(super) fn spend(&mut self) -> Option<()> {
        self.0 = self.0.checked_sub(1)?;
        Some(())
    }
}

/// A value that stands in another.
pub(super) trait Inner: Sized {
    fn extent(&self) -> Extent;

    /// A copy; `None` where that takes too much work.
    fn copy(&self, work: &mut Work) -> Option<Self>;

    /// Whether it is the same value, however it is written; `None` where that takes too much work.
    fn equals(&mut self, value: Raw<'_>, work: &mut Work) -> Option<bool>;
}
