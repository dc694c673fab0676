//! An exposure: a person saw a score.

use serde::{Deserialize, Serialize};

use super::fault::EventError;
use super::read::{Event, Fields, digest};

/// A person saw the score of a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExposureEvent"))]
pub struct Exposure {
    /// The event's own id; the hash of its content when the caller gave none.
    pub event_id: String,
    /// The lead.
    pub lead_id: String,
    /// The version whose score was seen.
    pub version: String,
    /// When, milliseconds since 1970.
    pub occurred_ms: i64,
    /// How long the page waited for the score, milliseconds.
    pub client_ms: Option<f64>,
}

impl Exposure {
    /// The SHA-256 of the content, without the event's own id, in hexadecimal digits.
    pub fn content_sha256(&self) -> String {
        let waited = self.client_ms.map(|ms| format!("{:016x}", ms.to_bits())).unwrap_or_default();
        digest(&[&self.lead_id, &self.version, &self.occurred_ms.to_string(), &waited])
    }
}

impl Event for Exposure {
    fn read(json: &str, now: i64) -> Result<Exposure, EventError> {
        let mut fields = Fields::read(json)?;
        let lead_id = fields.required_id("lead_id")?;
        let event_id = fields.id("event_id")?;
        let version = fields.required_id("version")?;
        let occurred_ms = fields.time("occurred_at", now)?;
        let client_ms = fields.number("client_ms", |ms| (0.0..=1e9).contains(&ms), "milliseconds from 0 to 1e9")?;
        fields.finish()?;
        let mut exposure = Exposure { event_id: String::new(), lead_id, version, occurred_ms, client_ms };
        exposure.event_id = event_id.unwrap_or_else(|| exposure.content_sha256());
        Ok(exposure)
    }
}
