//! Streams that repeat themselves, or nearly, with the fast path and without.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::values::check(data));
