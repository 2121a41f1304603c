//! Pieces of bytes from Python.

use std::ops::Range;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PyString};

use crate::direct::{Asked, DirectPieces};

/// The bytes of a bytes-like object: borrowed from `bytes`, copied from what its owner could change
/// meanwhile.
pub(crate) enum Piece<'a> {
    Bytes(&'a [u8]),
    Copied(Vec<u8>),
}

impl std::ops::Deref for Piece<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Copied(bytes) => bytes,
        }
    }
}

impl<'a> Piece<'a> {
    /// # Errors
    /// `TypeError` for what is no contiguous buffer of bytes; for `str` it says why text will not do.
    pub(crate) fn of(data: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = data.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.as_bytes()));
        }
        copied(data).map(Self::Copied)
    }
}

/// A piece that is read event by event, as it was when it came.
pub(crate) struct UnreadPiece {
    bytes: Bytes,
    /// What is left of them.
    left: Range<usize>,
}

enum Bytes {
    Kept(Py<PyBytes>),
    Copied(Vec<u8>),
}

impl UnreadPiece {
    /// # Errors
    /// As [`Piece::of`].
    pub(crate) fn of(data: Bound<'_, PyAny>) -> PyResult<Self> {
        match data.cast_into_exact::<PyBytes>() {
            Ok(bytes) => {
                let left = 0..bytes.as_bytes().len();
                Ok(Self::part(bytes.unbind(), left))
            }
            Err(other) => Ok(Self::copied(copied(&other.into_inner())?)),
        }
    }

    /// A part of a bytes object, which keeps the whole of it.
    pub(crate) fn part(bytes: Py<PyBytes>, part: Range<usize>) -> Self {
        Self { bytes: Bytes::Kept(bytes), left: part }
    }

    pub(crate) fn copied(bytes: Vec<u8>) -> Self {
        Self { left: 0..bytes.len(), bytes: Bytes::Copied(bytes) }
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// What is left.
    pub(crate) fn bytes<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        let bytes = match &self.bytes {
            Bytes::Kept(bytes) => bytes.as_bytes(py),
            Bytes::Copied(bytes) => bytes,
        };
        &bytes[self.left.clone()]
    }

    /// Gives `take` what is left; what it leaves stays left.
    pub(crate) fn take<T>(&mut self, py: Python<'_>, take: impl FnOnce(&mut &[u8]) -> T) -> T {
        let mut bytes = self.bytes(py);
        let result = take(&mut bytes);
        self.left.start = self.left.end - bytes.len();
        result
    }
}

/// What pieces come from.
pub(crate) enum Pieces {
    Iterator(Py<PyIterator>),
    Direct(Py<DirectPieces>),
}

impl Pieces {
    /// # Errors
    /// `TypeError` for what cannot be iterated.
    pub(crate) fn of(pieces: &Bound<'_, PyAny>) -> PyResult<Self> {
        match pieces.cast_exact::<DirectPieces>() {
            Ok(direct) => Ok(Self::Direct(direct.clone().unbind())),
            Err(_) => Ok(Self::Iterator(pieces.try_iter()?.unbind())),
        }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Iterator(pieces) => visit.call(pieces),
            Self::Direct(pieces) => visit.call(pieces),
        }
    }

    /// The next piece; in it an error of its type, around it what was raised instead of one.
    #[inline]
    fn next(&self, py: Python<'_>) -> Option<PyResult<PyResult<UnreadPiece>>> {
        match self {
            Self::Iterator(pieces) => pieces.bind(py).clone().next().map(|piece| piece.map(UnreadPiece::of)),
            Self::Direct(pieces) => match pieces.get().next(py)? {
                Ok(Asked::Object(piece)) => Some(Ok(UnreadPiece::of(piece))),
                Ok(Asked::Contents(piece)) => Some(Ok(Ok(piece))),
                Err(error) => Some(Err(error)),
            },
        }
    }
}

/// Asks for pieces until something is complete.
#[derive(Default)]
pub(crate) struct Asking {
    asked: u32,
}

impl Asking {
    /// So many pieces are asked for before signals and other threads get a chance.
    const DEAF: u32 = 32;

    /// The next piece. If the iterator is not Python code, nothing else handles signals or lets other threads run
    /// until something is complete, which may be never.
    pub(crate) fn next(&mut self, py: Python<'_>, pieces: &Pieces) -> Option<PyResult<PyResult<UnreadPiece>>> {
        self.asked = self.asked.wrapping_add(1);
        if self.asked.is_multiple_of(Self::DEAF) {
            py.detach(|| {});
            if let Err(signal) = py.check_signals() {
                return Some(Err(signal));
            }
        }
        pieces.next(py)
    }
}

fn copied(data: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    match PyBuffer::<u8>::get(data) {
        Ok(buffer) => buffer.to_vec(data.py()),
        Err(_) => Err(refused(data)),
    }
}

fn refused(data: &Bound<'_, PyAny>) -> PyErr {
    if data.is_instance_of::<PyString>() {
        return PyTypeError::new_err(
            "expected bytes, got str: pass the body's bytes as they arrive; text is already decoded and often already split \
             (iter_lines() also splits at U+2028, U+2029 and U+0085, which are legal inside an event's data)",
        );
    }
    let class = data.get_type();
    let name = class.fully_qualified_name().map_or_else(|_| "an object".into(), |name| name.to_string());
    PyTypeError::new_err(format!("expected bytes, bytearray or a contiguous memoryview of bytes, got {name}"))
}
