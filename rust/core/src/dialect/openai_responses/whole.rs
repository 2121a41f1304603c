//! An item that comes whole, with its texts.

use std::borrow::Cow;

use super::items::Names;
use super::texts::{Kind, Texts};
use crate::json::{Object, Raw};

/// An item as an event, or the whole response, brings it.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    pub(super) kind: Cow<'a, str>,
    pub(super) names: Names<'a>,
    pub(super) item: Object<'a>,
    pub(super) texts: Vec<WholeText<'a>>,
}

/// One of its texts, in parts and joined.
#[derive(Debug)]
pub(super) struct WholeText<'a> {
    pub(super) texts: &'static Texts,
    pub(super) parts: Vec<(i64, Cow<'a, str>)>,
    pub(super) whole: String,
}

impl<'a> Whole<'a> {
    pub(super) fn of(index: Option<i64>, item: Object<'a>) -> Self {
        let kind = kind(&item);
        let mut whole = Self { names: Names::of_item(index, &item), texts: Vec::new(), kind, item };
        if let Some(texts) = Texts::of_call(&whole.kind) {
            if let Some(input) = whole.item.get(texts.member) {
                whole.add(texts, 0, input.text_or_json().into_str());
            }
        } else {
            for list in ["summary", "content"] {
                whole.add_parts(list);
            }
        }
        whole
    }

    /// Its text of a kind: of a reasoning that is in two lists, the one that is not `other`.
    pub(super) fn text(&self, kind: Kind, other: &Texts) -> Option<&str> {
        let found = || self.texts.iter().filter(|text| text.texts.kind == kind && !text.whole.is_empty());
        let usual = found().find(|text| text.texts.event != other.event).or_else(|| found().next());
        usual.map(|text| text.whole.as_str())
    }

    fn add_parts(&mut self, list: &str) {
        for (index, part) in (0..).zip(self.item.get(list).map(listed).unwrap_or_default()) {
            if let Some((texts, text)) = part_text(&self.kind, list, part) {
                self.add(texts, index, text);
            }
        }
    }

    fn add(&mut self, texts: &'static Texts, index: i64, part: Cow<'a, str>) {
        let known = self.texts.iter().position(|text| text.texts.event == texts.event);
        let at = known.unwrap_or_else(|| {
            self.texts.push(WholeText { texts, parts: Vec::new(), whole: String::new() });
            self.texts.len() - 1
        });
        self.texts[at].whole.push_str(&part);
        self.texts[at].parts.push((index, part));
    }
}

/// The text of an item's part, or of a string in place of a part.
pub(super) fn part_text<'a>(item: &str, list: &str, part: Raw<'a>) -> Option<(&'static Texts, Cow<'a, str>)> {
    let texts = Texts::of_part(item, list, part)?;
    Some((texts, part.str().or_else(|| part.object().get(texts.member)?.str())?))
}

/// The items of a list, or the one value that a server sends instead of it.
pub(super) fn listed(value: Raw<'_>) -> Vec<Raw<'_>> {
    if value.is_array() { value.items() } else { vec![value] }
}

/// An item's type, or what its members say where it has none.
fn kind<'a>(item: &Object<'a>) -> Cow<'a, str> {
    let kind = item.str("type");
    if !kind.is_empty() {
        return kind;
    }
    let members = [
        ("call_id", "function_call"),
        ("arguments", "function_call"),
        ("content", "message"),
        ("summary", "reasoning"),
    ];
    let implied = members.into_iter().find(|(member, _)| item.get(member).is_some());
    Cow::Borrowed(implied.map_or("", |(_, kind)| kind))
}
