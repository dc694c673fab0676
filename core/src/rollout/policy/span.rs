//! Lengths of time as settings write them: `"7d"`, `"4h"`, `"10m"`, `"30s"`, `"5y"`.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const UNITS: [(&str, i64); 5] = [("y", 365 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

/// A length of time in milliseconds; as text a whole number with one of the units `s`, `m`, `h`, `d`, `y` (365 days).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

impl Span {
    /// `days` days.
    pub const fn days(days: i64) -> Span {
        Span(days * 86_400_000)
    }

    /// `hours` hours.
    pub const fn hours(hours: i64) -> Span {
        Span(hours * 3_600_000)
    }

    /// `minutes` minutes.
    pub const fn minutes(minutes: i64) -> Span {
        Span(minutes * 60_000)
    }

    /// The length that `text` names; none where it names none.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::rollout::policy::Span;
    /// assert_eq!(Span::parse("48h"), Some(Span::days(2)));
    /// assert_eq!(Span::days(2).to_string(), "2d");
    /// assert_eq!(Span::parse("2 days"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Span> {
        UNITS.iter().find_map(|(unit, ms)| {
            let number = text.strip_suffix(unit)?;
            let is_whole = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            is_whole.then(|| number.parse::<i64>().ok()?.checked_mul(*ms).map(Span))?
        })
    }
}

impl fmt::Display for Span {
    /// In the largest unit that divides it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, ms): &&(&str, i64)| self.0 != 0 && self.0 % ms == 0;
        let (unit, ms) = UNITS.iter().find(fits).unwrap_or(&("s", 1_000));
        write!(f, "{}{unit}", self.0 / ms)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        let text = String::deserialize(deserializer)?;
        Span::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is not a length of time such as \"7d\", \"4h\" or \"10m\"")))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]+[smhdy]$" })
    }
}
