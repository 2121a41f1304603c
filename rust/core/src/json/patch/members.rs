//! The members and items of an object or a list that was taken apart. Each keeps account of the size and depth of
//! what is inside.

use std::borrow::Cow;
use std::collections::HashMap;

use super::extent::{Extent, Inner, Work};
use crate::json::{Object, Raw, quote};

/// The most items of a list in one run.
const RUN: usize = 1024;

/// The size and depth of the values inside another, all of them together.
#[derive(Clone, Default)]
struct Inside {
    /// Bytes of JSON text, names and commas among them.
    size: usize,
    /// How many values there are of each depth; the last number is not 0.
    by_depth: Vec<u32>,
}

impl Inside {
    /// Their size with the brackets around them, and the depth.
    fn extent(&self) -> Extent {
        Extent { size: self.size + 2, depth: self.by_depth.len().max(1) }
    }

    /// Counts one more value, with a name of so many bytes.
    fn add(&mut self, name: usize, Extent { size, depth }: Extent) {
        self.size += name + size + 1;
        self.by_depth.resize(self.by_depth.len().max(depth + 1), 0);
        self.by_depth[depth] += 1;
    }

    fn take(&mut self, name: usize, Extent { size, depth }: Extent) {
        self.size -= name + size + 1;
        self.by_depth[depth] -= 1;
        while self.by_depth.last() == Some(&0) {
            self.by_depth.pop();
        }
    }

    /// What `act` returns for one of them, which it may change.
    fn change<N: Inner, T>(&mut self, node: &mut N, act: impl FnOnce(&mut N) -> T) -> T {
        let before = node.extent();
        let result = act(node);
        let after = node.extent();
        if after != before {
            self.add(0, after);
            self.take(0, before);
        }
        result
    }
}

/// The bytes of a name as it is written, with its colon.
fn name_size(name: &str) -> usize {
    quote(name).len() + 1
}

pub(super) struct Members<N> {
    /// Each with its position among the others.
    by_name: HashMap<String, (usize, N)>,
    /// The position of the next member.
    end: usize,
    inside: Inside,
}

impl<N> Default for Members<N> {
    fn default() -> Self {
        Self { by_name: HashMap::new(), end: 0, inside: Inside::default() }
    }
}

impl<N: Inner> Members<N> {
    pub(super) fn extent(&self) -> Extent {
        self.inside.extent()
    }

    /// Adds a member as the last one; an earlier one of the same name is dropped.
    pub(super) fn push(&mut self, name: Cow<'_, str>, node: N) {
        let (size, extent) = (name_size(&name), node.extent());
        if let Some((_, old)) = self.by_name.insert(name.into_owned(), (self.end, node)) {
            self.inside.take(size, old.extent());
        }
        self.inside.add(size, extent);
        self.end += 1;
    }

    /// Replaces the member of that name, which it returns, or adds one after all others.
    pub(super) fn set(&mut self, name: &str, node: N) -> Option<N> {
        if let Some((_, member)) = self.by_name.get_mut(name) {
            return Some(self.inside.change(member, |member| std::mem::replace(member, node)));
        }
        self.push(Cow::Borrowed(name), node);
        None
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<(usize, N)> {
        let taken = self.by_name.remove(name)?;
        self.inside.take(name_size(name), taken.1.extent());
        // Iterating over a map takes as long as it ever was large.
        if self.by_name.len() * 4 < self.by_name.capacity() {
            self.by_name.shrink_to(self.by_name.len() * 2);
        }
        Some(taken)
    }

    /// Puts a removed member back.
    pub(super) fn put_back(&mut self, name: &str, position: usize, node: N) {
        self.inside.add(name_size(name), node.extent());
        self.by_name.insert(name.to_owned(), (position, node));
    }

    pub(super) fn change<T>(&mut self, name: &str, act: impl FnOnce(&mut N) -> T) -> Option<T> {
        let (_, node) = self.by_name.get_mut(name)?;
        Some(self.inside.change(node, act))
    }

    pub(super) fn copy(&self, work: &mut Work) -> Option<Self> {
        let copy = |(name, (position, node)): (&String, &(usize, N)), work: &mut Work| {
            Some((name.clone(), (*position, node.copy(work)?)))
        };
        let by_name = self.by_name.iter().map(|member| copy(member, work)).collect::<Option<_>>()?;
        Some(Self { by_name, end: self.end, inside: self.inside.clone() })
    }

    pub(super) fn equal(&mut self, object: &Object<'_>, work: &mut Work) -> Option<bool> {
        if object.iter().count() != self.by_name.len() {
            return Some(false);
        }
        for (name, value) in object.iter() {
            match self.change(name, |node| node.equals(value, work)) {
                Some(Some(true)) => {}
                Some(None) => return None,
                _ => return Some(false),
            }
        }
        Some(true)
    }

    pub(super) fn in_order(&self) -> impl Iterator<Item = (&str, &N)> {
        let mut members: Vec<_> = self.by_name.iter().collect();
        members.sort_unstable_by_key(|(_, (position, _))| *position);
        members.into_iter().map(|(name, (_, node))| (name.as_str(), node))
    }
}

/// Items in runs, none of them empty or long: inserting one moves only those of its run.
pub(super) struct Items<N> {
    runs: Vec<Vec<N>>,
    inside: Inside,
}

impl<N> Default for Items<N> {
    fn default() -> Self {
        Self { runs: Vec::new(), inside: Inside::default() }
    }
}

impl<N: Inner> Items<N> {
    pub(super) fn extent(&self) -> Extent {
        self.inside.extent()
    }

    pub(super) fn len(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &N> {
        self.runs.iter().flatten()
    }

    /// The run of the item at an index, and the position in that run; the end of the last run for an index after the
    /// last item.
    fn find(&self, mut index: usize) -> Option<(usize, usize)> {
        for (at, run) in self.runs.iter().enumerate() {
            if index < run.len() || (index == run.len() && at + 1 == self.runs.len()) {
                return Some((at, index));
            }
            index -= run.len();
        }
        None
    }

    pub(super) fn change<T>(&mut self, index: usize, act: impl FnOnce(&mut N) -> T) -> Option<T> {
        let (run, at) = self.find(index)?;
        let node = self.runs[run].get_mut(at)?;
        Some(self.inside.change(node, act))
    }

    /// Adds an item after the last one.
    pub(super) fn push(&mut self, node: N) {
        self.inside.add(0, node.extent());
        match self.runs.last_mut() {
            // Runs begin half full, so that later items find room in them.
            Some(run) if run.len() < RUN / 2 => run.push(node),
            _ => self.runs.push(vec![node]),
        }
    }

    /// Inserts an item before the one at an index, or after the last one.
    pub(super) fn insert(&mut self, index: usize, node: &mut Option<N>) -> Option<()> {
        if index == 0 && self.runs.is_empty() {
            self.push(node.take()?);
            return Some(());
        }
        let (run, at) = self.find(index)?;
        let node = node.take()?;
        self.inside.add(0, node.extent());
        let items = &mut self.runs[run];
        items.insert(at, node);
        if items.len() > RUN {
            let half = items.split_off(RUN / 2);
            self.runs.insert(run + 1, half);
        }
        Some(())
    }

    pub(super) fn remove(&mut self, index: usize) -> Option<N> {
        let (run, at) = self.find(index)?;
        let items = &mut self.runs[run];
        let taken = (at < items.len()).then(|| items.remove(at))?;
        if items.is_empty() {
            self.runs.remove(run);
        }
        self.inside.take(0, taken.extent());
        Some(taken)
    }

    pub(super) fn copy(&self, work: &mut Work) -> Option<Self> {
        let mut run = |run: &Vec<N>| run.iter().map(|item| item.copy(work)).collect();
        Some(Self { runs: self.runs.iter().map(&mut run).collect::<Option<_>>()?, inside: self.inside.clone() })
    }

    pub(super) fn equal(&mut self, values: &[Raw<'_>], work: &mut Work) -> Option<bool> {
        if values.len() != self.len() {
            return Some(false);
        }
        for (item, &value) in self.runs.iter_mut().flatten().zip(values) {
            if !self.inside.change(item, |item| item.equals(value, work))? {
                return Some(false);
            }
        }
        Some(true)
    }
}
