//! What is read as JSON against a reader as slow and plain as its RFC.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::json::check(data));
