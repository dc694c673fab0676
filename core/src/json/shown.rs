//! Numbers and texts inside messages. std's ways to show a double and to quote a text bring tables that are a tenth of the module
//! that travels to a page; these do not.

use std::fmt::{self, Display, Formatter, Write};

/// Shows the shortest decimal that reads back to the same bits, without an exponent: `0.1`, `1e21` as its digits. Of two decimals that
/// lie equally near, the even one, where std shows the upper one: answers, log rows and tables have the same digits.
///
/// ```
/// assert_eq!(plumbline_core::Decimal(160_255_546_819_977.12).to_string(), "160255546819977.12");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Decimal(pub f64);

impl Display for Decimal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.is_nan() {
            return f.write_str("NaN");
        }
        if self.0.is_infinite() {
            return f.write_str(if self.0 < 0.0 { "-inf" } else { "inf" });
        }
        plain(self.0, &mut |part| f.write_str(part))
    }
}

/// Gives the parts of the shortest decimal of `x`, which is finite, to `put`.
pub(super) fn plain<E>(x: f64, put: &mut dyn FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(x);
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return put(text.strip_suffix(".0").unwrap_or(text));
    };
    // `d.ddd` and a signed power of ten: beyond 16 digits to the left, or 4 zeros to the right of the point.
    let (sign, mantissa) = if let Some(rest) = mantissa.strip_prefix('-') { ("-", rest) } else { ("", mantissa) };
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    put(sign)?;
    match exponent.strip_prefix('-') {
        Some(exponent) => {
            put("0.")?;
            zeros(count(exponent).saturating_sub(1), put)?;
            put(first)?;
            put(rest)
        }
        None => {
            put(first)?;
            put(rest)?;
            zeros(count(exponent.trim_start_matches('+')).saturating_sub(rest.len()), put)
        }
    }
}

fn count(digits: &str) -> usize {
    digits.bytes().fold(0, |sum, digit| sum * 10 + usize::from(digit.wrapping_sub(b'0')))
}

fn zeros<E>(count: usize, put: &mut dyn FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    (0..count).try_for_each(|_| put("0"))
}

/// Shows a text in quotes; what would end it, or is no visible character, escaped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                c if c.is_control() => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_quoted_as_people_expect() {
        for text in ["", "a", "a \"b\" \\ c", "line\nend\ttab\r", "é → 漢"] {
            assert_eq!(Quoted(text).to_string(), format!("{text:?}"));
        }
        assert_eq!(Quoted("\0\u{7f}").to_string(), "\"\u{fffd}\u{fffd}\"");
    }

    #[test]
    fn special_numbers_are_shown_as_std_does() {
        for x in [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e15, 1e16, 1e21] {
            assert_eq!(Decimal(x).to_string(), x.to_string());
        }
    }

    proptest! {
        #[test]
        fn numbers_are_shown_as_std_does(bits: u64, small in -1000i32..1000) {
            for x in [f64::from_bits(bits), f64::from(small) / 8.0, f64::from(small) * 1e13] {
                let (ours, std) = (Decimal(x).to_string(), x.to_string());
                // Two shortest decimals may lie equally near, as 160255546819977.12 and .13 do; std takes the upper one, we the even one.
                let tie = ours.len() == std.len() && ours.parse::<f64>().map(f64::to_bits) == Ok(x.to_bits());
                prop_assert!(ours == std || tie, "{ours} {std}");
            }
        }
    }
}
