//! One member of an object: what it is, and what it becomes.
//!
//! A member changes its representation only when it has to. It comes as JSON text (`Value`), and most members stay
//! that. A piece makes it a buffer (`Text`, `Json`), a path into it takes it apart (`Object`, `Items`), a JSON Patch
//! makes it `Patched`. What came whole after pieces (`Whole`) is shown as it came, with the pieces kept beneath it:
//! if more of them follow, they count again.
//!
//! Whatever a member is, it is written as one JSON value at any time, and nothing that was appended is ever parsed to
//! be written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::super::overlap::Repetition;
use super::super::size::Size;
use super::MergedObject;
use crate::json::{Patched, Payload, Raw, Text, TextBuffer, close_prefix, write_array};

#[derive(Clone, Debug)]
pub(super) enum Member {
    /// JSON text that nothing inside has changed.
    Value(SmolStr),
    /// The items' JSON text, joined by commas: it grows without being parsed again.
    List(String),
    Object(MergedObject),
    /// A list whose items are found by their indexes and keep changing.
    Items(BTreeMap<i64, Member>),
    /// A string that comes in pieces.
    Text(TextBuffer),
    /// A string that was announced before its pieces, which may repeat it.
    Announced(Box<(TextBuffer, Repetition)>),
    /// A value whose JSON text comes in pieces.
    Json(TextBuffer),
    /// A value that JSON Patches change.
    Patched(Box<Patched>),
    /// What came whole, and the draft that its pieces had made: the draft counts again if it grows further.
    Whole(Box<(String, Member)>),
}

impl Member {
    /// Becomes that JSON text. Returns whether that changed it.
    pub(super) fn set(&mut self, json: &str) -> bool {
        match self {
            Self::Value(old) if old == json => false,
            _ => {
                *self = Self::Value(json.into());
                true
            }
        }
    }

    pub(super) fn seal(&mut self, json: String) {
        self.unseal();
        let draft = std::mem::replace(self, Self::Value(SmolStr::default()));
        *self = Self::Whole(Box::new((json, draft)));
    }

    pub(super) fn unseal(&mut self) {
        if let Self::Whole(whole) = self {
            let draft = std::mem::replace(&mut whole.1, Self::Value(SmolStr::default()));
            *self = draft;
        } else if let Self::Patched(patched) = self {
            *self = Self::Value(patched.json().into());
        }
    }

    /// Makes the member an object, if it is none, and returns it.
    #[inline]
    pub(super) fn object(&mut self) -> &mut MergedObject {
        if !matches!(self, Self::Object(_)) {
            self.become_object();
        }
        match self {
            Self::Object(fields) => fields,
            _ => unreachable!("it was just made an object"),
        }
    }

    #[inline(never)]
    fn become_object(&mut self) {
        self.unseal();
        if matches!(self, Self::Object(_)) {
            return;
        }
        let mut fields = MergedObject::default();
        if let Self::Value(json) = self
            && let Ok(payload) = Payload::parse(json)
        {
            fields.set_all(&payload.raw().object());
        }
        *self = Self::Object(fields);
    }

    /// Makes the member a list of items, if it is none, and returns them.
    #[inline]
    pub(super) fn items(&mut self) -> &mut BTreeMap<i64, Self> {
        if !matches!(self, Self::Items(_)) {
            self.become_items();
        }
        match self {
            Self::Items(items) => items,
            _ => unreachable!("it was just made a list"),
        }
    }

    #[inline(never)]
    fn become_items(&mut self) {
        self.unseal();
        let list = match self {
            Self::Items(_) => return,
            Self::Value(json) => std::mem::take(json).into(),
            Self::List(items) => format!("[{items}]"),
            _ => String::new(),
        };
        let payload = Payload::parse(&list);
        let items = payload.iter().flat_map(|payload| payload.raw().items());
        *self = Self::Items((0..).zip(items.map(|item| Self::Value(item.as_str().into()))).collect());
    }

    /// Changes the value by a JSON Patch.
    pub(super) fn patch(&mut self, patch: Raw<'_>) {
        if !matches!(self, Self::Patched(_)) {
            *self = Self::Patched(Box::new(Patched::of(self.json())));
        }
        if let Self::Patched(patched) = self {
            patched.push(patch);
        }
    }

    /// The JSON text of its own items, if it is a list, followed by more.
    pub(super) fn listed(&mut self, more: &str) -> String {
        let own: Vec<String> = self.items().values().map(Self::json).collect();
        let more = Some(more).filter(|more| !more.is_empty());
        own.iter().map(String::as_str).chain(more).collect::<Vec<_>>().join(",")
    }

    /// Makes the member a string, if it is none, and appends to it.
    pub(super) fn append(&mut self, piece: &Text<'_>) {
        if !matches!(self, Self::Text(_) | Self::Announced(_)) {
            self.become_text();
        }
        match self {
            Self::Text(text) => _ = text.push(piece),
            Self::Announced(announced) => _ = announced.0.push(piece),
            _ => unreachable!("it was just made a string"),
        }
    }

    #[inline(never)]
    fn become_text(&mut self) {
        self.unseal();
        if !matches!(self, Self::Text(_)) {
            let mut text = TextBuffer::default();
            text.push(&Text::Whole(self.text()));
            *self = Self::Text(text);
        }
    }

    /// Expects the pieces to repeat what the string is by now, unless it came whole and contradicts them.
    pub(super) fn announce(&mut self) {
        self.end_announcement();
        if !matches!(self, Self::Whole(_)) {
            self.append(&Text::default());
        }
        if let Self::Text(text) = self {
            *self = Self::Announced(Box::new((std::mem::take(text), Repetition::expected())));
        }
    }

    /// Stops expecting the pieces to repeat anything.
    pub(super) fn end_announcement(&mut self) {
        if let Self::Announced(announced) = self {
            *self = Self::Text(std::mem::take(&mut announced.0));
        }
    }

    /// What a piece adds to the string, which does not grow yet.
    pub(super) fn news<'t>(&mut self, piece: Text<'t>) -> Text<'t> {
        let Self::Announced(announced) = self else { return piece };
        let (text, repetition) = announced.as_mut();
        let news = repetition.news(text.as_str(), piece);
        if !repetition.is_expected() {
            *self = Self::Text(std::mem::take(text));
        }
        news
    }

    /// The text of a string, as far as it has come in pieces; `""` of anything else.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text.as_str()),
            Self::Announced(announced) => Cow::Borrowed(announced.0.as_str()),
            Self::Whole(whole) => whole.1.text(),
            Self::Value(json) => {
                let payload = Payload::parse(json);
                payload.ok().and_then(|payload| Some(payload.raw().str()?.into_owned())).unwrap_or_default().into()
            }
            _ => Cow::Borrowed(""),
        }
    }

    /// The JSON text that came in pieces; `""` of anything else.
    pub(super) fn json_text(&self) -> &str {
        match self {
            Self::Json(text) => text.as_str(),
            Self::Whole(whole) => whole.1.json_text(),
            _ => "",
        }
    }

    pub(super) fn flush_surrogates(&mut self) {
        match self {
            Self::Text(text) | Self::Json(text) => _ = text.flush_surrogates(),
            Self::Announced(announced) => _ = announced.0.flush_surrogates(),
            Self::Object(fields) => fields.flush_surrogates(),
            Self::Items(items) => items.values_mut().for_each(Self::flush_surrogates),
            Self::Whole(whole) => whole.1.flush_surrogates(),
            Self::Value(_) | Self::List(_) | Self::Patched(_) => {}
        }
    }

    /// Counts what is kept of it.
    pub(super) fn measure(&self, size: &mut Size) {
        match self {
            Self::Value(json) => size.add(json),
            Self::List(items) => size.add(items),
            Self::Object(fields) => fields.measure(size),
            Self::Items(items) => items.values().for_each(|item| item.measure(size)),
            Self::Text(text) | Self::Json(text) => size.add(text.as_str()),
            Self::Announced(announced) => size.add(announced.0.as_str()),
            Self::Patched(patched) => patched.texts().for_each(|text| size.add(text)),
            Self::Whole(whole) => {
                size.add(&whole.0);
                whole.1.measure(size);
            }
        }
    }

    pub(super) fn json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Value(json) => out.push_str(json),
            Self::Patched(patched) => out.push_str(&patched.json()),
            Self::Whole(whole) => out.push_str(&whole.0),
            Self::List(items) => out.extend(["[", items, "]"]),
            Self::Object(fields) => fields.write(out),
            Self::Items(items) => write_array(out, items.values(), |out, item| item.write(out)),
            Self::Text(text) => out.push_str(&crate::json::quote(text.as_str())),
            Self::Announced(announced) => out.push_str(&crate::json::quote(announced.0.as_str())),
            Self::Json(text) => out.push_str(close_prefix(text.as_str()).as_deref().unwrap_or("{}")),
        }
    }
}
