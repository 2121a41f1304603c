//! An accumulator that is watched: what it tells has to be in proportion to what came.

use ssewire_core::{Accumulator, ApiError, Choice, Delta, ToolCall};

/// An accumulator, and how much came and was told.
pub(crate) struct Stream {
    pub(crate) accumulator: Accumulator,
    came: usize,
    told: usize,
}

impl Stream {
    pub(crate) fn new() -> Self {
        Self { accumulator: Accumulator::default(), came: 0, told: 0 }
    }

    pub(crate) fn feed(&mut self, body: impl AsRef<[u8]>) -> &mut Self {
        let body = body.as_ref();
        self.came += body.len();
        let told = &mut self.told;
        self.accumulator.feed(body, |delta| *told += size(&delta)).unwrap();
        self
    }

    /// Feeds chunks with one delta each.
    pub(crate) fn deltas(&mut self, deltas: impl IntoIterator<Item = String>) -> &mut Self {
        deltas.into_iter().for_each(|delta| _ = self.feed(chunk(&delta)));
        self
    }

    /// Feeds the same chunk over and over.
    pub(crate) fn again(&mut self, delta: &str, count: usize) -> &mut Self {
        let chunk = chunk(delta);
        (0..count).for_each(|_| _ = self.feed(&chunk));
        self
    }

    pub(crate) fn choice(&self) -> &Choice {
        self.accumulator.snapshot().choices().next().unwrap()
    }

    pub(crate) fn calls(&self) -> &[ToolCall] {
        self.choice().tool_calls().as_slice()
    }

    pub(crate) fn error(&self) -> Option<&ApiError> {
        self.accumulator.snapshot().error()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A second panic would hide the first.
        if !std::thread::panicking() {
            assert!(self.told <= 4 * self.came, "{} bytes came, {} were told", self.came, self.told);
        }
    }
}

/// Bytes that a delta tells anew; the usage, and a call's id and name, are lent as they are so far.
fn size(delta: &Delta<'_>) -> usize {
    match delta {
        Delta::Text { text, .. } | Delta::Reasoning { text, .. } | Delta::Refusal { text, .. } => text.len(),
        Delta::ToolCall { arguments, .. } => arguments.len(),
        Delta::Finish { reason, .. } => reason.len(),
        Delta::Usage { .. } => 0,
        Delta::Other { kind, json, .. } => kind.len() + json.len(),
    }
}

pub(crate) fn chunk(delta: &str) -> String {
    format!("data: {{\"choices\":[{{\"delta\":{{{delta}}}}}]}}\n\n")
}

pub(crate) fn call(piece: &str) -> String {
    format!("\"tool_calls\":[{{{piece}}}]")
}

pub(crate) fn function(rest: &str, name: &str, arguments: &str) -> String {
    call(&format!("{rest}\"function\":{{\"name\":\"{name}\",\"arguments\":\"{arguments}\"}}"))
}

pub(crate) fn listed(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}
