//! Steps of a JSON text -> Python objects, which grow in place.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyList, PyString};
use ssewire_core::{Constant, Step, Text};

use crate::append_str::append;
use crate::json;
use crate::new_str;

/// The objects that a text has added up to so far.
#[derive(Default)]
pub(crate) struct Tree {
    root: Option<Py<PyAny>>,
    /// The empty object that was given out for a text without anything in it: it is the one to grow.
    blank: Option<Py<PyDict>>,
    open: Vec<Open>,
    /// The string that came last.
    string: Option<Py<PyString>>,
    /// Whether the incomplete number has been put in its position already.
    number_shown: bool,
}

enum Open {
    /// An object, and the name whose value comes next.
    Object(Py<PyDict>, Py<PyString>),
    Array(Py<PyList>),
}

impl Tree {
    /// The outermost value; where there is none yet, an empty object if `blank` asks for one.
    pub(crate) fn value(&mut self, py: Python<'_>, blank: bool) -> Option<Py<PyAny>> {
        let root = self.root.as_ref().map(|root| root.clone_ref(py));
        root.or_else(|| {
            blank.then(|| self.blank.get_or_insert_with(|| PyDict::new(py).unbind()).clone_ref(py).into_any())
        })
    }

    /// Whether no bracket is open.
    pub(crate) fn is_outermost(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes the next step.
    pub(crate) fn take(&mut self, py: Python<'_>, step: Step<'_>) -> PyResult<()> {
        match step {
            Step::Object => self.open_object(py),
            Step::Array => self.open_array(py),
            Step::End => {
                self.open.pop();
                Ok(())
            }
            Step::Name(text) => {
                let name = string(py, text)?.unbind();
                if let Some(Open::Object(_, next)) = self.open.last_mut() {
                    *next = name;
                }
                Ok(())
            }
            Step::String(text) => {
                let text = string(py, text)?;
                self.string = Some(text.clone().unbind());
                self.put(text.as_any())
            }
            Step::More(text) => self.lengthen(&string(py, text)?),
            Step::Number(digits) => self.end_number(&number(py, digits)?),
            Step::Constant(constant) => self.put(&constant_of(py, constant)?),
        }
    }

    /// Shows a number that is not complete, in its position.
    pub(crate) fn show_number(&mut self, py: Python<'_>, digits: &str) -> PyResult<()> {
        let number = number(py, digits)?;
        self.end_number(&number)?;
        self.number_shown = true;
        Ok(())
    }

    fn end_number(&mut self, number: &Bound<'_, PyAny>) -> PyResult<()> {
        if std::mem::take(&mut self.number_shown) { self.put_again(number) } else { self.put(number) }
    }

    fn open_object(&mut self, py: Python<'_>) -> PyResult<()> {
        let blank = self.blank.take().filter(|_| self.open.is_empty());
        let object = blank.map_or_else(|| PyDict::new(py), |blank| blank.into_bound(py));
        self.put(object.as_any())?;
        self.open.push(Open::Object(object.unbind(), PyString::new(py, "").unbind()));
        Ok(())
    }

    fn open_array(&mut self, py: Python<'_>) -> PyResult<()> {
        let array = PyList::empty(py);
        self.put(array.as_any())?;
        self.open.push(Open::Array(array.unbind()));
        Ok(())
    }

    /// Adds the next value to what is open.
    fn put(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        match self.open.last() {
            None => self.root = Some(value.clone().unbind()),
            Some(Open::Object(object, name)) => object.bind(py).set_item(name, value)?,
            Some(Open::Array(array)) => array.bind(py).append(value)?,
        }
        Ok(())
    }

    /// Replaces the last value.
    fn put_again(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Some(Open::Array(array)) = self.open.last() {
            let array = array.bind(value.py());
            // If items were removed meanwhile, the value is no longer at the position where it was added: the last
            // one is replaced.
            if let Some(last) = array.len().checked_sub(1) {
                return array.set_item(last, value);
            }
        }
        self.put(value)
    }

    /// Makes the last string longer: in place, if nobody else holds it once its position in the tree does not.
    fn lengthen(&mut self, more: &Bound<'_, PyString>) -> PyResult<()> {
        let Some(string) = self.string.take() else { return self.put(more.as_any()) };
        // A string meanwhile, since another thread may be looking.
        self.put_again(PyString::new(more.py(), "").as_any())?;
        let string = append(string, more)?;
        self.put_again(string.as_any())?;
        self.string = Some(string.unbind());
        Ok(())
    }
}

/// A number as the Python layer reads it: an int, or a float where it has a fraction or an exponent.
pub(crate) fn number<'py>(py: Python<'py>, digits: &str) -> PyResult<Bound<'py, PyAny>> {
    if digits.contains(['.', 'e', 'E']) {
        return match digits.parse() {
            Ok(value) => Ok(PyFloat::new(py, value).into_any()),
            Err(_) => py.get_type::<PyFloat>().call1((digits,)),
        };
    }
    match digits.parse::<i64>() {
        Ok(value) => value.into_bound_py_any(py),
        Err(_) => json::integer(py, digits),
    }
}

fn constant_of(py: Python<'_>, constant: Constant) -> PyResult<Bound<'_, PyAny>> {
    match constant {
        Constant::Null => Ok(py.None().into_bound(py)),
        Constant::True => true.into_bound_py_any(py),
        Constant::False => false.into_bound_py_any(py),
        Constant::NaN => f64::NAN.into_bound_py_any(py),
        Constant::Infinity => f64::INFINITY.into_bound_py_any(py),
        Constant::NegativeInfinity => f64::NEG_INFINITY.into_bound_py_any(py),
    }
}

fn string<'py>(py: Python<'py>, text: Text<'_>) -> PyResult<Bound<'py, PyString>> {
    match text {
        Text::Whole(text) => Ok(new_str::new(py, &text)?.into_bound(py)),
        Text::Wtf8(bytes) => {
            PyString::from_encoded_object(&PyBytes::new(py, &bytes), Some(c"utf-8"), Some(c"surrogatepass"))
        }
    }
}
