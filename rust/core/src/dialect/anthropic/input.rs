//! The input of tools: whole with the start of a block, in pieces, or both.

use std::borrow::Cow;

use super::{Again, Append, BLOCKS, Object, Raw, RepeatPlan, Sink, Snapshot, Target, block_at, emit};
use crate::json::{Payload, Text, compact, quoted_object};
use crate::snapshot::{CallFragment, Overlap, PathStep, append_all, overlap_json};

/// Some servers send this before the pieces of an input which is another one.
const PLACEHOLDER: &str = "{}";

/// The call of the block at a position.
pub(super) fn call_at(snapshot: &Snapshot, position: i64) -> Option<usize> {
    snapshot.choices.get(&0)?.tool_calls.by_index(position)
}

/// The arguments that an input is: its JSON text, or the text itself where the input is a string of JSON.
pub(super) fn arguments(input: Raw<'_>) -> Cow<'_, str> {
    quoted_object(input).unwrap_or_else(|| input.compact().into())
}

/// A tool call begins with its block.
pub(super) fn begin(snapshot: &mut Snapshot, position: i64, block: &Object<'_>, out: &mut Sink<'_>) {
    let (id, name) = (block.id("id"), block.str("name"));
    let call = snapshot.choice(0).begin_tool_call(&CallFragment::start(Some(position), &id, &name), out);
    expect(snapshot, position, call, block);
}

/// A call begins once more: adds an id and a name that it lacks, and keeps its input.
pub(super) fn begin_again(snapshot: &mut Snapshot, position: i64, block: &Object<'_>, out: &mut Sink<'_>) {
    let Some(call) = call_at(snapshot, position) else { return };
    let (id, name) = (block.id("id"), block.str("name"));
    snapshot.choice(0).name_tool_call(call, &CallFragment::start(None, &id, &name), out);
    expect(snapshot, position, call, block);
}

/// Keeps the input that a block starts with, which is its arguments if no pieces come.
fn expect(snapshot: &mut Snapshot, position: i64, call: usize, block: &Object<'_>) {
    let Some(input) = block.truthy("input") else { return };
    let call = snapshot.choice(0).tool_calls.at(call);
    if call.arguments.is_empty() {
        call.initial_input = arguments(input).into_owned();
        let object = quoted_object(input).unwrap_or_else(|| input.as_str().into());
        block_at(snapshot, position).set("input", object);
    }
}

/// A piece of an input. False where it cannot be read.
pub(super) fn fold_piece(snapshot: &mut Snapshot, position: i64, delta: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let value = delta.get("partial_json").unwrap_or_default();
    let object = value.is_object().then(|| Text::from(value.as_str()));
    let Some(piece) = value.scalar().or(object) else { return value.is_null() };
    let call = call_at(snapshot, position);
    if call.is_none() && !piece.is_empty() {
        emit("input_json", value, out);
    }
    if !piece.is_empty() && !holds_back(snapshot, position, call, &piece) {
        append_all(&targets(snapshot, position, call), &piece, snapshot, out);
    }
    true
}

/// Whether a piece is held back: `{}` before all others, which counts only where none follows, or all of a complete
/// input again.
fn holds_back(snapshot: &mut Snapshot, position: i64, call: Option<usize>, piece: &Text<'_>) -> bool {
    let Text::Whole(piece) = piece else { return false };
    let block = block_at(snapshot, position);
    let before = block.json_text("input");
    if !before.is_empty() {
        return before == piece.as_ref() && is_object(piece);
    }
    let placeholder = piece.trim() == PLACEHOLDER;
    if placeholder && !block.contains("input") {
        block.set("input", PLACEHOLDER);
    }
    if let Some(call) = call.map(|call| snapshot.choice(0).tool_calls.at(call)).filter(|call| call.arguments.is_empty())
    {
        match call.initial_input.as_str() {
            "" if placeholder => call.initial_input = PLACEHOLDER.into(),
            // The pieces replace what the block started with.
            _ if !placeholder => call.initial_input.clear(),
            _ => {}
        }
    }
    placeholder
}

fn is_object(text: &str) -> bool {
    Payload::parse(text).is_ok_and(|payload| payload.raw().is_object())
}

/// What a piece is appended to. Arguments that were emitted already, since the block had stopped, stay as they are.
fn targets(snapshot: &Snapshot, position: i64, call: Option<usize>) -> Vec<Target> {
    let path = [PathStep::Item(BLOCKS, position)].into();
    let open = |&call: &usize| snapshot.choices[&0].tool_calls.as_slice()[call].initial_input.is_empty();
    let arguments = call.filter(open).map(|position| Target::Arguments { choice: 0, position });
    arguments.into_iter().chain([Target::Json { path, name: "input" }]).collect()
}

/// A piece of a call's input that is not the first. One that may repeat all of the input is read in full: it is
/// recognized by its target for the caller's tools, and by its size for the provider's own.
pub(super) fn repeats<'a>(snapshot: &Snapshot, position: i64, delta: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let call = call_at(snapshot, position);
    let before = snapshot.fields.find(&[PathStep::Item(BLOCKS, position)])?.json_text("input").len();
    let text = delta.get("partial_json").filter(|_| before > 0)?;
    let mut repeat = RepeatPlan::of(Append { text, targets: targets(snapshot, position, call) })?;
    if call.is_none() {
        // One of the provider's own tools.
        repeat.passthrough = Some((0, "input_json", text));
        repeat.again = Some(Again::Size(before));
    }
    Some(repeat)
}

/// The call of a whole block: emits what its input has beyond the pieces.
pub(super) fn complete(snapshot: &mut Snapshot, position: i64, block: &Object<'_>, out: &mut Sink<'_>) {
    let input = block.truthy("input");
    let Some(call) = call_at(snapshot, position) else {
        return input
            .into_iter()
            .for_each(|input| block_at(snapshot, position).seal("input", input.as_str().to_owned()));
    };
    begin_again(snapshot, position, block, out);
    let choice = snapshot.choice(0);
    choice.settle_tool_call(call, out);
    let whole = compact(&input.map(arguments).unwrap_or_default());
    if let Overlap::Continues(rest) = overlap_json(choice.tool_calls.at(call).arguments(), &whole) {
        choice.add_arguments(call, &Text::from(rest), out);
    }
    keep_whole(snapshot, position, input);
}

/// Shows an input as it came whole, until more pieces come.
fn keep_whole(snapshot: &mut Snapshot, position: i64, input: Option<Raw<'_>>) {
    if let Some(input) = input {
        let object = quoted_object(input).unwrap_or_else(|| input.as_str().into());
        block_at(snapshot, position).seal("input", object.into_owned());
    }
}
