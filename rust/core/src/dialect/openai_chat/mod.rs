//! `OpenAI`'s chat completions, and everything that other servers send like them.
//!
//! The naive way appends each delta's strings to those of the choice. It fails on
//! servers that leave out indexes, send a text under two names, repeat the whole answer at the end, or stream calls
//! in shapes of their own. The merge rule, in the order of a chunk:
//!
//! 1. Choices are kept by index (0 where it is missing). A choice's `delta` counts; `text` only where there is no
//!    delta; and `message` only where neither says anything: that is the whole choice (see `whole`).
//! 2. Text is appended and null changes nothing; the reasoning has many names and shapes (see `reasoning`).
//! 3. Tool calls: see `calls` and `tool_call`.
//! 4. The last finish reason counts, and null never takes one back; one that is missing at the end means cut off,
//!    never "stop".
//! 5. A newer usage is laid over the older one, wherever it is in the chunk; they are never summed.
//! 6. Other members are kept (see `fields`); padding is dropped.

use super::{Rules, all_finished};
use crate::json::{Object, Raw};
use crate::snapshot::{ApiError, Choice, Delta, Lists, Nulls, Sink, Snapshot};

mod calls;
mod content;
mod object;
mod reasoning;
mod repeats;
mod whole;

pub(super) use calls::Said;
pub(super) use content::fold as fold_content;
pub(super) use whole::is_whole;

pub(super) static RULES: Rules =
    Rules { detects, fold, repeats: repeats::repeats, complete: all_finished, object: object::object };

/// Random padding that hides the size of a text from observers of the connection.
const PADDING: [&str; 2] = ["obfuscation", "p"];

/// The members of a reasoning detail that come in pieces.
const DETAIL_TEXTS: [&str; 2] = ["text", "summary"];

fn detects(_event: &str, payload: &Object<'_>) -> bool {
    let object = payload.str("object");
    let has = |names: &[&str]| choices(payload).iter().any(|choice| choice.object().first(names).is_some());
    match payload.get("choices") {
        // Some servers call their chat chunks `text_completion` too; only a delta tells them apart.
        Some(choices) if choices.is_array() => object != "text_completion" || has(&["delta"]),
        Some(choices) if choices.is_object() => object == "chat.completion.chunk" || has(&["delta", "message"]),
        _ => object == "chat.completion.chunk",
    }
}

fn fold(snapshot: &mut Snapshot, _event: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if payload.first(&["choices", "usage", "x_groq"]).is_none() {
        return false;
    }
    let choices = choices(payload);
    if choices.is_empty() && payload.truthy("choices").is_some() {
        return false;
    }
    for choice in &choices {
        if snapshot.is_full() {
            break;
        }
        fold_choice(snapshot, &choice.object(), out);
    }
    for (name, value) in payload.iter() {
        fold_member(snapshot, name, value, out);
    }
    if payload.str("object") == whole::OBJECT {
        whole::end(snapshot, &choices, out);
    }
    true
}

/// The choices that a payload has, in whatever form.
pub(super) fn choices<'a>(payload: &Object<'a>) -> Vec<Raw<'a>> {
    payload.get("choices").map(Raw::listed).unwrap_or_default()
}

pub(super) fn index(item: &Object<'_>) -> i64 {
    item.get("index").and_then(Raw::index).unwrap_or(0)
}

pub(super) fn fold_member(snapshot: &mut Snapshot, name: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    match name {
        "choices" | "object" | "error" => {}
        name if PADDING.contains(&name) => {}
        "id" => snapshot.set_id(&calls::said(value)),
        "model" => snapshot.set_model(&value.str().unwrap_or_default()),
        "created" => {
            if value.is_truthy() && !snapshot.fields.contains("created") {
                snapshot.fields.set("created", value.as_str());
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

/// Groq's own member has the usage, next to others.
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

pub(super) fn fold_choice(snapshot: &mut Snapshot, item: &Object<'_>, out: &mut Sink<'_>) {
    if whole::is_whole(item) {
        whole::fold(snapshot, item, out);
    } else {
        let choice = snapshot.choice(index(item));
        fold_pieces(choice, item, out);
        for (name, value) in item.iter() {
            fold_choice_member(choice, name, value, out);
        }
    }
    if let Some(error) = item.truthy("error") {
        snapshot.fail(ApiError::of(error, item));
    }
    if let Some(usage) = item.get("usage") {
        snapshot.count(usage, out);
    }
}

/// The delta, an object with the pieces of several members, or (as `text` is) a piece of the content.
pub(super) fn fold_pieces(choice: &mut Choice, item: &Object<'_>, out: &mut Sink<'_>) {
    match item.first(&["delta", "text"]) {
        Some(delta) if delta.is_object() => fold_delta(choice, &delta.object(), out),
        Some(piece) => content::fold(choice, piece, out),
        None => {}
    }
}

pub(super) fn fold_choice_member(choice: &mut Choice, name: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    match name {
        "index" | "delta" | "message" | "text" | "usage" | "error" => {}
        name if PADDING.contains(&name) => {}
        "finish_reason" => fold_finish_reason(choice, value, out),
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

/// Folds a finish reason: a word, a number, or an object that has one of them.
fn fold_finish_reason(choice: &mut Choice, value: Raw<'_>, out: &mut Sink<'_>) {
    let object = value.object();
    let reason = calls::said(object.first(&["type", "reason"]).unwrap_or(value));
    if !reason.is_empty() {
        choice.settle_announced(out);
        choice.finish(&reason, out);
    } else if value.text().is_none() {
        emit_other(choice, "finish_reason", value, out);
    }
}

fn fold_delta(choice: &mut Choice, delta: &Object<'_>, out: &mut Sink<'_>) {
    choice.came_whole = false;
    if !choice.whole.is_empty() {
        // Pieces follow the whole message: they count again.
        delta.iter().for_each(|(name, _)| choice.whole.remove(name));
    }
    reasoning::fold(choice, delta, out);
    for (name, value) in delta.iter() {
        match name {
            "role" => choice.set_role(&value.str().unwrap_or_default(), out),
            "content" => content::fold(choice, value, out),
            "refusal" => content::fold_refusal(choice, value, out),
            "tool_calls" if value.is_object() || value.is_array() => calls::fold(choice, value, out),
            "tool_calls" => emit_other(choice, name, value, out),
            "function_call" => calls::fold_legacy(choice, value, delta.get("tool_calls"), out),
            "audio" => fold_audio(choice, value, out),
            "reasoning_details" => {
                fold_details(choice, value);
                emit_other(choice, name, value, out);
            }
            name if PADDING.contains(&name) || reasoning::NAMES.contains(&name) => {}
            name => {
                if choice.message_fields.merge(name, value, Lists::Extend) {
                    emit_other(choice, name, value, out);
                }
            }
        }
    }
}

fn emit_other(choice: &Choice, kind: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    if value.is_truthy() {
        out(Delta::Other { choice: choice.index, kind, json: value.as_str() });
    }
}

/// Audio comes in pieces of base64 and of its transcript, with an id and an expiry.
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
    emit_other(choice, "audio", audio, out);
}

fn fold_details(choice: &mut Choice, details: Raw<'_>) {
    for detail in details.listed() {
        let detail = detail.object();
        let item = choice.details.item(detail_key(&detail));
        for (name, value) in detail.iter() {
            match value.text() {
                Some(text) if DETAIL_TEXTS.contains(&name) => item.append(name, &text),
                // A signature is sent once, and "" in the pieces after it.
                Some(text) if text.is_empty() => {}
                None if DETAIL_TEXTS.contains(&name) && value.is_null() => {}
                _ => _ = item.merge(name, value, Lists::Replace),
            }
        }
    }
}

/// What identifies a reasoning detail.
fn detail_key(detail: &Object<'_>) -> (String, String, String) {
    let key = |name| detail.get(name).map(|value| value.as_str().to_owned()).unwrap_or_default();
    (key("type"), key("index"), key("id"))
}
