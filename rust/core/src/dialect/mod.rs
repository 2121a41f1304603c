//! Payloads -> deltas: how each API's payloads add up to a snapshot, one file for each dialect.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

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

/// How one API's payloads are read. All state is in the snapshot, so that copying it copies everything.
pub(crate) struct Rules {
    /// Whether a payload, of a kind and with some JSON, can only be this dialect's.
    pub(crate) detects: fn(&str, &Object<'_>) -> bool,
    /// Merges a payload into the snapshot and emits what changed; false where it is not a payload of the dialect. It
    /// is given the terminal too, and whole objects.
    pub(crate) fold: fn(&mut Snapshot, &str, &Object<'_>, &mut Sink<'_>) -> bool,
    /// What a payload that was just folded would do if it came again with other texts; `None` where that depends on
    /// more than the texts.
    pub(crate) repeats: for<'a> fn(&Snapshot, &Object<'a>) -> Option<RepeatPlan<'a>>,
    /// Whether nothing is missing when the input ends here without a terminal.
    pub(crate) complete: fn(&Snapshot) -> bool,
    /// The provider's own non-streaming object, as JSON text.
    pub(crate) object: fn(&Snapshot) -> String,
}

impl Rules {
    /// What a payload that was just folded would do if it came again with other texts. None whose pieces may still
    /// repeat an announcement, since not all of such a piece is appended.
    pub(crate) fn repeat<'a>(&self, snapshot: &Snapshot, payload: &Object<'a>) -> Option<RepeatPlan<'a>> {
        (self.repeats)(snapshot, payload).filter(|repeat| !repeat.may_repeat(snapshot))
    }
}

/// What distinguishes a payload from the next one of its shape. If it came again, everything else in it would change nothing.
pub(crate) struct RepeatPlan<'a> {
    /// Strings, none of them empty, each with a target that it is appended to, in the order in which they are
    /// emitted.
    pub(crate) appends: Vec<(Raw<'a>, Target)>,
    /// Values that say whose texts these are: with other values the payload does the same to another choice or call.
    pub(crate) routing: Vec<Raw<'a>>,
    /// Strings that may have any text, as long as the appended ones are not empty.
    pub(crate) ignored: Vec<Raw<'a>>,
    /// Strings that may have any text except a name that is known: an id that is a new one in every payload.
    pub(crate) unnamed: Vec<Raw<'a>>,
    /// A value around one of these strings that is emitted as it is, after the string: its choice and kind.
    pub(crate) passthrough: Option<(i64, &'static str, Raw<'a>)>,
    /// What shows that a piece may repeat what came before it: then the payload is read in full.
    pub(crate) again: Option<Again>,
    /// Values that may be any other ones, each with what folds it, after everything else.
    pub(crate) values: Vec<(Raw<'a>, Refold)>,
}

/// When a piece may repeat what came before it.
#[derive(Clone, Debug)]
pub(crate) enum Again {
    /// If it has that many bytes or more.
    Size(usize),
    /// If it is all of a text.
    Whole(Target),
    /// If it begins like an object, and is not shorter than the JSON text that it is appended to.
    Json(Target),
    /// If it adds less than itself to a call's arguments that the object has a copy of: their choice and position.
    Arguments(i64, usize),
}

/// How a value next to the texts is folded: its choice, and the function that folds it in full payloads too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refold {
    pub(crate) choice: i64,
    pub(crate) fold: fn(&mut Snapshot, i64, Raw<'_>, &mut Sink<'_>),
}

impl<'a> RepeatPlan<'a> {
    /// A payload that does nothing but append these strings.
    pub(crate) fn adding(appends: Vec<(Raw<'a>, Target)>) -> Self {
        let (routing, ignored, unnamed, values) = Default::default();
        Self { appends, routing, ignored, unnamed, passthrough: None, again: None, values }
    }

    /// A payload that does nothing but append one string.
    pub(crate) fn of(append: Append<'a>) -> Option<Self> {
        Self::of_all([append])
    }

    /// A payload that does nothing but append all of these, except those that are empty or no text.
    pub(crate) fn of_all(appends: impl IntoIterator<Item = Append<'a>>) -> Option<Self> {
        let filled = |append: &Append<'_>| append.text.is_truthy() && append.text.text().is_some();
        let each = appends.into_iter().filter(filled);
        let appends: Vec<_> =
            each.flat_map(|Append { text, targets }| targets.into_iter().map(move |target| (text, target))).collect();
        (!appends.is_empty()).then(|| Self::adding(appends))
    }

    fn may_repeat(&self, snapshot: &Snapshot) -> bool {
        self.appends.iter().any(|(_, target)| match target {
            Target::Member { path, name } => snapshot.fields.find(path).is_some_and(|owner| owner.is_announced(name)),
            _ => false,
        })
    }
}

/// Makes [`Dialect`] of a line for each: what it is, its name in the enum, its name in text, and its module.
macro_rules! dialects {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $module:ident;)*) => {
        /// An API's way of streaming.
        ///
        /// As text it is its name, both ways:
        ///
        /// ```
        /// use ssewire_core::Dialect;
        /// assert_eq!("gemini".parse(), Ok(Dialect::Gemini));
        /// assert_eq!(Dialect::OpenAiChat.to_string(), "openai-chat");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Dialect {
            $($(#[$doc])* #[doc = concat!("\n\nIts name is `\"", $name, "\"`.")] $variant,)*
        }

        impl Dialect {
            /// All of them, in the order in which a payload is asked whether it is theirs.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            pub(crate) fn rules(self) -> &'static Rules {
                match self {
                    $(Self::$variant => &$module::RULES,)*
                }
            }
        }
    };
}

dialects! {
    /// The chat completions of `OpenAI` and all who offer them too: Mistral, Groq, xAI, Azure, vLLM, `OpenRouter` and others.
    OpenAiChat, "openai-chat", openai_chat;
    /// `OpenAI`'s legacy completions.
    OpenAiCompletions, "openai-completions", openai_completions;
    /// `OpenAI`'s Responses.
    OpenAiResponses, "openai-responses", openai_responses;
    /// Anthropic's messages.
    Anthropic, "anthropic", anthropic;
    /// Google's `streamGenerateContent`, as events or as a JSON array.
    Gemini, "gemini", gemini;
    /// Cohere's chat, version 2.
    CohereV2, "cohere-v2", cohere_v2;
    /// `OpenAI`'s assistants: runs, messages and steps.
    OpenAiAssistants, "openai-assistants", openai_assistants;
    /// Ollama's chat and generate: lines of JSON.
    Ollama, "ollama", ollama;
    /// The UI message stream of Vercel's AI SDK.
    VercelUi, "vercel-ui", vercel_ui;
    /// The Agent User Interaction protocol.
    AgUi, "ag-ui", ag_ui;
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        let known = Self::ALL.iter().find(|dialect| dialect.as_str() == name);
        known.copied().ok_or_else(|| UnknownDialect(name.to_owned()))
    }
}

/// The text is no dialect's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDialect(pub String);

impl fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Dialect::ALL.iter().map(|dialect| format!("{:?}", dialect.as_str())).collect();
        write!(f, "dialect: expected {}, got {:?}", names.join(" or "), self.0)
    }
}

impl std::error::Error for UnknownDialect {}

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

pub(crate) fn detect(kind: &str, payload: &Object<'_>) -> Option<Dialect> {
    Dialect::ALL.iter().copied().find(|dialect| (dialect.rules().detects)(kind, payload))
}

/// A message's content as the JSON text of a list of blocks: some servers send plain text, or one block without a list around it.
fn listed(content: Raw<'_>) -> Cow<'_, str> {
    match content.str() {
        Some(text) => format!("[{{\"type\":\"text\",\"text\":{}}}]", quote(&text)).into(),
        None if content.is_object() => format!("[{}]", content.as_str()).into(),
        None => content.as_str().into(),
    }
}

/// The position of each call of a whole list, by their ids, among those so far: that of the call with its id, or else
/// of the next that may be it.
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

/// Whether there is a choice, and all of them have ended.
fn all_finished(snapshot: &Snapshot) -> bool {
    !snapshot.choices.is_empty() && snapshot.choices.values().all(|choice| choice.finish_reason().is_some())
}

#[cfg(test)]
mod tests {
    use super::Dialect;

    #[test]
    fn the_crate_s_page_has_every_dialect() {
        for dialect in Dialect::ALL {
            let row = format!("//! | [`{dialect:?}`](Dialect::{dialect:?}) | `{dialect}` |");
            assert!(include_str!("../lib.rs").contains(&row), "{row}");
        }
    }

    #[test]
    fn a_name_that_is_none_s_is_refused_with_those_that_are() {
        assert!(Dialect::ALL.iter().all(|dialect| dialect.as_str().parse() == Ok(*dialect)));
        let error = "openai".parse::<Dialect>().unwrap_err().to_string();
        assert!(
            error.starts_with("dialect: expected \"openai-chat\" or ") && error.ends_with(", got \"openai\""),
            "{error}"
        );
    }
}
