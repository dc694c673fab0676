//! The distances of fields from training by day: written with the day's figures, read by the report.

use plumbline_core::evidence::Answer;
use plumbline_core::report::{DriftRow, day_text};
use plumbline_core::window::Summary;
use serde_json::json;

use super::{Control, integer, real, text};
use crate::store::{Param, Sql, SqlError};

impl<S: Sql> Control<S> {
    /// Stores how far the fields of the day that begins at `day_ms` are from training, by the `figures` of its traffic.
    pub(super) fn write_drift(&mut self, (day_ms, version): (i64, &str), figures: &Summary) -> Result<(), SqlError> {
        let rows: Vec<serde_json::Value> = figures
            .features
            .iter()
            .map(|feature| {
                let distance = match &feature.drift {
                    Some(Answer::Known(distance)) => Some(*distance),
                    _ => None,
                };
                let missing = match feature.missing {
                    Answer::Known(share) => Some(share),
                    Answer::Insufficient { .. } => None,
                };
                json!([
                    feature.name,
                    distance.map(|distance| distance.at_least),
                    distance.map(|distance| distance.at_most),
                    distance.map(|distance| distance.population_stability),
                    missing,
                    feature.new_categories,
                ])
            })
            .collect();
        let insert = "INSERT INTO drift_reports (date, version, feature, ks_low, ks_high, psi, missing, new_categories)
            SELECT ?1, ?2, e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5
            FROM json_each(?3) AS e WHERE true
            ON CONFLICT (date, version, feature) DO UPDATE SET ks_low = excluded.ks_low, ks_high = excluded.ks_high,
                psi = excluded.psi, missing = excluded.missing, new_categories = excluded.new_categories";
        let (date, rows) = (day_text(day_ms), serde_json::to_string(&rows).unwrap_or_default());
        self.sql.execute(insert, &[Param::Text(&date), Param::Text(version), Param::Text(&rows)]).map(drop)
    }

    /// The distances of the fields of `version` from training on each day since `from_ms`.
    pub(super) fn drift_rows(&mut self, from_ms: i64, version: &str) -> Result<Vec<DriftRow>, SqlError> {
        let query = "SELECT CAST(strftime('%s', date) AS INTEGER), feature, ks_low FROM drift_reports
            WHERE date >= ?1 AND version = ?2 ORDER BY date, feature";
        let first = day_text(from_ms);
        let rows = self.sql.query(query, &[Param::Text(&first), Param::Text(version)])?;
        let of = |row: &Vec<crate::store::SqlValue>| DriftRow {
            day_ms: integer(row, 0) * 1_000,
            version: version.to_owned(),
            feature: text(row, 1),
            ks: real(row, 2),
        };
        Ok(rows.iter().map(of).collect())
    }
}
