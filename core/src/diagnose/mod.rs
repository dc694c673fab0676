//! The troubleshooting guide, run on recorded facts: why scores no longer help (D1), why answers got slow (D2), what drift in several
//! fields means (D3). Each step has one finding with a sentence and, where something is wrong, what to do.
//!
//! Everything is a function of [`Facts`], which the control object puts together. A step without data is [`Judgement::Unknown`] and names
//! what is missing; it never counts as fine. Not here: alerts, which say *that* something is wrong.

mod business;
mod change;
mod drift;
mod fact;
mod integration;
mod latency;
mod performance;
mod quality;
mod system;

pub use fact::{Contact, Counts, Facts, Field, FieldHour, Hour, Mix, Note, Performance, Seen, Served, Sourced, Training, Worked};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rollout::Policy;
use crate::sentence::Sentence;

/// What the guide found, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// The version that was looked at.
    pub version: String,
    /// "Scores no longer help", "answers got slow", "drift in several fields".
    pub checks: Vec<Check>,
}

/// One question of the guide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DiagnosisCheck"))]
pub struct Check {
    /// `D1`, `D2` or `D3`.
    pub id: String,
    /// The result in one sentence: of the worst step.
    pub finding: Sentence,
    /// The steps, in the order of the guide.
    pub steps: Vec<Finding>,
}

/// What one step found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DiagnosisFinding"))]
pub struct Finding {
    /// The step, such as `D1.3`.
    pub id: String,
    /// What it says.
    pub status: Judgement,
    /// In words. Its values are the evidence.
    pub sentence: Sentence,
    /// What to do; none where nothing has to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Sentence>,
    /// The page that shows more.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub route: String,
}

/// What a step says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DiagnosisJudgement"))]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Nothing is wrong here.
    Fine,
    /// The data do not say.
    Unknown,
    /// Something is wrong, but it does not explain the whole.
    Suspect,
    /// This is a cause.
    Cause,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Judgement::Fine => "fine",
            Judgement::Unknown => "unknown",
            Judgement::Suspect => "suspect",
            Judgement::Cause => "cause",
        })
    }
}

impl Finding {
    fn new(id: &str, status: Judgement, code: &str, text: impl Into<String>) -> Finding {
        Finding { id: id.to_owned(), status, sentence: Sentence::new(code, text), action: None, route: String::new() }
    }

    fn fine(id: &str, code: &str, text: impl Into<String>) -> Finding {
        Finding::new(id, Judgement::Fine, code, text)
    }

    fn unknown(id: &str, code: &str, text: impl Into<String>) -> Finding {
        Finding::new(id, Judgement::Unknown, code, text)
    }

    fn suspect(id: &str, code: &str, text: impl Into<String>) -> Finding {
        Finding::new(id, Judgement::Suspect, code, text)
    }

    fn cause(id: &str, code: &str, text: impl Into<String>) -> Finding {
        Finding::new(id, Judgement::Cause, code, text)
    }

    #[must_use]
    fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Finding {
        self.sentence = self.sentence.with(name, value);
        self
    }

    #[must_use]
    fn action(mut self, code: &str, text: impl Into<String>) -> Finding {
        self.action = Some(Sentence::new(code, text));
        self
    }

    #[must_use]
    fn at(mut self, route: impl Into<String>) -> Finding {
        self.route = route.into();
        self
    }
}

/// Runs the whole guide.
pub fn diagnose(policy: &Policy, facts: &Facts) -> Diagnosis {
    let system = system::find(policy, facts);
    let performance = performance::find(facts);
    let drift = drift::find(policy, facts, &performance);
    let help = vec![
        system,
        performance.finding,
        drift,
        quality::find(policy, facts),
        business::find(policy, facts),
        integration::find(facts),
    ];
    let checks = vec![
        Check::new("D1", "Scores help as they should: no step found a cause.", help),
        Check::new("D2", "Answers are as fast as before.", latency::find(policy, facts)),
        Check::new("D3", "Leads look like the training data.", vec![drift::several(policy, facts)]),
    ];
    Diagnosis { at_ms: facts.at_ms, version: facts.version.clone(), checks }
}

impl Check {
    fn new(id: &str, fine: &str, steps: Vec<Finding>) -> Check {
        let worst = steps.iter().map(|step| step.status).max().unwrap_or(Judgement::Unknown);
        let of = |status: Judgement| steps.iter().filter(move |step| step.status == status);
        let finding = match worst {
            Judgement::Fine => Sentence::new("DIAGNOSIS_FINE", fine),
            Judgement::Unknown => {
                let names: Vec<String> = of(Judgement::Unknown).map(|step| step.id.clone()).collect();
                let text = format!("No cause found; {} could not be judged.", crate::rollout::phrase::listed(&names));
                Sentence::new("DIAGNOSIS_UNKNOWN", text).with("steps", names)
            }
            // The last in the order of the guide is the nearest to the cause.
            worst => of(worst).next_back().map(|step| step.sentence.clone()).unwrap_or_default(),
        };
        Check { id: id.to_owned(), finding, steps }
    }

    /// The worst of its steps.
    pub fn status(&self) -> Judgement {
        self.steps.iter().map(|step| step.status).max().unwrap_or(Judgement::Unknown)
    }
}

#[cfg(test)]
mod tests;
