//! Lines -> fields.

/// What a line is, by its field name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Data,
    Event,
    Id,
    Retry,
    Comment,
    Unknown,
}

const FIELDS: [(&[u8], Field); 4] =
    [(b"data", Field::Data), (b"event", Field::Event), (b"id", Field::Id), (b"retry", Field::Retry)];

/// As many bytes of a line as tell its field, the colon and the space after it: `retry: `.
pub(crate) const FIELD_PREFIX: usize = 7;

impl Field {
    /// Splits a line, or its first `HEAD` bytes, into its field and value. The whole line is the value of an unknown
    /// one.
    pub(crate) fn split(line: &[u8]) -> (Self, &[u8]) {
        if line.first() == Some(&b':') {
            return (Self::Comment, &line[1..]);
        }
        for (name, field) in FIELDS {
            match line.strip_prefix(name) {
                Some([]) => return (field, b""),
                Some([b':', b' ', value @ ..] | [b':', value @ ..]) => return (field, value),
                _ => {}
            }
        }
        (Self::Unknown, line)
    }
}
