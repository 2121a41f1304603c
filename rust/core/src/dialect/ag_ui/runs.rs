//! What is known of the runs of a stream: they follow each other, and each begins somewhere in what was emitted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use super::kind::{Kind, REASONINGS};
use super::{MESSAGES, Snapshot, Target};
use crate::snapshot::DialectState;

const TEXT: Target = Target::Content { choice: 0 };
const REASONING: Target = Target::Reasoning { choice: 0 };

/// The position of a call: its message, and its index in there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) message: i64,
    pub(super) at: i64,
}

/// What is known of the runs in addition to their object. Messages are numbered as in the object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    /// The sizes of the texts, in bytes, and the number of calls when the run began.
    text: usize,
    reasoning: usize,
    calls: usize,
    /// The messages by their kinds (`None`: those of tools) and ids; under "", the last of the kind.
    messages: HashMap<Option<Kind>, HashMap<String, i64>>,
    /// The messages of results by their own ids and their calls'.
    pub(super) results: HashMap<(String, String), i64>,
    pub(super) calls_by_id: HashMap<String, Spot>,
    /// A snapshot of the messages came before the run had emitted anything.
    pub(super) unsaid: bool,
    /// The first message of the last snapshot of the messages.
    pub(super) first: i64,
    /// The text that may still continue.
    pub(super) open: Option<i64>,
    /// The text that the last snapshot left out while it could continue.
    pub(super) kept: Option<i64>,
    /// The call that the last start or chunk named, or that the last piece began.
    pub(super) last_call: Option<usize>,
    /// Calls that have ended, with arguments that nothing can follow.
    pub(super) ended: BTreeSet<usize>,
    /// The kind of reasoning that came first.
    pub(super) leader: Option<Kind>,
    /// The size of the first piece of each message.
    pub(super) first_pieces: BTreeMap<i64, usize>,
    /// The messages that may be repeating another one: which one, and how much of it was repeated.
    pub(super) echoes: BTreeMap<i64, (i64, usize)>,
}

/// The runs of a stream in which none has begun.
static NO_RUNS: LazyLock<Runs> = LazyLock::new(Runs::default);

impl Runs {
    pub(super) fn of(snapshot: &Snapshot) -> &Self {
        snapshot.state.get().unwrap_or(&NO_RUNS)
    }
}

impl DialectState for Runs {
    fn boxed_clone(&self) -> Box<dyn DialectState> {
        Box::new(self.clone())
    }
}

impl Runs {
    /// Begins another run after what was emitted so far.
    pub(super) fn begin(snapshot: &mut Snapshot) {
        let sizes = [TEXT, REASONING].map(|target| snapshot.emitted(&target).len());
        let calls = calls(snapshot);
        let runs = snapshot.state.get_mut::<Self>();
        ([runs.text, runs.reasoning], runs.calls) = (sizes, calls);
    }

    /// The position of the message of that kind and id, which may have been removed since.
    pub(super) fn message(&self, kind: Option<Kind>, id: &str) -> Option<i64> {
        self.messages.get(&kind)?.get(id).copied()
    }

    /// Sets the position of the message of that kind and id; returns the one before.
    pub(super) fn put_message(&mut self, kind: Option<Kind>, id: &str, position: i64) -> Option<i64> {
        self.messages.entry(kind).or_default().insert(id.to_owned(), position)
    }
}

/// Whether the run has emitted nothing yet.
pub(super) fn is_silent(snapshot: &Snapshot) -> bool {
    let texts = [TEXT, REASONING].iter().all(|target| snapshot.emitted(target).len() == before(snapshot, target));
    texts && Runs::of(snapshot).calls == calls(snapshot)
}

/// The size of a text when the run began, in bytes.
pub(super) fn before(snapshot: &Snapshot, target: &Target) -> usize {
    let runs = Runs::of(snapshot);
    if matches!(target, Target::Content { .. }) { runs.text } else { runs.reasoning }
}

fn calls(snapshot: &Snapshot) -> usize {
    snapshot.choices.get(&0).map_or(0, |choice| choice.tool_calls.as_slice().len())
}

/// The message with that id, of whichever kind.
pub(super) fn find_any(snapshot: &Snapshot, id: &str) -> Option<i64> {
    let kinds = REASONINGS.into_iter().chain([Kind::Text]);
    kinds.map(Some).chain([None]).find_map(|kind| find(snapshot, kind, id))
}

fn find(snapshot: &Snapshot, kind: Option<Kind>, id: &str) -> Option<i64> {
    Runs::of(snapshot).message(kind, id).filter(|position| snapshot.fields.has_item(MESSAGES, *position))
}

impl Kind {
    /// The message with that id; without an id, the last of the kind.
    pub(super) fn find(self, snapshot: &Snapshot, id: &str) -> Option<i64> {
        find(snapshot, Some(self), id)
    }
}
