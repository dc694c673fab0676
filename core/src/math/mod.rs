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
