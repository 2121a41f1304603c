//! Texts that come more than once.
//!
//! Providers send a text in pieces and then again: in a `.done` event, in the whole item, in the terminal, in a last
//! frame that is the whole answer, or in pieces after an announcement that had the text already. Whoever appends
//! everything has the text twice. So whatever may be a repetition is compared with what was emitted of the same text:
//!
//! 1. What was emitted begins with it: it adds nothing.
//! 2. It begins with what was emitted: the rest is new.
//! 3. Neither: it is another version of the text. The object has it, and what was emitted stays as it is.
//!
//! For example, after "Hel" was emitted "He" adds nothing, "Hello" adds "lo", and "Hi" is another version.

use crate::json::{Text, compact};

/// How a text compares with what was emitted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap<'t> {
    /// All of the text was emitted.
    Repeats,
    /// The text begins with all that was emitted, and continues with this.
    Continues(&'t str),
    /// The text says something else.
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

/// What the texts of a kind, in their order, have beyond what was emitted of that kind, and at which position: all of
/// them together where they only continue it, however they are divided, or else each by itself.
pub(crate) fn beyond(emitted: &[String], whole: &[String]) -> Vec<(usize, String)> {
    match overlap(&emitted.concat(), &whole.concat()) {
        Overlap::Repeats => vec![],
        Overlap::Continues(rest) => vec![(emitted.len().saturating_sub(1), rest.to_owned())],
        Overlap::Differs => whole
            .iter()
            .enumerate()
            .filter_map(|(at, text)| match overlap(emitted.get(at).map_or("", String::as_str), text) {
                Overlap::Continues(rest) => Some((at, rest.to_owned())),
                Overlap::Repeats | Overlap::Differs => None,
            })
            .collect(),
    }
}

/// Compares arguments, compact JSON text, with what was emitted of them, perhaps not all of it: the emitted pieces
/// may have spaces between their parts where the whole has none.
pub(crate) fn overlap_json<'t>(emitted: &str, whole: &'t str) -> Overlap<'t> {
    overlap(&compact(emitted), whole)
}

/// Pieces that may repeat what was emitted: of a text that was announced with words of its own (most pieces continue
/// these, some servers repeat them), or that also comes under another name. Which of the two it is shows where the
/// pieces first differ from what was emitted; until then nothing of them is new.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Repetition {
    /// The bytes of what was emitted that were repeated, from the first to the second; `None` where no repetition is
    /// expected.
    said: Option<(usize, usize)>,
}

/// What a piece adds to what was emitted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News<'t> {
    /// Nothing, or what continues all of it.
    Rest(Text<'t>),
    /// The piece turned out to be another text, of which this was not emitted yet.
    Apart(Text<'t>),
}

impl Repetition {
    /// A repetition of what was emitted may come, from its beginning.
    pub(crate) fn expected() -> Self {
        Self::expected_from(0)
    }

    /// A repetition of what was emitted may come, from that byte on.
    pub(crate) fn expected_from(start: usize) -> Self {
        Self { said: Some((start, start)) }
    }

    /// Whether the next piece may still repeat something.
    pub(crate) fn is_expected(self) -> bool {
        self.said.is_some()
    }

    /// Up to which byte of what was emitted it was repeated; `None` where no repetition is expected.
    pub(crate) fn at(self) -> Option<usize> {
        self.said.map(|(_, at)| at)
    }

    /// What a piece adds to what was emitted; an empty text where it only repeats that.
    pub(crate) fn news<'t>(&mut self, emitted: &str, piece: Text<'t>) -> Text<'t> {
        match self.compare(emitted, piece) {
            News::Rest(news) | News::Apart(news) => news,
        }
    }

    /// What a piece adds to what was emitted, and whether it is another text altogether.
    pub(crate) fn compare<'t>(&mut self, emitted: &str, piece: Text<'t>) -> News<'t> {
        let Some((start, at)) = self.said.take() else { return News::Rest(piece) };
        let expected = &emitted[at..];
        match &piece {
            Text::Whole(text) if expected.starts_with(text.as_ref()) => {
                self.said = Some((start, at + text.len())).filter(|&(_, at)| at < emitted.len());
                News::Rest(Text::default())
            }
            Text::Whole(text) if text.starts_with(expected) => {
                News::Rest(Text::from(&text[expected.len()..]).into_owned())
            }
            Text::Wtf8(bytes) if bytes.starts_with(expected.as_bytes()) => {
                News::Rest(Text::Wtf8(bytes[expected.len()..].to_vec()))
            }
            _ => News::Apart(piece.after(&emitted[start..at])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is emitted in all, of an announcement and its pieces.
    fn heard(announced: &str, pieces: &[&str]) -> String {
        let (mut repetition, mut emitted) = (Repetition::expected(), announced.to_owned());
        for piece in pieces {
            let news = repetition.news(&emitted, Text::from(*piece)).into_str();
            emitted.push_str(&news);
        }
        emitted
    }

    #[test]
    fn pieces_repeat_an_announcement_or_continue_it() {
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
    fn texts_of_a_kind_are_compared_together_and_then_one_by_one() {
        let list = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (emitted, whole, expected) in [
            (&["a", "b"][..], &["a", "b"][..], &[][..]),
            (&["a", "b"], &["ab"], &[]),
            (&["ab"], &["a", "b"], &[]),
            (&["a", "b"], &["a"], &[]),
            (&["a"], &["a", "b"], &["b"]),
            (&["a", "b"], &["abc"], &["c"]),
            (&["a", "b"], &["ax", "b", "c"], &["x", "c"]),
            (&["a"], &["x", "b"], &["b"]),
            (&["a"], &["b"], &[]),
            (&[], &["a"], &["a"]),
        ] {
            let rests: Vec<_> = beyond(&list(emitted), &list(whole)).into_iter().map(|(_, rest)| rest).collect();
            assert_eq!(rests, list(expected), "{emitted:?} {whole:?}");
        }
    }

    #[test]
    fn arguments_are_compared_without_their_spaces() {
        for (emitted, whole, expected) in [
            ("{\"a\": 1", "{\"a\":1,\"b\":\"x y\"}", Overlap::Continues(",\"b\":\"x y\"}")),
            ("{\"b\": \"x ", "{\"b\":\"x y\"}", Overlap::Continues("y\"}")),
            ("{ }", "{}", Overlap::Repeats),
            ("{\"a\":1}", "{\"a\":2}", Overlap::Differs),
        ] {
            assert_eq!(overlap_json(emitted, whole), expected, "{emitted}");
        }
    }

    #[test]
    fn half_a_character_is_no_repetition() {
        let mut repetition = Repetition::expected();
        assert!(repetition.news("ab", Text::from("a")).is_empty());
        let half = Text::Wtf8(b"\xED\xA0\xBD".to_vec());
        assert_eq!(repetition.news("ab", half.clone()), Text::Wtf8(b"a\xED\xA0\xBD".to_vec()));
        assert!(!repetition.is_expected());
        let beyond = Text::Wtf8(b"ab\xED\xA0\xBD".to_vec());
        assert_eq!(Repetition::expected().news("ab", beyond), half);
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
