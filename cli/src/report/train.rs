//! What `plumbline train` prints.

use serde::Serialize;

use super::baseline::{self, BaselineSummary};
use crate::Failure;
use crate::mlflow::Published;
use crate::output::terminal::thousands;

/// What `plumbline train --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrainSummary {
    /// The bundle and its baseline.
    #[serde(flatten)]
    pub trained: BaselineSummary,
    /// What is odd about the leads, although they were trained on, or about the MLflow server that was named.
    pub warnings: Vec<TrainWarning>,
    /// Columns that are no fields of the model; none where a schema or a bundle says which are.
    pub not_trained_on: Vec<NotTrainedOn>,
    /// The champion on the same leads that were held out; null where none was named.
    pub champion: Option<AgainstChampion>,
    /// The model cards that were written.
    pub cards: Vec<String>,
    /// Where it is in MLflow; null where no server was named, or where it did not take the model.
    pub mlflow: Option<Published>,
    /// Why the MLflow server that was named did not take the model; null where it did, or none was named.
    pub mlflow_error: Option<Unpublished>,
}

/// Why a model is not in MLflow. The bundle is complete all the same.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unpublished {
    /// The code of the error, such as `MLFLOW_UNREACHABLE`.
    pub code: String,
    /// What happened, and the way forward.
    pub message: String,
}

impl Unpublished {
    /// Why, by the failure.
    pub fn of(failure: &Failure) -> Unpublished {
        Unpublished { code: failure.code().to_owned(), message: failure.to_string() }
    }
}

/// Something odd that does not keep a model from being trained.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrainWarning {
    /// What it is, a stable code such as `TRAIN_LEAK`.
    pub code: &'static str,
    /// The column that it is about; null where it is about the leads as a whole, or about MLflow.
    pub column: Option<String>,
    /// What was found, and the way forward.
    pub message: String,
}

impl TrainWarning {
    /// The warning in one line.
    pub fn line(&self) -> String {
        format!("warning[{}]: {}", self.code, self.message)
    }
}

/// A column that is not trained on.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotTrainedOn {
    /// Its name.
    pub column: String,
    /// Why, a stable code such as `COLUMN_ID_LIKE`.
    pub code: &'static str,
    /// Why, in words.
    pub reason: String,
}

impl NotTrainedOn {
    /// The column and the reason in one line.
    pub fn line(&self) -> String {
        format!("not trained on: {} ({}) [{}]", self.column, self.reason, self.code)
    }
}

/// The model that was trained and the champion, on the leads that were held out of training. Intervals are of 95 %.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgainstChampion {
    /// The champion's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Leads that both scored.
    pub leads: u64,
    /// AUC of the model that was trained.
    pub auc: f64,
    /// Its interval.
    pub auc_interval: (f64, f64),
    /// AUC of the champion.
    pub champion_auc: f64,
    /// Its interval.
    pub champion_auc_interval: (f64, f64),
    /// The first less the second.
    pub difference: f64,
    /// Its interval.
    pub difference_interval: (f64, f64),
    /// The two-sided p-value of no difference; null where the two models rank alike.
    pub p_value: Option<f64>,
}

/// The page of a model that was trained.
pub fn page(summary: &TrainSummary) -> String {
    let mut text = baseline::page(&summary.trained);
    if let Some(against) = &summary.champion {
        text.push_str(&format!("\nchampion    {}", against.line()));
    }
    if !summary.cards.is_empty() {
        text.push_str(&format!("\ncards       {}", summary.cards.join(", ")));
    }
    if let Some(published) = &summary.mlflow {
        text.push_str(&format!("\nmlflow      {}", published.line()));
    }
    if let Some(error) = &summary.mlflow_error {
        text.push_str(&format!("\nmlflow      not written: {}", error.code));
    }
    text
}

impl AgainstChampion {
    /// Its figures, by name.
    pub fn metrics(&self) -> [(String, f64); 6] {
        let [(low, high), (from, to)] = [self.champion_auc_interval, self.difference_interval];
        let figures = [
            ("champion_auc", self.champion_auc),
            ("champion_auc_low", low),
            ("champion_auc_high", high),
            ("auc_difference", self.difference),
            ("auc_difference_low", from),
            ("auc_difference_high", to),
        ];
        figures.map(|(name, value)| (name.to_owned(), value))
    }

    /// The comparison in one line.
    fn line(&self) -> String {
        let (low, high) = self.difference_interval;
        let AgainstChampion { name, version, leads, auc, champion_auc, difference, .. } = self;
        let p =
            self.p_value.map_or(String::new(), |p| if p < 0.001 { ", p < 0.001".to_owned() } else { format!(", p = {p:.3}") });
        format!(
            "AUC {auc:.3} against {champion_auc:.3} of {name} {version} on the same {} leads: {difference:+.3} ({low:+.3} to {high:+.3}{p})",
            thousands(*leads)
        )
    }
}
