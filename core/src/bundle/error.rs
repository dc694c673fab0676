//! Why a bundle was refused.

use thiserror::Error;

/// Why a bundle was refused (or could not be written).
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The file ends before what its header announces.
    #[error("the bundle is truncated: its header announces {expected} bytes, the file has {found}")]
    Truncated {
        /// Bytes the header announces.
        expected: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// The file, or a part of it, is larger than the limit.
    #[error("the bundle exceeds a limit: {what} is {found}, the maximum is {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        found: u64,
        /// The largest that is read.
        limit: u64,
    },
    /// The bytes are not a safetensors file with our manifest.
    #[error("not a bundle: {0}")]
    Malformed(String),
    /// The file was written by a later version of the format.
    #[error("the bundle has format {found}; this program reads formats up to {known}")]
    Newer {
        /// Format of the file.
        found: u32,
        /// Latest format known here.
        known: u32,
    },
    /// The content is not what was written: the digest disagrees.
    #[error("the bundle was altered: its digest is {claimed}, but its content has digest {found}")]
    Altered {
        /// Digest written in the file.
        claimed: String,
        /// Digest of the file's content.
        found: String,
    },
    /// A part of the model contradicts another, or lies out of its range.
    #[error("the bundle's model is invalid: {0}")]
    InvalidModel(String),
    /// A golden lead does not score as it did when the bundle was written.
    #[error("golden lead {index} scores {found} here; it scored {expected} when the bundle was written")]
    GoldenMismatch {
        /// Position among the golden leads.
        index: usize,
        /// Bits when written: margins, then the probability; hexadecimal.
        expected: String,
        /// Bits here.
        found: String,
    },
}

impl BundleError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            BundleError::Truncated { .. } => "BUNDLE_TRUNCATED",
            BundleError::TooLarge { .. } => "BUNDLE_TOO_LARGE",
            BundleError::Malformed(_) => "BUNDLE_MALFORMED",
            BundleError::Newer { .. } => "BUNDLE_NEWER_FORMAT",
            BundleError::Altered { .. } => "BUNDLE_ALTERED",
            BundleError::InvalidModel(_) => "BUNDLE_INVALID_MODEL",
            BundleError::GoldenMismatch { .. } => "BUNDLE_GOLDEN_MISMATCH",
        }
    }
}
