//! `OpenAI`'s chat completions, and everyone who sends something like them.
//!
//! The merge rule, in the order of a chunk:
//!
//! 1. Choices are kept by index (0 where it is missing); a choice's `delta` counts, `text` only where there is no delta,
//!    and `message` only in a whole non-streaming object: beside deltas it repeats the text so far.
//! 2. Text is appended and null changes nothing; of several names for the reasoning the first that is not empty counts.
//! 3. Tool calls: see `tool_call`.
//! 4. The last finish reason counts, and null never takes one back; missing at the end means cut off, never "stop".
//! 5. Usage is laid over the older one, wherever it stands; never summed.
//! 6. Other members are kept (see `fields`); padding is dropped.

use std::borrow::Cow;

use super::{Dialect, all_finished};
use crate::api_error::ApiError;
use crate::delta::{Delta, Sink};
use crate::fields::{Lists, Nulls};
use crate::json::{Object, Raw};
use crate::snapshot::{Choice, Snapshot};
use crate::text::Text;
use crate::tool_call::{Piece, ToolCall};

mod object;
mod repeats;

pub(super) static DIALECT: Dialect = Dialect {
    name: "openai-chat",
    detects,
    fold,
    repeats: repeats::repeats,
    complete: all_finished,
    object: object::object,
};

/// Random padding against observers who count bytes.
const PADDING: [&str; 2] = ["obfuscation", "p"];

const REASONING: [&str; 3] = ["reasoning_content", "reasoning", "thinking"];

/// The members of a reasoning detail that grow.
const DETAIL_TEXTS: [&str; 2] = ["text", "summary"];

/// The kind of the one call that the deprecated `function_call` member streams.
const LEGACY: &str = "function_call";

fn detects(_event: &str, payload: &Object<'_>) -> bool {
    let object = payload.str("object");
    let Some(choices) = payload.get("choices").filter(|choices| choices.is_array()) else {
        return object == "chat.completion.chunk";
    };
    // Some servers call their chat chunks `text_completion` too; only a delta tells them apart.
    object != "text_completion" || choices.items().iter().any(|choice| choice.object().get("delta").is_some())
}

fn fold(snapshot: &mut Snapshot, _event: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if payload.first(&["choices", "usage", "x_groq"]).is_none() {
        return false;
    }
    let choices: Vec<_> = payload.get("choices").map(Raw::objects).unwrap_or_default();
    let choices: Vec<_> = choices.into_iter().map(Raw::object).collect();
    let whole = payload.str("object") == "chat.completion";
    for choice in &choices {
        fold_choice(snapshot, choice, whole, out);
    }
    for (name, value) in payload.iter() {
        fold_member(snapshot, name, value, out);
    }
    // Some servers call their chunks so too.
    let has_message = |choice: &Object<'_>| choice.get("message").is_some() && choice.get("delta").is_none();
    if whole && !choices.is_empty() && choices.iter().all(has_message) {
        snapshot.finish(out);
    }
    true
}

pub(super) fn fold_member(snapshot: &mut Snapshot, name: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    match name {
        "choices" | "object" | "error" => {}
        name if PADDING.contains(&name) => {}
        "id" => snapshot.set_id(&value.str().unwrap_or_default()),
        "model" => snapshot.set_model(&value.str().unwrap_or_default()),
        "created" => {
            if value.is_truthy() && snapshot.fields.scalar(&["created"]).is_none() {
                snapshot.fields.set("created", value.as_str().to_owned());
            }
        }
        "usage" => snapshot.count(value, out),
        "x_groq" => fold_groq(snapshot, value, out),
        _ => {
            let known = matches!(name, "system_fingerprint" | "service_tier");
            let empty_text = value.text().is_some_and(|text| text.is_empty());
            let empty_list = value.is_array() && !value.is_truthy() && snapshot.fields.contains(name);
            if !empty_text && !empty_list && snapshot.fields.merge(name, value, Lists::Replace) && !known {
                out(Delta::Other { choice: 0, kind: name, json: value.as_str() });
            }
        }
    }
}

/// Groq's own member holds the usage beside other things.
fn fold_groq(snapshot: &mut Snapshot, groq: Raw<'_>, out: &mut Sink<'_>) {
    let mut changed = false;
    for (name, value) in groq.object().iter() {
        if name == "usage" {
            snapshot.count(value, out);
        } else if !value.is_null() && snapshot.fields.object("x_groq").merge(name, value, Lists::Replace) {
            changed = true;
        }
    }
    if changed {
        out(Delta::Other { choice: 0, kind: "x_groq", json: groq.as_str() });
    }
}

fn fold_choice(snapshot: &mut Snapshot, item: &Object<'_>, whole: bool, out: &mut Sink<'_>) {
    let index = item.get("index").and_then(Raw::index).unwrap_or(0);
    let choice = snapshot.choice(index);
    let delta = item.get("delta").filter(|delta| delta.is_object());
    if let Some(delta) = delta.or_else(|| item.get("message").filter(|_| whole)) {
        fold_delta(choice, &delta.object(), whole, out);
    } else if let Some(text) = item.get("text").and_then(Raw::text) {
        choice.add_content(&text, out);
    }
    for (name, value) in item.iter() {
        fold_choice_member(choice, name, value, out);
    }
    if let Some(error) = item.truthy("error") {
        snapshot.fail(ApiError::of(error, item));
    }
    if let Some(usage) = item.get("usage") {
        snapshot.count(usage, out);
    }
}

pub(super) fn fold_choice_member(choice: &mut Choice, name: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    match name {
        "index" | "delta" | "message" | "text" | "usage" | "error" => {}
        name if PADDING.contains(&name) => {}
        "finish_reason" => choice.finish(&said(value), out),
        "logprobs" => {
            if choice.logprobs.overlay(value, Lists::Extend, Nulls::Keep) {
                out(Delta::Other { choice: choice.index, kind: "logprobs", json: value.as_str() });
            }
        }
        _ => {
            if choice.fields.merge(name, value, Lists::Extend) {
                out(Delta::Other { choice: choice.index, kind: name, json: value.as_str() });
            }
        }
    }
}

fn fold_delta(choice: &mut Choice, delta: &Object<'_>, whole: bool, out: &mut Sink<'_>) {
    fold_reasoning(choice, delta, whole, out);
    for (name, value) in delta.iter() {
        match name {
            "role" => choice.set_role(&value.str().unwrap_or_default(), out),
            "content" => fold_content(choice, value, out),
            "refusal" => {
                if let Some(text) = value.text() {
                    choice.add_refusal(&text, out);
                }
            }
            "tool_calls" => fold_tool_calls(choice, value, whole, out),
            "function_call" => fold_function_call(choice, value, out),
            "audio" => fold_audio(choice, value, out),
            "reasoning_details" => {
                fold_details(choice, value);
                tell_other(choice, name, value, out);
            }
            name if PADDING.contains(&name) || REASONING.contains(&name) => {}
            name => {
                if choice.message_fields.merge(name, value, Lists::Extend) {
                    tell_other(choice, name, value, out);
                }
            }
        }
    }
}

fn tell_other(choice: &Choice, kind: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    if value.is_truthy() {
        out(Delta::Other { choice: choice.index, kind, json: value.as_str() });
    }
}

fn fold_reasoning(choice: &mut Choice, delta: &Object<'_>, whole: bool, out: &mut Sink<'_>) {
    for name in REASONING {
        if let Some(text) = delta.get(name).and_then(Raw::text).filter(|text| whole || !text.is_empty()) {
            return add_reasoning(choice, name, &text, out);
        }
    }
    for detail in delta.get("reasoning_details").map(Raw::items).unwrap_or_default() {
        let detail = detail.object();
        let piece = |name: &&str| detail.get(name).and_then(Raw::text).filter(|text| !text.is_empty());
        if let Some(text) = DETAIL_TEXTS.iter().find_map(piece) {
            add_reasoning(choice, "reasoning", &text, out);
        }
    }
}

fn add_reasoning(choice: &mut Choice, name: &'static str, text: &Text<'_>, out: &mut Sink<'_>) {
    if choice.reasoning_name.is_empty() {
        choice.reasoning_name = name;
    }
    choice.add_reasoning(text, out);
}

/// Content is text, or (Mistral) a list of text and thinking parts.
fn fold_content(choice: &mut Choice, content: Raw<'_>, out: &mut Sink<'_>) {
    if let Some(text) = content.text() {
        return choice.add_content(&text, out);
    }
    for part in content.items() {
        fold_part(choice, part, out);
    }
}

fn fold_part(choice: &mut Choice, part: Raw<'_>, out: &mut Sink<'_>) {
    if let Some(text) = part.text() {
        return choice.add_content(&text, out);
    }
    let object = part.object();
    let kind = object.str("type");
    match (kind.as_ref(), object.get("text").and_then(Raw::text), object.get("thinking")) {
        ("text" | "", Some(text), _) => choice.add_content(&text, out),
        ("thinking", _, Some(thinking)) => fold_thinking(choice, thinking, out),
        _ => {
            let list = format!("[{}]", part.as_str());
            if let Ok(payload) = crate::json::Payload::parse(&list) {
                choice.message_fields.merge("content_parts", payload.raw(), Lists::Extend);
            }
            tell_other(choice, if kind.is_empty() { "content_part" } else { &kind }, part, out);
        }
    }
}

fn fold_thinking(choice: &mut Choice, thinking: Raw<'_>, out: &mut Sink<'_>) {
    if let Some(text) = thinking.text() {
        return add_reasoning(choice, "reasoning_content", &text, out);
    }
    for part in thinking.items() {
        if let Some(text) = part.object().get("text").and_then(Raw::text) {
            add_reasoning(choice, "reasoning_content", &text, out);
        }
    }
}

fn fold_tool_calls(choice: &mut Choice, calls: Raw<'_>, whole: bool, out: &mut Sink<'_>) {
    let items = calls.objects();
    for (place, item) in items.iter().enumerate() {
        let item = item.object();
        let index = item.get("index").and_then(Raw::index);
        // A whole object lists its calls: each is one.
        let index = index.or_else(|| i64::try_from(place).ok().filter(|_| whole));
        fold_tool_call(choice, &item, index, (place, items.len()), out);
    }
}

/// Null, `""` and the string `"null"` are all said for "none".
fn said(value: Raw<'_>) -> Cow<'_, str> {
    value.str().filter(|text| text != "null").unwrap_or_default()
}

fn member_said<'a>(owner: &Object<'a>, name: &str) -> Cow<'a, str> {
    owner.get(name).map(said).unwrap_or_default()
}

fn fold_tool_call(
    choice: &mut Choice,
    item: &Object<'_>,
    index: Option<i64>,
    place: (usize, usize),
    out: &mut Sink<'_>,
) {
    let function = item.get("function").or_else(|| item.get("custom")).map(Raw::object);
    let function = function.unwrap_or_default();
    let piece = Piece {
        index,
        place,
        id: &member_said(item, "id"),
        kind: &member_said(item, "type"),
        name: &member_said(&function, "name"),
        arguments: argument_text(function.first(&["arguments", "input"])),
    };
    let position = choice.add_tool_call(&piece, out);
    keep_call_members(choice.tool_calls.at(position), item, &function);
}

/// Arguments are text; an object that a server sends instead is written out as such.
fn argument_text(arguments: Option<Raw<'_>>) -> Text<'_> {
    let Some(arguments) = arguments else { return Text::from("") };
    arguments.text().unwrap_or_else(|| Text::Whole(Cow::Owned(arguments.compact())))
}

fn keep_call_members(call: &mut ToolCall, item: &Object<'_>, function: &Object<'_>) {
    for (name, value) in item.iter() {
        if !matches!(name, "index" | "id" | "type" | "function" | "custom") {
            call.fields.merge(name, value, Lists::Extend);
        }
    }
    for (name, value) in function.iter() {
        if !matches!(name, "name" | "arguments" | "input") {
            call.function_fields.merge(name, value, Lists::Extend);
        }
    }
}

/// The deprecated single call: kept as a tool call of its own kind, so that its deltas are like any other's.
fn fold_function_call(choice: &mut Choice, function: Raw<'_>, out: &mut Sink<'_>) {
    if function.is_object() {
        let function = function.object();
        choice.add_sole_call(LEGACY, &member_said(&function, "name"), argument_text(function.get("arguments")), out);
    }
}

/// Audio comes as pieces of base64 and of its transcript, beside an id and an expiry.
fn fold_audio(choice: &mut Choice, audio: Raw<'_>, out: &mut Sink<'_>) {
    for (name, value) in audio.object().iter() {
        let text = value.text().filter(|_| matches!(name, "data" | "transcript"));
        match (name, text) {
            (_, Some(text)) => choice.message_fields.object("audio").append(name, &text),
            ("data" | "transcript", None) => {}
            _ if value.is_null() => {}
            _ => _ = choice.message_fields.object("audio").merge(name, value, Lists::Replace),
        }
    }
    tell_other(choice, "audio", audio, out);
}

fn fold_details(choice: &mut Choice, details: Raw<'_>) {
    for detail in details.objects() {
        let detail = detail.object();
        let item = choice.details.item(detail_key(&detail));
        for (name, value) in detail.iter() {
            match value.text() {
                Some(text) if DETAIL_TEXTS.contains(&name) => item.append(name, &text),
                // A signature is sent once, and "" in the pieces after it.
                Some(text) if text.is_empty() => {}
                None if DETAIL_TEXTS.contains(&name) => {}
                _ => _ = item.merge(name, value, Lists::Replace),
            }
        }
    }
}

/// What tells one reasoning detail from another.
fn detail_key(detail: &Object<'_>) -> (String, String, String) {
    let key = |name| detail.get(name).map(|value| value.as_str().to_owned()).unwrap_or_default();
    (key("type"), key("index"), key("id"))
}
