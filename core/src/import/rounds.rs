//! Which boosting rounds of a file are used: XGBoost's `iteration_range`, LightGBM's `start_iteration` and `num_iteration`.

use std::ops::Range;
use std::str::FromStr;

use super::{Format, ImportError, Imported};
use crate::model::{Body, Link};

/// Which boosting rounds of a file are used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Rounds {
    /// Up to the best round where the file names one, otherwise all: the scikit-learn interface of XGBoost.
    #[default]
    Best,
    /// All: XGBoost's `Booster.predict`.
    All,
    /// From a round, counted from 0, up to another, which is not used.
    Range(Range<u32>),
}

impl FromStr for Rounds {
    type Err = String;

    fn from_str(text: &str) -> Result<Rounds, String> {
        let range = || {
            let (from, to) = text.split_once("..")?;
            let from = if from.is_empty() { 0 } else { from.parse().ok()? };
            Some(from..to.parse().ok()?).filter(|range: &Range<u32>| !range.is_empty())
        };
        match text {
            "best" => Ok(Rounds::Best),
            "all" => Ok(Rounds::All),
            _ => range().map(Rounds::Range).ok_or_else(|| "expected best, all or A..B with A below B, such as 0..120".to_owned()),
        }
    }
}

impl Imported {
    /// Number of boosting rounds in use; none for a linear model.
    pub fn rounds(&self) -> u32 {
        self.round_ends.len() as u32
    }

    /// Leaves out all rounds but those asked for, and notes what a prediction of the training library may do instead.
    ///
    /// # Errors
    /// The model has no such rounds.
    pub fn keep(&mut self, rounds: &Rounds) -> Result<(), ImportError> {
        let count = self.rounds();
        let best = self.best_round.map(|best| best.saturating_add(1)).filter(|best| *best < count);
        let range = match (rounds, best) {
            (Rounds::Best, Some(best)) => {
                self.notes.push(format!(
                    "the first {best} of {count} rounds are used, because the file names best_iteration {}: predict_proba and \
                     predict of XGBClassifier and XGBRegressor do the same, Booster.predict uses all (--rounds all)",
                    best - 1
                ));
                0..best
            }
            (Rounds::All, Some(best)) => {
                self.notes.push(format!(
                    "all {count} rounds are used, although the file names best_iteration {}: Booster.predict does the same, \
                     predict_proba and predict of XGBClassifier and XGBRegressor use the first {best} (--rounds best)",
                    best - 1
                ));
                return Ok(());
            }
            (Rounds::Best | Rounds::All, None) => return Ok(()),
            (Rounds::Range(range), _) if range.end > count => {
                let what = format!("rounds {}..{}; it has {count}", range.start, range.end);
                return Err(ImportError::Rounds(what));
            }
            (Rounds::Range(range), _) => {
                self.notes.push(format!("rounds {}..{} of {count} are used, as --rounds asks", range.start, range.end));
                range.clone()
            }
        };
        self.cut(range);
        Ok(())
    }

    fn cut(&mut self, range: Range<u32>) {
        let end_of =
            |round: u32| round.checked_sub(1).and_then(|round| self.round_ends.get(round as usize)).copied().unwrap_or(0);
        let (from, to) = (end_of(range.start), end_of(range.end));
        self.round_ends.truncate(range.end as usize);
        self.round_ends.drain(..(range.start as usize).min(self.round_ends.len()));
        self.round_ends.iter_mut().for_each(|end| *end -= from.min(*end));
        if let Body::Trees(ensemble) = &mut self.model.body {
            let constants = ensemble.trees.split_off(ensemble.trees.len().saturating_sub(self.constants as usize));
            ensemble.trees.truncate(to as usize);
            ensemble.trees.drain(..(from as usize).min(ensemble.trees.len()));
            ensemble.trees.extend(constants);
        }
        // LightGBM's random forest divides by the number of rounds it predicts with.
        if let (Format::LightgbmText, Link::Average { divisor, .. }) = (self.format, &mut self.model.link) {
            *divisor = range.end - range.start;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_read_half_open() {
        assert_eq!("best".parse(), Ok(Rounds::Best));
        assert_eq!("all".parse(), Ok(Rounds::All));
        assert_eq!("2..7".parse(), Ok(Rounds::Range(2..7)));
        assert_eq!("..7".parse(), Ok(Rounds::Range(0..7)));
        for bad in ["", "7", "7..", "7..7", "7..2", "-1..2", "a..b", "1..2..3"] {
            assert!(bad.parse::<Rounds>().is_err(), "{bad}");
        }
    }
}
