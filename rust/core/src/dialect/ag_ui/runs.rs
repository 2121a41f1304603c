//! What is known of the runs of a stream: one after the other, and where each began among what was emitted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use super::call::Spot;
use super::kind::Kind;
use super::{Snapshot, Target};
use crate::snapshot::DialectState;

const TEXT: Target = Target::Content { choice: 0 };
const REASONING: Target = Target::Reasoning { choice: 0 };

/// What is known of the runs beside their object. Messages are numbered as in there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    /// How much of the texts, in bytes, and how many calls there were when the run began.
    text: usize,
    reasoning: usize,
    calls: usize,
    /// The messages by their kinds (`None`: those of tools) and ids; by "", the last of the kind.
    messages: HashMap<Option<Kind>, HashMap<String, i64>>,
    /// The messages of results by their own ids and their calls'.
    pub(super) results: HashMap<(String, String), i64>,
    pub(super) calls_by_id: HashMap<String, Spot>,
    /// A snapshot of the messages came while the run had emitted nothing.
    pub(super) unsaid: bool,
    /// The first message of the last such snapshot.
    pub(super) first: i64,
    /// The text that may go on.
    pub(super) open: Option<i64>,
    /// The text that the last snapshot left out while it was going on.
    pub(super) kept: Option<i64>,
    /// The call that the last start or chunk named, or the last piece that began one.
    pub(super) last_call: Option<usize>,
    /// Calls that have ended with arguments that nothing can follow.
    pub(super) ended: BTreeSet<usize>,
    /// The name of reasoning that came first.
    pub(super) leader: Option<Kind>,
    /// The size of the first piece of a message.
    pub(super) first_pieces: BTreeMap<i64, usize>,
    /// The messages that may be saying another one again: which, and how much of it was said again.
    pub(super) echoes: BTreeMap<i64, (i64, usize)>,
}

/// Before the first.
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
    /// Begins another one behind what was emitted so far.
    pub(super) fn begin(snapshot: &mut Snapshot) {
        let sizes = [TEXT, REASONING].map(|target| snapshot.emitted(&target).len());
        let calls = calls(snapshot);
        let runs = snapshot.state.get_mut::<Self>();
        ([runs.text, runs.reasoning], runs.calls) = (sizes, calls);
    }

    /// Where the message of that kind and id was last, though it may be there no more.
    pub(super) fn message(&self, kind: Option<Kind>, id: &str) -> Option<i64> {
        self.messages.get(&kind)?.get(id).copied()
    }

    /// Lets a message be found by that kind and id; returns where the one before was.
    pub(super) fn put_message(&mut self, kind: Option<Kind>, id: &str, position: i64) -> Option<i64> {
        self.messages.entry(kind).or_default().insert(id.to_owned(), position)
    }
}

/// Whether the run has emitted nothing yet.
pub(super) fn is_silent(snapshot: &Snapshot) -> bool {
    let texts = [TEXT, REASONING].iter().all(|target| snapshot.emitted(target).len() == before(snapshot, target));
    texts && Runs::of(snapshot).calls == calls(snapshot)
}

/// How much of a text there was when the run began.
pub(super) fn before(snapshot: &Snapshot, target: &Target) -> usize {
    let runs = Runs::of(snapshot);
    if matches!(target, Target::Content { .. }) { runs.text } else { runs.reasoning }
}

fn calls(snapshot: &Snapshot) -> usize {
    snapshot.choices.get(&0).map_or(0, |choice| choice.tool_calls.as_slice().len())
}
