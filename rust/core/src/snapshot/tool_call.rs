//! One tool call: its identity and its arguments.
//!
//! 1. The first id counts; a name may grow as long as there are no arguments.
//! 2. Arguments are appended as they come, as raw text. A call is never finished because its JSON looks complete: more
//!    may follow.
//! 3. Some servers repeat the arguments: whole or in pieces, or all so far in each chunk. A repetition is recognized
//!    by what could not be the next piece of valid arguments, so that no valid stream is touched. After `{"a": 1` a
//!    piece that begins with `{"a": 1` again can only be a repetition, since appended it would not be JSON; after
//!    `{"a": ` a piece `{}` is a value.
//! 4. Some servers announce a call with arguments of `{}` and send the real ones after that. The empty object is held
//!    back until it is known whether others come.

use super::completeness::Completeness;
use super::object::MergedObject;
use super::overlap::{Overlap, Repetition, overlap};
use crate::json::{Text, TextBuffer, is_beginning, is_same, is_whitespace};
use crate::limits::EMITTED_NAME;

/// The kind of a call whose arguments are plain text instead of JSON.
pub(crate) const CUSTOM: &str = "custom";

/// By at most this factor, whitespace and escapes make JSON text longer than other text of the same value that it is
/// compared with.
const LOOSEST: usize = 8;

/// One call of a tool, as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct ToolCall {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) arguments: TextBuffer,
    /// The arguments that the call was announced with, which count if no pieces come.
    pub(crate) initial_input: String,
    /// The arguments as they came whole, where they differ from what the pieces add up to.
    pub(crate) whole: String,
    complete: Completeness,
    /// How far pieces have repeated arguments that were complete.
    again: Repetition,
    /// Whether the arguments came in more than one piece.
    in_pieces: bool,
    /// The size of the name when it was last emitted, in bytes.
    pub(super) emitted_name: usize,
    /// Members of the call, and of its function, that the merge rule has no field for.
    pub(crate) fields: MergedObject,
    pub(crate) function_fields: MergedObject,
}

/// What a chunk says of one call; fields are empty where it does not say.
#[derive(Debug)]
pub(crate) struct CallFragment<'a> {
    pub(crate) index: Option<i64>,
    /// Its position in the chunk's list, and the list's length.
    pub(crate) list_position: (usize, usize),
    pub(crate) id: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) arguments: Text<'a>,
}

impl<'a> CallFragment<'a> {
    /// The beginning of a call that its index or its id identifies, without arguments.
    pub(crate) fn start(index: Option<i64>, id: &'a str, name: &'a str) -> Self {
        Self { index, list_position: (0, 1), id, kind: "", name, arguments: Text::from("") }
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

    /// Whether its name, which grew by a piece, is worth a delta. Each delta has all of the name, so a long one that
    /// keeps growing is emitted again only when it is twice as long.
    pub(super) fn has_name_to_emit(&self) -> bool {
        self.name.len() <= EMITTED_NAME || self.name.len() / 2 >= self.emitted_name
    }

    /// Whether part of its name was never emitted, since it was too long to emit each time it grew.
    pub(super) fn has_more_of_its_name(&self) -> bool {
        self.name.len() > EMITTED_NAME.max(self.emitted_name)
    }

    /// Whether it has no arguments but those that it was announced with.
    pub(crate) fn is_announced(&self) -> bool {
        self.arguments.is_empty() && !self.initial_input.is_empty()
    }

    /// Nothing more will come: returns what the arguments grow by.
    pub(crate) fn flush_surrogates(&mut self) -> &str {
        if self.is_announced() {
            return self.arguments.push(&Text::from(self.initial_input.as_str()));
        }
        self.arguments.flush_surrogates()
    }

    /// Merges a piece into the call; returns what the arguments grew by.
    pub(crate) fn merge(&mut self, piece: &CallFragment<'_>) -> &str {
        self.identify(piece);
        self.add(&piece.arguments)
    }

    /// Takes id, kind and name from a piece.
    pub(crate) fn identify(&mut self, piece: &CallFragment<'_>) {
        if self.id.is_empty() {
            piece.id.clone_into(&mut self.id);
        }
        if self.kind.is_empty() {
            piece.kind.clone_into(&mut self.kind);
        }
        self.merge_name(piece.name);
    }

    fn merge_name(&mut self, name: &str) {
        if name.starts_with(self.name.as_str()) {
            // The name is equal, the first one, or sent cumulatively.
            name.clone_into(&mut self.name);
        } else if self.said().is_empty() && !name.is_empty() {
            self.name.push_str(name);
        }
    }

    /// Appends a piece to the arguments, except for what merely repeats them; returns what they grew by.
    pub(crate) fn add(&mut self, piece: &Text<'_>) -> &str {
        self.in_pieces |= !self.arguments.is_empty() && !piece.is_empty();
        if self.grows_by(piece) {
            return self.arguments.push(piece);
        }
        let news = self.news(piece);
        self.arguments.push(&news)
    }

    /// Whether the arguments grow by all of a piece: cheap to find out for most pieces.
    pub(crate) fn grows_by(&self, piece: &Text<'_>) -> bool {
        let again = match piece {
            Text::Whole(text) => self.may_repeat(text),
            Text::Wtf8(_) => self.again.is_expected(),
        };
        !self.arguments.is_empty() && !again
    }

    /// What a piece adds to the arguments; nothing where it repeats them. The piece is not appended yet.
    pub(crate) fn news<'t>(&mut self, piece: &'t Text<'_>) -> Text<'t> {
        if self.arguments.is_empty() { self.begin(piece) } else { self.continued(piece) }
    }

    /// Takes the arguments as they came whole; returns what they grew by.
    pub(crate) fn complete(&mut self, whole: &Text<'_>) -> &str {
        let whole = whole.clone().into_str();
        if whole.is_empty() {
            return "";
        }
        self.initial_input.clear();
        self.whole.clear();
        match overlap(self.arguments.as_str(), &whole) {
            Overlap::Repeats => "",
            Overlap::Continues(rest) => {
                self.arguments.forget_half();
                self.arguments.push(&Text::from(rest))
            }
            Overlap::Differs => {
                if !says_same(self.arguments.as_str(), &whole) {
                    self.whole = whole.into_owned();
                }
                ""
            }
        }
    }

    /// What the first piece adds. An empty object may be an announcement only: it is held back until it is known
    /// whether other arguments come.
    fn begin<'t>(&mut self, piece: &'t Text<'_>) -> Text<'t> {
        if let Text::Whole(text) = piece
            && self.kind != CUSTOM
        {
            let blank = text.trim_matches(is_whitespace).is_empty();
            if blank && !self.initial_input.is_empty() {
                self.initial_input.push_str(text);
                return Text::default();
            }
            if text == "{}" {
                self.initial_input.replace_range(.., text);
                return Text::default();
            }
        }
        let announced = std::mem::take(&mut self.initial_input);
        if matches!(piece, Text::Whole(text) if begins_object(text)) {
            return piece.clone();
        }
        piece.clone().after(&announced)
    }

    /// Whether a piece after the first may repeat the arguments: cheap to find out for most pieces.
    fn may_repeat(&self, text: &str) -> bool {
        let known = self.again.is_expected() || begins_object(text);
        known && self.kind != CUSTOM && !text.is_empty()
    }

    /// What a piece after the first adds.
    fn continued<'t>(&mut self, piece: &'t Text<'_>) -> Text<'t> {
        if let Text::Whole(text) = piece
            && !self.again.is_expected()
        {
            if let Some(rest) = self.beyond(text) {
                self.arguments.forget_half();
                return Text::from(rest);
            }
            if !begins_object(text) || !self.has_complete_arguments() {
                return Text::from(text.as_ref());
            }
            if says_same(self.arguments.as_str(), text) {
                return Text::default();
            }
            self.again = Repetition::expected();
        }
        self.again.news(self.arguments.as_str(), piece.clone()).into_owned()
    }

    /// What a text that begins with all of the arguments so far has beyond them; `None` where it may be the next
    /// piece, since arguments and text, one after the other, may still become JSON.
    fn beyond<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let rest = text.strip_prefix(self.arguments.as_str())?;
        let object = self.complete.first(self.arguments.as_str()) == Some(b'{');
        (object && !is_beginning([self.arguments.as_str(), text])).then_some(rest)
    }

    /// The arguments, or the ones that the call was announced with until others come.
    fn said(&self) -> &str {
        if self.arguments.is_empty() { &self.initial_input } else { self.arguments.as_str() }
    }

    /// Whether the call has exactly these arguments.
    pub(crate) fn has(&self, arguments: &Text<'_>) -> bool {
        let Text::Whole(text) = arguments else { return false };
        text == self.said() || says_same(self.said(), text)
    }

    /// Whether a piece is all of the arguments once more, of a call that came in pieces: some providers send both.
    pub(crate) fn is_resent(&mut self, piece: &CallFragment<'_>) -> bool {
        self.in_pieces && self.name == piece.name && self.has_complete_arguments() && self.has(&piece.arguments)
    }

    /// Whether the arguments are one complete object.
    pub(crate) fn has_complete_arguments(&mut self) -> bool {
        if self.arguments.is_empty() {
            return !self.initial_input.is_empty();
        }
        self.complete.first(self.arguments.as_str()) == Some(b'{') && self.complete.check(self.arguments.as_str())
    }

    /// Whether it is a call of that tool whose arguments are not complete.
    pub(crate) fn is_mid_arguments(&mut self, name: &str) -> bool {
        self.name == name && !self.arguments.is_empty() && !self.complete.check(self.arguments.as_str())
    }

    /// Whether a piece that has this call's index, but another id or none, begins another call.
    pub(crate) fn starts_new_call(&mut self, piece: &CallFragment<'_>) -> bool {
        if piece.name.is_empty() {
            // Even with an unknown id: some servers make a new one for every chunk.
            return false;
        }
        if piece.id.is_empty() || self.id.is_empty() {
            return self.is_left_by_name(piece);
        }
        !self.is_mid_arguments(piece.name)
    }

    /// Whether a piece without an id begins another call: after complete arguments, another name does, and another
    /// object.
    fn is_left_by_name(&mut self, piece: &CallFragment<'_>) -> bool {
        if self.name.is_empty() || !self.has_complete_arguments() {
            return false;
        }
        let another = matches!(&piece.arguments, Text::Whole(text) if begins_object(text));
        piece.name != self.name || (another && !(piece.id.is_empty() && self.has(&piece.arguments)))
    }
}

/// Whether a piece is the same JSON value as the arguments so far. A piece that is far shorter is not compared: there
/// may be many of them.
fn says_same(arguments: &str, piece: &str) -> bool {
    arguments.len() / LOOSEST <= piece.len() && is_same(arguments, piece)
}

/// Whether a text is the beginning of an object.
pub(crate) fn begins_object(text: &str) -> bool {
    text.bytes().find(|&byte| !is_whitespace(byte.into())) == Some(b'{')
}
