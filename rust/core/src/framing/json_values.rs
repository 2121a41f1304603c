//! A body of JSON values instead of events: lines of JSON, an array, or one value alone.
//!
//! The obvious way waits for the end of a line or of the body, and hands it to a JSON parser. But values may be spread over lines,
//! and a body may never end. Here only brackets and quotes are counted: where they balance, a value ends. Whether it is JSON is
//! found out by whoever reads it.
//!
//! 1. A value is out with its last byte, and each byte is looked at once.
//! 2. Between values there are whitespace and commas. Anything else ends the row of values, and is left to be read as an event
//!    stream.
//!
//! `[{"a":1},{"b":"]"}]` is `{"a":1}`, `{"b":"]"}` and the end of the array; `{}` and a line `[DONE]` are `{}` and `[DONE]`.

use super::error::{Bound, EventTooLarge};
use crate::json::is_whitespace;
use crate::limits::RETAINED_CAPACITY;

/// What the next bytes turn out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// Bytes that are one JSON value if they are JSON: their brackets and quotes balance.
    Value(&'a [u8]),
    /// The bracket that closes the array of values.
    End,
    /// No value: nothing of it was taken.
    Other,
}

/// Divides a body into JSON values.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValueDecoder {
    limit: Option<usize>,
    /// The value that is open, or the last one.
    value: Vec<u8>,
    /// The last value is complete: the next call clears it.
    complete: bool,
    depth: usize,
    string: Quoted,
    /// The values are an array's items.
    array: bool,
    /// Values so far, and bytes.
    pub(crate) values: u64,
    pub(crate) offset: u64,
    fault: Option<EventTooLarge>,
}

/// Where in a string the next byte is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quoted {
    #[default]
    Outside,
    Inside,
    /// The byte before it is a backslash.
    Escaped,
}

impl ValueDecoder {
    /// A decoder of a body that begins with `{` or `[`, which are at that offset in the stream.
    pub(crate) fn new(first: u8, offset: u64, limit: Option<usize>) -> Self {
        Self { limit, array: first == b'[', offset, ..Self::default() }
    }

    /// Takes bytes off `data` up to the end of the next value, and lends that; `None` when `data` is used up.
    ///
    /// # Errors
    /// A value that is larger than the limit; every later call gives the same error.
    pub(crate) fn next(&mut self, data: &mut &[u8]) -> Result<Option<Found<'_>>, EventTooLarge> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if std::mem::take(&mut self.complete) {
            self.value.clear();
            self.value.shrink_to(RETAINED_CAPACITY);
        }
        if self.value.is_empty() {
            let blank = data.iter().take_while(|&&byte| is_whitespace(byte.into()) || byte == b',');
            self.take(data, blank.count());
            match data.first() {
                None => return Ok(None),
                Some(b']') if self.array => {
                    self.take(data, 1);
                    self.array = false;
                    return Ok(Some(Found::End));
                }
                Some(b'{' | b'[') => {}
                Some(_) if self.array => {}
                Some(_) => return Ok(Some(Found::Other)),
            }
        }
        let (size, complete) = self.scan(data);
        self.check(size)?;
        self.value.extend_from_slice(&data[..size]);
        self.take(data, size);
        self.complete = complete;
        self.values += u64::from(complete);
        Ok(complete.then_some(Found::Value(&self.value)))
    }

    /// Takes the bracket that opens the array.
    pub(crate) fn open_array(&mut self, data: &mut &[u8]) {
        if self.array {
            self.take(data, 1);
        }
    }

    fn take(&mut self, data: &mut &[u8], size: usize) {
        *data = &data[size..];
        self.offset += size as u64;
    }

    /// How many bytes belong to the value, and whether it ends with them.
    fn scan(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < bytes.len() {
            if self.string != Quoted::Outside {
                match self.string_end(&bytes[at..]) {
                    None => break,
                    Some(size) => at += size,
                }
                if self.depth == 0 {
                    return (at, true);
                }
                continue;
            }
            match bytes[at] {
                b'"' => self.string = Quoted::Inside,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                // It ends an item of an array that is neither object, array nor string.
                byte if self.depth == 0 && (matches!(byte, b'}' | b']' | b',') || is_whitespace(byte.into())) => {
                    return (at.max(usize::from(self.value.is_empty())), true);
                }
                _ => {}
            }
            at += 1;
        }
        (bytes.len(), false)
    }

    /// The bytes up to the quote that ends the string, that included.
    fn string_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = usize::from(self.string == Quoted::Escaped);
        self.string = Quoted::Inside;
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
            at += found + 1;
            if bytes[at - 1] == b'"' {
                self.string = Quoted::Outside;
                return Some(at);
            }
            if at == bytes.len() {
                self.string = Quoted::Escaped;
            }
            at += 1;
        }
        None
    }

    /// Faults when the value is over the limit with `size` more bytes.
    fn check(&mut self, size: usize) -> Result<(), EventTooLarge> {
        let Some(limit) = self.limit.filter(|&limit| self.value.len() + size > limit) else { return Ok(()) };
        let offset = self.offset + (limit - self.value.len()) as u64;
        let fault = EventTooLarge { bound: Bound::EventSize, size: limit + 1, limit, event: self.values + 1, offset };
        self.fault = Some(fault.clone());
        Err(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(body: &str, piece: usize) -> Vec<String> {
        let mut decoder = ValueDecoder::new(body.as_bytes()[0], 0, None);
        let mut start = body.as_bytes();
        decoder.open_array(&mut start);
        let mut found = vec![];
        for mut data in start.chunks(piece) {
            loop {
                match decoder.next(&mut data).unwrap() {
                    None => break,
                    Some(Found::Value(value)) => found.push(String::from_utf8_lossy(value).into_owned()),
                    Some(Found::End) => found.push("end".into()),
                    Some(Found::Other) => return found,
                }
            }
        }
        found
    }

    #[test]
    fn values_are_found_wherever_they_are_cut() {
        let bodies: [(&str, &[&str]); 5] = [
            ("{\"a\":1},\n{\"b\":2},", &["{\"a\":1}", "{\"b\":2}"]),
            ("{\"a\": \"}\\\"{\"}\n{}{\"b\":[{}]}\n", &["{\"a\": \"}\\\"{\"}", "{}", "{\"b\":[{}]}"]),
            ("[{\"a\":1}\n,\r\n{\"b\":\"]\\\\\"} ]\n", &["{\"a\":1}", "{\"b\":\"]\\\\\"}", "end"]),
            ("[1, \"x,\", null,[2] ]{}", &["1", "\"x,\"", "null", "[2]", "end", "{}"]),
            ("{}\n[DONE]\n: bye", &["{}", "[DONE]"]),
        ];
        for (body, values) in bodies {
            for piece in 1..=body.len() {
                assert_eq!(split(body, piece), values, "{body} by {piece}");
            }
        }
    }
}
