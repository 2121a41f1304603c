//! Locking state that Python threads share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;

/// Locks without ever waiting attached to the interpreter: the holder may need it to go on.
///
/// A poisoned lock is taken all the same: the core leaves its state usable wherever it could panic.
pub(crate) fn lock<'a, T>(py: Python<'_>, mutex: &'a Mutex<T>) -> MutexGuard<'a, T> {
    match mutex.try_lock() {
        Ok(guard) => guard,
        Err(_) => mutex.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner),
    }
}
