//! The fuzzers' checks that no other test makes, over inputs that are the same on every run.

#[path = "../../../fuzz/src/choices.rs"]
#[expect(dead_code, reason = "the checks that are not made here use the rest")]
mod choices;
#[path = "../../../fuzz/src/filling.rs"]
mod filling;
#[path = "../../../fuzz/src/json.rs"]
#[expect(unreachable_pub, reason = "public for the fuzzers")]
mod json;
#[path = "../../../fuzz/src/plain_json.rs"]
mod plain_json;
#[path = "../../../fuzz/src/templates.rs"]
#[expect(unreachable_pub, reason = "public for the fuzzers")]
mod templates;
#[path = "../../../fuzz/src/told.rs"]
mod told;
#[path = "../../../fuzz/src/values.rs"]
#[expect(unreachable_pub, reason = "public for the fuzzers")]
mod values;

use crate::support::cuts::{self as cutting, Random};
use crate::support::{oracle, shapes};

/// What JSON is made of, and what it might be taken for.
const TOKENS: [&str; 34] = [
    "{", "}", "[", "]", ",", ":", " ", "\"a\"", "\"\"", "\"", "\\", "\\n", "\\u", "\\ud83d", "\\ude00", "00e9", "-",
    "0", "1", "01", ".5", "e9", "E+", "true", "false", "null", "nul", "NaN", "é", "😀", "\t", "\u{7f}", "[[]",
    "{\"a\":",
];

fn bytes(random: &mut Random, count: usize) -> Vec<u8> {
    (0..count).map(|_| u8::try_from(random.below(256)).unwrap()).collect()
}

#[test]
fn every_dialect_has_shapes() {
    let names: Vec<_> = shapes::FAMILIES.iter().map(|family| family.dialect).collect();
    assert!(ssewire_core::Dialect::ALL.iter().all(|dialect| names.contains(&dialect.as_str())), "{names:?}");
}

#[test]
fn streams_that_repeat_themselves_or_nearly() {
    let mut random = Random::of("templates");
    for count in (0..3000).map(|at| 8 + at % 300) {
        templates::check(&bytes(&mut random, count));
    }
}

#[test]
fn bodies_of_values() {
    let mut random = Random::of("values");
    for count in (0..1500).map(|at| 8 + at % 200) {
        values::check(&bytes(&mut random, count));
    }
}

#[test]
fn payloads_of_any_tokens() {
    let mut random = Random::of("json");
    for count in (0..20_000).map(|at| 1 + at % 12) {
        let mut input = bytes(&mut random, 1);
        (0..count).for_each(|_| input.extend_from_slice(random.choose(&TOKENS).as_bytes()));
        json::check(&input);
    }
}
