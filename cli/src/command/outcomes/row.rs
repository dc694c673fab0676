//! A row of a file becomes an event: its columns, its times and their zone.

use std::path::PathBuf;

use clap::Args;
use plumbline_core::table::{DAY_MS, format_date, parse_date};
use serde_json::{Map, Value, json};

use crate::input::{Cell, Records};

/// The file, and the columns that all events have.
#[derive(Debug, Args)]
pub(super) struct FileArguments {
    /// CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// The column with the lead's id
    #[arg(long, value_name = "COLUMN", default_value = "lead_id")]
    pub lead: String,
    /// The column with the event's own id, unique for the lead [default: event_id, if there is one; else the content]
    #[arg(long, value_name = "COLUMN")]
    pub event_id: Option<String>,
    /// The column with when it happened
    #[arg(long, value_name = "COLUMN", default_value = "occurred_at")]
    pub time: String,
    /// The zone of times without one: Z, or an offset such as +01:00
    #[arg(long, value_name = "OFFSET", value_parser = offset, allow_hyphen_values = true)]
    pub time_zone: Option<i64>,
    /// Read and check all rows, and send none
    #[arg(long)]
    pub dry_run: bool,
    /// Output file for rejected rows (line,code,reason)
    #[arg(long, value_name = "FILE")]
    pub rejected: Option<PathBuf>,
}

/// Why a row makes no event: a code and a sentence.
pub(super) type Refusal = (String, String);

/// A row by the names of its columns.
pub(super) struct Row<'a> {
    pub records: &'a dyn Records,
    pub names: &'a [String],
}

impl Row<'_> {
    /// The text of a column; none where it is empty or there is no such column.
    pub fn text(&self, name: &str) -> Option<String> {
        let index = self.names.iter().position(|known| known == name)?;
        let text = match self.records.cell(index) {
            Cell::Missing => return None,
            Cell::Text(text) => text.trim().to_owned(),
            Cell::Bool(is) => is.to_string(),
            Cell::Int(n) => n.to_string(),
            Cell::UInt(n) => n.to_string(),
            Cell::Float(x) => x.to_string(),
            // A date, where it is midnight.
            Cell::Time(moment) if moment.ms.rem_euclid(DAY_MS) == 0 => format_date(moment.ms),
            Cell::Time(moment) => moment.ms.to_string(),
            Cell::Other(_) => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// The number of a column.
    pub fn number(&self, name: &str) -> Result<Option<Value>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let plain: String = text.chars().filter(|c| *c != ' ').collect();
        let number = plain.parse::<f64>().ok().filter(|x| x.is_finite());
        let wrong = || ("EVENT_BAD_VALUE".to_owned(), format!("{name}: {text:?} is not a number such as 1200.50"));
        number.map(|x| Some(json!(x))).ok_or_else(wrong)
    }

    /// Lead, event and time, as every event has them; `read` makes the time of its text and the zone.
    pub fn common(
        &self,
        file: &FileArguments,
        time: &str,
        read: fn(&str, Option<i64>) -> Value,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut event = Map::new();
        event.extend(self.text(&file.lead).map(|lead| ("lead_id".to_owned(), lead.into())));
        let id = self.text(file.event_id.as_deref().unwrap_or("event_id"));
        event.extend(id.map(|id| ("event_id".to_owned(), id.into())));
        if let Some(text) = self.text(time) {
            event.insert("occurred_at".to_owned(), read(&text, file.time_zone));
        }
        Ok(event)
    }
}

/// A time as events have it: as it stands where it has a zone, is a number or cannot be read; else in the zone given.
pub(super) fn moment(text: &str, zone: Option<i64>) -> Value {
    let clock = text.get(10..).unwrap_or_default();
    let has_zone = clock.ends_with(['Z', 'z']) || clock.contains(['+', '-']);
    match (parse_date(text), zone) {
        (Some(ms), Some(offset)) if !has_zone => json!(ms - offset),
        (None, _) => text.parse::<i64>().map_or_else(|_| text.into(), |ms| json!(ms)),
        _ => text.into(),
    }
}

/// [`moment`], but a date without a time stays one, with its zone: the service takes it for the end of the day.
pub(super) fn end_of_day(text: &str, zone: Option<i64>) -> Value {
    if text.len() != 10 || parse_date(text).is_none() {
        return moment(text, zone);
    }
    let minutes = zone.unwrap_or(0) / 60_000;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{text}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60).into()
}

/// `Z`, `+01:00` or `-0500` in milliseconds.
pub(super) fn offset(text: &str) -> Result<i64, String> {
    let wrong = || "expected Z or an offset such as +01:00".to_owned();
    if matches!(text, "Z" | "z" | "UTC") {
        return Ok(0);
    }
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    let number = digits.parse::<i64>().ok().filter(|_| digits.len() == 4).ok_or_else(wrong)?;
    let (hours, minutes) = (number / 100, number % 100);
    if hours > 14 || minutes > 59 { Err(wrong()) } else { Ok(sign * (hours * 60 + minutes) * 60_000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_times_without_a_zone() {
        for (text, minutes) in
            [("Z", Ok(0)), ("+01:00", Ok(60)), ("-0530", Ok(-330)), ("+1", Err(())), ("Berlin", Err(())), ("+15:00", Err(()))]
        {
            assert_eq!(offset(text).map(|ms| ms / 60_000).map_err(drop), minutes, "{text}");
        }
        let hour = Some(3_600_000);
        assert_eq!(moment("2026-11-28T11:00:00", hour), json!(1_795_860_000_000_i64));
        assert_eq!(moment("2026-11-28T10:00:00Z", hour), json!("2026-11-28T10:00:00Z"), "a zone that is there holds");
        assert_eq!(moment("2026-11-28", hour), json!(1_795_820_400_000_i64), "a date counts from its first moment");
        assert_eq!(moment("2026-11-28T10:00:00", None), json!("2026-11-28T10:00:00"), "left to be rejected");
        assert_eq!(moment("28.11.2026", hour), json!("28.11.2026"));
        assert_eq!(end_of_day("2026-11-28", None), json!("2026-11-28+00:00"));
        assert_eq!(end_of_day("2026-11-28", hour), json!("2026-11-28+01:00"));
        assert_eq!(end_of_day("2026-11-28", Some(-19_800_000)), json!("2026-11-28-05:30"));
        assert_eq!(end_of_day("2026-11-28T11:00:00", hour), moment("2026-11-28T11:00:00", hour));
        assert_eq!(end_of_day("28.11.2026", hour), json!("28.11.2026"));
    }
}
