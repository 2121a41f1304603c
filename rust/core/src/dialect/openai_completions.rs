//! `OpenAI`'s legacy completions: the frame of chat completions around plain text.
//!
//! The last chunk of a choice may repeat all of its text. It is taken for a repetition only where the text came in
//! several pieces, and the chunk begins with all of them: a single piece may well be followed by the same text.

use std::collections::BTreeMap;

use super::openai_chat::{self, choices, fold_choice_member, fold_content, fold_member, fold_pieces, index, is_whole};
use super::{RepeatPlan, Rules, all_finished};
use crate::json::{Object, ObjectWriter, Raw, write_array};
use crate::snapshot::{ApiError, Append, Choice, DialectState, Sink, Snapshot, Target};

pub(super) static RULES: Rules = Rules { detects, fold, repeats, complete: all_finished, object };

/// The size in bytes of the first piece of each choice's text.
#[derive(Clone, Debug, Default)]
struct FirstPieces {
    sizes: BTreeMap<i64, usize>,
}

impl DialectState for FirstPieces {
    fn boxed_clone(&self) -> Box<dyn DialectState> {
        Box::new(self.clone())
    }
}

fn detects(_kind: &str, payload: &Object<'_>) -> bool {
    let choices = payload.get("choices").map(Raw::objects).unwrap_or_default();
    // Some servers call their chat chunks `text_completion` too; only a delta tells them apart.
    payload.str("object") == "text_completion" && choices.iter().all(|choice| choice.object().get("delta").is_none())
}

fn fold(snapshot: &mut Snapshot, _kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if payload.first(&["choices", "usage"]).is_none() {
        return false;
    }
    let choices = choices(payload);
    if choices.is_empty() && payload.truthy("choices").is_some() {
        return false;
    }
    for item in &choices {
        if snapshot.is_full() {
            break;
        }
        fold_choice(snapshot, &item.object(), out);
    }
    for (name, value) in payload.iter() {
        fold_member(snapshot, name, value, out);
    }
    true
}

fn fold_choice(snapshot: &mut Snapshot, item: &Object<'_>, out: &mut Sink<'_>) {
    if is_whole(item) {
        return openai_chat::fold_choice(snapshot, item, out);
    }
    fold_text(snapshot, item, out);
    let choice = snapshot.choice(index(item));
    for (name, value) in item.iter() {
        fold_choice_member(choice, name, value, out);
    }
    if let Some(error) = item.truthy("error") {
        snapshot.fail(ApiError::of(error, item));
    }
    snapshot.count(item.get("usage").unwrap_or_default(), out);
}

/// The next piece of a text, or all of the text again.
fn fold_text(snapshot: &mut Snapshot, item: &Object<'_>, out: &mut Sink<'_>) {
    let index = index(item);
    let target = Target::Content { choice: index };
    let emitted = snapshot.emitted(&target);
    let first = snapshot.state.get::<FirstPieces>().and_then(|first| first.sizes.get(&index));
    let in_pieces = first.is_some_and(|&size| size < emitted.len());
    if let Some(text) = item.get("text").and_then(Raw::str)
        && in_pieces
        && (has_ended(snapshot, index) || item.truthy("finish_reason").is_some())
        && text.starts_with(emitted)
    {
        snapshot.complete(&target, 0, &text, out);
        return;
    }
    let begins = emitted.is_empty();
    let choice = snapshot.choice(index);
    match item.get("text").filter(|_| item.get("delta").is_none()) {
        Some(text) => fold_content(choice, text, out),
        None => fold_pieces(choice, item, out),
    }
    if begins {
        let size = snapshot.emitted(&target).len();
        snapshot.state.get_mut::<FirstPieces>().sizes.insert(index, size);
    }
}

fn has_ended(snapshot: &Snapshot, index: i64) -> bool {
    snapshot.choices.get(&index).is_some_and(|choice| choice.finish_reason().is_some())
}

/// A chunk of one choice that has nothing but text.
fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let [item] = payload.get("choices")?.items()[..] else { return None };
    let listless = payload.iter().all(|(name, value)| name == "choices" || !value.has_list());
    if !listless || item.has_list() {
        return None;
    }
    let item = item.object();
    if item.first(&["logprobs", "error", "delta", "message"]).is_some()
        || has_ended(snapshot, index(&item))
        || payload.truthy("error").is_some()
    {
        return None;
    }
    let targets = vec![Target::Content { choice: index(&item) }];
    let mut repeat = RepeatPlan::of(Append { text: item.get("text")?, targets })?;
    repeat.routing.extend(item.get("index"));
    Some(repeat)
}

fn object(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    let mut completion = ObjectWriter::new(&mut out);
    completion.text("id", Some(&snapshot.id));
    completion.text("object", Some("text_completion"));
    if !snapshot.fields.contains("created") {
        completion.json("created", "0");
    }
    completion.text("model", Some(&snapshot.model));
    write_array(completion.name("choices"), snapshot.choices.values(), |out, choice| write_choice(out, choice));
    if let Some(usage) = snapshot.usage() {
        completion.json("usage", &usage.json());
    }
    snapshot.fields.write_members(&mut completion);
    completion.end();
    out
}

fn write_choice(out: &mut String, choice: &Choice) {
    let mut object = ObjectWriter::new(out);
    object.json("index", &choice.index.to_string());
    object.text("text", Some(choice.content().unwrap_or_default()));
    object.text("finish_reason", choice.finish_reason());
    object.json("logprobs", choice.logprobs().as_deref().unwrap_or("null"));
    choice.fields.write_members(&mut object);
    object.end();
}
