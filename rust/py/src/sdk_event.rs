//! Events as the providers' packages expect them.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;
use ssewire_core::binding::may_be_error;
use ssewire_core::{Event, encode};

use crate::event::ServerSentEvent;

static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// An event as the providers' packages expect it: what the stream does not name is None.
#[pyclass(frozen, module = "ssewire._core")]
pub(crate) struct SdkEvent {
    /// The data.
    #[pyo3(get)]
    data: Py<PyString>,
    /// The event type; None where the stream names none.
    #[pyo3(get)]
    event: Option<Py<PyString>>,
    /// The last event ID; None where the stream has none.
    #[pyo3(get)]
    id: Option<Py<PyString>>,
    /// The reconnection time in milliseconds, where this event carried one.
    #[pyo3(get)]
    retry: Option<u64>,
    /// Whether it is passed on in place of its payload, until something is built of that.
    unread: bool,
}

/// Who reads the events.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reader {
    /// A caller who expects what the packages' own decoders give.
    Anyone,
    /// A package's loop, which chokes on what has no data.
    Loop,
    /// A package's loop that hands events on to what builds objects of them.
    LazyLoop,
}

impl SdkEvent {
    /// Blocks without data are no events, unless they have a type; to a loop, unless they say that they are errors.
    pub(crate) fn new(event: &Event<'_>, made: ServerSentEvent, reader: Reader) -> Option<Self> {
        let is_told = if reader == Reader::Anyone { event.named } else { event.event == "error" };
        let given = !event.data.is_empty() || is_told;
        given.then(|| Self {
            data: made.data,
            event: event.named.then_some(made.event),
            id: (!event.id.is_empty()).then_some(made.id),
            retry: made.retry,
            unread: reader == Reader::LazyLoop,
        })
    }

    /// Whether its data begins a JSON object that has no member `error`.
    fn is_plain(&self, py: Python<'_>) -> PyResult<bool> {
        let is_error = match &self.event {
            Some(event) => event.to_str(py)? == "error",
            None => false,
        };
        let data = self.data.to_str(py)?;
        Ok(!is_error && data.starts_with('{') && !may_be_error(data))
    }
}

#[pymethods]
impl SdkEvent {
    /// Reads the data.
    ///
    /// An event of kind "unread" returns itself if its data is an object that is no error: nothing needs it as
    /// Python objects then.
    ///
    /// Raises:
    ///     json.JSONDecodeError: The data is not JSON. An unread object that is not raises when it is read.
    fn json<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, event) = (slf.py(), slf.get());
        if event.unread && event.is_plain(py)? {
            return Ok(slf.clone().into_any());
        }
        let read = slf.call_method0("read")?;
        let is_error = || read.call_method1("get", ("error",))?.is_truthy();
        let is_named_error = event.event.as_ref().is_some_and(|name| name.to_str(py).is_ok_and(|name| name == "error"));
        let may_stay = event.unread && !is_named_error && read.is_instance_of::<pyo3::types::PyDict>();
        if may_stay && !is_error()? { Ok(slf.clone().into_any()) } else { Ok(read) }
    }

    /// Reads the data.
    ///
    /// Raises:
    ///     json.JSONDecodeError: It is no JSON.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        READ.import(py, "json", "loads")?.call1((&self.data,))
    }

    /// The event's lines, without their ends; no comments, and no fields that are not known.
    #[getter]
    fn raw(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let event = self.event.as_ref().map_or(Ok("message"), |event| event.to_str(py))?;
        let id = self.id.as_ref().map_or(Ok(""), |id| id.to_str(py))?;
        let wire = encode(event, self.data.to_str(py)?, id, self.retry);
        let wire = wire.map_err(|error| PyValueError::new_err(error.to_string()))?;
        let is_data = !self.data.bind(py).is_empty()?;
        let lines = wire.lines().filter(|line| !line.is_empty() && (is_data || !line.starts_with("data")));
        Ok(lines.map(str::to_owned).collect())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shown = |text: &Option<Py<PyString>>| match text {
            Some(text) => text.to_str(py).map(str::to_owned),
            None => Ok("None".into()),
        };
        let retry = self.retry.map_or_else(|| "None".into(), |retry| retry.to_string());
        let (event, data, id) = (shown(&self.event)?, self.data.to_str(py)?, shown(&self.id)?);
        Ok(format!("ServerSentEvent(event={event}, data={data}, id={id}, retry={retry})"))
    }
}
