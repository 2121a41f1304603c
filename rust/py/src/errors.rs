//! The core's errors as the exceptions of `ssewire._errors`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict, PyType};
use ssewire_core::{ApiError, EventTooLarge};

use crate::accumulation::Shared;
use crate::json;
use crate::snapshot::Snapshot;

static EVENT_TOO_LARGE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static PROVIDER: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static INCOMPLETE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// The error of a second reader, where there is one already.
pub(crate) fn already_read() -> PyErr {
    PyValueError::new_err("the stream is already being read, by another thread or by its own source")
}

/// An exception, or the one that was raised while it was made.
fn made(error: PyResult<Bound<'_, PyAny>>) -> PyErr {
    error.map_or_else(|error| error, PyErr::from_value)
}

/// `EventTooLargeError(text, size, limit)`, whichever limit was crossed.
pub(crate) fn event_too_large(py: Python<'_>, fault: &EventTooLarge) -> PyErr {
    let class = EVENT_TOO_LARGE.import(py, "ssewire._errors", "EventTooLargeError");
    made(class.and_then(|class| class.call1((fault.to_string(), fault.size, fault.limit))))
}

static OF_RESPONSE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The exception with the status and the headers of the response that its source is.
pub(crate) fn of_response(py: Python<'_>, error: &PyErr, source: &Py<PyAny>) -> PyErr {
    let of_response = OF_RESPONSE.import(py, "ssewire._response", "of_response");
    made(of_response.and_then(|of_response| of_response.call1((error.value(py), source))))
}

/// Puts the snapshot so far on an exception.
pub(crate) fn with_snapshot(py: Python<'_>, error: PyErr, shared: &Shared) -> PyErr {
    let set = error.value(py).setattr("snapshot", Snapshot { shared: shared.clone() });
    set.map_or_else(|failed| failed, |()| error)
}

/// `ProviderError(message, code=…, type=…, status=…, body=…, snapshot=…)`.
pub(crate) fn provider(py: Python<'_>, error: &ApiError, shared: Option<&Shared>) -> PyErr {
    let make = || {
        let code = error.code.as_ref().map(|code| json::loads(py, code.as_str())).transpose()?;
        let details = [("code", code), ("body", Some(json::loads(py, error.body.as_str())?))].into_py_dict(py)?;
        details.set_item("type", error.kind.as_deref())?;
        details.set_item("status", error.status)?;
        details.set_item("snapshot", shared.map(|shared| Snapshot { shared: shared.clone() }))?;
        PROVIDER.import(py, "ssewire._errors", "ProviderError")?.call((error.message.as_str(),), Some(&details))
    };
    made(make())
}

/// `IncompleteStreamError(text, snapshot=…)`.
pub(crate) fn incomplete(py: Python<'_>, missing: &str, shared: &Shared) -> PyErr {
    let make = || {
        let details = PyDict::new(py);
        details.set_item("snapshot", Snapshot { shared: shared.clone() })?;
        INCOMPLETE.import(py, "ssewire._errors", "IncompleteStreamError")?.call((missing,), Some(&details))
    };
    made(make())
}
