//! What a stream has read and not yet given out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use pyo3::types::PyString;
use ssewire_core::Delta;

use crate::accumulator::{Accumulator, Shared};
use crate::delta::{TextDelta, make_delta};
use crate::lock::lock;
use crate::piece::Left;

/// The piece in hand is folded event by event, as its deltas are asked for: so the snapshot has come as far as they have,
/// wherever the body was cut.
#[derive(Default)]
pub(crate) struct Hand {
    piece: Option<Left>,
    /// Deltas of the last event, behind the one that was given out.
    rest: VecDeque<Py<PyAny>>,
}

/// What is wanted of the deltas.
pub(crate) trait Want {
    type Item;

    /// What is wanted of a delta; `None`: nothing.
    fn told(py: Python<'_>, delta: Delta<'_>) -> PyResult<Option<Self::Item>>;

    /// The same of its Python object.
    fn made(py: Python<'_>, delta: Py<PyAny>) -> Option<Self::Item>;
}

/// All of them.
pub(crate) struct Deltas;

impl Want for Deltas {
    type Item = Py<PyAny>;

    fn told(py: Python<'_>, delta: Delta<'_>) -> PyResult<Option<Self::Item>> {
        make_delta(py, delta).map(Some)
    }

    fn made(_py: Python<'_>, delta: Py<PyAny>) -> Option<Self::Item> {
        Some(delta)
    }
}

/// The text of choice 0.
pub(crate) struct Texts;

impl Want for Texts {
    type Item = Py<PyString>;

    fn told(py: Python<'_>, delta: Delta<'_>) -> PyResult<Option<Self::Item>> {
        Ok(match delta {
            Delta::Text { choice: 0, text } => Some(PyString::new(py, text).unbind()),
            _ => None,
        })
    }

    fn made(py: Python<'_>, delta: Py<PyAny>) -> Option<Self::Item> {
        delta.bind(py).cast_exact::<TextDelta>().ok()?.get().of_first_choice(py)
    }
}

/// Nothing but the whole.
pub(crate) struct Nothing;

impl Want for Nothing {
    type Item = std::convert::Infallible;

    fn told(_py: Python<'_>, _delta: Delta<'_>) -> PyResult<Option<Self::Item>> {
        Ok(None)
    }

    fn made(_py: Python<'_>, _delta: Py<PyAny>) -> Option<Self::Item> {
        None
    }
}

impl Hand {
    /// Takes a piece, when there is none.
    pub(crate) fn take(&mut self, piece: Left) {
        self.piece = Some(piece);
    }

    /// Takes deltas that belong to no piece.
    pub(crate) fn extend(&mut self, deltas: Vec<Py<PyAny>>) {
        self.rest.extend(deltas);
    }

    /// The next of what is wanted; `None` when nothing is left. Behind a terminal or an error the piece does not count.
    ///
    /// # Errors
    /// An event is larger than the limit, or memory is out.
    pub(crate) fn next<W: Want>(&mut self, py: Python<'_>, shared: &Shared) -> PyResult<Option<W::Item>> {
        while let Some(delta) = self.rest.pop_front() {
            if let Some(item) = W::made(py, delta) {
                return Ok(Some(item));
            }
        }
        let Some(piece) = &mut self.piece else { return Ok(None) };
        let (mut found, mut failed) = (None, None);
        let rest = &mut self.rest;
        let mut state = shared.lock(py);
        let more = piece.take(py, |data| {
            while found.is_none() && failed.is_none() {
                let more = state.step(data, &mut |delta| {
                    let told = match found {
                        None => W::told(py, delta).map(|told| found = told),
                        Some(_) => make_delta(py, delta).map(|delta| rest.push_back(delta)),
                    };
                    failed = failed.take().or(told.err());
                });
                if !matches!(more, Ok(true)) {
                    return more;
                }
            }
            Ok(true)
        });
        drop(state);
        if !matches!(more, Ok(true)) {
            self.piece = None;
        }
        match (failed, more) {
            (Some(error), _) => Err(error),
            (None, Err(fault)) => Err(shared.too_large(py, &fault)),
            (None, Ok(_)) => Ok(found),
        }
    }
}

type Next = fn(&mut Hand, Python<'_>, &Shared) -> PyResult<Option<Py<PyAny>>>;

/// What is in hand of an `AsyncStream`, whose pieces Python awaits.
///
/// Iterating gives what the piece taken last completes, and goes on when another one is taken.
///
/// Args:
///     accumulator: What the pieces are fed to.
#[pyclass(frozen, module = "ssewire._core")]
pub(crate) struct HandIterator {
    hand: Arc<Mutex<Hand>>,
    shared: Shared,
    next: Next,
}

impl HandIterator {
    fn wanting(&self, next: Next) -> Self {
        Self { hand: self.hand.clone(), shared: self.shared.clone(), next }
    }
}

#[pymethods]
impl HandIterator {
    #[new]
    fn new(accumulator: &Bound<'_, Accumulator>) -> Self {
        Self { hand: Arc::default(), shared: accumulator.get().shared.clone(), next: Hand::next::<Deltas> }
    }

    /// Takes a piece, once all of the one before was given out.
    ///
    /// Raises:
    ///     TypeError: `data` is not a bytes-like object.
    fn take(&self, py: Python<'_>, data: Bound<'_, PyAny>) -> PyResult<()> {
        let piece = Left::of(data)?;
        lock(py, &self.hand).take(piece);
        Ok(())
    }

    /// Tells that the input has ended.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        let deltas = self.shared.flush(py)?;
        lock(py, &self.hand).extend(deltas);
        Ok(())
    }

    /// Whether a terminal, an error or a fault was seen: the rest of the body does not count.
    #[getter]
    fn over(&self, py: Python<'_>) -> bool {
        self.shared.lock(py).is_over()
    }

    /// The same, giving the text of choice 0.
    #[getter]
    fn texts(&self) -> Self {
        self.wanting(|hand, py, shared| Ok(hand.next::<Texts>(py, shared)?.map(Py::into_any)))
    }

    /// The same, giving nothing: what is in hand is folded only.
    #[getter]
    fn nothing(&self) -> Self {
        self.wanting(|hand, py, shared| hand.next::<Nothing>(py, shared).map(|_| None))
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        (self.next)(&mut lock(py, &self.hand), py, &self.shared)
    }
}
