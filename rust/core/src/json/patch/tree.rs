//! A JSON value that changes: it is taken apart only as far as paths reach into it.
//!
//! The naive tree has a node for each value. Here a document begins as one `Leaf`, a reference to its text; a path
//! through it takes an object or a list apart by one level at a time, so that a patch to one member of a large
//! document costs a few nodes. Each node can say how large and how deep it is without being written.

use super::extent::{Extent, Inner, Work};
use super::leaf::Leaf;
use super::members::{Items, Members};
use super::scalar::equal_scalars;
use crate::json::{ObjectWriter, Raw, Text, write_array};

pub(super) enum Node<'a> {
    Null,
    /// A value as it was written.
    Leaf(Leaf<'a>),
    Object(Box<Members<Self>>),
    Array(Box<Items<Self>>),
}

/// What was there before a change, to undo it.
pub(super) enum Before<'a> {
    /// Another value, at the same position.
    Value(Node<'a>),
    /// Nothing: the member is new.
    NoMember,
    /// Nothing: the item at this index is new.
    NoItem(usize),
    /// A removed member, unless it was moved, and its position among the others.
    Member(usize, Option<Node<'a>>),
    /// A removed item, unless it was moved.
    Item(Option<Node<'a>>),
}

impl<'a> Before<'a> {
    fn taken(&mut self) -> Option<&mut Option<Node<'a>>> {
        match self {
            Self::Member(_, node) | Self::Item(node) => Some(node),
            Self::Value(_) | Self::NoMember | Self::NoItem(_) => None,
        }
    }

    /// Takes the removed value, to move it.
    pub(super) fn take(&mut self) -> Option<Node<'a>> {
        self.taken()?.take()
    }

    /// Gives a moved value back, if one was moved.
    pub(super) fn give(&mut self, moved: Option<Node<'a>>) {
        if let Some(node @ None) = self.taken() {
            *node = moved;
        }
    }
}

impl Inner for Node<'_> {
    fn extent(&self) -> Extent {
        match self {
            Self::Null => Extent { size: "null".len(), depth: 0 },
            Self::Leaf(leaf) => leaf.extent(),
            Self::Object(members) => members.extent(),
            Self::Array(items) => items.extent(),
        }
    }

    fn copy(&self, work: &mut Work) -> Option<Self> {
        work.spend()?;
        Some(match self {
            Self::Null => Self::Null,
            Self::Leaf(leaf) => Self::Leaf(*leaf),
            Self::Object(members) => Self::Object(Box::new(members.copy(work)?)),
            Self::Array(items) => Self::Array(Box::new(items.copy(work)?)),
        })
    }

    fn equals(&mut self, value: Raw<'_>, work: &mut Work) -> Option<bool> {
        if let Self::Leaf(leaf) = self {
            let raw = leaf.raw();
            let brackets = |raw: Raw<'_>| (raw.is_object(), raw.is_array());
            if raw.as_str() == value.as_str() {
                return Some(true);
            }
            if brackets(raw) != brackets(value) || brackets(raw) == (false, false) {
                return Some(equal_scalars(raw, value));
            }
        }
        self.take_apart(work)?;
        match self {
            Self::Null => Some(value.is_null()),
            Self::Object(members) if value.is_object() => members.equal(&value.object(), work),
            Self::Array(items) if value.is_array() => items.equal(&value.items(), work),
            _ => Some(false),
        }
    }
}

impl<'a> From<Leaf<'a>> for Node<'a> {
    fn from(leaf: Leaf<'a>) -> Self {
        Self::Leaf(leaf)
    }
}

impl<'a> Node<'a> {
    pub(super) fn no_members() -> Self {
        Self::Object(Box::default())
    }

    pub(super) fn is_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Leaf(leaf) => leaf.raw().is_null(),
            Self::Object(_) | Self::Array(_) => false,
        }
    }

    /// What `act` returns for the node at the end of a path.
    pub(super) fn at<T>(
        &mut self,
        path: &[String],
        work: &mut Work,
        act: &mut dyn FnMut(&mut Self, &mut Work) -> Option<T>,
    ) -> Option<T> {
        let Some((name, rest)) = path.split_first() else { return act(self, work) };
        self.take_apart(work)?;
        self.change(name, |child| child.at(rest, work, act))?
    }

    /// What `act` returns for a member or an item.
    fn change<T>(&mut self, name: &str, act: impl FnOnce(&mut Self) -> T) -> Option<T> {
        match self {
            Self::Null | Self::Leaf(_) => None,
            Self::Object(members) => members.change(name, act),
            Self::Array(items) => items.change(index(name)?, act),
        }
    }

    /// Takes an object or a list apart, by one level.
    fn take_apart(&mut self, work: &mut Work) -> Option<()> {
        let Self::Leaf(leaf) = *self else { return Some(()) };
        let raw = leaf.raw();
        let mut inside = leaf.inside();
        if raw.is_object() {
            let mut members = Members::default();
            while let Some((name, value)) = inside.next().zip(inside.next()) {
                work.spend()?;
                members.push(name.raw().text().map(Text::into_str).unwrap_or_default(), Self::Leaf(value));
            }
            *self = Self::Object(Box::new(members));
        } else if raw.is_array() {
            let mut items = Items::default();
            for item in inside {
                work.spend()?;
                items.push(Self::Leaf(item));
            }
            *self = Self::Array(Box::new(items));
        }
        Some(())
    }

    /// Puts a member in place of the one of its name, or an item before the one at its index.
    pub(super) fn insert(&mut self, name: &str, node: &mut Option<Self>, work: &mut Work) -> Option<Before<'a>> {
        self.take_apart(work)?;
        match self {
            Self::Null | Self::Leaf(_) => None,
            Self::Object(members) => Some(members.set(name, node.take()?).map_or(Before::NoMember, Before::Value)),
            Self::Array(items) => {
                let at = if name == "-" { items.len() } else { index(name)? };
                items.insert(at, node)?;
                Some(Before::NoItem(at))
            }
        }
    }

    /// Removes a member or an item.
    pub(super) fn remove(&mut self, name: &str, work: &mut Work) -> Option<Before<'a>> {
        self.take_apart(work)?;
        match self {
            Self::Null | Self::Leaf(_) => None,
            Self::Object(members) => members.remove(name).map(|(position, node)| Before::Member(position, Some(node))),
            Self::Array(items) => items.remove(index(name)?).map(|item| Before::Item(Some(item))),
        }
    }

    /// Undoes a change of a member or an item; returns what the change had put there.
    pub(super) fn restore(&mut self, name: &str, before: Before<'a>) -> Option<Self> {
        match (before, self) {
            (Before::Value(node), container) => container.change(name, |child| std::mem::replace(child, node)),
            (Before::NoMember, Self::Object(members)) => members.remove(name).map(|(_, node)| node),
            (Before::NoItem(at), Self::Array(items)) => items.remove(at),
            (Before::Member(position, node), Self::Object(members)) => {
                members.put_back(name, position, node?);
                None
            }
            (Before::Item(mut node), Self::Array(items)) => {
                items.insert(index(name)?, &mut node)?;
                None
            }
            _ => None,
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Leaf(leaf) => out.push_str(leaf.raw().as_str()),
            Self::Object(members) => {
                let mut object = ObjectWriter::new(out);
                for (name, member) in members.in_order() {
                    member.write(object.name(name));
                }
                object.end();
            }
            Self::Array(items) => write_array(out, items.iter(), |out, item| item.write(out)),
        }
    }
}

/// The index that a name in a pointer stands for: digits without leading zeros.
fn index(name: &str) -> Option<usize> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    name.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::super::is_same;

    #[test]
    fn values_are_equal_however_they_are_written() {
        for (one, other) in [
            ("1", "1.0"),
            ("100", "1e2"),
            ("-0", "0.00e5"),
            ("0.5", "5E-1"),
            (r#""a""#, r#""\u0061""#),
            (r#""\ud83d""#, r#""\uD83D""#),
            ("[ ]", "[]"),
            (r#"{"a":1,"b":[2]}"#, r#"{"b":[2.0],"a":1}"#),
            (r#"{"a":0,"a":1}"#, r#"{"a":1}"#),
        ] {
            assert!(is_same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("1", "-1"),
            ("1", "10"),
            ("18446744073709551616", "18446744073709551617"),
            ("1e999", "1e998"),
            ("1e99999999999999999999", "1e99999999999999999998"),
            ("0", "false"),
            ("null", "false"),
            ("1", r#""1""#),
            ("[]", "{}"),
            ("[1]", "[1,1]"),
            (r#"{"a":1}"#, r#"{"b":1}"#),
            (r#"{"a":null}"#, "{}"),
        ] {
            assert!(!is_same(one, other) && !is_same(other, one), "{one} {other}");
        }
    }
}
