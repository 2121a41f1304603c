//! What an event decoder holds between two pieces: the block of the fields so far, and the line that a cut left open.
//!
//! The obvious decoder keeps bytes until a line end shows that a line is complete, and then looks at the line. It holds a large
//! `data` field twice, in its line and in its block. Here the first bytes of a line are kept until they determine the field, and
//! from then on its value goes where it belongs: `data` into the block at once, and what is ignored nowhere. Cut into `dat`,
//! `a: on` and `e\n`, a line is `dat` in the prefix, then `on` in the block, then `one\n`.
//!
//! 1. However a line is cut, the block holds the same once the line has ended.
//! 2. Fields have no effect outside of the block until a blank line ends it, but for the reconnection time.

use super::field::{FIELD_PREFIX, Field};
use super::options::Options;
use crate::limits::RETAINED_CAPACITY;

/// The line that a cut left open.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenLine {
    /// Its first bytes, until they determine the field.
    prefix: Vec<u8>,
    field: Option<Field>,
    /// The value so far, where it is not appended to the block directly.
    value: Vec<u8>,
    pub(crate) size: usize,
    /// Offset of its first byte in the stream; that of any line while it is being taken.
    pub(crate) start: u64,
}

impl OpenLine {
    /// Takes a part of the line as far as it belongs to the prefix. Returns the rest of the part, for `extend`.
    pub(crate) fn take_prefix<'d>(&mut self, part: &'d [u8], block: &mut Block) -> &'d [u8] {
        self.size += part.len();
        if self.field.is_some() {
            return part;
        }
        let (prefix, rest) = part.split_at(part.len().min(FIELD_PREFIX - self.prefix.len()));
        self.prefix.extend_from_slice(prefix);
        if self.prefix.len() == FIELD_PREFIX {
            let (field, begin) = Field::split(&self.prefix);
            self.field = Some(field);
            Self::append(field, begin, &mut self.value, block);
        }
        rest
    }

    /// Appends what follows the prefix, of which the block gets what belongs to it already.
    pub(crate) fn extend(&mut self, rest: &[u8], block: &mut Block) {
        if let Some(field) = self.field {
            Self::append(field, rest, &mut self.value, block);
        }
    }

    /// Short values that mean nothing before they are complete are collected in `value`, all others in the block.
    fn append(field: Field, part: &[u8], value: &mut Vec<u8>, block: &mut Block) {
        let buffer = match field {
            Field::Event | Field::Id | Field::Retry => Some(value),
            Field::Comment if block.keep.comments => Some(value),
            Field::Data | Field::Comment | Field::Unknown => block.buffer(field),
        };
        if let Some(buffer) = buffer {
            buffer.extend_from_slice(part);
        }
    }

    /// The field, as far as the bytes so far determine it.
    pub(crate) fn field(&self) -> Field {
        self.field.unwrap_or_else(|| Field::split(&self.prefix).0)
    }

    /// Whether the line is part of an event, whatever follows: without a colon, a known name may be the beginning of an
    /// unknown one.
    pub(crate) fn counts_in(&self, block: &Block) -> bool {
        let field = match self.field {
            Some(field) => field,
            None if block.keep.nonstandard_lines || self.prefix.contains(&b':') => self.field(),
            None => Field::Unknown,
        };
        block.begun || !block.ignores(field)
    }

    /// Ends the line: its field is complete in the block.
    pub(crate) fn end(&mut self, block: &mut Block) {
        let known = self.field.map(|field| (field, self.value.as_slice()));
        let (field, value) = known.unwrap_or_else(|| Field::split(&self.prefix));
        block.end_field(field, value);
        self.clear();
    }

    /// Ends a line that is a comment: moves its text into `comment`.
    pub(crate) fn end_comment(&mut self, comment: &mut Vec<u8>) {
        comment.clear();
        comment.shrink_to(RETAINED_CAPACITY);
        if self.field.is_some() {
            std::mem::swap(comment, &mut self.value);
        } else {
            comment.extend_from_slice(Field::split(&self.prefix).1);
        }
        self.clear();
    }

    pub(crate) fn clear(&mut self) {
        self.prefix.clear();
        self.field = None;
        self.value.clear();
        self.value.shrink_to(RETAINED_CAPACITY);
        self.size = 0;
        self.start = 0;
    }
}

/// What of the lines that have no effect is not dropped.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keep {
    pub(crate) nonstandard_lines: bool,
    pub(crate) comments: bool,
}

/// The fields since the last blank line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) keep: Keep,
    event: Option<String>,
    /// As in the standard: each data line's value and an LF.
    data: Vec<u8>,
    pub(crate) nonstandard_lines: Vec<u8>,
    pub(crate) id: Option<String>,
    pub(crate) retry: Option<u64>,
    /// Its lines count against the limit: it has a known field.
    pub(crate) begun: bool,
    pub(crate) size: usize,
    pub(crate) dispatched: bool,
}

impl Block {
    pub(crate) fn new(options: &Options) -> Self {
        let keep = Keep { nonstandard_lines: options.keep_nonstandard_lines, comments: options.keep_comments };
        Self { keep, ..Self::default() }
    }

    /// Whether lines with that field change nothing, and are dropped.
    pub(crate) fn ignores(&self, field: Field) -> bool {
        match field {
            Field::Comment => !self.keep.comments,
            Field::Unknown => !self.keep.nonstandard_lines,
            _ => false,
        }
    }

    /// Counts a line against the limit; `size` includes its end.
    pub(crate) fn count(&mut self, size: usize) {
        self.begun = true;
        self.size += size;
    }

    /// Where the values of that field's lines are collected, each with an LF after it.
    fn buffer(&mut self, field: Field) -> Option<&mut Vec<u8>> {
        match field {
            Field::Data => Some(&mut self.data),
            Field::Unknown if self.keep.nonstandard_lines => Some(&mut self.nonstandard_lines),
            _ => None,
        }
    }

    /// Processes a field whose `value` is complete; of what the block collects it is the rest.
    pub(crate) fn end_field(&mut self, field: Field, value: &[u8]) {
        match field {
            Field::Event => self.event = Some(String::from_utf8_lossy(value).into_owned()),
            Field::Id => self.set_id(value),
            Field::Retry => self.set_retry(value),
            Field::Data | Field::Comment | Field::Unknown => {
                if let Some(buffer) = self.buffer(field) {
                    buffer.extend_from_slice(value);
                    buffer.push(b'\n');
                }
            }
        }
    }

    /// The standard ignores an id with a NUL: no header could carry it back.
    fn set_id(&mut self, value: &[u8]) {
        if memchr::memchr(0, value).is_none() {
            self.id = Some(String::from_utf8_lossy(value).into_owned());
        }
    }

    /// ASCII digits only. A number that no signed 64-bit integer holds is ignored, so that no client waits for ever.
    fn set_retry(&mut self, value: &[u8]) {
        let digits = value.iter().all(u8::is_ascii_digit);
        let retry = std::str::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok());
        if let (true, Some(retry)) = (digits, retry) {
            self.retry = Some(retry.unsigned_abs());
        }
    }

    /// Whether no data line came yet.
    pub(crate) fn has_no_data(&self) -> bool {
        self.data.is_empty()
    }

    /// Whether it has lines that are kept, and are more than whitespace.
    pub(crate) fn has_nonstandard_lines(&self) -> bool {
        !self.nonstandard_lines.iter().all(u8::is_ascii_whitespace)
    }

    /// Whether it has a valid `event`, `id` or `retry` field.
    pub(crate) fn has_other_fields(&self) -> bool {
        self.event.is_some() || self.id.is_some() || self.retry.is_some()
    }

    /// The event type; `None` where none is named.
    pub(crate) fn event(&self) -> Option<&str> {
        self.event.as_deref().filter(|event| !event.is_empty())
    }

    /// The standard: "If the data buffer's last character is a U+000A LINE FEED, then remove" it.
    pub(crate) fn data(&self) -> &[u8] {
        self.data.strip_suffix(b"\n").unwrap_or(&self.data)
    }

    /// Empties it. The buffers keep their memory, up to what events usually need.
    pub(crate) fn clear(&mut self) {
        self.event = None;
        self.data.clear();
        self.nonstandard_lines.clear();
        self.id = None;
        self.retry = None;
        self.begun = false;
        self.size = 0;
        self.dispatched = false;
        self.data.shrink_to(RETAINED_CAPACITY);
        self.nonstandard_lines.shrink_to(RETAINED_CAPACITY);
    }
}
