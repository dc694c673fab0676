//! Decimal text to numbers, correctly rounded.

/// 2⁵³ − 1, the largest integer a double (and so JavaScript) holds without a gap below it.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Why a text is not taken as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFault {
    /// It does not follow JSON's grammar of numbers.
    Malformed,
    /// It is written as an integer and is above [`MAX_SAFE_INTEGER`] in size.
    UnsafeInteger,
    /// It rounds to infinity.
    NotFinite,
}

/// The number `text` stands for, by JSON's grammar, rounded to the nearest double.
///
/// # Errors
/// [`NumberFault`].
///
/// # Example
/// ```
/// use plumbline_core::json::parse_number;
/// assert_eq!(parse_number("-12.5e1"), Ok(-125.0));
/// assert!(parse_number("1e999").is_err() && parse_number("9007199254740993").is_err() && parse_number("01").is_err());
/// ```
pub fn parse_number(text: &str) -> Result<f64, NumberFault> {
    match scan_number(text.as_bytes(), 0) {
        Some((value, end)) if end == text.len() => value,
        _ => Err(NumberFault::Malformed),
    }
}

const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
    1e22,
];

/// What the text of a number shows before its value is worked out.
struct Shape {
    /// Where it ends.
    end: usize,
    negative: bool,
    /// All digits before the exponent as one integer; exact up to 19 of them.
    mantissa: u64,
    digits: usize,
    /// Digits after the point.
    fraction: usize,
    has_point: bool,
    has_exponent: bool,
}

/// The shape of the number of JSON's grammar at `start`. None when there is no number.
#[inline]
fn shape(bytes: &[u8], start: usize) -> Option<Shape> {
    let peek = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let mut at = start;
    let negative = peek(at) == b'-';
    at += usize::from(negative);
    let mut mantissa = 0u64;
    let first = at;
    while peek(at).is_ascii_digit() {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(peek(at) - b'0'));
        at += 1;
    }
    let mut digits = at - first;
    if digits == 0 || (digits > 1 && peek(first) == b'0') {
        return None;
    }
    let has_point = peek(at) == b'.';
    let mut fraction = 0;
    if has_point {
        at += 1;
        let first = at;
        while peek(at).is_ascii_digit() {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(peek(at) - b'0'));
            at += 1;
        }
        fraction = at - first;
        if fraction == 0 {
            return None;
        }
        digits += fraction;
    }
    let has_exponent = matches!(peek(at), b'e' | b'E');
    if has_exponent {
        at += 1;
        at += usize::from(matches!(peek(at), b'+' | b'-'));
        let first = at;
        while peek(at).is_ascii_digit() {
            at += 1;
        }
        if at == first {
            return None;
        }
    }
    Some(Shape { end: at, negative, mantissa, digits, fraction, has_point, has_exponent })
}

/// Where the number of JSON's grammar at `start` ends; what it is worth is not worked out. None when there is no number.
pub(super) fn skip_number(bytes: &[u8], start: usize) -> Option<usize> {
    shape(bytes, start).map(|shape| shape.end)
}

/// Reads a number of JSON's grammar at `start`: its value (or fault) and where it ends. None when there is no number.
pub(crate) fn scan_number(bytes: &[u8], start: usize) -> Option<(Result<f64, NumberFault>, usize)> {
    let shape = shape(bytes, start)?;
    // Up to 19 digits the mantissa is exact; below 2^53 it is an exact double, and so is a power of ten up to 22: one correctly
    // rounded division gives the correctly rounded value.
    let exact = shape.digits <= 19 && shape.mantissa <= MAX_SAFE_INTEGER && !shape.has_exponent;
    let value = match TENS.get(shape.fraction) {
        Some(ten) if exact => {
            let value = shape.mantissa as f64;
            let value = if shape.fraction == 0 { value } else { value / ten };
            Ok(if shape.negative { -value } else { value })
        }
        _ if !shape.has_point && !shape.has_exponent => Err(NumberFault::UnsafeInteger),
        _ => slow(bytes.get(start..shape.end)?),
    };
    Some((value, shape.end))
}

/// What one division cannot do.
#[cold]
#[cfg(not(target_arch = "wasm32"))]
fn slow(text: &[u8]) -> Result<f64, NumberFault> {
    let value: f64 = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok()).ok_or(NumberFault::Malformed)?;
    if value.is_finite() { Ok(value) } else { Err(NumberFault::NotFinite) }
}

/// The same bits without std's tables.
#[cold]
#[cfg(target_arch = "wasm32")]
fn slow(text: &[u8]) -> Result<f64, NumberFault> {
    let value = super::decimal::nearest(text);
    if value.is_finite() { Ok(value) } else { Err(NumberFault::NotFinite) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_follow_the_grammar_of_json() {
        for (text, expected) in [("0", 0.0f64), ("-0", -0.0), ("7", 7.0), ("0.1", 0.1), ("5e-324", 5e-324), ("1E2", 100.0)] {
            assert_eq!(parse_number(text).map(f64::to_bits), Ok(expected.to_bits()), "{text}");
        }
        assert_eq!(parse_number("9007199254740991"), Ok(9_007_199_254_740_991.0));
        for text in ["", "-", "+1", "01", "1.", ".5", "1e", "1e+", "NaN", "Infinity", "0x1", "1 ", "1_0"] {
            assert_eq!(parse_number(text), Err(NumberFault::Malformed), "{text}");
        }
        for text in ["9007199254740992", "-9007199254740992", "123456789012345678901234567890"] {
            assert_eq!(parse_number(text), Err(NumberFault::UnsafeInteger), "{text}");
        }
        assert_eq!(parse_number("1e999"), Err(NumberFault::NotFinite));
        assert_eq!(parse_number("-1e999"), Err(NumberFault::NotFinite));
    }

    proptest! {
        #[test]
        fn values_equal_std_to_the_bit(text in "-?(0|[1-9][0-9]{0,17})\\.[0-9]{1,24}([eE][+-]?[0-9]{1,3})?") {
            let std: f64 = text.parse().expect("std reads it");
            let ours = parse_number(&text);
            if std.is_finite() {
                prop_assert_eq!(ours.map(f64::to_bits), Ok(std.to_bits()));
            } else {
                prop_assert_eq!(ours, Err(NumberFault::NotFinite));
            }
        }

        #[test]
        fn every_finite_double_round_trips(bits: u64) {
            let x = f64::from_bits(bits);
            prop_assume!(x.is_finite());
            let text = format!("{x:e}");
            prop_assert_eq!(parse_number(&text).map(f64::to_bits), Ok(x.to_bits()), "{}", text);
        }
    }
}
