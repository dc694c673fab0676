//! Decimal text to the nearest double by exact arithmetic on big integers: slow, small and without tables.
//!
//! For wasm only, where std's parser would be an eighth of the module, most of it a table that does not compress. It serves
//! the few numbers that [`scan_number`](super::number::scan_number) cannot do in one division. Tested against std, which
//! rounds correctly too, so both give the same bits.

use std::cmp::Ordering;

/// An integer, 32 bits a limb, the lowest first; the highest is not 0.
#[derive(Debug, Clone, Default, PartialEq)]
struct Big(Vec<u32>);

impl Big {
    /// `self × factor + term`.
    fn scale(&mut self, factor: u32, term: u32) {
        let mut carry = u64::from(term);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn shift_left(&mut self, bits: u32) {
        self.scale(1 << (bits % 32), 0);
        if !self.0.is_empty() {
            let mut limbs = vec![0; (bits / 32) as usize];
            limbs.append(&mut self.0);
            self.0 = limbs;
        }
    }

    fn bit_length(&self) -> u32 {
        self.0.last().map_or(0, |top| self.0.len() as u32 * 32 - top.leading_zeros())
    }

    fn compare(&self, other: &Big) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// `self − other`, which is not above it.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = 0;
        for (i, limb) in self.0.iter_mut().enumerate() {
            let taken = u64::from(other.0.get(i).copied().unwrap_or(0)) + borrow;
            let (difference, below) = u64::from(*limb).overflowing_sub(taken);
            (*limb, borrow) = (difference as u32, u64::from(below));
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

/// Digits beyond these only tell whether the number is above a tie, and one digit can tell that (a tie has at most 768).
const DIGITS: i64 = 800;

/// The double nearest to `text`, a number of JSON's grammar; ties go to the even one, too large ones to infinity.
pub(crate) fn nearest(text: &[u8]) -> f64 {
    let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (text.get(..at).unwrap_or(text), whole(text.get(at + 1..).unwrap_or(&[]))),
        None => (text, 0),
    };
    let (mut digits, mut count, mut tens, mut fraction) = (Big::default(), 0i64, exponent, false);
    for byte in mantissa {
        match byte {
            b'0'..=b'9' if count < DIGITS => {
                digits.scale(10, u32::from(byte - b'0'));
                count += i64::from(!digits.0.is_empty());
                tens -= i64::from(fraction);
            }
            b'0'..=b'9' => {
                if let (Some(low), b'1'..=b'9') = (digits.0.first_mut(), byte) {
                    *low |= 1;
                }
                tens += i64::from(!fraction);
            }
            b'.' => fraction = true,
            _ => {}
        }
    }
    let size = match count + tens {
        _ if digits.0.is_empty() => 0.0,
        ..-330 => 0.0,
        330.. => f64::INFINITY,
        _ => quotient(digits, tens),
    };
    if text.first() == Some(&b'-') { -size } else { size }
}

/// The exponent's value; its size is capped far beyond what matters.
fn whole(text: &[u8]) -> i64 {
    let size = text.iter().filter(|d| d.is_ascii_digit()).fold(0, |sum, d| (sum * 10 + i64::from(d - b'0')).min(1 << 40));
    if text.first() == Some(&b'-') { -size } else { size }
}

/// `digits` × 10^`tens`, rounded once; `digits` is not 0.
fn quotient(mut digits: Big, tens: i64) -> f64 {
    let mut divisor = Big(vec![1]);
    let scaled = if tens < 0 { &mut divisor } else { &mut digits };
    let size = tens.unsigned_abs();
    (0..size / 9).for_each(|_| scaled.scale(1_000_000_000, 0));
    (0..size % 9).for_each(|_| scaled.scale(10, 0));
    // Equal lengths: the quotient is then in (1/2, 2), and 64 steps of long division give its leading bits.
    let (above, below) = (digits.bit_length(), divisor.bit_length());
    if above < below {
        digits.shift_left(below - above)
    } else {
        divisor.shift_left(above - below)
    }
    let mut exponent = i64::from(above) - i64::from(below);
    if digits.compare(&divisor).is_lt() {
        digits.shift_left(1);
        exponent -= 1;
    }
    let mut bits = 0u64;
    for step in 0..64 {
        if step > 0 {
            digits.shift_left(1);
        }
        bits <<= 1;
        if digits.compare(&divisor).is_ge() {
            digits.subtract(&divisor);
            bits |= 1;
        }
    }
    // The value is 1.xxx × 2^exponent with `bits` for 1.xxx. 53 bits are kept, fewer of a subnormal.
    let subnormal = (-1022 - exponent).max(0);
    let dropped = 11 + subnormal;
    if dropped > 64 {
        return 0.0;
    }
    let (kept, tail) = if dropped == 64 { (0, bits) } else { (bits >> dropped, bits << (64 - dropped)) };
    let above_tie = tail > 1 << 63 || (tail == 1 << 63 && (!digits.0.is_empty() || kept & 1 == 1));
    let rounded = kept + u64::from(above_tie);
    // A carry out of the kept bits runs into the exponent, where it belongs.
    let biased = if subnormal > 0 { 0 } else { (exponent + 1022) as u64 };
    if biased >= 2046 { f64::INFINITY } else { f64::from_bits((biased << 52) + rounded) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str) {
        let std: f64 = text.parse().expect("std reads it");
        assert_eq!(nearest(text.as_bytes()).to_bits(), std.to_bits(), "{text}");
    }

    #[test]
    fn edges_of_the_doubles_are_rounded_as_std_does() {
        for text in [
            "0.0",
            "0e5",
            "1",
            "5e-324",
            "2.4703282292062327208e-324",
            "2.4703282292062328e-324",
            "2.2250738585072014e-308",
            "2.2250738585072011e-308",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "9007199254740993",
            "9007199254740992.99999999999999999999999",
            "0.30000000000000004",
            "1e400",
            "1e-400",
            "123456789012345678901234567890e-10",
            "1e99999999999999999999",
        ] {
            check(text);
            check(&format!("-{text}"));
        }
        // A tie between two doubles, exactly; then with a digit far behind it.
        let tie = format!("{}.5", 1u64 << 53);
        check(&tie);
        check(&format!("{tie}{}1", "0".repeat(900)));
        check(&format!("0.{}1{}", "0".repeat(320), "7".repeat(2000)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn values_equal_std_to_the_bit(text in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?") {
            check(&text);
        }

        #[test]
        fn every_finite_double_and_its_upper_tie_are_read_as_std_does(bits: u64) {
            let x = f64::from_bits(bits);
            prop_assume!(x.is_finite());
            check(&format!("{x:e}"));
            check(&format!("{x:.770e}"));
        }
    }
}
