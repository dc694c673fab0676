//! A script as people write it, in TOML or JSON: days and hours, names of people, short names of commands.

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::happening::{Happening, Step};
use super::script::{Challenger, DAY_MS, Person, Script, TICKS};

/// The file. `secrets` of keys are the host's.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptFile {
    seed: u64,
    days: u32,
    /// New leads on an average day.
    leads: f64,
    challenger: Challenger,
    /// Relative lift of conversion for leads that the challenger serves; none: as its kind has it.
    lift: Option<f64>,
    /// The chance of a lead that no one works, as a part of its chance when worked.
    unworked: f64,
    /// The hours of a day at whose end the service does what is due, and people attend to the rollout.
    ticks: Vec<i64>,
    /// Whether the history ends on the day on which its rollout ends or is held, if that is sooner.
    ends_when_decided: bool,
    event: Vec<Entry>,
}

impl Default for ScriptFile {
    fn default() -> ScriptFile {
        ScriptFile {
            seed: 1,
            days: 56,
            leads: 300.0,
            challenger: Challenger::Good,
            lift: None,
            unworked: 0.9,
            ticks: TICKS.to_vec(),
            ends_when_decided: false,
            event: Vec::new(),
        }
    }
}

/// An event: `at` and `kind`, and what its kind needs.
#[derive(Debug, Clone, Deserialize)]
struct Entry {
    at: String,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

/// What is wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("event {event}: {what}")]
pub struct ScriptError {
    /// The event's number, from 1.
    event: usize,
    what: String,
}

/// Commands by their short names, and who gives them where the script does not say.
const COMMANDS: [(&str, usize); 9] = [
    ("start", 1),
    ("approve", 0),
    ("waive", 0),
    ("hold", 0),
    ("resume", 0),
    ("rollback", 0),
    ("repolicy", 0),
    ("capacity", 0),
    ("note", 0),
];

impl ScriptFile {
    /// The script with its first day beginning at `from_ms`; `secrets` are those of the keys of its three people.
    ///
    /// # Errors
    /// [`ScriptError`]: a time, kind or key that is unknown.
    ///
    /// # Example
    /// ```
    /// use plumbline_worker::world::ScriptFile;
    /// let json = r#"{ "days": 20, "event": [{ "at": "d12 09:00", "kind": "start" }, { "at": "d13 10:30", "kind": "drift", "deviations": 1 }] }"#;
    /// let file: ScriptFile = serde_json::from_str(json)?;
    /// let script = file.script(0, ["a", "b", "c"].map(str::to_owned))?;
    /// assert_eq!((script.steps[0].day, script.steps[0].minute, script.steps.len()), (12, 540, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn script(&self, from_ms: i64, secrets: [String; 3]) -> Result<Script, ScriptError> {
        let from_ms = from_ms.div_euclid(DAY_MS) * DAY_MS;
        let people = Script::people(secrets);
        let version = Script::CHALLENGER;
        let steps = (1..).zip(&self.event).map(|(event, entry)| {
            let failed = |what: String| ScriptError { event, what };
            let (day, minute) =
                moment(&entry.at).ok_or_else(|| failed(format!("at = {:?} is not a time such as \"d12 09:00\"", entry.at)))?;
            Ok(Step { day, minute, what: entry.happening(version, &people).map_err(failed)? })
        });
        let mut steps = steps.collect::<Result<Vec<Step>, ScriptError>>()?;
        steps.sort_by_key(|step| (step.day, step.minute));
        Ok(Script {
            seed: self.seed,
            from_ms,
            until_ms: from_ms + i64::from(self.days) * DAY_MS,
            leads_per_day: self.leads,
            lift: self.lift.unwrap_or(self.challenger.lift()),
            unworked: self.unworked,
            champion: Script::CHAMPION.into(),
            challenger: (version.into(), self.challenger),
            people,
            ticks: self.ticks.clone(),
            ends_when_decided: self.ends_when_decided,
            steps,
        })
    }
}

impl Entry {
    fn happening(&self, version: &str, people: &[Person]) -> Result<Happening, String> {
        let mut given = self.rest.clone();
        let kind = given.get("kind").and_then(Value::as_str).ok_or("kind is missing")?.to_owned();
        let Some((_, usual)) = COMMANDS.iter().find(|(name, _)| *name == kind) else {
            return serde_json::from_value(Value::Object(given)).map_err(|e| e.to_string());
        };
        given.remove("kind");
        let by = match given.remove("by") {
            None => *usual,
            Some(name) => {
                let at = people.iter().position(|person| name.as_str() == Some(person.name.as_str()));
                at.ok_or_else(|| {
                    let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
                    format!("by = {name} is none of {}", names.join(", "))
                })?
            }
        };
        let path = match kind.as_str() {
            "capacity" => "/v1/capacity".to_owned(),
            "note" => "/v1/notes".to_owned(),
            kind => format!("/v1/rollout/{kind}"),
        };
        if kind == "start" {
            given.entry("version").or_insert_with(|| version.into());
        }
        if kind == "capacity" {
            let record =
                [("build", json!("simulated")), ("req_per_s", json!(2100.0)), ("p99_ms", json!(6.4)), ("seconds", json!(60))];
            for (name, value) in record {
                given.entry(name).or_insert(value);
            }
        }
        Ok(Happening::Post { by, path, body: Value::Object(given) })
    }
}

/// Day and minute of `d12 09:30`.
fn moment(at: &str) -> Option<(u32, u32)> {
    let (day, time) = at.strip_prefix('d')?.split_once(' ')?;
    let (hour, minute) = time.split_once(':')?;
    let (day, hour, minute): (u32, u32, u32) = (day.parse().ok()?, hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some((day, hour * 60 + minute))
}
