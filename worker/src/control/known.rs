//! What control has to know of a registered version besides its windows' layout: read from its bundle once.

use plumbline_core::Bundle;
use plumbline_core::bundle::Baseline;
use plumbline_core::diagnose::{Served, Training};
use plumbline_core::schema::Schema;

use super::Control;
use crate::store::{Sql, SqlError};

/// A version, as far as reports and diagnosis need it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Known {
    /// What it was when it was trained.
    pub baseline: Option<Baseline>,
    /// The same, as the diagnosis reads it.
    pub training: Option<Training>,
    /// How large it is; none where its bundle cannot be read.
    pub served: Option<Served>,
    /// How it reads leads.
    pub schema: Schema,
    /// Where its top band begins.
    pub hot: Option<f64>,
}

impl Known {
    fn of(bundle: &Bundle, bytes: u64) -> Known {
        Known {
            baseline: bundle.baseline.clone(),
            training: Training::of(bundle),
            served: Some(Served::of(bundle, bytes)),
            schema: bundle.manifest.schema.clone(),
            hot: bundle.manifest.bands.iter().map(|band| band.from).filter(|from| *from > 0.0).max_by(f64::total_cmp),
        }
    }

    /// The share of `field` in the model's importance.
    pub fn share(&self, field: &str) -> f64 {
        self.baseline.as_ref().map_or(0.0, |baseline| baseline.share(field))
    }
}

impl<S: Sql> Control<S> {
    /// What is known of `version`.
    pub(super) fn known(&mut self, version: &str) -> Result<Known, SqlError> {
        if let Some(known) = self.layouts.known.get(version) {
            return Ok(known.clone());
        }
        let digest = self.model(version)?.map(|model| model.digest).unwrap_or_default();
        let bytes = self.bundle(&digest)?.unwrap_or_default();
        let known = Bundle::read(&bytes).map(|bundle| Known::of(&bundle, bytes.len() as u64)).unwrap_or_default();
        self.layouts.known.insert(version.to_owned(), known.clone());
        Ok(known)
    }

    /// The fields of `version` with their shares of its importance; empty without a baseline.
    pub(super) fn importance(&mut self, version: &str) -> Result<Vec<(String, f64)>, SqlError> {
        let baseline = self.known(version)?.baseline.unwrap_or_default();
        Ok(baseline.importance.into_iter().map(|weight| (weight.field, weight.share)).collect())
    }
}
