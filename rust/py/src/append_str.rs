//! A Python string that grows in place.
//!
//! PyO3 has no safe way to do it: what it offers copies both strings, so that a string of n pieces, read after each,
//! would take time in the square of its length.
#![allow(unsafe_code, reason = "PyUnicode_Append has no safe counterpart; each block says why it is sound")]

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// `text` followed by `more`. CPython appends in place where `text` is the only reference, and makes a new string
/// where it is not: nobody sees a string change.
pub(crate) fn append<'py>(text: Py<PyString>, more: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyString>> {
    let mut grown = text.into_ptr();
    // SAFETY: `more` proves that the thread is attached to the interpreter. `grown` is a valid reference to a str that
    // `into_ptr` made ours, and the call takes it over: it leaves in its place either an owned reference to a str, or
    // null with an exception set. `more` is a valid str, borrowed for the call. No other pointer to either is kept.
    let grown = unsafe {
        ffi::PyUnicode_Append(&raw mut grown, more.as_ptr());
        Bound::from_owned_ptr_or_err(more.py(), grown)
    }?;
    Ok(grown.cast_into()?)
}
