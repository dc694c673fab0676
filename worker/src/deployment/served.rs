//! A model being served.

use std::sync::Arc;

use plumbline_core::Scorer;
use plumbline_core::schema::Field;

use crate::gate::Gate;
use crate::model::File;
use crate::tally::Version;

/// A model being served.
#[derive(Debug)]
pub(crate) struct Served {
    pub scorer: Arc<Scorer>,
    /// What it was read from.
    pub file: File,
    /// What checks its leads before they are scored.
    pub gate: Option<Gate>,
    /// How its leads are counted.
    pub version: Arc<Version>,
    /// Which of the deployment's distinct schemas it reads leads by.
    pub reading: usize,
}

impl Served {
    /// Whether `name` is this model's version, name, or `name/version`.
    pub(crate) fn answers_to(&self, name: &str) -> bool {
        self.is_called(name) || self.scorer.id().name == name
    }

    /// Whether `key` is this model's version or `name/version`.
    pub(crate) fn is_called(&self, key: &str) -> bool {
        let id = self.scorer.id();
        // A name may contain slashes of its own.
        id.version == key
            || key.strip_prefix(id.name.as_str()).and_then(|rest| rest.strip_prefix('/')) == Some(id.version.as_str())
    }

    /// The field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.scorer.bundle().manifest.schema.field(name).map(|(_, field)| field)
    }
}
