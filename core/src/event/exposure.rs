//! An exposure: a person saw a score. Where the page worked the score out itself, the exposure brings it.

use serde::{Deserialize, Serialize};

use super::fault::EventError;
use super::page_score::PageScore;
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
    /// The score, where the page worked it out; none where the service did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Box<PageScore>>,
}

impl Exposure {
    /// The SHA-256 of the content, without the event's own id, in hexadecimal digits.
    pub fn content_sha256(&self) -> String {
        let waited = self.client_ms.map(|ms| format!("{:016x}", ms.to_bits())).unwrap_or_default();
        let occurred = self.occurred_ms.to_string();
        let score = self.score.as_ref().map(|score| serde_json::to_string(score).unwrap_or_default());
        let parts = [self.lead_id.as_str(), &self.version, &occurred, &waited];
        // An exposure without a score keeps the hash it always had.
        digest(&parts.into_iter().chain(score.as_deref()).collect::<Vec<_>>())
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
        let score = fields.object("score", "score.")?;
        fields.finish()?;
        let score = score.map(PageScore::read).transpose()?.map(Box::new);
        if score.is_some() && event_id.is_none() {
            return Err(EventError::Missing { field: "event_id", why: ": with a score it is what makes the event arrive once" });
        }
        let mut exposure = Exposure { event_id: String::new(), lead_id, version, occurred_ms, client_ms, score };
        exposure.event_id = event_id.unwrap_or_else(|| exposure.content_sha256());
        Ok(exposure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Role, TestArm};

    const NOW: i64 = 1_795_860_000_000;

    fn read(more: &str) -> Result<Exposure, EventError> {
        Exposure::read(&format!(r#"{{"lead_id":"a","version":"2","occurred_at":{NOW},"event_id":"e"{more}}}"#), NOW)
    }

    #[test]
    fn a_score_of_a_page_is_read_strictly() {
        let full = r#","score":{"variant":"champion","role":"challenger","epoch":3,"probability":0.7,"margin":0.9,"band":"hot","arm":"B",
            "explores":true,"model":"m","shadows":[{"version":"3","variant":"s","probability":0.5}]}"#;
        let score = read(full).unwrap().score.unwrap();
        assert_eq!((score.role, score.epoch, score.arm, score.explores), (Role::Challenger, 3, Some(TestArm::Treatment), true));
        assert_eq!((score.said.probability, score.said.margin, score.said.band.as_str()), (0.7, Some(0.9), "hot"));
        assert_eq!((score.shadows[0].version.as_str(), score.shadows[0].said.probability), ("3", 0.5));
        let least = r#""variant":"c","role":"champion","epoch":0,"probability":1"#;
        for (score, expected) in [
            (format!("{{{least}}}"), Ok(())),
            ("7".into(), Err("EVENT_BAD_VALUE")),
            ("{}".into(), Err("EVENT_MISSING_FIELD")),
            (least.replace("champion", "shadow"), Err("EVENT_BAD_VALUE")),
            (least.replace(":0,", ":0.5,"), Err("EVENT_BAD_VALUE")),
            (least.replace(":1", ":1.01"), Err("EVENT_BAD_VALUE")),
            (format!(r#"{least},"arm":"C""#), Err("EVENT_BAD_VALUE")),
            (format!(r#"{least},"visits":3"#), Err("EVENT_UNKNOWN_FIELD")),
            (format!(r#"{least},"shadows":[{{"version":"3","variant":"s"}}]"#), Err("EVENT_MISSING_FIELD")),
            (format!(r#"{least},"shadows":[1]"#), Err("EVENT_BAD_VALUE")),
            (format!(r#"{least},"shadows":[{}]"#, ["{}"; 9].join(",")), Err("EVENT_BAD_VALUE")),
        ] {
            let score = if score.starts_with(['{', '7']) { score } else { format!("{{{score}}}") };
            let found = read(&format!(r#","score":{score}"#)).map(drop).map_err(|error| error.code());
            assert_eq!(found, expected, "{score}");
        }
        let message = read(&format!(r#","score":{{{least},"visits":3}}"#)).unwrap_err().to_string();
        assert!(message.starts_with("score.visits: unknown field; known are variant, role"), "{message}");
    }

    #[test]
    fn a_score_belongs_to_the_content_and_needs_an_id() {
        let least = r#""score":{"variant":"c","role":"champion","epoch":0,"probability":0.5}"#;
        let one = read(&format!(",{least}")).unwrap();
        assert_ne!(one.content_sha256(), read("").unwrap().content_sha256());
        assert_ne!(one.content_sha256(), read(&format!(",{}", least.replace("0.5", "0.6"))).unwrap().content_sha256());
        let unnamed = format!(r#"{{"lead_id":"a","version":"2","occurred_at":{NOW},{least}}}"#);
        assert_eq!(Exposure::read(&unnamed, NOW).map_err(|error| error.code()), Err("EVENT_MISSING_FIELD"));
    }
}
