//! The iterators behind `Stream`: they pull the source themselves, so that no Python code runs per delta.

use std::collections::VecDeque;
use std::sync::Mutex;

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::accumulator::{Accumulator, Shared};
use crate::delta::TextDelta;
use crate::lock::lock;

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
    pieces: Py<PyAny>,
    shared: Shared,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    deltas: VecDeque<Py<PyAny>>,
    phase: Phase,
    /// A thread is asking the source for a piece right now.
    reading: bool,
}

#[derive(Default)]
enum Phase {
    #[default]
    Open,
    /// No more pieces will be asked for; what is queued is still to be given out. With the exception that
    /// ended it, the transport's or a fault.
    Read(Option<PyErr>),
    /// Nothing more comes.
    Ended,
}

#[pymethods]
impl DeltaIterator {
    #[new]
    fn new(reader: &Bound<'_, PyAny>, accumulator: &Bound<'_, Accumulator>) -> PyResult<Self> {
        let pieces = reader.getattr("pieces")?.try_iter()?.into_any().unbind();
        let shared = accumulator.get().shared.clone();
        Ok(Self { reader: reader.clone().unbind(), pieces, shared, state: Mutex::default() })
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        loop {
            let mut state = lock(py, &self.state);
            if let Some(delta) = state.deltas.pop_front() {
                return Ok(Some(delta));
            }
            match std::mem::replace(&mut state.phase, Phase::Ended) {
                Phase::Ended => return Ok(None),
                Phase::Read(error) => {
                    // Finishing reads on too, to the body's end.
                    state.reading = true;
                    drop(state);
                    let finished = self.finish(py, error);
                    lock(py, &self.state).reading = false;
                    return finished.map(|()| None);
                }
                Phase::Open if state.reading => {
                    state.phase = Phase::Open;
                    return Err(PyValueError::new_err(
                        "the stream is already being read, by another thread or by its own source",
                    ));
                }
                Phase::Open => {
                    state.phase = Phase::Open;
                    state.reading = true;
                    drop(state);
                    self.pull(py)?;
                }
            }
        }
    }

    /// What it holds may hold it: an error that its reader keeps, with the frames that the error passed.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.reader)?;
        visit.call(&self.pieces)
    }

    /// Ends the iteration from outside, quietly.
    ///
    /// Returns:
    ///     Whether a thread is waiting for the source right now: then that thread releases it as soon as it
    ///     wakes up, and must be woken.
    fn stop(&self, py: Python<'_>) -> bool {
        let mut state = lock(py, &self.state);
        let left = (std::mem::replace(&mut state.phase, Phase::Ended), std::mem::take(&mut state.deltas));
        let reading = state.reading;
        drop(state);
        // Not before: dropping Python objects may run any code, this stream's own included.
        drop(left);
        reading
    }
}

impl DeltaIterator {
    /// Asks the source for a piece, without holding any lock, and folds it.
    fn pull(&self, py: Python<'_>) -> PyResult<()> {
        let asked = self.pieces.bind(py).cast::<pyo3::types::PyIterator>().map_err(PyErr::from)?.clone().next();
        let mut state = lock(py, &self.state);
        state.reading = false;
        let stopped = matches!(state.phase, Phase::Ended);
        drop(state);
        if stopped {
            // Whatever woke the reader is of no interest to one who has closed the stream.
            return self.release(py);
        }
        match asked {
            Some(Ok(piece)) => self.take(py, &piece),
            None => self.end(py, None),
            Some(Err(error)) if error.is_instance_of::<PyException>(py) => self.end(py, Some(error)),
            Some(Err(interrupt)) => self.fail(py, interrupt),
        }
    }

    fn take(&self, py: Python<'_>, piece: &Bound<'_, PyAny>) -> PyResult<()> {
        let deltas = match crate::piece::Piece::of(piece).and_then(|piece| self.shared.take(py, &piece)) {
            Ok(deltas) => deltas,
            Err(error) if self.shared.lock(py).is_over() => {
                self.stop_reading(py, Vec::new(), Some(error));
                return Ok(());
            }
            Err(error) => return self.fail(py, error),
        };
        let over = self.shared.lock(py).is_over();
        if over {
            self.stop_reading(py, deltas, None);
            return Ok(());
        }
        let mut state = lock(py, &self.state);
        if matches!(state.phase, Phase::Open) {
            state.deltas.extend(deltas);
        }
        Ok(())
    }

    /// The input has ended, or broken off.
    fn end(&self, py: Python<'_>, error: Option<PyErr>) -> PyResult<()> {
        let deltas = self.shared.flush(py)?;
        self.stop_reading(py, deltas, error);
        Ok(())
    }

    /// Gives out these deltas, and then what `finish` makes of the error.
    fn stop_reading(&self, py: Python<'_>, deltas: Vec<Py<PyAny>>, error: Option<PyErr>) {
        let mut state = lock(py, &self.state);
        if matches!(state.phase, Phase::Open) {
            state.deltas.extend(deltas);
            state.phase = Phase::Read(error);
        }
    }

    /// Nothing more can be read: releases the source and raises.
    fn fail(&self, py: Python<'_>, error: PyErr) -> PyResult<()> {
        let before = std::mem::replace(&mut lock(py, &self.state).phase, Phase::Ended);
        drop(before);
        if let Err(failed) = self.release(py) {
            // What stopped the reading counts more than what went wrong in releasing the source.
            failed.write_unraisable(py, Some(self.reader.bind(py)));
        }
        Err(error)
    }

    fn release(&self, py: Python<'_>) -> PyResult<()> {
        self.reader.call_method0(py, "release").map(drop)
    }

    fn finish(&self, py: Python<'_>, error: Option<PyErr>) -> PyResult<()> {
        self.reader.call_method1(py, "finish", (error.map(|error| error.into_value(py)),)).map(drop)
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
        let deltas = self.deltas.get();
        while let Some(delta) = deltas.__next__(py)? {
            if let Ok(delta) = delta.bind(py).cast_exact::<TextDelta>()
                && let Some(text) = delta.get().of_first_choice(py)
            {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }
}
