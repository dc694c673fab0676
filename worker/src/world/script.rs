//! What happens in a simulated history, and who does it.

use serde::{Deserialize, Serialize};

/// What a challenger is like, next to today's model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Challenger {
    /// Ranks better, and more of its leads buy.
    #[default]
    Good,
    /// Is the same in all but its name.
    Equal,
    /// Ranks worse.
    Worse,
}

/// A person of the simulated company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: String,
    /// The secret of their key.
    pub secret: String,
}

/// A step of the script: a request that a person sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Day of the history, from 0, and the hour.
    pub day: u32,
    /// Hour of the day.
    pub hour: u32,
    /// Which of the script's people, by place.
    pub by: usize,
    /// The path that is posted to.
    pub path: String,
    /// The body.
    pub body: serde_json::Value,
}

/// A simulated history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// Decides every draw.
    pub seed: u64,
    /// When it begins, milliseconds since 1970: the beginning of a UTC day.
    pub from_ms: i64,
    /// When it ends.
    pub until_ms: i64,
    /// New leads on an average day.
    pub leads_per_day: f64,
    /// The relative lift of conversion for leads that the challenger serves.
    pub lift: f64,
    /// The chance of a lead that no one works, as a part of its chance when worked.
    pub unworked: f64,
    /// The version of today's model.
    pub champion: String,
    /// The version on trial, and its kind.
    pub challenger: (String, Challenger),
    /// The people.
    pub people: Vec<Person>,
    /// What they do, in order of time.
    pub steps: Vec<Step>,
}

/// The seed of the demo's history.
pub const DEMO_SEED: u64 = 1;
/// Leads a day of the demo's company.
pub const DEMO_LEADS: f64 = 300.0;

/// Day in milliseconds.
const DAY_MS: i64 = 86_400_000;

impl Script {
    /// Eight weeks that end at `now_ms` with a challenger that has been in canary for a week and a half, ready for the next approval.
    pub fn demo(seed: u64, now_ms: i64, leads_per_day: f64, secrets: [String; 3]) -> Script {
        let today = now_ms.div_euclid(DAY_MS);
        let person =
            |name: &str, role: &str, secret: &String| Person { name: name.into(), role: role.into(), secret: secret.clone() };
        let people = secrets.iter().zip([("Ada Moreau", "ml_lead"), ("Ben Okafor", "ml_lead"), ("Chen Wei", "product_manager")]);
        let step =
            |day: u32, hour: u32, by: usize, path: &str, body: serde_json::Value| Step { day, hour, by, path: path.into(), body };
        Script {
            seed,
            from_ms: (today - 56) * DAY_MS,
            until_ms: now_ms,
            leads_per_day,
            lift: 0.08,
            unworked: 0.9,
            champion: "2026-09-14.1".into(),
            challenger: ("2026-10-26.1".into(), Challenger::Good),
            people: people.map(|(secret, (name, role))| person(name, role, secret)).collect(),
            steps: vec![
                step(
                    30,
                    9,
                    0,
                    "/v1/capacity",
                    serde_json::json!({ "build": "demo", "req_per_s": 2100.0, "p99_ms": 6.4, "seconds": 60 }),
                ),
                step(31, 9, 1, "/v1/rollout/start", serde_json::json!({ "version": "2026-10-26.1" })),
                step(
                    46,
                    8,
                    0,
                    "/v1/rollout/waive",
                    serde_json::json!({ "gate": "data.suite", "reason": "No suite of expectations is set yet." }),
                ),
                step(46, 9, 0, "/v1/rollout/approve", serde_json::json!({ "comment": "Ranks better on the same leads." })),
                step(
                    54,
                    8,
                    0,
                    "/v1/rollout/waive",
                    serde_json::json!({ "gate": "data.suite", "reason": "No suite of expectations is set yet." }),
                ),
                step(
                    54,
                    9,
                    0,
                    "/v1/rollout/waive",
                    serde_json::json!({ "gate": "rel.calibration", "reason": "Too few leads a week to tell; it passed in shadow." }),
                ),
            ],
        }
    }
}
