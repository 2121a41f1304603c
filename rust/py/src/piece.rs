//! A piece of bytes from Python.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

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
        match PyBuffer::<u8>::get(data) {
            Ok(buffer) => Ok(Self::Copied(buffer.to_vec(data.py())?)),
            Err(_) => Err(refused(data)),
        }
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
