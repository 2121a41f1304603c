//! JSON Patch (RFC 6902) on JSON text.
//!
//! The naive parent parses the document, applies a patch and writes the document again: each patch then takes as long as
//! the document is large, numbers lose their digits, and a few patches that copy make a document of any size. Here
//! numbers keep their digits, members their order, what no operation reaches stays as it was written, and:
//!
//! 1. Patches wait until they are as large as the document, which is then read, changed by all of them, and written.
//! 2. A patch applies as a whole or not at all: each change is noted, and undone where a later one fails.
//! 3. A value knows its size and its depth while it changes. So copies, each of which may double the document, end at
//!    a size in proportion to the bytes received, and what would be nested too deep is refused in time.
//! 4. Taking values apart and copying them is paid for from an allowance that grows with the bytes received. Without
//!    copies it is never used up.
//!
//! Why it is not the crate `json-patch` (tried at 5.0.0): that patches `serde_json::Value`, which refuses lone
//! surrogates and writes `1E5` as `1e+5`; it takes `1` and `1.0` for different values, swaps the last member into the
//! position of one that is removed or undone, bounds neither size nor depth, and moves all of a list for each item
//! that is inserted.

use crate::json::{Object, Payload, Raw};
use crate::limits::{PATCH_WORK, PATCH_WORK_PER_BYTE, PATCHED_GROWTH, PATCHED_SIZE, PAYLOAD_DEPTH};

mod extent;
mod leaf;
mod members;
mod scalar;
#[cfg(test)]
mod tests;
mod tree;

use extent::{Inner, Work};
use leaf::Source;
use tree::{Before, Node};

/// So many bytes of patches may wait, even if the document is smaller.
const WAITING: usize = 4 << 10;

/// A value that patches change: each applies completely or not at all.
#[derive(Clone, Debug)]
pub(crate) struct Patched {
    document: String,
    /// What the bytes received had left of the allowance when the document was last written.
    allowance: Allowance,
    waiting: Vec<String>,
    /// Bytes that the waiting patches take.
    size: usize,
}

/// The size and the work that the bytes received so far allow.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    received: usize,
    work: Work,
}

impl Allowance {
    fn of(document: &str) -> Self {
        let mut allowance = Self { received: 0, work: Work::of(PATCH_WORK) };
        allowance.receive(document);
        allowance
    }

    fn receive(&mut self, text: &str) {
        self.received = self.received.saturating_add(text.len());
        self.work.earn(text.len().saturating_mul(PATCH_WORK_PER_BYTE));
    }

    /// How large the document may get, in bytes.
    fn size(&self) -> usize {
        // Text of 4 GiB could not be read again.
        self.received.saturating_mul(PATCHED_GROWTH).clamp(PATCHED_SIZE, u32::MAX as usize)
    }
}

impl Patched {
    pub(crate) fn of(document: String) -> Self {
        Self { allowance: Allowance::of(&document), document, waiting: Vec::new(), size: 0 }
    }

    /// The texts that it keeps.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        [&self.document].into_iter().chain(&self.waiting).map(String::as_str)
    }

    pub(crate) fn push(&mut self, patch: Raw<'_>) {
        if self.size >= self.document.len().max(WAITING) {
            (self.document, self.allowance) = self.settled();
            self.waiting.clear();
            self.size = 0;
        }
        self.size += size_of::<String>() + patch.as_str().len();
        self.waiting.push(patch.as_str().to_owned());
    }

    /// The value with all patches applied.
    pub(crate) fn json(&self) -> String {
        if self.waiting.is_empty() { self.document.clone() } else { self.settled().0 }
    }

    /// The document with all waiting patches applied, and what is then left of the allowance.
    fn settled(&self) -> (String, Allowance) {
        let source = Source::of(&self.document);
        let patches: Vec<_> = self.waiting.iter().map(|patch| Source::of(patch)).collect();
        let mut document = Document { root: source.leaf().into(), allowance: self.allowance };
        for (patch, text) in patches.iter().zip(&self.waiting) {
            document.allowance.receive(text);
            document.patch(patch);
        }
        let mut text = String::new();
        document.root.write(&mut text);
        (text, document.allowance)
    }
}

/// Whether two texts are JSON of the same value, however they write it.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Payload::parse(one), Payload::parse(other)) else { return false };
    let one = Source::from(one);
    Node::from(one.leaf()).equals(other.raw(), &mut Work::of(usize::MAX)) == Some(true)
}

struct Document<'a> {
    root: Node<'a>,
    allowance: Allowance,
}

/// A patch while it is applied.
struct Changes<'a> {
    /// The patch's own text, which its values are parts of.
    source: &'a Source<'a>,
    /// What was at each path before it was changed.
    undo: Vec<(Vec<String>, Before<'a>)>,
    /// A node that is about to be put into the document.
    hand: Option<Node<'a>>,
    /// Bytes that may still be added. What is removed is kept until the whole patch has applied, so it still counts.
    room: usize,
}

impl<'a> Document<'a> {
    /// Applies a patch, if all of it applies; returns whether it does.
    fn patch(&mut self, patch: &'a Source<'a>) -> bool {
        let room = self.allowance.size().saturating_sub(self.root.extent().size);
        let mut changes = Changes { source: patch, undo: vec![], hand: None, room };
        let list = patch.raw();
        let mut operations = list.items().into_iter();
        // A document that is null is taken for an object without members.
        let begun = !self.root.is_null() || self.replace(&[], Node::no_members(), &mut changes).is_some();
        let mut apply = |operation: Raw<'a>| self.apply(&operation.object(), &mut changes).is_some();
        let applies = begun && list.is_array() && operations.all(&mut apply);
        if !applies {
            self.undo(changes);
        }
        applies
    }

    fn apply(&mut self, operation: &Object<'a>, changes: &mut Changes<'a>) -> Option<()> {
        let path = |name| pointer(&operation.get(name)?.str()?);
        let value = || operation.member("value");
        let target = path("path")?;
        match operation.str("op").as_ref() {
            "add" => self.add(&target, changes.source.leaf_of(value()?).into(), changes),
            "remove" => self.remove(&target, changes),
            "replace" => self.replace(&target, changes.source.leaf_of(value()?).into(), changes),
            "move" => self.relocate(&path("from")?, &target, changes),
            "copy" => self.copy(&path("from")?, &target, changes),
            "test" => {
                let value = value()?;
                self.at(&target, &mut |node, work| node.equals(value, work)?.then_some(()))
            }
            _ => None,
        }
    }

    /// What `act` returns for the node at the end of a path.
    fn at<T>(&mut self, path: &[String], act: &mut dyn FnMut(&mut Node<'a>, &mut Work) -> Option<T>) -> Option<T> {
        self.root.at(path, &mut self.allowance.work, act)
    }

    fn add(&mut self, path: &[String], node: Node<'a>, changes: &mut Changes<'a>) -> Option<()> {
        changes.take(node)?;
        self.put(path, changes)
    }

    fn remove(&mut self, path: &[String], changes: &mut Changes<'a>) -> Option<()> {
        let Some((name, parent)) = path.split_last() else { return self.replace(path, Node::Null, changes) };
        let before = self.at(parent, &mut |container, work| container.remove(name, work))?;
        changes.undo.push((path.to_vec(), before));
        Some(())
    }

    fn replace(&mut self, path: &[String], node: Node<'a>, changes: &mut Changes<'a>) -> Option<()> {
        changes.take(node)?;
        self.exchange(path, changes)
    }

    fn copy(&mut self, from: &[String], path: &[String], changes: &mut Changes<'a>) -> Option<()> {
        let room = changes.room;
        let copy = self.at(from, &mut |node, work| if node.extent().size > room { None } else { node.copy(work) })?;
        self.add(path, copy, changes)
    }

    fn relocate(&mut self, from: &[String], path: &[String], changes: &mut Changes<'a>) -> Option<()> {
        if path == from {
            return self.at(path, &mut |_, _| Some(()));
        }
        // Nothing can be moved into itself.
        if path.starts_with(from) {
            return None;
        }
        self.remove(from, changes)?;
        changes.hand = changes.undo.last_mut()?.1.take();
        self.put(path, changes)
    }

    /// Puts the node in hand at a path, before the item that is there or in place of the member.
    fn put(&mut self, path: &[String], changes: &mut Changes<'a>) -> Option<()> {
        let Some((name, parent)) = path.split_last() else { return self.exchange(path, changes) };
        let hand = changes.fitting(path)?;
        let before = self.at(parent, &mut |container, work| container.insert(name, hand, work))?;
        changes.undo.push((path.to_vec(), before));
        Some(())
    }

    /// Puts the node in hand in place of one that must be there.
    fn exchange(&mut self, path: &[String], changes: &mut Changes<'a>) -> Option<()> {
        let hand = changes.fitting(path)?;
        let old = self.at(path, &mut |old, _| Some(std::mem::replace(old, hand.take()?)))?;
        changes.undo.push((path.to_vec(), Before::Value(old)));
        Some(())
    }

    /// Undoes the changes, the last one first: a node that one of them had moved is then in hand for the change that
    /// had removed it.
    fn undo(&mut self, changes: Changes<'a>) {
        let mut hand = changes.hand;
        for (path, mut before) in changes.undo.into_iter().rev() {
            before.give(hand.take());
            hand = match (path.split_last(), before) {
                (Some((name, parent)), before) => {
                    let mut before = Some(before);
                    self.at(parent, &mut |container, _| container.restore(name, before.take()?))
                }
                (None, Before::Value(old)) => Some(std::mem::replace(&mut self.root, old)),
                (None, _) => None,
            };
        }
    }
}

impl<'a> Changes<'a> {
    /// Takes a new node in hand, unless there is no room for it.
    fn take(&mut self, node: Node<'a>) -> Option<()> {
        self.room = self.room.checked_sub(node.extent().size)?;
        self.hand = Some(node);
        Some(())
    }

    /// The node in hand, unless it is too deep for a path. The document itself is inside an object.
    fn fitting(&mut self, path: &[String]) -> Option<&mut Option<Node<'a>>> {
        let fits = path.len() + self.hand.as_ref()?.extent().depth < PAYLOAD_DEPTH;
        fits.then_some(&mut self.hand)
    }
}

/// The names of a JSON Pointer (RFC 6901).
fn pointer(text: &str) -> Option<Vec<String>> {
    if text.is_empty() {
        return Some(vec![]);
    }
    if text.bytes().filter(|&byte| byte == b'/').count() > PAYLOAD_DEPTH {
        return None;
    }
    text.strip_prefix('/')?.split('/').map(unescape).collect()
}

fn unescape(name: &str) -> Option<String> {
    let mut parts = name.split('~');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (escaped, rest) = match part.as_bytes().first()? {
            b'0' => ('~', &part[1..]),
            b'1' => ('/', &part[1..]),
            _ => return None,
        };
        out.push(escaped);
        out.push_str(rest);
    }
    Some(out)
}
