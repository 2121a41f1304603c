//! Content blocks: which of them an event is about, and how their texts are put together.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Append, BLOCKS, Object, Raw, RepeatPlan, Sink, Snapshot, Target, block_at, emit, index, input};
use crate::json::{Text, quote};
use crate::snapshot::{DialectState, Lists, MergedObject, Overlap, PathStep, append_all, overlap};

/// The members in which servers send what a model thinks.
const THOUGHTS: [&str; 3] = ["thinking", "reasoning", "text"];

/// What is known of the content blocks since their message started, in addition to the object.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    /// The position of the newest block of each index.
    by_index: BTreeMap<i64, i64>,
    /// A whole message came after its pieces.
    pub(super) came_whole: bool,
}

impl DialectState for Blocks {
    fn boxed_clone(&self) -> Box<dyn DialectState> {
        Box::new(self.clone())
    }

    fn is_name(&self, _name: &str) -> bool {
        false
    }
}

/// A message starts: its blocks are not those of an earlier one.
pub(super) fn begin_message(snapshot: &mut Snapshot) {
    *snapshot.state.get_mut() = Blocks::default();
}

/// Forgets the blocks that are no longer in the object.
pub(super) fn forget_dropped(snapshot: &mut Snapshot) {
    let Snapshot { state, fields, .. } = snapshot;
    let blocks: &mut Blocks = state.get_mut();
    blocks.by_index.retain(|_, position| fields.has_item(BLOCKS, *position));
}

/// The JSON text of a block's id; `None` where it has none.
pub(super) fn id_of(block: &Object<'_>) -> Option<String> {
    block.get("id").map(|id| id.as_str().to_owned()).filter(|id| id != "\"\"")
}

/// The member of a block or a delta of that kind that is text, and the text of the choice that it is appended to.
pub(super) fn text_of(kind: &str, owner: &Object<'_>) -> Option<(&'static str, Target)> {
    match kind {
        "text" => Some(("text", Target::Content { choice: 0 })),
        "thinking" | "reasoning" => {
            let name = THOUGHTS.into_iter().find(|name| owner.get(name).is_some())?;
            Some((name, Target::Reasoning { choice: 0 }))
        }
        _ => None,
    }
}

/// The texts of all blocks of a kind, in their order.
pub(super) fn texts(snapshot: &mut Snapshot, target: &Target) -> Vec<String> {
    let names = if matches!(target, Target::Content { .. }) { &["text"][..] } else { &THOUGHTS };
    let of_kind = |kind: &str| match target {
        // Some servers send text in the middle of a thought.
        Target::Content { .. } => matches!(kind, "text" | "thinking"),
        _ => matches!(kind, "thinking" | "reasoning"),
    };
    let mut texts = vec![];
    for position in snapshot.fields.indexes(BLOCKS) {
        let block = block_at(snapshot, position);
        if of_kind(&block.word("type"))
            && let Some(name) = names.iter().find(|name| block.contains(name))
        {
            texts.push(block.word(name).into_owned());
        }
    }
    texts
}

/// The position of the block that an index names: the newest of that index, of the message that started last.
fn find(snapshot: &Snapshot, index: i64) -> Option<i64> {
    snapshot.state.get::<Blocks>()?.by_index.get(&index).copied()
}

fn at(snapshot: &Snapshot, position: i64) -> Option<&MergedObject> {
    snapshot.fields.find(&[PathStep::Item(BLOCKS, position)])
}

/// Assigns the position of a new block: its index, or after the others where that is taken or missing.
pub(super) fn position_of(snapshot: &mut Snapshot, index: Option<i64>) -> i64 {
    let free = index.filter(|&index| !snapshot.fields.has_item(BLOCKS, index));
    let position = free.unwrap_or_else(|| snapshot.fields.next_index(BLOCKS));
    snapshot.state.get_mut::<Blocks>().by_index.insert(index.unwrap_or(position), position);
    position
}

/// A block starts; returns its position.
pub(super) fn start(snapshot: &mut Snapshot, index: Option<i64>, block: &Object<'_>, out: &mut Sink<'_>) -> i64 {
    let known = index.and_then(|index| find(snapshot, index));
    if let Some(position) = known.filter(|&position| is_same(snapshot, position, block)) {
        start_again(snapshot, position, block, out);
        return position;
    }
    let position = position_of(snapshot, index);
    block_at(snapshot, position);
    snapshot.fields.replace_item(BLOCKS, position, block);
    let kind = block.str("type");
    if let Some((name, target)) = text_of(&kind, block) {
        if let Some(text) = block.get(name).and_then(Raw::scalar) {
            block_at(snapshot, position).set(name, quote(""));
            let path = [PathStep::Item(BLOCKS, position)].into();
            append_all(&[target, Target::Member { path, name }], &text, snapshot, out);
            block_at(snapshot, position).announce(name);
        }
        if let Some(signature) = block.truthy("signature") {
            emit("signature", signature, out);
        }
    } else if kind == "tool_use" {
        input::begin(snapshot, position, block, out);
    } else if !matches!(kind.as_ref(), "text" | "thinking" | "reasoning") {
        emit(&kind, block.raw(), out);
    }
    position
}

/// Whether a block that starts at the index of another is the same again: it has its id; or, if neither has one, it
/// has its kind and a text that repeats or continues what the other started with, and no piece came yet.
fn is_same(snapshot: &mut Snapshot, position: i64, block: &Object<'_>) -> bool {
    let mine = block_at(snapshot, position);
    let ids = (id_of(block), mine.json_of("id").filter(|id| id != "\"\""));
    if ids != (None, None) {
        return ids.0 == ids.1;
    }
    let kind = block.str("type");
    let Some((name, _)) = text_of(&kind, block).filter(|_| mine.word("type") == kind) else { return false };
    let text = mine.word(name);
    (mine.is_announced(name) || text.is_empty()) && overlap(&text, &block.str(name)) != Overlap::Differs
}

/// A block starts once more, perhaps with more than before.
fn start_again(snapshot: &mut Snapshot, position: i64, block: &Object<'_>, out: &mut Sink<'_>) {
    if let Some((name, target)) = text_of(&block.str("type"), block) {
        let text = block.str(name);
        let emitted = block_at(snapshot, position).word(name).into_owned();
        let rest = match overlap(&emitted, &text) {
            Overlap::Continues(rest) => Text::from(rest),
            Overlap::Repeats | Overlap::Differs => Text::default(),
        };
        let path = [PathStep::Item(BLOCKS, position)].into();
        append_all(&[target, Target::Member { path, name }], &rest, snapshot, out);
        block_at(snapshot, position).announce(name);
    } else if block.str("type") == "tool_use" {
        input::begin_again(snapshot, position, block, out);
    }
    block_at(snapshot, position).keep_all(block, &["thinking", "reasoning", "text", "input"]);
}

/// No more pieces come of the block that an event names, or else of the last one.
pub(super) fn stop_named(snapshot: &mut Snapshot, index: Option<i64>, out: &mut Sink<'_>) {
    let position = match index {
        Some(index) => find(snapshot, index),
        None => Some(snapshot.fields.next_index(BLOCKS) - 1).filter(|&last| last >= 0),
    };
    if let Some(position) = position {
        stop(snapshot, position, out);
    }
}

/// No more pieces come: a tool call that came with its input has it now, and no text is repeated any more.
pub(super) fn stop(snapshot: &mut Snapshot, position: i64, out: &mut Sink<'_>) {
    let block = block_at(snapshot, position);
    for name in THOUGHTS {
        block.end_announcement(name);
    }
    if let Some(call) = input::call_at(snapshot, position) {
        snapshot.choice(0).settle_tool_call(call, out);
    }
}

/// What a delta is a piece of: its type without the suffix, or by the member that it has.
fn kind_of<'a>(delta: &Object<'a>) -> Cow<'a, str> {
    let named = delta.str("type");
    let by_member =
        [("text", "text"), ("thinking", "thinking"), ("reasoning", "thinking"), ("partial_json", "input_json")];
    match by_member.iter().find(|(member, _)| delta.get(member).is_some()) {
        Some((_, kind)) if named.is_empty() => Cow::Borrowed(*kind),
        _ => match named {
            Cow::Borrowed(named) => Cow::Borrowed(named.strip_suffix("_delta").unwrap_or(named)),
            Cow::Owned(named) => named.strip_suffix("_delta").unwrap_or(&named).to_owned().into(),
        },
    }
}

/// The type of block that pieces of a kind belong to.
fn implied(kind: &str) -> &str {
    match kind {
        "citations" => "text",
        "signature" | "reasoning" => "thinking",
        "input_json" => "tool_use",
        kind => kind,
    }
}

/// The block that a delta is about: the one at its index; without an index, the last that takes such a piece. A piece
/// of an input at an unknown index goes to the last call too, instead of beginning a block.
fn find_for(snapshot: &Snapshot, payload: &Object<'_>, kind: &str) -> Option<i64> {
    let named = index(payload);
    let takes = |&position: &i64| {
        let block = at(snapshot, position).map(|block| block.word("type")).unwrap_or_default();
        if kind == "input_json" { block.ends_with("tool_use") } else { block == implied(kind) }
    };
    let found = named.and_then(|index| find(snapshot, index));
    if found.is_some() || (named.is_some() && kind != "input_json") {
        return found;
    }
    snapshot.fields.indexes(BLOCKS).into_iter().rev().find(takes)
}

/// Makes the block of a delta whose block never started.
fn imply(snapshot: &mut Snapshot, index: Option<i64>, kind: &str, out: &mut Sink<'_>) -> i64 {
    let position = position_of(snapshot, index);
    block_at(snapshot, position).set("type", quote(implied(kind)));
    if kind == "input_json" {
        input::begin(snapshot, position, &Object::default(), out);
    }
    position
}

/// False where a delta cannot be read.
pub(super) fn fold_delta(snapshot: &mut Snapshot, payload: &Object<'_>, out: &mut Sink<'_>) -> bool {
    let delta = payload.child("delta");
    if !delta.raw().is_object() {
        return payload.get("delta").is_none();
    }
    let kind = kind_of(&delta);
    let known = find_for(snapshot, payload, &kind);
    let position = known.unwrap_or_else(|| imply(snapshot, index(payload), &kind, out));
    if kind == "input_json" {
        return input::fold_piece(snapshot, position, &delta, out);
    }
    if let Some((name, _)) = text_of(&kind, &delta) {
        let value = delta.get(name).unwrap_or_default();
        let piece = value.scalar();
        if piece.as_ref().is_some_and(|piece| !piece.is_empty())
            && let Some(append) = append(position, &kind, &delta)
        {
            append.fold(snapshot, out);
        }
        return piece.is_some() || value.is_null();
    }
    fold_other(snapshot, position, &kind, &delta, out);
    true
}

/// Folds a piece that is no text of the block.
fn fold_other(snapshot: &mut Snapshot, position: i64, kind: &str, delta: &Object<'_>, out: &mut Sink<'_>) {
    let block = block_at(snapshot, position);
    match kind {
        "text" | "thinking" | "reasoning" => {}
        "citations" => {
            if let Some(citation) = delta.get("citation") {
                block.push("citations", citation);
                emit("citation", citation, out);
            }
        }
        "signature" => {
            // Some servers send it with the start of the block too.
            if let Some(signature) = delta.get("signature").filter(|value| block.merge(kind, *value, Lists::Replace)) {
                emit(kind, signature, out);
            }
        }
        kind => {
            for (name, value) in delta.iter().filter(|(name, _)| *name != "type") {
                block.merge(name, value, Lists::Replace);
            }
            let emitted_kind = if kind == "compaction" { kind } else { &delta.str("type") };
            emit(emitted_kind, delta.raw(), out);
        }
    }
}

/// What a piece of a text is appended to: the block's member, and the text of the choice.
fn append<'a>(position: i64, kind: &str, delta: &Object<'a>) -> Option<Append<'a>> {
    let (name, target) = text_of(kind, delta)?;
    let path = [PathStep::Item(BLOCKS, position)].into();
    Some(Append { text: delta.get(name)?, targets: vec![target, Target::Member { path, name }] })
}

pub(super) fn repeats<'a>(snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
    let delta = payload.get("delta").filter(|_| payload.str("type") == "content_block_delta")?.object();
    let kind = kind_of(&delta);
    let position = find_for(snapshot, payload, &kind)?;
    let mut repeat = match kind.as_ref() {
        "input_json" => input::repeats(snapshot, position, &delta)?,
        kind => RepeatPlan::of(append(position, kind, &delta)?)?,
    };
    // Without a valid index a piece belongs to the last block, which may be another one by then.
    repeat.routing.extend(payload.get("index").filter(|index| index.index().is_some()));
    Some(repeat)
}
