//! What a stream has read and not given out yet.
//!
//! A piece is folded event by event, as its deltas are asked for, instead of all at once: so the snapshot is never
//! ahead of the deltas that were given out, wherever the body was cut.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyString;
use ssewire_core::Delta;

use crate::accumulation::Shared;
use crate::accumulator::Accumulator;
use crate::decoder_state::Failure;
use crate::delta::PendingDelta;
use crate::lock::Lock;
use crate::new_str;
use crate::piece::UnreadPiece;
use crate::string_cache::Texts as Strings;

/// A piece that is being folded, and the deltas of its last event that wait.
#[derive(Default)]
pub(crate) struct Pending {
    piece: Option<UnreadPiece>,
    /// Deltas of the last event, after the one that was given out.
    rest: VecDeque<PyResult<PendingDelta>>,
    /// A terminal, an error or a fault was seen.
    over: bool,
}

/// What a reader wants of the deltas.
pub(crate) trait Output {
    /// What is made of a delta where it is found, under locks.
    type Found;
    /// What Python is given.
    type Item;

    /// What is wanted of a delta that was just found; `None` where it is not wanted.
    fn from_delta(py: Python<'_>, texts: &mut Strings, delta: Delta<'_>) -> Option<PyResult<Self::Found>>;

    /// What is wanted of a delta that has waited; `None` where it is not wanted.
    fn from_pending(delta: PendingDelta) -> Option<Self::Found>;

    /// Makes the Python object, when no lock is held.
    fn item(py: Python<'_>, found: Self::Found) -> PyResult<Self::Item>;
}

/// All deltas.
pub(crate) struct Deltas;

impl Output for Deltas {
    type Found = PendingDelta;
    type Item = Py<PyAny>;

    fn from_delta(py: Python<'_>, texts: &mut Strings, delta: Delta<'_>) -> Option<PyResult<PendingDelta>> {
        Some(PendingDelta::of(py, texts, delta))
    }

    fn from_pending(delta: PendingDelta) -> Option<PendingDelta> {
        Some(delta)
    }

    fn item(py: Python<'_>, found: PendingDelta) -> PyResult<Py<PyAny>> {
        found.into_object(py)
    }
}

/// The text of choice 0.
pub(crate) struct Texts;

impl Output for Texts {
    type Found = Py<PyString>;
    type Item = Py<PyString>;

    fn from_delta(py: Python<'_>, _texts: &mut Strings, delta: Delta<'_>) -> Option<PyResult<Py<PyString>>> {
        match delta {
            Delta::Text { choice: 0, text } => Some(new_str::new(py, text)),
            _ => None,
        }
    }

    fn from_pending(delta: PendingDelta) -> Option<Py<PyString>> {
        delta.into_text()
    }

    fn item(_py: Python<'_>, found: Py<PyString>) -> PyResult<Py<PyString>> {
        Ok(found)
    }
}

/// No delta: only the snapshot is wanted.
pub(crate) struct Nothing;

impl Output for Nothing {
    type Found = Infallible;
    type Item = Infallible;

    fn from_delta(_py: Python<'_>, _texts: &mut Strings, _delta: Delta<'_>) -> Option<PyResult<Infallible>> {
        None
    }

    fn from_pending(_delta: PendingDelta) -> Option<Infallible> {
        None
    }

    fn item(_py: Python<'_>, found: Infallible) -> PyResult<Infallible> {
        Ok(found)
    }
}

impl Pending {
    /// Takes a piece, if there is none.
    pub(crate) fn take(&mut self, piece: UnreadPiece) {
        self.piece = Some(piece);
    }

    /// Whether a terminal, an error or a fault was seen: no more pieces count.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Takes deltas that belong to no piece.
    pub(crate) fn extend(&mut self, deltas: Vec<PyResult<PendingDelta>>) {
        self.rest.extend(deltas);
    }

    /// The next delta that is wanted; `None` when nothing is left. After a terminal or an error the rest of the piece
    /// does not count.
    ///
    /// # Errors
    /// An event is larger than the limit, or a string could not be made.
    pub(crate) fn next<W: Output>(&mut self, py: Python<'_>, shared: &Shared) -> Result<Option<W::Found>, Failure> {
        while let Some(delta) = self.rest.pop_front() {
            if let Some(found) = W::from_pending(delta?) {
                return Ok(Some(found));
            }
        }
        let Some(piece) = &mut self.piece else { return Ok(None) };
        let mut found = None;
        let rest = &mut self.rest;
        let mut state = shared.lock(py);
        let more = piece.take(py, |data| {
            while found.is_none() {
                let more = state.step(data, |texts, delta| match found {
                    None => found = W::from_delta(py, texts, delta),
                    Some(_) => rest.push_back(PendingDelta::of(py, texts, delta)),
                });
                if !matches!(more, Ok(true)) {
                    return more;
                }
            }
            Ok(true)
        });
        self.over = state.is_over();
        if !matches!(more, Ok(true)) || piece.is_empty() {
            self.piece = None;
        }
        more?;
        Ok(found.transpose()?)
    }
}

type Next = fn(&PushDeltaIterator, Python<'_>) -> PyResult<Option<Py<PyAny>>>;

/// The deltas of an `AsyncStream`, whose pieces Python awaits.
///
/// Iterating gives what the last piece taken completes, and continues when another one is taken.
///
/// Args:
///     accumulator: What the pieces are fed to.
#[pyclass(frozen, module = "ssewire._core")]
pub(crate) struct PushDeltaIterator {
    pending: Arc<Lock<Pending>>,
    shared: Shared,
    next: Next,
}

impl PushDeltaIterator {
    fn wanting(&self, next: Next) -> Self {
        Self { pending: self.pending.clone(), shared: self.shared.clone(), next }
    }

    fn next<W: Output>(&self, py: Python<'_>) -> PyResult<Option<W::Item>> {
        let found = self.pending.lock(py).next::<W>(py, &self.shared);
        let found = found.map_err(|failure| failure.raised(|fault| self.shared.too_large(py, fault)))?;
        found.map(|found| W::item(py, found)).transpose()
    }
}

#[pymethods]
impl PushDeltaIterator {
    #[new]
    fn new(accumulator: &Bound<'_, Accumulator>) -> Self {
        Self { pending: Arc::default(), shared: accumulator.get().shared.clone(), next: Self::next::<Deltas> }
    }

    /// Takes a piece, once all of the one before was given out.
    ///
    /// Raises:
    ///     TypeError: `data` is not a bytes-like object.
    fn take(&self, py: Python<'_>, data: Bound<'_, PyAny>) -> PyResult<()> {
        let piece = UnreadPiece::of(data)?;
        self.pending.lock(py).take(piece);
        Ok(())
    }

    /// Marks the end of the input.
    fn flush(&self, py: Python<'_>) {
        let deltas = self.shared.flush(py);
        self.pending.lock(py).extend(deltas);
    }

    /// Whether a terminal, an error or a fault was seen: the rest of the body does not count.
    #[getter]
    fn over(&self, py: Python<'_>) -> bool {
        self.shared.lock(py).is_over()
    }

    /// An iterator of the same pieces that gives only the text of choice 0.
    #[getter]
    fn texts(&self) -> Self {
        self.wanting(|pending, py| Ok(pending.next::<Texts>(py)?.map(Py::into_any)))
    }

    /// An iterator of the same pieces that gives nothing: they are only folded.
    #[getter]
    fn nothing(&self) -> Self {
        self.wanting(|pending, py| pending.next::<Nothing>(py).map(|_| None))
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        (self.next)(self, py)
    }
}
