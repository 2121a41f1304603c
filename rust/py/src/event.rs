//! `ServerSentEvent` and `SSEDecoder`.

use std::borrow::Cow;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use ssewire_core::{EventDecoder, Options, Tail};

use crate::decoder_state::Decoding;
use crate::limits::EventSize;
use crate::lock::Lock;
use crate::piece::Piece;
use crate::record::{record, text_or};
use crate::{errors, json};

/// An event of an event stream, frozen and compared by value.
///
/// Args:
///     event: The event type, "message" where the stream names none.
///     data: The data lines, joined with LF.
///     id: The last event ID in force at dispatch, "" if none.
///     retry: The reconnection time in milliseconds, where this event carried a valid one.
#[pyclass(frozen, subclass, module = "ssewire")]
pub(crate) struct ServerSentEvent {
    /// The event type, "message" where the stream names none.
    #[pyo3(get)]
    pub(crate) event: Py<PyString>,
    /// The data lines, joined with LF.
    #[pyo3(get)]
    pub(crate) data: Py<PyString>,
    /// The last event ID in force at dispatch, "" if none.
    #[pyo3(get)]
    pub(crate) id: Py<PyString>,
    /// The reconnection time in milliseconds, where this event carried a valid one.
    #[pyo3(get)]
    pub(crate) retry: Option<u64>,
}

record! {
    ServerSentEvent { event, data, id, retry }

    #[new]
    #[pyo3(
        signature = (event=None, data=None, id=None, retry=None),
        text_signature = "(event='message', data='', id='', retry=None)"
    )]
    fn new(
        py: Python<'_>,
        event: Option<Bound<'_, PyString>>,
        data: Option<Bound<'_, PyString>>,
        id: Option<Bound<'_, PyString>>,
        retry: Option<u64>,
    ) -> Self {
        Self {
            event: text_or(py, event, "message"),
            data: text_or(py, data, ""),
            id: text_or(py, id, ""),
            retry,
        }
    }

    /// The data, read as JSON.
    ///
    /// What orjson refuses and the standard library reads (lone surrogates, NaN, huge integers) is read
    /// too.
    ///
    /// Raises:
    ///     json.JSONDecodeError: The data is not JSON; it is a ValueError.
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::loads(py, self.data.bind(py))
    }

    /// The event in wire form, its blank line included. `encode_comment` writes what is no event.
    ///
    /// CR and CRLF in the data end lines, as LF does: no event stream can carry them.
    ///
    /// Raises:
    ///     ValueError: CR, LF or NUL in event or id (no field can inject a line), or a lone surrogate
    ///         anywhere.
    fn encode<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let (event, data, id) = (self.event.to_str(py)?, self.data.to_str(py)?, self.id.to_str(py)?);
        let wire = ssewire_core::encode(event, data, id, self.retry).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(PyBytes::new(py, wire.as_bytes()))
    }
}

impl ServerSentEvent {
    pub(crate) fn name<'py>(&'py self, py: Python<'py>) -> PyResult<Cow<'py, str>> {
        self.event.bind(py).to_cow()
    }

    pub(crate) fn data<'py>(&'py self, py: Python<'py>) -> PyResult<Cow<'py, str>> {
        self.data.bind(py).to_cow()
    }
}

/// A comment in wire form, its blank line included: what keeps an idle stream alive, and no reader sees.
///
/// Proxies and clients take a stream that is silent for long for a dead one; the HTML standard (9.2.7) advises a
/// comment every 15 seconds or so. It is sent between events, not inside one.
///
/// Args:
///     text: What it says. CR, LF and CRLF end lines, each of which is a comment of its own: none can inject a
///         field.
///
/// Raises:
///     ValueError: NUL or a lone surrogate in the text.
#[pyfunction]
#[pyo3(signature = (text="", /))]
pub(crate) fn encode_comment<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyBytes>> {
    let wire = ssewire_core::encode_comment(text).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(PyBytes::new(py, wire.as_bytes()))
}

fn tail_policy(tail: &str) -> PyResult<Tail> {
    match tail {
        "discard" => Ok(Tail::Discard),
        "dispatch" => Ok(Tail::Dispatch),
        _ => Err(PyValueError::new_err(format!("tail: expected \"discard\" or \"dispatch\", got {tail:?}"))),
    }
}

/// An incremental event stream decoder, without I/O: bytes in, events out (HTML standard, 9.2.6).
///
/// Framing cannot fail: any bytes are an event stream, and invalid UTF-8 becomes U+FFFD. An event is out
/// with its last byte, and the events are the same wherever the bytes are cut.
///
/// Args:
///     max_event_size: Bytes that one event may have, from its first field on; None for no limit.
///     tail: What becomes of an event that the end of input leaves without its blank line: "discard", as
///         the standard says, or "dispatch".
///     dispatch_empty: Give events for blocks that name an event, an id or a retry but have no data; the
///         standard does not.
#[pyclass(frozen, module = "ssewire")]
pub(crate) struct SSEDecoder {
    pub(crate) state: Lock<Decoding>,
}

#[pymethods]
impl SSEDecoder {
    #[new]
    #[pyo3(
        signature = (*, max_event_size=EventSize::DEFAULT, tail="discard", dispatch_empty=false),
        text_signature = "(*, max_event_size=67108864, tail='discard', dispatch_empty=False)"
    )]
    fn new(max_event_size: EventSize, tail: &str, dispatch_empty: bool) -> PyResult<Self> {
        let options = Options {
            max_event_size: max_event_size.0,
            tail: tail_policy(tail)?,
            dispatch_empty,
            ..Options::default()
        };
        Ok(Self { state: Lock::new(Decoding::new(EventDecoder::new(options))) })
    }

    /// Takes a piece of the body, cut anywhere.
    ///
    /// Returns:
    ///     The events that it completes, in order.
    ///
    /// Raises:
    ///     EventTooLargeError: An event is larger than `max_event_size`. Events completed before it are
    ///         returned first, and the next call raises; every call raises until `close()`.
    ///     TypeError: `data` is not a bytes-like object.
    fn feed(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Vec<ServerSentEvent>> {
        let piece = Piece::of(data)?;
        let events = self.state.lock(py).feed(py, &piece);
        events.map_err(|failure| failure.raised(|fault| errors::event_too_large(py, fault)))
    }

    /// Marks the end of the input, and makes ready for a new stream.
    ///
    /// `last_event_id` and `retry` survive.
    ///
    /// Returns:
    ///     What the tail policy gives: no event or one.
    ///
    /// Raises:
    ///     EventTooLargeError: A fault that no call to `feed` has raised yet.
    fn close(&self, py: Python<'_>) -> PyResult<Vec<ServerSentEvent>> {
        let event = self.state.lock(py).close(py, |_, event| Some(event));
        let event = event.map_err(|failure| failure.raised(|fault| errors::event_too_large(py, fault)))?;
        Ok(event.into_iter().collect())
    }

    /// The last event ID in force, "" if none: what a reconnecting client sends as `Last-Event-ID`.
    #[getter]
    fn last_event_id(&self, py: Python<'_>) -> String {
        self.state.lock(py).decoder.last_event_id().to_owned()
    }

    /// The last valid reconnection time in milliseconds.
    #[getter]
    fn retry(&self, py: Python<'_>) -> Option<u64> {
        self.state.lock(py).decoder.retry()
    }

    /// A decoder in the same state, which is independent of this one.
    fn __copy__(&self, py: Python<'_>) -> Self {
        Self { state: Lock::new(self.state.lock(py).copy()) }
    }

    fn __deepcopy__(&self, py: Python<'_>, _memo: &Bound<'_, PyAny>) -> Self {
        self.__copy__(py)
    }
}
