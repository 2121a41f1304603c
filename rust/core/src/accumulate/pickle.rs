//! A snapshot that is written to text, and read again somewhere else.
//!
//! The obvious way writes all of a snapshot's state: the merged object with its unfinished texts, and what each dialect keeps to
//! distinguish its payloads. Every change of these would then be one of the format. But what comes out of a pickle gets no more
//! payloads, so what can be seen of the snapshot is enough: its choices, its usage, its error, and the provider's object as it
//! was. No dialect has a say in it.
//!
//! 1. Whatever can be read of the accumulator's snapshot can be read of the pickle, and is the same.
//! 2. JSON text inside of it (the object, the usage, an error's body) is written as a string: it may be nested as deep as a
//!    payload may be, and would be too deep one level further in.

use std::fmt;

use super::Accumulator;
use crate::dialect::{Dialect, UnknownDialect};
use crate::json::{Object, ObjectWriter, Payload, Raw, Text, write_array};
use crate::snapshot::{ApiError, CallFragment, Choice, Sink, Snapshot, ToolCall};

/// A snapshot as it was, with the provider's own object.
#[derive(Clone, Debug)]
pub struct PickledSnapshot {
    dialect: Option<Dialect>,
    object: String,
    snapshot: Snapshot,
}

/// Text that [`PickledSnapshot::to_json`] did not write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPickle(String);

impl fmt::Display for InvalidPickle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pickle of a snapshot: {}", self.0)
    }
}

impl std::error::Error for InvalidPickle {}

impl PickledSnapshot {
    /// What an accumulator holds now.
    pub fn of(accumulator: &Accumulator) -> Self {
        let (dialect, object) = (accumulator.dialect(), accumulator.object());
        Self { dialect, object, snapshot: accumulator.snapshot().clone() }
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// The text is no JSON, lacks a member, or names an unknown dialect.
    pub fn from_json(json: &str) -> Result<Self, InvalidPickle> {
        let payload = Payload::parse(json).map_err(|reason| InvalidPickle(format!("expected JSON: {reason}")))?;
        let view = payload.raw().object();
        let object = required(&view, "object")?;
        let dialect = text(&view, "dialect").map(|name| name.parse()).transpose();
        let dialect = dialect.map_err(|error: UnknownDialect| InvalidPickle(error.to_string()))?;
        Ok(Self { dialect, object, snapshot: read_snapshot(&view)? })
    }

    /// All of it as JSON text.
    pub fn to_json(&self) -> String {
        let Self { dialect, object, snapshot } = self;
        let mut out = String::new();
        let mut view = ObjectWriter::new(&mut out);
        view.text("dialect", dialect.map(Dialect::as_str));
        view.text("object", Some(object));
        view.text("id", snapshot.id());
        view.text("model", snapshot.model());
        view.text("usage", Some(&snapshot.usage.json()));
        view.json("done", if snapshot.done { "true" } else { "false" });
        if let Some(error) = snapshot.error() {
            write_error(view.name("error"), error);
        }
        write_array(view.name("choices"), snapshot.choices.values(), |out, choice| write_choice(out, choice));
        view.end();
        out
    }

    /// The dialect; `None` where no payload determined it.
    pub fn dialect(&self) -> Option<Dialect> {
        self.dialect
    }

    /// The provider's own non-streaming object as JSON text.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// What can be read of it.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}

/// The members of a choice that are texts.
const TEXTS: [&str; 3] = ["content", "reasoning", "refusal"];

fn write_error(out: &mut String, error: &ApiError) {
    let mut view = ObjectWriter::new(out);
    view.text("message", Some(&error.message));
    view.text("code", error.code.as_deref());
    view.text("kind", error.kind.as_deref());
    view.json("status", &error.status.map_or_else(|| "null".into(), |status| status.to_string()));
    view.text("body", Some(&error.body));
    view.end();
}

fn write_choice(out: &mut String, choice: &Choice) {
    let mut view = ObjectWriter::new(out);
    view.json("index", &choice.index.to_string());
    view.text("role", choice.role());
    for (name, text) in TEXTS.into_iter().zip([choice.content(), choice.reasoning(), choice.refusal()]) {
        view.text(name, text);
    }
    view.text("finish_reason", choice.finish_reason());
    view.text("logprobs", choice.logprobs().as_deref());
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

fn text(view: &Object<'_>, name: &str) -> Option<String> {
    view.get(name).and_then(Raw::str).map(Into::into)
}

fn required(view: &Object<'_>, name: &str) -> Result<String, InvalidPickle> {
    text(view, name).ok_or_else(|| InvalidPickle(format!("expected a string {name:?}, got none")))
}

fn number<N: std::str::FromStr>(view: &Object<'_>, name: &str) -> Result<N, InvalidPickle> {
    let number = view.get(name).and_then(|number| number.as_str().parse().ok());
    number.ok_or_else(|| InvalidPickle(format!("expected a number {name:?}, got none that fits")))
}

/// JSON text that was written as a string.
fn json(text: &str) -> Result<Payload<'_>, InvalidPickle> {
    Payload::parse(text).map_err(|reason| InvalidPickle(format!("expected JSON in a string: {reason}")))
}

fn read_snapshot(view: &Object<'_>) -> Result<Snapshot, InvalidPickle> {
    let mut snapshot = Snapshot::default();
    snapshot.set_id(&view.str("id"));
    snapshot.set_model(&view.str("model"));
    snapshot.count(json(&required(view, "usage")?)?.raw(), &mut |_| {});
    snapshot.done = view.truthy("done").is_some();
    snapshot.error = view.get("error").map(|error| read_error(&error.object()).map(Box::new)).transpose()?;
    for item in view.objects("choices") {
        let index = number(&item, "index")?;
        read_choice(snapshot.choice(index), &item, &mut |_| {})?;
    }
    Ok(snapshot)
}

fn read_error(view: &Object<'_>) -> Result<ApiError, InvalidPickle> {
    let status = view.get("status").map(|_| number(view, "status")).transpose()?;
    let (message, body) = (required(view, "message")?, required(view, "body")?);
    Ok(ApiError { message, code: text(view, "code"), kind: text(view, "kind"), status, body })
}

fn read_choice(choice: &mut Choice, view: &Object<'_>, out: &mut Sink<'_>) -> Result<(), InvalidPickle> {
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
    if let Some(logprobs) = text(view, "logprobs") {
        choice.logprobs.set_all(&json(&logprobs)?.raw().object());
    }
    for (index, call) in (0..).zip(view.objects("tool_calls")) {
        let (id, kind, name) = (call.str("id"), call.str("type"), call.str("name"));
        let arguments = required(&call, "arguments")?;
        let arguments = Text::from(arguments.as_str());
        let piece =
            CallFragment { index: Some(index), list_position: (0, 1), id: &id, kind: &kind, name: &name, arguments };
        choice.tool_calls.begin(&piece);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pickle_is_refused_with_the_reason() {
        for (text, reason) in [
            ("{", "expected JSON: "),
            ("{}", "expected a string \"object\""),
            ("{\"object\":\"{}\"}", "expected a string \"usage\""),
            ("{\"object\":\"{}\",\"dialect\":\"x\"}", "got \"x\""),
            ("{\"object\":\"{}\",\"usage\":\"{}\",\"choices\":[{}]}", "expected a number \"index\""),
            ("{\"object\":\"{}\",\"usage\":\"{\"}", "expected JSON in a string: "),
        ] {
            let error = PickledSnapshot::from_json(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn an_object_that_is_as_deep_as_it_may_be_is_pickled() {
        let mut accumulator = Accumulator::builder().dialect(Dialect::OpenAiChat).build();
        let depth = crate::limits::PAYLOAD_DEPTH - 1;
        let body = format!(
            "data: {{\"choices\":[],\"object\":\"chat.completion.chunk\",\"deep\":{}{}}}\n\n",
            "[".repeat(depth),
            "]".repeat(depth)
        );
        accumulator.feed(body.as_bytes(), |_| {}).unwrap();
        assert!(accumulator.object().contains("[[["), "{}", accumulator.object());
        let pickled = PickledSnapshot::from_json(&PickledSnapshot::of(&accumulator).to_json()).unwrap();
        assert_eq!(pickled.object(), accumulator.object());
    }
}
