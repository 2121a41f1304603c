//! Python strings of bytes.
#![allow(unsafe_code, reason = "Python's own decoder takes twice as long, and most text is ASCII")]

use pyo3::prelude::*;
use pyo3::types::PyString;

/// Python keeps the strings of no and of one character.
#[cfg(not(feature = "abi3"))]
const KEPT: usize = 1;

/// # Errors
/// `UnicodeDecodeError` where it is no UTF-8.
pub(crate) fn string<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyString>> {
    #[cfg(not(feature = "abi3"))]
    if bytes.len() > KEPT && is_ascii(bytes) {
        return ascii(py, bytes);
    }
    PyString::from_bytes(py, bytes)
}

/// # Panics
/// Where memory is out, as all of Python's own conversions from Rust do.
pub(crate) fn new(py: Python<'_>, text: &str) -> Py<PyString> {
    string(py, text.as_bytes()).expect("text is UTF-8, and there is memory").unbind()
}

/// The same as the standard library's, which looks at half as many bytes at once.
#[cfg(not(feature = "abi3"))]
fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks.iter().all(|block| block.iter().fold(0, |all, byte| all | byte) < 0x80) && rest.is_ascii()
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
