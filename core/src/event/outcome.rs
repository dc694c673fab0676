//! An outcome event: something that happened to a lead in sales.

use serde::{Deserialize, Serialize};

use super::fault::EventError;
use super::read::{Event, Fields, digest};

/// Something that happened to a lead in sales, as the caller reports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "OutcomeEvent"))]
pub struct Outcome {
    /// The lead.
    pub lead_id: String,
    /// The event's own id, unique for the lead; the hash of its content when the caller gave none.
    pub event_id: String,
    /// What happened.
    pub kind: OutcomeKind,
    /// When it happened, milliseconds since 1970.
    pub occurred_ms: i64,
    /// The first moment of the day, where the caller knows the day alone: then `occurred_ms` is its end, or when the event was read, if
    /// the day was not over. It stands for the time in the content's hash, so that an event read again later is the same.
    #[serde(skip)]
    pub day_ms: Option<i64>,
    /// The deal's value, in the currency of the settings.
    pub value: Option<f64>,
    /// The id of an earlier event of the lead that this one takes the place of.
    pub replaces: Option<String>,
    /// Whether it takes the place of what was sent under its id before, where that has other content: a row of a list that is sent again
    /// with corrections.
    #[serde(skip)]
    pub revises: bool,
}

/// What happened to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// It did what the score predicts.
    Converted,
    /// It was lost.
    Lost,
    /// A deal with it was opened.
    DealOpened,
    /// A deal with it was won.
    DealClosed,
    /// Nothing: the event it replaces did not happen.
    Retract,
}

impl OutcomeKind {
    /// All kinds by their names.
    const NAMES: [(&'static str, OutcomeKind); 5] = [
        ("converted", OutcomeKind::Converted),
        ("lost", OutcomeKind::Lost),
        ("deal_opened", OutcomeKind::DealOpened),
        ("deal_closed", OutcomeKind::DealClosed),
        ("retract", OutcomeKind::Retract),
    ];

    /// The kind's name, as it is stored and sent.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<OutcomeKind> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

impl Outcome {
    /// The SHA-256 of the content, without the event's own id, in hexadecimal digits: two events with one id are the same event if
    /// it is equal. Of an event that revises, what it replaces is no part of it.
    pub fn content_sha256(&self) -> String {
        let value = self.value.map(|value| format!("{:016x}", value.to_bits())).unwrap_or_default();
        let replaces = self.replaces.as_deref().filter(|_| !self.revises).unwrap_or_default();
        digest(&[&self.lead_id, self.kind.name(), &self.day_ms.unwrap_or(self.occurred_ms).to_string(), &value, replaces])
    }
}

impl Event for Outcome {
    fn read(json: &str, now: i64) -> Result<Outcome, EventError> {
        let mut fields = Fields::read(json)?;
        let lead_id = fields.required_id("lead_id")?;
        let event_id = fields.id("event_id")?;
        let wanted = "converted, lost, deal_opened, deal_closed or retract";
        let kind = fields.choice("kind", &OutcomeKind::NAMES, wanted)?;
        let (occurred_ms, day_ms) = fields.time_or_day("occurred_at", now)?;
        let value = fields.number("value", |value| (0.0..=1e15).contains(&value), "a number from 0 to 1e15")?;
        let replaces = fields.id("replaces")?;
        let revises = fields.flag("revise")?;
        fields.finish()?;
        if value.is_some() && matches!(kind, OutcomeKind::Lost | OutcomeKind::Retract) {
            return Err(EventError::NotAllowed { field: "value", kind: kind.name() });
        }
        if revises && event_id.is_none() {
            return Err(EventError::Missing { field: "event_id", why: ": it names the row that revise brings up to date" });
        }
        if let Some(found) = replaces.as_ref().filter(|_| revises) {
            let wanted = "allowed with revise, which replaces what was sent under the same event_id";
            return Err(EventError::BadValue { field: "replaces", found: format!("{found:?}"), wanted });
        }
        if kind == OutcomeKind::Retract && replaces.is_none() && !revises {
            return Err(EventError::Missing { field: "replaces", why: ": it names the event that is retracted" });
        }
        let mut outcome = Outcome { lead_id, event_id: String::new(), kind, occurred_ms, day_ms, value, replaces, revises };
        outcome.event_id = event_id.unwrap_or_else(|| outcome.content_sha256());
        if outcome.replaces.as_ref() == Some(&outcome.event_id) {
            return Err(EventError::BadValue {
                field: "replaces",
                found: format!("{:?}", outcome.event_id),
                wanted: "the id of another event",
            });
        }
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_860_000_000;

    fn read(json: &str) -> Result<Outcome, EventError> {
        Outcome::read(json, NOW)
    }

    #[test]
    fn an_outcome_is_read_strictly() {
        for (json, code) in [
            (r#"{"kind":"lost","occurred_at":1795860000000}"#, "EVENT_MISSING_FIELD"),
            (r#"{"lead_id":" ","kind":"lost","occurred_at":1795860000000}"#, "EVENT_BAD_VALUE"),
            (r#"{"lead_id":7,"kind":"lost","occurred_at":1795860000000}"#, "EVENT_BAD_VALUE"),
            (r#"{"lead_id":"a","kind":"won","occurred_at":1795860000000}"#, "EVENT_BAD_VALUE"),
            (r#"{"lead_id":"a","kind":"lost","occurred_at":1795860000000,"value":1}"#, "EVENT_FIELD_NOT_ALLOWED"),
            (r#"{"lead_id":"a","kind":"deal_closed","occurred_at":1795860000000,"value":-1}"#, "EVENT_BAD_VALUE"),
            (r#"{"lead_id":"a","kind":"deal_closed","occurred_at":1795860000000,"value":"1"}"#, "EVENT_BAD_VALUE"),
            (r#"{"lead_id":"a","kind":"retract","occurred_at":1795860000000}"#, "EVENT_MISSING_FIELD"),
            (r#"{"lead_id":"a","kind":"lost","occurred_at":1795860000000,"event_id":"e","replaces":"e"}"#, "EVENT_BAD_VALUE"),
            (r#"{"lead_id":"a","lead_id":"b","kind":"lost","occurred_at":1795860000000}"#, "EVENT_REPEATED_FIELD"),
            (r#"{"lead_id":"a","kind":"lost","occurred_at":1795860000000,"ocurred":1}"#, "EVENT_UNKNOWN_FIELD"),
            (r#"{"lead_id":"a","kind":"lost","occurred_at":1795860000000,"revise":true}"#, "EVENT_MISSING_FIELD"),
            (r#"{"lead_id":"a","kind":"lost","occurred_at":1795860000000,"event_id":"e","revise":1}"#, "EVENT_BAD_VALUE"),
            (
                r#"{"lead_id":"a","kind":"lost","occurred_at":1795860000000,"event_id":"e","revise":true,"replaces":"d"}"#,
                "EVENT_BAD_VALUE",
            ),
            (r#"["lost"]"#, "EVENT_NOT_AN_OBJECT"),
            (r#"{"lead_id":"a","kind":"lost","occurred_at":0179}"#, "EVENT_NOT_AN_OBJECT"),
        ] {
            assert_eq!(read(json).map_err(|error| error.code()), Err(code), "{json}");
        }
        let message = read(r#"{"lead_id":"a","kind":"won","occurred_at":1}"#).unwrap_err().to_string();
        assert_eq!(message, r#"kind: "won" is not converted, lost, deal_opened, deal_closed or retract"#);
    }

    #[test]
    fn an_event_without_an_id_has_that_of_its_content() {
        let one = read(r#"{"lead_id":"a","kind":"deal_closed","occurred_at":"2026-11-28T10:00:00Z","value":5}"#).unwrap();
        let same = read(r#"{"value":5.0, "occurred_at":1795860000000,"kind":"deal_closed","lead_id":"a"}"#).unwrap();
        assert_eq!(one, same);
        assert_eq!(one.event_id, one.content_sha256());
        let other = read(r#"{"lead_id":"a","kind":"deal_closed","occurred_at":1795860000000,"value":6,"event_id":"e"}"#).unwrap();
        assert!(other.event_id == "e" && other.content_sha256() != one.content_sha256());
    }

    #[test]
    fn an_event_of_a_day_counts_from_its_end_and_stays_the_same_event() {
        let of =
            |time: &str, now: i64| Outcome::read(&format!(r#"{{"lead_id":"a","kind":"converted","occurred_at":"{time}"}}"#), now);
        // 2026-11-28T10:00:00Z, so 27 November is over.
        let (hour, midnight) = (3_600_000, NOW - 10 * 3_600_000);
        let over = of("2026-11-27Z", NOW).unwrap();
        assert_eq!((over.occurred_ms, over.day_ms), (midnight - 1, Some(midnight - 24 * hour)));
        assert_eq!(of("2026-11-27+01:00", NOW).unwrap().occurred_ms, midnight - hour - 1);
        // Today is not: the event happened before now, whenever it is read.
        let (early, late, next) = (
            of("2026-11-28Z", NOW).unwrap(),
            of("2026-11-28Z", NOW + hour).unwrap(),
            of("2026-11-28Z", NOW + 48 * hour).unwrap(),
        );
        assert_eq!([early.occurred_ms, late.occurred_ms, next.occurred_ms], [NOW, NOW + hour, midnight + 24 * hour - 1]);
        assert_eq!((&early.event_id, early.content_sha256()), (&late.event_id, next.content_sha256()));
        for (time, code) in [
            ("2026-11-29Z", "EVENT_IN_FUTURE"),
            ("2026-11-28", "EVENT_TIME_WITHOUT_ZONE"),
            ("2026-11-28+1", "EVENT_BAD_VALUE"),
            ("2026-11-31Z", "EVENT_BAD_VALUE"),
            ("1999-11-30Z", "EVENT_TOO_EARLY"),
        ] {
            assert_eq!(of(time, NOW).map_err(|error| error.code()), Err(code), "{time}");
        }
    }
}
