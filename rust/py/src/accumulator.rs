//! `Accumulator`.

use pyo3::prelude::*;

use crate::accumulation::{Accumulation, Shared};
use crate::delta::{PendingDelta, Usage, objects};
use crate::event::ServerSentEvent;
use crate::limits::{Choices, EventSize, ToolCalls, TotalSize};
use crate::piece::Piece;
use crate::snapshot::Snapshot;

/// Accumulates one stream, without I/O: bytes in, deltas out, the whole in `snapshot`.
///
/// Args:
///     dialect: The API's name; None finds it from the first payload that shows it.
///     max_event_size: Bytes that one event may have; None for no limit.
///     max_total_size: Bytes of texts, and of the JSON text of objects, that may be kept; None for no limit.
///         Text that the provider's own object has too counts twice, as it is kept twice.
///     max_choices: Choices that may be kept; None for no limit.
///     max_tool_calls: Tool calls that may be kept of one choice; None for no limit.
///
/// A limit of the whole is looked at after each event, at the latest after as many bytes as there are members,
/// choices and calls: what is kept can be larger by that, and by one event.
///
/// Raises:
///     ValueError: The dialect is not known; the message lists those that are.
#[pyclass(frozen, module = "ssewire")]
pub(crate) struct Accumulator {
    pub(crate) shared: Shared,
}

#[pymethods]
impl Accumulator {
    #[new]
    #[pyo3(
        signature = (
            dialect=None,
            *,
            max_event_size=EventSize::DEFAULT,
            max_total_size=TotalSize::DEFAULT,
            max_choices=Choices::DEFAULT,
            max_tool_calls=ToolCalls::DEFAULT
        ),
        text_signature = "(dialect=None, *, max_event_size=67108864, max_total_size=None, max_choices=131072, max_tool_calls=131072)"
    )]
    fn new(
        dialect: Option<&str>,
        max_event_size: EventSize,
        max_total_size: TotalSize,
        max_choices: Choices,
        max_tool_calls: ToolCalls,
    ) -> PyResult<Self> {
        let state = Accumulation::open(dialect, max_event_size, max_total_size, max_choices, max_tool_calls)?;
        Ok(Self { shared: Shared::of(state) })
    }

    /// Takes a piece of the body, cut anywhere.
    ///
    /// An API error in the stream is not raised here: it sets `error`, and `close()` raises it.
    ///
    /// Returns:
    ///     The deltas that it completes, in order.
    ///
    /// Raises:
    ///     EventTooLargeError: An event is larger than `max_event_size`, or a limit of the whole was crossed.
    ///         Deltas before it are returned first, and the next call raises; so does every later one.
    ///     TypeError: `data` is not a bytes-like object.
    fn feed(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Vec<Py<PyAny>>> {
        self.shared.feed(py, &Piece::of(data)?)
    }

    /// Takes an event that came in another framing, a websocket's for example.
    ///
    /// Returns:
    ///     Its deltas, in order.
    ///
    /// Raises:
    ///     EventTooLargeError: A limit of the whole was crossed before it.
    fn feed_event(&self, py: Python<'_>, event: &Bound<'_, ServerSentEvent>) -> PyResult<Vec<Py<PyAny>>> {
        let event = event.get();
        let (name, data) = (event.name(py)?, event.data(py)?);
        let mut deltas = Vec::new();
        let result = self
            .shared
            .lock(py)
            .feed_event(&name, &data, |texts, delta| deltas.push(PendingDelta::of(py, texts, delta)));
        result.map_err(|fault| self.shared.too_large(py, &fault))?;
        objects(py, deltas)
    }

    /// Takes a piece of the body without making Python objects of its deltas.
    ///
    /// Raises:
    ///     EventTooLargeError: An event is larger than `max_event_size`, or a limit of the whole was crossed.
    ///         What comes before it in the piece is taken first, and the next call raises; so does every later one.
    ///     TypeError: `data` is not a bytes-like object.
    fn observe(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let piece = Piece::of(data)?;
        let mut state = self.shared.lock(py);
        let events = state.source.stream().events();
        let result = state.feed(&piece, |_, _| {});
        let nothing_completed = state.source.stream().events() == events;
        drop(state);
        match result {
            Err(fault) if nothing_completed => Err(self.shared.too_large(py, &fault)),
            _ => Ok(()),
        }
    }

    /// Marks the end of the input.
    ///
    /// Returns:
    ///     The deltas of an unterminated last event, if it is a whole payload or the sentinel; text that
    ///     waited for the other half of a character.
    fn flush(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        objects(py, self.shared.flush(py))
    }

    /// Flushes, and checks that the stream is complete. May be called again.
    ///
    /// Returns:
    ///     The snapshot.
    ///
    /// Raises:
    ///     ProviderError: The stream carried an API error.
    ///     EventTooLargeError: An event was larger than `max_event_size`, or a limit of the whole was crossed.
    ///     IncompleteStreamError: The stream ended before its terminal.
    fn close(&self, py: Python<'_>) -> PyResult<Snapshot> {
        self.shared.flush(py);
        self.shared.check(py)?;
        Ok(self.snapshot())
    }

    /// The whole so far: a live, read-only view. Copying or pickling it freezes it.
    #[getter]
    fn snapshot(&self) -> Snapshot {
        Snapshot { shared: self.shared.clone() }
    }

    /// The usage so far; None until one came.
    #[getter]
    fn usage(&self, py: Python<'_>) -> Option<Usage> {
        self.shared.usage(py)
    }

    /// The first API error of the stream; None if there was none.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.shared.error(py)
    }

    /// The dialect's name; None until a payload has shown it.
    #[getter]
    fn dialect(&self, py: Python<'_>) -> Option<&'static str> {
        self.shared.lock(py).source.dialect()
    }

    /// Whether the dialect's terminal was seen.
    #[getter]
    fn done(&self, py: Python<'_>) -> bool {
        self.shared.lock(py).source.snapshot().done()
    }

    /// The body's first bytes, at most 64 KiB, where it turned out to be no event stream at all; else None.
    #[getter]
    fn _foreign<'py>(&self, py: Python<'py>) -> Option<Bound<'py, pyo3::types::PyBytes>> {
        let mut state = self.shared.lock(py);
        state.source.stream().not_a_stream().map(|body| pyo3::types::PyBytes::new(py, body))
    }

    /// Events so far, or JSON values where the body is made of them.
    #[getter]
    fn _events(&self, py: Python<'_>) -> u64 {
        self.shared.lock(py).source.stream().events()
    }

    /// Payloads so far that were compared with the shape of an earlier one instead of parsed.
    #[getter]
    fn _matched(&self, py: Python<'_>) -> u64 {
        self.shared.lock(py).source.stream().template_hits()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        crate::snapshot::describe("Accumulator", &self.shared.lock(py).source)
    }
}

/// Folds a whole body, without the GIL.
///
/// Returns:
///     Its accumulator, which has the fault where a limit was crossed: `close()` raises it.
#[pyfunction]
#[pyo3(
    signature = (
        data,
        dialect=None,
        *,
        max_event_size=EventSize::DEFAULT,
        max_total_size=TotalSize::DEFAULT,
        max_choices=Choices::DEFAULT,
        max_tool_calls=ToolCalls::DEFAULT
    ),
    text_signature = "(data, dialect=None, *, max_event_size=67108864, max_total_size=None, max_choices=131072, max_tool_calls=131072)"
)]
pub(crate) fn observe_whole(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    dialect: Option<&str>,
    max_event_size: EventSize,
    max_total_size: TotalSize,
    max_choices: Choices,
    max_tool_calls: ToolCalls,
) -> PyResult<Accumulator> {
    let piece = Piece::of(data)?;
    let mut state = Accumulation::open(dialect, max_event_size, max_total_size, max_choices, max_tool_calls)?;
    let bytes = &*piece;
    // No other thread has the accumulation yet.
    let state = py.detach(|| {
        _ = state.feed(bytes, |_, _| {});
        state.flush(|_, _| {});
        state
    });
    Ok(Accumulator { shared: Shared::of(state) })
}

/// The format of a body that begins like this, if its first bytes show it; None where they do not.
#[pyfunction]
pub(crate) fn body_format(body: &[u8]) -> Option<&'static str> {
    ssewire_core::binding::body_format(body)
}

/// How a body begins, in words.
#[pyfunction]
pub(crate) fn beginning(body: &[u8]) -> String {
    ssewire_core::binding::beginning(body)
}
