//! Reading events strictly: one JSON object, or one on each line.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::fault::{EventError, EventsError};
use crate::json::members;
use crate::table::{DAY_MS, parse_date};

/// Events that one request may bring.
pub const MOST_EVENTS: usize = 10_000;
/// How far the sender's clock may be ahead of ours.
const AHEAD_MS: i64 = 5 * 60_000;
/// 2000-01-01T00:00:00Z.
const EARLIEST_MS: i64 = 946_684_800_000;
/// Bytes of an id.
const ID_BYTES: usize = 256;
/// Bytes of a comment.
const TEXT_BYTES: usize = 4096;

/// A kind of record that is sent as JSON.
pub trait Event: Sized {
    /// Reads one event from `json`; `now` is in milliseconds since 1970.
    ///
    /// # Errors
    /// [`EventError`]: the first problem, with its field.
    fn read(json: &str, now: i64) -> Result<Self, EventError>;
}

/// The events of `body`, one JSON object or one on each line, in their order: each is read or rejected on its own.
///
/// # Errors
/// [`EventsError`]: there is none, there are more than [`MOST_EVENTS`], or the body is not UTF-8.
///
/// # Example
/// ```
/// use plumbline_core::event::{Exposure, read_events};
/// let body = br#"{"lead_id": "a", "version": "2", "occurred_at": "2026-11-28T10:00:00Z"}
/// {"lead_id": "b", "version": "2", "occurred_at": "2026-11-28T10:00:00"}"#;
/// let events = read_events::<Exposure>(body, 1_795_860_000_000)?;
/// assert_eq!(events[0].as_ref().map(|event| event.lead_id.as_str()), Ok("a"));
/// assert_eq!(events[1].as_ref().map_err(|error| error.code()), Err("EVENT_TIME_WITHOUT_ZONE"));
/// # Ok::<(), plumbline_core::event::EventsError>(())
/// ```
pub fn read_events<E: Event>(body: &[u8], now: i64) -> Result<Vec<Result<E, EventError>>, EventsError> {
    let body = std::str::from_utf8(body).map_err(|error| EventsError::NotText { at: error.valid_up_to() })?;
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    if members(body, usize::MAX).is_ok() {
        return Ok(vec![E::read(body, now)]);
    }
    let mut events = Vec::new();
    for line in body.lines().map(str::trim_ascii).filter(|line| !line.is_empty()) {
        if events.len() == MOST_EVENTS {
            return Err(EventsError::TooMany { most: MOST_EVENTS });
        }
        events.push(E::read(line, now));
    }
    if events.is_empty() { Err(EventsError::Empty) } else { Ok(events) }
}

/// The fields of one event; what is taken is checked.
pub(super) struct Fields {
    /// What stands before the name of each field in messages: an object in an event has its path there.
    prefix: &'static str,
    left: Vec<(String, Value)>,
    known: Vec<&'static str>,
}

impl Fields {
    pub fn read(json: &str) -> Result<Fields, EventError> {
        let parts = members(json, 64).map_err(|_| EventError::NotAnObject)?;
        let mut left: Vec<(String, Value)> = Vec::with_capacity(parts.len());
        for (field, text) in parts {
            if left.iter().any(|(other, _)| *other == field) {
                return Err(EventError::Repeated { field });
            }
            left.push((field, serde_json::from_str(text).map_err(|_| EventError::NotAnObject)?));
        }
        Ok(Fields { prefix: "", left, known: Vec::new() })
    }

    /// The object `field`, whose own fields are named with `prefix` before them; none where it is absent.
    pub fn object(&mut self, field: &'static str, prefix: &'static str) -> Result<Option<Fields>, EventError> {
        self.take(field).map(|value| of_object(field, prefix, value)).transpose()
    }

    /// The objects in the list `field`, at most `most`; none where it is absent.
    pub fn objects(
        &mut self,
        field: &'static str,
        prefix: &'static str,
        most: usize,
        wanted: &'static str,
    ) -> Result<Vec<Fields>, EventError> {
        match self.take(field) {
            None => Ok(Vec::new()),
            Some(Value::Array(all)) if all.len() <= most => {
                all.into_iter().map(|value| of_object(field, prefix, value)).collect()
            }
            Some(other) => Err(bad(field, &other, wanted)),
        }
    }

    /// The value of `field`; null counts as absent.
    fn take(&mut self, field: &'static str) -> Option<Value> {
        let own = field.strip_prefix(self.prefix).unwrap_or(field);
        self.known.push(own);
        let at = self.left.iter().position(|(name, _)| name == own)?;
        Some(self.left.swap_remove(at).1).filter(|value| !value.is_null())
    }

    /// A text of at most `most` bytes that is not blank.
    pub fn bounded(&mut self, field: &'static str, most: usize, wanted: &'static str) -> Result<Option<String>, EventError> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= most && !text.trim().is_empty() => Ok(Some(text)),
            Some(other) => Err(bad(field, &other, wanted)),
        }
    }

    /// An id, if there is one.
    pub fn id(&mut self, field: &'static str) -> Result<Option<String>, EventError> {
        self.bounded(field, ID_BYTES, "a text of 1 to 256 bytes")
    }

    /// An id that must be there.
    pub fn required_id(&mut self, field: &'static str) -> Result<String, EventError> {
        self.id(field)?.ok_or(EventError::Missing { field, why: "" })
    }

    /// A comment, if there is one.
    pub fn comment(&mut self, field: &'static str) -> Result<Option<String>, EventError> {
        self.bounded(field, TEXT_BYTES, "a text of 1 to 4096 bytes")
    }

    /// Whether `field` is true; absent, it is not.
    pub fn flag(&mut self, field: &'static str) -> Result<bool, EventError> {
        match self.take(field) {
            None => Ok(false),
            Some(Value::Bool(is)) => Ok(is),
            Some(other) => Err(bad(field, &other, "true or false")),
        }
    }

    /// A number that `allowed` accepts, if there is one.
    pub fn number(
        &mut self,
        field: &'static str,
        allowed: fn(f64) -> bool,
        wanted: &'static str,
    ) -> Result<Option<f64>, EventError> {
        match self.take(field) {
            None => Ok(None),
            Some(value) => match value.as_f64().filter(|x| x.is_finite() && allowed(*x)) {
                Some(number) => Ok(Some(number)),
                None => Err(bad(field, &value, wanted)),
            },
        }
    }

    /// A time in milliseconds since 1970: RFC 3339 with a zone, or that number.
    pub fn time(&mut self, field: &'static str, now: i64) -> Result<i64, EventError> {
        const WANTED: &str = "an RFC 3339 time such as 2026-11-28T10:00:00Z, or milliseconds since 1970";
        let value = self.take(field).ok_or(EventError::Missing { field, why: "" })?;
        let found = shown(&value);
        let ms = match &value {
            Value::Number(number) => number.as_i64().ok_or_else(|| bad(field, &value, WANTED))?,
            Value::String(text) => {
                let ms = parse_date(text).ok_or_else(|| bad(field, &value, WANTED))?;
                if !has_zone(text) {
                    return Err(EventError::NoZone { field, found });
                }
                ms
            }
            _ => return Err(bad(field, &value, WANTED)),
        };
        if ms < EARLIEST_MS {
            return Err(EventError::TooEarly { field, found });
        }
        match ms.saturating_sub(now) {
            ahead if ahead > AHEAD_MS => Err(EventError::Future { field, found, ahead_s: ahead / 1000 }),
            _ => Ok(ms),
        }
    }

    /// A [`Fields::time`], or the day alone with its zone (`2026-11-28Z`, `2026-11-28+01:00`): the end of the day, or `now` where it is
    /// not over, and the day's first moment.
    pub fn time_or_day(&mut self, field: &'static str, now: i64) -> Result<(i64, Option<i64>), EventError> {
        let given = self.left.iter().find(|(name, _)| name == field).and_then(|(_, value)| value.as_str()).and_then(day_in_zone);
        let Some(first) = given else { return self.time(field, now).map(|ms| (ms, None)) };
        let found = shown(&self.take(field).unwrap_or_default());
        if first < EARLIEST_MS {
            return Err(EventError::TooEarly { field, found });
        }
        match first.saturating_sub(now) {
            ahead if ahead > AHEAD_MS => Err(EventError::Future { field, found, ahead_s: ahead / 1000 }),
            _ => Ok(((first + DAY_MS - 1).min(now).max(first), Some(first))),
        }
    }

    /// Rejects the first field that was not taken.
    pub fn finish(self) -> Result<(), EventError> {
        match self.left.into_iter().next() {
            None => Ok(()),
            Some((field, _)) => {
                Err(EventError::UnknownField { field: format!("{}{field}", self.prefix), known: self.known.join(", ") })
            }
        }
    }

    /// One of `all`, by its name.
    pub fn choice<T: Copy>(&mut self, field: &'static str, all: &[(&str, T)], wanted: &'static str) -> Result<T, EventError> {
        let value = self.take(field).ok_or(EventError::Missing { field, why: "" })?;
        let found = value.as_str().and_then(|name| all.iter().find(|(known, _)| *known == name));
        found.map(|(_, choice)| *choice).ok_or_else(|| bad(field, &value, wanted))
    }
}

/// The first moment of a day that is written with its zone and without a time.
fn day_in_zone(text: &str) -> Option<i64> {
    let (day, zone) = text.split_at_checked(10)?;
    if !zone.starts_with(['Z', 'z', '+', '-']) {
        return None;
    }
    parse_date(&format!("{day}T00:00{zone}"))
}

/// Whether a time that [`parse_date`] reads ends in `Z` or an offset.
fn has_zone(text: &str) -> bool {
    let clock = text.get(10..).unwrap_or_default();
    clock.ends_with(['Z', 'z']) || clock.contains(['+', '-'])
}

fn of_object(field: &'static str, prefix: &'static str, value: Value) -> Result<Fields, EventError> {
    match value {
        Value::Object(members) => Ok(Fields { prefix, left: members.into_iter().collect(), known: Vec::new() }),
        other => Err(bad(field, &other, "an object")),
    }
}

fn bad(field: &'static str, value: &Value, wanted: &'static str) -> EventError {
    EventError::BadValue { field, found: shown(value), wanted }
}

/// The value as JSON, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// The SHA-256 of the parts of an event in hexadecimal digits: equal for equal content, however it was written.
pub(super) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Exposure, Outcome};

    const NOW: i64 = 1_795_860_000_000;

    fn code(time: &str) -> Result<i64, &'static str> {
        let json = format!(r#"{{"lead_id": "a", "kind": "converted", "occurred_at": {time}}}"#);
        Outcome::read(&json, NOW).map(|event| event.occurred_ms).map_err(|error| error.code())
    }

    #[test]
    fn times_have_a_zone_and_lie_in_a_possible_past() {
        for (time, expected) in [
            (r#""2026-11-28T10:00:00Z""#, Ok(1_795_860_000_000)),
            (r#""2026-11-28T11:00:00.250+01:00""#, Ok(1_795_860_000_250)),
            (r#""2026-11-28 10:00-0000""#, Ok(1_795_860_000_000)),
            ("1795860000000", Ok(1_795_860_000_000)),
            ("1795860300000", Ok(1_795_860_300_000)),
            ("1795860300001", Err("EVENT_IN_FUTURE")),
            ("1795860000", Err("EVENT_TOO_EARLY")),
            (r#""2026-11-28T10:00:00""#, Err("EVENT_TIME_WITHOUT_ZONE")),
            (r#""2026-11-28""#, Err("EVENT_TIME_WITHOUT_ZONE")),
            (r#""yesterday""#, Err("EVENT_BAD_VALUE")),
            ("1795860000000.5", Err("EVENT_BAD_VALUE")),
            ("true", Err("EVENT_BAD_VALUE")),
            ("null", Err("EVENT_MISSING_FIELD")),
        ] {
            assert_eq!(code(time), expected, "{time}");
        }
    }

    #[test]
    fn one_event_may_be_spread_over_lines_and_many_have_one_each() {
        let of = |body: &str| read_events::<Exposure>(body.as_bytes(), NOW);
        let one = "{\"lead_id\": \"a\",\n \"version\": \"1\",\n \"occurred_at\": 1795860000000}";
        assert_eq!(of(one).unwrap().len(), 1);
        let line = one.replace('\n', "");
        let several = of(&format!("\u{feff}{line}\r\n\n{{\n{line}\n")).unwrap();
        let found: Vec<_> = several.iter().map(|event| event.as_ref().map(|_| ()).map_err(EventError::code)).collect();
        assert_eq!(found, [Ok(()), Err("EVENT_NOT_AN_OBJECT"), Ok(())]);
        assert_eq!(of(" \n").map(|_| ()), Err(EventsError::Empty));
        assert_eq!(of(&"{}\n".repeat(MOST_EVENTS)).map(|events| events.len()), Ok(MOST_EVENTS));
        assert_eq!(of(&"{}\n".repeat(MOST_EVENTS + 1)).map(|_| ()), Err(EventsError::TooMany { most: MOST_EVENTS }));
        assert_eq!(read_events::<Exposure>(b"{\xff}", NOW).map(|_| ()), Err(EventsError::NotText { at: 1 }));
    }
}
