//! Lines -> events: the HTML standard's "interpreting an event stream" (9.2.6).
//!
//! 1. Framing cannot fail: any bytes are an event stream. Only the size limit raises.
//! 2. An event is out with the last byte of the line end that dispatches it.
//! 3. A whole `data` line that is its event's only one is lent out of the caller's piece, the usual event (see `usual`) at
//!    once; all else is copied once.
//! 4. Comments and unknown lines are dropped unbuffered, unless stray lines are asked for.

use super::block::{Block, OpenLine};
use super::error::EventTooLarge;
use super::event::Event;
use super::fast_path::{self, WholeEvent};
use super::field::{FIELD_PREFIX, Field};
use super::lines::{Lines, Step};
use super::options::{Options, Tail};

/// Where a dispatched event's data is.
enum Dispatch<'d> {
    /// In the caller's piece.
    Lent(&'d [u8]),
    /// In the block.
    Member,
}

/// An incremental event stream decoder: pieces in, events out.
///
/// ```
/// let mut decoder = ssewire_core::EventDecoder::default();
/// let mut piece: &[u8] = b"data: one\n\ndata: tw";
/// assert_eq!(decoder.next(&mut piece)?.unwrap().data, b"one");
/// assert_eq!(decoder.next(&mut piece)?, None);
/// # Ok::<(), ssewire_core::EventTooLarge>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct EventDecoder {
    options: Options,
    lines: Lines,
    line: OpenLine,
    block: Block,
    /// The standard's last event ID buffer; it becomes the last event ID at each blank line.
    id_buffer: String,
    last_event_id: String,
    /// An id stood in the block: comparing it with the last one would look at long ids again and again.
    new_id: bool,
    /// Ids taken so far.
    ids: u64,
    retry: Option<u64>,
    /// Events dispatched since the stream began.
    events: u64,
    fault: Option<EventTooLarge>,
}

impl EventDecoder {
    /// A decoder at the start of a stream.
    pub fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// The last event ID in force, `""` if none: what a reconnecting client sends as `Last-Event-ID`.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The last valid reconnection time in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// What the standard leaves open.
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// Events dispatched since the stream began.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Bytes taken since the stream began.
    pub fn offset(&self) -> u64 {
        self.lines.offset()
    }

    /// Takes bytes off `data` up to the end of the next event, and lends that event; `None` when `data` is used up.
    ///
    /// # Errors
    /// An event that is larger than the limit; from then on every call gives the same error, until [`Self::close`].
    #[expect(clippy::inline_always, reason = "an event is large: it is not to be handed over by memory")]
    #[inline(always)]
    pub fn next<'a, 'd: 'a>(&'a mut self, data: &mut &'d [u8]) -> Result<Option<Event<'a>>, EventTooLarge> {
        while self.is_between_events(data) {
            if let Some(usual) = WholeEvent::see(self.within_limit(data)) {
                self.pass_event(data, usual.size);
                let (event, named) = (usual.event.unwrap_or("message"), usual.event.is_some());
                let (id, ids) = (self.last_event_id.as_str(), self.ids);
                return Ok(Some(Event {
                    event,
                    named,
                    data: usual.data,
                    id,
                    ids,
                    retry: None,
                    nonstandard_lines: b"",
                }));
            }
            if !self.pass_idle_line(data) {
                break;
            }
        }
        Ok(self.advance(data)?.map(|dispatch| self.lend(&dispatch)))
    }

    /// Whether the next byte begins an event, whatever came before it. What a cut left of a line end is taken.
    pub(crate) fn is_between_events(&mut self, data: &mut &[u8]) -> bool {
        let untouched = self.line.size == 0 && (self.block.dispatched || !self.block.begun);
        if !untouched || self.fault.is_some() {
            return false;
        }
        self.lines.skip_lf(data);
        self.lines.at_line_start()
    }

    /// Takes a line that means nothing between events, if there is one: a keep-alive.
    pub(crate) fn pass_idle_line(&mut self, data: &mut &[u8]) -> bool {
        let size = fast_path::idle_line(self.within_limit(data));
        size.map(|size| self.lines.pass(data, size)).is_some()
    }

    /// The beginning of `data` that an event may take without being over the limit.
    pub(crate) fn within_limit<'d>(&self, data: &'d [u8]) -> &'d [u8] {
        let limit = self.options.max_event_size.unwrap_or(data.len());
        &data[..data.len().min(limit)]
    }

    /// Takes an event of `size` bytes, with data and without id or retry, that was read otherwise. Only between events and
    /// within the limit.
    pub(crate) fn pass_event(&mut self, data: &mut &[u8], size: usize) {
        self.lines.pass(data, size);
        self.events += 1;
    }

    /// The end of input: gives what the tail policy says, and makes ready for a new stream.
    ///
    /// The last event ID and the reconnection time outlive it, since a client reconnects with them.
    ///
    /// # Errors
    /// An event that only the end shows to be too large: a limit below a BOM's size, and half a BOM.
    pub fn close(&mut self) -> Result<Option<Event<'_>>, EventTooLarge> {
        self.begin_block();
        let dispatch = if self.fault.is_none() { self.close_tail() } else { Ok(None) };
        self.id_buffer.clone_from(&self.last_event_id);
        self.new_id = false;
        self.line.clear();
        self.lines = Lines::default();
        self.fault = None;
        self.events = 0;
        // The next call clears the block: until then the event is lent from it.
        self.block.dispatched = true;
        Ok(dispatch?.map(|dispatch| self.lend(&dispatch)))
    }

    /// Processes the unterminated line and block as if their line ends had come, where the policy says so.
    fn close_tail(&mut self) -> Result<Option<Dispatch<'static>>, EventTooLarge> {
        let no_bom = self.lines.end_start();
        self.extend_open_line(no_bom)?;
        if self.options.tail == Tail::Discard {
            return Ok(None);
        }
        let nonstandard_lines = self.block.nonstandard_lines.len();
        let open = self.line.size > 0;
        self.end_open_line();
        if open && self.block.nonstandard_lines.len() > nonstandard_lines {
            self.block.nonstandard_lines.pop();
        }
        Ok(self.dispatch().then_some(Dispatch::Member))
    }

    #[inline(never)]
    fn advance<'d>(&mut self, data: &mut &'d [u8]) -> Result<Option<Dispatch<'d>>, EventTooLarge> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        self.begin_block();
        let no_bom = self.lines.start(data);
        self.extend_open_line(no_bom)?;
        self.lines.skip_lf(data);
        while !data.is_empty() {
            if self.line.size == 0 {
                self.line.start = self.lines.offset();
            }
            let dispatch = match self.lines.step(data) {
                Step::Open(part) => self.extend_open_line(part).map(|()| None),
                Step::Line(part) if self.line.size == 0 => self.whole_line(part, data),
                Step::Line(part) => self.last_part(part),
            };
            if let Some(dispatch) = dispatch? {
                return Ok(Some(dispatch));
            }
            self.lines.skip_lf(data);
        }
        Ok(None)
    }

    /// Clears what the last event was lent from.
    fn begin_block(&mut self) {
        if self.block.dispatched {
            self.block.clear();
        }
    }

    fn lend<'a>(&'a self, dispatch: &Dispatch<'a>) -> Event<'a> {
        let data = match dispatch {
            Dispatch::Lent(data) => data,
            // The standard: "If the data buffer's last character is a U+000A LINE FEED, then remove" it.
            Dispatch::Member => self.block.data.strip_suffix(b"\n").unwrap_or(&self.block.data),
        };
        let named = !self.block.event.is_empty();
        let event = if named { &self.block.event } else { "message" };
        Event {
            event,
            named,
            data,
            id: &self.last_event_id,
            ids: self.ids,
            retry: self.block.retry,
            nonstandard_lines: &self.block.nonstandard_lines,
        }
    }

    /// A line that lies whole in the caller's piece: the fast path beside `extend_open_line` and `last_part`.
    fn whole_line<'d>(&mut self, line: &'d [u8], rest: &mut &'d [u8]) -> Result<Option<Dispatch<'d>>, EventTooLarge> {
        if line.is_empty() {
            return Ok(self.blank_line());
        }
        let (field, value) = Field::split(line);
        self.count_line(field, line.len())?;
        if field == Field::Data && self.block.data.is_empty() && self.lines.take_blank(rest) {
            self.end_block();
            self.events += 1;
            return Ok(Some(Dispatch::Lent(value)));
        }
        self.end_field(field, value);
        Ok(None)
    }

    fn blank_line(&mut self) -> Option<Dispatch<'static>> {
        if self.dispatch() {
            return Some(Dispatch::Member);
        }
        self.block.clear();
        None
    }

    /// Ends the block: the id that stood in it is in force from now on, be there an event or not.
    fn end_block(&mut self) {
        self.block.dispatched = true;
        if std::mem::take(&mut self.new_id) {
            self.last_event_id.clone_from(&self.id_buffer);
            self.ids += 1;
        }
    }

    /// Ends the block; whether there is an event in it.
    fn dispatch(&mut self) -> bool {
        self.end_block();
        let block = &self.block;
        let dispatched = !block.data.is_empty()
            || !block.nonstandard_lines.is_empty()
            || (self.options.dispatch_empty && block.named);
        self.events += u64::from(dispatched);
        dispatched
    }

    fn extend_open_line(&mut self, part: &[u8]) -> Result<(), EventTooLarge> {
        if part.is_empty() {
            return Ok(());
        }
        self.check(self.block.size, self.line.size + part.len())?;
        self.line.size += part.len();
        self.append_to_open_line(part);
        Ok(())
    }

    fn append_to_open_line(&mut self, mut part: &[u8]) {
        if self.line.field.is_none() {
            let (head, rest) = part.split_at(part.len().min(FIELD_PREFIX - self.line.head.len()));
            self.line.head.extend_from_slice(head);
            part = rest;
            if self.line.head.len() < FIELD_PREFIX {
                return;
            }
            let head = std::mem::take(&mut self.line.head);
            let (field, value) = Field::split(&head);
            self.line.field = Some(field);
            self.append(field, value);
            self.line.head = head;
        }
        if let Some(field) = self.line.field {
            self.append(field, part);
        }
    }

    /// Adds to the value of a line that is still open.
    fn append(&mut self, field: Field, part: &[u8]) {
        match field {
            Field::Data => self.block.data.extend_from_slice(part),
            Field::Unknown if self.options.keep_nonstandard_lines => {
                self.block.nonstandard_lines.extend_from_slice(part);
            }
            Field::Event | Field::Id | Field::Retry => self.line.value.extend_from_slice(part),
            Field::Comment | Field::Unknown => {}
        }
    }

    /// The last part of a line that began in an earlier piece.
    fn last_part(&mut self, part: &[u8]) -> Result<Option<Dispatch<'static>>, EventTooLarge> {
        self.extend_open_line(part)?;
        let field = self.line.field.unwrap_or_else(|| Field::split(&self.line.head).0);
        let size = std::mem::take(&mut self.line.size);
        self.count_line(field, size)?;
        self.end_open_line();
        Ok(None)
    }

    fn end_open_line(&mut self) {
        if let Some(field) = self.line.field {
            let value = std::mem::take(&mut self.line.value);
            self.end_field(field, &value);
            self.line.value = value;
        } else if !self.line.head.is_empty() {
            let head = std::mem::take(&mut self.line.head);
            let (field, value) = Field::split(&head);
            self.end_field(field, value);
            self.line.head = head;
        }
        self.line.clear();
    }

    /// Processes a field whose `value`, or the rest of it, is complete.
    fn end_field(&mut self, field: Field, value: &[u8]) {
        match field {
            Field::Data => {
                self.block.data.extend_from_slice(value);
                self.block.data.push(b'\n');
            }
            Field::Unknown if self.options.keep_nonstandard_lines => {
                self.block.nonstandard_lines.extend_from_slice(value);
                self.block.nonstandard_lines.push(b'\n');
            }
            Field::Event => {
                self.block.event = String::from_utf8_lossy(value).into_owned();
                self.block.named = true;
            }
            Field::Id => self.set_id(value),
            Field::Retry => self.set_retry(value),
            Field::Comment | Field::Unknown => {}
        }
    }

    /// The standard ignores an id with a NUL: no header could carry it back.
    fn set_id(&mut self, value: &[u8]) {
        if memchr::memchr(0, value).is_none() {
            self.id_buffer = String::from_utf8_lossy(value).into_owned();
            self.new_id = true;
            self.block.named = true;
        }
    }

    /// ASCII digits only; what no signed 64-bit number holds is ignored, so that no client waits for ever.
    fn set_retry(&mut self, value: &[u8]) {
        let digits = value.iter().all(u8::is_ascii_digit);
        let retry = std::str::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok());
        if let (true, Some(retry)) = (digits, retry) {
            self.block.retry = Some(retry.unsigned_abs());
            self.retry = self.block.retry;
            self.block.named = true;
        }
    }

    /// Counts a line of `size` bytes and its end against the limit.
    ///
    /// Comments and unknown lines before the first field of a block are not part of an event: they are checked, but
    /// then forgotten, so that a stream of keep-alives may go on for ever.
    fn count_line(&mut self, field: Field, size: usize) -> Result<(), EventTooLarge> {
        let ignored = field == Field::Comment || (field == Field::Unknown && !self.options.keep_nonstandard_lines);
        if ignored && !self.block.begun {
            return self.check(0, size);
        }
        self.check(self.block.size, size + 1)?;
        self.block.begun = true;
        self.block.size += size + 1;
        Ok(())
    }

    /// Faults when the event's `before` bytes and the current line's `line` bytes together are over the limit.
    ///
    /// The fault's figures are those of the byte that crossed the limit: the same for every cut.
    fn check(&mut self, before: usize, line: usize) -> Result<(), EventTooLarge> {
        let Some(limit) = self.options.max_event_size else { return Ok(()) };
        if before.saturating_add(line) <= limit {
            return Ok(());
        }
        let offset = self.line.start + (limit - before) as u64;
        let fault = EventTooLarge { size: limit + 1, limit, event: self.events + 1, offset };
        self.fault = Some(fault.clone());
        Err(fault)
    }
}
