//! The iterator of `iter_sse` and its variants.

use pyo3::exceptions::{PyRuntimeWarning, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyString;
use ssewire_core::{Event, EventTooLarge};

use crate::decoder_state::{Decoding, Failure, Taken};
use crate::errors;
use crate::event::{SSEDecoder, ServerSentEvent};
use crate::line_ends::LineEnds;
use crate::lock::Lock;
use crate::piece::{Asking, Pieces, UnreadPiece};
use crate::sdk_event::{Reader, SdkEvent};

/// The events of an iterator of pieces, or of pieces that Python awaits and passes in.
///
/// Args:
///     pieces: The iterator; None where `take` is called instead.
///     decoder: A decoder with the options and the state to begin with; it is not changed.
///     kind: "event" for `ServerSentEvent`s; "package" for what the providers' packages expect of a decoder; "loop"
///         for the same without named blocks that have no data, which their loops choke on, but for errors; "unread"
///         for "loop" with payloads that are read when they are needed.
///     make: What makes the objects that are given instead of `ServerSentEvent`s, called with each one's type, data,
///         id and reconnection time.
///     on_comment: What is called with the text of each comment, before the events after it are given. What it raises
///         comes out; the iterator can go on after it.
///     source: What the pieces come from: its status and headers are put on errors. None where there is no response.
///
/// Warns:
///     RuntimeWarning: The pieces were lines without their ends, in which no event can be found.
#[pyclass(frozen, module = "ssewire._core")]
pub(crate) struct EventIterator {
    pieces: Option<Pieces>,
    kind: Kind,
    make: Option<Py<PyAny>>,
    on_comment: Option<Py<PyAny>>,
    source: Option<Py<PyAny>>,
    state: Lock<Reading>,
}

struct Reading {
    decoding: Decoding,
    /// The current piece: it is decoded event by event, as they are asked for.
    piece: Option<UnreadPiece>,
    line_ends: LineEnds,
    ended: bool,
    /// A thread is asking the source for a piece right now.
    asking: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Event,
    Sdk(Reader),
}

impl Kind {
    fn named(name: &str) -> PyResult<Self> {
        match name {
            "event" => Ok(Self::Event),
            "package" => Ok(Self::Sdk(Reader::Anyone)),
            "loop" => Ok(Self::Sdk(Reader::Loop)),
            "unread" => Ok(Self::Sdk(Reader::LazyLoop)),
            _ => {
                let message = format!("kind: expected \"event\", \"package\", \"loop\" or \"unread\", got {name:?}");
                Err(PyValueError::new_err(message))
            }
        }
    }
}

/// What Python is given of an event: its object is made when no lock is held.
trait FromEvent: Sized {
    /// `None` where nothing is given.
    fn of(event: &Event<'_>, made: ServerSentEvent, kind: Kind) -> Option<Self>;

    /// What Python is given of the event that the end of input left without its blank line; `None` where nothing is
    /// given.
    fn of_last(event: &Event<'_>, made: ServerSentEvent, kind: Kind) -> Option<Self>;

    fn object(self, py: Python<'_>, make: Option<&Py<PyAny>>) -> PyResult<Py<PyAny>>;
}

impl FromEvent for ServerSentEvent {
    fn of(_event: &Event<'_>, made: ServerSentEvent, _kind: Kind) -> Option<Self> {
        Some(made)
    }

    fn of_last(_event: &Event<'_>, made: ServerSentEvent, _kind: Kind) -> Option<Self> {
        Some(made)
    }

    fn object(self, py: Python<'_>, make: Option<&Py<PyAny>>) -> PyResult<Py<PyAny>> {
        match make {
            Some(make) => make.call1(py, (self.event, self.data, self.id, self.retry)),
            None => Py::new(py, self).map(Py::into_any),
        }
    }
}

impl FromEvent for SdkEvent {
    fn of(event: &Event<'_>, made: ServerSentEvent, kind: Kind) -> Option<Self> {
        match kind {
            Kind::Event => None,
            Kind::Sdk(reader) => Self::new(event, made, reader),
        }
    }

    fn of_last(event: &Event<'_>, made: ServerSentEvent, kind: Kind) -> Option<Self> {
        let whole = event.is_whole() && !event.data.is_empty();
        FromEvent::of(event, made, kind).filter(|_| whole)
    }

    fn object(self, py: Python<'_>, _make: Option<&Py<PyAny>>) -> PyResult<Py<PyAny>> {
        Py::new(py, self).map(Py::into_any)
    }
}

#[pymethods]
impl EventIterator {
    #[new]
    #[pyo3(signature = (pieces, decoder, kind="event", *, make=None, on_comment=None, source=None))]
    fn new(
        py: Python<'_>,
        pieces: Option<&Bound<'_, PyAny>>,
        decoder: &Bound<'_, SSEDecoder>,
        kind: &str,
        make: Option<Py<PyAny>>,
        on_comment: Option<Py<PyAny>>,
        source: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let mut decoding = decoder.get().state.lock(py).copy();
        if on_comment.is_some() {
            decoding.decoder.keep_comments();
        }
        let ended = pieces.is_none();
        let state = Reading { decoding, piece: None, line_ends: LineEnds::default(), ended, asking: false };
        let pieces = pieces.map(Pieces::of).transpose()?;
        Ok(Self { pieces, kind: Kind::named(kind)?, make, on_comment, source, state: Lock::new(state) })
    }

    /// Takes a piece, once all of the one before was given out.
    ///
    /// Raises:
    ///     TypeError: `data` is not a bytes-like object.
    fn take(&self, py: Python<'_>, data: Bound<'_, PyAny>) -> PyResult<()> {
        let piece = UnreadPiece::of(data)?;
        self.state.lock(py).begin(py, piece);
        Ok(())
    }

    /// The last event ID in force, "" if none: as of what was given so far, not of what still waits in the piece.
    #[getter]
    fn last_event_id(&self, py: Python<'_>) -> String {
        self.state.lock(py).decoding.decoder.last_event_id().to_owned()
    }

    /// The last valid reconnection time in milliseconds.
    #[getter]
    fn retry(&self, py: Python<'_>) -> Option<u64> {
        self.state.lock(py).decoding.decoder.retry()
    }

    /// Marks the end of the input, and makes ready for a new stream that is given to `take`.
    ///
    /// `last_event_id` and `retry` survive.
    ///
    /// Returns:
    ///     What the tail policy gives: no event or one.
    fn close(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        self.warn_of_lost_line_ends(py, Self::CALLER + 1)?;
        let last = match self.kind {
            Kind::Event => self.last::<ServerSentEvent>(py),
            Kind::Sdk(_) => self.last::<SdkEvent>(py),
        };
        Ok(last?.into_iter().collect())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.pieces.as_ref().map_or(Ok(()), |pieces| pieces.traverse(&visit))?;
        visit.call(&self.make)?;
        visit.call(&self.on_comment)?;
        visit.call(&self.source)
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        match self.kind {
            Kind::Event => self.next::<ServerSentEvent>(py),
            Kind::Sdk(_) => self.next::<SdkEvent>(py),
        }
    }
}

impl Reading {
    fn begin(&mut self, py: Python<'_>, piece: UnreadPiece) {
        self.line_ends.look(piece.bytes(py));
        self.piece = Some(piece);
    }

    /// The next event of the current piece; or the next comment, where somebody listens to them.
    fn take<G: FromEvent>(&mut self, py: Python<'_>, kind: Kind, comments: bool) -> Result<Option<Taken<G>>, Failure> {
        let Some(piece) = &mut self.piece else { return Ok(None) };
        let make = |event: &Event<'_>, made| G::of(event, made, kind);
        let taken = piece.take(py, |data| {
            if comments {
                return self.decoding.next_item(py, data, make);
            }
            self.decoding.next(py, data, make).map(|event| event.map(Taken::Event))
        });
        if !matches!(taken, Ok(Some(_))) || piece.is_empty() {
            self.piece = None;
            self.ended |= taken.is_err();
        }
        taken
    }
}

impl EventIterator {
    /// How far up the frame of who iterates is, for a warning.
    const CALLER: i32 = 1;

    fn too_large(&self, py: Python<'_>, fault: &EventTooLarge) -> PyErr {
        let error = errors::event_too_large(py, fault);
        match &self.source {
            Some(source) => errors::of_response(py, &error, source),
            None => error,
        }
    }

    /// The standard gives nothing of such pieces, and neither does this iterator: so it warns, and raises nothing.
    fn warn_of_lost_line_ends(&self, py: Python<'_>, stack_level: i32) -> PyResult<()> {
        if !self.state.lock(py).line_ends.were_lost() {
            return Ok(());
        }
        PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), LineEnds::WARNING, stack_level)
    }

    fn next<G: FromEvent>(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let mut state = self.state.lock(py);
        let mut asking = Asking::default();
        loop {
            match state.take::<G>(py, self.kind, self.on_comment.is_some()) {
                Ok(Some(Taken::Event(given))) => {
                    drop(state);
                    return given.object(py, self.make.as_ref()).map(Some);
                }
                Ok(Some(Taken::Comment(text))) => {
                    drop(state);
                    self.listen(py, text)?;
                    state = self.state.lock(py);
                    continue;
                }
                Err(failure) => {
                    drop(state);
                    return Err(failure.raised(|fault| self.too_large(py, fault)));
                }
                Ok(None) if state.ended => return Ok(None),
                Ok(None) if state.asking => return Err(errors::already_read()),
                Ok(None) => state.asking = true,
            }
            // No lock is held while the source is asked.
            drop(state);
            let asked = self.ask(py, &mut asking);
            state = self.state.lock(py);
            state.asking = false;
            match asked {
                Some(Ok(piece)) => state.begin(py, piece),
                Some(Err(error)) => {
                    state.ended = true;
                    return Err(error);
                }
                None => {
                    state.ended = true;
                    drop(state);
                    self.warn_of_lost_line_ends(py, Self::CALLER)?;
                    return self.last::<G>(py);
                }
            }
        }
    }

    fn last<G: FromEvent>(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let last = self.state.lock(py).decoding.close(py, |event, made| G::of_last(event, made, self.kind));
        let last = last.map_err(|failure| failure.raised(|fault| self.too_large(py, fault)))?;
        last.map(|last| last.object(py, self.make.as_ref())).transpose()
    }

    /// Calls who listens to comments, while no lock is held.
    fn listen(&self, py: Python<'_>, text: Py<PyString>) -> PyResult<()> {
        self.on_comment.as_ref().map_or(Ok(()), |listener| listener.call1(py, (text,)).map(drop))
    }

    fn ask(&self, py: Python<'_>, asking: &mut Asking) -> Option<PyResult<UnreadPiece>> {
        let asked = asking.next(py, self.pieces.as_ref()?)?;
        Some(asked.and_then(|piece| piece))
    }
}
