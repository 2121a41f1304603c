//! Chunks that are read from the network itself, past a client's layers.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyIterator, PyString};
use ssewire_core::binding::take_chunks;

use crate::lock::Lock;
use crate::piece::UnreadPiece;

/// The pieces of a body in the chunked coding: whole chunks as they are received, all else by the client's iterator.
///
/// Args:
///     own: The client's own iterator, which nobody has asked yet. It begins, and ends, and raises.
///     body: What knows the client's insides. `begin()` returns what the client has received and not read, where it is
///         between two chunks; b"" where there is nothing, and the network is read by `receive(size)`; None where it
///         is the client's turn. While the network is read, `watch.was_read` says that the client has read from it
///         too, and `leave()` ends that. `give(contents, rest)` gives the client contents of chunks, and what
///         follows them: both b"" is the connection's end. `fail(error)` has it meet what `receive` raised. `is_plain`
///         is false where all contents have to be given to it. `counted` is None, or an object and the name of its
///         attribute that counts the bytes of the contents.
///     size: How many bytes are asked for at once.
#[pyclass(frozen, module = "ssewire._core")]
pub(crate) struct DirectPieces {
    own: Py<PyIterator>,
    body: Py<PyAny>,
    size: Py<PyInt>,
    is_plain: bool,
    counted: Option<(Py<PyAny>, Py<PyString>)>,
    turn: Lock<Turn>,
    is_running: AtomicBool,
}

/// Who reads next.
enum Turn {
    /// The client: it has not begun, or was given something.
    Own,
    /// Who `begin` says.
    Open,
    /// The network is read.
    Direct { receive: Py<PyAny>, watch: Py<PyAny> },
    /// Nobody: the client's iterator has ended, or raised.
    Over,
}

#[pymethods]
impl DirectPieces {
    #[new]
    fn new(own: Bound<'_, PyIterator>, body: Bound<'_, PyAny>, size: Py<PyInt>) -> PyResult<Self> {
        Ok(Self {
            is_plain: body.getattr("is_plain")?.extract()?,
            counted: body.getattr("counted")?.extract()?,
            own: own.unbind(),
            body: body.unbind(),
            size,
            turn: Lock::new(Turn::Own),
            is_running: AtomicBool::new(false),
        })
    }

    /// Whether a thread is reading right now, as a generator says it.
    #[getter]
    fn gi_running(&self) -> bool {
        self.is_running.load(Ordering::Relaxed)
    }

    /// Closes the client's own iterator.
    ///
    /// Raises:
    ///     ValueError: A thread is reading right now.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let _running = self.run()?;
        self.leave(py, Turn::Over)?;
        self.own.call_method0(py, intern!(py, "close")).map(drop)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.own)?;
        visit.call(&self.body)?;
        self.counted.as_ref().map_or(Ok(()), |(counter, _)| visit.call(counter))
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> Option<PyResult<Bound<'py, PyAny>>> {
        match self.next(py)? {
            Ok(Asked::Object(piece)) => Some(Ok(piece)),
            Ok(Asked::Contents(piece)) => Some(Ok(PyBytes::new(py, piece.bytes(py)).into_any())),
            Err(error) => Some(Err(error)),
        }
    }
}

/// A piece: what the client gives, or the contents of chunks.
pub(crate) enum Asked<'py> {
    Object(Bound<'py, PyAny>),
    Contents(UnreadPiece),
}

impl DirectPieces {
    /// Bytes after a chunk's content.
    const CHUNK_END: usize = b"\r\n".len();

    pub(crate) fn next<'py>(&self, py: Python<'py>) -> Option<PyResult<Asked<'py>>> {
        let _running = match self.run() {
            Ok(running) => running,
            Err(error) => return Some(Err(error)),
        };
        loop {
            match self.received(py).and_then(|data| data.map(|data| self.take(py, data)).transpose()) {
                Ok(Some(contents)) if contents.is_empty() => {}
                Ok(Some(contents)) => return Some(Ok(Asked::Contents(contents))),
                Ok(None) => return self.next_own(py).map(|piece| piece.map(Asked::Object)),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// The client's turn.
    fn next_own<'py>(&self, py: Python<'py>) -> Option<PyResult<Bound<'py, PyAny>>> {
        if matches!(*self.turn.lock(py), Turn::Over) {
            return None;
        }
        let piece = self.own.bind(py).clone().next();
        *self.turn.lock(py) = if matches!(piece, Some(Ok(_))) { Turn::Open } else { Turn::Over };
        piece
    }

    /// What was received; `None` where it is the client's turn.
    fn received<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        if let Some((receive, watch)) = self.direct(py) {
            if !watch.bind(py).getattr(intern!(py, "was_read"))?.is_truthy()? {
                return self.receive(py, receive.bind(py));
            }
            self.leave(py, Turn::Open)?;
        }
        if !matches!(*self.turn.lock(py), Turn::Open) {
            return Ok(None);
        }
        let begun = self.body.call_method0(py, intern!(py, "begin"))?;
        let data: Option<Bound<'_, PyBytes>> = begun.extract(py)?;
        if !data.as_ref().is_some_and(|data| data.as_bytes().is_empty()) {
            return Ok(data);
        }
        let (receive, watch) = (self.body.getattr(py, "receive")?, self.body.getattr(py, "watch")?);
        *self.turn.lock(py) = Turn::Direct { receive: receive.clone_ref(py), watch };
        self.receive(py, receive.bind(py))
    }

    /// What reads the network, and what sees whether the client does, while that is so.
    fn direct(&self, py: Python<'_>) -> Option<(Py<PyAny>, Py<PyAny>)> {
        match &*self.turn.lock(py) {
            Turn::Direct { receive, watch } => Some((receive.clone_ref(py), watch.clone_ref(py))),
            _ => None,
        }
    }

    /// What the network gives; what it raises is met by the client, whose turn it is then.
    fn receive<'py>(&self, py: Python<'py>, receive: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        match receive.call1((self.size.bind(receive.py()),)) {
            Ok(data) => Ok(Some(data.cast_into()?)),
            Err(error) => {
                self.leave(py, Turn::Own)?;
                self.body.call_method1(py, "fail", (error.into_value(py),))?;
                Ok(None)
            }
        }
    }

    /// Takes the contents of the whole chunks that the data begins with, and gives the rest to the client; nothing where
    /// that has to see the contents.
    fn take(&self, py: Python<'_>, data: Bound<'_, PyBytes>) -> PyResult<UnreadPiece> {
        let bytes = data.as_bytes();
        let (contents, taken) = take_chunks(bytes);
        let rest = &bytes[taken..];
        if !self.is_plain {
            self.give(py, &contents, rest)?;
            return Ok(UnreadPiece::copied(Vec::new()));
        }
        self.count(py, contents.len())?;
        if !rest.is_empty() || bytes.is_empty() {
            self.give(py, b"", rest)?;
        }
        Ok(match contents {
            Cow::Owned(contents) => UnreadPiece::copied(contents),
            Cow::Borrowed(content) => {
                let end = taken.saturating_sub(Self::CHUNK_END);
                let start = end - content.len();
                UnreadPiece::part(data.unbind(), start..end)
            }
        })
    }

    fn count(&self, py: Python<'_>, size: usize) -> PyResult<()> {
        let Some((counter, name)) = &self.counted else { return Ok(()) };
        let counter = counter.bind(py);
        counter.setattr(name, counter.getattr(name)?.extract::<usize>()? + size)
    }

    fn give(&self, py: Python<'_>, contents: &[u8], rest: &[u8]) -> PyResult<()> {
        self.leave(py, Turn::Own)?;
        let given = (PyBytes::new(py, contents), PyBytes::new(py, rest));
        self.body.call_method1(py, "give", given).map(drop)
    }

    /// Ends direct reading, if that is so.
    fn leave(&self, py: Python<'_>, turn: Turn) -> PyResult<()> {
        let before = std::mem::replace(&mut *self.turn.lock(py), turn);
        if matches!(before, Turn::Direct { .. }) {
            self.body.call_method0(py, "leave")?;
        }
        Ok(())
    }

    fn run(&self) -> PyResult<Running<'_>> {
        if self.is_running.swap(true, Ordering::Acquire) {
            return Err(PyValueError::new_err("generator already executing"));
        }
        Ok(Running(&self.is_running))
    }
}

struct Running<'a>(&'a AtomicBool);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
