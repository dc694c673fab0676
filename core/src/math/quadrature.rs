//! Gauss–Legendre quadrature on [0, 1].

/// Nodes and weights of the rule with `points` points (even, ≥ 2), exact for polynomials of degree 2·`points` − 1.
///
/// # Formula
/// The nodes are the roots x of the Legendre polynomial Pₙ, found by Newton's method and moved from [−1, 1] to [0, 1]; the
/// weights are 1 / ((1 − x²)·Pₙ′(x)²). Only `+ − × ÷`, so the bits are the same on every host.
///
/// # Source
/// Press et al., Numerical Recipes, 3rd edition, §4.6.1.
pub(crate) fn gauss_legendre(points: usize) -> Vec<(f64, f64)> {
    let n = points as f64;
    let half: Vec<(f64, f64)> = (1..=points / 2)
        .map(|k| {
            let mut x = cosine(core::f64::consts::PI * (k as f64 - 0.25) / (n + 0.5));
            let mut slope = 1.0;
            // From this start three steps reach the last bit for all n; two more are harmless.
            for _ in 0..5 {
                let (p, before) = legendre(points, x);
                slope = n * (x * p - before) / (x * x - 1.0);
                x -= p / slope;
            }
            (x, 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect();
    let left = half.iter().map(|(x, w)| ((1.0 - x) / 2.0, *w));
    let right = half.iter().rev().map(|(x, w)| ((1.0 + x) / 2.0, *w));
    left.chain(right).collect()
}

/// (Pₙ(x), Pₙ₋₁(x)) by the three-term recurrence.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    (1..=n).fold((1.0, 0.0), |(p, before), j| {
        let j = j as f64;
        (((2.0 * j - 1.0) * x * p - (j - 1.0) * before) / j, p)
    })
}

/// cos on [0, π/2] to 5e-7, a first guess: Newton's method does the rest.
fn cosine(x: f64) -> f64 {
    let y = x * x;
    1.0 - y / 2.0 * (1.0 - y / 12.0 * (1.0 - y / 30.0 * (1.0 - y / 56.0 * (1.0 - y / 90.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monomials_are_integrated_exactly() {
        for points in [2, 4, 8, 32, 64, 256] {
            let rule = gauss_legendre(points);
            assert_eq!(rule.len(), points);
            assert!(rule.windows(2).all(|w| w[0].0 < w[1].0), "{points}: nodes rise");
            assert!(rule.iter().all(|(x, w)| *x > 0.0 && *x < 1.0 && *w > 0.0));
            for degree in 0..2 * points {
                let power = |x: f64| (0..degree).fold(1.0, |p, _| p * x);
                let found: f64 = rule.iter().map(|(x, w)| w * power(*x)).sum();
                let exact = 1.0 / (degree as f64 + 1.0);
                assert!((found - exact).abs() < 2e-14, "{points} points, degree {degree}: {found} for {exact}");
            }
        }
    }
}
