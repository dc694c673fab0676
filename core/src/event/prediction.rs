//! A prediction: what was asked of which model, and what it answered.

use std::sync::Arc;

use super::arm::TestArm;
use super::column::{Cell, Column, ColumnType};
use super::role::Role;
use super::source::Source;
use crate::score::ModelId;

/// One lead of one request, scored or refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// When the request was handled, ms since 1970.
    pub timestamp_ms: i64,
    /// Unique to the request.
    pub request_id: Arc<str>,
    /// What the caller named the request (`client_request_id`, v2 `id`, header `x-request-id`).
    pub client_request_id: Option<Arc<str>>,
    /// The lead's position in its request, from 0.
    pub position: u32,
    /// Leads in the request.
    pub batch_size: u32,
    /// The lead's own id; `<request_id>/<position>` when it has none.
    pub lead_id: String,
    /// The model that answered.
    pub model: Arc<ModelId>,
    /// Which variant of the allocation; `champion` where none is set.
    pub variant: Arc<str>,
    /// As what it answered.
    pub role: Role,
    /// The score is hidden from ranking, so that how good it is can be measured on leads worked regardless of it.
    pub explores: bool,
    /// What became of the lead.
    pub status: Status,
    /// The problem's code; none when scored.
    pub code: Option<&'static str>,
    /// Margin, none when refused.
    pub margin: Option<f64>,
    /// Probability in [0, 1], none when refused.
    pub probability: Option<f64>,
    /// Band; empty when the bundle declares none.
    pub band: String,
    /// Expectations of the suite that a scored lead fails: a JSON array of `{expectation, fields, detail}`.
    pub flags: Option<Arc<str>>,
    /// Fields of a scored lead whose value the model has never seen: a JSON array of their names.
    pub unknown_values: Option<String>,
    /// Time the request took so far, µs, where the host can measure it (never inside pure computation at the edge).
    pub duration_us: Option<u32>,
    /// The deployment that was served when the request began; 0 where none has a number.
    pub epoch: u64,
    /// The side of the test the lead was drawn for, whichever version scored it; none outside a test and for leads that are held out,
    /// explored or not admitted.
    pub arm: Option<TestArm>,
    /// The lead's values of the fields that split results into segments: a JSON object.
    pub segments: Option<Arc<str>>,
    /// The score a person gave the lead, where it brings one.
    pub human_score: Option<f64>,
    /// Where it was worked out.
    pub source: Source,
}

/// What became of a lead, as a status of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 200: it was scored.
    Scored,
    /// 422: something is wrong with it.
    Refused,
    /// 500: the model could not score it, though nothing is wrong with it.
    Failed,
}

impl Status {
    /// The status as HTTP numbers it, and as it is stored.
    pub fn http(self) -> u16 {
        match self {
            Status::Scored => 200,
            Status::Refused => 422,
            Status::Failed => 500,
        }
    }
}

impl Prediction {
    /// The columns of a prediction's row, in the order of the log.
    pub const COLUMNS: [Column; 24] = [
        Column::required("timestamp_ms", ColumnType::Integer),
        Column::required("request_id", ColumnType::Text),
        Column::optional("client_request_id", ColumnType::Text),
        Column::required("position", ColumnType::Integer),
        Column::required("batch_size", ColumnType::Integer),
        Column::required("lead_id", ColumnType::Text),
        Column::required("model", ColumnType::Text),
        Column::required("version", ColumnType::Text),
        Column::required("variant", ColumnType::Text),
        Column::required("role", ColumnType::Text),
        Column::required("status", ColumnType::Integer),
        Column::optional("code", ColumnType::Text),
        Column::optional("margin", ColumnType::Real),
        Column::optional("probability", ColumnType::Real),
        Column::required("band", ColumnType::Text),
        Column::optional("duration_us", ColumnType::Integer),
        Column::required("explores", ColumnType::Integer),
        Column::optional("flags", ColumnType::Text),
        Column::optional("unknown_values", ColumnType::Text),
        Column::required("epoch", ColumnType::Integer),
        Column::optional("arm", ColumnType::Text),
        Column::optional("segments", ColumnType::Text),
        Column::optional("human_score", ColumnType::Real),
        Column::optional("source", ColumnType::Text),
    ];

    /// The row's cells, one for each of [`Prediction::COLUMNS`].
    #[inline]
    pub fn cells(&self) -> [Cell<'_>; Prediction::COLUMNS.len()] {
        [
            Cell::Integer(self.timestamp_ms),
            Cell::Text(&self.request_id),
            Cell::text(self.client_request_id.as_deref()),
            Cell::Integer(self.position.into()),
            Cell::Integer(self.batch_size.into()),
            Cell::Text(&self.lead_id),
            Cell::Text(&self.model.name),
            Cell::Text(&self.model.version),
            Cell::Text(&self.variant),
            Cell::Text(self.role.name()),
            Cell::Integer(self.status.http().into()),
            Cell::text(self.code),
            Cell::real(self.margin),
            Cell::real(self.probability),
            Cell::Text(&self.band),
            self.duration_us.map_or(Cell::Null, |us| Cell::Integer(us.into())),
            Cell::Integer(self.explores.into()),
            Cell::text(self.flags.as_deref()),
            Cell::text(self.unknown_values.as_deref()),
            Cell::Integer(self.epoch as i64),
            Cell::text(self.arm.map(TestArm::name)),
            Cell::text(self.segments.as_deref()),
            Cell::real(self.human_score),
            Cell::text(self.source.cell()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction() -> Prediction {
        Prediction {
            timestamp_ms: 1,
            request_id: "r".into(),
            client_request_id: None,
            position: 2,
            batch_size: 3,
            lead_id: "l".into(),
            model: Arc::new(ModelId { name: "m".into(), version: "v".into() }),
            variant: "w".into(),
            role: Role::Named,
            explores: true,
            status: Status::Refused,
            code: None,
            margin: Some(f64::NAN),
            probability: None,
            band: String::new(),
            flags: None,
            unknown_values: None,
            duration_us: Some(9),
            epoch: 0,
            arm: None,
            segments: None,
            human_score: None,
            source: Source::Service,
        }
    }

    #[test]
    fn cells_are_of_their_column_s_type() {
        let filled = Prediction {
            unknown_values: Some("[]".into()),
            client_request_id: Some("c".into()),
            code: Some("X"),
            margin: Some(1.0),
            probability: Some(0.5),
            flags: Some("[]".into()),
            arm: Some(TestArm::Treatment),
            segments: Some("{}".into()),
            human_score: Some(7.0),
            source: Source::Page,
            ..prediction()
        };
        for (column, (cell, bare)) in Prediction::COLUMNS.iter().zip(filled.cells().into_iter().zip(prediction().cells())) {
            let kind = match cell {
                Cell::Integer(_) => ColumnType::Integer,
                Cell::Real(_) => ColumnType::Real,
                Cell::Text(_) => ColumnType::Text,
                Cell::Null => panic!("{} is null", column.name),
            };
            assert_eq!(kind, column.kind, "{}", column.name);
            assert!(column.nullable || bare != Cell::Null, "{}", column.name);
        }
    }

    #[test]
    fn a_number_that_is_not_finite_is_null() {
        assert_eq!(prediction().cells()[12], Cell::Null);
    }
}
