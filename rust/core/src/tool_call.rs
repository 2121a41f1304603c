//! Tool calls, and which of them a piece belongs to.
//!
//! Providers leave out the index, reuse it for the next call, repeat or regenerate ids, and send names whole, in pieces
//! or again and again.
//!
//! 1. With an index, a piece belongs to the call that last used the index, unless it shows that it begins another: an
//!    unknown id with a name, or (without an id) a name after arguments that are complete.
//! 2. Without an index, a piece belongs to the call with its id; without an id to the last call, unless it brings a new
//!    name.
//! 3. The first id counts; a name may grow while there are no arguments; arguments are appended as they come.
//! 4. Calls keep the order in which they first appeared, and their raw text: a call is never finished because its JSON
//!    looks complete.

use std::collections::HashMap;

use crate::fields::Fields;
use crate::json::{Payload, is_whitespace};
use crate::text::{Text, TextBuffer};

/// One call of a tool, as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct ToolCall {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) arguments: TextBuffer,
    /// The arguments that it came with, which count where no pieces come.
    pub(crate) otherwise: String,
    complete: Completeness,
    /// Members of the call, and of its function, that the merge rule does not know.
    pub(crate) fields: Fields,
    pub(crate) function_fields: Fields,
}

/// What a chunk says of one call; empty where it says nothing.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) index: Option<i64>,
    /// Its place in the chunk's list, and the list's length.
    pub(crate) place: (usize, usize),
    pub(crate) id: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) arguments: Text<'a>,
}

impl<'a> Piece<'a> {
    /// The beginning of a call that the provider tells apart by its index or its id.
    pub(crate) fn start(index: Option<i64>, id: &'a str, name: &'a str) -> Self {
        Self { index, place: (0, 1), id, kind: "", name, arguments: Text::from("") }
    }
}

impl ToolCall {
    /// The provider's id; `None` where it gave none.
    pub fn id(&self) -> Option<&str> {
        Some(self.id.as_str()).filter(|id| !id.is_empty())
    }

    /// `"function"`, or the provider's own word.
    pub fn kind(&self) -> &str {
        if self.kind.is_empty() { "function" } else { &self.kind }
    }

    /// The tool's name; `None` until one came.
    pub fn name(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| !name.is_empty())
    }

    /// The arguments' raw text so far.
    pub fn arguments(&self) -> &str {
        self.arguments.as_str()
    }

    /// Nothing more will come: returns what the arguments grow by.
    pub(crate) fn settle(&mut self) -> &str {
        if self.arguments.is_empty() && !self.otherwise.is_empty() {
            return self.arguments.push(&Text::from(self.otherwise.as_str()));
        }
        self.arguments.settle()
    }

    /// Merges a piece in; returns what the arguments grew by.
    fn merge(&mut self, piece: &Piece<'_>) -> &str {
        if self.id.is_empty() {
            piece.id.clone_into(&mut self.id);
        }
        if self.kind.is_empty() {
            piece.kind.clone_into(&mut self.kind);
        }
        self.merge_name(piece.name);
        if self.is_resend(piece) {
            return "";
        }
        self.arguments.push(&piece.arguments)
    }

    fn merge_name(&mut self, name: &str) {
        if name.starts_with(self.name.as_str()) {
            // Equal, the first, or sent cumulatively.
            name.clone_into(&mut self.name);
        } else if self.arguments.is_empty() && !name.is_empty() {
            self.name.push_str(name);
        }
    }

    /// The complete call again, by a provider that sends it twice.
    fn is_resend(&mut self, piece: &Piece<'_>) -> bool {
        let Text::Whole(again) = &piece.arguments else { return false };
        piece.id.is_empty()
            && !piece.name.is_empty()
            && self.arguments.as_str() == again.as_ref()
            && self.has_complete_arguments()
    }

    /// Whether the arguments are an object, all of it.
    pub(crate) fn has_complete_arguments(&mut self) -> bool {
        self.complete.first(self.arguments.as_str()) == Some(b'{') && self.complete.check(self.arguments.as_str())
    }

    /// The same tool, in the middle of its arguments.
    fn goes_on(&mut self, name: &str) -> bool {
        self.name == name && !self.arguments.is_empty() && !self.complete.check(self.arguments.as_str())
    }

    /// Whether a piece that has this call's index, but another id or none, begins another call.
    fn is_left_by(&mut self, piece: &Piece<'_>) -> bool {
        if piece.name.is_empty() {
            // With an unknown id too: some servers make a new one for every chunk.
            return false;
        }
        if piece.id.is_empty() || self.id.is_empty() {
            return self.is_left_by_name(piece);
        }
        !self.goes_on(piece.name)
    }

    /// After complete arguments, another name or another object is another call.
    fn is_left_by_name(&mut self, piece: &Piece<'_>) -> bool {
        if self.name.is_empty() || !self.has_complete_arguments() {
            return false;
        }
        let arguments = match &piece.arguments {
            Text::Whole(text) => text.as_ref(),
            Text::Halved(_) => "",
        };
        let again = piece.id.is_empty() && arguments == self.arguments.as_str();
        piece.name != self.name || (arguments.trim_start().starts_with('{') && !again)
    }
}

/// The tool calls of one choice.
#[derive(Clone, Debug, Default)]
pub struct ToolCalls {
    calls: Vec<ToolCall>,
    by_id: HashMap<String, usize>,
    /// The call that last used each of the provider's indexes.
    slots: HashMap<i64, usize>,
    /// The one call that is no tool call: the deprecated function call.
    sole: Option<usize>,
}

impl ToolCalls {
    /// The calls, in the order in which they first appeared.
    pub fn as_slice(&self) -> &[ToolCall] {
        &self.calls
    }

    /// Where the call that is the only one of its kind stands.
    pub(crate) fn sole(&self) -> Option<usize> {
        self.sole
    }

    /// The call at a position.
    pub(crate) fn at(&mut self, position: usize) -> &mut ToolCall {
        &mut self.calls[position]
    }

    /// The position of the call that a piece goes to whatever its arguments are, and without changing it otherwise: one that
    /// says nothing new of the call that it names.
    pub(crate) fn going_on(&self, index: Option<i64>, id: &str, name: &str) -> Option<usize> {
        let position = match index {
            Some(index) => self.slots.get(&index).copied(),
            None if id.is_empty() => self.calls.len().checked_sub(1),
            None => self.by_id.get(id).copied(),
        }?;
        let call = &self.calls[position];
        let same = (id.is_empty() || id == call.id) && (name.is_empty() || (!id.is_empty() && name == call.name));
        same.then_some(position)
    }

    /// Merges a piece into its call; returns the call's position and what its arguments grew by.
    pub(crate) fn merge(&mut self, piece: &Piece<'_>) -> (usize, &str) {
        let known = match piece.index {
            Some(index) => self.find_by_index(index, piece),
            None => self.find_without_index(piece),
        };
        let position = known.unwrap_or_else(|| self.add());
        if let Some(index) = piece.index {
            self.slots.insert(index, position);
        }
        if !piece.id.is_empty() && self.calls[position].id.is_empty() {
            self.by_id.entry(piece.id.to_owned()).or_insert(position);
        }
        (position, self.calls[position].merge(piece))
    }

    /// The call that the provider's index names, where indexes can be trusted.
    pub(crate) fn by_index(&self, index: i64) -> Option<usize> {
        self.slots.get(&index).copied()
    }

    /// The call with that id.
    pub(crate) fn by_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Adds a call, whatever came before; returns its position.
    pub(crate) fn begin(&mut self, piece: &Piece<'_>) -> usize {
        let position = self.add();
        if let Some(index) = piece.index {
            self.slots.insert(index, position);
        }
        if !piece.id.is_empty() {
            self.by_id.entry(piece.id.to_owned()).or_insert(position);
        }
        self.calls[position].merge(piece);
        position
    }

    /// Adds to a call what was not known of it; its arguments stay. Returns whether its id or its name is new.
    pub(crate) fn complete(&mut self, position: usize, piece: &Piece<'_>) -> bool {
        let call = &mut self.calls[position];
        let known = (call.id.is_empty(), call.name.is_empty());
        for (known, told) in [(&mut call.id, piece.id), (&mut call.name, piece.name), (&mut call.kind, piece.kind)] {
            if known.is_empty() {
                told.clone_into(known);
            }
        }
        let new = known != (call.id.is_empty(), call.name.is_empty());
        if !piece.id.is_empty() {
            self.by_id.entry(piece.id.to_owned()).or_insert(position);
        }
        new
    }

    /// Merges a piece into the only call of its kind.
    pub(crate) fn merge_sole(&mut self, piece: &Piece<'_>) -> (usize, &str) {
        let position = self.sole.unwrap_or_else(|| self.add());
        self.sole = Some(position);
        (position, self.calls[position].merge(piece))
    }

    fn add(&mut self) -> usize {
        self.calls.push(ToolCall::default());
        self.calls.len() - 1
    }

    fn find_by_index(&mut self, index: i64, piece: &Piece<'_>) -> Option<usize> {
        let &position = self.slots.get(&index)?;
        let call = &mut self.calls[position];
        if !piece.id.is_empty() {
            if piece.id == call.id {
                return Some(position);
            }
            if let Some(&known) = self.by_id.get(piece.id) {
                return Some(known);
            }
        }
        (!call.is_left_by(piece)).then_some(position)
    }

    fn find_without_index(&mut self, piece: &Piece<'_>) -> Option<usize> {
        if let Some(&known) = self.by_id.get(piece.id) {
            return Some(known);
        }
        let last = self.calls.len().checked_sub(1)?;
        let call = &mut self.calls[last];
        match (piece.id.is_empty(), piece.name.is_empty()) {
            (false, true) => call.id.is_empty().then_some(last),
            (false, false) => None,
            (true, true) => Some(self.by_place(piece.place)),
            (true, false) => (call.name.is_empty() || call.goes_on(piece.name)).then_some(last),
        }
    }

    /// The call that a piece with neither index, id nor name goes to: the last, or, where a chunk lists several, the
    /// one in the same place.
    fn by_place(&self, (place, listed): (usize, usize)) -> usize {
        let last = self.calls.len() - 1;
        if listed > 1 { place.min(last) } else { last }
    }
}

/// Whether text that only grows is one complete JSON value. Each byte is looked at once, and once more when it looks
/// complete.
#[derive(Clone, Debug, Default)]
struct Completeness {
    /// Blank bytes before the first one that tells something.
    blank: usize,
    scanned: usize,
    depth: usize,
    inside_string: bool,
    escaped: bool,
    /// What closes by itself has closed; whether it was valid, and only whitespace followed.
    closed: Option<bool>,
}

/// No number that a tool would be called with is longer; `null`, `true` and `false` are shorter.
const LONGEST_WORD: usize = 64;

impl Completeness {
    /// The first byte that is not blank.
    fn first(&mut self, text: &str) -> Option<u8> {
        let rest = &text.as_bytes()[self.blank..];
        self.blank += rest.iter().take_while(|&&byte| is_whitespace(byte.into())).count();
        text.as_bytes().get(self.blank).copied()
    }

    fn check(&mut self, text: &str) -> bool {
        if !matches!(self.first(text), Some(b'{' | b'[' | b'"')) {
            return text.len() <= LONGEST_WORD && Payload::parse(text).is_ok();
        }
        for &byte in &text.as_bytes()[self.scanned..] {
            self.scanned += 1;
            if self.closed.is_some() {
                self.closed = self.closed.map(|valid| valid && is_whitespace(byte.into()));
            } else if self.closes(byte) {
                self.closed = Some(Payload::parse(&text[..self.scanned]).is_ok());
            }
        }
        self.closed == Some(true)
    }

    /// Takes a byte; whether it closes the outermost bracket, or a string outside of any.
    fn closes(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.inside_string => self.escaped = true,
            b'"' => {
                self.inside_string = !self.inside_string;
                return !self.inside_string && self.depth == 0;
            }
            _ if self.inside_string => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}
