//! Everything that can be wrong with a declaration on its own, before any model is looked at.

use std::collections::BTreeSet;

use super::{Band, Declaration};
use crate::feature;
use crate::json::MAX_SAFE_INTEGER;
use crate::schema::{ConfigErrors, check_fields};

impl Declaration {
    /// Checks fields, features and bands against each other; the model's columns are checked by
    /// [`Pipeline::compile`](crate::Pipeline::compile).
    ///
    /// # Errors
    /// All problems, each with its path.
    pub fn check(&self) -> Result<(), ConfigErrors> {
        let mut errors = ConfigErrors::default();
        check_fields(&self.field, &mut errors);
        feature::check(&self.feature, &self.schema(), &mut errors);
        check_bands(&self.band, &mut errors);
        if let Err(message) = self.calibration.check() {
            errors.add("CALIBRATION_INVALID", "calibration".into(), message);
        }
        let card = &self.model;
        if !card.positive.is_empty() && !card.outputs.contains(&card.positive) {
            let message = format!("the positive output {:?} is not one of the outputs", card.positive);
            errors.add("OUTPUT_UNKNOWN", "model.positive".into(), message);
        }
        // What JSON cannot carry would make a bundle that no reader accepts.
        for (name, value) in self.provenance.baseline.iter().filter(|(_, value)| !value.is_finite()) {
            let message = format!("the baseline {name:?} is {value}; it must be a finite number");
            errors.add("BASELINE_NOT_FINITE", format!("provenance.baseline.{name}"), message);
        }
        if self.provenance.rows > Some(MAX_SAFE_INTEGER) {
            let message = "the number of rows exceeds 9,007,199,254,740,991".to_owned();
            errors.add("PROVENANCE_ROWS", "provenance.rows".into(), message);
        }
        errors.into_result()
    }
}

fn check_bands(bands: &[Band], errors: &mut ConfigErrors) {
    let (mut names, mut starts) = (BTreeSet::new(), BTreeSet::new());
    for (i, band) in bands.iter().enumerate() {
        let name = &band.name;
        if !names.insert(name) || name.is_empty() {
            errors.add("BAND_NAME", format!("band[{i}].name"), format!("the band name {name:?} is empty or already used"));
        }
        if !(0.0..=1.0).contains(&band.from) {
            errors.add("BAND_RANGE", format!("band[{i}].from"), format!("{} is not a probability", band.from));
        }
        // + 0 makes one of the two zeros.
        if !starts.insert((band.from + 0.0).to_bits()) {
            errors.add("BAND_DUPLICATE", format!("band[{i}].from"), format!("two bands start at {}", band.from));
        }
    }
    if !bands.is_empty() && !bands.iter().any(|b| b.from == 0.0) {
        errors.add("BAND_GAP", "band".into(), "no band starts at 0, so the lowest probabilities fall in no band".into());
    }
}
