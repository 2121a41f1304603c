//! Ollama's own API: lines of JSON, of `/api/chat` with a `message` each, of `/api/generate` with a `response`.
//!
//! The naive way joins the texts of all lines and keeps the last line. It has the text twice where a server's last
//! line repeats it, and splits or joins calls where servers number them in ways of their own.
//!
//! 1. Each line is like the response to a request without `stream`, but with only the next piece of its texts.
//! 2. A tool call comes whole, and each is a new one whatever its index, unless it repeats or continues an earlier
//!    one.
//! 3. The line that is `done` is the last, and the only one with counts. The first line's time counts until the last
//!    one brings its own.
//! 4. The last line may repeat a whole text: if it begins with all that was emitted of it.
//! 5. If several members of a line have one text, the first that is not empty counts.

use super::{RepeatPlan, Rules};
use crate::json::{Object, Raw, Text};
use crate::snapshot::{Append, Delta, PathStep, Sink, Snapshot, Target, append_all};

mod call;
#[cfg(test)]
mod tests;

pub(super) static RULES: Rules = Rules { detects, fold, repeats, complete: |_| false, object };

const MESSAGE: &str = "message";
const RESPONSE: &str = "response";
const TIME: &str = "created_at";
const LOGPROBS: &str = "logprobs";
const IMAGES: &str = "images";
const IMAGE: &str = "image";
const CALLS: &str = "tool_calls";

/// The path to the answer of `/api/chat`.
const IN_MESSAGE: &[PathStep] = &[PathStep::Object(MESSAGE)];
/// The members in which a line may have its text, and its thoughts; the second and third name of thoughts are those
/// of other APIs.
const TEXTS: [(&[PathStep], &str); 2] = [(IN_MESSAGE, "content"), (&[], RESPONSE)];
const THOUGHTS: [(&[PathStep], &str); 4] =
    [(IN_MESSAGE, "thinking"), (IN_MESSAGE, "reasoning_content"), (IN_MESSAGE, "reasoning"), (&[], "thinking")];

fn detects(_kind: &str, payload: &Object<'_>) -> bool {
    let answers = payload.get(MESSAGE).is_some_and(Raw::is_object)
        || payload.get(RESPONSE).is_some_and(|response| response.text().is_some());
    let named = payload.get("model").is_some_and(|model| model.text().is_some());
    answers
        && named
        && payload.get("done").is_some_and(|done| matches!(done.as_str().trim_matches('"'), "true" | "false"))
}

fn is_last(payload: &Object<'_>) -> bool {
    payload.get("done").is_some_and(|done| done.as_str().trim_matches('"') == "true")
}

fn fold(snapshot: &mut Snapshot, _kind: &str, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let last = is_last(payload);
    let answers = payload.first(&[MESSAGE, RESPONSE, "thinking", CALLS, IMAGE]).is_some();
    if payload.first(&["done", MESSAGE, RESPONSE]).is_none() || !(last || answers) {
        return false;
    }
    keep(snapshot, payload, last);
    keep_message(snapshot, &payload.child(MESSAGE), out);
    let mut readable = true;
    for said in texts(payload) {
        readable &= said.readable;
        said.fold(snapshot, last, out);
    }
    readable &= call::fold(snapshot, payload, last, out);
    fold_others(snapshot, payload, out);
    if last {
        let reason = payload.str("done_reason");
        snapshot.choice(0).finish(if reason.is_empty() { "stop" } else { &reason }, out);
        count(snapshot, payload, out);
        snapshot.finish(out);
    }
    readable
}

/// Keeps what a line says besides its answer.
fn keep(snapshot: &mut Snapshot, payload: &Object<'_>, last: bool) {
    snapshot.set_model(&payload.str("model"));
    let fields = &mut snapshot.fields;
    for (name, value) in payload.iter() {
        match name {
            // Their texts are folded later: here they only take their positions among the members.
            MESSAGE if value.is_object() => _ = fields.object(MESSAGE),
            RESPONSE if value.text().is_some() => fields.append(name, &Text::from("")),
            MESSAGE | RESPONSE | "thinking" | "error" | LOGPROBS | CALLS => {}
            TIME if value.is_null() || (!last && fields.contains(TIME)) => {}
            _ => fields.keep(name, value),
        }
    }
}

/// Keeps what a message says besides its answer, and emits its role.
fn keep_message(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    if let Some(role) = message.get("role").and_then(Raw::str) {
        snapshot.choice(0).set_role(&role, out);
    }
    let apart = ["content", "thinking", "reasoning_content", "reasoning", CALLS, IMAGES];
    if message.raw().is_object() {
        snapshot.fields.object(MESSAGE).keep_all(message, &apart);
    }
}

/// Emits what a line has besides its texts and calls.
fn fold_others(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    for image in payload.child(MESSAGE).each(IMAGES) {
        snapshot.fields.object(MESSAGE).push(IMAGES, image);
        emit("image", image, out);
    }
    if let Some(image) = payload.truthy(IMAGE) {
        emit("image", image, out);
    }
    for item in payload.get(LOGPROBS).map(Raw::items).unwrap_or_default() {
        snapshot.fields.push(LOGPROBS, item);
        emit(LOGPROBS, item, out);
    }
}

fn emit(kind: &'static str, value: Raw<'_>, out: &mut Sink<'_>) {
    out(Delta::Other { choice: 0, kind, json: value.as_str() });
}

/// The counts of the last line are the usage; its durations are not.
fn count(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) {
    let counts = payload.iter().filter(|(name, _)| name.ends_with("_count"));
    if counts.fold(false, |changed, (name, count)| snapshot.usage.set(name, count) | changed) {
        out(Delta::Usage { usage: &snapshot.usage });
    }
}

/// What a line says of one text.
struct Said<'a> {
    path: &'static [PathStep],
    name: &'static str,
    /// Its pieces: one, or those of a list of parts.
    pieces: Vec<Raw<'a>>,
    readable: bool,
    /// The text of the choice that it is appended to; `None` where another member counts.
    heard: Option<Target>,
}

/// All texts of a line, its thoughts first.
fn texts<'a>(payload: &Object<'a>) -> Vec<Said<'a>> {
    let kinds = [(&THOUGHTS[..], Target::Reasoning { choice: 0 }), (&TEXTS[..], Target::Content { choice: 0 })];
    kinds.into_iter().flat_map(|(sources, target)| said(payload, sources, &target)).collect()
}

fn said<'a>(payload: &Object<'a>, sources: &[(&'static [PathStep], &'static str)], target: &Target) -> Vec<Said<'a>> {
    let message = payload.child(MESSAGE);
    let bare = payload.get(MESSAGE).filter(|message| !message.is_object());
    let each = sources.iter().filter_map(|&(path, name)| {
        let value = match (path, name) {
            ([], name) => payload.get(name),
            (_, "content") => bare.or_else(|| message.get(name)),
            (_, name) => message.get(name),
        }?;
        let pieces = pieces(value);
        let readable = !pieces.is_empty() || (value.is_array() && value.items().is_empty());
        Some(Said { path, name, pieces, readable, heard: None })
    });
    let mut each: Vec<_> = each.collect();
    let counts = each.iter().position(|said| said.pieces.iter().any(|piece| piece.is_truthy())).unwrap_or(0);
    if let Some(said) = each.get_mut(counts) {
        said.heard = Some(target.clone());
    }
    each
}

/// The strings of a text: the text itself, or those of its parts.
fn pieces(value: Raw<'_>) -> Vec<Raw<'_>> {
    let parts = if value.is_array() { value.items() } else { vec![value] };
    let texts =
        parts.into_iter().filter_map(|part| if part.is_object() { part.object().get("text") } else { Some(part) });
    texts.filter(|text| text.scalar().is_some()).collect()
}

impl<'a> Said<'a> {
    fn targets(&self) -> Vec<Target> {
        let member = Target::Member { path: self.path.into(), name: self.name };
        self.heard.iter().cloned().chain([member]).collect()
    }

    fn append(&self) -> Append<'a> {
        Append { text: self.pieces.first().copied().unwrap_or_default(), targets: self.targets() }
    }

    /// Appends the text; of one on the last line that repeats all so far, only what it has beyond that.
    fn fold(&self, snapshot: &mut Snapshot, last: bool, out: &mut Sink<'_>) {
        let Some(text) = self.pieces.iter().filter_map(|piece| piece.scalar()).reduce(Text::and) else { return };
        let targets = self.targets();
        match self.beyond(snapshot, &text).filter(|_| last) {
            Some(rest) => {
                for target in &targets {
                    snapshot.forget_half(target);
                }
                append_all(&targets, &rest, snapshot, out);
            }
            None => append_all(&targets, &text, snapshot, out),
        }
    }

    /// What a text has beyond all that came of it so far; `None` where it is the next piece.
    fn beyond<'t>(&self, snapshot: &mut Snapshot, text: &'t Text<'_>) -> Option<Text<'t>> {
        let Text::Whole(whole) = text else { return None };
        let so_far = snapshot.fields.at(self.path).text(self.name);
        whole.strip_prefix(so_far).filter(|_| !so_far.is_empty()).map(Text::from)
    }
}

/// A line that has nothing but texts and its time, apart from what it repeats.
fn repeats<'a>(_snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let message = payload.child(MESSAGE);
    let others =
        [message.get(CALLS), message.get(IMAGES), payload.get(CALLS), payload.get(IMAGE), payload.get(LOGPROBS)];
    if is_last(payload) || others.into_iter().flatten().any(Raw::is_truthy) {
        return None;
    }
    let texts = texts(payload);
    if texts.iter().any(|said| said.pieces.len() > 1) {
        return None;
    }
    let mut repeat = RepeatPlan::of_all(texts.iter().map(Said::append))?;
    repeat.ignored.extend(payload.get(TIME).filter(|time| time.text().is_some()));
    Some(repeat)
}

/// The response of a request without `stream`.
fn object(snapshot: &Snapshot) -> String {
    snapshot.fields.json()
}
