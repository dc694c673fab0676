//! A sample: finite values, taken in once.

use crate::stats::error::StatsError;

/// Finite values with their mean and spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<'a> {
    values: &'a [f64],
    mean: f64,
    /// What rounding took from the mean.
    rest: f64,
    squares: f64,
}

impl<'a> Sample<'a> {
    /// The sample of these values.
    ///
    /// # Errors
    /// No value; one that is not finite; values so large that their squared deviations are beyond a double.
    ///
    /// # Formula
    /// Mean and squared deviations by two passes, each corrected by what rounding left over (Chan, Golub & LeVeque 1983).
    pub fn new(values: &'a [f64]) -> Result<Sample<'a>, StatsError> {
        StatsError::unless_enough(values.len() as u64, 1, "values in each sample")?;
        StatsError::unless_finite(values, "the sample")?;
        let n = values.len() as f64;
        let rough = values.iter().map(|x| x / n).sum::<f64>();
        let mean = rough + values.iter().map(|x| x - rough).sum::<f64>() / n;
        let (mut rest, mut squares) = (0.0, 0.0);
        for x in values {
            rest += x - mean;
            squares += (x - mean) * (x - mean);
        }
        let squares = (squares - rest * rest / n).max(0.0);
        let spans = squares.is_finite();
        // The mean's own rounding shows as a spread of about that size: values that are all equal have none.
        let constant = values.iter().all(|x| Some(x) == values.first());
        match values.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())) {
            Some((row, value)) if !spans => {
                let wanted = "small enough that its square is a finite double";
                Err(StatsError::OutOfRange { what: "the sample", row, value: *value, wanted })
            }
            _ if constant => Ok(Sample { values, mean: values.first().copied().unwrap_or(mean), rest: 0.0, squares: 0.0 }),
            _ => Ok(Sample { values, mean, rest: rest / n, squares }),
        }
    }

    /// The values.
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// How many.
    pub fn count(&self) -> f64 {
        self.values.len() as f64
    }

    /// Their mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// This mean less `other`'s, to the last digits even where the means are much larger.
    pub fn excess(&self, other: &Sample<'_>) -> f64 {
        (self.mean - other.mean) + (self.rest - other.rest)
    }

    /// The sum of squared deviations from the mean.
    pub fn squares(&self) -> f64 {
        self.squares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_sample_is_refused() {
        assert_eq!(Sample::new(&[]).unwrap_err().code(), "INSUFFICIENT_DATA");
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Sample::new(&[1.0, bad]).unwrap_err().code(), "NOT_FINITE");
        }
        assert_eq!(Sample::new(&[1e300, -1e300]).unwrap_err().code(), "OUT_OF_RANGE");
        assert_eq!(Sample::new(&[1e308, 1e308, 1e308]).unwrap().squares(), 0.0);
    }

    #[test]
    fn a_large_offset_costs_no_digits_of_the_spread() {
        let offset: Vec<f64> = [4.0, 7.0, 13.0, 16.0].iter().map(|x| x + 1e9).collect();
        let sample = Sample::new(&offset).unwrap();
        assert_eq!((sample.mean(), sample.squares()), (1e9 + 10.0, 90.0));
        assert_eq!(Sample::new(&[0.1; 7]).unwrap().squares(), 0.0);
    }
}
