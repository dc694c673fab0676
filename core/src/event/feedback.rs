//! What sales says about a score.

use serde::{Deserialize, Serialize};

use super::fault::EventError;
use super::read::{Event, Fields, digest};

/// What a person in sales says about a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "FeedbackEvent"))]
pub struct Feedback {
    /// The event's own id; the hash of its content when the caller gave none.
    pub event_id: String,
    /// The lead.
    pub lead_id: String,
    /// The version whose score it is about, if known.
    pub version: Option<String>,
    /// What kind of statement.
    pub kind: FeedbackKind,
    /// Thumb: 1 up, 0 down. Satisfaction and priority: 1 to 10. None for the others.
    pub rating: Option<f64>,
    /// Who says it.
    pub rep: Option<String>,
    /// In their words.
    pub text: Option<String>,
    /// When, milliseconds since 1970.
    pub occurred_ms: i64,
}

/// What kind of statement about a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    /// Thumb up or down.
    Thumb,
    /// Satisfaction, from 1 to 10.
    Satisfaction,
    /// The score does not help.
    Unhelpful,
    /// Something about the score is odd; open until a person closes it.
    Odd,
    /// The priority that the person gives the lead, from 1 to 10, the most urgent; compared with the model's score.
    Priority,
}

impl FeedbackKind {
    const NAMES: [(&'static str, FeedbackKind); 5] = [
        ("thumb", FeedbackKind::Thumb),
        ("satisfaction", FeedbackKind::Satisfaction),
        ("unhelpful", FeedbackKind::Unhelpful),
        ("odd", FeedbackKind::Odd),
        ("priority", FeedbackKind::Priority),
    ];

    /// The kind's name, as it is stored and sent.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl Feedback {
    /// The SHA-256 of the content, without the event's own id, in hexadecimal digits.
    pub fn content_sha256(&self) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let rating = self.rating.map(|rating| format!("{:016x}", rating.to_bits())).unwrap_or_default();
        let (version, rep, said) = (text(&self.version), text(&self.rep), text(&self.text));
        digest(&[&self.lead_id, &version, self.kind.name(), &rating, &rep, &said, &self.occurred_ms.to_string()])
    }
}

impl Event for Feedback {
    fn read(json: &str, now: i64) -> Result<Feedback, EventError> {
        let mut fields = Fields::read(json)?;
        let lead_id = fields.required_id("lead_id")?;
        let event_id = fields.id("event_id")?;
        let version = fields.id("version")?;
        let kind = fields.choice("kind", &FeedbackKind::NAMES, "thumb, satisfaction, unhelpful, odd or priority")?;
        let rating = match kind {
            FeedbackKind::Thumb => fields.number("rating", |x| x == 0.0 || x == 1.0, "1 (up) or 0 (down)")?,
            FeedbackKind::Satisfaction | FeedbackKind::Priority => {
                fields.number("rating", |x| (1.0..=10.0).contains(&x) && x.fract() == 0.0, "a whole number from 1 to 10")?
            }
            FeedbackKind::Unhelpful | FeedbackKind::Odd => fields.number("rating", |_| true, "a number")?,
        };
        let (rep, text) = (fields.id("rep")?, fields.comment("text")?);
        let occurred_ms = fields.time("occurred_at", now)?;
        fields.finish()?;
        match (kind, rating) {
            (FeedbackKind::Thumb, None) => return Err(EventError::Missing { field: "rating", why: ": 1 for up, 0 for down" }),
            (FeedbackKind::Satisfaction | FeedbackKind::Priority, None) => {
                return Err(EventError::Missing { field: "rating", why: ": 1 to 10" });
            }
            (FeedbackKind::Unhelpful | FeedbackKind::Odd, Some(_)) => {
                return Err(EventError::NotAllowed { field: "rating", kind: kind.name() });
            }
            _ => {}
        }
        let mut feedback = Feedback { event_id: String::new(), lead_id, version, kind, rating, rep, text, occurred_ms };
        feedback.event_id = event_id.unwrap_or_else(|| feedback.content_sha256());
        Ok(feedback)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_belong_to_their_kind() {
        for (kind, rating, expected) in [
            ("thumb", "1", Ok(Some(1.0))),
            ("thumb", "0.5", Err("EVENT_BAD_VALUE")),
            ("thumb", "null", Err("EVENT_MISSING_FIELD")),
            ("satisfaction", "8", Ok(Some(8.0))),
            ("satisfaction", "11", Err("EVENT_BAD_VALUE")),
            ("satisfaction", "8.5", Err("EVENT_BAD_VALUE")),
            ("priority", "10", Ok(Some(10.0))),
            ("priority", "0", Err("EVENT_BAD_VALUE")),
            ("priority", "null", Err("EVENT_MISSING_FIELD")),
            ("odd", "null", Ok(None)),
            ("odd", "3", Err("EVENT_FIELD_NOT_ALLOWED")),
            ("unhelpful", "null", Ok(None)),
        ] {
            let json = format!(r#"{{"lead_id":"a","kind":"{kind}","rating":{rating},"occurred_at":1795860000000}}"#);
            let found = Feedback::read(&json, 1_795_860_000_000).map(|event| event.rating).map_err(|error| error.code());
            assert_eq!(found, expected, "{kind} {rating}");
        }
    }
}
