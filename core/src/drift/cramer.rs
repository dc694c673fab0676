//! The two-sample Cramér–von Mises test: the squared difference of two empirical distributions, summed over all values.

use std::f64::consts::PI;

use super::Sample;
use crate::evidence::InsufficientData;
use crate::math;

/// Two samples compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CramerVonMises {
    /// Anderson's T.
    pub statistic: f64,
    /// The chance of at least this T when both samples are of one distribution, for large samples.
    pub p_value: f64,
}

impl CramerVonMises {
    /// Compares two samples; ties take the mean of their ranks.
    ///
    /// # Errors
    /// [`InsufficientData`] when a sample has fewer than two values.
    ///
    /// # Formula
    /// T = U / (mn(m+n)) − (4mn − 1) / (6(m+n)), U = m Σ(rᵢ − i)² + n Σ(sⱼ − j)² over the ranks of the two samples, in whole numbers
    /// up to the last division.
    ///
    /// # Source
    /// Anderson (1962), equations 9 and 10; as `scipy.stats.cramervonmises_2samp` 1.17 with `method="asymptotic"`.
    pub fn new(reference: &Sample, current: &Sample) -> Result<CramerVonMises, InsufficientData> {
        InsufficientData::unless(reference.count(), 2, "reference values")?;
        InsufficientData::unless(current.count(), 2, "current values")?;
        let [m, n] = [reference.count() as i128, current.count() as i128];
        // Four times Σ(rank − place)² of each sample.
        let mut squares = [0i128; 2];
        let mut before = [0i128; 2];
        for step in reference.steps(current) {
            let equal = step.equal.map(i128::from);
            // Twice the mean rank of those tied here.
            let rank = 2 * (before[0] + before[1]) + equal[0] + equal[1] + 1;
            for side in 0..2 {
                if let (Some(sum), Some(from), Some(count)) = (squares.get_mut(side), before.get(side), equal.get(side)) {
                    *sum += tied(rank - 2 * from, *count);
                }
            }
            before = [before[0] + equal[0], before[1] + equal[1]];
        }
        let (product, total) = (m * n, m + n);
        let top = 6 * (m * squares[0] + n * squares[1]) - 4 * product * (4 * product - 1);
        let statistic = top as f64 / (24.0 * product as f64 * total as f64);
        Ok(CramerVonMises { statistic, p_value: p_value(statistic, m as f64, n as f64) })
    }
}

/// Σ over i from 1 to `count` of (`rank` − 2i)².
fn tied(rank: i128, count: i128) -> i128 {
    count * rank * rank - 2 * rank * count * (count + 1) + 2 * count * (count + 1) * (2 * count + 1) / 3
}

/// T has mean (1 + 1/N)/6 and a known variance; scaled to those of its limit it is looked up there.
fn p_value(statistic: f64, m: f64, n: f64) -> f64 {
    let (k, total) = (m * n, m + n);
    let mean = (1.0 + 1.0 / total) / 6.0;
    let variance = (total + 1.0) * (4.0 * k * total - 3.0 * (m * m + n * n) - 2.0 * k) / (45.0 * total * total * 4.0 * k);
    sf(1.0 / 6.0 + (statistic - mean) / (45.0 * variance).sqrt())
}

/// The upper tail of the Cramér–von Mises statistic of infinitely many draws.
///
/// # Formula
/// Below 0.5 one less Anderson and Darling's series in Bessel's K of order ¼; above it Smirnov's integrals between the zeros of the
/// sine, whose terms alternate but fall so fast that the tail keeps its digits.
///
/// # Source
/// Csörgő & Faraway (1996), equation 1.3; Smirnov (1937).
pub(super) fn sf(x: f64) -> f64 {
    // The series is below 1e-24 there.
    if x < 0.003 {
        return 1.0;
    }
    if x > 0.5 { tail(x) } else { (1.0 - series(x)).clamp(0.0, 1.0) }
}

fn series(x: f64) -> f64 {
    let mut sum = 0.0;
    // Γ(k + ½) / Γ(k + 1)
    let mut ratio = PI.sqrt();
    for k in 0..1000 {
        let k = f64::from(k);
        let y = 4.0 * k + 1.0;
        let q = y * y / (16.0 * x);
        let term = ratio / (PI * PI.sqrt() * x.sqrt()) * y.sqrt() * bessel(q);
        sum += term;
        if term < sum * 1e-18 {
            break;
        }
        ratio *= (k + 0.5) / (k + 1.0);
    }
    sum
}

/// e^−q · K¼(q).
///
/// # Formula
/// ∫ from 0 of e^(−q(1 + cosh t)) cosh(t/4) dt by the trapezoidal rule, whose error falls as e^(−π²/h).
fn bessel(q: f64) -> f64 {
    let height = |t: f64| {
        let (e, quarter) = (math::exp(t), math::exp(t / 4.0));
        math::exp(-q * (1.0 + (e + 1.0 / e) / 2.0)) * (quarter + 1.0 / quarter) / 2.0
    };
    let mut sum = height(0.0) / 2.0;
    let step = 0.125;
    for i in 1..400 {
        let part = height(f64::from(i) * step);
        sum += part;
        if part <= sum * 1e-19 {
            break;
        }
    }
    sum * step
}

fn tail(x: f64) -> f64 {
    const POINTS: u32 = 96;
    let mut sum = 0.0;
    for k in 1..8 {
        let (from, to) = (f64::from(2 * k - 1) * PI, f64::from(2 * k) * PI);
        let mut part = 0.0;
        for i in 1..=POINTS {
            // Chebyshev's points take the inverse roots at both ends.
            let u = (from + to) / 2.0 - math::cos(PI * (f64::from(2 * i - 1)) / f64::from(2 * POINTS)) * PI / 2.0;
            let smooth = (u * (u - from) * (to - u) / -math::sin(u)).sqrt();
            part += smooth * math::exp(-x * u * u / 2.0) / u;
        }
        part *= PI / f64::from(POINTS);
        sum += if k % 2 == 1 { part } else { -part };
        if part <= sum * 1e-18 {
            break;
        }
    }
    (2.0 / PI * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_and_integral_meet() {
        for x in [0.1, 0.2, 0.3, 0.46136, 0.5, 0.74346, 1.0, 1.16786] {
            let (left, right) = (1.0 - series(x), tail(x));
            assert!((left - right).abs() < 1e-13, "{x}: {left} {right}");
        }
        // Percentage points of Anderson & Darling (1952), table 1.
        for (x, p) in [(0.34730, 0.10), (0.46136, 0.05), (0.74346, 0.01), (1.16786, 0.001)] {
            assert!((sf(x) / p - 1.0).abs() < 1e-4, "{x} {}", sf(x));
        }
        assert_eq!(sf(0.0), 1.0);
        assert!(sf(40.0) > 0.0 && sf(40.0) < 1e-80);
    }

    #[test]
    fn statistic_is_andersons() {
        let ranks = |a: &[f64], b: &[f64]| {
            let all: Vec<f64> = a.iter().chain(b).copied().collect();
            let rank = |x: f64| {
                let (less, most) = (all.iter().filter(|y| **y < x).count(), all.iter().filter(|y| **y <= x).count());
                (less + most + 1) as f64 / 2.0
            };
            let side = |v: &[f64]| {
                v.iter().enumerate().map(|(i, x)| (rank(*x) - i as f64 - 1.0) * (rank(*x) - i as f64 - 1.0)).sum::<f64>()
            };
            let (m, n) = (a.len() as f64, b.len() as f64);
            (m * side(a) + n * side(b)) / (m * n * (m + n)) - (4.0 * m * n - 1.0) / (6.0 * (m + n))
        };
        for (a, b) in [
            (vec![1.0, 2.0, 2.0, 5.0], vec![2.0, 2.0, 7.0]),
            (vec![1.0, 1.0], vec![1.0, 1.0, 1.0]),
            (vec![0.0, 3.0], vec![1.0, 2.0]),
        ] {
            let test = CramerVonMises::new(&Sample::reference(&a).unwrap(), &Sample::current(&b).unwrap()).unwrap();
            assert!((test.statistic - ranks(&a, &b)).abs() < 1e-14, "{a:?} {b:?}");
            assert!((0.0..=1.0).contains(&test.p_value));
        }
        let (one, two) = (Sample::reference(&[1.0]).unwrap(), Sample::current(&[1.0, 2.0]).unwrap());
        assert_eq!(CramerVonMises::new(&one, &two).unwrap_err().found, 1);
    }
}
