//! JSON while it arrives: after every beginning of a text, and wherever it is cut, what is certain is what the slow way
//! finds; a fault is told with the character that makes it certain.

use proptest::prelude::*;
use proptest::sample::Index;
use ssewire_core::{NotJson, PartialJson, Step, Text};

use crate::support::json::Json;
use crate::support::tree::{certain, closed, grow, is_json, is_whole};

const TEXTS: [&str; 22] = [
    "",
    " \t\r\n",
    "{}",
    " { } ",
    "[]",
    "[ ]",
    r#""""#,
    r#""text""#,
    "true",
    "null ",
    "12 ",
    "-0.5e+10\n",
    r#"{"a":1,"b":[true,false,null],"c":{"d":"e"}}"#,
    r#" { "a" : 1 , "b" : [ 0 , -1.5 , 10e2 ] , "" : "" } "#,
    r#"["\"\\\/\b\f\n\r\t", "\u0041\u00e9\u20AC", "é€😀"]"#,
    r#"["\ud83d\ude00", "x\uD83D\uDE00y\ud83d\ude00"]"#,
    r#"{"\u0061\n": {"é😀": "\\u0041"}, "\ud83d\ude00": []}"#,
    r"[[[[]]], [{}], {}]",
    r#"[18446744073709551616, -1e99, 1.0, 1E5, 0, "0", 12345678901234567890]"#,
    r#"{"a": 1, "A": "2", "b": {"a": 3}}"#,
    r#"{"query": "SELECT \"x\" FROM t\n", "limit": 10, "tags": ["a", "b"]}"#,
    r#"["[{", "}]", "\"]"]"#,
];

fn fault(text: &str) -> NotJson {
    grow([text]).1.unwrap_or_else(|| panic!("no fault in {text}"))
}

fn characters(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(|_| true)
}

#[test]
fn after_each_character_what_is_certain_is_what_can_be_closed() {
    for text in TEXTS {
        let (seen, fault) = grow(characters(text));
        assert_eq!(fault, None, "{text}");
        for (count, seen) in seen.iter().enumerate() {
            let begin: String = text.chars().take(count + 1).collect();
            assert_eq!(*seen, certain(&begin), "{begin}");
        }
    }
}

#[test]
fn cuts_change_nothing() {
    for text in TEXTS {
        let places: Vec<_> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
        for (index, &first) in places.iter().enumerate() {
            for &second in &places[index..] {
                let (seen, _) = grow([&text[..first], &text[first..second], &text[second..]]);
                let expected = [first, second, text.len()].map(|end| certain(&text[..end]));
                assert_eq!(seen, expected, "{text} cut at {first} and {second}");
            }
        }
    }
}

#[test]
fn half_a_pair_is_told_when_its_other_half_cannot_come() {
    for (begin, told) in [
        (r#""\ud83d"#, false),
        (r#""\ud83d\"#, false),
        (r#""\ud83d\u"#, false),
        (r#""\ud83d\ud"#, false),
        (r#""\ud83d\uDf"#, false),
        (r#""\ud83dx"#, true),
        (r#""\ud83d\n"#, true),
        (r#""\ud83d\u0"#, true),
        (r#""\ud83d\ud8"#, true),
        (r#""\ud83d""#, true),
    ] {
        let mut pieces = Vec::new();
        let mut json = PartialJson::default();
        for piece in characters(begin) {
            json.feed(piece, &mut |step| pieces.push(format!("{step:?}"))).unwrap();
        }
        let found = pieces.iter().any(|step| step.contains("237, 160, 189"));
        assert_eq!(found, told, "{begin}: {pieces:?}");
    }
    assert_eq!(steps(r#""\ude00""#), [format!("{:?}", Step::String(Text::Wtf8(b"\xED\xB8\x80".to_vec())))]);
    let name = Text::Wtf8([b"\xED\xA0\xBD", "😀".as_bytes()].concat());
    assert_eq!(steps(r#"{"\ud83d\ud83d\ude00""#)[1], format!("{:?}", Step::Name(name)));
}

fn steps(text: &str) -> Vec<String> {
    let mut steps = Vec::new();
    PartialJson::default().feed(text, &mut |step| steps.push(format!("{step:?}"))).unwrap();
    steps
}

#[test]
fn pythons_constants_are_read() {
    let (seen, fault) = grow(characters(r#"[NaN, -Infinity, {"NaN": Infinity}, -1]"#));
    let word = |word: &str| Json::Verbatim(word.into());
    let inner = Json::object([("NaN", word("Infinity"))]);
    let whole = Json::List(vec![word("NaN"), word("-Infinity"), inner, word("-1")]);
    assert_eq!((seen.last(), fault), (Some(&Some(whole)), None));
    for word in ["NaN", "Infinity", "-Infinity"] {
        assert!((1..word.len()).all(|end| grow([&word[..end]]) == (vec![None], None)), "{word}");
        assert!(is_whole(word));
    }
}

#[test]
fn a_number_is_told_with_the_byte_behind_it() {
    let mut json = PartialJson::default();
    json.feed("[-1", &mut |step| assert_eq!(step, Step::Array)).unwrap();
    assert_eq!((json.number(), json.number_so_far()), (Some("-1"), Some("-1")));
    json.feed("2.", &mut |step| panic!("{step:?}")).unwrap();
    assert_eq!((json.number(), json.number_so_far()), (None, Some("-12")));
    json.feed("50e", &mut |step| panic!("{step:?}")).unwrap();
    assert_eq!((json.number(), json.number_so_far()), (None, Some("-12.50")));
    json.feed("1,", &mut |step| assert_eq!(step, Step::Number("-12.50e1"))).unwrap();
    assert_eq!((json.number(), json.number_so_far()), (None, None));
    json.feed("-", &mut |step| panic!("{step:?}")).unwrap();
    assert_eq!((json.number(), json.number_so_far()), (None, None));
    json.feed(&"1".repeat(1000), &mut |step| panic!("{step:?}")).unwrap();
    assert_eq!(json.number().map(str::len), Some(1001));
    assert_eq!(json.number_so_far().map(str::len), Some(64));
}

#[test]
fn faults_say_what_came_what_was_expected_and_where() {
    for (text, expected, got, at) in [
        ("x", "a value", 'x', 0),
        ("\u{FEFF}{}", "a value", '\u{FEFF}', 0),
        ("é{}", "a value", 'é', 0),
        ("]", "a value", ']', 0),
        ("[,", "a value or ']'", ',', 1),
        ("[}", "a value or ']'", '}', 1),
        ("[1,]", "a value", ']', 3),
        ("[1}", "',' or ']'", '}', 2),
        ("[1 2", "',' or ']'", '2', 3),
        ("{1", "a name in quotes or '}'", '1', 1),
        ("{\"é😀\":1,}", "a name in quotes", '}', 8),
        ("{\"a\" 1", "':'", '1', 5),
        ("{\"a\":1]", "',' or '}'", ']', 6),
        ("{\"a\":}", "a value", '}', 5),
        ("{}{", "nothing behind the value", '{', 2),
        ("1 2", "nothing behind the value", '2', 2),
        ("\"\" \"", "nothing behind the value", '"', 3),
        ("trux", "true", 'x', 3),
        ("nan", "null", 'a', 1),
        ("-Inx", "-Infinity", 'x', 3),
        ("01", "nothing behind the value", '1', 1),
        ("[1.]", "a digit", ']', 3),
        ("[-]", "a digit", ']', 2),
        ("[1e+x", "a digit", 'x', 4),
        ("\"é\n", "'\"' or no control character", '\n', 2),
        ("\"\u{1F}", "'\"' or no control character", '\u{1F}', 1),
        ("\"\\x", "one of \"\\/bfnrtu behind a backslash", 'x', 2),
        ("\"\\é", "one of \"\\/bfnrtu behind a backslash", 'é', 2),
        ("\"\\u12é", "a hexadecimal digit", 'é', 5),
        ("'a'", "a value", '\'', 0),
        ("```json", "a value", '`', 0),
    ] {
        let told = Some(NotJson { expected, got, at });
        assert_eq!(Some(fault(text)), told, "{text}");
        assert_eq!(grow(characters(text)).1, told, "{text} bytewise");
        assert_eq!(grow([text, "{}"]).1, told, "{text}");
    }
    let told = fault("[1}").to_string();
    assert_eq!(told, "expected ',' or ']', got '}' at character 2");
}

#[test]
fn nesting_is_bounded_and_needs_no_stack() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(is_whole(&deep(1024)));
    assert_eq!(fault(&deep(1025)).at, 1024);
    let objects = "{\"a\":".repeat(1_000_000);
    assert_eq!(fault(&objects).at, 5 * 1024);
    assert!(is_whole(&format!("[{}[]]", "[],".repeat(100_000))));
}

#[test]
fn nothing_is_looked_at_again() {
    // The sizes are the proof: what looks at 8 MB again for each of 400,000 pieces takes minutes.
    let repeated = |begin: &str, piece: &str, end: &str| {
        let pieces = [begin].into_iter().chain(std::iter::repeat_n(piece, 400_000)).chain([end]);
        let mut json = PartialJson::default();
        pieces.for_each(|piece| {
            json.feed(piece, &mut |_| {}).unwrap();
            assert!(json.number_so_far().is_none_or(|digits| digits.len() <= 64));
        });
        assert!(json.feed("x", &mut |_| {}).unwrap_err().to_string().starts_with("expected nothing behind the value"));
    };
    repeated("[\"", "0123456789é€😀x", "\"]");
    repeated("[\"", "\\n\\ud83d\\ude00\\ud83d", "\"]");
    repeated("{\"", "0123456789\\u0041abcd", "\":0}");
    repeated("[", "12345678901234567890", "]");
    repeated("[", "                    ", "]");
    repeated("[0", ",1,{\"a\":[]},\"\",true", "]");
}

/// Text as a model might write it, and as nobody would.
fn values() -> impl Strategy<Value = String> {
    let space = prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\n\t")];
    let string = r#"(\\["\\/bfnrt]|\\u00[0-9a-fA-F]{2}|\\ud83d\\ude0[0-9]|[a-z é€😀{}\[\],:]){0,6}"#;
    let number = r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,3})?([eE][-+]?[0-9]{1,2})?";
    let word = prop_oneof![Just("true"), Just("false"), Just("null")];
    let scalar = prop_oneof![
        string.prop_map(|text| format!("\"{text}\"")),
        number.prop_map(|digits| digits),
        word.prop_map(str::to_owned)
    ];
    scalar.prop_recursive(4, 24, 5, move |value| {
        let member = (0..1000_u32, string, value.clone());
        let items = prop::collection::vec(value, 0..5);
        let members = prop::collection::vec(member, 0..5);
        prop_oneof![
            (items, space.clone()).prop_map(|(items, space)| bracketed('[', &items, space, ']')),
            (members, space.clone()).prop_map(|(members, space)| {
                // A name of its own for each member: the slow way refuses repeats.
                let written =
                    members.iter().enumerate().map(|(at, (_, name, value))| format!("\"{name}{at}\":{space}{value}"));
                bracketed('{', &written.collect::<Vec<_>>(), space, '}')
            }),
        ]
    })
}

fn bracketed(open: char, items: &[String], space: &str, close: char) -> String {
    format!("{open}{space}{}{space}{close}", items.join(&format!("{space},{space}")))
}

fn pieces<'a>(text: &'a str, cuts: &[Index]) -> Vec<&'a str> {
    let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
    ends.retain(|&end| text.is_char_boundary(end));
    ends.extend([0, text.len()]);
    ends.sort_unstable();
    ends.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect()
}

/// Ways to go on, of which one makes JSON of every text without a fault.
const TAILS: [&str; 14] =
    ["", "0", "\"", ":0", "\":0", "\"\":0", "n", "n\":0", "0000", "000", "00", "0000\":0", "000\":0", "00\":0"];

fn can_become_json(text: &str) -> bool {
    let words =
        ["null", "true", "false", "NaN", "Infinity"].iter().flat_map(|word| (0..word.len()).map(|at| &word[at..]));
    let more = ["0\":0"].into_iter().chain(TAILS).chain(words);
    more.map(|tail| closed(&format!("{text}{tail}"))).any(|text| is_json(&standard(&text)))
}

/// The text with Python's constants as numbers.
fn standard(text: &str) -> String {
    ["-Infinity", "Infinity", "NaN"].iter().fold(text.to_owned(), |text, word| text.replace(word, " 1 "))
}

proptest! {
    #[test]
    fn any_text_at_any_cuts(text in values(), cuts in prop::collection::vec(any::<Index>(), 0..8)) {
        let pieces = pieces(&text, &cuts);
        let (seen, fault) = grow(pieces.iter().copied());
        prop_assert_eq!(fault, None);
        let mut begin = String::new();
        for (piece, seen) in pieces.iter().zip(seen) {
            begin.push_str(piece);
            prop_assert_eq!(seen, certain(&begin), "{}", begin);
        }
        prop_assert!(is_whole(&text));
    }

    #[test]
    fn a_fault_is_told_when_it_is_certain(text in r#"([\[\]{},:"\\ntrueflas0-9.eE+\-uN Iinityé]|"a":|true|\[1|\{"){0,12}"#) {
        prop_assert_eq!(is_whole(&text), is_json(&standard(&text)) , "{}", text);
        match grow([text.as_str()]).1 {
            None => prop_assert!(can_become_json(&text), "{}", text),
            Some(fault) => {
                let before: String = text.chars().take(fault.at).collect();
                prop_assert!(can_become_json(&before), "{} before {:?}", before, fault);
                prop_assert_eq!(text.chars().nth(fault.at), Some(fault.got));
            }
        }
    }
}
