//! `parse_partial`: Python objects that grow with their JSON text.
//!
//! The naive way reads all of the text at each call, which takes the square of its length over a stream. Here a tree
//! is kept and each call only adds what the text has grown by.
//!
//! 1. A text has one tree, which all views of the stream share; nothing is read before somebody asks.
//! 2. A tree has a lock of its own, since making dicts and lists can run the garbage collector, and with it any
//!    finalizer: one that asks for the very tree that is growing gets a tree of its own.
//! 3. A finalizer that runs while its thread makes a tree grow never waits for another tree, since that tree's thread
//!    may be running one that waits for this tree: it gets a tree of its own too.
//! 4. Whoever holds the accumulation's lock takes no tree's lock; the other way round is allowed.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyString;
use ssewire_core::{NotJson, PartialJson};

use crate::accumulation::Shared;
use crate::json;
use crate::lock::lock;
use crate::new_str;
use crate::string_cache::Part;
use crate::tree::{Tree, number};

/// A number that is not complete is shown anew whenever it has grown, up to this size in bytes.
const SHOWN_DIGITS: usize = 1024;

/// Which text, read how.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) choice: i64,
    pub(crate) part: Part,
    /// Numbers are shown before they are complete.
    pub(crate) partial_numbers: bool,
}

/// The trees of one stream.
#[derive(Default)]
pub(crate) struct Trees(HashMap<Key, Arc<Mutex<Growing>>>);

thread_local! {
    /// Whether this thread is making a tree grow right now.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// A tree, and how far into its text it goes.
#[derive(Default)]
struct Growing {
    json: PartialJson,
    tree: Tree,
    taken: usize,
    /// The last bytes that were taken.
    tail: Vec<u8>,
    /// What is wrong with the text, which no later text repairs; and the text as it was then.
    fault: Option<(NotJson, Py<PyString>)>,
}

/// What has come of a text since it was last read.
struct News {
    text: String,
    /// It is another text than the one that was read: all of it is new.
    replaced: bool,
    ended: bool,
}

impl Shared {
    /// What is certain of a text that is read as JSON; `None` while nothing is.
    pub(crate) fn parse_partial(&self, py: Python<'_>, key: Key) -> PyResult<Option<Py<PyAny>>> {
        let slot = Arc::clone(self.lock(py).trees.0.entry(key).or_default());
        if BUSY.get() {
            return match slot.try_lock() {
                Some(mut growing) => growing.advance(py, self, key),
                None => Growing::default().advance(py, self, key),
            };
        }
        let mut growing = lock(py, &slot);
        BUSY.set(true);
        let grown = growing.advance(py, self, key);
        BUSY.set(false);
        grown
    }

    /// All of a text.
    fn whole(&self, py: Python<'_>, key: Key) -> PyResult<Py<PyString>> {
        let state = self.lock(py);
        let text = state.source.snapshot().find_choice(key.choice).and_then(|choice| key.part.of(choice));
        new_str::new(py, text.unwrap_or_default())
    }

    /// What a text has grown by.
    fn news(&self, py: Python<'_>, key: Key, growing: &Growing) -> Option<News> {
        let state = self.lock(py);
        let snapshot = state.source.snapshot();
        let choice = snapshot.find_choice(key.choice)?;
        let text = key.part.of(choice)?;
        // Text only grows. That it was replaced nevertheless shows in its length, or in the last bytes taken.
        let fresh = text.get(growing.taken..).filter(|_| text.as_bytes()[..growing.taken].ends_with(&growing.tail));
        let ended = snapshot.done() || choice.finish_reason().is_some();
        Some(News { text: fresh.unwrap_or(text).to_owned(), replaced: fresh.is_none(), ended })
    }
}

impl Growing {
    fn advance(&mut self, py: Python<'_>, shared: &Shared, key: Key) -> PyResult<Option<Py<PyAny>>> {
        let Some(news) = shared.news(py, key, self) else { return Ok(None) };
        if news.replaced {
            *self = Self::default();
        }
        if self.fault.is_none()
            && let Err(fault) = self.take(py, &news.text)?
        {
            self.fault = Some((fault, shared.whole(py, key)?));
        }
        if let Some((fault, text)) = &self.fault {
            return Err(json::decode_error(py, fault, text));
        }
        if key.partial_numbers
            && let Some(digits) = self.json.number_so_far()
            && digits.len() <= SHOWN_DIGITS
        {
            self.tree.show_number(py, digits)?;
        }
        self.value(py, key, news.ended)
    }

    /// Makes the tree grow; the inner error says that the text is no JSON.
    fn take(&mut self, py: Python<'_>, text: &str) -> PyResult<Result<(), NotJson>> {
        self.note(text);
        let (json, tree) = (&mut self.json, &mut self.tree);
        let mut failed = None;
        let fed = json.feed(text, &mut |step| {
            if failed.is_none() {
                failed = tree.take(py, step).err();
            }
        });
        if let Some(error) = failed {
            // The tree was left half made: the next call makes it anew.
            *self = Self::default();
            return Err(error);
        }
        Ok(fed)
    }

    /// Remembers what was taken.
    fn note(&mut self, text: &str) {
        const TAIL: usize = 32;
        self.taken += text.len();
        self.tail.extend_from_slice(&text.as_bytes()[text.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
    }

    /// The tree's value. A number outside of any bracket is complete only when its text has ended.
    fn value(&mut self, py: Python<'_>, key: Key, ended: bool) -> PyResult<Option<Py<PyAny>>> {
        match self.json.number() {
            Some(digits) if ended && self.tree.is_outermost() => number(py, digits).map(|it| Some(it.unbind())),
            _ => Ok(self.tree.value(py, matches!(key.part, Part::Arguments(_)))),
        }
    }
}
