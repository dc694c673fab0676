//! Why a service or a deployment is rejected.

use plumbline_core::schema::ConfigErrors;
use thiserror::Error;

/// Why a service or a deployment is rejected.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is nothing to serve.
    #[error("no model to serve")]
    NoModel,
    /// Two bundles have the same name and version.
    #[error("model {name:?} version {version:?} appears twice")]
    Twice {
        /// Name of the model.
        name: String,
        /// Its version.
        version: String,
    },
    /// A setting is outside its range.
    #[error("settings: {0}")]
    Settings(ConfigErrors),
    /// The allocation of the settings is invalid.
    #[error("allocation: {0}")]
    Allocation(ConfigErrors),
    /// A variant of the allocation is not one model.
    #[error("the variant {variant:?} {found} (by version, name or name/version)")]
    Variant {
        /// The variant.
        variant: String,
        /// `matches no served model`, `matches several served models`, or `is the same model as another variant`.
        found: &'static str,
    },
    /// A rule of the allocation uses a field that the champion's schema does not have.
    #[error("allocation: a rule uses the field {field:?}, which the champion does not have")]
    Rule {
        /// The field.
        field: String,
    },
    /// The deployment is not newer than the one served.
    #[error("deployment {given} is not newer than deployment {serves}, which is served")]
    Epoch {
        /// Its number.
        given: u64,
        /// The number of the one served.
        serves: u64,
    },
    /// A bundle that the deployment cannot do without was not loaded.
    #[error("the bundle {digest} cannot be loaded: {code}: {message}")]
    NotLoaded {
        /// SHA-256 of the bundle, in hex.
        digest: String,
        /// The stable name of what is wrong with it.
        code: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The suite of the settings is invalid, or this host does not support suites.
    #[error("suite: {0}")]
    Suite(String),
}

impl ServiceError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            ServiceError::NoModel => "SERVICE_NO_MODEL",
            ServiceError::Twice { .. } => "SERVICE_MODEL_TWICE",
            ServiceError::Settings(_) => "SETTINGS_INVALID",
            ServiceError::Allocation(errors) => errors.code(),
            ServiceError::Variant { .. } => "SERVICE_VARIANT",
            ServiceError::Rule { .. } => "SERVICE_RULE",
            ServiceError::Epoch { .. } => "SERVICE_EPOCH",
            ServiceError::NotLoaded { .. } => "SERVICE_BUNDLE",
            ServiceError::Suite(_) => "SERVICE_SUITE",
        }
    }
}
