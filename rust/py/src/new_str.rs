//! Python strings, of bytes and of text.
#![allow(unsafe_code, reason = "Python's own decoder takes twice as long, and most text is ASCII")]

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::PyString;

/// Python has one shared object for the empty string, and one for each string of one Latin-1 character: strings up to
/// this length are left to it.
#[cfg(not(feature = "abi3"))]
const KEPT: usize = 1;

/// The Python string of bytes that should be UTF-8; what is not is replaced.
///
/// # Errors
/// `MemoryError`, as in all of these: what PyO3 itself makes of text panics then.
pub(crate) fn lossy(py: Python<'_>, bytes: &[u8]) -> PyResult<Py<PyString>> {
    #[cfg(not(feature = "abi3"))]
    if bytes.len() > KEPT && is_ascii(bytes) {
        return ascii(py, bytes);
    }
    // Python replaces what is invalid without making an exception, which the garbage collector would track: a lock is
    // held.
    decoded(py, bytes, c"replace")
}

/// The Python string of a text.
pub(crate) fn new(py: Python<'_>, text: &str) -> PyResult<Py<PyString>> {
    #[cfg(not(feature = "abi3"))]
    if text.len() > KEPT && is_ascii(text.as_bytes()) {
        return ascii(py, text.as_bytes());
    }
    decoded(py, text.as_bytes(), c"strict")
}

/// What Python's own decoder makes of UTF-8.
fn decoded(py: Python<'_>, bytes: &[u8], errors: &CStr) -> PyResult<Py<PyString>> {
    // A slice is never longer than the largest number of this type.
    let size = bytes.len().cast_signed();
    // SAFETY: The pointers are to `size` bytes and to a string that ends with a zero, and are not kept. It returns a
    // new reference to a str, or null with an exception set.
    unsafe {
        let text = pyo3::ffi::PyUnicode_DecodeUTF8(bytes.as_ptr().cast(), size, errors.as_ptr());
        Ok(Bound::from_owned_ptr_or_err(py, text)?.cast_into_unchecked().unbind())
    }
}

/// What the standard library's `is_ascii` returns, which looks at half as many bytes at once.
#[cfg(not(feature = "abi3"))]
fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks.iter().all(|block| block.iter().fold(0, |all, byte| all | byte) < 0x80) && rest.is_ascii()
}

/// A string of text that is known to be ASCII.
#[cfg(not(feature = "abi3"))]
fn ascii(py: Python<'_>, bytes: &[u8]) -> PyResult<Py<PyString>> {
    const LARGEST: u32 = 0x7F;
    // A slice is never longer than the largest number of this type.
    let size = bytes.len().cast_signed();
    // SAFETY: `PyUnicode_New` returns a new string of exactly `size` characters of one byte each, or null with an
    // exception set. Nobody else has the string yet, so its characters may be written; they are ASCII, as was asked for.
    unsafe {
        let new = Bound::from_owned_ptr_or_err(py, pyo3::ffi::PyUnicode_New(size, LARGEST))?;
        let characters = pyo3::ffi::PyUnicode_DATA(new.as_ptr()).cast::<u8>();
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), characters, bytes.len());
        Ok(new.cast_into_unchecked().unbind())
    }
}
