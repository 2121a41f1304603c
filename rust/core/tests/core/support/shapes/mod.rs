//! Payloads of every dialect, with `@` where a string's text comes, `#` where a small number does, and `~` where that
//! many spaces do.

#![allow(dead_code, reason = "the fuzzers and the tests use a part each")]

mod interfaces;
mod openai;
mod providers;

/// Payloads of one dialect.
pub(crate) struct Family {
    pub(crate) dialect: &'static str,
    /// What streams begin with, so that there is something that can grow.
    pub(crate) opening: &'static [&'static str],
    /// The ones whose repetition is to be seen at once.
    pub(crate) growing: &'static [&'static str],
    /// Nearly the same, and what comes between them.
    pub(crate) others: &'static [&'static str],
    /// What makes or closes a place for texts, sets it whole, or has none.
    pub(crate) structure: &'static [&'static str],
    /// Terminals, errors, and whole objects.
    pub(crate) ends: &'static [&'static str],
}

pub(crate) const FAMILIES: [Family; 10] = [
    openai::OPENAI_CHAT,
    openai::OPENAI_COMPLETIONS,
    openai::OPENAI_RESPONSES,
    openai::OPENAI_ASSISTANTS,
    providers::ANTHROPIC,
    providers::GEMINI,
    providers::COHERE_V2,
    providers::OLLAMA,
    interfaces::VERCEL_UI,
    interfaces::AG_UI,
];
