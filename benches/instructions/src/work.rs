//! What is done with a body.

use std::ops::Range;

use ssewire_core::{Accumulator, Choice, EventDecoder, Options, PartialJson, Step, Text, ToolCall};

use crate::body::{Body, Cut};

/// The layers that a body is taken through.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layer {
    /// Bytes to events.
    Events,
    /// Bytes to the snapshot, with nobody listening to the deltas.
    Deltas,
    /// The same of streams that follow each other, each by an accumulator of its own.
    Streams,
    /// Arguments, as they are in a call already, to what is certain of them; then their last number is asked for.
    Arguments,
}

/// Something to count.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) name: &'static str,
    pub(crate) layer: Layer,
    pub(crate) cut: Cut,
    /// What `body` is usually asked for: a second or so under a counter that is 50 times slower.
    pub(crate) size: usize,
    /// A body of that size, in its own unit: mostly events.
    pub(crate) body: fn(usize) -> Body,
}

/// What came of it: events, and bytes of their data or of the accumulated texts; of arguments bytes of strings and names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    events: usize,
    bytes: usize,
}

#[expect(clippy::large_enum_variant, reason = "there is one of it")]
enum State {
    Events(EventDecoder, Outcome),
    Deltas(Accumulator),
    Streams(Outcome),
    Arguments(PartialJson, Outcome),
}

/// A piece of work, ready to be done once.
pub(crate) struct Run {
    body: Body,
    pieces: Vec<Range<usize>>,
    state: State,
}

impl Work {
    /// Makes all that it takes.
    pub(crate) fn prepare(&self, size: usize) -> Run {
        let body = (self.body)(size);
        let pieces = body.pieces(self.cut);
        let state = match self.layer {
            Layer::Events => State::Events(EventDecoder::new(Options::default()), Outcome::default()),
            Layer::Deltas => State::Deltas(Accumulator::default()),
            Layer::Streams => State::Streams(Outcome::default()),
            Layer::Arguments => State::Arguments(PartialJson::default(), Outcome::default()),
        };
        Run { body, pieces, state }
    }
}

impl Run {
    /// Does it.
    pub(crate) fn go(&mut self) {
        let pieces = self.pieces.iter().map(|piece| &self.body.bytes[piece.clone()]);
        match &mut self.state {
            State::Events(decoder, outcome) => pieces.for_each(|piece| decode(decoder, piece, outcome)),
            State::Deltas(accumulator) => {
                pieces.for_each(|piece| accumulator.feed(piece, |_| {}).expect("there is no limit"));
            }
            State::Streams(outcome) => accumulate_each(pieces, outcome),
            State::Arguments(json, outcome) => pieces.for_each(|piece| parse(json, piece, outcome)),
        }
    }

    /// What must come of it.
    pub(crate) fn expected(&self) -> Outcome {
        let bytes = if matches!(self.state, State::Events(..)) { self.body.data } else { self.body.text };
        Outcome { events: self.body.events(), bytes }
    }

    /// What came of it.
    pub(crate) fn outcome(&self) -> Outcome {
        match &self.state {
            State::Events(_, outcome) | State::Arguments(_, outcome) | State::Streams(outcome) => *outcome,
            State::Deltas(accumulator) => outcome_of(accumulator),
        }
    }
}

/// Accumulates streams, each up to its terminal.
fn accumulate_each<'p>(pieces: impl Iterator<Item = &'p [u8]>, outcome: &mut Outcome) {
    let mut accumulator = Accumulator::default();
    for piece in pieces {
        accumulator.feed(piece, |_| {}).expect("there is no limit");
        if accumulator.snapshot().done() {
            let Outcome { events, bytes } = outcome_of(&std::mem::take(&mut accumulator));
            outcome.events += events;
            outcome.bytes += bytes;
        }
    }
}

fn outcome_of(accumulator: &Accumulator) -> Outcome {
    Outcome {
        events: usize::try_from(accumulator.events()).expect("no more than there are bytes"),
        bytes: accumulator.snapshot().choices().map(text_of).sum(),
    }
}

fn decode(decoder: &mut EventDecoder, mut piece: &[u8], outcome: &mut Outcome) {
    while let Some(event) = decoder.next(&mut piece).expect("no event is that large") {
        outcome.events += 1;
        outcome.bytes += event.data.len();
    }
}

fn parse(json: &mut PartialJson, piece: &[u8], outcome: &mut Outcome) {
    let piece = std::str::from_utf8(piece).expect("arguments here are ASCII");
    let mut add = |step: Step<'_>| {
        if let Step::Name(Text::Whole(text)) | Step::String(Text::Whole(text)) | Step::More(Text::Whole(text)) = step {
            outcome.bytes += text.len();
        }
    };
    json.feed(piece, &mut add).expect("it is JSON");
    std::hint::black_box(json.number_so_far());
}

/// Bytes of a choice's texts.
fn text_of(choice: &Choice) -> usize {
    let arguments = choice.tool_calls().as_slice().iter().map(ToolCall::arguments);
    let texts = [choice.content(), choice.reasoning(), choice.refusal()];
    texts.into_iter().flatten().chain(arguments).map(str::len).sum()
}
