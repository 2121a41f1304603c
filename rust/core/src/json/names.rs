//! Whether the names of an object need decoding, found out while its nodes are made: most objects have names without
//! escapes, each once, and a look-up can then compare names as they are written.

use super::node::Node;
use crate::limits::COMPARED_NAMES;

/// Whether an object's names have no escapes, and are unique; `false` too where there are too many to find out.
#[inline]
pub(super) fn are_plain(bytes: &[u8], members: &[Node]) -> bool {
    let (mut at, mut count, mut marks) = (0, 0, [0_u64; 4]);
    while let [name, value, ..] = members[at..] {
        let mark = mark(text(bytes, name));
        let (marks, bit) = (&mut marks[mark / 64 % 4], 1 << (mark % 64));
        let again = *marks & bit != 0 && (count >= COMPARED_NAMES || is_among(bytes, &members[..at], name));
        if !name.plain || again {
            return false;
        }
        *marks |= bit;
        count += 1;
        at += 1 + value.size as usize;
    }
    true
}

/// Whether one of the members has that name.
fn is_among(bytes: &[u8], members: &[Node], wanted: Node) -> bool {
    let mut at = 0;
    while at < members.len() {
        if text(bytes, members[at]) == text(bytes, wanted) {
            return true;
        }
        at += 1 + members[at + 1].size as usize;
    }
    false
}

/// A string's bytes, without its quotes.
#[inline]
fn text(bytes: &[u8], string: Node) -> &[u8] {
    &bytes[string.start as usize + 1..string.end as usize - 1]
}

/// A number that differs for most of the names that one object has.
#[inline]
fn mark(name: &[u8]) -> usize {
    let [first, .., last] = *name else { return name.len() };
    name.len() + usize::from(first) * 3 + usize::from(name[name.len() / 2]) * 7 + usize::from(last) * 13
}
