//! Values of a document that are still JSON text.

use super::extent::Extent;
use crate::json::node::{Kind, Node as ParsedNode};
use crate::json::{Payload, Raw};

/// JSON text, and how deep each of its values is.
pub(super) struct Source<'t> {
    payload: Payload<'t>,
    depths: Vec<u8>,
}

impl<'t> Source<'t> {
    /// # Panics
    /// On what is no JSON.
    pub(super) fn of(text: &'t str) -> Self {
        Self::from(Payload::parse(text).expect("it was read before"))
    }

    pub(super) fn raw(&self) -> Raw<'_> {
        self.payload.raw()
    }

    pub(super) fn leaf(&self) -> Leaf<'_> {
        Leaf { source: self, at: 0 }
    }

    /// The leaf of one of its values.
    pub(super) fn leaf_of(&self, value: Raw<'_>) -> Leaf<'_> {
        let (start, _) = value.span();
        let at = self.payload.nodes.partition_point(|node| (node.start as usize) < start);
        Leaf { source: self, at }
    }
}

impl<'t> From<Payload<'t>> for Source<'t> {
    fn from(payload: Payload<'t>) -> Self {
        let depths = depths(&payload.nodes);
        Self { payload, depths }
    }
}

/// How many levels of arrays and objects each value has.
fn depths(nodes: &[ParsedNode]) -> Vec<u8> {
    let mut depths = vec![0; nodes.len()];
    for at in (0..nodes.len()).rev() {
        if matches!(nodes[at].kind, Kind::Array | Kind::Object) {
            depths[at] = 1 + inside(nodes, at).map(|at| depths[at]).max().unwrap_or(0);
        }
    }
    depths
}

/// The positions of the values directly inside another; an object's names are among them.
fn inside(nodes: &[ParsedNode], owner: usize) -> impl Iterator<Item = usize> {
    let end = owner + nodes[owner].size as usize;
    let next = move |at: &usize| Some(at + nodes[*at].size as usize).filter(|&at| at < end);
    std::iter::successors(Some(owner + 1).filter(|&at| at < end), next)
}

/// A value as it was written.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'a> {
    source: &'a Source<'a>,
    at: usize,
}

impl<'a> Leaf<'a> {
    pub(super) fn raw(self) -> Raw<'a> {
        let nodes = &self.source.payload.nodes[self.at..];
        Raw::new(&self.source.payload.text, &nodes[..nodes[0].size as usize])
    }

    pub(super) fn extent(self) -> Extent {
        Extent { size: self.raw().as_str().len(), depth: self.source.depths[self.at].into() }
    }

    /// What is inside it: the items of an array; the names and values of an object, in turn.
    pub(super) fn inside(self) -> impl Iterator<Item = Self> {
        inside(&self.source.payload.nodes, self.at).map(move |at| Self { at, ..self })
    }
}
