//! Texts that come more than once.
//!
//! Providers say a text in pieces and then again: in a `.done` event, in the whole item, in the terminal, in a last frame that is
//! the whole answer, or in pieces after an announcement that had the text already. Whoever appends what comes has it twice.
//! So whatever may be a repetition is compared with what was emitted of the same text:
//!
//! 1. What was emitted begins with it: it says nothing new.
//! 2. It begins with what was emitted: the rest is new.
//! 3. Neither: it is another version of the text. The object has it, and what was emitted stays as it is.

use crate::text::Text;

/// How a text compares with what was emitted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap<'t> {
    /// All of it was emitted.
    Repeats,
    /// It goes on after all that was emitted, with this.
    Continues(&'t str),
    /// It says something else.
    Differs,
}

/// Compares a text with what was emitted of it.
pub(crate) fn overlap<'t>(emitted: &str, text: &'t str) -> Overlap<'t> {
    match text.strip_prefix(emitted) {
        Some("") => Overlap::Repeats,
        Some(rest) => Overlap::Continues(rest),
        None if emitted.starts_with(text) => Overlap::Repeats,
        None => Overlap::Differs,
    }
}

/// Pieces of a text that was announced with words of its own. They go on after these, or, with some servers, they say them once
/// more; which of the two shows where they first differ from the announcement. Until then nothing of them is new.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Repetition {
    /// How much of what was emitted the pieces have said again; `None` where they say nothing again.
    at: Option<usize>,
}

impl Repetition {
    /// What was emitted may come again, from its beginning.
    pub(crate) fn expected() -> Self {
        Self { at: Some(0) }
    }

    /// Whether the next piece may still say something again.
    pub(crate) fn is_expected(self) -> bool {
        self.at.is_some()
    }

    /// What a piece adds to what was emitted; an empty text where it says that again.
    pub(crate) fn news<'t>(&mut self, emitted: &str, piece: Text<'t>) -> Text<'t> {
        let Some(at) = self.at.take() else { return piece };
        let expected = &emitted[at..];
        match &piece {
            Text::Whole(text) if expected.starts_with(text.as_ref()) => {
                self.at = Some(at + text.len()).filter(|&at| at < emitted.len());
                Text::default()
            }
            Text::Whole(text) if text.starts_with(expected) => Text::from(&text[expected.len()..]).into_owned(),
            _ => piece.after(&emitted[..at]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is emitted of an announcement and its pieces.
    fn heard(announced: &str, pieces: &[&str]) -> String {
        let (mut repetition, mut emitted) = (Repetition::expected(), announced.to_owned());
        for piece in pieces {
            let news = repetition.news(&emitted, Text::from(*piece)).into_str();
            emitted.push_str(&news);
        }
        emitted
    }

    #[test]
    fn pieces_repeat_an_announcement_or_go_on_after_it() {
        for (announced, pieces, expected) in [
            ("He", &["He", "llo"][..], "Hello"),
            ("He", &["H", "ello"], "Hello"),
            ("He", &["Hello"], "Hello"),
            ("Hello", &["He", "", "llo"], "Hello"),
            ("Hello", &["He"], "Hello"),
            ("He", &["llo"], "Hello"),
            ("He", &["H", "!"], "HeH!"),
            ("He", &["He", "He"], "HeHe"),
            ("", &["a"], "a"),
        ] {
            assert_eq!(heard(announced, pieces), expected, "{announced:?} {pieces:?}");
        }
    }

    #[test]
    fn half_a_character_is_no_repetition() {
        let mut repetition = Repetition::expected();
        assert!(repetition.news("ab", Text::from("a")).is_empty());
        let half = Text::Halved(b"\xED\xA0\xBD".to_vec());
        assert_eq!(repetition.news("ab", half), Text::Halved(b"a\xED\xA0\xBD".to_vec()));
        assert!(!repetition.is_expected());
    }

    #[test]
    fn a_text_repeats_continues_or_differs() {
        for (emitted, text, expected) in [
            ("", "", Overlap::Repeats),
            ("", "a", Overlap::Continues("a")),
            ("ab", "", Overlap::Repeats),
            ("ab", "a", Overlap::Repeats),
            ("ab", "ab", Overlap::Repeats),
            ("ab", "abé", Overlap::Continues("é")),
            ("ab", "b", Overlap::Differs),
            ("ab", "ac", Overlap::Differs),
        ] {
            assert_eq!(overlap(emitted, text), expected, "{emitted:?} {text:?}");
        }
    }
}
