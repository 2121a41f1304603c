//! The corpus of chat streams that the Python tests share, and what an accumulator makes of one, in plain values.
//!
//! The fields of a case are told in `tests/support/chat_cases.py`.

use std::collections::BTreeMap;

use ssewire_core::binding::PickledSnapshot;
use ssewire_core::{Accumulator, ApiError, Choice, Delta, Dialect, Snapshot, ToolCall};

use super::json::{Json, unhex};

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) body: Vec<u8>,
    pub(crate) expect: Json,
}

impl Case {
    /// What is expected of the snapshot, and whether the stream is complete.
    pub(crate) fn whole(&self) -> Json {
        let mut whole = self.expect.clone();
        whole.remove("object");
        whole
    }
}

pub(crate) fn corpus() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/chat.json");
    Json::parse(&std::fs::read_to_string(path).unwrap()).items().iter().map(case).collect()
}

fn case(row: &Json) -> Case {
    let body = row.get("stream").map_or_else(|| unhex(row["stream_hex"].text()), |text| text.text().into());
    Case { name: row["name"].text().to_owned(), body, expect: row["expect"].clone() }
}

/// A delta, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Text(i64, String),
    Reasoning(i64, String),
    Refusal(i64, String),
    ToolCall { choice: i64, index: usize, id: Option<String>, name: Option<String>, arguments: String },
    Finish(i64, String),
    Usage(String),
    Other(i64, String, String),
}

impl From<Delta<'_>> for Told {
    fn from(delta: Delta<'_>) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        match delta {
            Delta::Text { choice, text } => Self::Text(choice, text.to_owned()),
            Delta::Reasoning { choice, text } => Self::Reasoning(choice, text.to_owned()),
            Delta::Refusal { choice, text } => Self::Refusal(choice, text.to_owned()),
            Delta::ToolCall { choice, index, id, name, arguments } => {
                Self::ToolCall { choice, index, id: owned(id), name: owned(name), arguments: arguments.to_owned() }
            }
            Delta::Finish { choice, reason } => Self::Finish(choice, reason.to_owned()),
            Delta::Usage { usage } => Self::Usage(usage.json()),
            Delta::Other { choice, kind, json } => Self::Other(choice, kind.to_owned(), json.to_owned()),
        }
    }
}

/// What a stream gave.
pub(crate) struct Outcome {
    pub(crate) deltas: Vec<Told>,
    pub(crate) accumulator: Accumulator,
}

impl Outcome {
    pub(crate) fn whole(&self) -> Json {
        plain(&self.accumulator)
    }
}

/// Feeds a new accumulator, which knows its dialect, and flushes it.
pub(crate) fn accumulate(pieces: &[&[u8]]) -> Outcome {
    accumulate_as(Some("openai-chat"), pieces)
}

pub(crate) fn accumulate_as(dialect: Option<&str>, pieces: &[&[u8]]) -> Outcome {
    let mut accumulator = Accumulator::builder().dialect(dialect.map(|name| name.parse::<Dialect>().unwrap())).build();
    let mut deltas = Vec::new();
    let mut out = |delta: Delta<'_>| deltas.push(delta.into());
    for piece in pieces {
        accumulator.feed(piece, &mut out).unwrap();
    }
    accumulator.flush(&mut out);
    Outcome { deltas, accumulator }
}

/// What an accumulator writes to a pickle, read again.
pub(crate) fn restored(accumulator: &Accumulator) -> PickledSnapshot {
    PickledSnapshot::from_json(&PickledSnapshot::of(accumulator).to_json()).unwrap()
}

/// What an accumulator holds, in the shape of the corpus.
pub(crate) fn plain(accumulator: &Accumulator) -> Json {
    let snapshot = accumulator.snapshot();
    let mut plain = plain_snapshot(snapshot);
    plain.set("complete", Json::of_bool(accumulator.is_complete() && snapshot.error().is_none()));
    plain
}

pub(crate) fn plain_snapshot(snapshot: &Snapshot) -> Json {
    Json::object([
        ("choices", Json::List(snapshot.choices().map(plain_choice).collect())),
        ("usage", snapshot.usage().map_or(Json::null(), |usage| Json::parse(&usage.json()))),
        ("error", snapshot.error().map_or(Json::null(), plain_error)),
        ("done", Json::of_bool(snapshot.done())),
    ])
}

/// Message, code and type; what is said of a malformed payload, beyond that it is one, is not compared.
fn plain_error(error: &ApiError) -> Json {
    let malformed = error.kind.as_deref() == Some("malformed_payload");
    let begin = error.message.split(':').next().filter(|_| malformed);
    Json::object([
        ("message", Json::of_text(Some(begin.unwrap_or(&error.message)))),
        ("code", error.code.as_deref().map_or(Json::null(), Json::parse)),
        ("type", Json::of_text(error.kind.as_deref())),
    ])
}

fn plain_choice(choice: &Choice) -> Json {
    let (legacy, calls): (Vec<_>, Vec<_>) = choice.tool_calls().as_slice().iter().partition(|call| is_legacy(call));
    let mut plain = Json::object([
        ("index", Json::Verbatim(choice.index().to_string())),
        ("role", Json::of_text(choice.role())),
        ("content", Json::of_text(choice.content())),
        ("reasoning", Json::of_text(choice.reasoning())),
        ("refusal", Json::of_text(choice.refusal())),
        ("finish_reason", Json::of_text(choice.finish_reason())),
        ("function_call", legacy.first().map_or(Json::null(), |call| plain_function(call))),
        ("tool_calls", Json::List(calls.into_iter().map(plain_call).collect())),
    ]);
    if let Some(logprobs) = choice.logprobs() {
        plain.set("logprobs", Json::parse(&logprobs));
    }
    plain
}

/// Whether it is the call that the deprecated `function_call` member streams.
pub(crate) fn is_legacy(call: &ToolCall) -> bool {
    call.kind() == "function_call"
}

fn plain_function(call: &ToolCall) -> Json {
    Json::object([("name", Json::of_text(call.name())), ("arguments", Json::of_text(Some(call.arguments())))])
}

fn plain_call(call: &ToolCall) -> Json {
    let mut plain = plain_function(call);
    plain.set("id", Json::of_text(call.id()));
    plain
}

/// A call's id and name as last told, and its arguments.
type Call = (Option<String>, Option<String>, String);

/// What deltas add up to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sum {
    /// By choice and kind; those that are not empty.
    texts: BTreeMap<(i64, &'static str), String>,
    /// By choice and position.
    calls: BTreeMap<(i64, usize), Call>,
    reasons: BTreeMap<i64, String>,
    usage: Option<String>,
}

impl Sum {
    pub(crate) fn of_deltas(deltas: &[Told]) -> Self {
        let mut sum = Self::default();
        for delta in deltas {
            sum.add(delta);
        }
        sum
    }

    fn add(&mut self, delta: &Told) {
        match delta {
            Told::Text(choice, text) => *self.texts.entry((*choice, "content")).or_default() += text,
            Told::Reasoning(choice, text) => *self.texts.entry((*choice, "reasoning")).or_default() += text,
            Told::Refusal(choice, text) => *self.texts.entry((*choice, "refusal")).or_default() += text,
            Told::ToolCall { choice, index, id, name, arguments } => {
                let call = self.calls.entry((*choice, *index)).or_default();
                (call.0, call.1) = (id.clone(), name.clone());
                call.2 += arguments;
            }
            Told::Finish(choice, reason) => _ = self.reasons.insert(*choice, reason.clone()),
            Told::Usage(usage) => self.usage = Some(usage.clone()),
            Told::Other(..) => {}
        }
    }

    /// What the snapshot holds of it.
    pub(crate) fn of_snapshot(accumulator: &Accumulator) -> Self {
        let usage = accumulator.snapshot().usage().map(ssewire_core::Usage::json);
        let mut sum = Self { usage, ..Self::default() };
        accumulator.snapshot().choices().for_each(|choice| sum.add_choice(choice));
        sum
    }

    fn add_choice(&mut self, choice: &Choice) {
        let at = choice.index();
        let texts = [("content", choice.content()), ("reasoning", choice.reasoning()), ("refusal", choice.refusal())];
        for (kind, text) in texts {
            self.texts.extend(text.filter(|text| !text.is_empty()).map(|text| ((at, kind), text.to_owned())));
        }
        for (index, call) in choice.tool_calls().as_slice().iter().enumerate() {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            let call = (owned(call.id()), owned(call.name()), call.arguments().to_owned());
            self.calls.insert((at, index), call);
        }
        self.reasons.extend(choice.finish_reason().map(|reason| (at, reason.to_owned())));
    }
}
