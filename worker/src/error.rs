//! Why a service cannot be made, or a deployment not served.

use plumbline_core::schema::ConfigErrors;
use thiserror::Error;

/// Why a service cannot be made, or a deployment not served.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is nothing to serve.
    #[error("no model is given")]
    NoModel,
    /// Two bundles have the same name and version.
    #[error("model {name:?} version {version:?} is given twice")]
    Twice {
        /// Name of the model.
        name: String,
        /// Its version.
        version: String,
    },
    /// A bundle cannot be read, or its model not be compiled.
    #[error("bundle {index}: {code}: {message}")]
    Bundle {
        /// Its position among the bundles given, from 0.
        index: usize,
        /// The stable name of what is wrong with it.
        code: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The allocation of the settings is not one.
    #[error("allocation: {0}")]
    Allocation(ConfigErrors),
    /// A variant of the allocation is not one model.
    #[error("the variant {variant:?} names {found} of the models served, by version, name or name/version")]
    Variant {
        /// The variant.
        variant: String,
        /// `no`, `several`, or `another variant's`.
        found: &'static str,
    },
    /// A rule of the allocation asks for a field that the champion's schema has not.
    #[error("allocation: a rule asks for the field {field:?}, which the champion does not read")]
    Rule {
        /// The field.
        field: String,
    },
    /// The suite of the settings is not one, or cannot be asked by this host.
    #[error("suite: {0}")]
    Suite(String),
}

impl ServiceError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            ServiceError::NoModel => "SERVICE_NO_MODEL",
            ServiceError::Twice { .. } => "SERVICE_MODEL_TWICE",
            ServiceError::Bundle { .. } => "SERVICE_BUNDLE",
            ServiceError::Allocation(errors) => errors.code(),
            ServiceError::Variant { .. } => "SERVICE_VARIANT",
            ServiceError::Rule { .. } => "SERVICE_RULE",
            ServiceError::Suite(_) => "SERVICE_SUITE",
        }
    }
}
