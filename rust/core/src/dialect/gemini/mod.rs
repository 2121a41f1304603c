//! Google's `generateContent`, streamed: whole responses, each with the next parts of its candidates.
//!
//! The naive way joins the texts of all parts. It loses the signatures of single parts, calls whose arguments come in
//! pieces, and which parts are thoughts; and it has a text twice where a gateway repeats the answer at the end.
//!
//! 1. Adjacent text parts of one kind are one part, except for parts with a signature, which belongs to just that
//!    part.
//! 2. A function call comes whole, or with its arguments in pieces, each with the path that it belongs to.
//! 3. A candidate's other members, and the usage, are those of the last response.
//! 4. There is no terminal: the stream has ended when every candidate has a finish reason, or the prompt was blocked.
//! 5. A response may be in an envelope, be spelt in snake case, and repeat all that its candidate said.

use std::borrow::Cow;

use super::{Rules, all_finished};
use crate::json::{Object, ObjectWriter, Payload, Raw};
use crate::snapshot::{ApiError, Delta, Lists, MergedObject, Nulls, PathStep, Sink, Snapshot};

mod again;
mod call;
mod part;
mod repeats;

pub(super) static RULES: Rules = Rules { detects, fold, repeats: repeats::repeats, complete: all_finished, object };

const PARTS: &str = "parts";
const ENVELOPE: &str = "response";

/// The members of a response, one of which every response has.
const OWN: [&str; 5] = ["candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId"];

fn detects(_kind: &str, payload: &Object<'_>) -> bool {
    let enclosed = payload.get(ENVELOPE).filter(|_| payload.get("type").is_none());
    is_response(payload) || enclosed.is_some_and(|response| is_response(&response.object()))
}

fn is_response(payload: &Object<'_>) -> bool {
    payload.get("candidates").is_some_and(Raw::is_array)
        || payload.first(&["promptFeedback", "prompt_feedback"]).is_some_and(Raw::is_object)
        || (payload.first(&["usageMetadata", "usage_metadata"]).is_some()
            && payload.first(&["modelVersion", "model_version"]).is_some())
}

fn fold(snapshot: &mut Snapshot, _kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if payload.is_snake_case() {
        return fold_response(snapshot, &payload.raw().object().camel_case(), out);
    }
    fold_response(snapshot, payload, out)
}

/// A response, or the envelope around one, whose own members are kept too.
fn fold_response(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let enclosed = payload.get(ENVELOPE).filter(|response| response.is_object() && payload.get("candidates").is_none());
    if enclosed.is_none() && payload.first(&OWN).is_none() {
        return false;
    }
    if let Some(response) = enclosed.map(Raw::object) {
        fold(snapshot, "", &response, out);
        if let Some(error) = response.truthy("error") {
            snapshot.fail(ApiError::of(error, &response));
        }
    }
    for (position, candidate) in (0..).zip(payload.objects("candidates")) {
        if snapshot.is_full() {
            break;
        }
        fold_candidate(snapshot, position, &candidate.camel_case(), out);
    }
    for (name, value) in payload.iter().filter(|(_, value)| !value.is_null()) {
        match name {
            "candidates" | "error" => {}
            ENVELOPE if enclosed.is_some() => {}
            "usageMetadata" => count(snapshot, value, out),
            _ => fold_member(snapshot, name, value, out),
        }
    }
    true
}

/// A usage replaces the one before: what only the older one counted no longer holds. One without any count is laid
/// over it, since it says something else.
fn count(snapshot: &mut Snapshot, usage: Raw<'_>, out: &mut Sink<'_>) {
    with(usage, spelt(usage), |usage| {
        let counts = usage.object().iter().any(|(name, _)| name.ends_with("TokenCount"));
        let emits = if counts { snapshot.usage.replace(usage) } else { snapshot.usage.overlay(usage) };
        if emits {
            out(Delta::Usage { usage: &snapshot.usage });
        }
    });
}

fn fold_member(snapshot: &mut Snapshot, name: &str, value: Raw<'_>, out: &mut Sink<'_>) {
    if name == "responseId" && !snapshot.id.is_empty() {
        return;
    }
    snapshot.fields.merge(name, value, Lists::Replace);
    match name {
        "responseId" => snapshot.set_id(&value.scalar().unwrap_or_default().into_str()),
        "modelVersion" => snapshot.set_model(&value.str().unwrap_or_default()),
        "promptFeedback" => {
            out(Delta::Other { choice: 0, kind: name, json: value.as_str() });
            let reason = word(value.object().camel_case().get("blockReason"));
            if !reason.is_empty() {
                snapshot.choice(0).finish(&reason, out);
            }
        }
        _ => {}
    }
}

/// A reason's name, or its number, which some servers send instead; "" where it names none.
fn word(value: Option<Raw<'_>>) -> String {
    let word = value.and_then(Raw::scalar).unwrap_or_default().into_str();
    if word == "0" || word.ends_with("_UNSPECIFIED") { String::new() } else { word.into_owned() }
}

fn candidate_at(index: i64) -> PathStep {
    PathStep::Item("candidates", index)
}

/// A candidate, at its index or else at its position in the list.
fn fold_candidate(snapshot: &mut Snapshot, position: i64, candidate: &Object<'_>, out: &mut Sink<'_>) {
    let index = candidate.get("index").and_then(Raw::index).unwrap_or(position);
    let ended = !word(candidate.get("finishReason")).is_empty();
    snapshot.choice(index);
    snapshot.fields.at(&[candidate_at(index)]);
    for (name, value) in candidate.iter().filter(|(_, value)| !value.is_null()) {
        match name {
            "content" => {
                if !value.is_object() && value.scalar().is_some() {
                    let content = format!("{{\"{PARTS}\":[{}]}}", spelt_out(value));
                    with(value, content.into(), |content| fold_content(snapshot, index, content, ended, out));
                } else {
                    fold_content(snapshot, index, value, ended, out);
                }
            }
            "finishReason" if !ended => {}
            _ => fold_candidate_member(snapshot, index, name, value, out),
        }
    }
    if ended {
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
        fields.set(name, value.as_str());
    }
    if name == "finishReason" {
        snapshot.choice(index).finish(&word(Some(value)), out);
    }
    if !kind.is_empty() {
        out(Delta::Other { choice: index, kind, json: value.as_str() });
    }
}

fn content(snapshot: &mut Snapshot, candidate: i64) -> &mut MergedObject {
    snapshot.fields.at(&[candidate_at(candidate), PathStep::Object("content")])
}

/// The content of a candidate, if it has any.
fn content_of(snapshot: &Snapshot, candidate: i64) -> Option<&MergedObject> {
    snapshot.fields.find(&[candidate_at(candidate), PathStep::Object("content")])
}

/// The next parts of a candidate. Some servers send text in place of a part.
fn fold_content(snapshot: &mut Snapshot, candidate: i64, value: Raw<'_>, ended: bool, out: &mut Sink<'_>) {
    let object = value.object().camel_case();
    let kept = content(snapshot, candidate);
    for (name, value) in object.iter().filter(|(name, value)| *name != PARTS && !value.is_null()) {
        kept.set(name, value.as_str());
    }
    if object.get(PARTS).is_some_and(Raw::is_array) && !kept.contains(PARTS) {
        kept.set(PARTS, "[]");
    }
    if let Some(role) = object.get("role").and_then(Raw::str) {
        snapshot.choice(candidate).set_role(&role, out);
    }
    let parts = object.each(PARTS);
    let bare = parts.iter().any(|part| !part.is_object() && part.scalar().is_some());
    let spelt = bare.then(|| parts.iter().map(|part| spelt_out(*part)).collect::<Vec<_>>().join(","));
    let spelt = spelt.map(|parts| format!("[{parts}]"));
    let spelt = spelt.as_deref().and_then(|parts| Payload::parse(parts).ok());
    let parts = spelt.as_ref().map_or(parts, |parts| parts.raw().items());
    let parts = parts.into_iter().filter(|part| part.is_object()).map(|part| part.object().camel_case());
    again::fold_parts(snapshot, candidate, &parts.collect::<Vec<_>>(), ended, out);
}

/// Text in place of a content or of a part, spelt as the protocol has it.
fn spelt_out(value: Raw<'_>) -> Cow<'_, str> {
    match value.scalar() {
        Some(_) => format!("{{\"text\":{}}}", value.as_str()).into(),
        None => value.as_str().into(),
    }
}

/// Reads a value in another spelling, if it has one.
fn with(value: Raw<'_>, text: Cow<'_, str>, read: impl FnOnce(Raw<'_>)) {
    match text {
        Cow::Borrowed(_) => read(value),
        Cow::Owned(text) => {
            if let Ok(payload) = Payload::parse(&text) {
                read(payload.raw());
            }
        }
    }
}

/// An object with its names spelt as the protocol has them.
fn spelt(value: Raw<'_>) -> Cow<'_, str> {
    let object = Some(value).filter(|value| value.is_object() && value.as_str().contains('_')).map(Raw::object);
    let Some(object) = object.filter(Object::is_snake_case) else { return value.as_str().into() };
    let mut text = String::new();
    let mut out = ObjectWriter::new(&mut text);
    for (name, value) in object.camel_case().iter() {
        out.json(name, value.as_str());
    }
    out.end();
    text.into()
}

fn object(snapshot: &Snapshot) -> String {
    snapshot.object_with("usageMetadata", &[])
}
