//! Paths into the dialect's object.

use std::ops::Deref;

/// A step on the path to an object that is kept inside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathStep {
    /// Into the member of that name.
    Object(&'static str),
    /// Into the item at that index of the list of that name.
    Item(&'static str, i64),
}

/// The number of steps to the deepest object that the dialects reach.
const MOST_STEPS: usize = 4;

/// The path to an object that is kept inside another. Its steps are in an array, without an allocation, since a path
/// is made for every payload that is parsed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path {
    steps: [PathStep; MOST_STEPS],
    count: usize,
}

impl Deref for Path {
    type Target = [PathStep];

    fn deref(&self) -> &[PathStep] {
        &self.steps[..self.count]
    }
}

impl<const COUNT: usize> From<[PathStep; COUNT]> for Path {
    fn from(steps: [PathStep; COUNT]) -> Self {
        steps.into_iter().collect()
    }
}

impl From<&[PathStep]> for Path {
    fn from(steps: &[PathStep]) -> Self {
        steps.iter().copied().collect()
    }
}

/// # Panics
/// There are more steps than any object has.
impl FromIterator<PathStep> for Path {
    fn from_iter<T: IntoIterator<Item = PathStep>>(steps: T) -> Self {
        let mut path = Self { steps: [PathStep::Object(""); MOST_STEPS], count: 0 };
        for step in steps {
            path.steps[path.count] = step;
            path.count += 1;
        }
        path
    }
}

impl Path {
    /// This path, followed by more steps.
    pub(crate) fn to(self, steps: impl IntoIterator<Item = PathStep>) -> Self {
        self.iter().copied().chain(steps).collect()
    }
}
