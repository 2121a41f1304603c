//! The texts of output items, each with the names of its events, its list of parts and its member.

use crate::json::{Object, Raw};
use crate::snapshot::{Choice, Path, PathStep, Target};

pub(super) const OUTPUT: &str = "output";

/// One text of an item.
#[derive(Debug)]
pub(super) struct Texts {
    /// The name of its events, without `.delta` and `.done`.
    pub(super) event: &'static str,
    /// The type of its item.
    pub(super) item: &'static str,
    /// The list of parts that it is in.
    pub(super) list: Option<List>,
    /// The name of its member, in the object and in its `.done` event.
    pub(super) member: &'static str,
    pub(super) kind: Kind,
}

/// A list of an item's parts.
#[derive(Debug)]
pub(super) struct List {
    pub(super) name: &'static str,
    /// The payload's member with the part's index.
    index: &'static str,
    /// The type of its parts.
    pub(super) part: &'static str,
}

/// What a text is for whoever reads the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Content,
    Reasoning,
    Refusal,
    /// The arguments of a call.
    Arguments,
    /// The input of something that the provider runs: its pieces are passed on.
    Hosted,
}

impl Kind {
    /// The text of the choice that it is appended to.
    pub(super) fn target(self, call: Option<usize>) -> Option<Target> {
        match self {
            Self::Content => Some(Target::Content { choice: 0 }),
            Self::Reasoning => Some(Target::Reasoning { choice: 0 }),
            Self::Refusal => Some(Target::Refusal { choice: 0 }),
            Self::Arguments => Some(Target::Arguments { choice: 0, position: call? }),
            Self::Hosted => None,
        }
    }

    /// All that the choice has of it, from all items; of arguments, those of one call.
    pub(super) fn text_of(self, choice: &Choice, call: Option<usize>) -> &str {
        let text = match self {
            Self::Content => choice.content(),
            Self::Reasoning => choice.reasoning(),
            Self::Refusal => choice.refusal(),
            Self::Arguments => call.map(|call| choice.tool_calls().as_slice()[call].arguments()),
            Self::Hosted => None,
        };
        text.unwrap_or_default()
    }
}

const fn text(event: &'static str, item: &'static str, list: List, kind: Kind) -> Texts {
    let member = if matches!(kind, Kind::Refusal) { "refusal" } else { "text" };
    Texts { event, item, list: Some(list), member, kind }
}

const fn input(event: &'static str, item: &'static str, member: &'static str, kind: Kind) -> Texts {
    Texts { event, item, list: None, member, kind }
}

const fn content(part: &'static str) -> List {
    List { name: "content", index: "content_index", part }
}

const SUMMARIES: List = List { name: "summary", index: "summary_index", part: "summary_text" };

pub(super) static OUTPUT_TEXT: Texts = text("output_text", "message", content("output_text"), Kind::Content);
pub(super) static REFUSAL: Texts = text("refusal", "message", content("refusal"), Kind::Refusal);
pub(super) static REASONING: Texts = text("reasoning_text", "reasoning", content("reasoning_text"), Kind::Reasoning);
pub(super) static SUMMARY: Texts = text("reasoning_summary_text", "reasoning", SUMMARIES, Kind::Reasoning);
pub(super) static ARGUMENTS: Texts = input("function_call_arguments", "function_call", "arguments", Kind::Arguments);
pub(super) static INPUT: Texts = input("custom_tool_call_input", "custom_tool_call", "input", Kind::Arguments);
static CODE: Texts = input("code_interpreter_call_code", "code_interpreter_call", "code", Kind::Hosted);
static MCP_ARGUMENTS: Texts = input("mcp_call_arguments", "mcp_call", "arguments", Kind::Hosted);

static ALL: [&Texts; 8] = [&OUTPUT_TEXT, &ARGUMENTS, &SUMMARY, &REASONING, &REFUSAL, &INPUT, &CODE, &MCP_ARGUMENTS];

impl Texts {
    /// The text that an event has a piece of, or all of.
    pub(super) fn of(event: &str, stage: &str) -> Option<&'static Self> {
        let text = event.strip_suffix(stage)?;
        ALL.into_iter().find(|texts| texts.event == text)
    }

    /// The input of a call of the caller's own tools.
    pub(super) fn of_call(item: &str) -> Option<&'static Self> {
        [&ARGUMENTS, &INPUT].into_iter().find(|texts| texts.item == item)
    }

    /// The text that a part in a list of an item is; `None` where it is none.
    pub(super) fn of_part(item: &str, list: &str, part: Raw<'_>) -> Option<&'static Self> {
        let usual = match (item, list) {
            ("reasoning", "summary") => &SUMMARY,
            ("reasoning", "content") => &REASONING,
            (_, "content") => &OUTPUT_TEXT,
            _ => return None,
        };
        match part.object().str("type").as_ref() {
            "refusal" => Some(&REFUSAL),
            "reasoning_text" if item != "reasoning" => Some(&REASONING),
            "output_text" | "reasoning_text" | "summary_text" | "text" | "" => Some(usual),
            _ => None,
        }
    }

    /// The index of the part that an event is about, if it has one.
    pub(super) fn part_index(&self, payload: &Object<'_>) -> Option<i64> {
        self.list.as_ref().and_then(|list| payload.get(list.index)?.index())
    }

    /// The path to the object that it is a member of: an item of the output, or a part of it.
    pub(super) fn path(&self, position: i64, part: i64) -> Path {
        let part = self.list.as_ref().map(|list| PathStep::Item(list.name, part));
        [PathStep::Item(OUTPUT, position)].into_iter().chain(part).collect()
    }
}
