//! The only home of transcendental functions, and quadrature: bits are equal on x86, Arm, wasm and plain JS.
//!
//! `std` delegates to the host's libm, whose last bits differ between native and wasm in 5–10 % of inputs; the `libm` crate
//! is compiled with us everywhere. Nothing else in the workspace may call `exp`, `ln` or `pow` (`clippy.toml` enforces it).

mod logf;
mod quadrature;

pub use logf::lnf;
pub(crate) use quadrature::gauss_legendre;

/// e raised to `x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// e raised to `x`, of additions and multiplications alone, so that a loop over it becomes SIMD instructions, with the same bits on every host;
/// relative error below 1e-12, `x` is clamped to ±700. The trainer's gradients: libm's call takes a quarter of a whole fit.
#[inline(always)]
pub(crate) fn exp_of_sums(x: f64) -> f64 {
    /// Adding and taking it off rounds to a whole number.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts (Cody & Waite 1980): the first has zeros at its end, so that n times it is exact.
    const LN2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
    const TAYLOR: [f64; 11] = [
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let x = x.clamp(-700.0, 700.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let rest = (x - n * LN2[0]) - n * LN2[1];
    let p = TAYLOR.iter().fold(0.0, |p, c| p * rest + c);
    p * f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52))
}

/// e raised to `x`, in single precision (XGBoost's links).
pub fn expf(x: f32) -> f32 {
    libm::expf(x)
}

/// Natural logarithm of `x`; NaN below zero.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x), exact near zero.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// `x` raised to `y`.
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// The logistic function 1 / (1 + e^−x), in (0, 1).
pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// ln(p / (1 − p)); ±infinity at the ends of [0, 1].
pub fn logit(p: f64) -> f64 {
    ln(p / (1.0 - p))
}

/// The complementary error function, exact in the far tail.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// The error function, exact near zero.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// e^x − 1, exact near zero.
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// ln |Γ(x)|.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The angle in [−π/2, π/2] whose sine is `x`; NaN outside [−1, 1].
pub fn asin(x: f64) -> f64 {
    libm::asin(x)
}

/// The angle in [0, π] whose cosine is `x`; NaN outside [−1, 1].
pub fn acos(x: f64) -> f64 {
    libm::acos(x)
}

/// Cosine of an angle in radians.
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Sine of an angle in radians.
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

#[cfg(test)]
mod tests {
    #[test]
    fn exp_of_sums_is_near_exp() {
        let mut random = crate::random::Random::new(1);
        for _ in 0..100_000 {
            let x = (random.unit() - 0.5) * 1_300.0;
            let (found, expected) = (super::exp_of_sums(x), super::exp(x));
            assert!((found / expected - 1.0).abs() < 1e-12, "{x}: {found} {expected}");
        }
        assert_eq!(super::exp_of_sums(0.0), 1.0);
    }
}
