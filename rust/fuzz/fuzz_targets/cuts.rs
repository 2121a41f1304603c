//! The same bytes whole and cut anywhere.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::cuts::check(data));
