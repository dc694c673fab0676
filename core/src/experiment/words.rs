//! Numbers and findings in words.

use crate::stats::margin::Finding;

/// `x` with about `digits` significant digits, trailing zeros dropped, and a real minus sign.
pub(crate) fn rounded(x: f64, digits: usize) -> String {
    let (mut decimals, mut scale) = (digits.saturating_sub(1), x.abs());
    while scale >= 9.999_999_5 && decimals > 0 {
        scale /= 10.0;
        decimals -= 1;
    }
    while scale < 1.0 && scale > 0.0 && decimals < 12 {
        scale *= 10.0;
        decimals += 1;
    }
    let text = format!("{:.decimals$}", x.abs());
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let negative = x < 0.0 && text.chars().any(|c| ('1'..='9').contains(&c));
    grouped(text, if negative { "−" } else { "" })
}

/// `0.131` as `13 %`: two digits, three from 99.5 % on, so that "nearly all" does not print as "all".
pub(crate) fn percent(part: f64) -> String {
    let digits = if part > 0.995 && part < 0.9995 { 3 } else { 2 };
    format!("{} %", rounded(100.0 * part, digits))
}

/// `0.05` as `+5 %`, with three digits.
pub(crate) fn change(part: f64) -> String {
    let text = rounded(100.0 * part, 3);
    let sign = if text.starts_with('−') || text == "0" { "" } else { "+" };
    format!("{sign}{text} %")
}

/// Whether a limit is met, in words that follow a metric's name and precede the limit.
pub(crate) fn against_limit(finding: Finding) -> &'static str {
    match finding {
        Finding::Shown => "meets its limit",
        Finding::Refuted => "violates its limit",
        Finding::Open => "is not yet shown to meet its limit",
    }
}

/// `57755` as `57,755`.
pub(crate) fn count(n: u64) -> String {
    grouped(&n.to_string(), "")
}

/// `n` with its noun: `one` for 1, otherwise `many`.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

fn grouped(text: &str, sign: &str) -> String {
    let (whole, rest) = text.split_once('.').map_or((text, ""), |(whole, rest)| (whole, rest));
    let mut out = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [some @ .., last] => {
            format!("{} and {}", some.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (part, text) in [(0.1307, "13 %"), (0.0876, "8.8 %"), (0.8, "80 %"), (1.0, "100 %"), (0.9978, "99.8 %"), (0.0, "0 %")]
        {
            assert_eq!(percent(part), text);
        }
        for (part, text) in [
            (0.05, "+5 %"),
            (-0.00774, "−0.774 %"),
            (0.24775, "+24.8 %"),
            (0.0, "0 %"),
            (12.5, "+1,250 %"),
            (-1e-9, "−0.0000001 %"),
        ] {
            assert_eq!(change(part), text);
        }
        for (x, text) in [(57_755.78, "57,756"), (0.999_96, "1"), (9.96, "9.96"), (9.999_9, "10"), (-0.0, "0")] {
            assert_eq!(rounded(x, 3), text);
        }
        assert_eq!((count(0), count(1_234_567), counted(1, "day", "days")), ("0".into(), "1,234,567".into(), "1 day".into()));
        assert_eq!((listed::<&str>(&[]), listed(&["a", "b", "c"])), (String::new(), "a, b and c".into()));
    }
}
