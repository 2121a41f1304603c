//! Token counts: what a provider sent, and what it means.
//!
//! One meaning for all providers, that of OpenTelemetry's conventions for generative AI
//! (<https://github.com/open-telemetry/semantic-conventions-genai>): input and output are totals, and the other
//! counts are parts of them. docs/usage.md says which members make up each, and where the providers document it.

use super::object::{Lists, MergedObject, Nulls};
use crate::json::{Payload, Raw};
use crate::limits::{EMITTED_USAGE, EMITTED_USAGE_NEWS};

/// What the provider counted. A newer usage is laid over the older one key by key, never summed, since providers
/// repeat it and let it grow.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    fields: MergedObject,
    /// An upper bound of its JSON text, in bytes.
    size: usize,
    /// When it was last measured, it was too large to be emitted at every change.
    is_large: bool,
    /// Bytes laid over it since it was last emitted.
    laid: usize,
}

/// The paths of a count, by provider: the first that is there counts.
type Paths = &'static [&'static [&'static str]];

const INPUT: Paths = &[
    &["prompt_tokens"],
    &["input_tokens"],
    &["promptTokenCount"],
    &["tokens", "input_tokens"],
    &["prompt_eval_count"],
];
const OUTPUT: Paths = &[
    &["completion_tokens"],
    &["output_tokens"],
    &["candidatesTokenCount"],
    &["tokens", "output_tokens"],
    &["eval_count"],
];
const TOTAL: Paths = &[&["total_tokens"], &["totalTokenCount"]];
const CACHED: Paths = &[
    &["prompt_tokens_details", "cached_tokens"],
    &["prompt_token_details", "cached_tokens"],
    &["input_tokens_details", "cached_tokens"],
    &["prompt_cache_hit_tokens"],
    &["cache_read_input_tokens"],
    &["cachedContentTokenCount"],
    &["cached_tokens"],
    &["prompt_eval_cached_count"],
];
const CACHE_WRITE: Paths = &[
    &["prompt_tokens_details", "cache_write_tokens"],
    &["prompt_tokens_details", "cache_creation_tokens"],
    &["prompt_tokens_details", "cache_creation_input_tokens"],
    &["input_tokens_details", "cache_write_tokens"],
    &["cache_creation_input_tokens"],
];
const REASONING: Paths = &[
    &["completion_tokens_details", "reasoning_tokens"],
    &["output_tokens_details", "reasoning_tokens"],
    &["reasoning_tokens"],
    &["output_tokens_details", "thinking_tokens"],
    &["thoughtsTokenCount"],
    &["tokens", "reasoning_tokens"],
];
const AUDIO: Paths = &[&["prompt_tokens_details", "audio_tokens"]];
const CACHE_READ_INPUT: Paths = &[&["cache_read_input_tokens"]];
const CACHE_CREATION_INPUT: Paths = &[&["cache_creation_input_tokens"]];
const TOOL_USE: Paths = &[&["toolUsePromptTokenCount"]];

/// How a provider's counts add up: which ones are to be added to its input and to its output. All others are parts of
/// these.
struct Reading {
    input: &'static [Paths],
    output: &'static [Paths],
}

/// Totals of input and output.
type Wholes = (Option<u64>, Option<u64>);

const ALL_INSIDE: Reading = Reading { input: &[], output: &[] };

// The readings of each family of APIs: its own first, then those that only a provider's total reveals. The sources
// are in docs/usage.md.

static OPENAI: [Reading; 4] = [
    ALL_INSIDE,
    // xAI's chat completions, and some gateways to Gemini. `with_rest` would find the same number, but here it has a
    // name.
    Reading { input: &[], output: &[REASONING] },
    // Mistral's models that take audio.
    Reading { input: &[AUDIO], output: &[] },
    // Anthropic's counting under OpenAI's names.
    Reading { input: &[CACHED, CACHE_WRITE], output: &[] },
];
static ANTHROPIC: [Reading; 2] =
    [Reading { input: &[CACHE_READ_INPUT, CACHE_CREATION_INPUT], output: &[] }, ALL_INSIDE];
static GEMINI: [Reading; 2] = [
    Reading { input: &[TOOL_USE], output: &[REASONING] },
    // Gemini as it was before April 2025.
    Reading { input: &[TOOL_USE], output: &[] },
];

impl Usage {
    /// All members, as the provider names them.
    pub(super) fn fields(&self) -> &MergedObject {
        &self.fields
    }

    /// Reads a provider's object; `None` where the text is no JSON object.
    pub fn parse(json: &str) -> Option<Self> {
        let payload = Payload::parse(json).ok()?;
        let mut usage = Self::default();
        usage.overlay(payload.raw());
        payload.raw().is_object().then_some(usage)
    }

    /// Whether no count came.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Lays a newer usage over this one. Returns whether that changed anything that is worth emitting.
    pub(crate) fn overlay(&mut self, usage: Raw<'_>) -> bool {
        let changed = self.fields.overlay(usage, Lists::Replace, Nulls::Keep);
        changed && self.is_worth_emitting(usage)
    }

    /// Puts a newer usage in place of this one. Returns whether that changed anything that is worth emitting.
    pub(crate) fn replace(&mut self, usage: Raw<'_>) -> bool {
        let changed = self.fields.assign(usage);
        (self.size, self.is_large) = (0, false);
        self.is_worth_emitting(usage) && changed
    }

    /// Sets one count. Returns whether that changed anything that is worth emitting.
    pub(crate) fn set(&mut self, name: &str, count: Raw<'_>) -> bool {
        self.fields.merge(name, count, Lists::Replace) && self.is_worth_emitting(count)
    }

    /// Whether it is worth emitting, now that `news` was laid over it. Each delta has all of it: if a large one were
    /// emitted at every little change, the deltas would take many times the stream's size.
    fn is_worth_emitting(&mut self, news: Raw<'_>) -> bool {
        self.size += news.as_str().len();
        self.laid += news.as_str().len();
        let is_news = |usage: &Self| !usage.is_large || usage.laid >= usage.size / EMITTED_USAGE_NEWS;
        if self.size > EMITTED_USAGE && is_news(self) {
            // What was laid over it may have been in it before.
            self.size = self.json().len();
            self.is_large = self.size > EMITTED_USAGE;
        }
        let emits = is_news(self);
        if emits {
            self.laid = 0;
        }
        emits
    }

    /// All tokens of the input: cached and cache-written ones, and what the provider's own tools fed in, are part of it.
    pub fn input_tokens(&self) -> Option<u64> {
        self.wholes().0
    }

    /// All tokens of the output: reasoning is part of it.
    pub fn output_tokens(&self) -> Option<u64> {
        self.wholes().1
    }

    /// Tokens of the input that were read from a cache.
    pub fn cached_tokens(&self) -> Option<u64> {
        self.count(CACHED)
    }

    /// Tokens of the input that were written to a cache.
    pub fn cache_write_tokens(&self) -> Option<u64> {
        self.count(CACHE_WRITE)
    }

    /// Tokens of the output that were reasoning.
    pub fn reasoning_tokens(&self) -> Option<u64> {
        self.count(REASONING)
    }

    /// The provider's own object as JSON text.
    pub fn json(&self) -> String {
        self.fields.json()
    }

    /// Input and output, by the reading that gives the provider's own total; by the family's own reading where none
    /// does.
    fn wholes(&self) -> Wholes {
        let readings = self.readings();
        let by = |reading: &Reading| (self.whole(INPUT, reading.input), self.whole(OUTPUT, reading.output));
        let own = by(&readings[0]);
        let Some(total) = self.count(TOTAL) else {
            return own;
        };
        readings.iter().map(by).find(|wholes| sum(*wholes) == total).unwrap_or_else(|| with_rest(own, total))
    }

    fn readings(&self) -> &'static [Reading] {
        let has = |name: &str| self.fields.contains(name);
        if has("totalTokenCount") || has("thoughtsTokenCount") || has("toolUsePromptTokenCount") {
            &GEMINI
        } else if has("input_tokens") && !has("prompt_tokens") {
            &ANTHROPIC
        } else {
            &OPENAI
        }
    }

    /// A count together with those that are to be added to it.
    fn whole(&self, count: Paths, beside: &[Paths]) -> Option<u64> {
        let counts = std::iter::once(count).chain(beside.iter().copied());
        counts.filter_map(|paths| self.count(paths)).reduce(u64::saturating_add)
    }

    fn count(&self, paths: Paths) -> Option<u64> {
        paths.iter().find_map(|path| self.fields.json_at(path)?.parse().ok())
    }
}

fn sum((input, output): Wholes) -> u64 {
    input.unwrap_or(0).saturating_add(output.unwrap_or(0))
}

/// What a total has beyond input and output is output, if no member names it: Gemini's thoughts next to
/// `completion_tokens`.
fn with_rest(wholes: Wholes, total: u64) -> Wholes {
    match wholes {
        (Some(input), _) if total > sum(wholes) => (Some(input), Some(total - input)),
        _ => wholes,
    }
}
