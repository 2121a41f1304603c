//! JSON members that are kept beside what the merge rule knows, and merged by one rule.
//!
//! 1. Null changes nothing; where nothing is yet it may stand for itself.
//! 2. Strings, numbers and booleans: the last one counts. Never added, never concatenated.
//! 3. Objects are laid over each other, member by member.
//! 4. Lists: the last one counts, or each extends the one before, as the caller says.

use indexmap::IndexMap;

use crate::json::{ObjectWriter, Raw};
use crate::text::{Text, TextBuffer};

/// What becomes of a list where there is one already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lists {
    Replace,
    Extend,
}

/// What becomes of a null where nothing is yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    Drop,
    Keep,
}

#[derive(Clone, Debug)]
enum Kept {
    /// JSON text.
    Value(String),
    /// The items' JSON text, joined by commas: it grows without being read again.
    List(String),
    Object(Fields),
    /// A string that grows by pieces.
    Text(TextBuffer),
}

/// Members of an object in the order in which they first came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(IndexMap<String, Kept>);

/// Objects inside kept objects are laid over each other down to this depth; below it the last one counts.
const OVERLAY_DEPTH: usize = 4;

impl Fields {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Merges a member in. Returns whether that changed anything.
    pub(crate) fn merge(&mut self, name: &str, value: Raw<'_>, lists: Lists) -> bool {
        self.merge_at(name, value, (lists, Nulls::Drop), OVERLAY_DEPTH)
    }

    /// Lays all members of an object over these.
    pub(crate) fn overlay(&mut self, object: Raw<'_>, lists: Lists, nulls: Nulls) -> bool {
        self.overlay_at(object, (lists, nulls), OVERLAY_DEPTH)
    }

    fn overlay_at(&mut self, object: Raw<'_>, policy: (Lists, Nulls), depth: usize) -> bool {
        let object = object.object();
        object.iter().fold(false, |changed, (name, value)| self.merge_at(name, value, policy, depth) | changed)
    }

    fn merge_at(&mut self, name: &str, value: Raw<'_>, policy: (Lists, Nulls), depth: usize) -> bool {
        if value.is_null() && (policy.1 == Nulls::Drop || self.0.contains_key(name)) {
            return false;
        }
        if value.is_object() && depth > 0 {
            let new = !matches!(self.0.get(name), Some(Kept::Object(_)));
            return self.object(name).overlay_at(value, policy, depth - 1) | new;
        }
        if value.is_array() && policy.0 == Lists::Extend {
            return self.extend(name, value);
        }
        self.set(name, value.as_str().to_owned())
    }

    /// Sets a member to JSON text. Returns whether it was another one.
    pub(crate) fn set(&mut self, name: &str, json: String) -> bool {
        if let Some(kept) = self.0.get_mut(name) {
            let same = matches!(kept, Kept::Value(old) if *old == json);
            *kept = Kept::Value(json);
            return !same;
        }
        self.0.insert(name.to_owned(), Kept::Value(json));
        true
    }

    /// The object that is the member of that name; made where there is none.
    pub(crate) fn object(&mut self, name: &str) -> &mut Fields {
        let kept = self.entry(name, || Kept::Object(Fields::default()));
        if !matches!(kept, Kept::Object(_)) {
            *kept = Kept::Object(Fields::default());
        }
        match kept {
            Kept::Object(fields) => fields,
            _ => unreachable!("the member was just made an object"),
        }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn extend(&mut self, name: &str, list: Raw<'_>) -> bool {
        let items = list.as_str()[1..list.as_str().len() - 1].trim_matches(crate::json::is_whitespace);
        match self.entry(name, || Kept::List(String::new())) {
            Kept::List(kept) => {
                if !kept.is_empty() && !items.is_empty() {
                    kept.push(',');
                }
                kept.push_str(items);
            }
            kept => *kept = Kept::List(items.to_owned()),
        }
        !items.is_empty()
    }

    /// Appends to a string member.
    pub(crate) fn append(&mut self, name: &str, piece: &Text<'_>) {
        let kept = self.entry(name, || Kept::Text(TextBuffer::default()));
        if !matches!(kept, Kept::Text(_)) {
            *kept = Kept::Text(TextBuffer::default());
        }
        if let Kept::Text(text) = kept {
            text.push(piece);
        }
    }

    /// Gives up on characters whose second half never came.
    pub(crate) fn settle(&mut self) {
        for kept in self.0.values_mut() {
            match kept {
                Kept::Text(text) => _ = text.settle(),
                Kept::Object(fields) => fields.settle(),
                Kept::Value(_) | Kept::List(_) => {}
            }
        }
    }

    fn entry(&mut self, name: &str, make: impl FnOnce() -> Kept) -> &mut Kept {
        // Two look-ups where the borrow checker would allow one, but no copy of a name that is there already.
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), make());
        }
        &mut self.0[name]
    }

    /// The JSON text of a scalar member at a path of names.
    pub(crate) fn scalar(&self, path: &[&str]) -> Option<&str> {
        match (self.0.get(path[0])?, &path[1..]) {
            (Kept::Value(json), []) => Some(json),
            (Kept::Object(fields), rest @ [_, ..]) => fields.scalar(rest),
            _ => None,
        }
    }

    /// Writes the members into an object.
    pub(crate) fn write_members(&self, object: &mut ObjectWriter<'_>) {
        for (name, kept) in &self.0 {
            kept.write(object.name(name));
        }
    }

    /// Writes the object.
    pub(crate) fn write(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        self.write_members(&mut object);
        object.end();
    }

    /// The object as JSON text.
    pub(crate) fn json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

impl Kept {
    fn write(&self, out: &mut String) {
        match self {
            Self::Value(json) => out.push_str(json),
            Self::List(items) => out.extend(["[", items, "]"]),
            Self::Object(fields) => fields.write(out),
            Self::Text(text) => out.push_str(&crate::json::quote(text.as_str())),
        }
    }
}
