//! Mean and variance from sums that are exact: merged in any order they have the same bits.
//!
//! Welford's recurrence and Chan's merge are accurate, but their last bits depend on the order, and a verdict that is replayed must
//! not. A value and its square are added as whole numbers of the smallest double instead.

use std::ops::Range;

/// 32-bit digits from 2⁻¹⁰⁷⁴ to beyond 2¹⁰²⁴ times 2⁶³ terms.
pub(super) const DIGITS: usize = 70;
/// Terms after which carries are propagated, long before a digit could overflow.
const CARRY_AFTER: u32 = 1 << 30;

/// A sum of doubles without rounding.
#[derive(Debug, Clone)]
pub(super) struct Exact {
    /// Base 2³²; after [`Exact::carry`] all but the last in [0, 2³²).
    pub digits: Vec<i64>,
    /// How many terms at most lie in a digit: it is below `pending + 1` times 2³² on either side of 0.
    pending: u32,
    /// Outside these places all digits are 0.
    touched: Range<usize>,
}

impl Default for Exact {
    fn default() -> Exact {
        Exact { digits: vec![0; DIGITS], pending: 0, touched: 0..0 }
    }
}

impl Exact {
    /// Adds a finite number.
    pub fn add(&mut self, x: f64) {
        let bits = x.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as usize, bits & ((1 << 52) - 1));
        let mantissa = if exponent == 0 { fraction } else { fraction | 1 << 52 };
        // In units of 2⁻¹⁰⁷⁴.
        let shift = exponent.saturating_sub(1);
        let wide = u128::from(mantissa) << (shift % 32);
        let sign = if bits >> 63 == 1 { -1 } else { 1 };
        for (i, digit) in self.digits.iter_mut().skip(shift / 32).take(3).enumerate() {
            *digit += sign * (wide >> (32 * i) & 0xffff_ffff) as i64;
        }
        self.touch(shift / 32..shift / 32 + 3);
        self.pending += 1;
        if self.pending >= CARRY_AFTER {
            self.carry();
        }
    }

    fn touch(&mut self, places: Range<usize>) {
        if places.is_empty() {
            return;
        }
        if self.touched.is_empty() {
            self.touched = places;
        } else {
            self.touched = self.touched.start.min(places.start)..self.touched.end.max(places.end);
        }
        self.touched.end = self.touched.end.min(DIGITS);
    }

    pub fn merge(&mut self, other: &Exact) {
        if self.pending.saturating_add(other.pending) >= CARRY_AFTER {
            self.carry();
        }
        let (mine, theirs) = (self.digits.get_mut(other.touched.clone()), other.digits.get(other.touched.clone()));
        for (digit, more) in mine.into_iter().flatten().zip(theirs.into_iter().flatten()) {
            *digit += more;
        }
        self.touch(other.touched.clone());
        // What was carried before is below one term more.
        self.pending = self.pending.saturating_add(other.pending).saturating_add(1);
    }

    /// Makes the digits the only ones that mean this sum.
    pub fn carry(&mut self) {
        let mut carry = 0;
        let last = self.digits.len().saturating_sub(1);
        for (i, digit) in self.digits.iter_mut().enumerate() {
            let sum = *digit + carry;
            if i == last {
                *digit = sum;
            } else {
                *digit = sum & 0xffff_ffff;
                carry = sum >> 32;
            }
        }
        self.pending = 0;
        let first = self.digits.iter().position(|digit| *digit != 0).unwrap_or(0);
        let end = self.digits.iter().rposition(|digit| *digit != 0).map_or(first, |last| last + 1);
        self.touched = first..end;
    }

    /// The sum as doubles that add up to it, the largest first; three carry more than 150 bits.
    fn leading(&self) -> [f64; 3] {
        let mut rest = self.clone();
        [(); 3].map(|()| {
            let part = rest.value();
            if part.is_finite() {
                rest.add(-part);
            }
            part
        })
    }

    /// The sum rounded to a double, within one unit of its last place; infinite beyond the largest.
    pub fn value(&self) -> f64 {
        let mut sum = self.clone();
        sum.carry();
        let negative = sum.digits.last().is_some_and(|top| *top < 0);
        if negative {
            sum.digits.iter_mut().for_each(|digit| *digit = -*digit);
            sum.carry();
        }
        // From the highest: four digits are more than the 53 bits a double holds.
        let Some(top) = sum.digits.iter().rposition(|digit| *digit != 0) else { return 0.0 };
        let mut value = 0.0;
        for i in (top.saturating_sub(3)..=top).rev() {
            let digit = sum.digits.get(i).copied().unwrap_or_default() as f64;
            value += scaled(digit, 32 * i as i32 - 1074);
        }
        if negative { -value } else { value }
    }
}

/// x · 2^exponent, in two steps so that neither factor over- or underflows before the product does.
fn scaled(x: f64, exponent: i32) -> f64 {
    let power = |e: i32| {
        let e = e.clamp(-1022, 1023);
        f64::from_bits(((e + 1023) as u64) << 52)
    };
    let half = exponent / 2;
    x * power(half) * power(exponent - half)
}

/// Count, mean and variance of numbers.
#[derive(Debug, Clone, Default)]
pub struct Moments {
    pub(super) count: u64,
    pub(super) sum: Exact,
    pub(super) squares: Exact,
    /// Values whose square exceeds a double: there is no variance then.
    pub(super) beyond: u64,
}

impl PartialEq for Moments {
    fn eq(&self, other: &Moments) -> bool {
        let canonical = |of: &Moments| {
            let mut of = of.clone();
            of.sum.carry();
            of.squares.carry();
            (of.count, of.sum.digits, of.squares.digits, of.beyond)
        };
        canonical(self) == canonical(other)
    }
}

impl Moments {
    /// Adds a number; what is not finite is left out.
    pub fn add(&mut self, x: f64) {
        if !x.is_finite() {
            return;
        }
        self.count = self.count.saturating_add(1);
        self.sum.add(x);
        let [high, low] = product(x, x);
        if high.is_finite() && low.is_finite() {
            self.squares.add(high);
            self.squares.add(low);
        } else {
            self.beyond = self.beyond.saturating_add(1);
        }
    }

    /// Adds what `other` holds. Exact: the order of merging changes no bit.
    pub fn merge(&mut self, other: &Moments) {
        self.count = self.count.saturating_add(other.count);
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
        self.beyond = self.beyond.saturating_add(other.beyond);
    }

    /// Numbers added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean; none without numbers or when their sum leaves the range of doubles.
    pub fn mean(&self) -> Option<f64> {
        let mean = self.sum.value() / self.count as f64;
        mean.is_finite().then_some(mean)
    }

    /// The sample variance (n − 1); none with fewer than two numbers or when a square leaves the range of doubles.
    ///
    /// # Formula
    /// (Σx² − 2m Σx + n m²) / (n − 1) with m the rounded mean, the three terms added without rounding: an offset of 1e9 costs no digit.
    pub fn variance(&self) -> Option<f64> {
        if self.count < 2 || self.beyond > 0 {
            return None;
        }
        let mean = self.mean()?;
        let mut sum = self.squares.clone();
        for part in self.sum.leading() {
            product(-2.0 * mean, part).into_iter().filter(|x| x.is_finite()).for_each(|x| sum.add(x));
        }
        for part in product(self.count as f64, mean) {
            product(part, mean).into_iter().filter(|x| x.is_finite()).for_each(|x| sum.add(x));
        }
        Some((sum.value() / (self.count - 1) as f64).max(0.0)).filter(|variance| variance.is_finite())
    }
}

/// x·y as a double and what it misses (Dekker 1971; Veltkamp's split, no fused operation).
fn product(x: f64, y: f64) -> [f64; 2] {
    let high = x * y;
    if x.abs() > 1e150 || y.abs() > 1e150 || high.abs() < 1e-290 {
        // The split would overflow, or the rest underflow: the rounded product alone.
        return [high, 0.0];
    }
    let split = |x: f64| {
        let big = 134_217_729.0 * x;
        let top = big - (big - x);
        (top, x - top)
    };
    let ((a, b), (c, d)) = (split(x), split(y));
    [high, ((a * c - high) + a * d + b * c) + b * d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Moments {
        let mut moments = Moments::default();
        values.iter().for_each(|x| moments.add(*x));
        moments
    }

    #[test]
    fn offsets_and_ends_of_the_range_cost_nothing() {
        let shifted = of(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0]);
        assert_eq!((shifted.mean(), shifted.variance()), (Some(1e9 + 2.0), Some(1.0)));
        let hidden = of(&[1e100, 1.0, -1e100]);
        assert_eq!(hidden.mean(), Some(1.0 / 3.0));
        assert_eq!(of(&[f64::MAX, f64::MAX]).mean(), None);
        assert_eq!(of(&[f64::MAX, -f64::MAX]).mean(), Some(0.0));
        assert_eq!(of(&[f64::MAX, 1.0]).variance(), None);
        assert_eq!(of(&[5e-324, 5e-324]).mean(), Some(5e-324));
        assert_eq!((of(&[]).mean(), of(&[3.0]).variance(), of(&[f64::NAN]).count()), (None, None, 0));
        assert_eq!(of(&[0.1; 1000]).variance().map(|v| v < 1e-30), Some(true));
    }

    proptest! {
        #[test]
        fn any_order_and_grouping_has_the_same_bits(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 0..40), at in 0usize..40) {
            let (left, right) = values.split_at(at.min(values.len()));
            let (mut one, mut two) = (of(left), of(right));
            one.merge(&of(right));
            two.merge(&of(left));
            let mut turned = values.clone();
            turned.reverse();
            prop_assert!(one == of(&values) && two == of(&values) && of(&turned) == of(&values));
        }

        #[test]
        fn they_are_the_mean_and_the_variance(values in prop::collection::vec(-1e6f64..1e6, 2..60)) {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
            let moments = of(&values);
            prop_assert!((moments.mean().unwrap() - mean).abs() <= 1e-9);
            prop_assert!((moments.variance().unwrap() / variance - 1.0).abs() < 1e-9);
        }
    }
}
