//! The texts of output items, each with the events that its pieces come in.

use super::item::{OUTPUT, call_at, output_index};
use super::{Object, Place, Sink, Snapshot, Text, index};
use crate::dialect::Growth;
use crate::fields::In;
use crate::json::quote;

/// One kind of text.
#[derive(Debug)]
pub(super) struct Texts {
    /// Its events, but for `.delta` and `.done`.
    event: &'static str,
    /// The type of its item.
    item: &'static str,
    /// Where in the item it stands: a list, the payload's member with the index, and the type of the list's items.
    list: Option<(&'static str, &'static str, &'static str)>,
    /// The member that it is, in the object and in its `.done` event.
    pub(super) member: &'static str,
    seen: Seen,
    /// The kind of delta that its pieces are told as, where they are not seen otherwise.
    pub(super) told: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Content,
    Reasoning,
    Refusal,
    Arguments,
    Nowhere,
}

const fn text(event: &'static str, list: (&'static str, &'static str, &'static str), seen: Seen) -> Texts {
    let item = if matches!(seen, Seen::Reasoning) { "reasoning" } else { "message" };
    let member = if matches!(seen, Seen::Refusal) { "refusal" } else { "text" };
    Texts { event, item, list: Some(list), member, seen, told: None }
}

const fn input(event: &'static str, item: &'static str, member: &'static str, seen: Seen) -> Texts {
    let told = if matches!(seen, Seen::Nowhere) { Some(member) } else { None };
    Texts { event, item, list: None, member, seen, told }
}

pub(super) static OUTPUT_TEXT: Texts = text("output_text", ("content", "content_index", "output_text"), Seen::Content);
pub(super) static REFUSAL: Texts = text("refusal", ("content", "content_index", "refusal"), Seen::Refusal);
pub(super) static REASONING: Texts =
    text("reasoning_text", ("content", "content_index", "reasoning_text"), Seen::Reasoning);
pub(super) static SUMMARY: Texts =
    text("reasoning_summary_text", ("summary", "summary_index", "summary_text"), Seen::Reasoning);
pub(super) static ARGUMENTS: Texts = input("function_call_arguments", "function_call", "arguments", Seen::Arguments);
pub(super) static INPUT: Texts = input("custom_tool_call_input", "custom_tool_call", "input", Seen::Arguments);
static CODE: Texts = input("code_interpreter_call_code", "code_interpreter_call", "code", Seen::Nowhere);
static MCP_ARGUMENTS: Texts = input("mcp_call_arguments", "mcp_call", "arguments", Seen::Nowhere);

static ALL: [&Texts; 8] = [&OUTPUT_TEXT, &ARGUMENTS, &SUMMARY, &REASONING, &REFUSAL, &INPUT, &CODE, &MCP_ARGUMENTS];

impl Texts {
    /// What an event brings a piece of, or the whole.
    pub(super) fn of(event: &str, stage: &str) -> Option<&'static Self> {
        let text = event.strip_suffix(stage)?;
        ALL.into_iter().find(|texts| texts.event == text)
    }

    /// The object that it is a member of.
    fn way(&self, item: i64, index: impl Fn(&str) -> i64) -> Vec<In> {
        let part = self.list.map(|(list, name, _)| In::Item(list, index(name)));
        [In::Item(OUTPUT, item)].into_iter().chain(part).collect()
    }

    /// Makes what the text is to stand in, where it was not announced.
    pub(super) fn prepare(&self, snapshot: &mut Snapshot, payload: &Object<'_>) -> Vec<In> {
        let item = output_index(snapshot, payload);
        let way = self.way(item, |name| index(payload, name));
        self.prepare_at(snapshot, item, &way);
        way
    }

    fn prepare_at(&self, snapshot: &mut Snapshot, item: i64, way: &[In]) {
        let fields = snapshot.fields.at(&[In::Item(OUTPUT, item)]);
        if !fields.contains("type") {
            fields.set("type", quote(self.item));
        }
        if let Some((_, _, kind)) = self.list {
            let part = snapshot.fields.at(way);
            if !part.contains("type") {
                part.set("type", quote(kind));
            }
        }
        if self.seen == Seen::Arguments && call_at(snapshot, item).is_none() {
            super::item::begin_call(snapshot, item, self.item, &Object::default());
        }
    }

    /// What is seen of it: in the choice, and in the object.
    fn places(&self, snapshot: &Snapshot, item: i64, way: Vec<In>) -> Option<Vec<Place>> {
        let member = Place::Member { way, name: self.member };
        let seen = match self.seen {
            Seen::Content => Place::Content { choice: 0 },
            Seen::Reasoning => Place::Reasoning { choice: 0 },
            Seen::Refusal => Place::Refusal { choice: 0 },
            Seen::Arguments => Place::Arguments { choice: 0, position: call_at(snapshot, item)? },
            Seen::Nowhere => return Some(vec![member]),
        };
        Some(vec![seen, member])
    }
}

/// What a piece adds to.
pub(super) fn growth<'a>(snapshot: &Snapshot, texts: &Texts, payload: &Object<'a>) -> Option<Growth<'a>> {
    let item = output_index(snapshot, payload);
    let way = texts.way(item, |name| index(payload, name));
    Some(Growth { text: payload.get("delta")?, places: texts.places(snapshot, item, way)? })
}

/// Adds what a whole text has beyond its pieces.
pub(super) fn complete(snapshot: &mut Snapshot, texts: &Texts, way: &[In], whole: &Text<'_>, out: &mut Sink<'_>) {
    let Some(&In::Item(_, item)) = way.first() else { return };
    texts.prepare_at(snapshot, item, way);
    let whole = whole.clone().into_str();
    let rest = whole.strip_prefix(snapshot.fields.at(way).text(texts.member));
    match rest {
        None => snapshot.fields.at(way).seal(texts.member, quote(&whole)),
        Some(rest) => {
            let places = texts.places(snapshot, item, way.to_vec()).unwrap_or_default();
            for place in &places {
                snapshot.forget_half(place);
                snapshot.grow(place, &Text::from(rest), out);
            }
        }
    }
}

/// The part of an item's list at that index.
pub(super) fn part(item: In, list: &'static str, index: i64) -> [In; 2] {
    [item, In::Item(list, index)]
}
