//! Columns that were scaled before training: the model's thresholds are not where the leads' values are.

use plumbline_core::model::{Body, Model, Test};

/// Per column of a model its thresholds, sorted.
pub struct Thresholds(Vec<Vec<f64>>);

impl Thresholds {
    /// The thresholds of `model`.
    pub fn of(model: &Model) -> Thresholds {
        let mut of = vec![Vec::new(); model.columns.len()];
        if let Body::Trees(ensemble) = &model.body {
            for split in ensemble.splits() {
                if let (Test::Less(x) | Test::LessEqual(x), Some(of)) = (&split.test, of.get_mut(split.column as usize)) {
                    of.push(*x);
                }
            }
        }
        for thresholds in &mut of {
            thresholds.retain(|x| x.is_finite());
            thresholds.sort_by(f64::total_cmp);
            thresholds.dedup();
        }
        Thresholds(of)
    }

    /// What to check when column `at`, whose values in the leads are from `low` to `high`, seems scaled in training: a tree splits between
    /// values that it has seen, and a scale from 0 to 1 holds them all in a corner of what the leads have.
    pub fn scaled(&self, at: usize, (low, high): (f64, f64)) -> Option<String> {
        let thresholds = self.0.get(at)?;
        let (least, most) = (*thresholds.first()?, *thresholds.last()?);
        let slack = (high - low) / 100.0;
        let outside = least < low - slack || most > high + slack || (least < 0.0 && low >= 0.0);
        let fractions = thresholds.iter().filter(|x| x.fract() != 0.0).count();
        let unit = low >= 0.0 && high > 10.0 && least >= 0.0 && most <= 1.0 && fractions >= 3;
        let (how, step) = match (outside, unit) {
            (_, true) => ("min_max", "min_max = { min = …, max = … }"),
            (true, false) => ("standard", "standard = { mean = …, std = … }"),
            _ => return None,
        };
        Some(format!(
            "the model splits it from {least} to {most}, the leads have {low} to {high}: if it was scaled in training ({how}), declare a \
             [[feature]] with then = [{{ {step} }}]"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_outside_the_values_are_told_apart() {
        let scaled = |thresholds: &[f64], range: (f64, f64)| Thresholds(vec![thresholds.to_vec()]).scaled(0, range);
        assert!(scaled(&[-0.7, 0.4, 1.9], (0.0, 250.0)).is_some_and(|why| why.contains("standard = ")));
        assert!(scaled(&[0.01, 0.11, 0.2], (0.0, 250.0)).is_some_and(|why| why.contains("min_max = ")));
        assert_eq!(scaled(&[0.5, 1.5, 80.0], (0.0, 250.0)), None);
        assert_eq!(scaled(&[0.5, 0.7, 0.9], (0.0, 1.0)), None);
        assert_eq!(scaled(&[0.5], (0.0, 250.0)), None);
        assert_eq!(scaled(&[], (0.0, 250.0)), None);
    }
}
