//! Members by name, in the order in which they first came.
//!
//! Nearly every object has a handful of members, and these are found by comparing names: hashing one takes longer.
//! From a certain number on an index is kept too, so that no object of a hostile stream takes time in the square of
//! its size.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::member::Member;
use crate::limits::COMPARED_NAMES;

#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    entries: Vec<(SmolStr, Member)>,
    /// The position of each name, if there are many.
    #[expect(clippy::box_collection, reason = "nearly every object has none, and is 40 bytes smaller for it")]
    index: Option<Box<HashMap<SmolStr, usize>>>,
    /// The position of the last member that was looked for to change it: often it is changed again, or the one after
    /// it is.
    found: usize,
}

impl Members {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, name: &str) -> Option<usize> {
        match &self.index {
            None => self.entries.iter().position(|(member, _)| member == name),
            Some(index) => index.get(name).copied(),
        }
    }

    /// The position of a member; quick where one is changed again and again, or all of them in their order.
    fn find(&mut self, name: &str) -> Option<usize> {
        let is_there = |at: &usize| self.entries.get(*at).is_some_and(|(member, _)| member == name);
        let near = [self.found, self.found + 1].into_iter().find(is_there);
        self.found = near.or_else(|| self.position(name))?;
        Some(self.found)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Member> {
        self.position(name).map(|at| &self.entries[at].1)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Member> {
        self.find(name).map(|at| &mut self.entries[at].1)
    }

    /// The member of that name, made where there is none.
    pub(super) fn entry(&mut self, name: &str, make: impl FnOnce() -> Member) -> &mut Member {
        let at = self.find(name).unwrap_or_else(|| self.push(name, make()));
        &mut self.entries[at].1
    }

    /// Adds a member, whose name must be new; returns its position.
    pub(super) fn push(&mut self, name: &str, kept: Member) -> usize {
        let at = self.entries.len();
        self.entries.push((name.into(), kept));
        match &mut self.index {
            Some(index) => _ = index.insert(name.into(), at),
            None if at == COMPARED_NAMES => {
                let names = self.entries.iter().map(|(name, _)| name.clone());
                self.index = Some(Box::new(names.zip(0..).collect()));
            }
            None => {}
        }
        at
    }

    /// Removes a member; the ones after it keep their order.
    pub(super) fn remove(&mut self, name: &str) -> Option<Member> {
        let at = self.position(name)?;
        if let Some(index) = &mut self.index {
            index.remove(name);
            index.values_mut().filter(|position| **position > at).for_each(|position| *position -= 1);
        }
        Some(self.entries.remove(at).1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Member)> {
        self.entries.iter().map(|(name, kept)| (name.as_str(), kept))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.entries.iter_mut().map(|(_, kept)| kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both with few members and with so many that there is an index.
    #[test]
    fn members_are_found_and_keep_their_order() {
        for size in [5, 500] {
            let mut members = Members::default();
            let value = |text: &str| Member::Value(text.into());
            for name in 0..size {
                members.entry(&name.to_string(), || value(&format!("value {name}")));
            }
            assert!(members.remove("1").is_some() && members.remove("1").is_none());
            *members.entry("2", || unreachable!("it is there")) = value("another");
            members.entry("1", || value("the last"));
            let order: Vec<_> = members.iter().map(|(name, _)| name.to_owned()).collect();
            let expected: Vec<_> =
                (0..size).filter(|name| *name != 1).chain([1]).map(|name| name.to_string()).collect();
            assert_eq!(order, expected);
            for (name, json) in [("0", "value 0"), ("1", "the last"), ("2", "another"), ("4", "value 4")] {
                assert_eq!(members.get(name).map(Member::json).as_deref(), Some(json));
            }
            assert!(members.contains("3") && !members.contains("x") && members.get_mut("y").is_none());
        }
    }
}
