//! Python strings of bytes.
#![allow(
    unsafe_code,
    reason = "Python's own decoder looks at eight bytes at a time; a whole event's data is mostly ASCII"
)]

use pyo3::prelude::*;
use pyo3::types::PyString;

/// Shorter text is decoded as fast as it is looked at.
#[cfg(not(feature = "abi3"))]
const SHORT: usize = 64;

/// # Errors
/// `UnicodeDecodeError` where it is no UTF-8.
pub(crate) fn string<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyString>> {
    #[cfg(not(feature = "abi3"))]
    if bytes.len() >= SHORT && bytes.is_ascii() {
        return ascii(py, bytes);
    }
    PyString::from_bytes(py, bytes)
}

/// A string of text that is known to be ASCII.
#[cfg(not(feature = "abi3"))]
fn ascii<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyString>> {
    const LARGEST: u32 = 0x7F;
    // A slice is never longer than this type's largest number.
    let size = bytes.len().cast_signed();
    // SAFETY: `PyUnicode_New` returns a new string of exactly `size` characters of one byte each, or null with an
    // exception set. Nobody else has it yet, so that its characters may be written; ASCII is what was asked for.
    unsafe {
        let new = Bound::from_owned_ptr_or_err(py, pyo3::ffi::PyUnicode_New(size, LARGEST))?;
        let characters = pyo3::ffi::PyUnicode_DATA(new.as_ptr()).cast::<u8>();
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), characters, bytes.len());
        Ok(new.cast_into_unchecked())
    }
}
