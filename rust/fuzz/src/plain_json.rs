//! JSON as slow and plain as RFC 8259, and three words more: what payloads are held against.
//!
//! 1. `NaN`, `Infinity` and `-Infinity` are values: Python's `json` writes them.
//! 2. Half of a surrogate pair may stand in a string: it is U+FFFD in its text.
//! 3. Nothing is said of how deep it may go; `depth` tells how deep it goes.

/// A reader at some place in a text.
pub(crate) struct Reader<'t> {
    rest: &'t [u8],
    depth: usize,
    deepest: usize,
}

/// How deep a JSON text goes; `None` where it is none. Beyond 1000 levels it is not read on.
pub(crate) fn depth(text: &str) -> Option<usize> {
    let mut reader = Reader { rest: text.as_bytes(), depth: 0, deepest: 0 };
    reader.value()?;
    reader.rest.is_empty().then_some(reader.deepest)
}

/// The text of a JSON string with its quotes, as UTF-16; `None` where it is none.
pub(crate) fn units(string: &str) -> Option<Vec<u16>> {
    let mut units = Vec::new();
    let mut rest = string.strip_prefix('"')?.chars();
    loop {
        match rest.next()? {
            '"' => return rest.as_str().is_empty().then_some(units),
            '\\' => units.push(unescape(&mut rest)?),
            '\0'..' ' => return None,
            other => units.extend_from_slice(other.encode_utf16(&mut [0; 2])),
        }
    }
}

fn unescape(rest: &mut std::str::Chars<'_>) -> Option<u16> {
    Some(match rest.next()? {
        '"' => 0x22,
        '\\' => 0x5C,
        '/' => 0x2F,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'u' => {
            let digits = rest.as_str().get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            *rest = rest.as_str()[4..].chars();
            u16::from_str_radix(digits, 16).ok()?
        }
        _ => return None,
    })
}

impl Reader<'_> {
    fn skip(&mut self, are: impl Fn(u8) -> bool) -> usize {
        let count = self.rest.iter().take_while(|byte| are(**byte)).count();
        self.rest = &self.rest[count..];
        count
    }

    fn whitespace(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn take(&mut self, word: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(word.as_bytes())?;
        Some(())
    }

    /// A value, and the whitespace around it.
    fn value(&mut self) -> Option<()> {
        self.whitespace();
        match self.rest.first()? {
            b'{' => self.list("{", "}", Self::member),
            b'[' => self.list("[", "]", Self::value),
            b'"' => self.string(),
            b't' => self.take("true"),
            b'f' => self.take("false"),
            b'n' => self.take("null"),
            b'N' => self.take("NaN"),
            b'I' => self.take("Infinity"),
            _ if self.rest.starts_with(b"-I") => self.take("-Infinity"),
            _ => self.number(),
        }?;
        self.whitespace();
        Some(())
    }

    fn list(&mut self, open: &str, close: &str, item: fn(&mut Self) -> Option<()>) -> Option<()> {
        self.take(open)?;
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        if self.depth > 1000 {
            return None;
        }
        self.whitespace();
        if self.take(close).is_none() {
            item(self)?;
            while self.take(",").is_some() {
                item(self)?;
            }
            self.take(close)?;
        }
        self.depth -= 1;
        Some(())
    }

    fn member(&mut self) -> Option<()> {
        self.whitespace();
        self.string()?;
        self.whitespace();
        self.take(":")?;
        self.value()
    }

    fn string(&mut self) -> Option<()> {
        let text = self.rest.strip_prefix(b"\"")?;
        let mut escaped = false;
        let end = text.iter().position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        })?;
        let (string, rest) = self.rest.split_at(end + 2);
        units(std::str::from_utf8(string).ok()?)?;
        self.rest = rest;
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        _ = self.take("-");
        if self.take("0").is_none() {
            self.digits()?;
        }
        if self.take(".").is_some() {
            self.digits()?;
        }
        if self.take("e").or_else(|| self.take("E")).is_some() {
            _ = self.take("+").or_else(|| self.take("-"));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        (self.skip(|byte| byte.is_ascii_digit()) > 0).then_some(())
    }
}
