//! The standard normal distribution.

use crate::math;

/// P(Z ≤ z).
///
/// # Formula
/// erfc(−z / √2) / 2
pub fn cdf(z: f64) -> f64 {
    0.5 * math::erfc(-z / std::f64::consts::SQRT_2)
}

/// P(Z > z), exact in the far tail.
///
/// # Example
/// ```
/// use plumbline_core::stats::normal;
/// assert!((normal::sf(10.0) / 7.619853024160527e-24 - 1.0).abs() < 1e-13);
/// ```
pub fn sf(z: f64) -> f64 {
    0.5 * math::erfc(z / std::f64::consts::SQRT_2)
}

/// The z with P(Z ≤ z) = `p`; ±infinity at 0 and 1, NaN outside [0, 1].
///
/// # Source
/// Wichura (1988), Algorithm AS 241, routine PPND16: relative accuracy about 1e-16.
///
/// # Example
/// ```
/// use plumbline_core::stats::normal;
/// assert!((normal::quantile(0.975) - 1.959963984540054).abs() < 1e-15);
/// ```
pub fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * rational(r, &CENTRE);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 {
        return if tail < 0.0 { f64::NAN } else { q.signum() * f64::INFINITY };
    }
    let r = (-math::ln(tail)).sqrt();
    let z = if r <= 5.0 { rational(r - 1.6, &MIDDLE) } else { rational(r - 5.0, &FAR) };
    z.copysign(q)
}

/// Σ numerator·rⁱ / Σ denominator·rⁱ, by Horner's rule from the highest power.
fn rational(r: f64, [numerator, denominator]: &[[f64; 8]; 2]) -> f64 {
    let horner = |terms: &[f64; 8]| terms.iter().rev().fold(0.0, |sum, term| sum * r + term);
    horner(numerator) / horner(denominator)
}

#[rustfmt::skip]
const CENTRE: [[f64; 8]; 2] = [
    [3.387_132_872_796_366_5, 133.141_667_891_784_38, 1_971.590_950_306_551_3, 13_731.693_765_509_46,
     45_921.953_931_549_87, 67_265.770_927_008_7, 33_430.575_583_588_13, 2_509.080_928_730_122_7],
    [1.0, 42.313_330_701_600_91, 687.187_007_492_057_9, 5_394.196_021_424_751,
     21_213.794_301_586_597, 39_307.895_800_092_71, 28_729.085_735_721_943, 5_226.495_278_852_545],
];

#[rustfmt::skip]
const MIDDLE: [[f64; 8]; 2] = [
    [1.423_437_110_749_683_5, 4.630_337_846_156_546, 5.769_497_221_460_691, 3.647_848_324_763_204_5,
     1.270_458_252_452_368_4, 0.241_780_725_177_450_6, 0.022_723_844_989_269_184, 0.000_774_545_014_278_341_4],
    [1.0, 2.053_191_626_637_759, 1.676_384_830_183_803_8, 0.689_767_334_985_1,
     0.148_103_976_427_480_08, 0.015_198_666_563_616_457, 0.000_547_593_808_499_534_5, 1.050_750_071_644_416_9e-9],
];

#[rustfmt::skip]
const FAR: [[f64; 8]; 2] = [
    [6.657_904_643_501_103, 5.463_784_911_164_114, 1.784_826_539_917_291_3, 0.296_560_571_828_504_87,
     0.026_532_189_526_576_124, 0.001_242_660_947_388_078_4, 2.711_555_568_743_487_6e-5, 2.010_334_399_292_288e-7],
    [1.0, 0.599_832_206_555_888, 0.136_929_880_922_735_8, 0.014_875_361_290_850_615,
     0.000_786_869_131_145_613_3, 1.846_318_317_510_054_7e-5, 1.421_511_758_316_446e-7, 2.044_263_103_389_939_8e-15],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_inverts_cdf() {
        for p in [1e-300, 1e-20, 1e-6, 0.01, 0.074, 0.076, 0.3, 0.5, 0.7, 0.925, 0.99, 1.0 - 1e-9] {
            let z = quantile(p);
            let back = if p < 0.5 { sf(-z) } else { cdf(z) };
            assert!((back / p - 1.0).abs() < 1e-12, "{p}: {z} gives {back}");
        }
        assert_eq!(quantile(0.5), 0.0);
        assert_eq!((quantile(0.0), quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(quantile(-0.1).is_nan() && quantile(1.1).is_nan() && quantile(f64::NAN).is_nan());
    }
}
