//! The decoder against an interpreter as slow and plain as the standard.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::framing::check(data));
