//! Deltas that differ from the one before in one text only: everything else in them counts once, or is the same
//! again.

use super::positions::{Ids, Positions};
use super::steps::{self, CODE};
use super::{indexed, messages};
use crate::dialect::RepeatPlan;
use crate::json::{Object, Raw};
use crate::snapshot::Snapshot;

/// A piece of one part of a message, or of one call of a step.
pub(super) fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let (positions, id) = (snapshot.state.get::<Positions>()?, payload.id("id"));
    let position = |ids: &Ids| ids.get(id.as_ref()).copied().filter(|_| !id.is_empty());
    let delta = payload.child("delta");
    match payload.str("object").as_ref() {
        "thread.message.delta" => of_part(snapshot, position(&positions.messages)?, &delta),
        "thread.run.step.delta" => of_call(snapshot, position(&positions.steps)?, &delta.child("step_details")),
        _ => None,
    }
}

fn of_part<'a>(snapshot: &Snapshot, message: i64, delta: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let (part, item) = only(indexed(delta.each("content")))?;
    let is_other = !matches!(item.str("type").as_ref(), "" | "text" | "refusal");
    let cited = item.child("text").get("annotations").is_some_and(Raw::has_list);
    let at = messages::At { message, part };
    let mut repeat = RepeatPlan::of_all(messages::appends(snapshot, at, &item)).filter(|_| !is_other && !cited)?;
    repeat.routing.extend(item.get("index"));
    Some(repeat)
}

fn of_call<'a>(snapshot: &Snapshot, step: i64, details: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let item = only(details.objects("tool_calls"))?;
    let at = steps::locate(snapshot, step, (0, 1), &item);
    // Another call may take the index, or become the last one, without any payload of this shape.
    let alone = match item.get("index").and_then(Raw::index) {
        Some(index) => index == at.call,
        None => !item.id("id").is_empty(),
    };
    if !alone {
        return None;
    }
    let mut repeat = match snapshot.fields.find(&at.path())?.word("type").as_ref() {
        "function" => RepeatPlan::of(steps::arguments(snapshot, at, &item)?)?,
        CODE => {
            let passthrough = Some((0, CODE, item.raw()));
            RepeatPlan { passthrough, ..RepeatPlan::of(steps::code(at, &item)?)? }
        }
        _ => return None,
    };
    repeat.routing.extend(item.get("index"));
    Some(repeat)
}

fn only<T>(mut items: Vec<T>) -> Option<T> {
    items.pop().filter(|_| items.is_empty())
}
