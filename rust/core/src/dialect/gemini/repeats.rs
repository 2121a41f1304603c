//! Responses that differ from the one before in their text and their usage.

use super::part::text_of;
use super::{ENVELOPE, Object, PARTS, candidate_at, content_of, count};
use crate::dialect::{Again, Refold, RepeatPlan};
use crate::json::Raw;
use crate::snapshot::{Append, PathStep, Snapshot, Target};

/// A response with one part, which has more of the last text, and with nothing else that was not there before.
pub(super) fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let enclosed = payload.get(ENVELOPE).filter(|_| payload.get("candidates").is_none()).map(Raw::object);
    let response = enclosed.as_ref().unwrap_or(payload);
    if response.is_snake_case() || payload.truthy("error").or(response.truthy("error")).is_some() {
        return None;
    }
    let [candidate] = response.get("candidates")?.items()[..] else { return None };
    let candidate = candidate.object();
    let index = candidate.get("index").map_or(Some(0), Raw::index)?;
    let only = |object: &Object<'_>, names: &[&str]| object.iter().all(|(name, _)| names.contains(&name));
    let content = candidate.get("content")?.object();
    let [part] = content.get(PARTS)?.items()[..] else { return None };
    let part = part.object();
    let settled = only(&candidate, &["content", "index"]) && only(&content, &[PARTS, "role"]);
    if !settled || !only(&part, &["text", "thought"]) {
        return None;
    }
    let (_, thought) = text_of(&part)?;
    let text = part.get("text").filter(|text| text.text().is_some())?;
    let parts = content_of(snapshot, index)?;
    let last = parts.next_index(PARTS) - 1;
    let target = if thought { Target::Reasoning { choice: index } } else { Target::Content { choice: index } };
    let path = [candidate_at(index), PathStep::Object("content"), PathStep::Item(PARTS, last)].into();
    let mut repeat =
        RepeatPlan::of(Append { text, targets: vec![target.clone(), Target::Member { path, name: "text" }] })?;
    repeat.again = Some(Again::Whole(target));
    let refold = Refold { choice: index, fold: |snapshot, _, usage, out| count(snapshot, usage, out) };
    repeat.values.extend(response.get("usageMetadata").filter(|usage| usage.is_object()).map(|usage| (usage, refold)));
    response.get("promptFeedback").is_none().then_some(repeat)
}
