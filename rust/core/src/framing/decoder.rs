//! Lines -> events: the HTML standard's "interpreting an event stream" (9.2.6).
//!
//! The obvious decoder copies each piece into a buffer, cuts lines off it, and copies their values into an event. Here an event
//! that lies whole in the caller's piece is lent out of it: at once where it has the usual form (`fast_path`), or line by line
//! where a single `data` line is all it has. Everything else is copied once, into the block.
//!
//! 1. Framing cannot fail: any bytes are an event stream. Only the size limit raises.
//! 2. An event is out with the last byte of the line end that dispatches it.
//! 3. Where the stream is cut changes no event and no figure of a fault.
//! 4. Comments and unknown lines are dropped unbuffered, unless `Options` ask for them.
//!
//! Of `data: a\n\ndata: b\ndata: c\n\n` the first event is lent; the second is two lines, and so `b\nc\n` in the block, from which
//! `b\nc` is lent.

use super::block::{Block, OpenLine};
use super::error::{Bound, EventTooLarge};
use super::event::{Event, Item};
use super::fast_path::{self, WholeEvent};
use super::field::Field;
use super::lines::{Lines, Step};
use super::options::{Options, Tail};

/// Where a dispatched event's data is.
enum Dispatch<'d> {
    /// In the caller's piece.
    Lent(&'d [u8]),
    /// In the block.
    Block,
    /// It is no event, but a comment that lies whole in the caller's piece.
    LentComment(&'d [u8]),
    /// It is no event, but the comment that the decoder keeps.
    Comment,
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
    /// The last comment of several pieces, where comments are kept.
    comment: Vec<u8>,
    last_event_id: String,
    /// Ids that were in force so far: comparing long ids with each other would take long.
    id_generation: u64,
    /// The last valid reconnection time of the blocks before this one.
    retry: Option<u64>,
    /// Events dispatched since the stream began.
    events: u64,
    /// The offset of the byte that crossed the limit.
    crossed: Option<u64>,
}

impl EventDecoder {
    /// A decoder at the start of a stream.
    pub fn new(options: Options) -> Self {
        Self { block: Block::new(&options), options, ..Self::default() }
    }

    /// Keeps comments from now on, as [`Options::keep_comments`] asks for from the beginning.
    pub fn keep_comments(&mut self) {
        self.options.keep_comments = true;
        self.block.keep.comments = true;
    }

    /// The last event ID in force, `""` if none: what a reconnecting client sends as `Last-Event-ID`.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The last valid reconnection time in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.block.retry.or(self.retry)
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
    /// Comments are passed over; [`Self::next_item`] gives them.
    ///
    /// # Errors
    /// An event that is larger than the limit; from then on every call gives the same error, until [`Self::close`].
    #[expect(clippy::inline_always, reason = "an event is large, and would be returned through memory")]
    #[inline(always)]
    pub fn next<'a, 'd: 'a>(&'a mut self, data: &mut &'d [u8]) -> Result<Option<Event<'a>>, EventTooLarge> {
        if let Some(WholeEvent { event, data }) = self.next_whole(data, WholeEvent::parse) {
            let (id, id_generation) = (self.last_event_id.as_str(), self.id_generation);
            let (named, event) = (event.is_some(), event.unwrap_or("message"));
            return Ok(Some(Event { event, named, data, id, id_generation, ..Event::unnamed() }));
        }
        loop {
            match self.advance(data)? {
                Some(Dispatch::LentComment(_) | Dispatch::Comment) => {}
                dispatch => return Ok(dispatch.map(|dispatch| self.lend(&dispatch))),
            }
        }
    }

    /// Takes bytes off `data` up to the end of the next event, or of the next comment where [`Options::keep_comments`] asks
    /// for them; `None` when `data` is used up.
    ///
    /// The limit of an event holds for a comment between events too: one inside an event counts as a line of it. A comment
    /// whose line end never comes is dropped, whatever the tail policy.
    ///
    /// ```
    /// use ssewire_core::{EventDecoder, Item, Options};
    ///
    /// let mut decoder = EventDecoder::new(Options { keep_comments: true, ..Options::default() });
    /// let mut piece: &[u8] = b": ping\ndata: one\n\n";
    /// assert_eq!(decoder.next_item(&mut piece)?, Some(Item::Comment(b"ping")));
    /// assert!(matches!(decoder.next_item(&mut piece)?, Some(Item::Event(event)) if event.data == b"one"));
    /// # Ok::<(), ssewire_core::EventTooLarge>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn next_item<'a, 'd: 'a>(&'a mut self, data: &mut &'d [u8]) -> Result<Option<Item<'a>>, EventTooLarge> {
        let Some(dispatch) = self.advance(data)? else { return Ok(None) };
        Ok(Some(match dispatch {
            Dispatch::LentComment(text) => Item::Comment(text),
            Dispatch::Comment => Item::Comment(&self.comment),
            event => Item::Event(self.lend(&event)),
        }))
    }

    /// Takes the next event off `data` where `fast_path` reads it; and the lines before it that mean nothing between events.
    ///
    /// `fast_path` is given bytes at whose beginning an event may begin, as many as are within the limit. It returns how many of
    /// them an event takes, and what it made of that event, which has data and neither id nor retry; `None` leaves the event to
    /// be read line by line.
    #[expect(clippy::inline_always, reason = "it is the loop around the fast path")]
    #[inline(always)]
    pub(crate) fn next_whole<'d, T>(
        &mut self,
        data: &mut &'d [u8],
        mut fast_path: impl FnMut(&'d [u8]) -> Option<(usize, T)>,
    ) -> Option<T> {
        while self.is_between_events(data) {
            let piece = self.within_limit(data);
            if let Some((size, event)) = fast_path(piece) {
                self.lines.pass(data, size);
                self.events += 1;
                return Some(event);
            }
            if !(fast_path::may_be_idle(data) && self.pass_idle_lines(data)) {
                break;
            }
        }
        None
    }

    /// Takes the lines off `data` that mean nothing between events. Returns whether there were any.
    fn pass_idle_lines(&mut self, data: &mut &[u8]) -> bool {
        let idle = fast_path::idle_lines(self.within_limit(data), self.block.keep);
        self.lines.pass(data, idle);
        idle > 0
    }

    /// Whether the next byte begins an event, whatever came before it. What a cut left of a line end is taken.
    fn is_between_events(&mut self, data: &mut &[u8]) -> bool {
        let untouched = self.line.size == 0 && (self.block.dispatched || !self.block.begun);
        if !untouched || self.crossed.is_some() {
            return false;
        }
        self.lines.skip_lf(data);
        self.lines.at_line_start()
    }

    /// The beginning of `data` that an event may take without being over the limit.
    fn within_limit<'d>(&self, data: &'d [u8]) -> &'d [u8] {
        let limit = self.options.max_event_size.unwrap_or(data.len());
        &data[..data.len().min(limit)]
    }

    /// The end of input: gives what the tail policy says, and makes ready for a new stream.
    ///
    /// The last event ID and the reconnection time outlive it, since a client reconnects with them.
    ///
    /// # Errors
    /// An event that only the end shows to be too large: its last line may have been another field's until then.
    pub fn close(&mut self) -> Result<Option<Event<'_>>, EventTooLarge> {
        self.begin_block();
        let dispatch = if self.crossed.is_none() { self.close_tail() } else { Ok(None) };
        self.line.clear();
        self.lines = Lines::default();
        self.comment = Vec::new();
        self.crossed = None;
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
        if self.line.size > 0 {
            if !self.block.ignores(self.line.field()) {
                self.check(self.block.size, self.line.size)?;
            }
            let nonstandard = self.line.field() == Field::Unknown;
            self.line.end(&mut self.block);
            if nonstandard {
                // The LF, which never came.
                self.block.nonstandard_lines.pop();
            }
        }
        Ok(self.dispatch().then_some(Dispatch::Block))
    }

    #[inline(never)]
    fn advance<'d>(&mut self, data: &mut &'d [u8]) -> Result<Option<Dispatch<'d>>, EventTooLarge> {
        if let Some(offset) = self.crossed {
            return Err(self.fault(offset));
        }
        self.begin_block();
        let no_bom = self.lines.start(data);
        self.extend_open_line(no_bom)?;
        loop {
            self.lines.skip_lf(data);
            if data.is_empty() {
                return Ok(None);
            }
            if fast_path::may_be_idle(data) && self.is_between_events(data) && self.pass_idle_lines(data) {
                continue;
            }
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
        }
    }

    /// Clears what the last event was lent from.
    fn begin_block(&mut self) {
        if self.block.dispatched {
            self.clear_block();
        }
    }

    /// Clears the block; its reconnection time outlives it.
    fn clear_block(&mut self) {
        self.retry = self.retry();
        self.block.clear();
    }

    fn lend<'a>(&'a self, dispatch: &Dispatch<'a>) -> Event<'a> {
        let data = match dispatch {
            Dispatch::Lent(data) => data,
            _ => self.block.data(),
        };
        let event = self.block.event();
        Event {
            event: event.unwrap_or("message"),
            named: event.is_some(),
            data,
            id: &self.last_event_id,
            id_generation: self.id_generation,
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
        if field == Field::Comment && self.block.keep.comments {
            return Ok(Some(Dispatch::LentComment(value)));
        }
        if field == Field::Data && self.block.has_no_data() && self.lines.take_blank(rest) {
            self.end_block();
            self.events += 1;
            return Ok(Some(Dispatch::Lent(value)));
        }
        self.block.end_field(field, value);
        Ok(None)
    }

    fn blank_line(&mut self) -> Option<Dispatch<'static>> {
        if self.dispatch() {
            return Some(Dispatch::Block);
        }
        self.clear_block();
        None
    }

    /// Ends the block: its id is in force from now on, be there an event or not.
    fn end_block(&mut self) {
        self.block.dispatched = true;
        if let Some(id) = self.block.id.take() {
            self.last_event_id = id;
            self.id_generation += 1;
        }
    }

    /// Ends the block; whether there is an event in it.
    fn dispatch(&mut self) -> bool {
        let block = &self.block;
        let dispatched = !block.has_no_data()
            || block.has_nonstandard_lines()
            || (self.options.dispatch_empty && block.has_other_fields());
        self.end_block();
        self.events += u64::from(dispatched);
        dispatched
    }

    fn extend_open_line(&mut self, part: &[u8]) -> Result<(), EventTooLarge> {
        if part.is_empty() {
            return Ok(());
        }
        let rest = self.line.take_prefix(part, &mut self.block);
        if self.line.counts_in(&self.block) {
            self.check(self.block.size, self.line.size)?;
        }
        self.line.extend(rest, &mut self.block);
        Ok(())
    }

    /// The last part of a line that began in an earlier piece.
    fn last_part(&mut self, part: &[u8]) -> Result<Option<Dispatch<'static>>, EventTooLarge> {
        self.extend_open_line(part)?;
        let size = std::mem::take(&mut self.line.size);
        let field = self.line.field();
        self.count_line(field, size)?;
        if field == Field::Comment && self.block.keep.comments {
            self.line.end_comment(&mut self.comment);
            return Ok(Some(Dispatch::Comment));
        }
        self.line.end(&mut self.block);
        Ok(None)
    }

    /// Counts a line of `size` bytes and its end against the limit.
    ///
    /// Comments and unknown lines before the first field of a block are not part of an event. They are dropped unbuffered, so
    /// they may be of any size, and a stream of keep-alives may last for ever. A comment that is kept is held to the limit by
    /// itself.
    fn count_line(&mut self, field: Field, size: usize) -> Result<(), EventTooLarge> {
        if self.block.ignores(field) && !self.block.begun {
            return Ok(());
        }
        self.check(self.block.size, size + 1)?;
        if field != Field::Comment || self.block.begun {
            self.block.count(size + 1);
        }
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
        self.crossed = Some(offset);
        Err(self.fault(offset))
    }

    /// The fault of the event whose byte at that offset crossed the limit.
    fn fault(&self, offset: u64) -> EventTooLarge {
        let limit = self.options.max_event_size.unwrap_or_default();
        EventTooLarge { bound: Bound::EventSize, size: limit + 1, limit, event: self.events + 1, offset }
    }
}
