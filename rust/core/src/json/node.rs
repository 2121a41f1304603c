//! One value of a text, or the name of one, as the pass over the text finds it: see `nodes`.

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,
}

/// One value, or the name of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Its bytes in the text.
    pub(super) start: u32,
    pub(super) end: u32,
    /// The number of nodes that it takes, itself included.
    pub(super) size: u32,
    pub(super) kind: Kind,
    /// Whether it is a string without escapes.
    pub(super) plain: bool,
}

/// The nodes of a value that is null.
pub(super) static NULL: [Node; 1] = [Node { start: 0, end: 4, size: 1, kind: Kind::Null, plain: false }];
