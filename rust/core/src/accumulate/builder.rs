//! What a caller may choose of an accumulator.

use super::Accumulator;
use crate::dialect::Dialect;
use crate::framing::{EventDecoder, Options, Tail};
use crate::limits::DEFAULT_MAX_EVENT_SIZE;
use crate::snapshot::Bounds;

/// Makes an [`Accumulator`]; begun by [`Accumulator::builder`].
///
/// ```
/// use ssewire_core::{Accumulator, Dialect};
/// let accumulator = Accumulator::builder().dialect(Dialect::Anthropic).max_event_size(1 << 20).build();
/// assert_eq!(accumulator.dialect(), Some(Dialect::Anthropic));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AccumulatorBuilder {
    dialect: Option<Dialect>,
    max_event_size: Option<usize>,
    bounds: Bounds,
}

impl Default for AccumulatorBuilder {
    fn default() -> Self {
        Self { dialect: None, max_event_size: Some(DEFAULT_MAX_EVENT_SIZE), bounds: Bounds::default() }
    }
}

impl AccumulatorBuilder {
    /// The dialect. By default, and with `None`, it is recognised by the first payload that can only be one dialect's.
    pub fn dialect(mut self, dialect: impl Into<Option<Dialect>>) -> Self {
        self.dialect = dialect.into();
        self
    }

    /// Bytes that one event may have; `None` for no limit. By default [`DEFAULT_MAX_EVENT_SIZE`].
    pub fn max_event_size(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.max_event_size = bytes.into();
        self
    }

    /// Bytes of texts, and of the JSON text of objects, that may be kept. By default, and with `None`, there is no limit.
    ///
    /// Text that the provider's own object has too counts twice, as it is kept twice. What is kept is measured now and then,
    /// after an event: it can be larger by that event, and by a byte for each text, member, choice and call.
    pub fn max_total_size(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.bounds.total_size = bytes.into();
        self
    }

    /// Choices that may be kept; `None` for no limit. By default
    /// [`DEFAULT_MAX_CHOICES`](crate::DEFAULT_MAX_CHOICES).
    pub fn max_choices(mut self, choices: impl Into<Option<usize>>) -> Self {
        self.bounds.choices = choices.into().unwrap_or(usize::MAX);
        self
    }

    /// Tool calls that may be kept of one choice; `None` for no limit. By default
    /// [`DEFAULT_MAX_TOOL_CALLS`](crate::DEFAULT_MAX_TOOL_CALLS).
    pub fn max_tool_calls(mut self, calls: impl Into<Option<usize>>) -> Self {
        self.bounds.tool_calls = calls.into().unwrap_or(usize::MAX);
        self
    }

    /// An accumulator at the start of a stream.
    pub fn build(self) -> Accumulator {
        let Self { dialect, max_event_size, bounds } = self;
        let options =
            Options { max_event_size, tail: Tail::Dispatch, keep_nonstandard_lines: true, ..Options::default() };
        Accumulator::new(EventDecoder::new(options), dialect, bounds)
    }
}
