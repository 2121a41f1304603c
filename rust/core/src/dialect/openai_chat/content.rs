//! The content: text, or a list of parts of several kinds.

use super::{emit_other, reasoning};
use crate::json::{Payload, Raw, Text, is_same};
use crate::snapshot::{Choice, Lists, Sink};

/// The member in which parts of other kinds are kept.
const PARTS: &str = "content_parts";

/// Adds a piece of the content: text, a number or a boolean in place of text, a list of parts, or a single part.
pub(in crate::dialect) fn fold(choice: &mut Choice, content: Raw<'_>, out: &mut Sink<'_>) {
    if let Some(text) = content.scalar() {
        return choice.add_content(&text, out);
    }
    for part in reasoning::parts(content) {
        fold_part(choice, part, out);
    }
}

/// Adds a piece of the refusal; one without any text is emitted as it is.
pub(super) fn fold_refusal(choice: &mut Choice, refusal: Raw<'_>, out: &mut Sink<'_>) {
    match reasoning::words(refusal) {
        text if text.is_empty() && refusal.text().is_none() => emit_other(choice, "refusal", refusal, out),
        text => choice.add_refusal(&text, out),
    }
}

fn fold_part(choice: &mut Choice, part: Raw<'_>, out: &mut Sink<'_>) {
    match text(part) {
        Some(Part::Text(text)) => choice.add_content(&text, out),
        Some(Part::Refusal(text)) => choice.add_refusal(&text, out),
        None if reasoning::is_reasoning(part) => _ = reasoning::keep_seals(choice, part, out),
        None if part.is_null() => {}
        None => keep_part(choice, part, out),
    }
}

/// The text of a part, and what it is.
pub(super) enum Part<'a> {
    Text(Text<'a>),
    Refusal(Text<'a>),
}

/// The text of a part, if it is a string, or an object whose type says that it is text.
pub(super) fn text(part: Raw<'_>) -> Option<Part<'_>> {
    if !part.is_object() {
        return part.scalar().map(Part::Text);
    }
    let object = part.object();
    let words = |name| object.get(name).map(reasoning::words);
    match object.str("type").as_ref() {
        "text" | "output_text" | "" => words("text").map(Part::Text),
        "refusal" => words("refusal").map(Part::Refusal),
        _ => None,
    }
}

/// The text of a complete content.
pub(super) fn whole(content: Raw<'_>) -> Option<Text<'_>> {
    let text_of = |part| match text(part) {
        Some(Part::Text(text)) => Some(text),
        _ => None,
    };
    content.scalar().or_else(|| reasoning::parts(content).into_iter().filter_map(text_of).reduce(Text::and))
}

/// The refusal among the parts of a complete content.
pub(super) fn whole_refusal(content: Raw<'_>) -> Option<Text<'_>> {
    let refusal = |part| match text(part) {
        Some(Part::Refusal(text)) => Some(text),
        _ => None,
    };
    reasoning::parts(content).into_iter().filter_map(refusal).reduce(Text::and)
}

/// Keeps the parts of a complete content that are no text.
pub(super) fn keep_whole(choice: &mut Choice, content: Raw<'_>, out: &mut Sink<'_>) {
    let (reasons, others): (Vec<_>, Vec<_>) = reasoning::parts(content)
        .into_iter()
        .filter(|part| text(*part).is_none() && !part.is_null())
        .partition(|part| reasoning::is_reasoning(*part));
    for part in reasons {
        reasoning::keep_seals(choice, part, out);
    }
    let list = format!("[{}]", others.iter().map(|part| part.as_str()).collect::<Vec<_>>().join(","));
    let kept = choice.message_fields.json_of(PARTS);
    if !others.is_empty() && !kept.is_some_and(|kept| is_same(&kept, &list)) {
        choice.message_fields.remove(PARTS);
        for part in others {
            keep_part(choice, part, out);
        }
    }
}

/// Keeps a part of an unknown kind.
fn keep_part(choice: &mut Choice, part: Raw<'_>, out: &mut Sink<'_>) {
    let list = format!("[{}]", part.as_str());
    if let Ok(payload) = Payload::parse(&list) {
        choice.message_fields.merge(PARTS, payload.raw(), Lists::Extend);
    }
    let kind = part.object().str("type").into_owned();
    emit_other(choice, if kind.is_empty() { "content_part" } else { &kind }, part, out);
}
