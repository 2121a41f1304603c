//! The core's decoder, with the Python strings that its events share.

use pyo3::prelude::*;
use pyo3::types::PyString;
use ssewire_core::{Event, EventDecoder, EventTooLarge, Item};

use crate::event::ServerSentEvent;
use crate::new_str;

/// A decoder, with what the binding keeps for it.
#[derive(Default)]
pub(crate) struct Decoding {
    pub(crate) decoder: EventDecoder,
    /// A fault that was found, but not raised: events before it were returned first.
    fault: Option<EventTooLarge>,
    strings: Strings,
}

/// Why no event is given.
pub(crate) enum Failure {
    TooLarge(EventTooLarge),
    /// One of its strings could not be made.
    Python(PyErr),
}

impl Failure {
    /// The exception; `too_large` makes that of a fault.
    pub(crate) fn raised(self, too_large: impl FnOnce(&EventTooLarge) -> PyErr) -> PyErr {
        match self {
            Self::TooLarge(fault) => too_large(&fault),
            Self::Python(error) => error,
        }
    }
}

impl From<EventTooLarge> for Failure {
    fn from(fault: EventTooLarge) -> Self {
        Self::TooLarge(fault)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

/// What was taken off a piece.
pub(crate) enum Taken<T> {
    Event(T),
    Comment(Py<PyString>),
}

/// Strings made for the last events: the next ones often have the same.
#[derive(Default)]
struct Strings {
    message: Option<Py<PyString>>,
    event: Option<(String, Py<PyString>)>,
    /// The last id made, and its generation.
    id: Option<(u64, Py<PyString>)>,
}

impl Decoding {
    pub(crate) fn new(decoder: EventDecoder) -> Self {
        Self { decoder, ..Self::default() }
    }

    /// A decoder in the same state, which is independent of this one.
    pub(crate) fn copy(&self) -> Self {
        Self { fault: self.fault.clone(), ..Self::new(self.decoder.clone()) }
    }

    /// The next event of `data` for which `make` returns anything.
    pub(crate) fn next<T>(
        &mut self,
        py: Python<'_>,
        data: &mut &[u8],
        make: impl Fn(&Event<'_>, ServerSentEvent) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        while let Some(event) = self.decoder.next(data)? {
            if let Some(made) = make(&event, self.strings.event(py, &event)?) {
                return Ok(Some(made));
            }
        }
        Ok(None)
    }

    /// The next event of `data` for which `make` returns anything, or the next comment's text.
    pub(crate) fn next_item<T>(
        &mut self,
        py: Python<'_>,
        data: &mut &[u8],
        make: impl Fn(&Event<'_>, ServerSentEvent) -> Option<T>,
    ) -> Result<Option<Taken<T>>, Failure> {
        while let Some(item) = self.decoder.next_item(data)? {
            match item {
                Item::Comment(text) => return Ok(Some(Taken::Comment(new_str::lossy(py, text)?))),
                Item::Event(event) => {
                    if let Some(made) = make(&event, self.strings.event(py, &event)?) {
                        return Ok(Some(Taken::Event(made)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Feeds one piece: returns every event completed before a fault, or the fault where there was none.
    pub(crate) fn feed(&mut self, py: Python<'_>, mut data: &[u8]) -> Result<Vec<ServerSentEvent>, Failure> {
        let mut events = Vec::new();
        loop {
            match self.next(py, &mut data, |_, event| Some(event)) {
                Ok(Some(event)) => {
                    events.push(event);
                    if data.is_empty() {
                        return Ok(events);
                    }
                }
                Ok(None) => return Ok(events),
                Err(Failure::TooLarge(fault)) if !events.is_empty() => {
                    self.fault = Some(fault);
                    return Ok(events);
                }
                Err(failure) => {
                    self.fault = None;
                    return Err(failure);
                }
            }
        }
    }

    /// Ends the input: returns what `make` returns for the last event, or a fault that no call has raised yet.
    pub(crate) fn close<T>(
        &mut self,
        py: Python<'_>,
        make: impl Fn(&Event<'_>, ServerSentEvent) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let fault = self.fault.take();
        let event = self.decoder.close();
        if let Some(fault) = fault {
            return Err(fault.into());
        }
        let Some(event) = event? else { return Ok(None) };
        Ok(make(&event, self.strings.event(py, &event)?))
    }
}

impl Strings {
    #[expect(clippy::inline_always, reason = "an event is large: it is not to be handed over by memory")]
    #[inline(always)]
    fn event(&mut self, py: Python<'_>, event: &Event<'_>) -> PyResult<ServerSentEvent> {
        let data = new_str::lossy(py, event.data)?;
        Ok(ServerSentEvent { event: self.name(py, event)?, data, id: self.id(py, event)?, retry: event.retry })
    }

    fn name(&mut self, py: Python<'_>, event: &Event<'_>) -> PyResult<Py<PyString>> {
        let name = event.event;
        if !event.named {
            return Ok(self.message.get_or_insert_with(|| PyString::new(py, name).unbind()).clone_ref(py));
        }
        if let Some((last, made)) = &self.event
            && last == name
        {
            return Ok(made.clone_ref(py));
        }
        let made = new_str::new(py, name)?;
        self.event = Some((name.to_owned(), made.clone_ref(py)));
        Ok(made)
    }

    fn id(&mut self, py: Python<'_>, event: &Event<'_>) -> PyResult<Py<PyString>> {
        if let Some((id_generation, made)) = &self.id
            && *id_generation == event.id_generation
        {
            return Ok(made.clone_ref(py));
        }
        let made = new_str::new(py, event.id)?;
        self.id = Some((event.id_generation, made.clone_ref(py)));
        Ok(made)
    }
}
