//! JSON that arrives in pieces against all of it so far.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::partial::check(data));
