//! JSON text -> Python objects, by the Python layer's one reader.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyType};
use ssewire_core::NotJson;

static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Reads JSON text.
///
/// # Errors
/// `json.JSONDecodeError` where it is no JSON.
pub(crate) fn loads<'py>(py: Python<'py>, text: impl IntoPyObject<'py>) -> PyResult<Bound<'py, PyAny>> {
    LOADS.import(py, "ssewire._json", "loads")?.call1((text,))
}

static DECODE_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// `json.JSONDecodeError(text, doc, pos)`.
pub(crate) fn decode_error(py: Python<'_>, fault: &NotJson, doc: &Py<PyString>) -> PyErr {
    let class = DECODE_ERROR.import(py, "json", "JSONDecodeError");
    let made = class.and_then(|class| class.call1((fault.to_string(), doc, fault.at)));
    made.map_or_else(|error| error, PyErr::from_value)
}

/// Whether JSON text may hold an integer of more than 64 bits.
#[pyfunction]
pub(crate) fn may_have_huge_integer(text: &str) -> bool {
    ssewire_core::binding::may_have_huge_integer(text)
}

static INTEGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// An integer of any size.
pub(crate) fn integer<'py>(py: Python<'py>, digits: &str) -> PyResult<Bound<'py, PyAny>> {
    INTEGER.import(py, "ssewire._json", "integer")?.call1((digits,))
}

static SHOW: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The `repr` of a JSON value.
pub(crate) fn show(value: &Bound<'_, PyAny>) -> PyResult<String> {
    SHOW.import(value.py(), "ssewire._json", "show")?.call1((value,))?.extract()
}

static DUMPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Writes JSON text.
///
/// # Errors
/// `TypeError` or `ValueError` where the object is none of JSON's.
pub(crate) fn dumps(value: &Bound<'_, PyAny>) -> PyResult<String> {
    DUMPS.import(value.py(), "ssewire._json", "dumps")?.call1((value,))?.extract()
}
