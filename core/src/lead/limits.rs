//! How much a caller may send.

use serde::{Deserialize, Serialize};

/// How much a caller may send; settings, so that a host can tighten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a request body. Default 16 MiB, as Databricks serving.
    pub body_bytes: u64,
    /// Leads of one request. Default 10,000.
    pub batch: u32,
    /// Depth of nested arrays and objects in one lead; never above 128. Default 16.
    pub nesting: u32,
    /// Bytes of one text, as written in the JSON. Default 65,536.
    pub string_bytes: u32,
    /// Items of one list. Default 1,000.
    pub list_items: u32,
    /// Bytes of a lead's id. Default 256: every row of the log repeats it.
    pub id_bytes: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 16 * 1024 * 1024,
            batch: 10_000,
            nesting: 16,
            string_bytes: 65_536,
            list_items: 1_000,
            id_bytes: 256,
        }
    }
}
