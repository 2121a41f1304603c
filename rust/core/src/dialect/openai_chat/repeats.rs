//! Chunks that differ from the one before in one text only.

use super::{PADDING, REASONING};
use crate::dialect::{Place, Repeat};
use crate::json::{Object, Raw};

/// A chunk of one choice in which one text grows and all else is said again: nothing that extends a list, ends the choice
/// or counts tokens.
pub(super) fn repeats<'a>(payload: &Object<'a>) -> Option<Repeat<'a>> {
    let [choice] = payload.get("choices")?.items()[..] else { return None };
    let choice = choice.object();
    let delta = choice.get("delta")?.object();
    let settled = |object: &Object<'_>, apart: &[&str]| {
        object.iter().all(|(name, value)| apart.contains(&name) || !(value.is_object() || value.is_array()))
    };
    let plain = settled(payload, &["choices"]) && settled(&choice, &["delta"]) && settled(&delta, &["tool_calls"]);
    if !plain || payload.truthy("error").is_some() || choice.first(&["finish_reason", "error", "text"]).is_some() {
        return None;
    }
    let index = choice.get("index").and_then(Raw::index).unwrap_or(0);
    let (text, place) = growing_text(&delta, index)?;
    let padding = [payload, &choice, &delta].into_iter().flat_map(|object| PADDING.map(|name| object.get(name)));
    let padding = padding.flatten().filter(|value| value.text().is_some()).collect();
    Some(Repeat { text, padding, place })
}

/// The one text of a delta that is not empty.
fn growing_text<'a>(delta: &Object<'a>, choice: i64) -> Option<(Raw<'a>, Place)> {
    let filled = |name| delta.truthy(name).filter(|value| value.text().is_some());
    let content = filled("content").map(|text| (text, Place::Content { choice }));
    let reasoning = REASONING.iter().filter_map(|name| filled(name)).map(|text| (text, Place::Reasoning { choice }));
    let mut found: Vec<_> = content.into_iter().chain(reasoning).collect();
    if delta.truthy("tool_calls").is_some() {
        let (text, index) = growing_arguments(delta)?;
        found.push((text, Place::Arguments { choice, index }));
    }
    let only = found.pop()?;
    // These are told of whenever they come.
    let told = delta.first(&["refusal", "function_call", "audio", "reasoning_details"]).is_some();
    (found.is_empty() && !told).then_some(only)
}

/// The arguments of the one call that goes on: it has an index, and neither id nor name.
fn growing_arguments<'a>(delta: &Object<'a>) -> Option<(Raw<'a>, i64)> {
    let [call] = delta.get("tool_calls")?.items()[..] else { return None };
    let call = call.object();
    let function = call.get("function")?.object();
    let known = |object: &Object<'_>, names: &[&str]| {
        object.iter().all(|(name, value)| names.contains(&name) || value.is_null())
    };
    let goes_on = known(&call, &["index", "function", "type"]) && known(&function, &["arguments"]);
    let arguments = function.truthy("arguments").filter(|_| goes_on)?;
    arguments.text()?;
    Some((arguments, call.get("index")?.index()?))
}
