//! Bodies that are no event stream, and whose first bytes say what they are.

use crate::limits::BODY_SAMPLE;

/// The first bytes of a body, kept while nothing was found in it: for the error's message, if nothing ever is.
#[derive(Clone, Debug, Default)]
pub(super) struct BodySample(Vec<u8>);

impl BodySample {
    /// Appends what was read, until the sample is large enough.
    pub(super) fn extend(&mut self, read: &[u8]) {
        let room = BODY_SAMPLE - self.0.len();
        self.0.extend_from_slice(&read[..read.len().min(room)]);
    }

    /// Appends what `piece` has before that offset in the body, where a fault is: the sample is the same for every cut.
    pub(super) fn extend_to(&mut self, offset: u64, piece: &[u8]) {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        // Behind it may stand what could have become a byte order mark, and was cut off from the rest.
        self.0.truncate(offset);
        self.extend(&piece[..piece.len().min(offset - self.0.len())]);
    }

    /// Something was found in the body.
    pub(super) fn discard(&mut self) {
        if self.0.capacity() > 0 {
            self.0 = Vec::new();
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A body that begins like this, in words.
pub(super) fn describe(body: &[u8]) -> String {
    format!("{}, {}", body_format(body).unwrap_or("a body"), beginning(body))
}

/// How a body begins, in words.
pub fn beginning(body: &[u8]) -> String {
    let shown: String = String::from_utf8_lossy(body).chars().take(80).collect();
    format!("which begins {shown:?}")
}

/// What a body is that begins like this; `None` where nothing is known of it.
pub fn body_format(body: &[u8]) -> Option<&'static str> {
    if is_aws_event_stream(body) {
        return Some("binary AWS event stream frames (application/vnd.amazon.eventstream)");
    }
    if body.starts_with(b"\x1F\x8B") {
        return Some("gzip data that was not decompressed");
    }
    if is_lines_without_ends(body) {
        return Some("lines without their ends (pass the response itself, or its bytes, and not `iter_lines()`)");
    }
    let text = body.trim_ascii_start();
    let begins = |tag: &[u8]| text.len() > tag.len() && text[..tag.len()].eq_ignore_ascii_case(tag);
    (begins(b"<!doctype html") || begins(b"<html")).then_some("an HTML page")
}

/// How the line after a JSON payload begins, where the line end between them is lost.
const NEXT_LINES: [&[u8]; 2] = [b"}data:", b"}event:"];

/// Whether there is no line end, but the beginning of a second line.
pub(super) fn is_lines_without_ends(body: &[u8]) -> bool {
    let begins = [&b"data:"[..], b"event:", b"id:", b"retry:", b":"].iter().any(|field| body.starts_with(field));
    begins
        && memchr::memchr2(b'\n', b'\r', body).is_none()
        && NEXT_LINES.iter().any(|next| memchr::memmem::find(body, next).is_some())
}

/// A frame begins with its length, the length of its headers, and the CRC-32 of these eight bytes (the AWS SDK's event stream
/// encoding, as Amazon Bedrock sends it).
fn is_aws_event_stream(body: &[u8]) -> bool {
    const CRC: usize = 8;
    body.get(CRC..CRC + 4).is_some_and(|crc| crc == crc32(&body[..CRC]).to_be_bytes())
}

/// The checksum of ISO 3309, bit by bit: it is taken of eight bytes.
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xEDB8_8320;
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_by_their_checksum() {
        // The check value that every table of CRCs gives.
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        let mut frame = b"\x00\x00\x00\x10\x00\x00\x00\x00".to_vec();
        frame.extend(crc32(&frame).to_be_bytes());
        assert!(body_format(&frame).is_some_and(|format| format.contains("AWS")));
        frame[11] ^= 1;
        assert_eq!(body_format(&frame), None);
        assert_eq!(body_format(b"data: x"), None);
        assert_eq!(body_format(b"data: x\ndata: y"), None);
        assert_eq!(body_format(b"data:data:"), None);
        assert!(body_format(b"data: {}data: {}").is_some_and(|format| format.contains("iter_lines")));
        assert!(body_format(b"event: xdata: {}event: y").is_some_and(|format| format.contains("iter_lines")));
        assert_eq!(body_format(b"\n<!DOCTYPE html><p>"), Some("an HTML page"));
    }
}
