//! The figures of windows as one value: all of them, and each piece of time when asked for.

use serde::{Deserialize, Serialize};

use super::{HOUR_MS, LayoutMismatch, Series, Summary, Window};
use crate::table::format_date;

/// The figures of the hours of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WindowReport"))]
pub struct Report {
    /// Hours in which something was counted.
    pub hours: u64,
    /// The moment freshness is computed for, in milliseconds since 1970.
    pub now_ms: i64,
    /// All hours together.
    pub total: Summary,
    /// Each piece of time in which something was counted; absent when not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pieces: Option<Vec<Piece>>,
}

/// One piece of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WindowPiece"))]
pub struct Piece {
    /// Its first millisecond since 1970.
    pub from_ms: i64,
    /// The same as a date, UTC.
    pub from: String,
    /// Its figures.
    pub figures: Summary,
}

impl Report {
    /// The figures of `series` at `now_ms`, beside a `reference` of the same layout; of each piece of `hours` hours too, when given.
    ///
    /// # Errors
    /// Hours of different layouts, which no series has.
    pub fn new(series: &Series, reference: Option<&Window>, now_ms: i64, hours: Option<u32>) -> Result<Report, LayoutMismatch> {
        let figures = |window: &Window| Summary::new(window, series.layout(), reference, now_ms);
        let piece = |(from_ms, window): (i64, Window)| Piece { from_ms, from: format_date(from_ms), figures: figures(&window) };
        let pieces = hours.map(|hours| pieces(series, i64::from(hours.max(1)).saturating_mul(HOUR_MS))).transpose()?;
        Ok(Report {
            hours: series.hours().count() as u64,
            now_ms,
            total: figures(&series.total()),
            pieces: pieces.map(|pieces| pieces.into_iter().map(piece).collect()),
        })
    }
}

/// The windows of pieces of `length_ms`, each with its first millisecond.
fn pieces(series: &Series, length_ms: i64) -> Result<Vec<(i64, Window)>, LayoutMismatch> {
    let mut pieces: Vec<(i64, Window)> = Vec::new();
    for (at, hour) in series.hours() {
        let start = at.div_euclid(length_ms).saturating_mul(length_ms);
        match pieces.last_mut().filter(|(last, _)| *last == start) {
            Some((_, piece)) => piece.merge(hour)?,
            None => pieces.push((start, hour.clone())),
        }
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::Layout;

    #[test]
    fn pieces_hold_every_hour_once_and_survive_a_file() {
        let mut series = Series::new(Layout::default());
        for hour in [-25, -1, 0, 5, 23, 24] {
            series.count(hour * HOUR_MS, |_, window| window.counters.requests += 1).unwrap();
        }
        let report = Report::new(&series, None, 0, Some(24)).unwrap();
        let pieces = report.pieces.as_ref().unwrap();
        assert_eq!(pieces.iter().map(|piece| piece.figures.requests).collect::<Vec<_>>(), [1, 1, 3, 1]);
        assert_eq!((report.hours, report.total.requests, pieces[2].from.as_str()), (6, 6, "1970-01-01"));
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
        assert_eq!(Report::new(&series, None, 0, None).unwrap().pieces, None);
    }
}
