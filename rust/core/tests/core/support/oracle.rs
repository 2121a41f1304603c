//! An event stream parser as slow and plain as the standard's own text: what the fast one is held against.
//!
//! Written from the HTML standard, 9.2.6 "Interpreting an event stream", and the project's rules beyond it. It wants
//! the whole body at once.
//!
//! 1. The last event ID is taken over at each blank line and outlives the stream; `retry` is taken at its line.
//! 2. `Tail::Dispatch`: the end of input ends the last line and the last block.
//! 3. `dispatch_empty`: a block without data is dispatched where a valid event, id or retry field stood in it.
//! 4. `keep_nonstandard_lines`: lines with an unknown field are kept as they are, and dispatch their block unless they are
//!    all whitespace.
//! 5. `max_event_size`: the content of each line and one for each line end, since the event began. It begins with the
//!    block's first known field, or unknown one that is kept: no other line before that counts, nor an unended one
//!    without a colon, which may become one. A blank line counts nothing. The fault names the first byte that is too
//!    much.
//! 6. `keep_comments`: a comment is given with its line end; one that is never ended is not. Between events it has the limit
//!    for itself alone.

#![allow(dead_code, reason = "the fuzzers and the tests use a part each")]

use ssewire_core::{Bound, EventTooLarge, Options, Tail};

/// A dispatched event, owned: its type, data, last event ID in force, reconnection time and stray lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
    pub(crate) id: String,
    pub(crate) retry: Option<u64>,
    pub(crate) nonstandard_lines: String,
}

/// What a whole body gives once it is fed and closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    /// The text of each comment, and the number of events before it.
    pub(crate) comments: Vec<(usize, String)>,
    pub(crate) last_event_id: String,
    pub(crate) retry: Option<u64>,
    pub(crate) fault: Option<EventTooLarge>,
}

/// A line's content, the offset of its first byte in the body, and whether a line end follows it.
struct Line<'d> {
    bytes: &'d [u8],
    start: usize,
    ended: bool,
}

/// Splits at CRLF, CR and LF. The last line is the unended one, empty where the body ends with a line end.
fn split_lines(body: &[u8]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = if body.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let mut at = start;
    while at < body.len() {
        if matches!(body[at], b'\r' | b'\n') {
            lines.push(Line { bytes: &body[start..at], start, ended: true });
            at += usize::from(body[at..].starts_with(b"\r\n"));
            start = at + 1;
        }
        at += 1;
    }
    lines.push(Line { bytes: &body[start..], start, ended: false });
    lines
}

/// A line's field name and value; a comment's name is `""`.
fn split_field(line: &str) -> (&str, &str) {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    (name, value.strip_prefix(' ').unwrap_or(value))
}

fn is_known(name: &str) -> bool {
    ["data", "event", "id", "retry"].contains(&name)
}

/// ASCII digits that a signed 64-bit number holds.
fn parse_retry(value: &str) -> Option<u64> {
    let digits = !value.is_empty() && value.chars().all(|c| c.is_ascii_digit());
    let retry = digits.then(|| value.trim_start_matches('0')).filter(|digits| digits.len() <= 19)?;
    let retry = retry.chars().fold(0_u64, |number, digit| number * 10 + u64::from(digit) - u64::from('0'));
    (retry < 1 << 63).then_some(retry)
}

/// The standard's buffers of one block, and what the rules beyond it need to remember.
#[derive(Default)]
struct Block {
    data: String,
    event_type: String,
    retry: Option<u64>,
    nonstandard_lines: String,
    has_valid_field: bool,
    has_begun: bool,
    size: usize,
}

struct Interpreter<'o> {
    options: &'o Options,
    block: Block,
    id_buffer: String,
    outcome: Outcome,
}

impl Interpreter<'_> {
    /// Counts `size` more bytes, the first of which stands at `offset` in the body; whether there is room for them.
    fn count(&mut self, size: usize, offset: usize) -> bool {
        let Some(limit) = self.options.max_event_size else { return true };
        if self.block.size + size > limit {
            let event = self.outcome.events.len() as u64 + 1;
            let offset = (offset + limit - self.block.size) as u64;
            self.outcome.fault = Some(EventTooLarge { bound: Bound::EventSize, size: limit + 1, limit, event, offset });
            return false;
        }
        self.block.size += size;
        true
    }

    /// Counts a line and interprets it; whether to go on.
    fn line(&mut self, line: &Line<'_>) -> bool {
        let text = String::from_utf8_lossy(line.bytes);
        let (name, _) = split_field(&text);
        let kept = self.options.keep_nonstandard_lines && !name.is_empty() && !text.is_empty();
        let certain = line.ended || self.options.tail == Tail::Dispatch || text.contains(':');
        self.block.has_begun |= kept || (certain && is_known(name));
        let size = line.bytes.len() + usize::from(line.ended);
        let comment = self.options.keep_comments && text.starts_with(':');
        if (self.block.has_begun || comment) && !text.is_empty() && !self.count(size, line.start) {
            return false;
        }
        if comment && !self.block.has_begun {
            self.block.size = 0;
        }
        if comment && line.ended {
            self.outcome.comments.push((self.outcome.events.len(), split_field(&text).1.to_owned()));
        }
        if line.ended {
            self.interpret(&text, "\n");
        } else if self.options.tail == Tail::Dispatch {
            self.interpret(&text, "");
            self.interpret("", "");
        }
        true
    }

    fn interpret(&mut self, line: &str, end: &str) {
        if line.is_empty() {
            return self.dispatch();
        }
        let (name, value) = split_field(line);
        match name {
            "data" => self.block.data.extend([value, "\n"]),
            "event" => {
                value.clone_into(&mut self.block.event_type);
                self.block.has_valid_field = true;
            }
            "id" if !value.contains('\0') => {
                value.clone_into(&mut self.id_buffer);
                self.block.has_valid_field = true;
            }
            "retry" if parse_retry(value).is_some() => {
                self.block.retry = parse_retry(value);
                self.outcome.retry = self.block.retry;
                self.block.has_valid_field = true;
            }
            "" | "id" | "retry" => {}
            _ if self.options.keep_nonstandard_lines => self.block.nonstandard_lines.extend([line, end]),
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let block = std::mem::take(&mut self.block);
        self.outcome.last_event_id.clone_from(&self.id_buffer);
        let empty =
            block.data.is_empty() && block.nonstandard_lines.trim_matches([' ', '\t', '\n', '\x0c', '\r']).is_empty();
        if empty && !(self.options.dispatch_empty && block.has_valid_field) {
            return;
        }
        let name = if block.event_type.is_empty() { "message".to_owned() } else { block.event_type };
        let data = block.data.strip_suffix('\n').unwrap_or_default().to_owned();
        let id = self.id_buffer.clone();
        self.outcome.events.push(Event {
            name,
            data,
            id,
            retry: block.retry,
            nonstandard_lines: block.nonstandard_lines,
        });
    }
}

/// Interprets a whole event stream that comes after another one, which left a last event ID and a reconnection time.
pub(crate) fn interpret_after(body: &[u8], options: &Options, last_event_id: &str, retry: Option<u64>) -> Outcome {
    let (events, comments) = (Vec::new(), Vec::new());
    let outcome = Outcome { events, comments, last_event_id: last_event_id.to_owned(), retry, fault: None };
    let mut interpreter =
        Interpreter { options, block: Block::default(), id_buffer: last_event_id.to_owned(), outcome };
    for line in split_lines(body) {
        if !interpreter.line(&line) {
            break;
        }
    }
    interpreter.outcome
}

pub(crate) fn interpret(body: &[u8], options: &Options) -> Outcome {
    interpret_after(body, options, "", None)
}
