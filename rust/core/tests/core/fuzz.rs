//! The fuzzers' checks, over inputs that are the same on every run. `FUZZ_ROUNDS=100` makes them long.

#[path = "../../../fuzz/src/choices.rs"]
mod choices;
#[path = "../../../fuzz/src/cuts.rs"]
#[expect(unreachable_pub, reason = "public for the fuzzers")]
mod cuts;
#[path = "../../../fuzz/src/encode.rs"]
#[expect(unreachable_pub, reason = "public for the fuzzers")]
mod encode;
#[path = "../../../fuzz/src/filling.rs"]
mod filling;
#[path = "../../../fuzz/src/framing.rs"]
#[expect(unreachable_pub, reason = "public for the fuzzers")]
mod framing;
#[path = "../../../fuzz/src/json.rs"]
#[expect(unreachable_pub, reason = "public for the fuzzers")]
mod json;
#[path = "../../../fuzz/src/partial.rs"]
#[expect(unreachable_pub, reason = "public for the fuzzers")]
mod partial;
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
use crate::support::{decode, oracle, shapes, tree};

/// What JSON is made of, and what it might be taken for.
const TOKENS: [&str; 38] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\"a\"",
    "\"\"",
    "\"",
    "\\",
    "\\n",
    "\\u",
    "\\ud83d",
    "\\ude00",
    "00e9",
    "-",
    "0",
    "1",
    "01",
    ".5",
    "e9",
    "E+",
    "true",
    "false",
    "null",
    "nul",
    "NaN",
    "é",
    "😀",
    "\t",
    "\u{7f}",
    "[[]",
    "{\"a\":",
    "{}",
    "\n",
    "data: ",
    "event: x\n",
];

fn bytes(random: &mut Random, count: usize) -> Vec<u8> {
    (0..count).map(|_| u8::try_from(random.below(256)).unwrap()).collect()
}

#[test]
fn every_dialect_has_shapes() {
    let names: Vec<_> = shapes::FAMILIES.iter().map(|family| family.dialect).collect();
    assert!(ssewire_core::Dialect::ALL.iter().all(|dialect| names.contains(&dialect.as_str())), "{names:?}");
}

/// How often each check goes over its inputs, which are others each time: `FUZZ_ROUNDS`, or once.
fn rounds() -> usize {
    std::env::var("FUZZ_ROUNDS").map_or(1, |rounds| rounds.parse().expect("FUZZ_ROUNDS is a number"))
}

/// Checks as many inputs a round, which are the same on every run; says which one fails.
fn run(name: &str, inputs: usize, make: impl Fn(&mut Random, usize) -> Vec<u8>, check: impl Fn(&[u8])) {
    for round in 0..rounds() {
        let mut random = Random::of(&if round == 0 { name.to_owned() } else { format!("{name} {round}") });
        for at in 0..inputs {
            check(&make(&mut random, at));
        }
    }
}

/// What event streams are made of, and what breaks them.
const LINES: [&[u8]; 24] = [
    b"data: ",
    b"data:",
    b"data",
    b"event: ",
    b"event:x",
    b"id: 1",
    b"id",
    b"retry: 5",
    b"retry:x",
    b":",
    b": ping",
    b"\n",
    b"\n",
    b"\n\n",
    b"\r\n",
    b"\r",
    b"\r\n\r\n",
    b"\xEF\xBB\xBF",
    b"\0",
    b"\xE2\x80\xA8",
    b"\xF0\x9F",
    b"x",
    b"[DONE]",
    b"{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
];

/// Options and cuts, as the fuzzers have them, and then a body of lines.
fn body_of_lines(random: &mut Random, at: usize) -> Vec<u8> {
    let mut input = bytes(random, 12);
    (0..at % 24).for_each(|_| input.extend_from_slice(random.choose(&LINES)));
    input
}

#[test]
fn streams_cut_anywhere() {
    run("cuts", 4000, body_of_lines, cuts::check);
    run("cuts of any bytes", 1000, |random, at| bytes(random, 8 + at % 60), cuts::check);
}

#[test]
fn streams_as_the_standard_has_them() {
    run("framing", 8000, body_of_lines, framing::check);
    run("framing of any bytes", 2000, |random, at| bytes(random, 8 + at % 60), framing::check);
}

#[test]
fn streams_that_repeat_themselves_or_nearly() {
    run("templates", 3000, |random, at| bytes(random, 8 + at % 300), templates::check);
}

type Check = fn(&[u8]);

/// What the fuzzers chose of all inputs that they tried: each reaches code that no other does.
#[test]
fn what_the_fuzzers_begin_with() {
    let seeds: [(&str, Check); 7] = [
        (include_str!("../../../fuzz/seeds/cuts.txt"), cuts::check),
        (include_str!("../../../fuzz/seeds/encode.txt"), encode::check),
        (include_str!("../../../fuzz/seeds/framing.txt"), framing::check),
        (include_str!("../../../fuzz/seeds/json.txt"), json::check),
        (include_str!("../../../fuzz/seeds/partial.txt"), partial::check),
        (include_str!("../../../fuzz/seeds/templates.txt"), templates::check),
        (include_str!("../../../fuzz/seeds/values.txt"), values::check),
    ];
    for (inputs, check) in seeds {
        assert!(!inputs.is_empty());
        inputs.lines().for_each(|line| check(&from_hexadecimal(line)));
    }
}

fn from_hexadecimal(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("two hexadecimal digits")).collect()
}

/// Inputs that the fuzzers' rules, or the core, once were wrong about.
#[test]
fn what_fuzzing_found() {
    for payload in
        ["{}\n{}", "data: {}", "event: x\n{}", "\n\n{}\n{\"a\":1}", "{}\r\n{}", "event: x", "data: 1", "{}\n1"]
    {
        json::check(format!("\0{payload}").as_bytes());
    }
    // An array of two numbers.
    values::check(b"\x00\x16\x09\xC4\xC8\x09[\xE5\xFF\xFF\xFF\xFA\xFA\xFA\xFA\xFA2");
    // A body that is cut within what could be a byte order mark, behind an empty array, and where no event may have a byte.
    values::check(b"\xD7\x01\0\0+\0\0\0\x01\xC7\xD8\n;^");
}

#[test]
fn bodies_of_values() {
    run("values", 1500, |random, at| bytes(random, 8 + at % 200), values::check);
}

#[test]
fn payloads_of_any_tokens() {
    let tokens = |random: &mut Random, at: usize| {
        let mut input = bytes(random, 1);
        (0..=at % 12).for_each(|_| input.extend_from_slice(random.choose(&TOKENS).as_bytes()));
        input
    };
    run("json", 20_000, tokens, json::check);
}

#[test]
fn text_that_arrives_in_pieces() {
    let tokens = |random: &mut Random, at: usize| {
        let mut input = bytes(random, 9);
        (0..=at % 14).for_each(|_| input.extend_from_slice(random.choose(&TOKENS).as_bytes()));
        input
    };
    run("partial", 8000, tokens, partial::check);
}

#[test]
fn what_is_encoded() {
    let texts = |random: &mut Random, at: usize| {
        let mut input = bytes(random, 9);
        for part in 0..3 {
            (0..at % (2 + part * 3)).for_each(|_| input.extend_from_slice(random.choose(&LINES)));
            input.push(0xFF);
        }
        input
    };
    run("encode", 8000, texts, encode::check);
}
