//! Ties the layers: bytes -> events or JSON values -> payloads -> deltas -> the snapshot.
//!
//! The obvious way is a loop over the decoder's events that parses each. It remains what everything else is compared with: an event
//! is decoded (`framing`), recognised as a payload, an error or the sentinel (`payloads`), and folded by its dialect. But most
//! events differ from the one before in a few strings: `shapes` compares the bytes of such an event, framing and all, and
//! adds the strings where they belong. The decoder is given that as its fast path.
//!
//! 1. Cuts are invisible, also in errors: a fault has the same figures, and the sample of a body that is no stream the same bytes.
//! 2. The first byte that is no whitespace decides how the body is divided: `{` and `[` begin JSON values, anything
//!    else an event stream. Events may follow values.
//! 3. What was read before a fault is kept.
//!
//! `data: {…"Hel"…}`, a blank line and `data: {…"lo"…}` are folded in full, and by comparison, in this order.

use crate::dialect::Dialect;
use crate::framing::{BOM, Event, EventDecoder, EventTooLarge, Found, ValueDecoder};
use crate::json::is_whitespace;
use crate::snapshot::{Bounds, Delta, Sink, Snapshot};

mod bounds;
mod builder;
mod not_a_stream;
mod payload;
mod payloads;
mod pickle;
mod problem;
mod shapes;

use bounds::Watch;
pub use builder::AccumulatorBuilder;
use not_a_stream::{BodySample, is_lines_without_ends};
pub use not_a_stream::{beginning, body_format};
pub use payload::{may_be_error, may_have_huge_integer};
use payloads::Payloads;
pub use pickle::{InvalidPickle, PickledSnapshot};
pub use problem::Problem;

/// Accumulates one stream.
///
/// ```
/// let mut accumulator = ssewire_core::Accumulator::default();
/// let body = b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
/// accumulator.feed(body, |delta| println!("{delta:?}"))?;
/// let choice = accumulator.snapshot().choices().next().unwrap();
/// assert_eq!(choice.content(), Some("Hi"));
/// assert!(accumulator.is_complete());
/// # Ok::<(), ssewire_core::EventTooLarge>(())
/// ```
#[derive(Clone)]
pub struct Accumulator {
    framing: Framing,
    decoder: EventDecoder,
    /// What came before the decoder's events, and its bytes: JSON values, and, once the input has ended, the events.
    before: (u64, u64),
    sample: BodySample,
    watch: Watch,
    /// The limit that was crossed.
    fault: Option<Box<EventTooLarge>>,
    pub(crate) payloads: Payloads,
}

/// How the body is divided.
#[derive(Clone)]
enum Framing {
    /// Nothing but whitespace came yet.
    Open,
    Events,
    /// JSON values.
    Values(Box<ValueDecoder>),
}

impl Default for Accumulator {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl Accumulator {
    /// What may be chosen of an accumulator; [`Self::default`] is one of which nothing was.
    pub fn builder() -> AccumulatorBuilder {
        AccumulatorBuilder::default()
    }

    fn new(decoder: EventDecoder, dialect: Option<Dialect>, bounds: Bounds) -> Self {
        let mut payloads = Payloads::new(dialect);
        payloads.snapshot.bounds = bounds;
        let (before, sample, watch) = Default::default();
        Self { framing: Framing::Open, decoder, before, sample, watch, fault: None, payloads }
    }

    /// Takes a piece of the body, cut anywhere, and hands what it changes to `out`.
    ///
    /// Deltas are lent: `out` copies what it wants to keep.
    ///
    /// # Errors
    /// An event is larger than a limit, or a limit of the whole was crossed: all before it is folded, and every later call
    /// gives the same error.
    pub fn feed(&mut self, mut data: &[u8], mut out: impl FnMut(Delta<'_>)) -> Result<(), EventTooLarge> {
        while self.step_to(&mut data, &mut out)? && !data.is_empty() {}
        Ok(())
    }

    /// Takes bytes off `data` up to the end of the next event, and hands what that changes to `out`; false when `data` is
    /// used up.
    ///
    /// # Errors
    /// As [`Self::feed`].
    pub fn step(&mut self, data: &mut &[u8], mut out: impl FnMut(Delta<'_>)) -> Result<bool, EventTooLarge> {
        self.step_to(data, &mut out)
    }

    #[expect(clippy::inline_always, reason = "most of a stream goes through it, an event at a time")]
    #[inline(always)]
    fn step_to(&mut self, data: &mut &[u8], out: &mut Sink<'_>) -> Result<bool, EventTooLarge> {
        let piece = *data;
        if matches!(self.framing, Framing::Events) && self.fault.is_none() {
            let payloads = &mut self.payloads;
            if self.decoder.next_whole(data, |piece| Some((payloads.repeat(piece, out)?, ()))).is_some() {
                self.watch();
                return Ok(true);
            }
        }
        self.step_in_full(piece, data, out)
    }

    /// Looks at the limits of the whole, if it is time to, after an event.
    #[inline]
    fn watch(&mut self) {
        if self.watch.is_due(self.payloads.taken) {
            self.measure(self.events());
        }
    }

    #[inline(never)]
    fn measure(&mut self, event: u64) {
        let Payloads { snapshot, taken, .. } = &self.payloads;
        if let Err(fault) = self.watch.measure(snapshot, event, *taken) {
            self.fault = Some(Box::new(fault));
        }
    }

    /// Folds the next event, whatever it is. `data` is what the fast path left of `piece`.
    #[inline(never)]
    fn step_in_full(&mut self, piece: &[u8], data: &mut &[u8], out: &mut Sink<'_>) -> Result<bool, EventTooLarge> {
        if let Some(fault) = &self.fault {
            return Err((**fault).clone());
        }
        let stepped = match self.framing {
            Framing::Open => self.step_first(data, out),
            Framing::Values(_) => self.step_value(data, out),
            Framing::Events => self.step_event(data, out),
        };
        if self.payloads.snapshot.payloads > 0 {
            self.sample.discard();
        } else {
            match &stepped {
                Ok(_) => self.sample.extend(&piece[..piece.len() - data.len()]),
                Err(fault) => self.sample.extend_to(fault.offset, piece),
            }
        }
        match &stepped {
            Ok(true) => self.watch(),
            Ok(false) => {}
            Err(fault) => self.fault = Some(Box::new(fault.clone())),
        }
        stepped
    }

    /// Finds out how the body is divided, by its first byte that is no whitespace.
    fn step_first(&mut self, data: &mut &[u8], out: &mut Sink<'_>) -> Result<bool, EventTooLarge> {
        while let Some(&first) = data.first() {
            match blanks(data) {
                0 => return self.begin(first, data, out),
                blank if self.pass_blanks(data, blank, out)? => return Ok(true),
                _ => {}
            }
        }
        Ok(false)
    }

    /// The body is JSON values if that byte begins one, and else an event stream.
    fn begin(&mut self, first: u8, data: &mut &[u8], out: &mut Sink<'_>) -> Result<bool, EventTooLarge> {
        if matches!(first, b'{' | b'[') {
            return self.begin_values(first, data, out);
        }
        self.framing = Framing::Events;
        self.step_event(data, out)
    }

    /// Takes that many blank bytes off `data`, but none after the end of an event. Returns whether an event ended.
    fn pass_blanks(&mut self, data: &mut &[u8], blank: usize, out: &mut Sink<'_>) -> Result<bool, EventTooLarge> {
        let mut start = &data[..blank];
        while !start.is_empty() {
            let first = start.len();
            let stepped = self.step_event(&mut start, out).inspect_err(|_| {
                // The fault is the decoder's: nothing that follows may be read without it.
                self.framing = Framing::Events;
            });
            if stepped? {
                *data = &data[first - start.len()..];
                return Ok(true);
            }
        }
        *data = &data[blank..];
        Ok(false)
    }

    fn begin_values(&mut self, first: u8, data: &mut &[u8], out: &mut Sink<'_>) -> Result<bool, EventTooLarge> {
        let mut values = ValueDecoder::new(first, self.decoder.offset(), self.decoder.options().max_event_size);
        self.decoder = EventDecoder::new(self.decoder.options().clone());
        values.open_array(data);
        self.framing = Framing::Values(Box::new(values));
        self.step_value(data, out)
    }

    fn step_value(&mut self, data: &mut &[u8], out: &mut Sink<'_>) -> Result<bool, EventTooLarge> {
        let Framing::Values(values) = &mut self.framing else { return Ok(false) };
        match values.next(data)? {
            None => return Ok(false),
            Some(Found::Value(value)) => self.payloads.value(value, out),
            Some(Found::End) => self.payloads.end_of_values(out),
            Some(Found::Other) => {
                self.before = (values.values, values.offset);
                self.framing = Framing::Events;
                return self.step_event(data, out);
            }
        }
        Ok(true)
    }

    fn step_event(&mut self, data: &mut &[u8], out: &mut Sink<'_>) -> Result<bool, EventTooLarge> {
        let piece = *data;
        let event = match self.decoder.next(data) {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(false),
            Err(fault) => return Err(fault.after(self.before)),
        };
        self.payloads.event(&event, out);
        self.payloads.learn_wire(&piece[..piece.len() - data.len()], event.data);
        Ok(true)
    }

    /// Folds an event that was framed otherwise, a websocket's for example.
    ///
    /// # Errors
    /// A limit of the whole was crossed by an event before it.
    pub fn feed_event(&mut self, event: &str, data: &str, mut out: impl FnMut(Delta<'_>)) -> Result<(), EventTooLarge> {
        if let Some(fault) = &self.fault {
            return Err((**fault).clone());
        }
        let event = Event { event, named: true, data: data.as_bytes(), ..Event::unnamed() };
        self.payloads.event(&event, &mut out);
        self.watch();
        Ok(())
    }

    /// The end of input: folds an unterminated last event where it is a whole payload or the sentinel.
    pub fn flush(&mut self, mut out: impl FnMut(Delta<'_>)) {
        let events = self.events() + 1;
        // The decoder counts anew.
        self.before.0 += self.decoder.events();
        // A limit that only the end shows to be crossed is below the size of a BOM: nothing was lost by it.
        if let Ok(Some(event)) = self.decoder.close()
            && event.is_whole()
        {
            self.before.0 += 1;
            self.payloads.event(&event, &mut out);
        }
        self.payloads.not_a_stream |= self.is_empty() && is_lines_without_ends(self.sample.as_bytes());
        self.payloads.end(&mut out);
        if self.fault.is_none() && self.watch.is_due(self.payloads.taken) {
            self.measure(events);
        }
    }

    /// The limit that was crossed.
    pub fn fault(&self) -> Option<&EventTooLarge> {
        self.fault.as_deref()
    }

    /// The whole so far.
    pub fn snapshot(&self) -> &Snapshot {
        &self.payloads.snapshot
    }

    /// The dialect; `None` until it is recognised, where none was chosen.
    pub fn dialect(&self) -> Option<Dialect> {
        self.payloads.dialect
    }

    /// Whether nothing is missing if the input ends here: the terminal was seen, or the dialect can do without it.
    pub fn is_complete(&self) -> bool {
        let snapshot = self.snapshot();
        let without_terminal =
            || self.payloads.dialect.map_or(snapshot.payloads > 0, |dialect| (dialect.rules().complete)(snapshot));
        (snapshot.done && !self.payloads.is_silent()) || without_terminal()
    }

    /// The provider's own non-streaming object as JSON text; an empty one while the dialect is unknown.
    pub fn object(&self) -> String {
        self.payloads.dialect.map_or_else(|| "{}".into(), |dialect| (dialect.rules().object)(self.snapshot()))
    }

    /// Whether nothing was found in the body yet: no payload, no error and no sentinel.
    pub fn is_empty(&self) -> bool {
        let snapshot = self.snapshot();
        snapshot.payloads == 0 && snapshot.error.is_none() && !snapshot.done
    }

    /// Payloads so far that were compared with the shape of an earlier one instead of parsed: a figure for benches.
    #[doc(hidden)]
    pub fn template_hits(&self) -> u64 {
        self.payloads.shapes.template_hits
    }

    /// Events dispatched so far; JSON values where the body is made of them.
    pub fn events(&self) -> u64 {
        let values = match &self.framing {
            Framing::Values(values) => values.values,
            _ => self.before.0,
        };
        self.decoder.events() + values
    }

    /// The body's first bytes (at most 64 KiB) where it is no event stream at all: lines, but no event, error or
    /// sentinel in it. Behind a fault that is not known.
    pub fn not_a_stream(&self) -> Option<&[u8]> {
        (self.payloads.not_a_stream && self.fault.is_none() && self.is_empty()).then(|| self.sample.as_bytes())
    }

    /// What is missing for the stream to be complete, in words; `None` where nothing is.
    pub fn missing(&self) -> Option<String> {
        if self.is_complete() {
            return None;
        }
        let payloads = self.snapshot().payloads;
        Some(match self.not_a_stream() {
            Some(body) => format!("expected an event stream, got {}", not_a_stream::describe(body)),
            None if payloads == 0 => "the stream ended before its first event".into(),
            None if self.payloads.is_silent() => {
                format!("the stream ended with nothing in it that can be read, after event {payloads}")
            }
            None => format!("the stream ended before its terminal, after event {payloads}"),
        })
    }
}

/// The number of bytes that `data` begins with and that do not tell how a body is divided: whitespace, or what may be of a byte
/// order mark. Only where the latter stands in a line can a blank line end an event, so that no whitespace is counted twice.
fn blanks(data: &[u8]) -> usize {
    let count = |is_blank: fn(u8) -> bool| data.iter().take_while(|&&byte| is_blank(byte)).count();
    match count(|byte| is_whitespace(byte.into())) {
        0 => count(|byte| BOM.contains(&byte)),
        whitespace => whitespace,
    }
}
