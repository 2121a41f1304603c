//! The snapshot as `OpenAI`'s non-streaming object.

use crate::json::{ObjectWriter, write_array};
use crate::snapshot::{CUSTOM, Choice, Snapshot, ToolCall};

/// A `ChatCompletion`.
pub(super) fn object(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    let mut completion = ObjectWriter::new(&mut out);
    completion.text("id", Some(&snapshot.id));
    completion.text("object", Some("chat.completion"));
    if !snapshot.fields.contains("created") {
        completion.json("created", "0");
    }
    completion.text("model", Some(&snapshot.model));
    write_array(completion.name("choices"), snapshot.choices.values().map(AsRef::as_ref), write_choice);
    if let Some(usage) = snapshot.usage() {
        completion.json("usage", &usage.json());
    }
    snapshot.fields.write_members(&mut completion);
    completion.end();
    out
}

fn write_choice(out: &mut String, choice: &Choice) {
    let mut object = ObjectWriter::new(out);
    object.json("index", &choice.index.to_string());
    write_message(object.name("message"), choice);
    object.text("finish_reason", choice.finish_reason());
    object.json("logprobs", choice.logprobs().as_deref().unwrap_or("null"));
    choice.fields.write_members(&mut object);
    object.end();
}

fn write_message(out: &mut String, choice: &Choice) {
    let mut message = ObjectWriter::new(out);
    message.text("role", Some(choice.role().unwrap_or("assistant")));
    write_text(&mut message, choice, "content", choice.content());
    write_text(&mut message, choice, "refusal", choice.refusal());
    if choice.reasoning().is_some() {
        write_text(&mut message, choice, choice.reasoning_name, choice.reasoning());
    }
    let (calls, legacy) = (choice.tool_calls().as_slice(), choice.tool_calls().legacy_call());
    if calls.len() > usize::from(legacy.is_some()) {
        let others = calls.iter().enumerate().filter(|(at, _)| Some(*at) != legacy).map(|(_, call)| call);
        write_array(message.name("tool_calls"), others, write_tool_call);
    }
    if let Some(legacy) = legacy {
        write_function(message.name("function_call"), &calls[legacy], "arguments");
    }
    if !choice.details.items().is_empty() {
        write_array(message.name("reasoning_details"), choice.details.items(), |out, item| item.write(out));
    }
    choice.message_fields.write_members(&mut message);
    message.end();
}

/// Writes a text; as it came whole, where that differs from its pieces.
fn write_text(message: &mut ObjectWriter<'_>, choice: &Choice, name: &str, text: Option<&str>) {
    match choice.whole.value(name) {
        Some(whole) => message.json(name, whole),
        None => message.text(name, text),
    }
}

fn write_tool_call(out: &mut String, call: &ToolCall) {
    let mut object = ObjectWriter::new(out);
    object.text("id", Some(call.id().unwrap_or_default()));
    object.text("type", Some(call.kind()));
    let (member, arguments) = if call.kind() == CUSTOM { ("custom", "input") } else { ("function", "arguments") };
    write_function(object.name(member), call, arguments);
    call.fields.write_members(&mut object);
    object.end();
}

fn write_function(out: &mut String, call: &ToolCall, arguments: &str) {
    let mut function = ObjectWriter::new(out);
    function.text("name", Some(call.name().unwrap_or_default()));
    function
        .text(arguments, Some(Some(call.whole.as_str()).filter(|whole| !whole.is_empty()).unwrap_or(call.arguments())));
    call.function_fields.write_members(&mut function);
    function.end();
}
