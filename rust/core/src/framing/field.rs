//! Lines -> fields: the field name before the colon, and the value after it and after one space.

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

/// As many bytes of a line determine its field and where the value begins: those of `retry: `, the longest name.
pub(crate) const FIELD_PREFIX: usize = 7;

impl Field {
    /// Splits a line, or its first [`FIELD_PREFIX`] bytes, into its field and value. The value of an unknown field is the whole
    /// line.
    pub(crate) fn split(line: &[u8]) -> (Self, &[u8]) {
        if let [b':', b' ', text @ ..] | [b':', text @ ..] = line {
            return (Self::Comment, text);
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
