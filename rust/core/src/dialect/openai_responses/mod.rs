//! `OpenAI`'s Responses: output items that come in pieces, and a terminal event with the whole response.
//!
//! The rules, beside those of the provider's reference of streaming events:
//!
//! 1. Items, parts and summaries are found by their indexes, never by an id: some gateways make a new id for every event.
//! 2. What comes whole (`*.done`, finished items, the terminal response) is told as far as it goes on where the pieces end;
//!    where it contradicts them, the object has it and what was told stands.
//! 3. The terminal response is the object; where its output is empty, the items that were put together are its output.
//! 4. What the provider runs itself is told as it is.

use super::{Dialect, Place, Repeat};
use crate::api_error::ApiError;
use crate::delta::{Delta, Sink};
use crate::fields::In;
use crate::json::{Object, Raw};
use crate::snapshot::Snapshot;
use crate::text::Text;

mod item;
mod texts;

use item::{OUTPUT, Stage, add_item, complete_item, finish_item, output_index};
use texts::{Texts, complete, growth};

pub(super) static DIALECT: Dialect =
    Dialect { name: "openai-responses", detects, fold, repeats, complete: |_| false, object };

fn detects(kind: &str, payload: &Object<'_>) -> bool {
    kind.starts_with("response.") || payload.str("object") == "response"
}

fn fold(snapshot: &mut Snapshot, kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let Some(event) = kind.strip_prefix("response.") else {
        let whole = payload.str("object") == "response";
        if whole {
            end(snapshot, "", payload, payload, out);
        }
        return whole || kind == "error";
    };
    match event {
        "created" | "queued" | "in_progress" => take_response(snapshot, &payload.child("response"), out),
        "completed" | "incomplete" | "failed" | "cancelled" => {
            end(snapshot, event, &payload.child("response"), payload, out);
        }
        "output_item.added" => add_item(snapshot, payload, out),
        "output_item.done" => finish_item(snapshot, payload, out),
        "content_part.added" => add_part(snapshot, "content", "content_index", payload, out),
        "reasoning_summary_part.added" => add_part(snapshot, "summary", "summary_index", payload, out),
        "content_part.done" => finish_part(snapshot, payload, out),
        "reasoning_summary_part.done" => {}
        "output_text.annotation.added" => annotate(snapshot, payload, out),
        "image_generation_call.partial_image" => tell(payload, "image", out),
        "audio.delta" | "audio.transcript.delta" => tell(payload, "audio", out),
        _ => return fold_text(snapshot, event, payload, out),
    }
    true
}

fn tell(payload: &Object<'_>, kind: &str, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: payload.raw().as_str() });
}

fn fold_text(snapshot: &mut Snapshot, event: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if let Some(texts) = Texts::of(event, ".done") {
        let way = texts.prepare(snapshot, payload);
        item::name_call(snapshot, output_index(snapshot, payload), &Object::default(), &payload.str("name"), out);
        if let Some(whole) = payload.get(texts.member).and_then(Raw::text) {
            complete(snapshot, texts, &way, &whole, out);
        }
        return true;
    }
    let Some(texts) = Texts::of(event, ".delta") else { return false };
    let way = texts.prepare(snapshot, payload);
    let Some(growth) = growth(snapshot, texts, payload) else { return true };
    growth.fold(snapshot, out);
    if let Some(kind) = texts.told {
        out(Delta::Other { choice: 0, kind, json: growth.text.as_str() });
    }
    if let Some(logprobs) = payload.truthy("logprobs").filter(|logprobs| logprobs.is_array()) {
        snapshot.fields.at(&way).extend("logprobs", logprobs);
        out(Delta::Other { choice: 0, kind: "logprobs", json: logprobs.as_str() });
    }
    true
}

/// A text that goes on. What else it says is where it goes on, its number and padding.
fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<Repeat<'a>> {
    let kind = payload.str("type");
    let texts = Texts::of(kind.strip_prefix("response.")?, ".delta").filter(|texts| texts.told.is_none())?;
    if payload.truthy("logprobs").is_some() {
        return None;
    }
    let mut repeat = Repeat::of(growth(snapshot, texts, payload)?)?;
    let dropped = ["obfuscation", "item_id", "sequence_number"].map(|name| payload.get(name));
    repeat.dropped.extend(dropped.into_iter().flatten());
    Some(repeat)
}

fn index(payload: &Object<'_>, name: &str) -> i64 {
    payload.get(name).and_then(Raw::index).unwrap_or(0)
}

fn add_part(snapshot: &mut Snapshot, list: &'static str, index_name: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    let item = In::Item(OUTPUT, output_index(snapshot, payload));
    let (index, part) = (index(payload, index_name), payload.child("part"));
    if !snapshot.fields.at(&[item]).has_item(list, index) {
        if part.truthy("text").is_some() || part.truthy("refusal").is_some() {
            item::complete_part(snapshot, item, index, &part, out);
        }
        snapshot.fields.at(&[item]).replace_item(list, index, &part);
    }
}

fn finish_part(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let item = In::Item(OUTPUT, output_index(snapshot, payload));
    let (index, part) = (index(payload, "content_index"), payload.child("part"));
    item::complete_part(snapshot, item, index, &part, out);
    if part.raw().is_object() {
        snapshot.fields.at(&[item]).seal_item("content", index, part.raw().as_str().to_owned());
    }
}

fn annotate(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let Some(annotation) = payload.get("annotation") else { return };
    let item = In::Item(OUTPUT, output_index(snapshot, payload));
    let part = snapshot.fields.at(&[item, In::Item("content", index(payload, "content_index"))]);
    part.push("annotations", annotation);
    out(Delta::Other { choice: 0, kind: "citation", json: annotation.as_str() });
}

/// Takes a response as the object so far; its output only where it has one.
fn take_response(snapshot: &mut Snapshot, response: &Object<'_>, out: &mut Sink<'_>) {
    if !response.raw().is_object() {
        return;
    }
    snapshot.set_id(&response.str("id"));
    snapshot.set_model(&response.str("model"));
    let empty = response.truthy(OUTPUT).is_none();
    snapshot.fields.clear_but(if empty { OUTPUT } else { "" });
    for (name, value) in response.iter().filter(|(name, value)| *name != "usage" || !value.is_object()) {
        if name != OUTPUT || !snapshot.fields.contains(OUTPUT) {
            snapshot.fields.set(name, value.as_str().to_owned());
        }
    }
    snapshot.count(response.get("usage").unwrap_or_default(), out);
}

/// Tells what the terminal's output has that was not told. Its items' places are the order of the indexes, which may have gaps,
/// unless the terminal leaves items out.
fn complete_items(snapshot: &mut Snapshot, items: Vec<Raw<'_>>, out: &mut Sink<'_>) {
    let ours = snapshot.fields.indexes(OUTPUT);
    let indexes = if ours.len() == items.len() { ours } else { (0..).take(items.len()).collect() };
    for (index, item) in indexes.into_iter().zip(items) {
        let item = item.object();
        let known = snapshot.fields.has_item(OUTPUT, index);
        if !known {
            complete_item(snapshot, index, &item, Stage::Done, out);
        } else if snapshot.fields.item(OUTPUT, index).text("type") == item.str("type") {
            complete_item(snapshot, index, &item, Stage::Told, out);
        }
    }
}

/// The terminal event, or a whole response.
fn end(snapshot: &mut Snapshot, event: &str, response: &Object<'_>, payload: &Object<'_>, out: &mut Sink<'_>) {
    complete_items(snapshot, response.get(OUTPUT).map(Raw::objects).unwrap_or_default(), out);
    take_response(snapshot, response, out);
    let status = response.str("status");
    let reason = response.child("incomplete_details").str("reason");
    let reason = [reason.as_ref(), status.as_ref(), event].into_iter().find(|reason| !reason.is_empty());
    snapshot.choice(0).finish(reason.unwrap_or("completed"), out);
    if event == "failed" || status == "failed" {
        let error = response.truthy("error").map(|error| ApiError::of(error, payload));
        snapshot.fail(error.unwrap_or_else(|| ApiError::told(payload, "the response failed")));
    }
    snapshot.finish(out);
}

fn object(snapshot: &Snapshot) -> String {
    snapshot.object(&[("object", "\"response\""), (OUTPUT, "[]")])
}
