//! What is encoded comes out of a decoder as it went in.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::encode::check(data));
