//! A string's characters, as far as they are certain.

use super::text::Text;

/// Characters that were not emitted yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Characters {
    /// The characters that are certain, as WTF-8.
    certain: Vec<u8>,
    /// An escaped first half of a surrogate pair, while its second may still come.
    half: Option<u16>,
}

impl Characters {
    /// Whether there are none, not even half of one.
    pub(super) fn is_empty(&self) -> bool {
        self.certain.is_empty() && self.half.is_none()
    }

    /// The characters that are certain.
    pub(super) fn text(&self) -> Text<'_> {
        match std::str::from_utf8(&self.certain) {
            Ok(text) => Text::from(text),
            Err(_) => Text::Wtf8(self.certain.clone()),
        }
    }

    /// Forgets the certain characters, which were emitted.
    pub(super) fn clear(&mut self) {
        self.certain.clear();
    }

    pub(super) fn push(&mut self, run: &str) {
        if !run.is_empty() {
            self.flush_surrogates();
            self.certain.extend_from_slice(run.as_bytes());
        }
    }

    /// Adds what an escape of four digits stands for.
    pub(super) fn push_unit(&mut self, unit: u16) {
        let units = self.half.take().into_iter().chain([unit]);
        for decoded in char::decode_utf16(units) {
            match decoded.map_err(|lone| lone.unpaired_surrogate()) {
                Ok(character) => self.push(character.encode_utf8(&mut [0; 4])),
                Err(first) if first < 0xDC00 => self.half = Some(first),
                Err(second) => self.push_lone(second),
            }
        }
    }

    /// Notes the first digits of an escape: they may show that it cannot be the second half of a pair.
    pub(super) fn expect(&mut self, digits: u8, unit: u16) {
        // Second halves are DC00 to DFFF: the first two digits decide.
        if (digits == 1 && unit != 0xD) || (digits == 2 && !(0xDC..=0xDF).contains(&unit)) {
            self.flush_surrogates();
        }
    }

    /// Ends the wait for the second half of a pair, which did not come.
    pub(super) fn flush_surrogates(&mut self) {
        if let Some(half) = self.half.take() {
            self.push_lone(half);
        }
    }

    /// Adds half a pair. WTF-8 holds it as UTF-8 would, were it a character: in three bytes.
    fn push_lone(&mut self, unit: u16) {
        let [high, low] = (unit << 2).to_be_bytes();
        self.certain.extend_from_slice(&[0xED, 0x80 | high & 0x3F, 0x80 | low >> 2]);
    }
}
