//! The core's errors as the exceptions of `ssewire._errors`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use ssewire_core::EventTooLarge;

static EVENT_TOO_LARGE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// `EventTooLargeError(text, size, limit)`.
pub(crate) fn event_too_large(py: Python<'_>, fault: &EventTooLarge) -> PyErr {
    match EVENT_TOO_LARGE.import(py, "ssewire._errors", "EventTooLargeError") {
        Ok(class) => match class.call1((fault.to_string(), fault.size, fault.limit)) {
            Ok(error) => PyErr::from_value(error),
            Err(error) => error,
        },
        Err(error) => error,
    }
}
