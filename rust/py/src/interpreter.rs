//! Which of a process's interpreters this module is imported into.
#![allow(unsafe_code, reason = "PyO3 has no other way to ask for the interpreter")]

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

/// The number of the interpreter that a process begins with.
const MAIN: i64 = 0;

/// Refuses any interpreter but the main one.
///
/// Classes and functions of Python are kept in statics, which all interpreters of a process share: a second
/// interpreter would be given those of the first, and all would be left with what remains of one that has ended.
/// CPython itself refuses only where an interpreter has a GIL of its own, which is from 3.12 on, and PyO3 (0.30) only
/// modules inside modules.
///
/// # Errors
/// `ImportError`.
pub(crate) fn refuse_other(_py: Python<'_>) -> PyResult<()> {
    #[cfg(not(any(PyPy, GraalPy)))] // which have no others
    {
        // SAFETY: this thread is attached, so it has an interpreter, which is not null and stays as long as it does.
        let interpreter = unsafe { pyo3::ffi::PyInterpreterState_GetID(pyo3::ffi::PyInterpreterState_Get()) };
        if interpreter != MAIN {
            return Err(PyImportError::new_err(format!(
                "ssewire can be imported into a process's main interpreter only, not into subinterpreter {interpreter}"
            )));
        }
    }
    Ok(())
}
