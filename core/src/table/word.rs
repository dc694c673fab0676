//! Words that stand for a missing value, for yes and for no.

/// Texts that are missing values, as pandas reads them. `None` and `NA` are among them: in a CSV a value cannot be spelt so.
pub const MISSING: [&str; 19] = [
    "", "NA", "NaN", "nan", "null", "NULL", "None", "N/A", "n/a", "#N/A", "#NA", "<NA>", "-NaN", "-nan", "1.#IND", "-1.#IND",
    "1.#QNAN", "-1.#QNAN", "#N/A N/A",
];
/// Texts that mean yes, in any case.
pub const YES: [&str; 6] = ["1", "1.0", "true", "yes", "y", "t"];
/// Texts that mean no, in any case.
pub const NO: [&str; 6] = ["0", "0.0", "false", "no", "n", "f"];

/// `text` without the white space around it; most texts have none, and their ends are looked at only once.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        [only] if only.is_ascii_graphic() => text,
        [] => text,
        _ => text.trim(),
    }
}

/// Whether `text` is one of [`MISSING`].
///
/// # Example
/// ```
/// use plumbline_core::table::is_missing;
/// assert!(is_missing("") && is_missing("NA") && !is_missing("na") && !is_missing("0"));
/// ```
#[inline]
pub fn is_missing(text: &str) -> bool {
    // Most values differ from all of them in their first byte.
    let may_be = match text.as_bytes() {
        [b'1', second, ..] => *second == b'.',
        [first, ..] => matches!(first, b'N' | b'n' | b'#' | b'<' | b'-'),
        [] => true,
    };
    may_be && text.len() <= 9 && MISSING.contains(&text)
}

/// Yes or no, when `text` is one of [`YES`] or [`NO`] in any case.
///
/// # Example
/// ```
/// use plumbline_core::table::word::flag;
/// assert_eq!([flag("Yes"), flag("0"), flag("2")], [Some(true), Some(false), None]);
/// ```
pub fn flag(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(&YES) { Some(true) } else { is(&NO).then_some(false) }
}

/// Yes or no as pandas sniffs it in a CSV.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text {
        "True" | "TRUE" | "true" => Some(true),
        "False" | "FALSE" | "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn ends_are_trimmed_as_std_trims_them(text in "[a \\t\u{a0}\u{b}\u{1f}é]{0,4}") {
            proptest::prop_assert_eq!(trim(&text), text.trim());
        }
    }
}
