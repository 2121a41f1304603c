//! Bodies of JSON values where they meet what is none.

use ssewire_core::{Accumulator, EventTooLarge};

fn fed(body: &str, size: usize, limit: Option<usize>) -> (Accumulator, Vec<Result<(), EventTooLarge>>) {
    let mut accumulator = Accumulator::new(None, limit).unwrap();
    let results = body.as_bytes().chunks(size).map(|piece| accumulator.feed(piece, &mut |_| {})).collect();
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
        accumulator.flush(&mut |_| {});
        assert_eq!(accumulator.foreign(), Some(&b"{} ,\nhello"[..]), "by {size}");
    }
}

#[test]
fn no_value_behind_the_sentinel_is_held() {
    let (mut accumulator, _) = fed(r#"["[DONE]", {"a": 1}, {"message": "bad"}]"#, 7, None);
    accumulator.flush(&mut |_| {});
    assert!(accumulator.is_complete() && accumulator.snapshot().error().is_none());
}
