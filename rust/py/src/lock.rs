//! Locking state that Python threads share.

use parking_lot::{Mutex, MutexGuard};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;

/// Locks without ever waiting attached to the interpreter: the holder may need it to go on.
///
/// A lock whose holder panicked is taken all the same: the core leaves its state usable wherever it could panic.
pub(crate) fn lock<'a, T>(py: Python<'_>, mutex: &'a Mutex<T>) -> MutexGuard<'a, T> {
    mutex.try_lock().unwrap_or_else(|| mutex.lock_py_attached(py))
}
