//! JSON Patch (RFC 6902) on JSON text.
//!
//! Numbers keep their digits, members their order, and what no operation goes through stays as it was written. The work is
//! linear in the document and the patches, but for copies and moves, which take as long as the document is large; and for
//! lists: an item is put in at about the square root of their length.

use crate::json::{Object, Payload, Raw, depth};
use crate::limits::{PATCHED_SIZE, PAYLOAD_DEPTH};

mod scalar;
mod tree;

use tree::{Before, DEEPEST, Node};

/// Patches of this size, in bytes, may wait behind a document that is smaller.
const WAITING: usize = 4 << 10;

/// A value that patches change: all of one, or nothing if it does not apply. Those that can only make it larger by what they
/// bring wait until they are as large as it is, so that all of them take time in proportion to their size.
#[derive(Clone, Debug)]
pub(crate) struct Patched {
    document: String,
    waiting: Vec<String>,
    /// Bytes that they take.
    size: usize,
}

impl Patched {
    pub(crate) fn of(document: String) -> Self {
        Self { document, waiting: Vec::new(), size: 0 }
    }

    pub(crate) fn push(&mut self, patch: Raw<'_>) {
        let simple = is_simple(patch);
        if !simple || self.size >= self.document.len().max(WAITING) {
            *self = Self::of(self.json());
        }
        if simple {
            self.size += size_of::<String>() + patch.as_str().len();
            self.waiting.push(patch.as_str().to_owned());
        } else if let Some(document) = apply_alone(&self.document, patch) {
            self.document = document;
        }
    }

    /// The value that the patches make.
    pub(crate) fn json(&self) -> String {
        if self.waiting.is_empty() { self.document.clone() } else { apply_simple(&self.document, &self.waiting) }
    }
}

/// Whether two texts are JSON of the same value, however they write it.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Payload::parse(one), Payload::parse(other)) else { return false };
    Node::Raw(one.raw()).equals(other.raw())
}

/// Whether a patch copies and moves nothing, and can make nothing that is nested too deep.
fn is_simple(patch: Raw<'_>) -> bool {
    let operations = patch.items();
    let longest = operations.iter().map(|operation| operation.object().str("path").matches('/').count()).max();
    let moves = |operation: &Raw<'_>| matches!(operation.object().str("op").as_ref(), "copy" | "move");
    longest.unwrap_or(0) + depth(patch.as_str()) < PAYLOAD_DEPTH && !operations.iter().any(moves)
}

/// The document that simple patches make of one.
fn apply_simple(document: &str, patches: &[String]) -> String {
    let read = |text| Payload::parse(text).expect("it was read before");
    let payload = read(document);
    let patches: Vec<_> = patches.iter().map(|patch| read(patch)).collect();
    let mut document = Document::of(payload.raw());
    for patch in &patches {
        document.patch(patch.raw());
    }
    document.text()
}

/// The document that any patch makes of one; `None` where it does not apply.
fn apply_alone(document: &str, patch: Raw<'_>) -> Option<String> {
    let payload = Payload::parse(document).ok()?;
    let mut document = Document::of(payload.raw());
    document.patch(patch).then_some(())?;
    let text = document.text();
    let grown = document.copies < PATCHED_SIZE && text.len() > PATCHED_SIZE;
    // Inside a list, since it stands inside an object.
    let fits = !grown && depth(&text) < PAYLOAD_DEPTH;
    fits.then_some(text)
}

struct Document<'a> {
    root: Node<'a>,
    /// Bytes that may still be copied.
    copies: usize,
}

/// What stood at a path before it was changed.
type Undo<'a> = (Vec<String>, Before<'a>);

impl<'a> Document<'a> {
    fn of(document: Raw<'a>) -> Self {
        Self { root: Node::Raw(document), copies: PATCHED_SIZE }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        self.root.write(&mut text);
        text
    }

    /// Applies a patch, if all of it applies; whether it does. One that moves leaves the document half changed if not.
    fn patch(&mut self, patch: Raw<'a>) -> bool {
        let mut undo = vec![];
        if matches!(self.root, Node::Raw(raw) if raw.is_null()) {
            // Where nothing is yet there are no members.
            self.replace(vec![], Node::no_members(), &mut undo);
        }
        let mut operations = patch.items().into_iter();
        let applies =
            patch.is_array() && operations.all(|operation| self.apply(&operation.object(), &mut undo).is_some());
        if !applies {
            undo.into_iter().rev().for_each(|(path, before)| self.undo(&path, before));
        }
        applies
    }

    fn apply(&mut self, operation: &Object<'a>, undo: &mut Vec<Undo<'a>>) -> Option<()> {
        let path = |name| pointer(&operation.get(name)?.str()?);
        let value = || operation.member("value");
        let target = path("path")?;
        match operation.str("op").as_ref() {
            "add" => self.add(target, Node::Raw(value()?), undo),
            "remove" => self.remove(target, undo),
            "replace" => self.replace(target, Node::Raw(value()?), undo),
            "move" => self.relocate(&path("from")?, target, undo),
            "copy" => {
                let copies = &mut self.copies;
                let copy = self.root.at(&path("from")?, &mut |node| node.copy(copies))?;
                self.add(target, copy, undo)
            }
            "test" => {
                let value = value()?;
                self.root.at(&target, &mut |node| node.equals(value).then_some(()))
            }
            _ => None,
        }
    }

    fn add(&mut self, path: Vec<String>, node: Node<'a>, undo: &mut Vec<Undo<'a>>) -> Option<()> {
        if path.len() + node.height() > DEEPEST {
            return None;
        }
        let Some((name, way)) = path.split_last() else { return self.replace(path, node, undo) };
        let mut node = Some(node);
        let before = self.root.at(way, &mut |container| container.insert(name, node.take()?))?;
        undo.push((path, before));
        Some(())
    }

    fn remove(&mut self, path: Vec<String>, undo: &mut Vec<Undo<'a>>) -> Option<()> {
        let Some((name, way)) = path.split_last() else { return self.replace(path, Node::null(), undo) };
        let before = self.root.at(way, &mut |container| container.remove(name))?;
        undo.push((path, before));
        Some(())
    }

    fn replace(&mut self, path: Vec<String>, node: Node<'a>, undo: &mut Vec<Undo<'a>>) -> Option<()> {
        let mut node = Some(node);
        let old = self.root.at(&path, &mut |old| Some(std::mem::replace(old, node.take()?)))?;
        undo.push((path, Before::Value(old)));
        Some(())
    }

    fn relocate(&mut self, from: &[String], path: Vec<String>, undo: &mut Vec<Undo<'a>>) -> Option<()> {
        // Into itself nothing can be moved.
        if path.starts_with(from) && path != from {
            return None;
        }
        self.remove(from.to_vec(), undo)?;
        let (_, taken) = undo.pop()?;
        self.add(path, taken.into_node()?, undo)
    }

    fn undo(&mut self, path: &[String], before: Before<'a>) {
        let mut before = Some(before);
        match path.split_last() {
            Some((name, way)) => _ = self.root.at(way, &mut |container| container.restore(name, before.take()?)),
            None => self.root = before.and_then(Before::into_node).unwrap_or_else(Node::null),
        }
    }
}

/// The names of a JSON Pointer (RFC 6901).
fn pointer(text: &str) -> Option<Vec<String>> {
    if text.is_empty() {
        return Some(vec![]);
    }
    if text.bytes().filter(|&byte| byte == b'/').count() > DEEPEST {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patched(document: &str, patch: &str) -> Option<String> {
        apply_alone(document, Payload::parse(patch).unwrap().raw())
    }

    #[test]
    fn operations_apply() {
        for (document, patch, result) in [
            (r#"{"a":1}"#, r#"[{"op":"add","path":"/b","value":null}]"#, r#"{"a":1,"b":null}"#),
            (
                r#"{"a":[1,2]}"#,
                r#"[{"op":"add","path":"/a/1","value":9},{"op":"add","path":"/a/-","value":8}]"#,
                r#"{"a":[1,9,2,8]}"#,
            ),
            (r#"{"a":{"b":1},"c":2}"#, r#"[{"op":"remove","path":"/a/b"}]"#, r#"{"a":{},"c":2}"#),
            (
                "[1.00, 2]",
                r#"[{"op":"replace","path":"/1","value":18446744073709551616}]"#,
                "[1.00,18446744073709551616]",
            ),
            (
                r#"{"a":{"b":[1,2]},"c":{}}"#,
                r#"[{"op":"move","from":"/a/b/0","path":"/c/d"}]"#,
                r#"{"a":{"b":[2]},"c":{"d":1}}"#,
            ),
            (r#"{"a":{"b":1}}"#, r#"[{"op":"copy","from":"/a","path":"/a/c"}]"#, r#"{"a":{"b":1,"c":{"b":1}}}"#),
            (r#"{"a":1}"#, r#"[{"op":"copy","from":"","path":"/b"},{"op":"remove","path":"/a"}]"#, r#"{"b":{"a":1}}"#),
            (r#"{"a":1}"#, r#"[{"op":"add","path":"","value":[1]}]"#, "[1]"),
            (r#"{"a":1}"#, r#"[{"op":"remove","path":""}]"#, "null"),
            (
                r#"{"a/b":1,"m~n":2,"~1":3,"":4}"#,
                r#"[{"op":"remove","path":"/a~1b"},{"op":"remove","path":"/m~0n"},{"op":"remove","path":"/~01"},{"op":"replace","path":"/","value":5}]"#,
                r#"{"":5}"#,
            ),
            (
                r#"{"a": [1, {"b": "\u0063"}]}"#,
                r#"[{"op":"test","path":"/a","value":[1.0,{"b":"c"}]}]"#,
                r#"{"a":[1, {"b": "\u0063"}]}"#,
            ),
            (r#"{"a":1}"#, r#"[{"op":"move","from":"/a","path":"/a"}]"#, r#"{"a":1}"#),
            (r#"{"a":{"b":1}}"#, r#"[{"op":"move","from":"/a/b","path":"/a"}]"#, r#"{"a":1}"#),
            (r#"{"a":1}"#, "[]", r#"{"a":1}"#),
            (
                r#"{"a":1,"b":2}"#,
                r#"[{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":3},{"op":"test","path":"","value":{"b":2,"a":3}}]"#,
                r#"{"b":2,"a":3}"#,
            ),
            ("null", r#"[{"op":"add","path":"/a","value":1}]"#, r#"{"a":1}"#),
        ] {
            let patched = patched(document, patch).map(|text| text.replace(": ", ":").replace(", ", ","));
            assert_eq!(patched.as_deref(), Some(result.replace(": ", ":").replace(", ", ",").as_str()), "{patch}");
        }
    }

    #[test]
    fn what_does_not_apply_is_refused() {
        for patch in [
            "{}",
            "[1]",
            r#"[{"op":"add","path":"/x"}]"#,
            r#"[{"op":"add","path":"/x/y","value":1}]"#,
            r#"[{"op":"add","path":"x","value":1}]"#,
            r#"[{"op":"add","path":"/a/~2","value":1}]"#,
            r#"[{"op":"add","path":"/l/3","value":1}]"#,
            r#"[{"op":"add","path":"/l/01","value":1}]"#,
            r#"[{"op":"add","path":"/l/+1","value":1}]"#,
            r#"[{"op":"add","path":"/s/0","value":1}]"#,
            r#"[{"op":"remove","path":"/x"}]"#,
            r#"[{"op":"remove","path":"/l/-"}]"#,
            r#"[{"op":"remove","path":"/l/2"}]"#,
            r#"[{"op":"replace","path":"/x","value":1}]"#,
            r#"[{"op":"remove","path":"/a"},{"op":"remove","path":"/a"}]"#,
            r#"[{"op":"move","from":"/a","path":"/a/b"}]"#,
            r#"[{"op":"move","from":"","path":"/a"}]"#,
            r#"[{"op":"copy","from":"/x","path":"/y"}]"#,
            r#"[{"op":"test","path":"/a","value":{"b":2}}]"#,
            r#"[{"op":"test","path":"/l","value":[1]}]"#,
            r#"[{"op":"test","path":"/l","value":[2,1]}]"#,
            r#"[{"op":"test","path":"/s","value":null}]"#,
            r#"[{"op":"add","path":"/y","value":1},{"op":"jump","path":"/a"}]"#,
            r#"[{"op":"add","value":1}]"#,
        ] {
            assert_eq!(patched(r#"{"a":{"b":1},"l":[1,2],"s":"x"}"#, patch), None, "{patch}");
        }
    }

    #[test]
    fn copies_and_moves_are_bounded() {
        let double = |at| format!(r#"{{"op":"copy","from":"","path":"/a{at}"}}"#);
        let doubled = |times| format!("[{}]", (0..times).map(double).collect::<Vec<_>>().join(","));
        let document = r#"{"b":"0123456789"}"#;
        assert!(patched(document, &doubled(10)).is_some_and(|text| text.len() > 1 << 10));
        assert_eq!(patched(document, &doubled(60)), None);
        let deeper = r#"{"op":"add","path":"/n","value":{}},{"op":"move","from":"/t","path":"/n/t"},{"op":"move","from":"/n","path":"/t"}"#;
        let deep = |times| patched(r#"{"t":1}"#, &format!("[{}]", vec![deeper; times].join(",")));
        assert!(deep(100).is_some());
        assert_eq!(deep(127), None);
        assert_eq!(deep(20_000), None);
    }

    #[test]
    fn long_lists_and_wide_objects_are_patched_in_time() {
        let items = |what: &dyn Fn(usize) -> String| (0..30_000).map(what).collect::<Vec<_>>().join(",");
        let list = items(&|at| format!(r#"{{"op":"add","path":"/0","value":{at}}}"#));
        let list = patched("[]", &format!("[{list}]")).unwrap();
        assert!(list.starts_with("[29999,29998,") && list.ends_with(",1,0]"));
        let less = items(&|_| r#"{"op":"remove","path":"/0"}"#.into());
        assert_eq!(patched(&list, &format!("[{less}]")).as_deref(), Some("[]"));
        let members =
            items(&|at| format!(r#"{{"op":"add","path":"/m{at}","value":{{}}}},{{"op":"remove","path":"/m{at}"}}"#));
        assert_eq!(patched("{}", &format!("[{members}]")).as_deref(), Some("{}"));
    }

    const OPERATIONS: [&str; 14] = [
        r#"{"op":"add","path":"/a","value":1}"#,
        r#"{"op":"add","path":"/a/b","value":[]}"#,
        r#"{"op":"add","path":"/a/0","value":{"a":{}}}"#,
        r#"{"op":"add","path":"/a/-","value":null}"#,
        r#"{"op":"add","path":"","value":{"a":[1, 2]}}"#,
        r#"{"op":"replace","path":"/a","value":{"b":[{}]}}"#,
        r#"{"op":"replace","path":"","value":null}"#,
        r#"{"op":"remove","path":"/a"}"#,
        r#"{"op":"remove","path":"/a/0"}"#,
        r#"{"op":"remove","path":""}"#,
        r#"{"op":"move","from":"/a","path":"/c"}"#,
        r#"{"op":"move","from":"/c","path":"/a/b"}"#,
        r#"{"op":"copy","from":"/a","path":"/d"}"#,
        r#"{"op":"test","path":"/a","value":1}"#,
    ];

    #[test]
    fn what_would_be_too_deep_alone_is_so_among_others() {
        let deep = format!(r#"[{{"op":"add","path":"/a/b/x","value":{}{}}}]"#, "[".repeat(125), "]".repeat(125));
        let next = r#"[{"op":"remove","path":"/a/b/x"},{"op":"add","path":"/ok","value":1}]"#;
        let mut value = Patched::of(r#"{"a":{"b":{}}}"#.into());
        for patch in [deep.as_str(), next] {
            value.push(Payload::parse(patch).unwrap().raw());
        }
        assert_eq!(value.json(), r#"{"a":{"b":{}}}"#);
    }

    #[test]
    fn patches_that_apply_in_part_are_undone_in_time() {
        let items: Vec<_> = (0..100_000).map(|at| at.to_string()).collect();
        let document = format!(r#"{{"l":[{}],"n":0}}"#, items.join(","));
        let mut value = Patched::of(document.clone());
        let half =
            r#"[{"op":"add","path":"/l/5","value":1},{"op":"remove","path":"/n"},{"op":"test","path":"/x","value":1}]"#;
        for _ in 0..3000 {
            value.push(Payload::parse(half).unwrap().raw());
        }
        assert_eq!(value.json(), document);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn patches_that_wait_change_the_same(
            patches in prop::collection::vec(prop::collection::vec(prop::sample::select(&OPERATIONS[..]), 1..3), 1..60),
            long in 0..200_usize,
        ) {
            let (mut one_by_one, mut waiting) = ("null".to_owned(), Patched::of("null".into()));
            for operations in patches {
                let patch = format!("[{}{}]", operations.join(","), " ".repeat(long));
                one_by_one = patched(&one_by_one, &patch).unwrap_or(one_by_one);
                waiting.push(Payload::parse(&patch).unwrap().raw());
            }
            // What was looked into is written anew.
            let compact = |text: &str| text.replace(' ', "");
            prop_assert_eq!(compact(&waiting.json()), compact(&one_by_one));
        }
    }
}
