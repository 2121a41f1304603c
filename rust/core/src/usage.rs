//! Token counts.

use crate::fields::{Fields, Lists, Nulls};
use crate::json::{Payload, Raw};

/// What the provider counted: laid over key by key, never summed, since providers repeat it and let it grow.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    fields: Fields,
    /// Bytes of what was laid over it, since its size was last looked at.
    laid: usize,
    too_large: bool,
}

/// Bytes of JSON text above which a usage is not told any more: every delta of it carries all of it.
const LARGEST: usize = 16 * 1024;

/// Where a count stands, by provider: the first that is there counts.
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
const CACHED: Paths = &[
    &["prompt_tokens_details", "cached_tokens"],
    &["prompt_token_details", "cached_tokens"],
    &["input_tokens_details", "cached_tokens"],
    &["prompt_cache_hit_tokens"],
    &["cache_read_input_tokens"],
    &["cachedContentTokenCount"],
    &["cached_tokens"],
];
const REASONING: Paths = &[
    &["completion_tokens_details", "reasoning_tokens"],
    &["output_tokens_details", "reasoning_tokens"],
    &["reasoning_tokens"],
    &["output_tokens_details", "thinking_tokens"],
    &["thoughtsTokenCount"],
    &["tokens", "reasoning_tokens"],
];

impl Usage {
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

    /// Lays a newer usage over this one. Returns whether that changed anything, as far as it is to be told.
    pub(crate) fn overlay(&mut self, usage: Raw<'_>) -> bool {
        let changed = self.fields.overlay(usage, Lists::Replace, Nulls::Keep);
        changed && self.is_told(usage)
    }

    /// Puts a newer usage in place of this one. Returns the same.
    pub(crate) fn replace(&mut self, usage: Raw<'_>) -> bool {
        let before = self.json();
        *self = Self::default();
        self.fields.overlay(usage, Lists::Replace, Nulls::Keep);
        self.is_told(usage) && self.json() != before
    }

    /// Sets one count. Returns the same.
    pub(crate) fn set(&mut self, name: &str, count: Raw<'_>) -> bool {
        self.fields.merge(name, count, Lists::Replace) && self.is_told(count)
    }

    /// Whether it is still to be told, now that so much has come.
    fn is_told(&mut self, news: Raw<'_>) -> bool {
        self.laid += news.as_str().len();
        if !self.too_large && self.laid > LARGEST {
            self.laid = self.json().len();
            self.too_large = self.laid > LARGEST;
        }
        !self.too_large
    }

    /// Tokens of the prompt.
    pub fn input_tokens(&self) -> Option<u128> {
        self.count(INPUT)
    }

    /// Tokens of the answer.
    pub fn output_tokens(&self) -> Option<u128> {
        self.count(OUTPUT)
    }

    /// Tokens of the prompt that came from a cache.
    pub fn cached_tokens(&self) -> Option<u128> {
        self.count(CACHED)
    }

    /// Tokens of the answer that were reasoning.
    pub fn reasoning_tokens(&self) -> Option<u128> {
        self.count(REASONING)
    }

    /// The provider's own object as JSON text.
    pub fn json(&self) -> String {
        self.fields.json()
    }

    fn count(&self, paths: Paths) -> Option<u128> {
        paths.iter().find_map(|path| self.fields.scalar(path)?.parse().ok())
    }
}
