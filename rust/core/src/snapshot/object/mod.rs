//! JSON objects that are put together from many payloads, and merged by one rule.
//!
//! The naive way is a tree of parsed values into which each payload is merged: it takes all of an object apart for a
//! member that is only passed on. Here a member stays the JSON text that it came as until something inside it
//! changes, and what grows by pieces is a buffer (see `Member`).
//!
//! The rule, for members that a dialect says nothing else about:
//!
//! 1. Null changes nothing; where there is no member yet, it may be kept as null.
//! 2. Strings, numbers and booleans: the last one counts. They are never added, never concatenated.
//! 3. Objects are laid over each other, member by member: see `overlay`.
//! 4. Lists: the last one counts, or each extends the one before, as the caller says.

use std::borrow::Cow;

use smol_str::SmolStr;

use super::size::Size;
use crate::json::{Object, ObjectWriter, Payload, Raw, Text, TextBuffer};

mod lists;
mod member;
mod members;
mod overlay;
mod path;

use member::Member;
use members::Members;
pub(crate) use path::{Path, PathStep};

/// What becomes of a list where there is one already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lists {
    Replace,
    Extend,
}

/// What becomes of a null where there is no member yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    Drop,
    Keep,
}

/// A step on a path that the stream spells out, instead of a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    Name(&'a str),
    Index(i64),
}

/// Members of an object in the order in which they first came.
#[derive(Clone, Debug, Default)]
pub(crate) struct MergedObject(Members);

impl MergedObject {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a member to JSON text. Returns whether that changed it.
    pub(crate) fn set(&mut self, name: &str, json: impl AsRef<str>) -> bool {
        let json = json.as_ref();
        if let Some(kept) = self.0.get_mut(name) {
            return kept.set(json);
        }
        self.0.push(name, Member::Value(json.into()));
        true
    }

    /// Sets a member, unless it is there already or the value is empty.
    pub(crate) fn set_once(&mut self, name: &str, value: Option<Raw<'_>>) {
        if let Some(value) = value.filter(|value| value.is_truthy() && !self.contains(name)) {
            self.set(name, value.as_str());
        }
    }

    /// Changes a member's value by a JSON Patch (RFC 6902), if that applies.
    pub(crate) fn patch(&mut self, name: &str, patch: Raw<'_>) {
        self.0.entry(name, || Member::Value(SmolStr::new_static("null"))).patch(patch);
    }

    /// Sets all members of an object to the values that they have there.
    pub(crate) fn set_all(&mut self, object: &Object<'_>) {
        for (name, value) in object.iter() {
            self.set(name, value.as_str());
        }
    }

    /// The object that is the member of that name; made where there is none.
    pub(crate) fn object(&mut self, name: &str) -> &mut MergedObject {
        self.0.entry(name, || Member::Object(MergedObject::default())).object()
    }

    /// The object at the end of a path; made where there is none.
    pub(crate) fn at(&mut self, path: &[PathStep]) -> &mut MergedObject {
        path.iter().fold(self, |fields, step| match *step {
            PathStep::Object(name) => fields.object(name),
            PathStep::Item(name, index) => fields.item(name, index),
        })
    }

    /// The object at the end of a path, if it was ever reached by one: before that it is still JSON text.
    pub(crate) fn find(&self, path: &[PathStep]) -> Option<&MergedObject> {
        path.iter().try_fold(self, |fields, step| {
            let kept = match *step {
                PathStep::Object(name) => fields.0.get(name),
                PathStep::Item(name, index) => match fields.0.get(name)? {
                    Member::Items(items) => items.get(&index),
                    _ => None,
                },
            };
            match kept? {
                Member::Object(fields) => Some(fields),
                _ => None,
            }
        })
    }

    /// Shows a member as it came whole, until it changes again.
    pub(crate) fn seal(&mut self, name: &str, json: String) {
        self.0.entry(name, || Member::Text(TextBuffer::default())).seal(json);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Becomes an object, except for the member `but`, which stays as it is.
    pub(crate) fn become_object(&mut self, object: &Object<'_>, but: &str) {
        if self.has_names_of(object) {
            let pairs = self.0.values_mut().zip(object.iter());
            pairs.filter(|(_, (name, _))| *name != but).for_each(|(kept, (_, value))| _ = kept.set(value.as_str()));
            return;
        }
        let mut kept = self.0.remove(but);
        self.0 = Members::default();
        for (name, value) in object.iter() {
            let own = if name == but { kept.take() } else { None };
            self.0.push(name, own.unwrap_or_else(|| Member::Value(value.as_str().into())));
        }
        if let Some(kept) = kept {
            self.0.push(but, kept);
        }
    }

    /// Whether it has exactly the names of an object, in the same order.
    fn has_names_of(&self, object: &Object<'_>) -> bool {
        self.0.iter().map(|(name, _)| name).eq(object.iter().map(|(name, _)| name))
    }

    /// Whether it has no members of other names than these.
    pub(crate) fn has_only(&self, names: &[&str]) -> bool {
        self.0.iter().all(|(name, _)| names.contains(&name))
    }

    /// Sets the value at the end of a path inside a member.
    pub(crate) fn set_at(&mut self, name: &str, keys: &[Key<'_>], json: String) {
        *self.inside(name, keys) = Member::Value(json.into());
    }

    /// Appends to the string at the end of a path inside a member.
    pub(crate) fn append_at(&mut self, name: &str, keys: &[Key<'_>], piece: &Text<'_>) {
        self.inside(name, keys).append(piece);
    }

    fn inside(&mut self, name: &str, keys: &[Key<'_>]) -> &mut Member {
        let new = || Member::Value(SmolStr::new_static("null"));
        keys.iter().fold(self.0.entry(name, new), |kept, key| match key {
            Key::Name(name) => kept.object().0.entry(name, new),
            Key::Index(index) => kept.items().entry(*index).or_insert_with(new),
        })
    }

    /// A member's JSON text.
    pub(crate) fn json_of(&self, name: &str) -> Option<String> {
        self.0.get(name).map(Member::json)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Adds an item to a list.
    pub(crate) fn push(&mut self, list: &str, item: Raw<'_>) {
        self.extend_by(list, item.as_str());
    }

    /// Adds the items of a list to a member that is one. Returns whether there were any.
    pub(crate) fn extend(&mut self, name: &str, list: Raw<'_>) -> bool {
        let items = list.as_str()[1..list.as_str().len() - 1].trim_matches(crate::json::is_whitespace);
        self.extend_by(name, items);
        !items.is_empty()
    }

    fn extend_by(&mut self, name: &str, items: &str) {
        match self.0.entry(name, || Member::List(String::new())) {
            Member::List(kept) => {
                if !kept.is_empty() && !items.is_empty() {
                    kept.push(',');
                }
                kept.push_str(items);
            }
            kept => *kept = Member::List(kept.listed(items)),
        }
    }

    /// Appends to a string member.
    pub(crate) fn append(&mut self, name: &str, piece: &Text<'_>) {
        self.0.entry(name, || Member::Text(TextBuffer::default())).append(piece);
    }

    /// Appends to the JSON text of a member that comes in pieces; whatever else the member was before is dropped.
    pub(crate) fn append_json(&mut self, name: &str, piece: &Text<'_>) {
        let kept = self.0.entry(name, || Member::Json(TextBuffer::default()));
        kept.unseal();
        if !matches!(kept, Member::Json(_)) {
            *kept = Member::Json(TextBuffer::default());
        }
        if let Member::Json(text) = kept {
            text.push(piece);
        }
    }

    /// The JSON text of a member that is still a single value.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Member::Value(json) => Some(json),
            _ => None,
        }
    }

    /// A string member's text; `""` where it is none.
    pub(crate) fn text(&mut self, name: &str) -> &str {
        self.buffer(name).map_or("", |text| text.as_str())
    }

    /// A string member's buffer; `None` where there is no such member, or it is no string.
    pub(crate) fn buffer(&mut self, name: &str) -> Option<&mut TextBuffer> {
        let kept = self.0.get_mut(name)?;
        // Made a buffer once: it may be asked for again and again.
        kept.append(&Text::from(""));
        match kept {
            Member::Text(text) => Some(text),
            Member::Announced(announced) => Some(&mut announced.0),
            _ => None,
        }
    }

    /// Expects the pieces of a string member to repeat what it is by now: some servers announce a text with its first
    /// words.
    pub(crate) fn announce(&mut self, name: &str) {
        if let Some(kept) = self.0.get_mut(name).filter(|kept| !kept.text().is_empty()) {
            kept.announce();
        }
    }

    /// Whether the pieces of a string member may still repeat what it was announced with.
    pub(crate) fn is_announced(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Member::Announced(_)))
    }

    /// Stops expecting the pieces of a string member to repeat anything.
    pub(crate) fn end_announcement(&mut self, name: &str) {
        if let Some(kept) = self.0.get_mut(name) {
            kept.end_announcement();
        }
    }

    /// The JSON text of a member that came in pieces; `""` where none came.
    pub(crate) fn json_text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", Member::json_text)
    }

    /// What a piece adds to a string member, which does not grow yet; an empty text where the piece repeats it.
    pub(crate) fn news<'t>(&mut self, name: &str, piece: Text<'t>) -> Text<'t> {
        match self.0.get_mut(name) {
            Some(kept) => kept.news(piece),
            None => piece,
        }
    }

    /// A string member's text without making it one that grows: a name, a type, or a text that stays as it came
    /// whole.
    pub(crate) fn word(&self, name: &str) -> Cow<'_, str> {
        self.0.get(name).map(Member::text).unwrap_or_default()
    }

    /// Gives up waiting for the second halves of surrogate pairs.
    pub(crate) fn flush_surrogates(&mut self) {
        self.0.values_mut().for_each(Member::flush_surrogates);
    }

    /// The JSON text of a member at a path of names.
    pub(crate) fn json_at(&self, path: &[&str]) -> Option<SmolStr> {
        let (name, rest) = path.split_first()?;
        match self.0.get(name)? {
            Member::Value(json) if rest.is_empty() => Some(json.clone()),
            Member::Value(json) => {
                let payload = Payload::parse(json).ok()?;
                let member = rest.iter().try_fold(payload.raw(), |value, name| value.object().member(name))?;
                Some(member.as_str().into())
            }
            Member::Object(fields) => fields.json_at(rest),
            _ => None,
        }
    }

    /// Counts its members.
    pub(super) fn measure(&self, size: &mut Size) {
        for (name, kept) in self.0.iter() {
            size.add(name);
            kept.measure(size);
        }
    }

    /// Writes the members into an object.
    pub(crate) fn write_members(&self, object: &mut ObjectWriter<'_>) {
        for (name, kept) in self.0.iter() {
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
