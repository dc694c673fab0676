//! Isotonic regression: the monotone map that is nearest to what happened.

use crate::evidence::InsufficientData;
use crate::metric::{Labelled, MetricError, Ranking};
use crate::model::{Calibration, Scale};

/// Leads that share a calibrated probability.
struct Block {
    first: f64,
    last: f64,
    positive: f64,
    total: f64,
}

/// The isotonic map of probabilities to rates, by least squares. Leads of weight 0 count for nothing.
///
/// # Errors
/// A score outside [0, 1]; the inner error without leads of weight.
///
/// # Formula
/// Neighbours that violate the order are pooled until none does; of a pool its first and last probability become knots.
///
/// # Source
/// Ayer et al. (1955); `sklearn.isotonic.IsotonicRegression(out_of_bounds="clip")` 1.9.
///
/// # Example
/// ```
/// use plumbline_core::metric::Labelled;
/// use plumbline_core::model::{Calibration, Scale};
/// use plumbline_core::train::calibrate;
/// let data = Labelled::new(&[0.1, 0.2, 0.3, 0.4], &[false, true, false, true])?;
/// let map = calibrate::isotonic(&data)?.expect("there are leads");
/// assert_eq!(map, Calibration::Isotonic { x: vec![0.1, 0.2, 0.3, 0.4], y: vec![0.0, 0.5, 0.5, 1.0], on: Scale::Probability });
/// # Ok::<(), plumbline_core::metric::MetricError>(())
/// ```
pub fn isotonic(data: &Labelled<'_>) -> Result<Result<Calibration, InsufficientData>, MetricError> {
    data.check_probabilities()?;
    Ok(InsufficientData::unless(data.count(), 1, "leads").map(|()| isotonic_of(&Ranking::new(data))))
}

/// The same of leads that are sorted already.
pub(crate) fn isotonic_of(ranking: &Ranking) -> Calibration {
    let mut blocks: Vec<Block> = Vec::new();
    for tie in ranking.ties().iter().rev() {
        let mut block = Block { first: tie.score, last: tie.score, positive: tie.positive, total: tie.positive + tie.negative };
        while let Some(before) = blocks.pop_if(|before| before.positive * block.total >= block.positive * before.total) {
            block = Block {
                first: before.first,
                last: block.last,
                positive: before.positive + block.positive,
                total: before.total + block.total,
            };
        }
        blocks.push(block);
    }
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for block in &blocks {
        let rate = block.positive / block.total;
        x.push(block.first);
        y.push(rate);
        if block.last > block.first {
            x.push(block.last);
            y.push(rate);
        }
    }
    Calibration::Isotonic { x, y, on: Scale::Probability }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bad_input_is_refused() {
        assert!(isotonic(&Labelled::new(&[], &[]).unwrap()).unwrap().is_err());
        assert!(isotonic(&Labelled::new(&[1.1], &[true]).unwrap()).is_err());
        let none = Labelled::new(&[0.5], &[true]).unwrap();
        assert!(isotonic(&none.weighted(&[0.0]).unwrap()).unwrap().is_err());
    }

    proptest! {
        #[test]
        fn the_map_rises_and_keeps_the_mean(rows in prop::collection::vec((0u8..20, any::<bool>()), 1..80)) {
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.0) / 20.0).collect();
            let converted: Vec<bool> = rows.iter().map(|row| row.1).collect();
            let map = isotonic(&Labelled::new(&scores, &converted).unwrap()).unwrap().unwrap();
            prop_assert_eq!(map.check(), Ok(()));
            let mean: f64 = scores.iter().map(|p| map.apply(0.0, *p)).sum();
            let positives = converted.iter().filter(|c| **c).count() as f64;
            prop_assert!((mean - positives).abs() < 1e-9);
        }
    }
}
