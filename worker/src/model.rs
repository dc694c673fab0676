//! A model as the service is given it: compiled, with the bytes of its bundle, which callers may load too.

use std::fmt::Write;
use std::sync::Arc;

use plumbline_core::{Bundle, Scorer};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A model that can be served. A clone shares what was compiled.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) scorer: Arc<Scorer>,
    pub(crate) file: File,
}

/// The bundle that a model was read from.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub bytes: Arc<[u8]>,
    /// SHA-256 of the bytes, in hex.
    pub digest: String,
}

/// Why a bundle cannot be served.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct ModelError {
    /// The stable name of what is wrong.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Model {
    /// The model of the bundle in `bytes`, which is verified.
    ///
    /// # Errors
    /// [`ModelError`]: the bundle cannot be read, its golden leads disagree, or its model does not fit its schema.
    pub fn read(bytes: impl Into<Arc<[u8]>>) -> Result<Model, ModelError> {
        let bytes = bytes.into();
        let refused = |code, message| ModelError { code, message };
        let bundle = Bundle::read(&bytes).map_err(|e| refused(e.code(), e.to_string()))?;
        let scorer = Scorer::new(bundle).map_err(|e| refused(e.code(), e.to_string()))?;
        let digest = digest(&bytes);
        Ok(Model { scorer: Arc::new(scorer), file: File { bytes, digest } })
    }

    /// The compiled model.
    pub fn scorer(&self) -> &Scorer {
        &self.scorer
    }
}

/// SHA-256 of `bytes`, in hex.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to memory cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
