//! One text that several members carry.
//!
//! Servers that answer clients of several kinds send the reasoning under several names: all of them in one chunk, in
//! turn from chunk to chunk, or all of it under one name and then again under another. Whoever appends every member
//! has the text twice; whoever reads only one name misses servers that use another.
//!
//! So for each name it is known how far into the emitted text it has come. What it says from there on is compared
//! with what was emitted there: as far as that is the same it adds nothing, and what goes beyond it is new. A member
//! that turns out to say something else is another text, and all of it counts as new, what it had repeated included.
//!
//! ```text
//!   reasoning: "Th"   thinking: "Th"   reasoning: "ink"   thinking: "ink"    emitted: "Th", "ink"
//! ```

use std::ops::Range;

use crate::json::Text;

/// How far each of up to eight members has come. A set of members is a number with their bits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// The members that have said all that was emitted.
    level: u8,
    /// The members that say something else than the others.
    apart: u8,
    /// The members that lag behind, each with the span of the emitted text that it has repeated since it last had
    /// said all.
    lagging: Vec<(u8, Range<usize>)>,
}

impl Sources {
    /// Whether exactly these members have said all that was emitted: then whatever they say together is new.
    pub(crate) fn are_level(&self, speaking: u8) -> bool {
        self.level == speaking
    }

    /// What a piece adds to what was emitted. Of the members that are `speaking` the first one is heard; the others
    /// are taken to say the same.
    pub(crate) fn news<'t>(&mut self, speaking: u8, emitted: &str, piece: Text<'t>) -> Text<'t> {
        let first = speaking & speaking.wrapping_neg();
        if self.level == speaking || self.apart & first != 0 {
            return piece;
        }
        let again = self.heard(first, emitted.len());
        let expected = &emitted[again.end..];
        match &piece {
            Text::Whole(text) if !expected.is_empty() && expected.starts_with(text.as_ref()) => {
                self.put(speaking, again.start..again.end + text.len(), emitted.len());
                Text::default()
            }
            Text::Whole(text) if text.starts_with(expected) => {
                let rest = Text::from(&text[expected.len()..]).into_owned();
                self.lead(speaking, emitted.len());
                rest
            }
            _ if expected.is_empty() => {
                self.lead(speaking, emitted.len());
                piece
            }
            _ => {
                self.apart |= speaking;
                self.level &= !speaking;
                self.lagging.retain(|(source, _)| source & speaking == 0);
                piece.after(&emitted[again])
            }
        }
    }

    /// The span that a member has repeated since it last had said all; an empty one at the beginning, where it has
    /// not spoken yet.
    fn heard(&self, source: u8, emitted: usize) -> Range<usize> {
        if self.level & source != 0 {
            return emitted..emitted;
        }
        self.lagging.iter().find(|(known, _)| *known == source).map_or(0..0, |(_, again)| again.clone())
    }

    /// Notes the span that these members have repeated so far.
    fn put(&mut self, speaking: u8, again: Range<usize>, emitted: usize) {
        self.lagging.retain(|(source, _)| source & speaking == 0);
        self.level &= !speaking;
        if again.end == emitted {
            self.level |= speaking;
        } else {
            self.lagging.extend(each(speaking).map(|source| (source, again.clone())));
        }
    }

    /// These members have gone beyond what was emitted: all others lag behind.
    fn lead(&mut self, speaking: u8, emitted: usize) {
        self.lagging.retain(|(source, _)| source & speaking == 0);
        self.lagging.extend(each(self.level & !speaking).map(|source| (source, emitted..emitted)));
        self.level = speaking;
    }
}

fn each(sources: u8) -> impl Iterator<Item = u8> {
    (0..u8::BITS).map(|bit| 1 << bit).filter(move |bit| sources & bit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is emitted of pieces, each with the members that say it.
    fn emitted(pieces: &[(u8, &str)]) -> String {
        let (mut sources, mut emitted) = (Sources::default(), String::new());
        for (speaking, piece) in pieces {
            let news = sources.news(*speaking, &emitted, Text::from(*piece)).into_str();
            emitted.push_str(&news);
        }
        emitted
    }

    #[test]
    fn what_one_has_said_is_no_news_of_another() {
        for (pieces, expected) in [
            (&[(1, "Th"), (1, "ink"), (1, "ink")][..], "Thinkink"),
            (&[(1, "Th"), (2, "Th"), (1, "ink"), (2, "ink")], "Think"),
            (&[(1, "Th"), (1, "ink"), (2, "Think")], "Think"),
            (&[(1, "Th"), (1, "ink"), (2, "T"), (2, "hink"), (2, "!")], "Think!"),
            (&[(1, "Th"), (2, "Think"), (1, "ink"), (1, "ing")], "Thinking"),
            (&[(3, "Th"), (3, "ink"), (3, "ink")], "Thinkink"),
            (&[(3, "a"), (2, "a"), (1, "a")], "aa"),
            (&[(1, "Th"), (2, "ink")], "Think"),
            (&[(1, "Think"), (2, "Th"), (2, "at"), (2, "at"), (1, "!")], "ThinkThatat!"),
            (&[(1, "ab"), (2, "ab"), (1, "cd"), (2, "c"), (2, "x")], "abcdcx"),
            (&[(1, "ab"), (2, "c"), (1, "d"), (4, "ab"), (4, "cd"), (1, "e")], "abcde"),
            (&[(1, "ab"), (4, "ab"), (2, "abc"), (4, "c"), (1, "cd")], "abcd"),
        ] {
            assert_eq!(emitted(pieces), expected, "{pieces:?}");
        }
    }

    #[test]
    fn half_a_character_is_compared_with_nothing() {
        let mut sources = Sources::default();
        let half = || Text::Wtf8(b"\xED\xA0\xBD".to_vec());
        assert_eq!(sources.news(1, "", half()), half());
        assert!(sources.are_level(1));
        assert_eq!(sources.news(2, "ab", half()), half());
        assert!(sources.are_level(1));
    }
}
