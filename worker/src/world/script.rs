//! What happens in a simulated history, and who does it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::happening::{Happening, Step};
pub(super) use plumbline_core::rollout::DAY_MS;

/// What a challenger is like, next to today's model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Challenger {
    /// Ranks better, and more of its leads buy.
    #[default]
    Good,
    /// Is the same in all but its name.
    Equal,
    /// Ranks worse, and fewer of its leads buy.
    Worse,
    /// As good, but leads from one source buy less.
    Harmful,
    /// Fails for one request in nine.
    Broken,
    /// Is slow for one request in thirty-three.
    Slow,
}

impl Challenger {
    /// The relative lift of conversion for leads that it serves.
    pub fn lift(self) -> f64 {
        match self {
            Challenger::Good | Challenger::Harmful | Challenger::Broken | Challenger::Slow => 0.08,
            Challenger::Equal => 0.0,
            Challenger::Worse => -0.06,
        }
    }

    /// The same of leads from `source`, where they fare otherwise.
    pub(super) fn lift_of(self, source: &str) -> Option<f64> {
        (self == Challenger::Harmful && source == HARMED).then_some(-0.25)
    }
}

/// The source whose leads a harmful challenger harms.
pub const HARMED: &str = "Partner";

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
    /// The hours of a day at whose end the service does what is due, and people attend to the rollout.
    pub ticks: Vec<i64>,
    /// Whether the history ends on the day on which its rollout ends or is held, if that is sooner.
    pub ends_when_decided: bool,
    /// What happens, in order of time.
    pub steps: Vec<Step>,
}

/// The seed of the demo's history.
pub const DEMO_SEED: u64 = 1;
/// The usual hours at whose end the service does what is due.
pub(super) const TICKS: [i64; 7] = [3, 7, 11, 15, 18, 19, 23];
/// Leads a day of the demo's company.
pub const DEMO_LEADS: f64 = 300.0;

impl Script {
    /// The version of today's model.
    pub const CHAMPION: &str = "2026-09-14.1";
    /// The version on trial.
    pub const CHALLENGER: &str = "2026-10-26.1";

    /// The people, with the `secrets` of their keys.
    pub(super) fn people(secrets: [String; 3]) -> Vec<Person> {
        let people = [("Ada Moreau", "ml_lead"), ("Ben Okafor", "ml_lead"), ("Chen Wei", "product_manager")];
        let people = secrets.into_iter().zip(people);
        people.map(|(secret, (name, role))| Person { name: name.into(), role: role.into(), secret }).collect()
    }

    /// Eight weeks that end at `now_ms` with a challenger that has been in canary for a week and a half, ready for the next approval.
    pub fn demo(seed: u64, now_ms: i64, leads_per_day: f64, secrets: [String; 3]) -> Script {
        let today = now_ms.div_euclid(DAY_MS);
        let step = |day: u32, hour: u32, by: usize, path: &str, body: Value| Step {
            day,
            minute: hour * 60,
            what: Happening::Post { by, path: path.into(), body },
        };
        let capacity = json!({ "build": "demo", "req_per_s": 2100.0, "p99_ms": 6.4, "seconds": 60 });
        let few = json!({ "gate": "rel.calibration", "reason": "Too few leads a week to tell; it passed in shadow." });
        Script {
            seed,
            from_ms: (today - 56) * DAY_MS,
            until_ms: now_ms,
            leads_per_day,
            lift: Challenger::Good.lift(),
            unworked: 0.9,
            champion: Script::CHAMPION.into(),
            challenger: (Script::CHALLENGER.into(), Challenger::Good),
            people: Script::people(secrets),
            ticks: TICKS.to_vec(),
            ends_when_decided: false,
            steps: vec![
                step(30, 9, 0, "/v1/capacity", capacity),
                step(31, 9, 1, "/v1/rollout/start", json!({ "version": Script::CHALLENGER })),
                step(46, 9, 0, "/v1/rollout/approve", json!({ "comment": "Ranks better on the same leads." })),
                step(54, 9, 0, "/v1/rollout/waive", few),
            ],
        }
    }
}
