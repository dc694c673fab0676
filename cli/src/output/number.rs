//! Numbers as text: the shortest decimal that reads back to the same bits.

use std::fmt::Write;

/// Appends the shortest decimal that reads back to the bits of `x`, as Python's `repr` writes it: `0.1`, `1.0`, `1e-05`, `1e+16`,
/// `inf`; not a number is `NaN`.
pub fn shortest(x: f64, out: &mut String) {
    if x.is_nan() {
        out.push_str("NaN");
    } else if x.is_infinite() {
        out.push_str(if x > 0.0 { "inf" } else { "-inf" });
    } else {
        lay_out(zmij::Buffer::new().format_finite(x), out);
    }
}

/// Appends the decimal `text` as Python lays it out. Its digits are the shortest, and of two the even ones: Python's too.
fn lay_out(text: &str, out: &mut String) {
    let text = text.strip_prefix('-').inspect(|_| out.push('-')).unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    // Where the point stands, counted from the first digit.
    let point = whole.len() as i32 + exponent.parse::<i32>().unwrap_or(0) - (all.len() - digits.len()) as i32;
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return out.push_str("0.0");
    }
    // Writing to a string cannot fail.
    let _ = match point {
        -3..=0 => write!(out, "0.{:0<1$}{digits}", "", point.unsigned_abs() as usize),
        1..=16 => match digits.split_at_checked(point as usize) {
            Some((whole, "")) => write!(out, "{whole}.0"),
            Some((whole, fraction)) => write!(out, "{whole}.{fraction}"),
            None => write!(out, "{digits:0<0$}.0", point as usize),
        },
        _ => {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
            let dot = if rest.is_empty() { "" } else { "." };
            let (sign, exponent) = if point > 0 { ('+', point - 1) } else { ('-', 1 - point) };
            write!(out, "{first}{dot}{rest}e{sign}{exponent:02}")
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_python_writes_them() {
        for (x, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (120.0, "120.0"),
            (-12.5, "-12.5"),
            (0.0012, "0.0012"),
            (-2.9168777465820312, "-2.9168777465820312"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (9.918546654338263e-5, "9.918546654338263e-05"),
            (5e-324, "5e-324"),
            (9999999999999998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (-1.2189644982224014e36, "-1.2189644982224014e+36"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "NaN"),
        ] {
            let mut out = String::new();
            shortest(x, &mut out);
            assert_eq!(out, text);
            assert!(x.is_nan() || out.parse::<f64>().is_ok_and(|y| y.to_bits() == x.to_bits()));
        }
    }
}
