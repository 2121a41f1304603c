//! Patches that apply, that do not, and that would take too much.

use proptest::prelude::*;

use super::*;

/// A document after a patch; `None` where it does not apply.
fn patched(document: &str, patch: &str) -> Option<String> {
    let (source, patch) = (Source::of(document), Source::of(patch));
    let mut document = Document { root: source.leaf().into(), allowance: Allowance::of(document) };
    document.allowance.receive(patch.raw().as_str());
    let applies = document.patch(&patch);
    let mut text = String::new();
    document.root.write(&mut text);
    let same = |text: &str| Source::of(text).leaf().extent();
    assert!(document.root.extent().size >= text.len() && document.root.extent().depth == same(&text).depth);
    assert!(applies || is_same(&text, source.raw().as_str()), "{text}");
    applies.then_some(text)
}

#[test]
fn operations_apply() {
    for (document, patch, result) in [
        (r#"{"a":1}"#, r#"[{"op":"add","path":"/b","value":null}]"#, r#"{"a":1,"b":null}"#),
        (
            r#"{"a":[1,2]}"#,
            r#"[{"op":"add","path":"/a/1","value":9},{"op":"add","path":"/a/-","value":8}]"#,
            r#"{"a":[1,9,2,8]}"#,
        ),
        (r#"{"a":{"b":1},"c":2}"#, r#"[{"op":"remove","path":"/a/b"}]"#, r#"{"a":{},"c":2}"#),
        ("[1.00, 2]", r#"[{"op":"replace","path":"/1","value":18446744073709551616}]"#, "[1.00,18446744073709551616]"),
        (
            r#"{"a":{"b":[1,2]},"c":{}}"#,
            r#"[{"op":"move","from":"/a/b/0","path":"/c/d"}]"#,
            r#"{"a":{"b":[2]},"c":{"d":1}}"#,
        ),
        (r#"{"a":{"b":1}}"#, r#"[{"op":"copy","from":"/a","path":"/a/c"}]"#, r#"{"a":{"b":1,"c":{"b":1}}}"#),
        (r#"{"a":1}"#, r#"[{"op":"copy","from":"","path":"/b"},{"op":"remove","path":"/a"}]"#, r#"{"b":{"a":1}}"#),
        (r#"{"a":1}"#, r#"[{"op":"add","path":"","value":[1]}]"#, "[1]"),
        (r#"{"a":1}"#, r#"[{"op":"remove","path":""}]"#, "null"),
        (
            r#"{"a/b":1,"m~n":2,"~1":3,"":4}"#,
            r#"[{"op":"remove","path":"/a~1b"},{"op":"remove","path":"/m~0n"},{"op":"remove","path":"/~01"},{"op":"replace","path":"/","value":5}]"#,
            r#"{"":5}"#,
        ),
        (
            r#"{"a": [1, {"b": "\u0063"}]}"#,
            r#"[{"op":"test","path":"/a","value":[1.0,{"b":"c"}]}]"#,
            r#"{"a":[1, {"b": "\u0063"}]}"#,
        ),
        (r#"{"a":1}"#, r#"[{"op":"move","from":"/a","path":"/a"}]"#, r#"{"a":1}"#),
        (r#"{"a":{"b":1}}"#, r#"[{"op":"move","from":"/a/b","path":"/a"}]"#, r#"{"a":1}"#),
        (r#"{"a":1}"#, "[]", r#"{"a":1}"#),
        (
            r#"{"a":1,"b":2}"#,
            r#"[{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":3},{"op":"test","path":"","value":{"b":2,"a":3}}]"#,
            r#"{"b":2,"a":3}"#,
        ),
        ("null", r#"[{"op":"add","path":"/a","value":1}]"#, r#"{"a":1}"#),
    ] {
        let patched = patched(document, patch).map(|text| text.replace(": ", ":").replace(", ", ","));
        assert_eq!(patched.as_deref(), Some(result.replace(": ", ":").replace(", ", ",").as_str()), "{patch}");
    }
}

/// The examples of RFC 6902's appendix A, by their numbers.
#[test]
fn the_examples_of_the_standard_hold() {
    for (number, document, patch, result) in [
        (1, r#"{"foo":"bar"}"#, r#"[{"op":"add","path":"/baz","value":"qux"}]"#, Some(r#"{"foo":"bar","baz":"qux"}"#)),
        (
            2,
            r#"{"foo":["bar","baz"]}"#,
            r#"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
            Some(r#"{"foo":["bar","qux","baz"]}"#),
        ),
        (3, r#"{"baz":"qux","foo":"bar"}"#, r#"[{"op":"remove","path":"/baz"}]"#, Some(r#"{"foo":"bar"}"#)),
        (4, r#"{"foo":["bar","qux","baz"]}"#, r#"[{"op":"remove","path":"/foo/1"}]"#, Some(r#"{"foo":["bar","baz"]}"#)),
        (
            5,
            r#"{"baz":"qux","foo":"bar"}"#,
            r#"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            Some(r#"{"baz":"boo","foo":"bar"}"#),
        ),
        (
            6,
            r#"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            r#"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            Some(r#"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#),
        ),
        (
            7,
            r#"{"foo":["all","grass","cows","eat"]}"#,
            r#"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            Some(r#"{"foo":["all","cows","eat","grass"]}"#),
        ),
        (
            8,
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
            r#"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            Some(r#"{"baz":"qux","foo":["a",2,"c"]}"#),
        ),
        (9, r#"{"baz":"qux"}"#, r#"[{"op":"test","path":"/baz","value":"bar"}]"#, None),
        (
            10,
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            Some(r#"{"foo":"bar","child":{"grandchild":{}}}"#),
        ),
        (
            11,
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#,
            Some(r#"{"foo":"bar","baz":"qux"}"#),
        ),
        (12, r#"{"foo":"bar"}"#, r#"[{"op":"add","path":"/baz/bat","value":"qux"}]"#, None),
        (14, r#"{"/":9,"~1":10}"#, r#"[{"op":"test","path":"/~01","value":10}]"#, Some(r#"{"/":9,"~1":10}"#)),
        (15, r#"{"/":9,"~1":10}"#, r#"[{"op":"test","path":"/~01","value":"10"}]"#, None),
        (
            16,
            r#"{"foo":["bar"]}"#,
            r#"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            Some(r#"{"foo":["bar",["abc","def"]]}"#),
        ),
    ] {
        assert_eq!(patched(document, patch).as_deref(), result, "A.{number}");
    }
}

#[test]
fn what_does_not_apply_is_refused() {
    for patch in [
        "{}",
        "[1]",
        r#"[{"op":"add","path":"/x"}]"#,
        r#"[{"op":"add","path":"/x/y","value":1}]"#,
        r#"[{"op":"add","path":"x","value":1}]"#,
        r#"[{"op":"add","path":"/a/~2","value":1}]"#,
        r#"[{"op":"add","path":"/l/3","value":1}]"#,
        r#"[{"op":"add","path":"/l/01","value":1}]"#,
        r#"[{"op":"add","path":"/l/+1","value":1}]"#,
        r#"[{"op":"add","path":"/s/0","value":1}]"#,
        r#"[{"op":"remove","path":"/x"}]"#,
        r#"[{"op":"remove","path":"/l/-"}]"#,
        r#"[{"op":"remove","path":"/l/2"}]"#,
        r#"[{"op":"replace","path":"/x","value":1}]"#,
        r#"[{"op":"remove","path":"/a"},{"op":"remove","path":"/a"}]"#,
        r#"[{"op":"move","from":"/a","path":"/a/b"}]"#,
        r#"[{"op":"move","from":"","path":"/a"}]"#,
        r#"[{"op":"copy","from":"/x","path":"/y"}]"#,
        r#"[{"op":"test","path":"/a","value":{"b":2}}]"#,
        r#"[{"op":"test","path":"/l","value":[1]}]"#,
        r#"[{"op":"test","path":"/l","value":[2,1]}]"#,
        r#"[{"op":"test","path":"/s","value":null}]"#,
        r#"[{"op":"add","path":"/y","value":1},{"op":"jump","path":"/a"}]"#,
        r#"[{"op":"add","value":1}]"#,
    ] {
        assert_eq!(patched(r#"{"a":{"b":1},"l":[1,2],"s":"x"}"#, patch), None, "{patch}");
    }
}

/// A state after patches that arrive one by one.
fn state(document: &str, patches: impl IntoIterator<Item = String>) -> String {
    let mut state = Patched::of(document.to_owned());
    patches.into_iter().for_each(|patch| state.push(Payload::parse(&patch).unwrap().raw()));
    state.json()
}

const DOUBLE: &str = r#"{"op":"copy","from":"","path":"/N"}"#;

#[test]
fn copies_end_where_too_few_bytes_came() {
    let double = |at: usize| DOUBLE.replace('N', &at.to_string());
    let doubled = |times| format!("[{}]", (0..times).map(double).collect::<Vec<_>>().join(","));
    for (document, most) in [(r#"{"b":"0123456789"}"#.to_owned(), PATCHED_SIZE), (long(1 << 20), 4 << 20)] {
        let bytes = document.len() + doubled(60).len();
        let bound = most..most + PATCHED_GROWTH * bytes;
        let one_by_one = state(&document, (0..60).map(|at| format!("[{}]", double(at))));
        assert!((bound.end / 4..bound.end).contains(&one_by_one.len()), "{}", one_by_one.len());
        assert_eq!(patched(&document, &doubled(60)), None);
    }
    assert!(patched(r#"{"b":"0123456789"}"#, &doubled(10)).is_some_and(|text| text.len() > 1 << 10));
}

fn long(size: usize) -> String {
    format!(r#"{{"b":"{}"}}"#, "0".repeat(size))
}

#[test]
fn what_a_patch_takes_out_counts_until_it_has_applied() {
    let document = long(1 << 20);
    let copies = [r#"{"op":"copy","from":"/b","path":"/c"}"#; 10];
    assert_eq!(patched(&document, &format!("[{}]", copies.join(","))), None);
    let one_by_one = copies.iter().map(|copy| format!("[{copy}]"));
    assert_eq!(state(&document, one_by_one).len(), 2 * document.len() - 1);
    let there_and_back = r#"{"op":"move","from":"/b","path":"/c"},{"op":"move","from":"/c","path":"/b"}"#;
    assert!(patched(&document, &format!("[{}]", vec![there_and_back; 100].join(","))).is_some());
}

#[test]
fn copying_what_is_wide_again_and_again_ends() {
    let wide = |items| format!(r#"{{"l":[{}0],"n":0}}"#, "0,".repeat(items));
    let patch = r#"[{"op":"replace","path":"/l/0","value":1},{"op":"copy","from":"/l","path":"/m"},{"op":"replace","path":"/n","value":N}]"#;
    let copies = |items: usize, times: usize| {
        let state = state(&wide(items), (1..=times).map(|at| patch.replace('N', &at.to_string())));
        Payload::parse(&state).unwrap().raw().object().get("n").unwrap().as_str().parse::<usize>().unwrap()
    };
    assert_eq!(copies(1000, 3000), 3000);
    let done = copies(100_000, 300);
    assert!((20..60).contains(&done), "{done}");
}

#[test]
fn how_deep_a_document_may_be_goes_by_its_depth_not_by_its_brackets() {
    for brackets in 120..136 {
        let document = format!(r#"{{"a":[{}[]],"b":1}}"#, "[],".repeat(brackets - 3));
        for patch in [r#"[{"op":"move","from":"/b","path":"/c"}]"#, r#"[{"op":"copy","from":"/b","path":"/c"}]"#] {
            assert!(patched(&document, patch).is_some(), "{brackets}");
        }
    }
    // With the document's own level and the event's around it.
    let most = PAYLOAD_DEPTH - 2;
    for (depth, fits) in [(most - 1, true), (most, true), (most + 1, false)] {
        let value = format!("{}{}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        let document = format!(r#"{{"v":{value},"l":[]}}"#);
        for op in ["copy", "move"] {
            let patch = format!(r#"[{{"op":"{op}","from":"/v","path":"/l/-"}}]"#);
            assert_eq!(patched(&document, &patch).is_some(), fits, "{op} {depth}");
        }
        let patch = format!(r#"[{{"op":"add","path":"/l/0","value":{value}}}]"#);
        assert_eq!(patched(r#"{"l":[]}"#, &patch).is_some(), fits, "{depth}");
    }
    let deeper = r#"{"op":"add","path":"/n","value":{}},{"op":"move","from":"/t","path":"/n/t"},{"op":"move","from":"/n","path":"/t"}"#;
    let deep = |times| patched(r#"{"t":1}"#, &format!("[{}]", vec![deeper; times].join(",")));
    assert!(deep(126).is_some());
    assert_eq!(deep(127), None);
    assert_eq!(deep(20_000), None);
    // What was deep and is no more does not count.
    let flat = format!(r#"[{{"op":"remove","path":"/v"}},{deeper}]"#);
    let value = format!("{}{}", "[".repeat(126), "]".repeat(126));
    assert!(patched(&format!(r#"{{"t":1,"v":{value}}}"#), &flat).is_some());
}

#[test]
fn moves_are_undone() {
    for document in [r#"{"a":{"b":1,"c":2},"l":[1,2,3]}"#, r#"{"a":[1,2],"l":[{}, 2]}"#] {
        for moves in [
            r#"{"op":"move","from":"/a/b","path":"/l/0"}"#,
            r#"{"op":"move","from":"/l/0","path":"/a"}"#,
            r#"{"op":"move","from":"/l/0","path":"/l/1"},{"op":"move","from":"/l","path":"/a"}"#,
            r#"{"op":"move","from":"/a/0","path":"/l/-"},{"op":"move","from":"/l/2","path":""}"#,
            r#"{"op":"move","from":"/l/0","path":"/a/b"},{"op":"move","from":"/a/b","path":"/a/x/y"}"#,
            r#"{"op":"move","from":"/l/1","path":"/x/y"}"#,
        ] {
            for end in ["", r#",{"op":"remove","path":"/none"}"#] {
                let patch = format!("[{moves}{end}]");
                let applied = patched(document, &patch);
                assert!(end.is_empty() || applied.is_none());
                if applied.is_none() {
                    // Written out, the order of the members is back too.
                    assert_eq!(state(document, [patch]).replace(' ', ""), document.replace(' ', ""));
                }
            }
        }
    }
}

#[test]
fn long_lists_and_wide_objects_are_patched_in_time() {
    let items = |what: &dyn Fn(usize) -> String| (0..30_000).map(what).collect::<Vec<_>>().join(",");
    let list = items(&|at| format!(r#"{{"op":"add","path":"/0","value":{at}}}"#));
    let list = patched("[]", &format!("[{list}]")).unwrap();
    assert!(list.starts_with("[29999,29998,") && list.ends_with(",1,0]"));
    let less = items(&|_| r#"{"op":"remove","path":"/0"}"#.into());
    assert_eq!(patched(&list, &format!("[{less}]")).as_deref(), Some("[]"));
    let members =
        items(&|at| format!(r#"{{"op":"add","path":"/m{at}","value":{{}}}},{{"op":"remove","path":"/m{at}"}}"#));
    assert_eq!(patched("{}", &format!("[{members}]")).as_deref(), Some("{}"));
}

const OPERATIONS: [&str; 14] = [
    r#"{"op":"add","path":"/a","value":1}"#,
    r#"{"op":"add","path":"/a/b","value":[]}"#,
    r#"{"op":"add","path":"/a/0","value":{"a":{}}}"#,
    r#"{"op":"add","path":"/a/-","value":null}"#,
    r#"{"op":"add","path":"","value":{"a":[1, 2]}}"#,
    r#"{"op":"replace","path":"/a","value":{"b":[{}]}}"#,
    r#"{"op":"replace","path":"","value":null}"#,
    r#"{"op":"remove","path":"/a"}"#,
    r#"{"op":"remove","path":"/a/0"}"#,
    r#"{"op":"remove","path":""}"#,
    r#"{"op":"move","from":"/a","path":"/c"}"#,
    r#"{"op":"move","from":"/c","path":"/a/b"}"#,
    r#"{"op":"copy","from":"/a","path":"/d"}"#,
    r#"{"op":"test","path":"/a","value":1}"#,
];

#[test]
fn what_would_be_too_deep_alone_is_so_among_others() {
    let deep = format!(r#"[{{"op":"add","path":"/a/b/x","value":{}{}}}]"#, "[".repeat(125), "]".repeat(125));
    let next = r#"[{"op":"remove","path":"/a/b/x"},{"op":"add","path":"/ok","value":1}]"#;
    let mut value = Patched::of(r#"{"a":{"b":{}}}"#.into());
    for patch in [deep.as_str(), next] {
        value.push(Payload::parse(patch).unwrap().raw());
    }
    assert_eq!(value.json(), r#"{"a":{"b":{}}}"#);
}

#[test]
fn patches_that_apply_in_part_are_undone_in_time() {
    let items: Vec<_> = (0..100_000).map(|at| at.to_string()).collect();
    let document = format!(r#"{{"l":[{}],"n":0}}"#, items.join(","));
    let mut value = Patched::of(document.clone());
    let half =
        r#"[{"op":"add","path":"/l/5","value":1},{"op":"remove","path":"/n"},{"op":"test","path":"/x","value":1}]"#;
    for _ in 0..3000 {
        value.push(Payload::parse(half).unwrap().raw());
    }
    assert_eq!(value.json(), document);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn patches_that_wait_change_the_same(
        patches in prop::collection::vec(prop::collection::vec(prop::sample::select(&OPERATIONS[..]), 1..3), 1..60),
        long in 0..200_usize,
    ) {
        let (mut one_by_one, mut waiting) = ("null".to_owned(), Patched::of("null".into()));
        for operations in patches {
            let patch = format!("[{}{}]", operations.join(","), " ".repeat(long));
            one_by_one = patched(&one_by_one, &patch).unwrap_or(one_by_one);
            waiting.push(Payload::parse(&patch).unwrap().raw());
        }
        // What was looked into is written anew.
        let compact = |text: &str| text.replace(' ', "");
        prop_assert_eq!(compact(&waiting.json()), compact(&one_by_one));
    }
}
