//! What an owner may set; every key has a default.

use plumbline_core::lead::Limits;
use plumbline_core::rollout::policy::{LeadStore, Leads};
use plumbline_core::route::AllocationSettings;
use plumbline_core::schema::{ConfigErrors, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Settings of the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Bounds on what a request may bring; beyond them it is refused with a coded 4xx.
    pub limits: Limits,
    /// When a prediction is stored.
    pub log: LogMode,
    /// Log shards, 1 to 1,024; a lead's rows are always in one shard. On one machine one is best; where shards are machines of their own
    /// (Cloudflare), one takes some thousand requests a second. Changing it moves leads between shards.
    pub shards: u32,
    /// In batched mode a shard's rows are handed over once there are this many …
    pub flush_rows: u32,
    /// … or once the oldest has waited this many milliseconds.
    pub flush_ms: u32,
    /// Reasons for one lead when the request does not say; batches default to none, because a reason costs more than a score.
    pub reasons: u32,
    /// Reasons for one lead that a request can have at most: they, not the leads, make large answers.
    pub most_reasons: u32,
    /// How long a client may take to send a body, in milliseconds: one that stalls does not hold memory for ever.
    pub body_ms: u32,
    /// Origins that may call from a browser page; `*` allows any.
    pub cors_origins: Vec<String>,
    /// Which model version serves which lead. Left out: the first model serves all that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocation: Option<AllocationSettings>,
    /// A suite of Great Expectations 1.x, asked of each lead: `critical` refuses it, `warning` flags it. Hosts with the feature
    /// `quality`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suite: Option<Value>,
    /// Fields whose values are noted with each prediction, so that results can be split by them, such as `lead_source`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// The field with the score that a person gave the lead, noted with each prediction for comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub human_score: Option<String>,
    /// Whether batches carry counts of what was scored for the digest of their shard. Only for stores that are digested: nothing else
    /// deletes them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tallies: bool,
    /// What is kept of leads, for back-fill and retraining; left out: nothing. Only for stores that are digested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads: Option<Leads>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            limits: Limits::default(),
            log: LogMode::Batched,
            shards: 1,
            flush_rows: 1024,
            flush_ms: 50,
            reasons: 3,
            most_reasons: 1_000,
            body_ms: 60_000,
            cors_origins: Vec::new(),
            allocation: None,
            suite: None,
            segments: Vec::new(),
            human_score: None,
            tallies: false,
            leads: None,
        }
    }
}

impl Settings {
    /// Its keys.
    pub const KEYS: [&str; 15] = [
        "limits",
        "log",
        "shards",
        "flush_rows",
        "flush_ms",
        "reasons",
        "most_reasons",
        "body_ms",
        "cors_origins",
        "allocation",
        "suite",
        "segments",
        "human_score",
        "tallies",
        "leads",
    ];

    /// The settings that `given`, an object of them, makes of `defaults`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its key: unknown keys, values of another kind or outside their range.
    pub fn read(given: Value, defaults: &Settings) -> Result<Settings, ConfigErrors> {
        let mut problems = Vec::new();
        let Ok(Value::Object(mut all)) = serde_json::to_value(defaults) else {
            return Err(invalid(vec![problem("settings", "the defaults are not an object".to_owned())]));
        };
        let Value::Object(given) = given else {
            return Err(invalid(vec![problem("settings", "must be an object of keys and values".to_owned())]));
        };
        for (key, value) in given {
            match (key.as_str(), value) {
                ("limits", Value::Object(limits)) => {
                    for (key, value) in limits {
                        let alone = json!({ "limits": { key.as_str(): value.clone() } });
                        note(&format!("limits.{key}"), alone, &mut problems);
                        if let Some(Value::Object(all)) = all.get_mut("limits") {
                            all.insert(key, value);
                        }
                    }
                }
                (_, value) => {
                    note(&key, json!({ key.as_str(): value.clone() }), &mut problems);
                    all.insert(key, value);
                }
            }
        }
        if !problems.is_empty() {
            return Err(invalid(problems));
        }
        let settings: Settings =
            serde_json::from_value(Value::Object(all)).map_err(|e| invalid(vec![problem("settings", e.to_string())]))?;
        settings.check().map(|()| settings)
    }

    /// Whether fields of leads that are scored are kept.
    pub(crate) fn keeps_leads(&self) -> bool {
        self.leads.as_ref().is_some_and(|leads| leads.store == LeadStore::Scored)
    }

    /// The fields that are noted with each prediction.
    pub(crate) fn noted(&self) -> Vec<String> {
        self.segments.iter().chain(&self.human_score).cloned().collect()
    }

    /// Whether every value is in its range.
    ///
    /// # Errors
    /// Those that are not, each with its key.
    pub fn check(&self) -> Result<(), ConfigErrors> {
        let limits = &self.limits;
        let ranges: [(&str, u64, u64, u64); 11] = [
            ("shards", self.shards.into(), 1, 1_024),
            // A row's number in its batch has 16 bits.
            ("flush_rows", self.flush_rows.into(), 1, 65_536),
            ("flush_ms", self.flush_ms.into(), 0, 60_000),
            ("reasons", self.reasons.into(), 0, self.most_reasons.into()),
            ("body_ms", self.body_ms.into(), 100, 3_600_000),
            ("limits.body_bytes", limits.body_bytes, 1, 1 << 30),
            ("limits.batch", limits.batch.into(), 1, 1_000_000),
            ("limits.nesting", limits.nesting.into(), 1, 128),
            ("limits.string_bytes", limits.string_bytes.into(), 1, 1 << 30),
            ("limits.list_items", limits.list_items.into(), 1, 1_000_000),
            ("limits.id_bytes", limits.id_bytes.into(), 16, 4_096),
        ];
        let outside = ranges.iter().filter(|(_, found, least, most)| !(least..=most).contains(&found));
        let mut problems: Vec<Problem> =
            outside.map(|(key, found, least, most)| problem(key, format!("is {found}; allowed are {least} to {most}"))).collect();
        for origin in self.cors_origins.iter().filter(|origin| !is_origin(origin)) {
            let message = format!("{origin:?} is not an origin such as \"https://crm.example\", nor \"*\"");
            problems.push(problem("cors_origins", message));
        }
        let personal = self.leads.iter().flat_map(|leads| &leads.personal);
        for name in personal {
            let noted = [("segments", self.segments.contains(name)), ("human_score", self.human_score.as_ref() == Some(name))];
            for (key, _) in noted.into_iter().filter(|(_, is_noted)| *is_noted) {
                let message =
                    format!("{name:?} is a personal field (leads.personal), and the log would note its values as they are");
                problems.push(problem(key, message));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(invalid(problems)) }
    }
}

/// Whether `text` is an origin as browsers write it: a scheme, a host, and perhaps a port.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return text == "*" };
    let is_plain = |c: char| c.is_ascii_graphic() && !c.is_ascii_uppercase() && !"/?#@,*".contains(c);
    !scheme.is_empty()
        && !host.is_empty()
        && scheme.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        && host.chars().all(is_plain)
}

/// Notes that the value of `key`, which stands alone in `settings`, cannot be read.
fn note(key: &str, settings: Value, problems: &mut Vec<Problem>) {
    if let Err(error) = serde_json::from_value::<Settings>(settings) {
        problems.push(problem(key, error.to_string()));
    }
}

fn problem(key: &str, message: String) -> Problem {
    Problem { code: "SETTING_INVALID", path: key.to_owned(), message }
}

fn invalid(problems: Vec<Problem>) -> ConfigErrors {
    ConfigErrors { problems }
}

/// When a prediction is stored, relative to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogMode {
    /// The answer goes first; rows still in memory when the host dies are lost.
    Batched,
    /// The answer waits until its rows are committed.
    Durable,
}

impl LogMode {
    /// The value of the response header `plumbline-log`.
    pub fn name(self) -> &'static str {
        match self {
            LogMode::Batched => "batched",
            LogMode::Durable => "durable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_that_are_read() {
        let unknown = serde_json::from_value::<Settings>(json!({ "unknown": 1 })).unwrap_err().to_string();
        let names: Vec<&str> = unknown.split('`').skip(1).step_by(2).collect();
        assert_eq!(names[1..], Settings::KEYS, "{unknown}");
    }

    #[test]
    fn settings_outside_their_range_are_refused_by_key() {
        let native = Settings { flush_rows: 8192, ..Settings::default() };
        let read = |given| Settings::read(given, &native);
        assert_eq!(read(json!({})), Ok(native.clone()));
        let given =
            json!({ "flush_ms": 5, "limits": { "batch": 7 }, "log": "durable", "cors_origins": ["*", "https://a.example:8080"] });
        let made = read(given).unwrap();
        assert_eq!((made.flush_rows, made.flush_ms, made.limits.batch, made.limits.nesting), (8192, 5, 7, 16));
        let wrong: &[(Value, &[&str])] = &[
            (json!({ "shards": 0, "flush_rows": 70_000 }), &["shards", "flush_rows"]),
            (json!({ "shards": -1 }), &["shards"]),
            (json!({ "limits": { "batch": 1.5, "nesting": 129 } }), &["limits.batch"]),
            (
                json!({ "limits": { "batch": 0, "nesting": 129, "id_bytes": 1 } }),
                &["limits.batch", "limits.nesting", "limits.id_bytes"],
            ),
            (json!({ "limits": { "lines": 1 }, "colour": "red" }), &["colour", "limits.lines"]),
            (json!({ "limits": 7 }), &["limits"]),
            (json!({ "log": "later" }), &["log"]),
            (json!({ "body_ms": 1, "reasons": 1001 }), &["reasons", "body_ms"]),
            (json!({ "allocation": { "champion": 7 } }), &["allocation"]),
            (json!({ "segments": ["region", "email"], "leads": { "store": "scored", "personal": ["email"] } }), &["segments"]),
            (json!({ "human_score": "rank", "leads": { "store": "scored", "personal": ["rank"] } }), &["human_score"]),
            (json!([]), &["settings"]),
        ];
        for (given, keys) in wrong {
            let errors = read(given.clone()).unwrap_err();
            let found: Vec<&str> = errors.problems.iter().map(|problem| problem.path.as_str()).collect();
            assert_eq!(&found, keys, "{errors}");
        }
        for origin in ["https://a.example/", "a.example", "null", "", "https://", "https://A.example", "https://*.example"] {
            assert_eq!(read(json!({ "cors_origins": [origin] })).unwrap_err().problems[0].path, "cors_origins", "{origin}");
        }
        let message = read(json!({ "limits": { "batch": 0 } })).unwrap_err().to_string();
        assert_eq!(message, "limits.batch: is 0; allowed are 1 to 1000000 [SETTING_INVALID]");
    }
}
