//! Bodies that are no event stream, and whose first bytes say what they are.

/// What a body is that begins like this; `None` where nothing is known of it.
pub fn body_format(body: &[u8]) -> Option<&'static str> {
    if is_aws_event_stream(body) {
        return Some("binary AWS event stream frames (application/vnd.amazon.eventstream)");
    }
    if body.starts_with(b"\x1F\x8B") {
        return Some("gzip data that was not decompressed");
    }
    let text = body.trim_ascii_start();
    let begins = |tag: &[u8]| text.len() > tag.len() && text[..tag.len()].eq_ignore_ascii_case(tag);
    (begins(b"<!doctype html") || begins(b"<html")).then_some("an HTML page")
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
        assert_eq!(body_format(b"\n<!DOCTYPE html><p>"), Some("an HTML page"));
    }
}
