//! Ties the layers: bytes -> events -> deltas -> the snapshot.

use crate::api_error::ApiError;
use crate::delta::{Delta, Sink};
use crate::dialect::{self, Dialect};
use crate::error::EventTooLarge;
use crate::event::{Event, EventDecoder};
use crate::json::{Payload, Raw, is_whitespace, quote};
use crate::options::{Options, Tail};
use crate::payload::is_sentinel;
use crate::repeating::Repeating;
use crate::snapshot::Snapshot;

/// Bytes of a body that are kept, until an event is found in it, to show where none ever is.
const HEAD: usize = 64 * 1024;

/// A dialect of that name is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDialect(pub String);

impl std::fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = dialect::names().map(|name| format!("{name:?}")).collect();
        write!(f, "dialect: expected {}, got {:?}", names.join(" or "), self.0)
    }
}

impl std::error::Error for UnknownDialect {}

/// Accumulates one stream.
///
/// ```
/// let mut accumulator = ssewire_core::Accumulator::new(None, Some(1 << 20))?;
/// let body = b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
/// accumulator.feed(body, &mut |delta| println!("{delta:?}"))?;
/// assert_eq!(accumulator.snapshot().choices()[&0].content(), Some("Hi"));
/// assert!(accumulator.is_complete());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Accumulator {
    decoder: EventDecoder,
    /// The body's first bytes, while nothing was found in it.
    head: Vec<u8>,
    fold: Fold,
}

#[derive(Clone, Default)]
struct Fold {
    dialect: Option<&'static Dialect>,
    snapshot: Snapshot,
    /// There were lines before the first payload that are neither an event stream's nor an error.
    foreign: bool,
    repeating: Repeating,
}

impl Accumulator {
    /// An accumulator for one stream; the dialect is found from the first payload that tells it, unless it is named.
    ///
    /// # Errors
    /// The name is of no dialect.
    pub fn new(name: Option<&str>, max_event_size: Option<usize>) -> Result<Self, UnknownDialect> {
        let known = |name: &str| dialect::named(name).ok_or_else(|| UnknownDialect(name.to_owned()));
        let dialect = name.map(known).transpose()?;
        let options = Options { max_event_size, tail: Tail::Dispatch, dispatch_empty: false, keep_stray: true };
        let fold = Fold { dialect, ..Fold::default() };
        Ok(Self { decoder: EventDecoder::new(options), head: Vec::new(), fold })
    }

    /// Takes a piece of the body, cut anywhere, and tells what it changes.
    ///
    /// # Errors
    /// An event is larger than the limit: all before it is folded, and every later call gives the same error.
    pub fn feed(&mut self, mut data: &[u8], out: &mut Sink<'_>) -> Result<(), EventTooLarge> {
        while self.step(&mut data, out)? && !data.is_empty() {}
        Ok(())
    }

    /// Takes bytes off `data` up to the end of the next event, and tells what that changes; false when `data` is used up.
    ///
    /// # Errors
    /// As [`Self::feed`].
    pub fn step(&mut self, data: &mut &[u8], out: &mut Sink<'_>) -> Result<bool, EventTooLarge> {
        let before = *data;
        while self.decoder.is_between_events(data) {
            if let Some(size) = self.fold.repeat(self.decoder.within_limit(data), out) {
                self.decoder.pass_event(data, size);
                return Ok(true);
            }
            if !self.decoder.pass_idle_line(data) {
                break;
            }
        }
        let event = match self.decoder.next(data) {
            Ok(Some(event)) => event,
            Ok(None) => {
                self.keep_head(before);
                return Ok(false);
            }
            Err(fault) => {
                // As much as was looked at: the same for every cut.
                let looked_at = usize::try_from(fault.offset).unwrap_or(usize::MAX);
                let seen = looked_at.saturating_sub(self.head.len());
                self.keep_head(&before[..before.len().min(seen)]);
                return Err(fault);
            }
        };
        let taken = &before[..before.len() - data.len()];
        self.fold.event(&event, out);
        self.fold.learn_wire(taken, event.data);
        self.keep_head(taken);
        Ok(true)
    }

    /// Keeps the body's first bytes while nothing was found in it.
    fn keep_head(&mut self, taken: &[u8]) {
        if self.fold.snapshot.payloads == 0 {
            let room = HEAD - self.head.len();
            self.head.extend_from_slice(&taken[..taken.len().min(room)]);
        } else if self.head.capacity() > 0 {
            self.head = Vec::new();
        }
    }

    /// Folds an event that was framed otherwise.
    pub fn feed_event(&mut self, event: &str, data: &str, out: &mut Sink<'_>) {
        self.fold
            .event(&Event { event, named: true, data: data.as_bytes(), id: "", ids: 0, retry: None, stray: b"" }, out);
    }

    /// The end of input: folds an unterminated last event where it is a whole payload or the sentinel.
    pub fn flush(&mut self, out: &mut Sink<'_>) {
        // A limit that only the end shows to be crossed is below the size of a BOM: nothing was lost by it.
        if let Ok(Some(event)) = self.decoder.close()
            && event.is_whole()
        {
            self.fold.event(&event, out);
        }
        self.fold.snapshot.settle(out);
    }

    /// The whole so far.
    pub fn snapshot(&self) -> &Snapshot {
        &self.fold.snapshot
    }

    /// The dialect's name; `None` until a payload told it.
    pub fn dialect(&self) -> Option<&'static str> {
        self.fold.dialect.map(|dialect| dialect.name)
    }

    /// Whether nothing is missing if the input ends here: the terminal was seen, or the dialect can do without it.
    pub fn is_complete(&self) -> bool {
        let snapshot = self.snapshot();
        snapshot.done || self.fold.dialect.map_or(snapshot.payloads > 0, |dialect| (dialect.complete)(snapshot))
    }

    /// The provider's own non-streaming object as JSON text; an empty one while the dialect is unknown.
    pub fn object(&self) -> String {
        self.fold.dialect.map_or_else(|| "{}".into(), |dialect| (dialect.object)(self.snapshot()))
    }

    /// Whether nothing was found in the body yet: no payload, no error and no sentinel.
    pub fn is_empty(&self) -> bool {
        let snapshot = self.snapshot();
        snapshot.payloads == 0 && snapshot.error.is_none() && !snapshot.done
    }

    /// Payloads so far that were compared with the shape of an earlier one instead of parsed: a figure for benches.
    pub fn matched(&self) -> u64 {
        self.fold.repeating.matched
    }

    /// Events dispatched so far.
    pub fn events(&self) -> u64 {
        self.decoder.events()
    }

    /// The body's first bytes (at most 64 KiB) where it is no event stream at all: lines, but no event, error or
    /// sentinel in it.
    pub fn foreign(&self) -> Option<&[u8]> {
        (self.fold.foreign && self.is_empty()).then_some(self.head.as_slice())
    }

    /// What is missing for the stream to be complete, in words; `None` where nothing is.
    pub fn missing(&self) -> Option<String> {
        if self.is_complete() {
            return None;
        }
        let payloads = self.snapshot().payloads;
        Some(match self.foreign() {
            Some(body) => {
                let begin: String = String::from_utf8_lossy(body).chars().take(80).collect();
                format!("expected an event stream, got a body without an event, which begins {begin:?}")
            }
            None if payloads == 0 => "the stream ended before its first event".into(),
            None => format!("the stream ended before its terminal, after event {payloads}"),
        })
    }

    /// An accumulator that has come as far as another one that wrote these: [`Self::object`], its error and whether it
    /// was done.
    ///
    /// # Errors
    /// The name is of no dialect.
    pub fn restore(
        name: Option<&str>,
        object: &str,
        error: Option<ApiError>,
        done: bool,
    ) -> Result<Self, UnknownDialect> {
        let mut restored = Self::new(name, None)?;
        if let (Some(dialect), Ok(payload)) = (restored.fold.dialect, Payload::parse(object)) {
            (dialect.fold)(&mut restored.fold.snapshot, "", &payload.raw().object(), &mut |_| {});
        }
        restored.fold.snapshot.error = error;
        restored.fold.snapshot.done = done;
        Ok(restored)
    }
}

impl Fold {
    /// Folds the event that `piece` begins with if it repeats the last one's shape; returns its size in bytes.
    fn repeat(&mut self, piece: &[u8], out: &mut Sink<'_>) -> Option<usize> {
        let size = self.repeating.fold_wire(piece, &mut self.snapshot, out)?;
        self.snapshot.payloads += 1;
        Some(size)
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Sink<'_>) {
        if self.snapshot.done {
            return;
        }
        if event.stray.is_empty() && self.repeating.fold(event, &mut self.snapshot, out) {
            self.snapshot.payloads += 1;
            return;
        }
        let text = event.text();
        if is_sentinel(&text) {
            self.snapshot.settle(out);
            self.finish();
        } else if !text.trim_matches(is_whitespace).is_empty() {
            self.snapshot.payloads += 1;
            self.parse(event.event, &text, out);
        }
        if !event.stray.is_empty() {
            self.stray(&String::from_utf8_lossy(event.stray), out);
        }
    }

    /// The dialect's terminal: what comes behind it does not count.
    fn finish(&mut self) {
        self.snapshot.done = true;
        self.repeating.forget();
    }

    /// Learns how an event that was just folded stood in the bytes that it took, if it is whole in them.
    fn learn_wire(&mut self, taken: &[u8], data: &[u8]) {
        if self.repeating.wants_wire() {
            let start = (data.as_ptr() as usize).wrapping_sub(taken.as_ptr() as usize);
            if start < taken.len() && start + data.len() <= taken.len() {
                self.repeating.learn_wire(taken, (start, start + data.len()));
            }
        }
    }

    fn parse(&mut self, event: &str, text: &str, out: &mut Sink<'_>) {
        match Payload::parse(text) {
            Ok(payload) => self.payload(event, payload.raw(), out),
            Err(reason) => self.text(event, text, &reason, out),
        }
    }

    fn payload(&mut self, event: &str, payload: Raw<'_>, out: &mut Sink<'_>) {
        let object = payload.object();
        self.dialect = self.dialect.or_else(|| dialect::detect(event, &object));
        let error = ApiError::find(event, &object);
        let folded = self.dialect.is_some_and(|dialect| (dialect.fold)(&mut self.snapshot, event, &object, out));
        if !folded && error.is_none() {
            out(Delta::Other { choice: 0, kind: "event", json: payload.as_str() });
        }
        let repeat = self.dialect.filter(|_| error.is_none() && self.repeating.learns());
        let repeat = repeat.and_then(|dialect| (dialect.repeats)(&self.snapshot, &object));
        self.repeating.learn(event, payload, repeat);
        if let Some(error) = error {
            self.snapshot.fail(error);
        }
    }

    /// A payload that is no JSON: an error where the dialect has nothing else, passed through where it may have.
    fn text(&mut self, event: &str, text: &str, reason: &impl std::fmt::Display, out: &mut Sink<'_>) {
        match event {
            "error" => self.snapshot.fail(ApiError::of_text(text.trim())),
            "message" if self.dialect.is_some() => {
                self.snapshot.fail(ApiError::malformed(self.snapshot.payloads, text, reason));
            }
            _ => out(Delta::Other { choice: 0, kind: "event", json: &quote(text) }),
        }
    }

    /// Lines that are no field of the standard: an error in some servers' own form, a whole body without framing, or
    /// nothing.
    fn stray(&mut self, stray: &str, out: &mut Sink<'_>) {
        if let Some(error) = ApiError::find_in_stray(stray) {
            self.snapshot.fail(error);
        } else if self.snapshot.payloads == 0 {
            self.foreign |= !Payload::parse(stray).is_ok_and(|body| self.body(body.raw(), out));
        }
    }

    /// A whole object instead of a stream: folded as one chunk, and complete with it. Whether a dialect knows it.
    fn body(&mut self, body: Raw<'_>, out: &mut Sink<'_>) -> bool {
        let body = body.object();
        let Some(dialect) = dialect::detect("", &body) else { return false };
        self.dialect = Some(dialect);
        self.snapshot.payloads += 1;
        (dialect.fold)(&mut self.snapshot, "", &body, out);
        self.snapshot.settle(out);
        self.finish();
        true
    }
}
