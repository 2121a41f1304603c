//! `OpenAI`'s Responses: output items that come in pieces, and a terminal event with the whole response.
//!
//! The rules, beside those of the provider's reference of streaming events:
//!
//! 1. Which item an event is about, its names and its kind tell: see `items`.
//! 2. A text is emitted once, however often it comes: see `voice` for the pieces, `complete` for what comes whole.
//! 3. The terminal response is the object; items that only it has are added, and items that it leaves out stay.
//! 4. What the provider runs itself is emitted as it is.

use super::{Dialect, Growth, Place, Repeat};
use crate::api_error::ApiError;
use crate::delta::{Delta, Sink};
use crate::fields::In;
use crate::json::{Object, Raw};
use crate::snapshot::Snapshot;

mod complete;
mod items;
mod pieces;
mod texts;
mod voice;
mod whole;

pub(crate) use items::Items;

use complete::{complete_item, complete_part, seal_item};
use pieces::{add_piece, announce_part, item_of_piece, items_of, name_call, place_of};
use texts::{OUTPUT, OUTPUT_TEXT, Texts};
use whole::{Whole, listed, part_text};

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
        "created" | "queued" | "in_progress" => begin(snapshot, &payload.child("response"), out),
        "completed" | "incomplete" | "failed" | "cancelled" => {
            end(snapshot, event, &payload.child("response"), payload, out);
        }
        "output_item.added" => announce_item(snapshot, Whole::of(items::index(payload), payload.child("item")), out),
        "output_item.done" => finish_item(snapshot, payload, out),
        "content_part.added" => add_part(snapshot, "content", "content_index", payload, out),
        "reasoning_summary_part.added" => add_part(snapshot, "summary", "summary_index", payload, out),
        "content_part.done" => finish_part(snapshot, "content", "content_index", payload, out),
        "reasoning_summary_part.done" => finish_part(snapshot, "summary", "summary_index", payload, out),
        "output_text.annotation.added" => annotate(snapshot, payload, out),
        "image_generation_call.partial_image" => emit_other(payload, "image", out),
        "audio.delta" | "audio.transcript.delta" => emit_other(payload, "audio", out),
        _ => return fold_text(snapshot, event, payload, out),
    }
    true
}

fn emit_other(payload: &Object<'_>, kind: &str, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: payload.raw().as_str() });
}

fn fold_text(snapshot: &mut Snapshot, event: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    if let Some(texts) = Texts::of(event, ".delta") {
        let at = item_of_piece(snapshot, texts.item, payload);
        if let Some(piece) = payload.get("delta") {
            add_piece(snapshot, at, texts, texts.part_index(payload), &piece.text_or_json(), out);
            fold_beside(snapshot, at, texts, piece, payload, out);
        }
        return true;
    }
    let Some(texts) = Texts::of(event, ".done") else { return false };
    let at = item_of_piece(snapshot, texts.item, payload);
    name_call(snapshot, at, payload, out);
    if let Some(whole) = payload.get(texts.member) {
        complete_part(snapshot, at, texts, texts.part_index(payload), &whole.text_or_json().into_str(), out);
    }
    true
}

/// What a piece says beside its text.
fn fold_beside(
    snapshot: &mut Snapshot,
    at: usize,
    texts: &Texts,
    piece: Raw<'_>,
    payload: &Object<'_>,
    out: &mut Sink<'_>,
) {
    if texts.kind == texts::Kind::Hosted {
        out(Delta::Other { choice: 0, kind: texts.member, json: piece.as_str() });
    }
    if let Some(logprobs) = payload.truthy("logprobs").filter(|logprobs| logprobs.is_array()) {
        let way = texts.way(place_of(snapshot, at), texts.part_index(payload));
        snapshot.fields.at(&way).extend("logprobs", logprobs);
        out(Delta::Other { choice: 0, kind: "logprobs", json: logprobs.as_str() });
    }
}

/// A text that goes on. What else it says is where it goes on, its number and padding.
fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<Repeat<'a>> {
    let kind = payload.str("type");
    let texts = Texts::of(kind.strip_prefix("response.")?, ".delta")?;
    if texts.kind == texts::Kind::Hosted || payload.truthy("logprobs").is_some() {
        return None;
    }
    let items = snapshot.state.responses()?;
    let item = &items.all[items.last];
    let voice = item.voices.iter().find(|voice| voice.is_said_by(texts)).filter(|voice| voice.is_plain())?;
    let way = texts.way(item.place, texts.part_index(payload));
    let places = vec![voice.kind.place(item.call)?, Place::Member { way, name: texts.member }];
    let mut repeat = Repeat::of(Growth { text: payload.get("delta")?, places })?;
    let dropped = ["obfuscation", "sequence_number"].map(|name| payload.get(name));
    repeat.dropped.extend(dropped.into_iter().flatten());
    if let Some(id) = payload.get("item_id").filter(|id| !items.is_name(&id.str().unwrap_or_default())) {
        // A new one in every event. What a call takes in depends on it.
        (item.call.is_none()).then(|| repeat.unnamed.push(id))?;
    }
    Some(repeat)
}

fn index(payload: &Object<'_>, name: &str) -> i64 {
    payload.get(name).and_then(Raw::index).unwrap_or(0)
}

/// The type of the item that a part in one of its lists is of.
fn item_kind(list: &str, part: &Object<'_>) -> &'static str {
    let reasoning = list == "summary" || part.str("type") == "reasoning_text";
    if reasoning { "reasoning" } else { "message" }
}

fn add_part(snapshot: &mut Snapshot, list: &'static str, index_name: &str, payload: &Object<'_>, out: &mut Sink<'_>) {
    let (index, part) = (index(payload, index_name), payload.child("part"));
    let kind = item_kind(list, &part);
    let at = item_of_piece(snapshot, kind, payload);
    let item = [In::Item(OUTPUT, place_of(snapshot, at))];
    if snapshot.fields.at(&item).has_item(list, index) {
        return;
    }
    if let Some((texts, text)) = part_text(kind, list, part.raw()).filter(|(_, text)| !text.is_empty()) {
        announce_part(snapshot, at, texts, index, &text, out);
    }
    snapshot.fields.at(&item).replace_item(list, index, &part);
}

fn finish_part(
    snapshot: &mut Snapshot,
    list: &'static str,
    index_name: &str,
    payload: &Object<'_>,
    out: &mut Sink<'_>,
) {
    let (index, part) = (index(payload, index_name), payload.child("part"));
    let kind = item_kind(list, &part);
    let at = item_of_piece(snapshot, kind, payload);
    let item = [In::Item(OUTPUT, place_of(snapshot, at))];
    let is_whole = match part_text(kind, list, part.raw()).filter(|(_, text)| !text.is_empty()) {
        None => part.raw().is_object(),
        Some((texts, text)) => complete_part(snapshot, at, texts, index, &text, out),
    };
    if is_whole {
        snapshot.fields.at(&item).seal_item(list, index, part.raw().as_str().to_owned());
    }
}

fn annotate(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let Some(annotation) = payload.get("annotation") else { return };
    let at = item_of_piece(snapshot, OUTPUT_TEXT.item, payload);
    let way = OUTPUT_TEXT.way(place_of(snapshot, at), OUTPUT_TEXT.part_index(payload));
    snapshot.fields.at(&way).push("annotations", annotation);
    out(Delta::Other { choice: 0, kind: "citation", json: annotation.as_str() });
}

/// An item begins, with what it has already.
fn announce_item(snapshot: &mut Snapshot, whole: Whole<'_>, out: &mut Sink<'_>) {
    let known = items_of(snapshot).of_announcement(&whole.kind, &whole.names);
    let at = known.unwrap_or_else(|| items_of(snapshot).add(&whole.kind, &whole.names));
    items_of(snapshot).name(at, &whole.names);
    items_of(snapshot).all[at].announced = true;
    if known.is_none() {
        pieces::announce(snapshot, at, &whole, out);
        let place = place_of(snapshot, at);
        snapshot.fields.replace_item(OUTPUT, place, &whole.item);
    } else {
        complete_item(snapshot, at, &whole, out);
    }
}

fn finish_item(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let whole = Whole::of(items::index(payload), payload.child("item"));
    let choice = snapshot.choices.get(&0).map(AsRef::as_ref);
    let known = snapshot.state.responses().and_then(|items| items.of_whole(&whole, choice));
    let at = known.unwrap_or_else(|| items_of(snapshot).add(&whole.kind, &whole.names));
    items_of(snapshot).name(at, &whole.names);
    complete_item(snapshot, at, &whole, out);
    complete::finish(snapshot, at, &whole, true, out);
    seal_item(snapshot, at, &whole);
}

/// The response so far; where it is taken up again, its output has what came before.
fn begin(snapshot: &mut Snapshot, response: &Object<'_>, out: &mut Sink<'_>) {
    take_response(snapshot, response, out);
    let output = response.get(OUTPUT).map(listed).unwrap_or_default();
    let wholes: Vec<_> =
        output.into_iter().filter(|item| item.is_object()).map(|item| Whole::of(None, item.object())).collect();
    let known = find_output(snapshot, &wholes);
    for (index, (mut whole, known)) in (0..).zip(wholes.into_iter().zip(known)) {
        match known {
            Some(at) => complete_item(snapshot, at, &whole, out),
            None => {
                whole.names.index = Some(index);
                announce_item(snapshot, whole, out);
            }
        }
    }
}

fn find_output(snapshot: &mut Snapshot, wholes: &[Whole<'_>]) -> Vec<Option<usize>> {
    items_of(snapshot);
    let choice = snapshot.choices.get(&0).map(AsRef::as_ref);
    snapshot.state.responses().map(|items| items.of_output(wholes, choice)).unwrap_or_default()
}

/// Takes a response as the object so far, but for its output.
fn take_response(snapshot: &mut Snapshot, response: &Object<'_>, out: &mut Sink<'_>) {
    if !response.raw().is_object() {
        return;
    }
    snapshot.set_id(&response.str("id"));
    snapshot.set_model(&response.str("model"));
    let usage = response.get("usage").filter(|usage| usage.is_object());
    snapshot.fields.become_object(response, OUTPUT);
    if let Some(usage) = usage {
        snapshot.fields.remove("usage");
        snapshot.count(usage, out);
    }
}

/// Emits what the whole output has that was not emitted, and makes it the object's: with the items that it leaves out, and the texts
/// of which it has less than was emitted.
fn finish_output(snapshot: &mut Snapshot, output: Option<Raw<'_>>, out: &mut Sink<'_>) {
    let listed = output.map(listed).unwrap_or_default();
    let wholes: Vec<_> =
        listed.into_iter().filter(|item| item.is_object()).map(|item| Whole::of(None, item.object())).collect();
    if wholes.is_empty() {
        return;
    }
    let ours = items_of(snapshot).all.len();
    let known = find_output(snapshot, &wholes);
    let mut order = Vec::with_capacity(wholes.len());
    for (whole, known) in wholes.iter().zip(known) {
        let at = known.unwrap_or_else(|| items_of(snapshot).add(&whole.kind, &whole.names));
        complete_item(snapshot, at, whole, out);
        complete::finish(snapshot, at, whole, false, out);
        seal_item(snapshot, at, whole);
        order.push(at);
    }
    let places = items_of(snapshot).places_in(&order, ours);
    snapshot.fields.arrange(OUTPUT, &places);
}

/// The terminal event, or a whole response.
fn end(snapshot: &mut Snapshot, event: &str, response: &Object<'_>, payload: &Object<'_>, out: &mut Sink<'_>) {
    finish_output(snapshot, response.get(OUTPUT), out);
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
