//! Rows of a stored batch, as far as the digest needs them. Rows of earlier releases are shorter: what they lack is absent.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

/// One prediction of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Row {
    pub timestamp_ms: i64,
    pub request_id: String,
    pub position: i64,
    pub batch_size: i64,
    pub lead_id: String,
    pub version: String,
    pub variant: String,
    pub role: String,
    pub status: i64,
    /// Why the lead was not scored.
    pub code: Option<String>,
    pub probability: Option<f64>,
    pub band: String,
    pub duration_us: Option<i64>,
    pub explores: bool,
    pub epoch: Option<i64>,
    pub arm: Option<String>,
    pub segments: Option<String>,
    pub human_score: Option<f64>,
    /// A page worked it out.
    pub is_of_page: bool,
}

/// The role of a score that no lead asked for: control tries a version with it.
pub(super) const PROBE: &str = "probe";
/// The role of a score of a load test's lead, which counts nowhere.
pub(super) const LOAD: &str = "load";
/// The source of a score that a page worked out: it counts nowhere, for it can be forged.
pub(super) const PAGE: &str = "page";
/// The role of a score that is only recorded.
pub(super) const SHADOW: &str = "shadow";

impl Row {
    /// The rows of the text of a batch; none where it is not one.
    pub fn read(predictions: &str) -> Option<Vec<Row>> {
        serde_json::from_str(predictions).ok()
    }

    /// Whether the lead has an id of its own: outcomes can find no other.
    pub fn is_named(&self) -> bool {
        let made = self.lead_id.strip_prefix(self.request_id.as_str()).and_then(|rest| rest.strip_prefix('/'));
        !(self.is_erased() || made.is_some_and(|rest| rest.parse() == Ok(self.position)))
    }

    /// Whether windows and figures count the row.
    pub fn counts(&self) -> bool {
        self.role != LOAD && !self.is_of_page
    }

    /// Whether the row's lead was erased. A lead may be called so; no request is.
    pub fn is_erased(&self) -> bool {
        self.lead_id == ERASED && self.request_id == ERASED
    }
}

/// The lead id and the request id of rows whose lead was erased.
pub(super) const ERASED: &str = "erased";

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_seq(Cells)
    }
}

struct Cells;

impl<'de> Visitor<'de> for Cells {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row of the log")
    }

    /// In the order of [`Prediction::COLUMNS`](plumbline_core::event::Prediction::COLUMNS).
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Row, A::Error> {
        fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(seq: &mut A) -> Result<Option<T>, A::Error> {
            Ok(seq.next_element::<Option<T>>()?.flatten())
        }
        let row = Row {
            timestamp_ms: next(&mut seq)?.unwrap_or_default(),
            request_id: next(&mut seq)?.unwrap_or_default(),
            position: {
                next::<IgnoredAny, _>(&mut seq)?;
                next(&mut seq)?.unwrap_or_default()
            },
            batch_size: next(&mut seq)?.unwrap_or_default(),
            lead_id: next(&mut seq)?.unwrap_or_default(),
            version: {
                next::<IgnoredAny, _>(&mut seq)?;
                next(&mut seq)?.unwrap_or_default()
            },
            variant: next(&mut seq)?.unwrap_or_default(),
            role: next(&mut seq)?.unwrap_or_default(),
            status: next(&mut seq)?.unwrap_or_default(),
            code: next(&mut seq)?,
            probability: {
                next::<IgnoredAny, _>(&mut seq)?;
                next(&mut seq)?
            },
            band: next(&mut seq)?.unwrap_or_default(),
            duration_us: next(&mut seq)?,
            explores: next::<i64, _>(&mut seq)?.unwrap_or_default() != 0,
            epoch: {
                next::<IgnoredAny, _>(&mut seq)?;
                next::<IgnoredAny, _>(&mut seq)?;
                // 0 where the deployment has no number.
                next(&mut seq)?.filter(|epoch| *epoch != 0)
            },
            arm: next(&mut seq)?,
            segments: next(&mut seq)?,
            human_score: next(&mut seq)?,
            is_of_page: next::<String, _>(&mut seq)?.as_deref() == Some(PAGE),
        };
        // Columns of later releases.
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::event::Prediction;

    use super::*;

    #[test]
    fn rows_of_every_width_are_read() {
        let short = r#"[[5,"r",null,0,2,"a","m","1","champion","champion",200,null,0.1,0.5,"hot",null]]"#;
        let row = Row::read(short).unwrap().remove(0);
        assert_eq!((row.timestamp_ms, row.lead_id.as_str(), row.version.as_str(), row.status), (5, "a", "1", 200));
        assert_eq!(
            (row.probability, row.band.as_str(), row.duration_us, row.explores, row.epoch),
            (Some(0.5), "hot", None, false, None)
        );
        let long = r#"[[5,"r",null,1,2,"r/1","m","2","w","shadow",422,"X",null,null,"",7,1,null,null,3,"A","{\"s\":\"x\"}",0.25,null,"later"]]"#;
        let row = Row::read(long).unwrap().remove(0);
        assert_eq!((row.role.as_str(), row.duration_us, row.explores, row.epoch), ("shadow", Some(7), true, Some(3)));
        assert_eq!(row.code.as_deref(), Some("X"));
        assert_eq!(
            (row.arm.as_deref(), row.segments.as_deref(), row.human_score),
            (Some("A"), Some("{\"s\":\"x\"}"), Some(0.25))
        );
        assert!(!row.is_named());
        assert!(Row { lead_id: "r/2".into(), ..row.clone() }.is_named());
        assert!(Row { lead_id: ERASED.into(), ..row.clone() }.is_named());
        assert!(!Row { lead_id: ERASED.into(), request_id: ERASED.into(), ..row.clone() }.is_named());
        assert_eq!(Row::read("[[5,6]]"), None);
    }

    #[test]
    fn cells_are_read_from_the_columns_of_their_name() {
        let at = |name: &str| Prediction::COLUMNS.iter().position(|column| column.name == name).unwrap();
        let names =
            ["timestamp_ms", "request_id", "position", "batch_size", "lead_id", "version", "role", "status", "probability"];
        assert_eq!(names.map(at), [0, 1, 3, 4, 5, 7, 9, 10, 13]);
        assert_eq!(
            ["band", "duration_us", "explores", "epoch", "arm", "segments", "human_score", "source"].map(at),
            [14, 15, 16, 19, 20, 21, 22, 23]
        );
    }
}
