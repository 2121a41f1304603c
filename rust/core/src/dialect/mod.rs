//! Payloads -> deltas: one file a dialect.
//!
//! To add a dialect: write its file with a `DIALECT`, and name it in [`DIALECTS`].

use std::borrow::Cow;

use crate::json::{Object, Raw, quote};
use crate::snapshot::{Append, Sink, Snapshot, Target};

mod ag_ui;
mod anthropic;
mod cohere_v2;
#[cfg(test)]
mod folded;
mod gemini;
mod ollama;
mod openai_assistants;
mod openai_chat;
mod openai_completions;
mod openai_responses;
mod vercel_ui;

/// One API's shapes. All state is in the snapshot, so that copying it copies everything.
pub(crate) struct Dialect {
    /// Its public name.
    pub(crate) name: &'static str,
    /// Whether a payload can only be this dialect's: its kind and the JSON.
    pub(crate) detects: fn(&str, &Object<'_>) -> bool,
    /// Merges a payload into the snapshot and tells what changed; false where the payload is none of its own. Sees the
    /// terminal too, and whole objects.
    pub(crate) fold: fn(&mut Snapshot, &str, &Object<'_>, &mut Sink<'_>) -> bool,
    /// What of a payload that was just folded would do anything if the payload came again with other texts; `None` where that
    /// cannot be told.
    pub(crate) repeats: for<'a> fn(&Snapshot, &Object<'a>) -> Option<RepeatPlan<'a>>,
    /// Whether nothing is missing when the input ends here without a terminal.
    pub(crate) complete: fn(&Snapshot) -> bool,
    /// The provider's own non-streaming object, as JSON text.
    pub(crate) object: fn(&Snapshot) -> String,
}

impl Dialect {
    /// What of a payload that was just folded would do anything if it came again with other texts: none whose pieces may still
    /// say an announcement again, since they do not grow by all that comes.
    pub(crate) fn repeat<'a>(&self, snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
        (self.repeats)(snapshot, payload).filter(|repeat| !repeat.may_say_again(snapshot))
    }
}

/// What tells a payload from the next one of its shape. Said again, all else of it must change nothing.
pub(crate) struct RepeatPlan<'a> {
    /// Strings, none of them empty, and what grows by them, in the order in which that is told.
    pub(crate) appends: Vec<(Raw<'a>, Target)>,
    /// Values that tell whose texts they are: with others, the payload says the same of somebody else.
    pub(crate) routing: Vec<Raw<'a>>,
    /// Strings that do not count, whatever they are, as long as the ones that grow are not empty.
    pub(crate) ignored: Vec<Raw<'a>>,
    /// Strings that do not count either, as long as they name nothing that is known: an id that is a new one in every payload.
    pub(crate) unnamed: Vec<Raw<'a>>,
    /// A value around one of these strings that is then told of as it stands: its choice and kind.
    pub(crate) passthrough: Option<(i64, &'static str, Raw<'a>)>,
    /// What shows that a piece may say again what came before it: then it is read in full.
    pub(crate) again: Option<Again>,
    /// Values that may be any others, each with what folds it, after all else.
    pub(crate) values: Vec<(Raw<'a>, Refold)>,
}

/// A piece that may say again what came before it.
#[derive(Clone, Debug)]
pub(crate) enum Again {
    /// One of that many bytes or more.
    Size(usize),
    /// One that says all of a text.
    Whole(Target),
    /// One that begins like an object, and is not shorter than the JSON text that grows.
    Json(Target),
    /// One that adds less than itself to a call's arguments, which something of the object grows with: their choice and position.
    Arguments(i64, usize),
}

/// How a value is folded that a payload has beside its texts: a choice, and what the dialect does with the value in full, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refold {
    pub(crate) choice: i64,
    pub(crate) fold: fn(&mut Snapshot, i64, Raw<'_>, &mut Sink<'_>),
}

impl<'a> RepeatPlan<'a> {
    /// A payload that does nothing but add to these.
    pub(crate) fn adding(appends: Vec<(Raw<'a>, Target)>) -> Self {
        let (routing, ignored, unnamed, values) = Default::default();
        Self { appends, routing, ignored, unnamed, passthrough: None, again: None, values }
    }

    /// A payload that does nothing but add to what this is.
    pub(crate) fn of(growth: Append<'a>) -> Option<Self> {
        Self::of_all([growth])
    }

    /// A payload that does nothing but add to all of these, those aside that are no text or an empty one.
    pub(crate) fn of_all(growths: impl IntoIterator<Item = Append<'a>>) -> Option<Self> {
        let filled = |growth: &Append<'_>| growth.text.is_truthy() && growth.text.text().is_some();
        let each = growths.into_iter().filter(filled);
        let appends: Vec<_> =
            each.flat_map(|Append { text, places }| places.into_iter().map(move |place| (text, place))).collect();
        (!appends.is_empty()).then(|| Self::adding(appends))
    }

    fn may_say_again(&self, snapshot: &Snapshot) -> bool {
        self.appends.iter().any(|(_, place)| match place {
            Target::Member { path, name } => snapshot.fields.find(path).is_some_and(|owner| owner.is_announced(name)),
            _ => false,
        })
    }
}

static DIALECTS: [&Dialect; 10] = [
    &openai_chat::DIALECT,
    &openai_completions::DIALECT,
    &openai_responses::DIALECT,
    &anthropic::DIALECT,
    &gemini::DIALECT,
    &cohere_v2::DIALECT,
    &openai_assistants::DIALECT,
    &ollama::DIALECT,
    &vercel_ui::DIALECT,
    &ag_ui::DIALECT,
];

/// The names of all dialects.
pub fn names() -> impl Iterator<Item = &'static str> {
    DIALECTS.iter().map(|dialect| dialect.name)
}

pub(crate) fn named(name: &str) -> Option<&'static Dialect> {
    DIALECTS.into_iter().find(|dialect| dialect.name == name)
}

/// What a payload says that it is: its type, or else the event's.
pub(crate) fn kind<'a>(event: &'a str, payload: &Object<'a>) -> Cow<'a, str> {
    let kind = payload.str("type");
    match event {
        _ if !kind.is_empty() => kind,
        // Nobody named it.
        "message" => Cow::Borrowed(""),
        event => Cow::Borrowed(event),
    }
}

pub(crate) fn detect(kind: &str, payload: &Object<'_>) -> Option<&'static Dialect> {
    DIALECTS.into_iter().find(|dialect| (dialect.detects)(kind, payload))
}

/// A message's content as the JSON text of a list of blocks: some servers send plain text, or one block without a list around it.
fn listed(content: Raw<'_>) -> Cow<'_, str> {
    match content.str() {
        Some(text) => format!("[{{\"type\":\"text\",\"text\":{}}}]", quote(&text)).into(),
        None if content.is_object() => format!("[{}]", content.as_str()).into(),
        None => content.as_str().into(),
    }
}

/// The position of each call of a whole list, by their ids, where it is one of those so far: the one with its id, or else the next
/// that may be it.
fn known_calls(snapshot: &Snapshot, ids: &[Cow<'_, str>]) -> Vec<Option<usize>> {
    let Some(choice) = snapshot.choices.get(&0) else { return vec![None; ids.len()] };
    let by_id: Vec<_> = ids.iter().map(|id| choice.tool_calls.by_id(id)).collect();
    let mut free: Vec<_> = (0..choice.tool_calls.as_slice().len()).filter(|at| !by_id.contains(&Some(*at))).collect();
    let next = |(id, known): (&Cow<'_, str>, &Option<usize>)| {
        let fits = |at: &usize| id.is_empty() || choice.tool_calls.as_slice()[*at].id().is_none();
        known.or_else(|| free.iter().position(fits).map(|at| free.remove(at)))
    };
    ids.iter().zip(&by_id).map(next).collect()
}

/// Whether every choice that was seen has ended.
fn all_finished(snapshot: &Snapshot) -> bool {
    !snapshot.choices.is_empty() && snapshot.choices.values().all(|choice| choice.finish_reason().is_some())
}
