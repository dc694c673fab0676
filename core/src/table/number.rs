//! Numbers as texts write them.

/// The whole number a text reads as; spaces around it do not matter.
pub fn int(text: &str) -> Option<i64> {
    let text = text.trim_ascii();
    digits(text.as_bytes()).or_else(|| text.parse().ok())
}

/// The whole number from 0 to 2^64 - 1 a text reads as; spaces around it do not matter.
pub fn whole(text: &str) -> Option<u64> {
    text.trim_ascii().parse().ok()
}

/// Whether a text is a whole number of any length: digits with an optional sign.
pub fn is_whole(text: &str) -> bool {
    let text = text.trim_ascii();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A whole number of at most eighteen digits, which are below 2^63.
#[inline]
pub(super) fn digits(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.len() > 18 || digits.is_empty() {
        return None;
    }
    let mut sum = 0i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        sum = sum * 10 + i64::from(digit);
    }
    Some(if digits.len() < text.len() { -sum } else { sum })
}

/// The number a text reads as: a decimal with optional sign, point and exponent, or `inf`, never NaN. Spaces around it do not matter.
///
/// # Example
/// ```
/// use plumbline_core::table::number;
/// assert_eq!([number(" 2.50"), number("1e3"), number("1,000"), number("nan")], [Some(2.5), Some(1000.0), None, None]);
/// ```
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim_ascii();
    if let Some(x) = decimal(text.as_bytes()) {
        return Some(x);
    }
    text.parse::<f64>().ok().filter(|x| !x.is_nan())
}

/// A plain decimal of few digits, read exactly: its digits as a whole number and the power of ten it is divided by are both doubles, so
/// the quotient is the double nearest to what is written.
#[inline]
pub(super) fn decimal(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    // Fifteen digits are below 2^53.
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let (mut sum, mut point) = (0u64, None);
    for (at, byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            sum = sum * 10 + u64::from(digit);
        } else if *byte == b'.' && point.is_none() {
            point = Some(at);
        } else {
            return None;
        }
    }
    let decimals = match point {
        None if digits.len() > 15 => return None,
        None => 0,
        Some(_) if digits.len() == 1 => return None,
        Some(at) => digits.len() - at - 1,
    };
    let x = sum as f64 / POWERS.get(decimals)?;
    Some(if digits.len() < text.len() { -x } else { x })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn decimals_are_read_as_std_reads_them(text in "-?[0-9]{0,17}[.]?[0-9]{0,9}") {
            proptest::prop_assert_eq!(number(&text).map(f64::to_bits), text.parse::<f64>().ok().map(f64::to_bits), "{}", text);
        }
    }
}
