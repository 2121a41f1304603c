//! One value of a payload, read in place.

use std::borrow::Cow;

use super::names::Marks;
use super::node::{Kind, NULL, Node};
use super::{Object, Text, compact, read};

/// One JSON value, verbatim, known to be well-formed: its payload's text, and its own nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    text: &'a str,
    nodes: &'a [Node],
}

impl Default for Raw<'_> {
    fn default() -> Self {
        Self { text: "null", nodes: &NULL }
    }
}

/// Equal if they are written equally.
impl PartialEq for Raw<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Raw<'_> {}

impl<'a> Raw<'a> {
    pub(super) fn new(text: &'a str, nodes: &'a [Node]) -> Self {
        Self { text, nodes }
    }

    fn node(self) -> &'a Node {
        &self.nodes[0]
    }

    fn kind(self) -> Kind {
        self.node().kind
    }

    /// The marks of an object's names, if they can be compared as they are written.
    pub(super) fn marks(self) -> Option<Marks> {
        Marks::of(self.text, &self.nodes[1..])
    }

    /// The JSON text.
    pub(crate) fn as_str(self) -> &'a str {
        let Node { start, end, .. } = *self.node();
        &self.text[start as usize..end as usize]
    }

    /// Its range in the text of its payload, in bytes.
    pub(super) fn span(self) -> (usize, usize) {
        (self.node().start as usize, self.node().end as usize)
    }

    /// How many arrays and objects there are around a value inside this one.
    pub(super) fn depth_of(self, value: Raw<'_>) -> usize {
        let (start, end) = value.span();
        self.nodes.iter().filter(|node| (node.start as usize) < start && end < node.end as usize).count()
    }

    pub(crate) fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    pub(crate) fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    pub(crate) fn is_string(self) -> bool {
        self.kind() == Kind::String
    }

    pub(crate) fn is_number(self) -> bool {
        self.kind() == Kind::Number
    }

    pub(crate) fn is_array(self) -> bool {
        self.kind() == Kind::Array
    }

    /// Whether Python would call the value true.
    pub(crate) fn is_truthy(self) -> bool {
        match self.kind() {
            Kind::Null | Kind::False => false,
            Kind::True => true,
            Kind::Object | Kind::Array => self.nodes.len() > 1,
            Kind::String => self.node().end - self.node().start > 2,
            Kind::Number => is_nonzero(self.as_str()),
        }
    }

    /// Whether there is a list with anything in it, at any depth.
    pub(crate) fn has_list(self) -> bool {
        self.nodes.iter().any(|node| node.kind == Kind::Array && node.size > 1)
    }

    /// Whether there is a null in it, at any depth.
    pub(crate) fn has_null(self) -> bool {
        self.nodes.iter().any(|node| node.kind == Kind::Null)
    }

    /// The value taken apart as an object; one without members where it is none.
    pub(crate) fn object(self) -> Object<'a> {
        Object::of(self)
    }

    /// What is inside it: the items of an array; the names and values of an object, in turn.
    pub(super) fn inside(self) -> Inside<'a> {
        Inside { text: self.text, nodes: &self.nodes[1..] }
    }

    /// The member of an object whose name is written exactly like that.
    pub(super) fn find(self, name: &str) -> Option<Raw<'a>> {
        let (bytes, nodes) = (self.text.as_bytes(), self.nodes);
        let mut at = 1;
        while let Some(value) = nodes.get(at + 1) {
            let (start, end) = (nodes[at].start as usize + 1, nodes[at].end as usize - 1);
            let next = at + 1 + value.size as usize;
            if end - start == name.len() && bytes[start..end] == *name.as_bytes() {
                return Some(Raw { text: self.text, nodes: &nodes[at + 1..next] });
            }
            at = next;
        }
        None
    }

    /// The items of an array; none for what is no array.
    pub(crate) fn items(self) -> Vec<Raw<'a>> {
        if self.is_array() { self.inside().collect() } else { Vec::new() }
    }

    /// The items of an array that are objects; none for what is no array.
    pub(crate) fn objects(self) -> Vec<Raw<'a>> {
        if self.is_array() { self.inside().filter(|item| item.is_object()).collect() } else { Vec::new() }
    }

    /// The text of a string between its quotes, as it is written.
    pub(super) fn quoted(self) -> Option<&'a str> {
        let Node { start, end, kind, .. } = *self.node();
        (kind == Kind::String).then(|| &self.text[start as usize + 1..end as usize - 1])
    }

    /// The text of a string.
    pub(crate) fn text(self) -> Option<Text<'a>> {
        match self.quoted() {
            Some(quoted) if self.node().plain => Some(Text::from(quoted)),
            Some(_) => read::string(self.as_str()),
            None => None,
        }
    }

    /// The objects of a list, or what some servers send instead: one object without a list, or an object whose names
    /// are the list's indexes.
    pub(crate) fn listed(self) -> Vec<Raw<'a>> {
        if !self.is_object() {
            return self.objects();
        }
        let object = self.object();
        let indexed = object.iter().all(|(name, value)| value.is_object() && name.bytes().all(|b| b.is_ascii_digit()));
        if indexed { object.iter().map(|(_, value)| value).collect() } else { vec![self] }
    }

    /// The text of a string, or of a number or a boolean as it is written.
    pub(crate) fn scalar(self) -> Option<Text<'a>> {
        let other = !matches!(self.kind(), Kind::Object | Kind::Array | Kind::Null);
        self.text().or_else(|| other.then(|| Text::from(self.as_str())))
    }

    /// The text of a string, lone surrogates replaced.
    pub(crate) fn str(self) -> Option<Cow<'a, str>> {
        self.text().map(Text::into_str)
    }

    /// The text of a string, or the JSON text of anything else: arguments that come as an object.
    pub(crate) fn text_or_json(self) -> Text<'a> {
        self.text().unwrap_or_else(|| Text::Whole(Cow::Owned(self.compact())))
    }

    /// A whole number from 0 on, or a string of its digits; a number too large for the type is the largest one.
    pub(crate) fn index(self) -> Option<i64> {
        let text = self.str().unwrap_or(Cow::Borrowed(self.as_str()));
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(i64::MAX))
    }

    /// The JSON text without whitespace between its parts.
    pub(crate) fn compact(self) -> String {
        compact(self.as_str())
    }
}

/// Whether a number is not 0, as readers with 64-bit floats see it.
fn is_nonzero(number: &str) -> bool {
    let small = number.bytes().any(|byte| matches!(byte, b'e' | b'E')) || number.len() > 300;
    if small { number.parse::<f64>() != Ok(0.0) } else { number.bytes().any(|byte| matches!(byte, b'1'..=b'9')) }
}

/// Adjacent values.
pub(crate) struct Inside<'a> {
    text: &'a str,
    nodes: &'a [Node],
}

impl<'a> Inside<'a> {
    /// The next member of an object whose names are plain text.
    #[inline]
    pub(super) fn member(&mut self) -> Option<(&'a str, Raw<'a>)> {
        let [name, value, ..] = self.nodes else { return None };
        let (member, rest) = self.nodes.split_at(1 + value.size as usize);
        self.nodes = rest;
        let name = &self.text[name.start as usize + 1..name.end as usize - 1];
        Some((name, Raw { text: self.text, nodes: &member[1..] }))
    }
}

impl<'a> Iterator for Inside<'a> {
    type Item = Raw<'a>;

    #[inline]
    fn next(&mut self) -> Option<Raw<'a>> {
        let size = self.nodes.first()?.size as usize;
        let (nodes, rest) = self.nodes.split_at(size);
        self.nodes = rest;
        Some(Raw { text: self.text, nodes })
    }
}
