//! What is wrong with a stream, all in all.

use std::fmt;

use super::{Accumulator, not_a_stream};
use crate::framing::EventTooLarge;
use crate::snapshot::ApiError;

/// What is wrong with a stream whose input has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It carried an API error, or was nothing else.
    Provider(ApiError),
    /// An event is larger than a limit, or a limit of the whole was crossed.
    TooLarge(EventTooLarge),
    /// The body is no event stream at all; what came instead, in words.
    NotAStream(String),
    /// It ended before its terminal; what is missing, in words.
    Incomplete(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(error) => error.fmt(f),
            Self::TooLarge(fault) => fault.fmt(f),
            Self::NotAStream(text) | Self::Incomplete(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Problem {}

impl Accumulator {
    /// What is wrong with the stream if the input ends here; `None` where it is complete.
    ///
    /// An API error counts more than a limit that was crossed, since a reader of single events stops at it; and both count
    /// more than what is missing.
    ///
    /// ```
    /// use ssewire_core::{Accumulator, Problem};
    /// let mut accumulator = Accumulator::default();
    /// accumulator.feed(b"data: {\"error\":{\"message\":\"overloaded\"}}\n\n", |_| {})?;
    /// assert!(matches!(accumulator.problem(), Some(Problem::Provider(error)) if error.message == "overloaded"));
    /// # Ok::<(), ssewire_core::EventTooLarge>(())
    /// ```
    pub fn problem(&self) -> Option<Problem> {
        if let Some(error) = self.snapshot().error() {
            return Some(Problem::Provider(error.clone()));
        }
        if let Some(fault) = self.fault() {
            return Some(Problem::TooLarge(fault.clone()));
        }
        if let Some(body) = self.not_a_stream() {
            return Some(Problem::NotAStream(format!(
                "expected an event stream, got {}",
                not_a_stream::describe(body)
            )));
        }
        self.missing().map(Problem::Incomplete)
    }
}
