//! What is served from a moment on, as a document.

use serde::{Deserialize, Serialize};

use super::AllocationSettings;

/// What hosts serve from a moment on. A host that does not know one of its keys rejects it as a whole, and serves on what it served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Deployed {
    /// Counts the deployments; hosts never go back to a smaller one.
    pub epoch: u64,
    /// Since when it holds, milliseconds since 1970.
    pub effective_ms: i64,
    /// Which of the models serves which lead.
    pub allocation: AllocationSettings,
    /// SHA-256 of the bundles in hex; models that no lead is sent to are loaded and probed, too.
    pub models: Vec<String>,
}
