//! The two-sample Kolmogorov–Smirnov test: the largest difference between two empirical distributions.

use super::Sample;
use super::sample::StepAt;
use crate::evidence::InsufficientData;
use crate::math;
use crate::stats::kolmogorov::{self, Boundary, gcd};

/// Up to this many values in each sample a p-value is exact by default.
pub const EXACT_UP_TO: u64 = 10_000;

/// Which difference counts. F is the empirical distribution of the reference, G of the current sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// |F − G|
    Either,
    /// F − G: the current values lie higher.
    CurrentHigher,
    /// G − F: the current values lie lower.
    CurrentLower,
}

/// The largest difference of one sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// The difference, in [0, 1].
    pub statistic: f64,
    /// The value at which it is reached: the lowest of the reference's, else the lowest of the current sample's.
    pub location: f64,
    /// The difference times both counts: a whole number.
    scaled: u64,
}

/// Two samples compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KolmogorovSmirnov {
    /// The largest F − G.
    pub higher: Deviation,
    /// The largest G − F.
    pub lower: Deviation,
    counts: [u64; 2],
}

impl KolmogorovSmirnov {
    /// Compares two samples, ties exactly.
    ///
    /// # Errors
    /// [`InsufficientData`] when a sample is empty.
    ///
    /// # Formula
    /// max over x of F(x) − G(x) and of G(x) − F(x), in whole numbers of 1 / (m·n).
    ///
    /// # Source
    /// Smirnov (1939); statistic, location and sign as `scipy.stats.ks_2samp` 1.17.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::drift::{Direction, KolmogorovSmirnov, Sample};
    /// let (reference, current) = (Sample::reference(&[1.0, 2.0, 3.0])?, Sample::current(&[10.0, 11.0, 12.0, 13.0])?);
    /// let test = KolmogorovSmirnov::new(&reference, &current).expect("neither is empty");
    /// assert_eq!((test.statistic(), test.worse().location), (1.0, 3.0));
    /// assert!((test.p_value(Direction::Either) - 2.0 / 35.0).abs() < 1e-15);
    /// # Ok::<(), plumbline_core::drift::DriftError>(())
    /// ```
    pub fn new(reference: &Sample, current: &Sample) -> Result<KolmogorovSmirnov, InsufficientData> {
        InsufficientData::unless(reference.count(), 1, "reference values")?;
        InsufficientData::unless(current.count(), 1, "current values")?;
        let counts = [reference.count(), current.count()];
        let (mut higher, mut lower) = (Best::default(), Best::default());
        for step in reference.steps(current) {
            let [f, g] = [step.at_most[0] * counts[1], step.at_most[1] * counts[0]];
            higher.offer(f as i64 - g as i64, &step);
            lower.offer(g as i64 - f as i64, &step);
        }
        let product = counts[0] as f64 * counts[1] as f64;
        Ok(KolmogorovSmirnov { higher: higher.deviation(product), lower: lower.deviation(product), counts })
    }

    /// The statistic: the larger of the two differences.
    pub fn statistic(&self) -> f64 {
        self.worse().statistic
    }

    /// The larger of the two; of equal ones F − G.
    pub fn worse(&self) -> &Deviation {
        if self.lower.scaled > self.higher.scaled { &self.lower } else { &self.higher }
    }

    /// Values in the reference and in the current sample.
    pub fn counts(&self) -> [u64; 2] {
        self.counts
    }

    /// The chance of at least this difference when both samples are of one distribution: exact when neither sample has more than
    /// [`EXACT_UP_TO`] values, else asymptotic. With ties it is at most too large.
    pub fn p_value(&self, direction: Direction) -> f64 {
        let small = self.counts.iter().all(|count| *count <= EXACT_UP_TO);
        if small { self.p_exact(direction) } else { self.p_asymptotic(direction) }
    }

    /// The exact chance for continuous values. The work grows with the product of the counts.
    ///
    /// # Source
    /// Schröer & Trenkler (1995); see [`kolmogorov::two_sample_sf`].
    pub fn p_exact(&self, direction: Direction) -> f64 {
        let [m, n] = self.counts;
        let boundary = if direction == Direction::Either { Boundary::Both } else { Boundary::Upper };
        kolmogorov::two_sample_sf(m, n, self.of(direction).scaled / gcd(m, n), boundary)
    }

    /// The chance for large samples: two-sided Kolmogorov's distribution of one sample of m·n / (m + n) values, one-sided
    /// Smirnov's exponential with Hodges' correction.
    ///
    /// # Formula
    /// One-sided with z = d·√(mn/(m+n)) and m ≥ n: exp(−2z² − 2z(m + 2n) / (3√(mn(m+n)))).
    ///
    /// # Source
    /// Simard & L'Ecuyer (2011); Hodges (1957), equation 5.3; both as `scipy.stats.ks_2samp` 1.17 has them.
    pub fn p_asymptotic(&self, direction: Direction) -> f64 {
        let [a, b] = self.counts.map(|count| count as f64);
        let (m, n, d) = (a.max(b), a.min(b), self.of(direction).statistic);
        let effective = m * n / (m + n);
        if direction == Direction::Either {
            return kolmogorov::sf(effective.round_ties_even() as u64, d);
        }
        let z = effective.sqrt() * d;
        math::exp(-2.0 * z * z - 2.0 * z * (m + 2.0 * n) / (m * n * (m + n)).sqrt() / 3.0).min(1.0)
    }

    fn of(&self, direction: Direction) -> &Deviation {
        match direction {
            Direction::Either => self.worse(),
            Direction::CurrentHigher => &self.higher,
            Direction::CurrentLower => &self.lower,
        }
    }
}

/// The largest difference so far.
#[derive(Default)]
struct Best {
    scaled: i64,
    /// Where it was first reached by a value of the reference, or only by one of the current sample.
    places: [Option<f64>; 2],
}

impl Best {
    fn offer(&mut self, scaled: i64, step: &StepAt) {
        if scaled > self.scaled {
            *self = Best { scaled, places: [None, None] };
        }
        if scaled == self.scaled {
            let [of_reference, of_current] = &mut self.places;
            let place = if step.equal[0] > 0 { of_reference } else { of_current };
            place.get_or_insert(step.value);
        }
    }

    fn deviation(self, product: f64) -> Deviation {
        let [of_reference, of_current] = self.places;
        // The last value of all has no difference, so there is always a place.
        let location = of_reference.or(of_current).unwrap_or_default();
        Deviation { statistic: self.scaled as f64 / product, location, scaled: self.scaled as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn test_of(a: &[f64], b: &[f64]) -> KolmogorovSmirnov {
        KolmogorovSmirnov::new(&Sample::reference(a).unwrap(), &Sample::current(b).unwrap()).unwrap()
    }

    #[test]
    fn an_empty_sample_has_no_distance() {
        let (some, none) = (Sample::reference(&[1.0]).unwrap(), Sample::current(&[]).unwrap());
        assert_eq!(KolmogorovSmirnov::new(&some, &none).unwrap_err().of, "current values");
        assert_eq!(KolmogorovSmirnov::new(&none, &some).unwrap_err().of, "reference values");
    }

    #[test]
    fn exact_and_asymptotic_agree_on_middling_samples() {
        let a: Vec<f64> = (0..900).map(|i| f64::from(i * 7919 % 900)).collect();
        let b: Vec<f64> = (0..800).map(|i| f64::from(i * 104_729 % 900) + 31.5).collect();
        let test = test_of(&a, &b);
        for direction in [Direction::Either, Direction::CurrentHigher] {
            let (exact, large) = (test.p_exact(direction), test.p_asymptotic(direction));
            assert!((exact / large - 1.0).abs() < 0.03, "{direction:?} {exact} {large}");
        }
    }

    proptest! {
        #[test]
        fn is_the_largest_difference_anywhere(
            a in prop::collection::vec(-5i32..5, 1..30),
            b in prop::collection::vec(-5i32..5, 1..30),
        ) {
            let of = |v: &[i32]| v.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
            let (a, b) = (of(&a), of(&b));
            let part = |v: &[f64], x: f64| v.iter().filter(|y| **y <= x).count() as f64 / v.len() as f64;
            let differences = (-6..6).map(|x| part(&a, f64::from(x)) - part(&b, f64::from(x)));
            let (most, least) = differences.fold((0.0f64, 0.0f64), |(hi, lo), d| (hi.max(d), lo.min(d)));
            let test = test_of(&a, &b);
            prop_assert!((test.higher.statistic - most).abs() < 1e-12 && (test.lower.statistic + least).abs() < 1e-12);
            // The other way round only the signs change.
            let back = test_of(&b, &a);
            prop_assert_eq!(back.lower.statistic, test.higher.statistic);
            prop_assert!((back.p_exact(Direction::Either) - test.p_exact(Direction::Either)).abs() < 1e-12);
            prop_assert!((back.p_exact(Direction::CurrentLower) - test.p_exact(Direction::CurrentHigher)).abs() < 1e-12);
        }
    }
}
