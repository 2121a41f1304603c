//! Events -> the snapshot: recognises the dialect, and distinguishes payloads from errors and the sentinel.
//!
//! It would be enough to parse each event's data and to give it to the dialect, if servers sent what their documentation says. What
//! they send beside that is read here, once for all dialects: payloads in envelopes, in strings, and several in one event; errors
//! in any shape, with and without an event's name, and as lines outside of the standard; bodies that are no stream.
//!
//! 1. A payload is folded by the dialect, passed on as it is, or an error: nothing is lost in silence.
//! 2. What may be an error if nothing else comes is kept until something does, or the stream ends.
//! 3. After the terminal nothing counts, unless the dialect says what may follow it.
//!
//! `data: {"error":{"message":"overloaded"}}` is an error, whatever the dialect; `data: {"message":"overloaded"}` is one only if it
//! stays alone.

use super::payload::{Row, inside_string, is_sentinel, rows};
use super::shapes::Shapes;
use crate::dialect::{self, Dialect};
use crate::framing::Event;
use crate::json::{Object, Payload, Raw, is_whitespace, lossy, quote};
use crate::snapshot::{ApiError, Delta, Sink, Snapshot, begins_object};

/// What the events of one stream add up to.
#[derive(Clone, Default)]
pub(crate) struct Payloads {
    pub(crate) dialect: Option<Dialect>,
    pub(crate) snapshot: Snapshot,
    /// There were lines before the first payload that are neither an event stream's nor an error.
    pub(crate) not_a_stream: bool,
    /// A first JSON value that no dialect knows, while it may be the only one. While none of them is an object, the others follow
    /// it, with commas between.
    undecided_body: Option<String>,
    came: Came,
    /// The dialect's payloads are enclosed in others.
    enveloped: bool,
    /// What the first payload is that is no JSON, if a dialect is found that has nothing else.
    malformed: Option<Box<ApiError>>,
    /// The error that an event's payload is if no other comes: that of a body which was made an event.
    alone: Option<Box<ApiError>>,
    pub(crate) shapes: Shapes,
    /// Bytes of the payloads so far.
    pub(crate) taken: u64,
}

/// The most that came, keep-alives aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Came {
    #[default]
    Nothing,
    Errors,
    /// Payloads of which the dialect knows none, if there is one.
    Unknown,
    Known,
}

impl Payloads {
    pub(crate) fn new(dialect: Option<Dialect>) -> Self {
        Self { dialect, ..Self::default() }
    }

    /// Folds the event that `piece` begins with if it repeats the last one's shape; returns its size in bytes.
    pub(crate) fn repeat(&mut self, piece: &[u8], out: &mut Sink<'_>) -> Option<usize> {
        let (size, payload) = self.shapes.fold_wire(piece, &mut self.snapshot, out)?;
        self.snapshot.payloads += 1;
        self.taken += payload as u64;
        Some(size)
    }

    pub(crate) fn event(&mut self, event: &Event<'_>, out: &mut Sink<'_>) {
        if self.snapshot.is_over() {
            return;
        }
        self.taken += event.data.len() as u64;
        let ended = self.snapshot.done;
        if event.nonstandard_lines.is_empty() && self.shapes.fold(event, &mut self.snapshot, out) {
            self.snapshot.payloads += 1;
            return;
        }
        let text = event.text();
        if !text.trim_matches(is_whitespace).is_empty() {
            self.flush_undecided(out);
            if !self.snapshot.is_over() {
                self.text(event.event, &text, out);
            }
        }
        if !event.nonstandard_lines.is_empty() && !ended {
            self.nonstandard_lines(&String::from_utf8_lossy(event.nonstandard_lines), out);
        }
    }

    /// Folds an event's data, or a JSON value by itself.
    fn text(&mut self, event: &str, text: &str, out: &mut Sink<'_>) {
        if is_sentinel(text) {
            self.finish(out);
        } else {
            self.snapshot.payloads += 1;
            self.parse(event, text, out);
        }
    }

    /// The terminal of every dialect.
    fn finish(&mut self, out: &mut Sink<'_>) {
        self.fail_alone();
        self.snapshot.finish(out);
        // A shape would be folded unseen, whatever is done.
        self.shapes.forget();
    }

    /// Learns what was around the data of an event that was just folded, if the bytes that it took have all of it.
    pub(crate) fn learn_wire(&mut self, taken: &[u8], data: &[u8]) {
        if self.shapes.wants_wire() {
            let start = (data.as_ptr() as usize).wrapping_sub(taken.as_ptr() as usize);
            if start < taken.len() && start + data.len() <= taken.len() {
                self.shapes.learn_wire(taken, (start, start + data.len()));
            }
        }
    }

    fn parse(&mut self, event: &str, text: &str, out: &mut Sink<'_>) {
        match Payload::parse(text) {
            Ok(payload) => match inside_string(&payload).filter(|inner| self.dialect.is_some() || is_known(inner)) {
                Some(inner) => self.parse(event, &inner, out),
                None => self.payload(event, payload.raw(), payload.raw(), out),
            },
            Err(reason) => match rows(event, text) {
                Some(rows) => self.rows(&rows, out),
                None => self.no_json(event, text, &reason, out),
            },
        }
    }

    fn rows(&mut self, rows: &[Row<'_>], out: &mut Sink<'_>) {
        for row in rows {
            match &row.payload {
                // One of them may be the terminal.
                _ if self.snapshot.is_over() => {}
                Some(payload) => self.payload(row.event, payload.raw(), payload.raw(), out),
                None => self.finish(out),
            }
        }
    }

    /// Folds a payload, which may be enclosed in another one.
    fn payload(&mut self, event: &str, outer: Raw<'_>, payload: Raw<'_>, out: &mut Sink<'_>) {
        let object = payload.object();
        let kind = dialect::kind(event, &object);
        let mut error = ApiError::find(event, &object);
        if !self.snapshot.counts(&kind) {
            let inner = self.enclosed(&kind, &object).filter(|_| error.is_none());
            return inner.map_or((), |inner| self.payload(event, outer, inner, out));
        }
        self.recognise(&kind, &object);
        if error.is_none() && matches!(kind.as_ref(), "ping" | "keepalive") {
            return;
        }
        let folded =
            self.dialect.is_some_and(|dialect| (dialect.rules().fold)(&mut self.snapshot, &kind, &object, out));
        if !folded && error.is_none() {
            if let Some(inner) = self.enclosed(&kind, &object) {
                return self.payload(event, outer, inner, out);
            }
            let nameless = event == "message";
            error = ApiError::find_in_unknown(&object, self.dialect.is_some()).filter(|_| nameless);
        }
        let first = self.take_note(match error {
            _ if folded => Came::Known,
            None => Came::Unknown,
            Some(_) => Came::Errors,
        });
        if !folded && error.is_none() {
            if first && event == "message" {
                self.alone = ApiError::find_alone(&object).map(Box::new);
            }
            out(Delta::Other { choice: 0, kind: "event", json: payload.as_str() });
        }
        let repeatable = folded && error.is_none() && !self.snapshot.done;
        let repeat = self.dialect.filter(|_| repeatable && self.shapes.learns());
        let repeat = repeat.and_then(|dialect| dialect.rules().repeat(&self.snapshot, &object));
        self.shapes.learn(event, outer, repeat);
        if let Some(error) = error {
            self.snapshot.fail(error);
        }
    }

    /// Takes note of a payload. Returns whether it is the first.
    fn take_note(&mut self, came: Came) -> bool {
        self.alone = None;
        let first = self.came == Came::Nothing;
        self.came = self.came.max(came);
        first
    }

    /// Finds out the dialect. What came before it and was no JSON was meant to be: it is missing.
    fn recognise(&mut self, kind: &str, payload: &Object<'_>) {
        if self.dialect.is_none() {
            self.dialect = dialect::detect(kind, payload);
            if let Some(error) = self.malformed.take_if(|_| self.dialect.is_some()) {
                self.snapshot.fail(*error);
            }
        }
    }

    /// The payload that a member of one encloses that no dialect knows, if it says itself what it is. A dialect that was found
    /// without such envelopes has none: its events have types that may be new.
    fn enclosed<'a>(&mut self, kind: &str, payload: &Object<'a>) -> Option<Raw<'a>> {
        let known = |value: &Raw<'_>| {
            let inner = value.object();
            let named = ["type", "object"].iter().any(|name| !inner.str(name).is_empty());
            let found = if named { dialect::detect(&dialect::kind("", &inner), &inner) } else { None };
            found.is_some_and(|found| self.dialect.is_none_or(|own| own == found))
        };
        let inner = payload.iter().map(|(_, value)| value).find(known)?;
        self.enveloped |= self.dialect.is_none();
        let open = self.enveloped || kind.is_empty();
        // JSON-RPC has its own meaning for what it encloses.
        (open && payload.get("jsonrpc").is_none()).then_some(inner)
    }

    /// A payload that is no JSON: an error where the dialect has nothing else, passed through where it may have.
    fn no_json(&mut self, event: &str, text: &str, reason: &impl std::fmt::Display, out: &mut Sink<'_>) {
        if self.snapshot.done {
            return;
        }
        let malformed = || ApiError::malformed(self.snapshot.payloads, text, reason);
        let error = match event {
            "error" => ApiError::of_text(text.trim()),
            _ if self.expects_json(event) => malformed(),
            _ => {
                let missing = (event == "message" && self.dialect.is_none()).then(malformed);
                return self.pass_text(text, missing, out);
            }
        };
        self.take_note(Came::Errors);
        self.snapshot.fail(error);
    }

    /// Passes text through. It is `missing` where a dialect turns out to have nothing but JSON.
    fn pass_text(&mut self, text: &str, missing: Option<ApiError>, out: &mut Sink<'_>) {
        let first = self.take_note(Came::Unknown);
        if let Some(missing) = missing {
            let meant = first && text.trim_start().starts_with(['{', '[']);
            self.alone = meant.then(|| Box::new(missing.clone()));
            self.malformed.get_or_insert(Box::new(missing));
        }
        out(Delta::Other { choice: 0, kind: "event", json: &quote(text) });
    }

    /// Whether an event of that type can only hold JSON.
    fn expects_json(&self, event: &str) -> bool {
        let is_own = |dialect: Dialect| event == "message" || (dialect.rules().detects)(event, &Object::default());
        self.dialect.is_some_and(is_own)
    }

    /// Lines that are no field of the standard: an error in some servers' own form, or nothing.
    fn nonstandard_lines(&mut self, nonstandard_lines: &str, out: &mut Sink<'_>) {
        match ApiError::find_in_nonstandard_lines(nonstandard_lines) {
            Some(error) => {
                self.flush_undecided(out);
                self.snapshot.fail(error);
            }
            None => self.not_a_stream |= self.snapshot.payloads == 0,
        }
    }

    /// Folds one JSON value of a body that is a row of them.
    pub(crate) fn value(&mut self, value: &[u8], out: &mut Sink<'_>) {
        if self.snapshot.is_over() {
            return;
        }
        let text = lossy(value);
        let first = self.snapshot.payloads == 0 && self.undecided_body.is_none();
        if first && !is_known(&text) {
            // If no other comes, this is the whole of a body that is no stream.
            self.undecided_body = Some(text.into_owned());
            return;
        }
        // Values that are no objects are no events, however many there are.
        if let Some(undecided_body) =
            self.undecided_body.as_mut().filter(|undecided_body| !begins_object(undecided_body))
            && Payload::parse(&text).is_ok_and(|value| !value.raw().is_object() && inside_string(&value).is_none())
        {
            undecided_body.push(',');
            undecided_body.push_str(&text);
            return;
        }
        self.event(&Event { data: text.as_bytes(), ..Event::unnamed() }, out);
    }

    /// Something else came: what was held is not the whole body.
    fn flush_undecided(&mut self, out: &mut Sink<'_>) {
        let Some(undecided_body) = self.undecided_body.take() else { return };
        match Payload::parse(&format!("[{undecided_body}]")) {
            Ok(values) => values.raw().items().iter().for_each(|value| self.text("message", value.as_str(), out)),
            Err(_) => self.text("message", &undecided_body, out),
        }
    }

    /// The bracket that closes an array of values.
    pub(crate) fn end_of_values(&mut self, out: &mut Sink<'_>) {
        if self.snapshot.payloads > 0 {
            self.finish(out);
        } else {
            self.not_a_stream |= self.undecided_body.is_none();
        }
    }

    /// The end of input.
    pub(crate) fn end(&mut self, out: &mut Sink<'_>) {
        if let Some(body) = self.undecided_body.take() {
            let body = Payload::parse(&body);
            match body.ok().and_then(|body| ApiError::find_in_body(body.raw())) {
                Some(error) => self.snapshot.fail(error),
                None => self.not_a_stream = true,
            }
        }
        self.fail_alone();
        self.snapshot.flush_surrogates(out);
        self.snapshot.done |= self.snapshot.ended;
    }

    /// Whether payloads came, and the dialect knows none of them: the answer was lost on its way.
    pub(crate) fn is_silent(&self) -> bool {
        self.dialect.is_some() && self.came == Came::Unknown
    }

    /// Nothing else comes.
    fn fail_alone(&mut self) {
        if let Some(error) = self.alone.take() {
            self.snapshot.fail(*error);
        }
    }
}

/// Whether a payload is of a dialect, or an error.
fn is_known(text: &str) -> bool {
    let Ok(payload) = Payload::parse(text) else { return false };
    let object = payload.raw().object();
    let kind = dialect::kind("", &object);
    dialect::detect(&kind, &object).is_some() || ApiError::find("", &object).is_some()
}
