//! The fields of leads that are kept: what they brought of what the models read, with personal values hashed.

use std::fmt::Write;

use plumbline_core::json;

use super::hmac::hmac_sha256;
use super::seen::{Lead, Seen};

/// Members of one lead beyond this are not kept.
const MOST_MEMBERS: usize = 1_000;

/// Fields that are known to a model that is served, and so are kept; sorted.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Known {
    names: Vec<String>,
    /// SHA-256 of the bundle's schema by which leads are read first, in hex: who reads the fields later knows what they were.
    pub schema: String,
}

impl Known {
    pub(crate) fn new(mut names: Vec<String>, schema: String) -> Known {
        names.sort_unstable();
        names.dedup();
        Known { names, schema }
    }

    fn has(&self, name: &str) -> bool {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }
}

/// How fields are written down.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// Fields whose values are hashed.
    pub personal: Vec<String>,
    /// The key they are hashed by. Without one they are left out.
    pub secret: Vec<u8>,
}

impl Fields {
    /// Appends a lead of `seen` to `out`: an object with its id, when it was scored, the SHA-256 of the schema it was read by, and what it
    /// brought of the fields that the served models know, as it came; of personal fields the HMAC in hex.
    pub(crate) fn write(&self, out: &mut String, seen: &Seen, Lead { id, json, at_ms, known, .. }: &Lead) {
        // What was read as a lead is an object; one with too many members is kept without any.
        let members = json::members(seen.json(json), MOST_MEMBERS).unwrap_or_default();
        // Writing to a String cannot fail.
        let (id, schema) = (quoted(id), &known.schema);
        let _ = write!(out, "{{\"lead_id\":{id},\"at_ms\":{at_ms},\"schema_sha256\":\"{schema}\",\"fields\":{{");
        let mut is_first = true;
        for (name, value) in members.iter().filter(|(name, _)| known.has(name)) {
            let is_personal = self.personal.iter().any(|personal| personal == name);
            if is_personal && self.secret.is_empty() {
                continue;
            }
            if !is_first {
                out.push(',');
            }
            is_first = false;
            let _ = write!(out, "{}:", quoted(name));
            if is_personal && *value != "null" {
                out.push('"');
                out.push_str(&self.hashed(value));
                out.push('"');
            } else {
                one_line(out, value);
            }
        }
        out.push_str("}}");
    }

    /// The HMAC of a value, a text as it reads, anything else as it is written.
    fn hashed(&self, json: &str) -> String {
        let text: Option<String> = serde_json::from_str(json).ok();
        let hash = hmac_sha256(&self.secret, text.as_deref().unwrap_or(json).as_bytes());
        hash.iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Appends the JSON `value` without line breaks, which stand only between its parts: a batch has a line for each of its sections.
fn one_line(out: &mut String, value: &str) {
    if value.contains(['\n', '\r']) {
        out.extend(value.chars().filter(|c| !matches!(c, '\n' | '\r')));
    } else {
        out.push_str(value);
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
