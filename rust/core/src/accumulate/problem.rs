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

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &[u8] = b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n";

    fn read(pieces: &[&[u8]]) -> Accumulator {
        let mut accumulator = Accumulator::builder().max_event_size(60).build();
        for piece in pieces {
            _ = accumulator.feed(piece, |_| {});
        }
        accumulator.flush(|_| {});
        accumulator
    }

    #[test]
    fn the_gravest_problem_counts() {
        let (error, large) = (b"data: {\"error\":{\"message\":\"busy\"}}\n\n", [b'x'; 100]);
        let problem = |pieces: &[&[u8]]| read(pieces).problem();
        assert!(matches!(problem(&[EVENT, error, &large]), Some(Problem::Provider(error)) if error.message == "busy"));
        assert!(matches!(problem(&[EVENT, &large]), Some(Problem::TooLarge(fault)) if fault.event == 2));
        // What it is, nobody can say of a body that was not read to its end.
        assert!(matches!(problem(&[b"<html>\n", &large]), Some(Problem::TooLarge(_))));
        assert!(matches!(problem(&[b"<html>\n"]), Some(Problem::NotAStream(text)) if text.contains("an HTML page")));
        assert!(matches!(problem(&[EVENT]), Some(Problem::Incomplete(_))));
        assert_eq!(problem(&[EVENT, b"data: [DONE]\n\n"]), None);
    }

    #[test]
    fn the_end_keeps_the_number_of_events() {
        assert_eq!(read(&[EVENT, EVENT, b"data: [DONE]"]).events(), 3);
        assert_eq!(read(&[b"{\"choices\":[]}\n{\"choices\":[]}"]).events(), 2);
        let mut twice = read(&[EVENT]);
        twice.flush(|_| {});
        assert_eq!(twice.events(), 1);
    }
}
