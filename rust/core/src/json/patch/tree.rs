//! A JSON value that changes: taken apart only as far as it is looked into.

use std::collections::HashMap;

use super::scalar::equal_scalars;
use crate::json::{ObjectWriter, Raw, write_array};

/// More levels than any value has that could be read again.
pub(super) const DEEPEST: usize = 256;

/// Items of a list that are kept together.
const RUN: usize = 1024;

/// What an object takes that was taken apart, and each of its members, about, in bytes.
const OBJECT_SIZE: usize = 256;
const MEMBER_SIZE: usize = 64;

#[derive(Debug)]
pub(super) enum Node<'a> {
    /// As it was written.
    Raw(Raw<'a>),
    Object(Box<Members<'a>>),
    Array(Box<Items<'a>>),
}

/// What a change put away.
#[derive(Debug)]
pub(super) enum Before<'a> {
    /// Another value, in the same place.
    Value(Node<'a>),
    /// Nothing: a member is new.
    NoMember,
    /// Nothing: the item at this index is new.
    NoItem(usize),
    /// A member that was taken out, and its place among the others.
    Member(usize, Node<'a>),
    /// An item that was taken out.
    Item(Node<'a>),
}

impl<'a> Before<'a> {
    /// What was there.
    pub(super) fn into_node(self) -> Option<Node<'a>> {
        match self {
            Self::Value(node) | Self::Member(_, node) | Self::Item(node) => Some(node),
            Self::NoMember | Self::NoItem(_) => None,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Members<'a> {
    /// Each with its place among the others.
    by_name: HashMap<String, (usize, Node<'a>)>,
    /// The next one's place.
    end: usize,
    /// Levels below it that were taken apart, at most.
    height: usize,
}

/// Items in runs, none of them empty or long: putting one in moves few others.
#[derive(Debug, Default)]
pub(super) struct Items<'a> {
    runs: Vec<Vec<Node<'a>>>,
    height: usize,
}

impl<'a> Node<'a> {
    pub(super) fn null() -> Self {
        Self::Raw(Raw::default())
    }

    pub(super) fn no_members() -> Self {
        Self::Object(Box::new(Members { height: 1, ..Members::default() }))
    }

    /// How many levels of it were taken apart, at most.
    pub(super) fn height(&self) -> usize {
        match self {
            Self::Raw(_) => 0,
            Self::Object(members) => members.height,
            Self::Array(items) => items.height,
        }
    }

    /// It stands over a node of that height.
    fn tower(&mut self, below: usize) {
        match self {
            Self::Raw(_) => {}
            Self::Object(members) => members.height = members.height.max(below + 1),
            Self::Array(items) => items.height = items.height.max(below + 1),
        }
    }

    /// What `act` makes of the node at the end of a path.
    pub(super) fn at<T>(&mut self, path: &[String], act: &mut dyn FnMut(&mut Self) -> Option<T>) -> Option<T> {
        let Some((name, rest)) = path.split_first() else { return act(self) };
        let child = self.child(name)?;
        let result = child.at(rest, act);
        let below = child.height();
        self.tower(below);
        result
    }

    fn child(&mut self, name: &str) -> Option<&mut Self> {
        self.take_apart();
        match self {
            Self::Raw(_) => None,
            Self::Object(members) => members.by_name.get_mut(name).map(|(_, node)| node),
            Self::Array(items) => items.get(index(name)?),
        }
    }

    /// Takes an object or a list apart, by one level.
    fn take_apart(&mut self) {
        let Self::Raw(raw) = *self else { return };
        if raw.is_object() {
            let object = raw.object();
            let mut members = Members { height: 1, ..Members::default() };
            object.iter().for_each(|(name, value)| _ = members.set(name, Self::Raw(value)));
            *self = Self::Object(Box::new(members));
        } else if raw.is_array() {
            let mut items = raw.items().into_iter().map(Self::Raw).peekable();
            let mut runs = vec![];
            while items.peek().is_some() {
                runs.push(items.by_ref().take(RUN / 2).collect());
            }
            *self = Self::Array(Box::new(Items { runs, height: 1 }));
        }
    }

    /// Puts a member in place of the one of its name, or an item before the one at its index.
    pub(super) fn insert(&mut self, name: &str, node: Self) -> Option<Before<'a>> {
        self.take_apart();
        let below = node.height();
        let before = match self {
            Self::Raw(_) => return None,
            Self::Object(members) => members.set(name, node).map_or(Before::NoMember, Before::Value),
            Self::Array(items) => {
                let at = if name == "-" { items.len() } else { index(name)? };
                items.insert(at, node)?;
                Before::NoItem(at)
            }
        };
        self.tower(below);
        Some(before)
    }

    /// Takes a member or an item out.
    pub(super) fn remove(&mut self, name: &str) -> Option<Before<'a>> {
        self.take_apart();
        match self {
            Self::Raw(_) => None,
            Self::Object(members) => members.remove(name).map(|(place, node)| Before::Member(place, node)),
            Self::Array(items) => items.remove(index(name)?).map(Before::Item),
        }
    }

    /// Undoes a change of a member or an item.
    pub(super) fn restore(&mut self, name: &str, before: Before<'a>) -> Option<()> {
        match (before, self) {
            (Before::Value(node), container) => *container.child(name)? = node,
            (Before::NoMember, Self::Object(members)) => drop(members.remove(name)),
            (Before::NoItem(at), Self::Array(items)) => drop(items.remove(at)),
            (Before::Member(place, node), Self::Object(members)) => {
                members.by_name.insert(name.to_owned(), (place, node));
            }
            (Before::Item(node), Self::Array(items)) => items.insert(index(name)?, node)?,
            _ => return None,
        }
        Some(())
    }

    /// The same again, if there is room for so many bytes, of text or of memory.
    pub(super) fn copy(&self, room: &mut usize) -> Option<Self> {
        *room = room.checked_sub(match self {
            Self::Raw(raw) => raw.as_str().len().max(size_of::<Self>()),
            Self::Object(_) => OBJECT_SIZE,
            Self::Array(_) => size_of::<Items<'_>>(),
        })?;
        Some(match self {
            Self::Raw(raw) => Self::Raw(*raw),
            Self::Object(members) => {
                let mut copies = Members { height: members.height, ..Members::default() };
                for (name, member) in members.in_order() {
                    *room = room.checked_sub(MEMBER_SIZE + name.len())?;
                    copies.set(name, member.copy(room)?);
                }
                Self::Object(Box::new(copies))
            }
            Self::Array(items) => {
                let run = |run: &Vec<Self>, room: &mut usize| run.iter().map(|item| item.copy(room)).collect();
                let runs = items.runs.iter().map(|items| run(items, room)).collect::<Option<_>>()?;
                Self::Array(Box::new(Items { runs, height: items.height }))
            }
        })
    }

    /// Whether it is the same value, however it is written.
    pub(super) fn equals(&mut self, value: Raw<'_>) -> bool {
        if let Self::Raw(raw) = self {
            let brackets = |raw: &Raw<'_>| (raw.is_object(), raw.is_array());
            if raw.as_str() == value.as_str() {
                return true;
            }
            if brackets(raw) != brackets(&value) || brackets(raw) == (false, false) {
                return equal_scalars(*raw, value);
            }
        }
        self.take_apart();
        let mut below = 0;
        let mut same = |node: &mut Self, value| {
            let same = node.equals(value);
            below = below.max(node.height());
            same
        };
        let equal = match self {
            Self::Object(members) if value.is_object() => {
                let object = value.object();
                let count = members.by_name.len();
                let mut found =
                    |(name, value)| members.by_name.get_mut(name).is_some_and(|(_, member)| same(member, value));
                object.iter().count() == count && object.iter().all(&mut found)
            }
            Self::Array(items) if value.is_array() => {
                let values = value.items();
                values.len() == items.len()
                    && items.runs.iter_mut().flatten().zip(values).all(|(item, value)| same(item, value))
            }
            _ => false,
        };
        self.tower(below);
        equal
    }

    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Raw(raw) => out.push_str(raw.as_str()),
            Self::Object(members) => {
                let mut object = ObjectWriter::new(out);
                for (name, member) in members.in_order() {
                    member.write(object.name(name));
                }
                object.end();
            }
            Self::Array(items) => write_array(out, items.runs.iter().flatten(), |out, item| item.write(out)),
        }
    }
}

impl<'a> Members<'a> {
    fn set(&mut self, name: &str, node: Node<'a>) -> Option<Node<'a>> {
        if let Some((_, member)) = self.by_name.get_mut(name) {
            return Some(std::mem::replace(member, node));
        }
        self.by_name.insert(name.to_owned(), (self.end, node));
        self.end += 1;
        None
    }

    fn remove(&mut self, name: &str) -> Option<(usize, Node<'a>)> {
        let taken = self.by_name.remove(name);
        // Going through a map takes as long as it ever was large.
        if self.by_name.len() * 4 < self.by_name.capacity() {
            self.by_name.shrink_to(self.by_name.len() * 2);
        }
        taken
    }

    fn in_order(&self) -> impl Iterator<Item = (&str, &Node<'a>)> {
        let mut members: Vec<_> = self.by_name.iter().collect();
        members.sort_unstable_by_key(|(_, (place, _))| *place);
        members.into_iter().map(|(name, (_, node))| (name.as_str(), node))
    }
}

impl<'a> Items<'a> {
    fn len(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }

    /// The run of the item at an index, and its place in there; the end of the last run where it is behind the last item.
    fn find(&self, mut index: usize) -> Option<(usize, usize)> {
        for (at, run) in self.runs.iter().enumerate() {
            if index < run.len() || (index == run.len() && at + 1 == self.runs.len()) {
                return Some((at, index));
            }
            index -= run.len();
        }
        None
    }

    fn get(&mut self, index: usize) -> Option<&mut Node<'a>> {
        let (run, at) = self.find(index)?;
        self.runs[run].get_mut(at)
    }

    fn push(&mut self, node: Node<'a>) {
        match self.runs.last_mut() {
            Some(run) if run.len() < RUN => run.push(node),
            _ => self.runs.push(vec![node]),
        }
    }

    fn insert(&mut self, index: usize, node: Node<'a>) -> Option<()> {
        if index == 0 && self.runs.is_empty() {
            self.push(node);
            return Some(());
        }
        let (run, at) = self.find(index)?;
        let items = &mut self.runs[run];
        items.insert(at, node);
        if items.len() > RUN {
            let half = items.split_off(RUN / 2);
            self.runs.insert(run + 1, half);
        }
        Some(())
    }

    fn remove(&mut self, index: usize) -> Option<Node<'a>> {
        let (run, at) = self.find(index)?;
        let items = &mut self.runs[run];
        let taken = (at < items.len()).then(|| items.remove(at))?;
        if items.is_empty() {
            self.runs.remove(run);
        }
        Some(taken)
    }
}

/// The index that a pointer's name is: digits without leading zeros.
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
