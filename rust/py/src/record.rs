//! Frozen classes that are compared by value: equality, hash, repr, `match`, copy and pickle all go by the
//! constructor's arguments.

use pyo3::PyClass;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

use crate::json;

/// A class whose instances differ only by the values of their fields.
pub(crate) trait Record: PyClass {
    /// The constructor's parameters, in order.
    const FIELDS: &'static [&'static str];

    /// The fields' values, in that order.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>>;

    /// What is hashed: equal for equal objects. The values, unless some cannot be hashed.
    fn hashed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.values(py)
    }
}

/// A field of a record.
pub(crate) trait Field {
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;
}

impl<T> Field for Py<T> {
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.bind(py).as_any().clone())
    }
}

impl<T: Field> Field for Option<T> {
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.as_ref().map_or_else(|| Ok(py.None().into_bound(py)), |field| field.value(py))
    }
}

macro_rules! number_fields {
    ($($number:ty),+) => {$(
        impl Field for $number {
            fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                Ok(self.into_pyobject(py)?.into_any())
            }
        }
    )+};
}
number_fields!(i64, u64, usize);

/// `Name(field=value, …)`, which evaluates to an equal object.
pub(crate) fn repr<T: Record>(py: Python<'_>, record: &T) -> PyResult<String> {
    let values = record.values(py)?;
    let mut fields = Vec::with_capacity(T::FIELDS.len());
    for (name, value) in T::FIELDS.iter().zip(values.iter()) {
        let shown = match value.repr() {
            // Python refuses to write integers of some thousands of digits.
            Err(error) if error.is_instance_of::<PyValueError>(py) => json::show(&value)?,
            shown => shown?.extract()?,
        };
        fields.push(format!("{name}={shown}"));
    }
    let class = PyType::new::<T>(py);
    Ok(format!("{}({})", class.name()?.to_str()?, fields.join(", ")))
}

/// A constructor's `str` argument, or its default.
pub(crate) fn text_or(py: Python<'_>, text: Option<Bound<'_, PyString>>, default: &str) -> Py<PyString> {
    text.unwrap_or_else(|| PyString::new(py, default)).unbind()
}

/// Implements the trait for a class whose fields are its struct's, and its methods.
macro_rules! record {
    ($class:ident { $($field:ident),+ } $($own:tt)*) => {
        impl $crate::record::Record for $class {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
                pyo3::types::PyTuple::new(py, [$($crate::record::Field::value(&self.$field, py)?),+])
            }
        }

        $crate::record::record_methods! { $class { $($field),+ } $($own)* }
    };
}
pub(crate) use record;

/// Implements the methods that every [`Record`] has, in addition to its own.
macro_rules! record_methods {
    ($class:ident { $($field:ident),+ } $($own:tt)*) => {
        #[pymethods]
        impl $class {
            $($own)*

            #[classattr]
            #[allow(non_upper_case_globals)]
            const __match_args__: ($($crate::record::record_methods!(@str $field),)+) = ($(stringify!($field),)+);

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
                $crate::record::Record::hashed(self, py)?.hash()
            }

            /// What `pickle` and `copy` rebuild the object from: its class and the constructor's arguments.
            fn __reduce__<'py>(
                &self,
                py: Python<'py>,
            ) -> PyResult<(Bound<'py, pyo3::types::PyType>, Bound<'py, pyo3::types::PyTuple>)> {
                Ok((pyo3::types::PyType::new::<Self>(py), $crate::record::Record::values(self, py)?))
            }
        }
    };
    (@str $field:ident) => { &'static str };
}
pub(crate) use record_methods;
