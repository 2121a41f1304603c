//! Google's `generateContent`, streamed: whole responses, each with the next parts of its candidates.
//!
//! 1. Adjacent text parts of one kind are one part, but for parts that carry a signature: it belongs to just that part.
//! 2. A function call comes whole, or with its arguments in pieces, each with the path that it goes to.
//! 3. A candidate's other members, and the usage, are what the last response says.
//! 4. There is no terminal: the stream has ended when every candidate has a finish reason, or the prompt was blocked.

use super::{Dialect, Place, Repeat, all_finished};
use crate::delta::{Delta, Sink};
use crate::fields::{Fields, In, Lists, Nulls};
use crate::json::{Object, Raw};
use crate::snapshot::Snapshot;

mod call;

pub(super) static DIALECT: Dialect =
    Dialect { name: "gemini", detects, fold, repeats: no_repeats, complete: all_finished, object };

const PARTS: &str = "parts";
const SIGNATURE: &str = "thoughtSignature";

fn detects(_kind: &str, payload: &Object<'_>) -> bool {
    let has = |name: &str| payload.get(name).is_some();
    payload.get("candidates").is_some_and(Raw::is_array)
        || payload.get("promptFeedback").is_some_and(Raw::is_object)
        || (has("usageMetadata") && has("modelVersion"))
}

/// Nearly every payload counts the usage anew.
fn no_repeats<'a>(_snapshot: &Snapshot, _payload: &Object<'a>) -> Option<Repeat<'a>> {
    None
}

fn fold(snapshot: &mut Snapshot, _kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if payload.first(&["candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId"]).is_none() {
        return false;
    }
    for candidate in payload.get("candidates").map(Raw::objects).unwrap_or_default() {
        fold_candidate(snapshot, &candidate.object(), out);
    }
    for (name, value) in payload.iter().filter(|(_, value)| !value.is_null()) {
        match name {
            "candidates" | "error" => {}
            "usageMetadata" => {
                if snapshot.usage.replace(value) {
                    out(Delta::Usage { usage: &snapshot.usage });
                }
            }
            _ => fold_member(snapshot, name, value, out),
        }
    }
    true
}

fn fold_member(snapshot: &mut Snapshot, name: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    snapshot.fields.merge(name, value, Lists::Replace);
    match name {
        "responseId" => snapshot.set_id(&value.str().unwrap_or_default()),
        "modelVersion" => snapshot.set_model(&value.str().unwrap_or_default()),
        "promptFeedback" => {
            out(Delta::Other { choice: 0, kind: name, json: value.as_str() });
            let reason = word(value.object().get("blockReason"));
            if !reason.is_empty() {
                snapshot.choice(0).finish(&reason, out);
            }
        }
        _ => {}
    }
}

/// A reason's name, or its number, which some servers send instead.
fn word(value: Option<Raw<'_>>) -> String {
    value.map(|value| value.str().map_or_else(|| value.as_str().to_owned(), Into::into)).unwrap_or_default()
}

fn candidate_at(index: i64) -> In {
    In::Item("candidates", index)
}

fn fold_candidate(snapshot: &mut Snapshot, candidate: &Object<'_>, out: &mut Sink<'_>) {
    let index = candidate.get("index").and_then(Raw::index).unwrap_or(0);
    snapshot.choice(index);
    snapshot.fields.at(&[candidate_at(index)]);
    for (name, value) in candidate.iter().filter(|(_, value)| !value.is_null()) {
        match name {
            "content" => fold_content(snapshot, index, &value.object(), out),
            _ => fold_candidate_member(snapshot, index, name, value, out),
        }
    }
    if candidate.get("finishReason").is_some() {
        call::close(snapshot, index, out);
    }
}

fn fold_candidate_member(snapshot: &mut Snapshot, index: i64, name: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    let fields = snapshot.fields.at(&[candidate_at(index)]);
    let kind = match name {
        "index" | "finishReason" => "",
        "citationMetadata" => "citation",
        "logprobsResult" => "logprobs",
        name => name,
    };
    if kind == "logprobs" {
        fields.object(name).overlay(value, Lists::Extend, Nulls::Drop);
        snapshot.choice(index).logprobs.overlay(value, Lists::Extend, Nulls::Drop);
    } else {
        fields.set(name, value.as_str().to_owned());
    }
    if name == "finishReason" {
        snapshot.choice(index).finish(&word(Some(value)), out);
    }
    if !kind.is_empty() {
        out(Delta::Other { choice: index, kind, json: value.as_str() });
    }
}

fn content(snapshot: &mut Snapshot, candidate: i64) -> &mut Fields {
    snapshot.fields.at(&[candidate_at(candidate), In::Object("content")])
}

fn fold_content(snapshot: &mut Snapshot, candidate: i64, object: &Object<'_>, out: &mut Sink<'_>) {
    for (name, value) in object.iter().filter(|(name, value)| *name != PARTS && !value.is_null()) {
        content(snapshot, candidate).set(name, value.as_str().to_owned());
    }
    if object.get(PARTS).is_some_and(Raw::is_array) && !content(snapshot, candidate).contains(PARTS) {
        content(snapshot, candidate).set(PARTS, "[]".into());
    }
    if let Some(role) = object.get("role").and_then(Raw::str) {
        snapshot.choice(candidate).set_role(&role, out);
    }
    for part in object.get(PARTS).map(Raw::objects).unwrap_or_default() {
        fold_part(snapshot, candidate, &part.object(), out);
    }
}

fn is_thought(part: &Object<'_>) -> bool {
    part.truthy("thought").is_some()
}

fn fold_part(snapshot: &mut Snapshot, candidate: i64, part: &Object<'_>, out: &mut Sink<'_>) {
    let text = part.get("text").filter(|text| text.text().is_some());
    let alone = part.iter().any(|(name, value)| !matches!(name, "text" | "thought") && !value.is_null());
    let parts = content(snapshot, candidate);
    let last = parts.next_index(PARTS) - 1;
    let goes_on = text.is_some() && !alone && last >= 0 && {
        let last = parts.item(PARTS, last);
        let thought = last.value("thought") == Some("true");
        last.contains("text") && last.has_only(&["text", "thought"]) && thought == is_thought(part)
    };
    let function = part.get("functionCall").map(Raw::object);
    if let Some(function) = &function
        && call::goes_on(snapshot, candidate, function)
    {
        return call::fold_piece(snapshot, candidate, function, out);
    }
    let index = if goes_on { last } else { last + 1 };
    if !goes_on {
        call::close(snapshot, candidate, out);
        let parts = content(snapshot, candidate);
        parts.replace_item(PARTS, index, part);
        if text.is_some() {
            parts.item(PARTS, index).set("text", "\"\"".into());
        }
    }
    if let Some(text) = text {
        grow(snapshot, candidate, index, text, is_thought(part), out);
    } else if let Some(function) = &function {
        call::begin(snapshot, candidate, function, out);
    } else {
        tell_part(candidate, part, out);
    }
    if let Some(signature) = part.get(SIGNATURE) {
        out(Delta::Other { choice: candidate, kind: "signature", json: signature.as_str() });
    }
}

fn grow(snapshot: &mut Snapshot, choice: i64, part: i64, text: Raw<'_>, thought: bool, out: &mut Sink<'_>) {
    let way = vec![candidate_at(choice), In::Object("content"), In::Item(PARTS, part)];
    let seen = if thought { Place::Reasoning { choice } } else { Place::Content { choice } };
    let text = text.text().unwrap_or_default();
    super::grow_all(&[seen, Place::Member { way, name: "text" }], &text, snapshot, out);
}

/// Tells of a part that is neither text nor a call.
fn tell_part(candidate: i64, part: &Object<'_>, out: &mut Sink<'_>) {
    let names = part.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name);
    let Some(name) = names.into_iter().find(|name| !matches!(*name, "thought" | SIGNATURE)) else { return };
    let mime = part.child("inlineData").str("mimeType");
    let kind = match mime.split_once('/') {
        Some((kind @ ("image" | "audio"), _)) => kind,
        _ => name,
    };
    out(Delta::Other { choice: candidate, kind, json: part.raw().as_str() });
}

fn object(snapshot: &Snapshot) -> String {
    snapshot.object_with("usageMetadata", &[])
}
