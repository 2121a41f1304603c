//! What JSON text is found to contain while it arrives.

use std::fmt;

use super::text::Text;

/// What a piece of the text makes certain.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<'a> {
    /// An object begins.
    Object,
    /// An array begins.
    Array,
    /// The innermost object or array is complete.
    End,
    /// The name of the member whose value comes next.
    Name(Text<'a>),
    /// A string begins, with as much of it as is certain.
    String(Text<'a>),
    /// More of the string that began last.
    More(Text<'a>),
    /// A number's digits, all of them.
    Number(&'a str),
    /// A constant.
    Constant(Constant),
}

/// The words that are values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// `NaN`, which Python writes and no standard knows.
    NaN,
    /// `Infinity`, which Python writes and no standard knows.
    Infinity,
    /// `-Infinity`, which Python writes and no standard knows.
    NegativeInfinity,
}

impl Constant {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::True => "true",
            Self::False => "false",
            Self::NaN => "NaN",
            Self::Infinity => "Infinity",
            Self::NegativeInfinity => "-Infinity",
        }
    }
}

/// Text that cannot become JSON, whatever follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotJson {
    /// What could have come.
    pub expected: &'static str,
    /// What came.
    pub got: char,
    /// How many characters came before it.
    pub at: usize,
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, got {:?} at character {}", self.expected, self.got, self.at)
    }
}

impl std::error::Error for NotJson {}
