//! Frozen classes that are their values: equality, hash, repr, `match`, copy and pickle, all by the constructor's arguments.

use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

/// A class whose instances are told apart by the values of its fields only.
pub(crate) trait Record: PyClass {
    /// The constructor's parameters, in order.
    const FIELDS: &'static [&'static str];

    /// The fields' values, in that order.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>>;
}

/// `Name(field=value, …)`, which evaluates to an equal object.
pub(crate) fn repr<T: Record>(py: Python<'_>, record: &T) -> PyResult<String> {
    let values = record.values(py)?;
    let mut fields = Vec::with_capacity(T::FIELDS.len());
    for (name, value) in T::FIELDS.iter().zip(values.iter()) {
        fields.push(format!("{name}={}", value.repr()?.to_str()?));
    }
    let class = PyType::new::<T>(py);
    Ok(format!("{}({})", class.name()?.to_str()?, fields.join(", ")))
}

/// What `pickle` and `copy` rebuild the object from: its class and the constructor's arguments.
pub(crate) fn reduce<'py, T: Record>(
    py: Python<'py>,
    record: &T,
) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
    Ok((PyType::new::<T>(py), record.values(py)?))
}

/// A constructor's `str` argument, or its default.
pub(crate) fn text_or(py: Python<'_>, text: Option<Bound<'_, PyString>>, default: &str) -> Py<PyString> {
    text.unwrap_or_else(|| PyString::new(py, default)).unbind()
}

/// Writes the methods that every [`Record`] has beside its own.
macro_rules! record {
    ($class:ident { $($field:ident),+ } $($own:tt)*) => {
        impl $crate::record::Record for $class {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
                let values = [$(self.$field.clone_ref(py).into_pyobject(py)?.into_any()),+];
                pyo3::types::PyTuple::new(py, values)
            }
        }

        #[pymethods]
        impl $class {
            $($own)*

            #[classattr]
            #[allow(non_upper_case_globals)]
            const __match_args__: ($($crate::record::record!(@str $field),)+) = ($(stringify!($field),)+);

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                $crate::record::repr(py, self)
            }

            fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
                use $crate::record::Record;
                let Ok(other) = other.cast_exact::<Self>() else {
                    return Ok(py.NotImplemented());
                };
                let equal = self.values(py)?.eq(other.get().values(py)?)?;
                Ok(pyo3::types::PyBool::new(py, equal).to_owned().into_any().unbind())
            }

            fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
                use $crate::record::Record;
                self.values(py)?.hash()
            }

            fn __reduce__<'py>(
                &self,
                py: Python<'py>,
            ) -> PyResult<(Bound<'py, pyo3::types::PyType>, Bound<'py, pyo3::types::PyTuple>)> {
                $crate::record::reduce(py, self)
            }
        }
    };
    (@str $field:ident) => { &'static str };
}
pub(crate) use record;
