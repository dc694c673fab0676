//! Scores with what became of the leads.

use super::MetricError;

/// Scores, labels and optional weights of the same leads, checked once. A higher score claims a likelier conversion.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    scores: &'a [f64],
    converted: &'a [bool],
    weights: Option<&'a [f64]>,
    positives: u64,
}

impl<'a> Labelled<'a> {
    /// Scores and whether each lead converted.
    ///
    /// # Errors
    /// Lists of different length, a score that is not finite.
    pub fn new(scores: &'a [f64], converted: &'a [bool]) -> Result<Labelled<'a>, MetricError> {
        Self::check_length("the list of labels", converted.len(), scores.len())?;
        if let Some(row) = scores.iter().position(|score| !score.is_finite()) {
            return Err(MetricError::ScoreNotFinite { row });
        }
        let positives = converted.iter().filter(|converted| **converted).count() as u64;
        Ok(Labelled { scores, converted, weights: None, positives })
    }

    /// The same with a weight for each lead: how many leads it stands for. A lead of weight 0 counts for nothing.
    ///
    /// # Errors
    /// A list of another length, a weight that is negative or not finite.
    pub fn weighted(self, weights: &'a [f64]) -> Result<Labelled<'a>, MetricError> {
        Self::check_length("the list of weights", weights.len(), self.scores.len())?;
        if let Some((row, value)) = weights.iter().enumerate().find(|(_, weight)| !(weight.is_finite() && **weight >= 0.0)) {
            return Err(MetricError::BadWeight { row, value: *value });
        }
        let positives =
            self.converted.iter().zip(weights).filter(|(converted, weight)| **converted && **weight > 0.0).count() as u64;
        Ok(Labelled { weights: Some(weights), positives, ..self })
    }

    fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), MetricError> {
        if found == expected { Ok(()) } else { Err(MetricError::LengthMismatch { what, found, expected }) }
    }

    /// The scores.
    pub fn scores(&self) -> &'a [f64] {
        self.scores
    }

    /// The labels.
    pub fn converted(&self) -> &'a [bool] {
        self.converted
    }

    /// The weights, when given.
    pub fn weights(&self) -> Option<&'a [f64]> {
        self.weights
    }

    /// Leads with a weight above 0.
    pub fn count(&self) -> u64 {
        self.weights.map_or(self.scores.len(), |weights| weights.iter().filter(|weight| **weight > 0.0).count()) as u64
    }

    /// Leads that converted, with a weight above 0.
    pub fn positives(&self) -> u64 {
        self.positives
    }

    /// (score, converted, weight) of each lead, in order.
    pub fn rows(&self) -> impl Iterator<Item = (f64, bool, f64)> + 'a {
        let weights = self.weights;
        let weight = move |i| weights.map_or(1.0, |weights| weights.get(i).copied().unwrap_or_default());
        self.scores.iter().zip(self.converted).enumerate().map(move |(i, (score, converted))| (*score, *converted, weight(i)))
    }

    /// `Ok` when every score is a probability.
    pub(crate) fn check_probabilities(&self) -> Result<(), MetricError> {
        match self.scores.iter().enumerate().find(|(_, score)| !(0.0..=1.0).contains(*score)) {
            Some((row, value)) => Err(MetricError::NotAProbability { row, value: *value }),
            None => Ok(()),
        }
    }
}
