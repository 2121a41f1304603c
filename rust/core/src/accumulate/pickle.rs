//! A snapshot that stays as it is: written to text, and read again.
//!
//! What is written is what can be seen of it; the object is kept as it was. So no dialect has a say in it.

use super::{Accumulator, UnknownDialect};
use crate::json::{Object, ObjectWriter, Payload, Raw, Text, write_array};
use crate::snapshot::{ApiError, CallFragment, Choice, Sink, Snapshot, ToolCall};

/// What a stream that is not read any more would say of itself.
#[derive(Clone, Debug)]
pub(crate) struct Pickled {
    pub(crate) object: String,
    pub(crate) complete: bool,
}

/// The members that are texts.
const TEXTS: [&str; 3] = ["content", "reasoning", "refusal"];

/// What can be seen of an accumulator's snapshot, but for its object and its error, as JSON text.
pub fn pickle(accumulator: &Accumulator) -> String {
    let snapshot = accumulator.snapshot();
    let mut out = String::new();
    let mut view = ObjectWriter::new(&mut out);
    view.text("id", snapshot.id());
    view.text("model", snapshot.model());
    view.json("usage", &snapshot.usage.json());
    view.json("payloads", &snapshot.payloads.to_string());
    view.json("done", if snapshot.done { "true" } else { "false" });
    view.json("complete", if accumulator.is_complete() { "true" } else { "false" });
    write_array(view.name("choices"), snapshot.choices.values(), |out, choice| write_choice(out, choice));
    view.end();
    out
}

fn write_choice(out: &mut String, choice: &Choice) {
    let mut view = ObjectWriter::new(out);
    view.json("index", &choice.index.to_string());
    view.text("role", choice.role());
    for (name, text) in TEXTS.into_iter().zip([choice.content(), choice.reasoning(), choice.refusal()]) {
        view.text(name, text);
    }
    view.text("finish_reason", choice.finish_reason());
    view.json("logprobs", choice.logprobs().as_deref().unwrap_or("null"));
    write_array(view.name("tool_calls"), choice.tool_calls().as_slice(), write_call);
    view.end();
}

fn write_call(out: &mut String, call: &ToolCall) {
    let mut view = ObjectWriter::new(out);
    view.text("id", call.id());
    view.text("type", Some(call.kind()));
    view.text("name", call.name());
    view.text("arguments", Some(call.arguments()));
    view.end();
}

impl Accumulator {
    /// An accumulator whose snapshot is what [`pickle`] wrote, with the object and the error that it had.
    ///
    /// # Errors
    /// The name is of no dialect.
    pub fn restore(
        name: Option<&str>,
        view: &str,
        object: String,
        error: Option<ApiError>,
    ) -> Result<Self, UnknownDialect> {
        let mut restored = Self::new(name, None)?;
        if let Ok(payload) = Payload::parse(view) {
            let view = payload.raw().object();
            restored.payloads.pickled = Some(Box::new(Pickled { object, complete: view.truthy("complete").is_some() }));
            restored.payloads.snapshot = unpickle(&view);
        }
        restored.payloads.snapshot.error = error;
        Ok(restored)
    }
}

fn unpickle(view: &Object<'_>) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.set_id(&view.str("id"));
    snapshot.set_model(&view.str("model"));
    snapshot.count(view.get("usage").unwrap_or_default(), &mut |_| {});
    snapshot.payloads = view.get("payloads").and_then(Raw::index).unwrap_or(0).unsigned_abs();
    snapshot.done = view.truthy("done").is_some();
    for item in view.get("choices").map(Raw::objects).unwrap_or_default() {
        let item = item.object();
        let index = item.get("index").and_then(|index| index.as_str().parse().ok()).unwrap_or(0);
        unpickle_choice(snapshot.choice(index), &item, &mut |_| {});
    }
    snapshot
}

fn unpickle_choice(choice: &mut Choice, view: &Object<'_>, out: &mut Sink<'_>) {
    choice.set_role(&view.str("role"), out);
    let [content, reasoning, refusal] = TEXTS.map(|name| view.get(name).and_then(Raw::text));
    if let Some(text) = &content {
        choice.add_content(text, out);
    }
    if let Some(text) = &reasoning {
        choice.add_reasoning(text, out);
    }
    if let Some(text) = &refusal {
        choice.add_refusal(text, out);
    }
    choice.finish(&view.str("finish_reason"), out);
    if let Some(logprobs) = view.get("logprobs") {
        choice.logprobs.set_all(&logprobs.object());
    }
    for (index, call) in (0..).zip(view.get("tool_calls").map(Raw::objects).unwrap_or_default()) {
        let call = call.object();
        let (id, kind, name) = (call.str("id"), call.str("type"), call.str("name"));
        let arguments = call.get("arguments").and_then(Raw::text).unwrap_or(Text::from(""));
        let piece =
            CallFragment { index: Some(index), list_position: (0, 1), id: &id, kind: &kind, name: &name, arguments };
        choice.tool_calls.begin(&piece);
    }
}
