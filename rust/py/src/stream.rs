//! The iterators of `Stream`: they pull the source themselves, so that no Python code runs per delta.
//!
//! 1. Locks are held only between the calls of Python code, never during one: the source and the reader may run
//!    anything, this stream's own methods included.
//! 2. One thread at a time asks the source; another one that would is refused.
//! 3. The source is released when the stream ends: by the reader's `finish` or `release`, or by whoever called `stop`
//!    while no thread was reading.

use pyo3::exceptions::PyException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::accumulation::Shared;
use crate::accumulator::Accumulator;
use crate::errors;
use crate::lock::{Held, Lock};
use crate::pending::{Deltas, Nothing, Output, Pending, Texts};
use crate::piece::{Asking, Pieces};

/// The deltas of a source.
///
/// Args:
///     reader: What owns the source: `pieces`, an iterator of bytes-like objects; `finish(error)`, called
///         once when the deltas are all out, with the transport's exception or None, to release the source
///         and raise what is wrong; `release()`, called instead where nothing is to be raised.
///     accumulator: What the pieces are fed to.
#[pyclass(frozen, module = "ssewire._core")]
pub(crate) struct DeltaIterator {
    reader: Py<PyAny>,
    pieces: Pieces,
    shared: Shared,
    state: Lock<State>,
}

#[derive(Default)]
struct State {
    pending: Pending,
    phase: Phase,
    /// A thread is asking the source for a piece right now.
    reading: bool,
}

#[derive(Default)]
enum Phase {
    #[default]
    Open,
    /// No more pieces will be asked for; those deltas that wait are still given out. With the exception that ended
    /// it, the transport's or a fault.
    Read(Option<PyErr>),
    /// Nothing more comes.
    Ended,
}

#[pymethods]
impl DeltaIterator {
    #[new]
    fn new(reader: &Bound<'_, PyAny>, accumulator: &Bound<'_, Accumulator>) -> PyResult<Self> {
        let pieces = Pieces::of(&reader.getattr("pieces")?)?;
        let shared = accumulator.get().shared.clone();
        Ok(Self { reader: reader.clone().unbind(), pieces, shared, state: Lock::default() })
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.next::<Deltas>(py)
    }

    /// Reads to the end, without making Python objects of the deltas.
    fn exhaust(&self, py: Python<'_>) -> PyResult<()> {
        self.next::<Nothing>(py).map(drop)
    }

    /// What it holds may hold it: an error that its reader keeps, with the frames that the error passed.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.reader)?;
        self.pieces.traverse(&visit)
    }

    /// Ends the iteration from outside, quietly.
    ///
    /// Returns:
    ///     Whether a thread is waiting for the source right now: then that thread releases it as soon as it
    ///     wakes up, and must be woken.
    fn stop(&self, py: Python<'_>) -> bool {
        let mut state = self.state.lock(py);
        let left = (std::mem::replace(&mut state.phase, Phase::Ended), std::mem::take(&mut state.pending));
        let reading = state.reading;
        drop(state);
        // Only now: dropping Python objects may run any code, this stream's own included.
        drop(left);
        reading
    }
}

impl DeltaIterator {
    /// The next delta that is wanted; `None` at the end.
    fn next<W: Output>(&self, py: Python<'_>) -> PyResult<Option<W::Item>> {
        let mut state = self.state.lock(py);
        let mut asking = Asking::default();
        loop {
            match state.pending.next::<W>(py, &self.shared) {
                Ok(None) => {}
                Ok(Some(found)) => {
                    drop(state);
                    return W::item(py, found).map(Some);
                }
                Err(failure) => {
                    drop(state);
                    self.end(py, Some(failure.raised(|fault| self.shared.too_large(py, fault))));
                    state = self.state.lock(py);
                    continue;
                }
            }
            let (reading, over) = (state.reading, state.pending.is_over());
            state = match state.phase {
                Phase::Ended => return Ok(None),
                Phase::Open if reading => return Err(errors::already_read()),
                Phase::Open if !over => self.pull(py, state, &mut asking)?,
                Phase::Open => {
                    drop(state);
                    self.end(py, None);
                    self.state.lock(py)
                }
                Phase::Read(ref mut error) => {
                    let error = error.take();
                    return self.finish(py, state, error);
                }
            }
        }
    }

    /// Asks the source for a piece, without holding any lock.
    fn pull<'a>(
        &'a self,
        py: Python<'_>,
        mut state: Held<'a, State>,
        asking: &mut Asking,
    ) -> PyResult<Held<'a, State>> {
        state.reading = true;
        drop(state);
        let asked = asking.next(py, &self.pieces);
        let mut state = self.state.lock(py);
        state.reading = false;
        if matches!(state.phase, Phase::Ended) {
            drop(state);
            drop(asked);
            // The stream was closed meanwhile: whatever woke the reader no longer matters.
            self.release(py)?;
        } else if let Some(Ok(Ok(piece))) = asked {
            state.pending.take(piece);
            return Ok(state);
        } else {
            drop(state);
            match asked {
                None => self.end(py, None),
                Some(Err(error)) if error.is_instance_of::<PyException>(py) => self.end(py, Some(error)),
                Some(Err(interrupt)) => self.fail(py, interrupt)?,
                Some(Ok(refused)) => refused.map_or_else(|error| self.fail(py, error), |_| Ok(()))?,
            }
        }
        Ok(self.state.lock(py))
    }

    /// The input has ended, or broken off: gives out the last deltas, and then what `finish` makes of the error.
    fn end(&self, py: Python<'_>, error: Option<PyErr>) {
        let deltas = self.shared.flush(py);
        let mut state = self.state.lock(py);
        if matches!(state.phase, Phase::Open) {
            state.pending.extend(deltas);
            state.phase = Phase::Read(error);
        }
    }

    /// Nothing more can be read: releases the source and raises.
    fn fail(&self, py: Python<'_>, error: PyErr) -> PyResult<()> {
        let before = std::mem::replace(&mut self.state.lock(py).phase, Phase::Ended);
        drop(before);
        if let Err(failed) = self.release(py) {
            // What stopped the reading matters more than what went wrong while the source was released.
            failed.write_unraisable(py, Some(self.reader.bind(py)));
        }
        Err(error)
    }

    fn release(&self, py: Python<'_>) -> PyResult<()> {
        self.reader.call_method0(py, "release").map(drop)
    }

    /// Everything was given out: lets the reader release the source, and raise what is wrong.
    fn finish<T>(&self, py: Python<'_>, mut state: Held<'_, State>, error: Option<PyErr>) -> PyResult<Option<T>> {
        state.phase = Phase::Ended;
        // Finishing reads the body to its end.
        state.reading = true;
        drop(state);
        let error = error.map(|error| error.into_value(py));
        let finished = self.reader.call_method1(py, "finish", (error,));
        self.state.lock(py).reading = false;
        finished.map(|_| None)
    }
}

/// The text of choice 0 out of a `DeltaIterator`, whose place in the stream it shares.
#[pyclass(frozen, module = "ssewire._core")]
pub(crate) struct TextIterator {
    deltas: Py<DeltaIterator>,
}

#[pymethods]
impl TextIterator {
    #[new]
    fn new(deltas: Py<DeltaIterator>) -> Self {
        Self { deltas }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.deltas)
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyString>>> {
        self.deltas.get().next::<Texts>(py)
    }
}
