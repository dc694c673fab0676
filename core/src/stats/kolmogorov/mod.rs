//! Kolmogorov's and Smirnov's distributions: how far an empirical distribution deviates from the true one, or two from each other.
//!
//! [`sf`] is the two-sided distribution of one sample of n, [`one_sided_sf`] Smirnov's, [`two_sample_sf`] the exact distribution of
//! two samples by counting lattice paths. Upper tails are sums of positive terms, so a p-value of 1e-200 is as good as one of 0.2.
//!
//! Not here: the statistic, which is `drift`'s. Tested against tables of scipy and by summing paths one by one.

mod lattice;
mod matrix;
mod pelz_good;
mod pomeranz;
mod smirnov;

pub(crate) use lattice::gcd;
pub use lattice::{Boundary, two_sample_sf};
pub use smirnov::sf as one_sided_sf;

use crate::math;

/// P(Dₙ > `d`): the probability that the empirical distribution of `n` draws from a continuous distribution deviates from it by more
/// than `d` somewhere. NaN when `d` is NaN; with 0 draws there is no deviation.
///
/// # Formula
/// Exact by Durbin's matrix, Pomeranz' recursion or twice Smirnov's tail, whichever is accurate for the arguments; by the expansion
/// of Pelz and Good for more than 140 draws near the middle.
///
/// # Source
/// Simard & L'Ecuyer (2011), the regions as in `scipy.stats.kstwo` 1.17.
///
/// # Example
/// ```
/// use plumbline_core::stats::kolmogorov;
/// // Two draws stray from the diagonal by more than 0.6 with a chance of 2 · 0.4².
/// assert!((kolmogorov::sf(2, 0.6) - 0.32).abs() < 1e-15);
/// ```
pub fn sf(n: u64, d: f64) -> f64 {
    if d.is_nan() {
        return f64::NAN;
    }
    let (count, t) = (n as f64, n as f64 * d);
    if d >= 1.0 || n == 0 {
        return 0.0;
    }
    if t <= 0.5 {
        return 1.0;
    }
    if t <= 1.0 {
        // Each draw must fall into its own band of width (2t − 1) / n.
        let log = math::ln_gamma(count + 1.0) + count * (math::ln(2.0 * t - 1.0) - math::ln(count));
        return 1.0 - math::exp(log);
    }
    let squared = t * d;
    if t >= count - 1.0 {
        return 2.0 * math::exp(count * math::ln_1p(-d));
    }
    let tail = d >= 0.5 || squared > if n <= 140 { 4.0 } else { 2.2 };
    if tail {
        return (2.0 * smirnov::sf(n, d)).min(1.0);
    }
    let below = match n {
        ..=140 if squared <= 0.754_693 => matrix::cdf(n, d),
        ..=140 => pomeranz::cdf(n, d),
        ..=100_000 if count * d * d.sqrt() <= 1.4 => matrix::cdf(n, d),
        _ => pelz_good::cdf(n, d),
    };
    (1.0 - below).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_scipy_in_every_region() {
        // scipy.stats.kstwo.sf(d, n), scipy 1.17.1.
        for (n, d, expected) in TABLE {
            let ours = sf(n, d);
            assert!((ours - expected).abs() <= 2e-12 * expected.max(1e-300), "sf({n}, {d}): {ours:e}, {expected:e}");
        }
    }

    #[test]
    fn falls_from_one_to_nothing() {
        for n in [1, 2, 3, 10, 139, 140, 141, 1000, 100_000, 2_000_000] {
            let points: Vec<f64> = (0..=2000).map(|i| sf(n, f64::from(i) / 2000.0)).collect();
            assert_eq!((points[0], points[2000]), (1.0, 0.0));
            // The regions of Simard and L'Ecuyer meet within 1e-6; the expansion of Pelz and Good is no better.
            assert!(points.windows(2).all(|pair| pair[1] <= pair[0] + 1e-6), "{n}");
            assert!(points.iter().all(|p| (0.0..=1.0).contains(p)), "{n}");
        }
        assert!(sf(10, f64::NAN).is_nan());
    }

    #[rustfmt::skip]
    const TABLE: [(u64, f64, f64); 33] = [
        (1, 0.7, 0.6000000000000001),
        (2, 0.3, 0.98),
        (3, 0.17, 0.9999982222222222),
        (5, 0.19, 0.977325184),
        (8, 0.25, 0.6134090423583984),
        (10, 0.12, 0.9948566839762616),
        (10, 0.3, 0.27053557479999946),
        (20, 0.15, 0.7044671549442872),
        (30, 0.4, 7.621035572702763e-05),
        (50, 0.08, 0.880839701941023),
        (50, 0.21, 0.020596236050697714),
        (100, 0.05, 0.9532159710635725),
        (100, 0.1, 0.2526927570063874),
        (100, 0.15, 0.019839242125641813),
        (140, 0.09, 0.1946946629845738),
        (140, 0.3, 1.1370251710737309e-11),
        (140, 0.55, 2.6809421873061284e-40),
        (141, 0.05, 0.854845693009663),
        (141, 0.1, 0.11128445516467933),
        (141, 0.2, 2.0276784223976912e-05),
        (200, 0.004, 1.0),
        (200, 0.02, 0.9999948480179858),
        (500, 0.03, 0.7473166700457021),
        (500, 0.08, 0.0031305058199356268),
        (1000, 0.02, 0.8108971656895577),
        (1000, 0.05, 0.013012074781090332),
        (1225, 0.033, 0.13569026754512148),
        (10000, 0.005, 0.9628778025204304),
        (10000, 0.02, 0.0006616848639387309),
        (10000, 0.1, 1.6633113315950355e-87),
        (100000, 0.0004, 1.0),
        (100000, 0.003, 0.3284563327726956),
        (100000, 0.01, 4.093278023549254e-09),
    ];
}
