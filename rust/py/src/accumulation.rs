//! What is known of one stream, and shared by its accumulator, its stream and its snapshots.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyString;
use ssewire_core::binding::PickledSnapshot;
use ssewire_core::{Accumulator as Core, Delta, Dialect, EventTooLarge, Problem};

use crate::delta::{PendingDelta, Usage, objects};
use crate::errors;
use crate::limits::{Choices, EventSize, ToolCalls, TotalSize, builder};
use crate::lock::{Held, Lock};
use crate::partial::Trees;
use crate::string_cache::{Part, Texts};

/// Takes deltas as they are found, with the texts that have been made Python strings.
pub(crate) trait DeltaSink: FnMut(&mut Texts, Delta<'_>) {}

impl<F: FnMut(&mut Texts, Delta<'_>)> DeltaSink for F {}

/// What a snapshot shows: a stream, or a pickled snapshot.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly all are streams, which are not to be reached by another pointer")]
pub(crate) enum Source {
    Stream(Core),
    /// A snapshot that was pickled.
    Pickle(PickledSnapshot),
}

impl Source {
    pub(crate) fn dialect(&self) -> Option<&'static str> {
        let dialect = match self {
            Self::Stream(core) => core.dialect(),
            Self::Pickle(pickled) => pickled.dialect(),
        };
        dialect.map(Dialect::as_str)
    }

    pub(crate) fn snapshot(&self) -> &ssewire_core::Snapshot {
        match self {
            Self::Stream(core) => core.snapshot(),
            Self::Pickle(pickled) => pickled.snapshot(),
        }
    }

    pub(crate) fn object(&self) -> String {
        match self {
            Self::Stream(core) => core.object(),
            Self::Pickle(pickled) => pickled.object().to_owned(),
        }
    }

    pub(crate) fn pickle(&self) -> String {
        match self {
            Self::Stream(core) => PickledSnapshot::of(core).to_json(),
            Self::Pickle(pickled) => pickled.to_json(),
        }
    }

    /// The stream. Only snapshots show a pickle, and they never ask for its stream.
    pub(crate) fn stream(&mut self) -> &mut Core {
        match self {
            Self::Stream(core) => core,
            Self::Pickle(_) => unreachable!("only a stream has an accumulator"),
        }
    }
}

/// The state of one stream, or of one pickled snapshot.
pub(crate) struct Accumulation {
    pub(crate) source: Source,
    flushed: bool,
    texts: Texts,
    /// The Python objects of texts that were read as JSON.
    pub(crate) trees: Trees,
}

/// An accumulation that an accumulator, its stream and its snapshots share.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Lock<Accumulation>>);

impl Shared {
    pub(crate) fn new(source: Source) -> Self {
        Self::of(Accumulation::of(source))
    }

    pub(crate) fn of(state: Accumulation) -> Self {
        Self(Arc::new(Lock::new(state)))
    }

    pub(crate) fn lock<'a>(&'a self, py: Python<'_>) -> Held<'a, Accumulation> {
        self.0.lock(py)
    }

    /// The fault as an exception that carries the snapshot.
    pub(crate) fn too_large(&self, py: Python<'_>, fault: &EventTooLarge) -> PyErr {
        errors::with_snapshot(py, errors::event_too_large(py, fault), self)
    }

    pub(crate) fn feed(&self, py: Python<'_>, data: &[u8]) -> PyResult<Vec<Py<PyAny>>> {
        let mut deltas = Vec::new();
        let result = self.lock(py).feed(data, |texts, delta| deltas.push(PendingDelta::of(py, texts, delta)));
        match result {
            Err(fault) if deltas.is_empty() => Err(self.too_large(py, &fault)),
            _ => objects(py, deltas),
        }
    }

    pub(crate) fn flush(&self, py: Python<'_>) -> Vec<PyResult<PendingDelta>> {
        let mut deltas = Vec::new();
        self.lock(py).flush(|texts, delta| deltas.push(PendingDelta::of(py, texts, delta)));
        deltas
    }

    pub(crate) fn usage(&self, py: Python<'_>) -> Option<Usage> {
        self.lock(py).source.snapshot().usage().map(Usage::of)
    }

    /// The API error as an exception that was not raised.
    pub(crate) fn error<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let error = self.lock(py).source.snapshot().error().cloned()?;
        Some(errors::provider(py, &error, Some(self)).into_value(py).into_bound(py).into_any())
    }

    /// Raises what is wrong with the stream so far.
    pub(crate) fn check(&self, py: Python<'_>) -> PyResult<()> {
        let problem = self.lock(py).source.stream().problem();
        match problem {
            Some(Problem::Provider(error)) => Err(errors::provider(py, &error, Some(self))),
            Some(Problem::TooLarge(fault)) => Err(self.too_large(py, &fault)),
            Some(other) => Err(errors::incomplete(py, &other.to_string(), self)),
            None => Ok(()),
        }
    }
}

impl Accumulation {
    pub(crate) fn of(source: Source) -> Self {
        Self { source, flushed: false, texts: Texts::default(), trees: Trees::default() }
    }

    pub(crate) fn open(
        dialect: Option<&str>,
        max_event_size: EventSize,
        max_total_size: TotalSize,
        max_choices: Choices,
        max_tool_calls: ToolCalls,
    ) -> PyResult<Self> {
        let core = builder(dialect, max_event_size, max_total_size, max_choices, max_tool_calls)?.build();
        Ok(Self::of(Source::Stream(core)))
    }

    pub(crate) fn feed(&mut self, data: &[u8], mut out: impl DeltaSink) -> Result<(), EventTooLarge> {
        let texts = &mut self.texts;
        self.source.stream().feed(data, |delta| out(texts, delta))
    }

    pub(crate) fn feed_event(&mut self, name: &str, data: &str, mut out: impl DeltaSink) -> Result<(), EventTooLarge> {
        let texts = &mut self.texts;
        self.source.stream().feed_event(name, data, |delta| out(texts, delta))
    }

    /// Folds the next event of `data`; false where there is none, or none that counts: a stream ends at its terminal
    /// or its first error, wherever its body is cut.
    pub(crate) fn step(&mut self, data: &mut &[u8], mut out: impl DeltaSink) -> Result<bool, EventTooLarge> {
        if self.is_over() {
            return Ok(false);
        }
        let texts = &mut self.texts;
        self.source.stream().step(data, |delta| out(texts, delta))
    }

    /// Whether its terminal, an error or a fault was seen.
    pub(crate) fn is_over(&mut self) -> bool {
        let core = self.source.stream();
        core.snapshot().done() || core.snapshot().error().is_some() || core.fault().is_some()
    }

    pub(crate) fn flush(&mut self, mut out: impl DeltaSink) {
        if !std::mem::replace(&mut self.flushed, true) {
            let texts = &mut self.texts;
            self.source.stream().flush(|delta| out(texts, delta));
        }
    }

    /// One of a choice's texts as a Python string.
    pub(crate) fn text(&mut self, py: Python<'_>, choice: i64, part: Part) -> PyResult<Option<Py<PyString>>> {
        let text = self.source.snapshot().find_choice(choice).and_then(|choice| part.of(choice));
        text.map(|text| self.texts.made(py, choice, part, text)).transpose()
    }
}
