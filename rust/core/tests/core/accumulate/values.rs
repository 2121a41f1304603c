//! Bodies of JSON values where they meet what is none.

use ssewire_core::{Accumulator, Delta, Dialect, EventTooLarge};

const CHUNK: &str = r#"{"choices":[{"index":0,"delta":{"content":"x"}}]}"#;

fn fed(body: &str, size: usize, limit: Option<usize>) -> (Accumulator, Vec<Result<(), EventTooLarge>>) {
    let mut accumulator = Accumulator::builder().max_event_size(limit).build();
    let results = body.as_bytes().chunks(size).map(|piece| accumulator.feed(piece, |_| {})).collect();
    (accumulator, results)
}

#[test]
fn blanks_over_the_limit_are_the_only_fault() {
    for size in 1..=6 {
        let (accumulator, results) = fed("  {} {}", size, Some(1));
        let faults: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        assert!(faults.iter().all(|fault| (fault.offset, fault.size) == (1, 2)), "by {size}: {faults:?}");
        assert!(!faults.is_empty() && accumulator.is_empty());
    }
}

#[test]
fn a_foreign_body_keeps_the_blanks_behind_a_value() {
    for size in 1..=9 {
        let (mut accumulator, _) = fed("{} ,\nhello", size, None);
        accumulator.flush(|_| {});
        assert_eq!(accumulator.not_a_stream(), Some(&b"{} ,\nhello"[..]), "by {size}");
    }
}

/// However they are cut, and wherever they stand: neither in the count of events nor in an error.
#[test]
fn whitespace_is_no_event() {
    const BLANK: &str = " \n\n\t \r\n\r\n \n \n\n";
    for size in 1..=40 {
        let (mut accumulator, _) = fed(BLANK, size, None);
        accumulator.flush(|_| {});
        assert_eq!((accumulator.events(), accumulator.not_a_stream()), (0, None), "by {size}");
        let (accumulator, _) = fed(&format!("{BLANK}data: {CHUNK}\n\n{BLANK}data: {CHUNK}\n\n"), size, None);
        assert_eq!(accumulator.events(), 2, "by {size}");
    }
}

#[test]
fn no_value_behind_a_terminal_counts() {
    for (dialect, body) in [
        (None, r#"["[DONE]", {"a": 1}, {"message": "bad"}]"#),
        (None, r#"["[DONE]", {"error": {"message": "bad"}}]"#),
        (None, r#"["[DONE]", {"choices": [{"delta": {"content": "x"}}]}]"#),
        (Some("ollama"), "{\"done\":true}\n{\"model\":\"m\",\"response\":\"late\",\"done\":false}\n"),
    ] {
        let (mut accumulator, mut told) =
            (Accumulator::builder().dialect(dialect.map(|name| name.parse::<Dialect>().unwrap())).build(), 0);
        for piece in body.as_bytes().chunks(7) {
            accumulator.feed(piece, |delta| told += usize::from(matches!(delta, Delta::Text { .. }))).unwrap();
        }
        accumulator.flush(|_| {});
        assert!(accumulator.is_complete() && accumulator.snapshot().error().is_none(), "{body}");
        assert_eq!(told, 0, "{body}");
    }
}

#[test]
fn a_value_before_an_error_is_an_event() {
    let mut told = vec![];
    let mut accumulator = Accumulator::default();
    let body = b"{\"status\":\"x\"}\nerror: overloaded\n\n";
    accumulator.feed(body, |delta| told.push(format!("{delta:?}"))).unwrap();
    accumulator.flush(|_| {});
    assert!(told.len() == 1 && told[0].contains("status"), "{told:?}");
    assert!(accumulator.snapshot().error().is_some());
}

#[test]
fn nothing_behind_an_array_counts() {
    let body = format!("[{CHUNK}]\ndata: {CHUNK}\n\ndata: {CHUNK}\n\n");
    for size in 1..=body.len() {
        let (accumulator, _) = fed(&body, size, None);
        assert_eq!(accumulator.snapshot().find_choice(0).unwrap().content(), Some("x"), "by {size}");
        assert!(accumulator.snapshot().done());
    }
}

#[test]
fn a_value_before_a_stream_is_an_event() {
    let body = format!("{{\"detail\":\"no\"}}\ndata: {CHUNK}\n\ndata: [DONE]\n\n");
    for size in 1..=body.len() {
        let (mut accumulator, mut told) = (Accumulator::default(), Vec::new());
        for piece in body.as_bytes().chunks(size) {
            accumulator.feed(piece, |delta| told.push(format!("{delta:?}"))).unwrap();
        }
        accumulator.flush(|_| {});
        let [event, text] = &told[..] else { panic!("by {size}: {told:?}") };
        assert!(event.contains("detail") && text.starts_with("Text"), "by {size}: {told:?}");
        assert!(accumulator.is_complete() && accumulator.snapshot().error().is_none());
    }
}

#[test]
fn events_behind_values_are_counted_behind_them() {
    let body = format!("{CHUNK}\n{CHUNK}\ndata: {CHUNK}\n\ndata: {}", "x".repeat(100));
    for size in [1, 7, body.len()] {
        let (accumulator, results) = fed(&body, size, Some(60));
        let fault = results.into_iter().find_map(Result::err).unwrap();
        let start = body.rfind("data").unwrap() as u64;
        assert_eq!((fault.event, fault.offset, accumulator.events()), (4, start + 60, 3), "by {size}");
    }
}

#[test]
fn an_event_that_no_dialect_folds_is_told_each_time() {
    let mut told = 0;
    let mut accumulator = Accumulator::builder().dialect(Dialect::Ollama).build();
    for _ in 0..3 {
        let out = &mut |delta: Delta<'_>| told += usize::from(matches!(delta, Delta::Other { kind: "event", .. }));
        accumulator.feed(b"{\"weather\":\"sun\",\"thinking\":\"text\"}\n", out).unwrap();
    }
    assert_eq!(told, 3);
}

/// What a body tells by pieces of that size, and what comes of it.
fn told(body: &str, size: usize) -> (Accumulator, Vec<String>) {
    let (mut accumulator, mut told) = (Accumulator::default(), vec![]);
    for piece in body.as_bytes().chunks(size) {
        accumulator.feed(piece, |delta| told.push(format!("{delta:?}"))).unwrap();
    }
    accumulator.flush(|delta| told.push(format!("{delta:?}")));
    (accumulator, told)
}

#[test]
fn values_that_are_no_objects_are_no_events() {
    for body in ["[1,2,3]", "[[1], [2]]", "[\"a\",null]", "[1]\n[2]", "[1, 2 "] {
        for size in 1..=body.len() {
            let (accumulator, told) = told(body, size);
            let missing = accumulator.missing().unwrap();
            assert!(missing.contains("expected an event stream"), "{body} by {size}: {missing}");
            assert_eq!((accumulator.not_a_stream(), told.len()), (Some(body.as_bytes()), 0), "{body} by {size}");
        }
    }
}

#[test]
fn values_before_an_object_are_events() {
    let body = format!("[1, [2],{CHUNK},3]");
    for size in 1..=body.len() {
        let (accumulator, told) = told(&body, size);
        let kinds: Vec<_> = told.iter().map(|delta| delta.split(' ').next().unwrap()).collect();
        assert_eq!(kinds, ["Other", "Other", "Text", "Other"], "by {size}: {told:?}");
        assert!(accumulator.is_complete() && told[1].contains("[2]"), "by {size}: {told:?}");
    }
}
