//! A whole message: instead of its stream, or after its pieces.
//!
//! Its blocks are matched with those of the pieces: by their ids where they have any, or else by their kind and
//! order. What they have beyond the pieces is emitted; blocks that only the message has are added, and those that it
//! leaves out stay. But where its texts of a kind are all that was emitted of that kind, only divided into other
//! blocks, its blocks replace those of the pieces.

use std::collections::HashSet;

use super::block::{self, Blocks, text_of};
use super::{BLOCKS, Object, Raw, Sink, Snapshot, Target, block_at, emit, finish, fold_members, input};
use crate::dialect::listed;
use crate::json::{Payload, Text, quote};
use crate::snapshot::{Lists, MergedObject, Overlap, beyond, overlap};

/// The members of a block that are compared with what came before.
const COMPARED: [&str; 6] = ["text", "thinking", "reasoning", "input", "signature", "citations"];

/// After a whole message with a stop reason nothing is missing.
pub(super) fn is_complete(snapshot: &Snapshot) -> bool {
    let stopped = || snapshot.choices.get(&0).is_some_and(|choice| choice.finish_reason().is_some());
    snapshot.state.get().is_some_and(|blocks: &Blocks| blocks.came_whole) && stopped()
}

/// A whole message is the end if no stream came before it; otherwise it is a repetition, and the end may still
/// follow.
pub(super) fn fold(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    let alone = snapshot.fields.is_empty();
    fold_members(snapshot, message, out);
    fold_content(snapshot, message, out);
    finish(snapshot, message, out);
    snapshot.count(message.get("usage").unwrap_or_default(), out);
    if alone && (message.truthy(BLOCKS).is_some() || message.truthy("stop_reason").is_some()) {
        snapshot.finish(out);
    } else {
        snapshot.state.get_mut::<Blocks>().came_whole = true;
    }
}

/// Merges the blocks of a whole message.
pub(super) fn fold_content(snapshot: &mut Snapshot, message: &Object<'_>, out: &mut Sink<'_>) {
    let Some(content) = message.get(BLOCKS).map(listed) else { return };
    let Ok(content) = Payload::parse(&content) else { return };
    let blocks: Vec<_> = content.raw().objects().into_iter().map(Raw::object).collect();
    let known = matches(snapshot, &blocks);
    let targets = [Target::Content { choice: 0 }, Target::Reasoning { choice: 0 }];
    let said = targets.each_ref().map(|target| fold_texts(snapshot, &blocks, target, out));
    let said_of = |target: &Target| said[usize::from(matches!(target, Target::Reasoning { .. }))];
    drop_others(snapshot, &known, |target| said_of(target).is_all);
    for (block, known) in blocks.iter().zip(known) {
        let text = text_of(&block.str("type"), block);
        let is_all = text.as_ref().is_some_and(|(_, target)| said_of(target).is_all);
        match (known, text) {
            (Some(position), _) => complete(snapshot, position, block, is_all, out),
            (None, None) => {
                let position = block::start(snapshot, None, block, out);
                block::stop(snapshot, position, out);
            }
            // A block whose text is not new, and was divided otherwise, would be in the object twice.
            (None, Some((_, target))) if is_all || said_of(&target).is_news => {
                let position = block::position_of(snapshot, None);
                snapshot.fields.replace_item(BLOCKS, position, block);
            }
            (None, Some(_)) => {}
        }
    }
}

/// The position of each block of a whole message among those so far: that of the block with its id, or else of the
/// next of its kind.
fn matches(snapshot: &mut Snapshot, blocks: &[Object<'_>]) -> Vec<Option<i64>> {
    let mut free = snapshot.fields.indexes(BLOCKS);
    let mut take = |fits: &dyn Fn(&MergedObject) -> bool| {
        let at = free.iter().position(|&position| fits(block_at(snapshot, position)));
        at.map(|at| free.remove(at))
    };
    let ids: Vec<_> = blocks.iter().map(block::id_of).collect();
    let by_id = |id: &Option<String>| id.as_ref().and_then(|id| take(&|mine| mine.json_of("id").as_ref() == Some(id)));
    let mut known: Vec<_> = ids.iter().map(by_id).collect();
    for ((block, id), known) in blocks.iter().zip(&ids).zip(&mut known).filter(|(_, known)| known.is_none()) {
        let kind = block.str("type");
        let unnamed = |mine: &MergedObject| id.is_none() || mine.json_of("id").is_none_or(|id| id == "\"\"");
        *known = take(&|mine| mine.word("type") == kind && unnamed(mine));
    }
    known
}

/// Drops the blocks that a whole message leaves out, of the texts that it has completely.
fn drop_others(snapshot: &mut Snapshot, known: &[Option<i64>], is_all: impl Fn(&Target) -> bool) {
    let kept: HashSet<_> = known.iter().flatten().copied().collect();
    for position in snapshot.fields.indexes(BLOCKS).into_iter().filter(|position| !kept.contains(position)) {
        let target = match block_at(snapshot, position).word("type").as_ref() {
            "text" => Target::Content { choice: 0 },
            "thinking" | "reasoning" => Target::Reasoning { choice: 0 },
            _ => continue,
        };
        if is_all(&target) {
            snapshot.fields.remove_item(BLOCKS, position);
        }
    }
    block::forget_dropped(snapshot);
}

/// What the texts of a kind say in a whole message.
#[derive(Clone, Copy)]
struct Said {
    /// More than was emitted.
    is_news: bool,
    /// All that was emitted, perhaps with more after it.
    is_all: bool,
}

/// Emits what the texts of a kind have beyond those so far.
fn fold_texts(snapshot: &mut Snapshot, blocks: &[Object<'_>], target: &Target, out: &mut Sink<'_>) -> Said {
    let name_of = |block: &Object<'_>| {
        text_of(&block.str("type"), block)
            .filter(|(_, own)| std::mem::discriminant(own) == std::mem::discriminant(target))
    };
    let whole: Vec<_> = blocks
        .iter()
        .filter_map(|block| Some(block.get(name_of(block)?.0)?.scalar()?.into_str().into_owned()))
        .collect();
    let emitted = block::texts(snapshot, target);
    let news = beyond(&emitted, &whole);
    for (_, text) in &news {
        snapshot.forget_half(target);
        snapshot.append(target, &Text::from(text.as_str()), out);
    }
    let (emitted, whole) = (emitted.concat(), whole.concat());
    Said { is_news: !news.is_empty(), is_all: !emitted.is_empty() && whole.starts_with(&emitted) }
}

/// Merges a whole block into one so far. If the whole message `is_all` that was emitted of a text, the block keeps
/// only what the whole one has of it.
fn complete(snapshot: &mut Snapshot, position: i64, block: &Object<'_>, is_all: bool, out: &mut Sink<'_>) {
    let mine = block_at(snapshot, position);
    if let Some((name, _)) = text_of(&block.str("type"), block) {
        let text = block.get(name).and_then(Raw::scalar).unwrap_or_default().into_str();
        mine.end_announcement(name);
        let emitted = mine.word(name).into_owned();
        match overlap(&emitted, &text) {
            Overlap::Repeats if !is_all || text == emitted => mine.append(name, &Text::default()),
            Overlap::Continues(rest) => mine.append(name, &Text::from(rest)),
            Overlap::Repeats | Overlap::Differs => mine.seal(name, quote(&text)),
        }
    }
    mine.keep_all(block, &COMPARED);
    if let Some(signature) = block.truthy("signature").filter(|value| mine.merge("signature", *value, Lists::Replace)) {
        emit("signature", signature, out);
    }
    if let Some(citations) = block.truthy("citations") {
        if !mine.contains("citations") || mine.json_of("citations").is_some_and(|list| list == "[]") {
            for citation in citations.items() {
                emit("citation", citation, out);
            }
        }
        mine.set("citations", citations.as_str());
    }
    input::complete(snapshot, position, block, out);
}
