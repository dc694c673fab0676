//! Log loss and Brier score: how far probabilities are from what happened.

use super::{Labelled, MetricError};
use crate::evidence::InsufficientData;
use crate::math;
use crate::sum::Sum;

/// The mean of −ln(probability given to what happened), in nats. A probability of 0 or 1 is moved inside by 2⁻⁵².
///
/// # Errors
/// A score outside [0, 1]; the inner error without leads.
///
/// # Source
/// `sklearn.metrics.log_loss` 1.9, which clips by the machine epsilon of a double too.
///
/// # Example
/// ```
/// use plumbline_core::metric::{Labelled, log_loss};
/// let data = Labelled::new(&[0.5, 0.5], &[true, false])?;
/// assert_eq!(log_loss(&data)?, Ok(std::f64::consts::LN_2));
/// # Ok::<(), plumbline_core::metric::MetricError>(())
/// ```
pub fn log_loss(data: &Labelled<'_>) -> Result<Result<f64, InsufficientData>, MetricError> {
    data.check_probabilities()?;
    let nats = |p: f64, converted| {
        let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        if converted { -math::ln(p) } else { -math::ln(1.0 - p) }
    };
    Ok(mean(data, nats))
}

/// The mean of (probability − outcome)², in [0, 1].
///
/// # Errors
/// A score outside [0, 1]; the inner error without leads.
///
/// # Source
/// Brier (1950); defined as `sklearn.metrics.brier_score_loss` 1.9.
pub fn brier(data: &Labelled<'_>) -> Result<Result<f64, InsufficientData>, MetricError> {
    data.check_probabilities()?;
    Ok(mean(data, |p, converted| {
        let off = p - f64::from(u8::from(converted));
        off * off
    }))
}

fn mean(data: &Labelled<'_>, loss: impl Fn(f64, bool) -> f64) -> Result<f64, InsufficientData> {
    InsufficientData::unless(data.count(), 1, "leads")?;
    let mut sum = Sum::default();
    let mut weights = Sum::default();
    for (score, converted, weight) in data.rows() {
        sum.add(weight * loss(score, converted));
        weights.add(weight);
    }
    Ok(sum.value() / weights.value())
}
