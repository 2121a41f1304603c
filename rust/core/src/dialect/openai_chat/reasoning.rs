//! The reasoning, under whatever names and in whatever shapes it comes.

use super::emit_other;
use crate::json::{Object, Raw, Text, TextBuffer};
use crate::snapshot::{Choice, Lists, Sink};

/// The members that have the reasoning; of several in one delta, the first that is not empty counts.
pub(super) const NAMES: [&str; 4] = ["reasoning_content", "reasoning", "reasoning_text", "thinking"];

/// Lists whose items may have reasoning too, together with other members that are kept.
const LISTS: [&str; 2] = ["reasoning_details", "thinking_blocks"];

/// Further sources of the reasoning, as bits of `Sources`; the names have the bits before these.
const CONTENT: u8 = 1 << NAMES.len();
const DETAILS: u8 = CONTENT << 1;

/// The members in which an object has its text: the first that is not empty.
const WORDS: [&str; 7] = ["text", "thinking", "reasoning", "content", "summary", "reasoning_text", "reasoningText"];

/// The members that a client has to send back with the reasoning.
const SEALS: [&str; 4] = ["signature", "encrypted_content", "redacted_content", "redactedContent"];

/// The reasoning of a message: which sources speak, and the name and text of the first.
pub(super) struct Said<'a> {
    pub(super) speaking: u8,
    pub(super) name: &'static str,
    pub(super) text: Text<'a>,
}

/// The reasoning of a delta, or of a message; `None` where it has none.
pub(super) fn said<'a>(delta: &Object<'a>) -> Option<Said<'a>> {
    let mut said: Option<Said<'a>> = None;
    let mut hear = |bit: u8, name: &'static str, text: Text<'a>| {
        if !text.is_empty() {
            let said = said.get_or_insert(Said { speaking: 0, name, text });
            said.speaking |= bit;
        }
    };
    for (at, name) in NAMES.into_iter().enumerate() {
        if let Some(value) = delta.get(name) {
            hear(1 << at, name, words(value));
        }
    }
    if let Some(content) = delta.get("content").filter(|content| content.text().is_none()) {
        hear(CONTENT, NAMES[0], joined(parts(content).into_iter().filter(|part| is_reasoning(*part))));
    }
    for (at, name) in LISTS.into_iter().enumerate() {
        if let Some(list) = delta.get(name) {
            hear(DETAILS << at, NAMES[1], words(list));
        }
    }
    said
}

/// Adds the reasoning of a delta.
pub(super) fn fold(choice: &mut Choice, delta: &Object<'_>, out: &mut Sink<'_>) {
    if let Some(said) = said(delta) {
        let emitted = choice.reasoning.as_ref().map_or("", TextBuffer::as_str);
        let news = choice.sources.news(said.speaking, emitted, said.text);
        add(choice, said.name, &news, out);
    }
    keep_rest(choice, delta, out);
}

pub(super) fn add(choice: &mut Choice, name: &'static str, text: &Text<'_>, out: &mut Sink<'_>) {
    if choice.reasoning_name.is_empty() {
        choice.reasoning_name = name;
    }
    choice.add_reasoning(text, out);
}

/// The parts of a list; a single part may come without a list.
pub(super) fn parts(content: Raw<'_>) -> Vec<Raw<'_>> {
    if content.is_object() { vec![content] } else { content.items() }
}

/// Whether a part of the content is reasoning.
pub(super) fn is_reasoning(part: Raw<'_>) -> bool {
    let part = part.object();
    match part.str("type").as_ref() {
        "thinking" | "reasoning" | "reasoning_text" | "reasoning_content" => true,
        "" => part.get("text").is_none() && part.first(&["thinking", "reasoning"]).is_some(),
        _ => false,
    }
}

/// The text of a value: a string, an object that has a text, or a list of such values.
pub(super) fn words(value: Raw<'_>) -> Text<'_> {
    if let Some(text) = value.text() {
        return text;
    }
    if value.is_array() {
        return joined(value.items());
    }
    let object = value.object();
    let filled = WORDS.iter().filter_map(|name| object.get(name)).map(words).find(|text| !text.is_empty());
    filled.unwrap_or_default()
}

fn joined<'a>(values: impl IntoIterator<Item = Raw<'a>>) -> Text<'a> {
    values.into_iter().map(words).reduce(Text::and).unwrap_or_default()
}

/// Keeps what the members of the reasoning have besides their text; emits a member as it is if nothing in it is
/// known.
pub(super) fn keep_rest(choice: &mut Choice, message: &Object<'_>, out: &mut Sink<'_>) {
    for name in NAMES {
        if let Some(value) = message.get(name)
            && value.text().is_none()
            && !keep_seals(choice, value, out)
            && words(value).is_empty()
        {
            emit_other(choice, name, value, out);
        }
    }
}

/// Keeps what has to be sent back with the reasoning, wherever in a value it is. Returns whether there was any.
pub(super) fn keep_seals(choice: &mut Choice, value: Raw<'_>, out: &mut Sink<'_>) -> bool {
    let mut sealed = value.items().into_iter().fold(false, |sealed, item| keep_seals(choice, item, out) | sealed);
    for (name, member) in value.object().iter() {
        if SEALS.contains(&name) && member.text().is_some() && member.is_truthy() {
            if choice.message_fields.merge(name, member, Lists::Replace) {
                emit_other(choice, name, member, out);
            }
            sealed = true;
        } else if WORDS.contains(&name) {
            sealed |= keep_seals(choice, member, out);
        }
    }
    sealed
}
