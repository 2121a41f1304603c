//! Whether two scalars are the same value, however they are written.

use crate::json::Raw;

/// Numbers longer than this, in bytes, are equal only if they are written equally.
const LONGEST_NUMBER: usize = 1024;

pub(super) fn equal_scalars(one: Raw<'_>, other: Raw<'_>) -> bool {
    let (a, b) = (one.as_str(), other.as_str());
    // An escape takes six bytes for one: beyond that factor texts cannot be equal, and need not be decoded.
    if a.len() > b.len().saturating_mul(6) || b.len() > a.len().saturating_mul(6) {
        return equal_numbers(a, b);
    }
    match (one.text(), other.text()) {
        (Some(one), Some(other)) => one == other,
        (None, None) => equal_numbers(a, b),
        _ => false,
    }
}

fn equal_numbers(one: &str, other: &str) -> bool {
    decimal(one).is_some_and(|one| decimal(other) == Some(one))
}

/// A number's sign, its digits without zeros at either end, and the exponent of the last; `None` of anything else.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    if text.len() > LONGEST_NUMBER || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let shift = i64::try_from(digits.len() - significant.len()).ok()? - i64::try_from(fraction.len()).ok()?;
    let significant = significant.trim_start_matches('0').to_owned();
    if significant.is_empty() {
        return Some((false, significant, 0));
    }
    Some((negative, significant, exponent.parse::<i64>().ok()?.checked_add(shift)?))
}
