//! Locking state that Python threads share.
#![cfg_attr(
    not(Py_GIL_DISABLED),
    allow(
        unsafe_code,
        reason = "two atomic locks take a sixth of the time that a delta takes, and guard what is guarded"
    )
)]

use pyo3::prelude::*;
use pyo3::sync::MutexExt;

/// Locks without waiting while attached to the interpreter, since the holder may need that to continue.
///
/// A lock whose holder panicked is taken all the same: wherever the core could panic, it leaves its state usable.
pub(crate) fn lock<'a, T>(py: Python<'_>, mutex: &'a parking_lot::Mutex<T>) -> parking_lot::MutexGuard<'a, T> {
    mutex.try_lock().unwrap_or_else(|| mutex.lock_py_attached(py))
}

/// State that nobody holds while Python code could run, or while detached: where only one thread at a time is
/// attached, this alone keeps threads apart.
#[cfg(not(Py_GIL_DISABLED))]
#[derive(Default)]
pub(crate) struct Lock<T>(std::cell::RefCell<T>);

#[cfg(not(Py_GIL_DISABLED))]
pub(crate) type Held<'a, T> = std::cell::RefMut<'a, T>;

// SAFETY: the state is reached only through `lock`, whose caller is attached to the interpreter, as one thread at a
// time is in this build: `interpreter` refuses all interpreters of the process but the main one. And through what
// `lock` returns, which no other thread can be given, since it is not `Send`, and no closure that runs detached. So
// the flag and the state are accessed by one thread at a time, and attaching another thread orders its accesses after
// those of the thread before. The state itself moves from thread to thread, and is `Send`.
#[cfg(not(Py_GIL_DISABLED))]
unsafe impl<T: Send> Sync for Lock<T> {}

#[cfg(not(Py_GIL_DISABLED))]
impl<T> Lock<T> {
    pub(crate) fn new(state: T) -> Self {
        Self(std::cell::RefCell::new(state))
    }

    pub(crate) fn lock<'a>(&'a self, py: Python<'_>) -> Held<'a, T> {
        loop {
            if let Ok(held) = self.0.try_borrow_mut() {
                return held;
            }
            py.detach(std::thread::yield_now);
        }
    }
}

/// The lock of builds in which threads run side by side.
#[cfg(Py_GIL_DISABLED)]
#[derive(Default)]
pub(crate) struct Lock<T>(parking_lot::Mutex<T>);

#[cfg(Py_GIL_DISABLED)]
pub(crate) type Held<'a, T> = parking_lot::MutexGuard<'a, T>;

#[cfg(Py_GIL_DISABLED)]
impl<T> Lock<T> {
    pub(crate) fn new(state: T) -> Self {
        Self(parking_lot::Mutex::new(state))
    }

    pub(crate) fn lock<'a>(&'a self, py: Python<'_>) -> Held<'a, T> {
        lock(py, &self.0)
    }
}
