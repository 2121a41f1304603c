//! `OpenAI`'s legacy completions: chat's frame around bare text.

use super::openai_chat::{choices, fold_choice_member, fold_member, index};
use super::{Dialect, Repeat, all_finished};
use crate::json::{Object, ObjectWriter, Raw, write_array};
use crate::snapshot::{ApiError, Choice, Growth, Place, Sink, Snapshot};

pub(super) static DIALECT: Dialect = Dialect {
    name: "openai-completions",
    detects,
    fold,
    repeats,
    complete: all_finished,
    begins_again: |_| false,
    object,
};

fn detects(_kind: &str, payload: &Object<'_>) -> bool {
    let choices = payload.get("choices").map(Raw::objects).unwrap_or_default();
    // Some servers call their chat chunks `text_completion` too; only a delta tells them apart.
    payload.str("object") == "text_completion" && choices.iter().all(|choice| choice.object().get("delta").is_none())
}

fn fold(snapshot: &mut Snapshot, _kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if payload.first(&["choices", "usage"]).is_none() {
        return false;
    }
    for item in choices(payload) {
        fold_choice(snapshot, &item, out);
    }
    for (name, value) in payload.iter() {
        fold_member(snapshot, name, value, out);
    }
    true
}

fn fold_choice(snapshot: &mut Snapshot, item: &Object<'_>, out: &mut Sink<'_>) {
    let choice = snapshot.choice(index(item));
    if let Some(text) = item.get("text").and_then(Raw::scalar) {
        choice.add_content(&text, out);
    }
    for (name, value) in item.iter() {
        fold_choice_member(choice, name, value, out);
    }
    if let Some(error) = item.truthy("error") {
        snapshot.fail(ApiError::of(error, item));
    }
    snapshot.count(item.get("usage").unwrap_or_default(), out);
}

/// A chunk of one choice that brings nothing but text.
fn repeats<'a>(_snapshot: &Snapshot, payload: &Object<'a>) -> Option<Repeat<'a>> {
    let [item] = payload.get("choices")?.items()[..] else { return None };
    let listless = payload.iter().all(|(name, value)| name == "choices" || !value.has_list());
    if !listless || item.has_list() {
        return None;
    }
    let item = item.object();
    if item.first(&["logprobs", "error"]).is_some() || payload.truthy("error").is_some() {
        return None;
    }
    let places = vec![Place::Content { choice: index(&item) }];
    let mut repeat = Repeat::of(Growth { text: item.get("text")?, places })?;
    repeat.indexes.extend(item.get("index"));
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
