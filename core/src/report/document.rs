//! The parts of the report, as its JSON has them. Parts that are not known are `null`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::alert::{AlertPart, IncidentPart};
use super::business::Business;
use super::experiment::{ComparisonPart, ExperimentPart, Goal, Revenue};
use super::measure::Measure;
use super::quality::Quality;
use super::value::{Estimate, Series, Status, Target};
use crate::diagnose::Finding;
use crate::rollout::policy::Contact;
use crate::sentence::Sentence;

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LifecycleReport"))]
pub struct Report {
    /// Changes that a reader of this format cannot ignore count here.
    pub format: u32,
    /// Additions count here.
    pub minor: u32,
    /// When it was made.
    pub generated_at: String,
    /// The newest row in it; none without rows.
    pub data_until: Option<String>,
    /// Names the content.
    pub digest: String,
    /// Seconds after which a page should ask again.
    pub refresh_s: u32,
    /// Whether all parts of the service answered.
    pub complete: Complete,
    /// What is reported on.
    pub deployment: Deployment,
    /// The state in one sentence.
    pub verdict: Verdict,
    /// Five questions and their answers.
    pub answers: Answers,
    /// Daily statuses of the four tabs, the oldest first.
    pub days: Vec<Day>,
    /// What changed lately, as a manager counts it: stages, approvals, alerts, policies; the newest first.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// The newest events of the ledger.
    pub events: Vec<Event>,
    /// The measures.
    pub measures: Vec<Measure>,
    /// The service by the hour.
    pub health: Health,
    /// Scores against outcomes.
    pub performance: Performance,
    /// The leads' data against training; none without a baseline.
    pub quality: Option<Quality>,
    /// What sales gets.
    pub business: Option<Business>,
    /// The rollout; none while idle and none ever began.
    pub rollout: Option<RolloutPart>,
    /// The newest A/B test; none before its first look.
    pub experiment: Option<ExperimentPart>,
    /// Champion and challenger on the same leads; none while nothing was compared.
    pub comparison: Option<ComparisonPart>,
    /// The goals of the first 90 days.
    pub goals: Vec<Goal>,
    /// Additional revenue.
    pub revenue: Revenue,
    /// The alerts that fire, the most urgent first, then those that were resolved last; at most ten.
    pub alerts: Vec<AlertPart>,
    /// All alerts that ever fired.
    pub alerts_total: u64,
    /// The incidents that are open, the most urgent deadline first; at most ten.
    pub incidents: Vec<IncidentPart>,
    /// Retrainings; none in reports of before there were any.
    #[serde(default)]
    pub retraining: RetrainingPart,
    /// The registered models.
    pub models: Vec<Model>,
    /// What the troubleshooting guide found last; empty before its first run.
    #[serde(default)]
    pub diagnosis: Vec<DiagnosisPart>,
    /// People, links and numbers.
    pub settings: SettingsPart,
    /// What a reader should know besides.
    pub notes: Vec<Sentence>,
}

/// Retrainings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportRetraining"))]
pub struct RetrainingPart {
    /// When the schedule is due next; none without a schedule.
    pub next_at: Option<String>,
    /// The newest runs, the newest first; at most ten.
    pub runs: Vec<RetrainingRun>,
}

/// A retraining.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportRetrainingRun"))]
pub struct RetrainingRun {
    /// Its id.
    pub id: String,
    /// When it was due.
    pub at: String,
    /// `schedule`, `manual`, `auc`, `drift` or `unhelpful`.
    pub trigger: String,
    /// `waiting`, `collecting`, `training`, `elsewhere` or `ended`.
    pub state: String,
    /// Leads it trained and tested on; none while it is under way.
    pub rows: Option<u64>,
    /// The new model's AUC on leads it has not seen.
    pub estimate: Estimate,
    /// Today's model's AUC on the same leads.
    pub champion_auc: Option<f64>,
    /// `queued`, `kept`, `below`, `insufficient` or `failed`; none while it is under way.
    pub result: Option<String>,
    /// The new model's version.
    pub version: Option<String>,
    /// What became of it, or how far it is.
    pub sentence: Sentence,
}

/// Whether all parts of the service answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportComplete"))]
pub struct Complete {
    /// Log shards.
    pub shards: u32,
    /// Of those, the ones that answered lately.
    pub answered: u32,
    /// Hosts that reported lately.
    #[serde(default)]
    pub hosts: u32,
    /// Of those, the ones that serve an older deployment.
    #[serde(default)]
    pub hosts_behind: u32,
    /// The deployment in force.
    pub epoch: u64,
    /// Whether the kill switch of a host is on: the champion scores all leads there, and the day does not count in a rollout.
    #[serde(default)]
    pub killed: bool,
}

impl Complete {
    /// What a reader should know of the hosts; empty while all is as it should be.
    pub fn notes(&self) -> Vec<Sentence> {
        let killed = self.killed.then(|| {
            let text = "The kill switch of a host is on: the champion scores all leads there, and no day of a rollout counts meanwhile. \
                `plumbline kill --undo` switches it off.";
            Sentence::new("KILLED", text)
        });
        killed.into_iter().collect()
    }
}

/// What is reported on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportDeployment"))]
pub struct Deployment {
    /// A name for programs.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// Such as `production` or `demo`.
    pub environment: String,
    /// Of deal values.
    pub currency: String,
    /// Plumbline's own version.
    pub version: String,
}

/// The state in one sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportVerdict"))]
pub struct Verdict {
    /// `fine`, `attention` or `act`.
    pub status: String,
    /// Why.
    pub sentence: Sentence,
    /// The measures and gates it rests on, by id.
    pub because: Vec<String>,
}

/// Five questions a manager asks first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportAnswers"))]
pub struct Answers {
    /// What changed last.
    pub what_changed: Question,
    /// Which model serves.
    pub which_serves: Question,
    /// Whether the challenger may go on.
    pub may_promote: Question,
    /// Who has to act.
    pub who_acts: Question,
    /// What it is worth.
    pub worth: Question,
}

/// An answer, and where the details are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportAnswer"))]
pub struct Question {
    /// What the answer says, where it is a judgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The answer.
    pub sentence: Sentence,
    /// The page's route to the details.
    pub route: String,
}

/// The statuses of one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportDay"))]
pub struct Day {
    /// The UTC date.
    pub day: String,
    /// By tab.
    pub statuses: BTreeMap<String, Status>,
}

/// An entry of the ledger, in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportEvent"))]
pub struct Event {
    /// Its number in the ledger.
    pub seq: u64,
    /// When.
    pub at: String,
    /// Its kind.
    pub kind: String,
    /// What happened.
    pub sentence: Sentence,
    /// Who acted; `plumbline` for the service itself.
    pub actor: String,
    /// Hash of the entry before.
    pub prev: String,
    /// Hash of the entry.
    pub hash: String,
}

/// Something that changed, in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportChanged"))]
pub struct Change {
    /// Its number in the ledger.
    pub seq: u64,
    /// When.
    pub at: String,
    /// What happened.
    pub sentence: Sentence,
    /// Who acted; `plumbline` for the service itself.
    pub actor: String,
    /// Whether it is trouble: an alert that fired, an incident, a way back.
    pub trouble: bool,
}

/// The service by the hour, over the last two days.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportHealth"))]
pub struct Health {
    /// `p50_ms`, `p99_ms`, `requests`, `errors`.
    pub hourly: BTreeMap<String, Series>,
    /// The newest load test.
    pub load_test: Option<LoadTest>,
}

/// A load test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportLoadTest"))]
pub struct LoadTest {
    /// Requests a second that were sustained.
    pub req_per_s: f64,
    /// When.
    pub at: String,
}

/// Scores against outcomes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportPerformance"))]
pub struct Performance {
    /// A lead is called at this probability.
    pub threshold: f64,
    /// Leads with an outcome by score, in hundredths, of each version.
    pub score_histogram: BTreeMap<String, ScoreHistogram>,
    /// A lead counts as an outcome at this age.
    pub outcome_delay_days: u32,
    /// The area under the ROC curve of the exploration slice.
    pub explored: Estimate,
    /// What the champion's own probabilities of the last seven days promise, before their outcomes are known (CBPE).
    pub estimated: Estimated,
    /// The champion's scores of the last seven days beside earlier ones; none without scores.
    #[serde(default)]
    pub prediction_drift: Option<PredictionDrift>,
}

/// Expected figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportEstimated"))]
pub struct Estimated {
    /// The area under the ROC curve.
    pub auc: Estimate,
}

/// Scores of now, of the week before and of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportPredictionDrift"))]
pub struct PredictionDrift {
    /// Kolmogorov-Smirnov distance from training, at least; none without a baseline.
    pub ks: Option<f64>,
    /// Which percentiles follow, as parts of 1.
    pub percentiles: Vec<f64>,
    /// Scores of the last seven days.
    pub now: Vec<f64>,
    /// Scores of the seven days before; empty where there were none.
    pub week_before: Vec<f64>,
    /// Scores of the training data; empty without a baseline.
    pub training: Vec<f64>,
}

/// Leads with an outcome by score.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportScoreHistogram"))]
pub struct ScoreHistogram {
    /// Leads in each hundredth.
    pub n: Vec<u64>,
    /// Of those, the ones that converted.
    pub positive: Vec<u64>,
}

/// The rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportRollout"))]
pub struct RolloutPart {
    /// Its id.
    pub id: String,
    /// The state's version, which commands name.
    pub revision: u64,
    /// Its stage.
    pub stage: String,
    /// Why it is held; none while it is not.
    pub held: Option<Sentence>,
    /// Whether the challenger serves no lead although its stage would give it some.
    pub suspended: bool,
    /// Extensions so far, and the most.
    pub extensions: (u32, u32),
    /// The earliest end of the stage.
    pub earliest_at: Option<String>,
    /// What comes next, in words.
    pub next: Sentence,
    /// Gates and approvals that are missing, by id.
    pub missing: Vec<String>,
    /// The stages.
    pub stages: Vec<StagePart>,
    /// Which version serves which share.
    pub serving: Vec<Serving>,
    /// The gates of the stage.
    pub gates: Vec<GatePart>,
    /// Approvals: those by which earlier stages were passed, then those that stand for the next stage.
    pub sign_offs: Vec<SignOff>,
    /// Open reports of sales that something about the challenger's scores is odd, the newest first; at most 20.
    #[serde(default)]
    pub odd_reports: Vec<OddPart>,
    /// What may be done now.
    pub actions: Vec<ActionPart>,
    /// Entries of the ledger.
    pub ledger_total: u64,
    /// Post-mortems that are to be written, or were, the newest first; at most ten.
    pub post_mortems: Vec<IncidentPart>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportStage"))]
pub struct StagePart {
    /// Its name.
    pub id: String,
    /// `done`, `now` or `open`.
    pub state: String,
    /// Part of leads that the challenger serves in it.
    pub share: f64,
    /// Days logged; none before it began.
    pub days: Option<u32>,
    /// Days that must be logged.
    pub min_days: u32,
    /// When it began.
    pub from: Option<String>,
    /// When it ended.
    pub to: Option<String>,
}

/// Which version serves which share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportServing"))]
pub struct Serving {
    /// The version.
    pub version: String,
    /// `champion` or `challenger`.
    pub role: String,
    /// Part of all leads.
    pub share: f64,
}

/// A gate's verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportGate"))]
pub struct GatePart {
    /// Its id.
    pub id: String,
    /// The challenger's figure.
    pub estimate: Estimate,
    /// The champion's figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// What it is compared with.
    pub target: Option<Target>,
    /// What was found.
    pub status: Status,
    /// Whether it must pass before the stage is left.
    pub required: bool,
    /// Judged on a day without a look.
    pub provisional: bool,
    /// Why a person waived it.
    pub waived: Option<String>,
    /// Whether it can be waived now: its last look left it undecided, and so does what is known today.
    #[serde(default)]
    pub waivable: bool,
    /// When enough data will be there.
    pub ready_at: Option<String>,
    /// In words.
    pub sentence: Sentence,
    /// The frozen evidence.
    pub evidence: String,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportSignOff"))]
pub struct SignOff {
    /// The stage it approves the way out of.
    pub stage: String,
    /// In which role.
    pub role: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: String,
    /// What they wrote.
    pub comment: String,
    /// The evidence they saw.
    pub evidence: String,
}

/// An open report that something is odd, which a person confirms or dismisses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportOdd"))]
pub struct OddPart {
    /// Its id, by which it is closed.
    pub id: String,
    /// When it was made.
    pub at: String,
}

/// Something that may be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportAction"))]
pub struct ActionPart {
    /// `start`, `approve`, `hold`, `resume` or `rollback`.
    pub id: String,
    /// Whether it would be accepted now.
    pub allowed: bool,
    /// The scope it needs.
    pub needs_scope: String,
    /// What it changes.
    pub effect: Effect,
}

/// What an action changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportEffect"))]
pub struct Effect {
    /// Leads a day, averaged over the last seven days; none without any.
    pub leads_per_day: Option<f64>,
    /// Part of leads that the challenger serves now.
    pub share_before: f64,
    /// Part of leads that it serves afterwards.
    pub share_after: f64,
    /// In words.
    pub sentence: Sentence,
}

/// A registered model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportModel"))]
pub struct Model {
    /// Its version.
    pub version: String,
    /// What it is now.
    pub status: String,
    /// Names that point to it.
    pub aliases: Vec<String>,
    /// When it was registered.
    pub registered_at: String,
    /// How its last rollout ended: `rolled_back` or `stopped`; none without one, while one is under way and after one that reached all leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Whether the post-mortem of that rollout is open: it may not start again before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_post_mortem_open: bool,
    /// SHA-256 of its bundle.
    pub digest: String,
    /// Leads it was trained on; none without a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// SHA-256 of the training data's file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub data_sha256: String,
    /// Its figures at training time, by id such as `auc`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub estimates: BTreeMap<String, Estimate>,
    /// Its heaviest fields with their share of the importance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub importance: Vec<(String, f64)>,
}

/// One question of the troubleshooting guide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportDiagnosis"))]
pub struct DiagnosisPart {
    /// `D1`, `D2` or `D3`.
    pub id: String,
    /// When it was answered.
    pub ran_at: String,
    /// The result in one sentence.
    pub finding: Sentence,
    /// The steps, in the order of the guide.
    pub steps: Vec<Finding>,
}

/// People, links and numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ReportSettingsPart"))]
pub struct SettingsPart {
    /// People, in the order of escalation.
    pub contacts: Vec<Contact>,
    /// Links by id.
    pub links: BTreeMap<String, String>,
    /// SHA-256 of the policy in force.
    pub policy_sha256: String,
}
