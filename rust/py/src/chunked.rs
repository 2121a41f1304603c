//! Bodies in the chunked transfer coding.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Takes the whole chunks that the data begins with: RFC 9112, section 7.1.
///
/// Extensions, the last chunk and what is no chunk are left, and so is all that follows them.
///
/// Returns:
///     The contents of the chunks, and how many bytes of the data the chunks are.
#[pyfunction]
pub(crate) fn take_chunks<'py>(py: Python<'py>, data: &[u8]) -> (Bound<'py, PyBytes>, usize) {
    let (contents, taken) = ssewire_core::binding::take_chunks(data);
    (PyBytes::new(py, &contents), taken)
}
