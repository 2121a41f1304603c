//! Chunks as `OpenAI` sends them, about 300 bytes each where they carry text; the same ones on every machine.

/// Words of an answer, as JSON writes them: of 20 three have letters beyond ASCII and two are escaped.
const WORDS: [&str; 20] = [
    " the",
    " stream",
    " of",
    " events",
    " is",
    " read",
    " as",
    " it",
    " arrives",
    ",",
    " and",
    " then",
    ".",
    " été",
    " “so”",
    " 流れ",
    r"\n\n",
    r#" \"quoted\""#,
    " for",
    " nothing",
];

/// Pieces of a tool call's arguments, as JSON writes them.
const ARGUMENTS: [&str; 6] = [r#"\"city\":"#, r#" \"Zü"#, r#"rich\", "#, r#"\"days\": "#, "1", "2, "];

/// Choices that a model's padding is made of.
const PADDING: &str = "abcdefghijklmnop";

/// A small generator of numbers (xorshift64*), the same for the same seed.
#[derive(Debug)]
pub(crate) struct Numbers(u64);

impl Default for Numbers {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Numbers {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(mixed).unwrap_or(0) % end
    }

    /// A word of an answer.
    pub(crate) fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    /// A piece of arguments.
    pub(crate) fn arguments(&mut self) -> &'static str {
        ARGUMENTS[self.below(ARGUMENTS.len())]
    }

    /// Padding of a random length, against those who count bytes on the wire.
    pub(crate) fn padding(&mut self) -> &'static str {
        &PADDING[..self.below(PADDING.len())]
    }
}

/// Bytes of a word that is written as in [`WORDS`]: no escape but one of a single character.
pub(crate) fn length(written: &str) -> usize {
    written.len() - written.matches('\\').count()
}

/// A chunk with one choice.
pub(crate) fn chunk(choice: usize, delta: &str, rest: &str, padding: &str) -> String {
    let head = r#""id":"chatcmpl-CbT0x9yKq4Vf2LmN8sRw1DzE7hJpA","object":"chat.completion.chunk","created":1763712000,"model":"gpt-5.1-2025-11-13","service_tier":"default","system_fingerprint":"fp_4d8c1f0b7a""#;
    format!(
        r#"{{{head},"choices":[{{"index":{choice},"delta":{{{delta}}},{rest}"finish_reason":null}}],"usage":null,"obfuscation":"{padding}"}}"#
    )
}

/// A chunk that carries text only.
pub(crate) fn text_chunk(choice: usize, written: &str, padding: &str) -> String {
    chunk(choice, &format!(r#""content":"{written}""#), r#""logprobs":null,"#, padding)
}
