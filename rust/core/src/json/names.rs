//! An object's names: which ones it may have, and whether they can be compared as they are written.
//!
//! Most names that are looked for are those of no member. So each object has marks, one bit or several for the names that it has,
//! and a name whose bit is missing is absent without a search. Most objects have names without escapes, each once, and a search
//! compares bytes. Both are found out in one go over the names, when an object is taken apart: most objects of a payload never are.

use super::node::Node;
use crate::limits::COMPARED_NAMES;

/// One bit, or several, for the names that an object has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks([u64; 4]);

impl Marks {
    /// Those of any names.
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    /// Those of an object's names; `None` if one has escapes or is there twice, or where there are too many to find out.
    pub(super) fn of(text: &str, members: &[Node]) -> Option<Self> {
        let bytes = text.as_bytes();
        let (mut at, mut count, mut marks) = (0, 0, Self::default());
        while let [name, value, ..] = members[at..] {
            let mark = mark(spelt(bytes, name));
            let again = marks.has(mark) && (count >= COMPARED_NAMES || is_among(bytes, &members[..at], name));
            if !name.plain || again {
                return None;
            }
            marks.0[mark / 64 % 4] |= 1 << (mark % 64);
            count += 1;
            at += 1 + value.size as usize;
        }
        Some(marks)
    }

    /// Whether there may be a member of that name. The compiler computes the mark of a name in the code.
    #[inline]
    pub(super) fn may_have(self, name: &str) -> bool {
        self.has(mark(name.as_bytes()))
    }

    #[inline]
    fn has(self, mark: usize) -> bool {
        self.0[mark / 64 % 4] & 1 << (mark % 64) != 0
    }
}

/// A number that differs for most of the names that one object has.
#[inline]
fn mark(name: &[u8]) -> usize {
    let [first, .., last] = *name else { return name.len() };
    name.len() * 19 + usize::from(first) * 3 + usize::from(name[name.len() / 2]) * 7 + usize::from(last) * 13
}

/// Whether one of the members has that name.
fn is_among(bytes: &[u8], members: &[Node], wanted: Node) -> bool {
    let mut at = 0;
    while at < members.len() {
        if spelt(bytes, members[at]) == spelt(bytes, wanted) {
            return true;
        }
        at += 1 + members[at + 1].size as usize;
    }
    false
}

/// A string's bytes as they are written, without its quotes.
#[inline]
fn spelt(bytes: &[u8], string: Node) -> &[u8] {
    &bytes[string.start as usize + 1..string.end as usize - 1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::nodes::nodes;

    fn marks(object: &str) -> Option<Marks> {
        Marks::of(object, &nodes(object).unwrap()[1..])
    }

    #[test]
    fn names_that_need_care_are_known() {
        assert!(marks(r#"{"a": {"a": "\n"}, "b": 2, "": 3}"#).is_some());
        assert!(marks(r#"{"a": 1, "b": {"c": 3}, "a": 2}"#).is_none());
        assert!(marks(r#"{"\u0061": 1}"#).is_none());
        let many =
            |names: usize| format!("{{{}}}", (0..names).map(|n| format!("\"n{n}\":1")).collect::<Vec<_>>().join(","));
        assert!(marks(&many(20)).is_some());
        assert!(marks(&many(2000)).is_none(), "these are compared by whom it concerns");
    }

    #[test]
    fn a_name_that_is_there_is_never_ruled_out() {
        let object = r#"{"": 1, "a": {"inside": 1}, "id": 2, "é": 3, "finish_reason": 4}"#;
        let marks = marks(object).unwrap();
        for name in ["", "a", "id", "é", "finish_reason"] {
            assert!(marks.may_have(name), "{name}");
        }
        assert!(!marks.may_have("inside") && Marks::ALL.may_have("inside"));
    }
}
