//! `plumbline metrics`: scores against what became of the leads.

use std::path::PathBuf;

use clap::Args;
use plumbline_core::evidence::InsufficientData;
use plumbline_core::metric::{
    Area, Binning, Confusion, Decomposition, Labelled, MetricError, Ranking, Reliability, bands, lift_table, log_loss,
};
use serde_json::{Map, Value, json};

use crate::output::terminal;
use crate::report::comparison;
use crate::report::metrics::page;
use crate::table::columns::Columns;
use crate::table::leads::{Leads, OUTCOMES, SCORES};
use crate::table::moment::Ripeness;
use crate::{Failure, Outcome};

/// Compare scores with outcomes
#[derive(Debug, Args)]
#[command(after_help = "\
Input: CSV with a header, NDJSON or Parquet with a column of scores and one of outcomes (1 or 0, true or false, yes or no). A lead
without an outcome is open and not counted. A higher score must mean a likelier conversion; calibration measures are skipped if
scores are not in [0, 1].

With --matured-after only leads of at least that age count, converted or not; counting younger leads would make a model look worse
the younger its leads are. With --converted-at, conversions after that age do not count.

If the data are insufficient for a figure, it is reported as \"no answer\", never as 0.

Examples:
  plumbline metrics scored.csv --outcome converted
  plumbline metrics scored.csv --scored-at timestamp --converted-at closed_at --matured-after 30d
  plumbline metrics scored.parquet --score prob0 --threshold 0.3 --bands 0.2,0.6 --json | jq .roc_auc")]
pub struct Metrics {
    /// CSV, NDJSON or Parquet; `-` is standard input
    #[arg(value_name = "SCORED", default_value = "-")]
    file: PathBuf,
    /// The column with the score [default: probability, score, prob0, prob or y_pred_proba]
    #[arg(long, value_name = "COLUMN")]
    score: Option<String>,
    /// The column with the outcome [default: converted, outcome, label, target or y_true]
    #[arg(long, value_name = "COLUMN")]
    outcome: Option<String>,
    /// The column with another model's score of the same leads, to compare AUCs (DeLong)
    #[arg(long, value_name = "COLUMN")]
    against: Option<String>,
    /// The column that marks leads of the exploration slice, whose AUC is shown next to that of worked leads
    #[arg(long, value_name = "COLUMN")]
    exploration: Option<String>,
    /// With --matured-after: the column with the time each lead was scored
    #[arg(long, value_name = "COLUMN", requires = "matured_after")]
    scored_at: Option<String>,
    #[command(flatten)]
    ripeness: Ripeness,
    /// The score from which a lead is called
    #[arg(long, default_value_t = 0.5)]
    threshold: f64,
    /// Limits between bands of scores, increasing
    #[arg(long, value_name = "CUT,…", value_delimiter = ',', default_values_t = [0.2, 0.5, 0.8])]
    bands: Vec<f64>,
    /// Number of bins for the calibration error
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    bins: u16,
    /// Number of parts of the ranked list
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    parts: u16,
}

impl Metrics {
    /// Prints every measure.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        if self.ripeness.rule().is_some() && self.scored_at.is_none() {
            return Err(Failure::usage("ARGUMENTS", "--matured-after needs --scored-at to compute a lead's age"));
        }
        let times: Vec<&str> = self.scored_at.iter().chain(&self.ripeness.converted_at).map(String::as_str).collect();
        let table = Columns::read_with(&self.file, &times)?;
        let score = table.choose(self.score.as_deref(), "--score", &SCORES)?;
        let leads = match (&self.scored_at, &self.ripeness.converted_at) {
            (Some(scored_at), Some(converted_at)) if self.outcome.is_none() => {
                // Whether it converted is told by when.
                Leads::with(&table, &score, &self.matured(&table, scored_at, Some(converted_at), &vec![None; table.rows])?)?
            }
            (scored_at, converted_at) => {
                let outcome = table.choose(self.outcome.as_deref(), "--outcome", &OUTCOMES)?;
                let told = table.flags(&outcome)?;
                match scored_at {
                    Some(scored_at) => {
                        Leads::with(&table, &score, &self.matured(&table, scored_at, converted_at.as_ref(), &told)?)?
                    }
                    None => Leads::with(&table, &score, &told)?,
                }
            }
        };
        let measures = self.measures(&leads).map_err(|e| self.refuse(&table, &leads, &e))?;
        let slices = match &self.exploration {
            Some(column) => Some(slices(&leads, &table.flags(column)?)),
            None => None,
        };
        let comparison = self.against.as_deref().map(|against| comparison::compare(&table, &leads, against)).transpose()?;
        if json {
            let mut all = measures;
            if let Some(comparison) = comparison {
                all.insert("comparison".into(), comparison);
            }
            all.insert("maturity".into(), json!(self.ripeness.sentence()));
            all.insert("rejected_rows".into(), json!(table.rejected));
            if let Some(slices) = slices {
                all.insert("exploration".into(), slices);
            }
            terminal::say_json(&all)?;
        } else {
            let mut text = page(&measures, slices.as_ref(), self.threshold);
            if let Some(comparison) = &comparison {
                text.push_str(&format!("\n\n{}", comparison::page(comparison)));
            }
            if let Some(sentence) = self.ripeness.sentence() {
                text.push_str(&format!("\n\nmaturity: {sentence}"));
            }
            terminal::say(&text)?;
        }
        Ok(if table.rejected > 0 { Outcome::SomeRejected } else { Outcome::Done })
    }

    /// The outcomes that are final at the moment of judgement.
    fn matured(
        &self,
        table: &Columns,
        scored_at: &str,
        converted_at: Option<&String>,
        told: &[Option<bool>],
    ) -> Result<Vec<Option<bool>>, Failure> {
        let now_ms = self.ripeness.now_ms();
        let converted = converted_at.map(|name| table.numbers(name)).transpose()?;
        let moment = |ms: &f64| (!ms.is_nan()).then_some(*ms as i64);
        let label = |(row, (scored, told)): (usize, (&f64, &Option<bool>))| {
            let scored = moment(scored).ok_or_else(|| {
                Failure::input(table.line(row), "TIME_MISSING", format!("{scored_at} is empty, so the lead's age is unknown"))
            })?;
            let converted_ms = converted.and_then(|times| times.get(row)).and_then(moment);
            Ok(self.ripeness.label(scored, *told, converted_ms, now_ms))
        };
        table.numbers(scored_at)?.iter().zip(told).enumerate().map(label).collect()
    }

    fn refuse(&self, table: &Columns, leads: &Leads, error: &MetricError) -> Failure {
        match error {
            MetricError::BadCut { .. } => Failure::usage(error.code(), format!("--bands: {error}")),
            MetricError::ScoreNotFinite { row } | MetricError::NotAProbability { row, .. } => {
                let place = leads.rows.get(*row).map_or_else(|| table.place.clone(), |row| table.line(*row));
                Failure::input(place, error.code(), "the score is not finite")
            }
            _ => Failure::input(&table.place, error.code(), error.to_string()),
        }
    }

    fn measures(&self, leads: &Leads) -> Result<Map<String, Value>, MetricError> {
        let data = Labelled::new(&leads.scores, &leads.converted)?;
        let ranking = Ranking::new(&data);
        let mut all = Map::new();
        let mut put = |name: &str, value: Value| all.insert(name.to_owned(), value);
        put("leads", json!(leads.scores.len()));
        put("positives", json!(data.positives()));
        put("open", json!(leads.open));
        put("unscored", json!(leads.unscored));
        let area = Area::new(&data);
        put("roc_auc", answer(ranking.roc_auc()));
        put(
            "roc_auc_interval",
            area.ok().and_then(|area| area.interval(0.95)).map_or(Value::Null, |(low, high)| json!([low, high])),
        );
        put("roc_auc_max_fpr_0.1", answer(ranking.partial_auc(0.1)));
        put("average_precision", answer(ranking.average_precision()));
        put("ks", answer(ranking.separation().map(|separation| separation.ks)));
        let counts = Confusion::at(&data, self.threshold);
        put(
            "at_threshold",
            json!({
                "threshold": self.threshold,
                "true_positive": counts.true_positive, "false_positive": counts.false_positive,
                "false_negative": counts.false_negative, "true_negative": counts.true_negative,
                "precision": counts.precision(), "recall": counts.recall(), "f1": counts.f_score(1.0),
                "specificity": counts.specificity(), "accuracy": counts.accuracy(),
                "balanced_accuracy": counts.balanced_accuracy(), "matthews": counts.matthews(), "kappa": counts.kappa(),
            }),
        );
        if leads.scores.iter().all(|score| (0.0..=1.0).contains(score)) {
            let bins = usize::from(self.bins);
            put("log_loss", answer(log_loss(&data)?));
            if let Ok(parts) = Decomposition::new(&data, Binning::Uniform(bins))? {
                put("brier", json!(parts.brier));
                put(
                    "brier_parts",
                    json!({ "reliability": parts.reliability, "resolution": parts.resolution,
                            "uncertainty": parts.uncertainty, "within": parts.within }),
                );
            }
            if let Ok(found) = Reliability::new(&data, Binning::Uniform(bins))? {
                put("calibration_error", json!(found.expected_error));
                put("calibration_error_maximum", json!(found.maximum_error));
                let bin = |bin: &plumbline_core::metric::Bin| {
                    json!({ "bin": bin.index, "leads": bin.count, "mean_probability": bin.mean_probability,
                            "rate": bin.rate, "interval": [bin.interval.0, bin.interval.1] })
                };
                put("reliability", found.bins.iter().map(bin).collect());
            }
        }
        if let Ok(found) = bands(&data, &self.bands)? {
            let band = |band: &plumbline_core::metric::Band| {
                let from = Some(band.from).filter(|from| from.is_finite());
                json!({ "from": from, "leads": band.leads, "positives": band.positives, "share": band.share, "rate": band.rate,
                        "interval": band.interval.map(|(low, high)| [low, high]), "lift": band.lift })
            };
            put("bands", found.iter().map(band).collect());
        }
        if let Ok(found) = lift_table(&data, usize::from(self.parts)) {
            let part = |part: &plumbline_core::metric::Part| {
                json!({ "leads": part.leads, "positives": part.positives, "gain": part.gain, "lift": part.lift,
                        "cumulative_lift": part.cumulative_lift })
            };
            put("parts", found.iter().map(part).collect());
        }
        Ok(all)
    }
}

/// The areas of explored and of worked leads: sales works high scores first, which bends the outcomes of all but the explored.
fn slices(leads: &Leads, explored: &[Option<bool>]) -> Value {
    let of = |wanted: bool| {
        let rows = leads.rows.iter().zip(leads.scores.iter().zip(&leads.converted));
        let kept = rows.filter(|(row, _)| explored.get(**row).copied().flatten() == Some(wanted));
        let (scores, converted): (Vec<f64>, Vec<bool>) = kept.map(|(_, (score, converted))| (*score, *converted)).unzip();
        let area = Labelled::new(&scores, &converted).ok().map(|data| Area::new(&data));
        match area {
            Some(Ok(area)) => {
                json!({ "leads": scores.len(), "roc_auc": area.auc, "interval": area.interval(0.95).map(|(l, h)| [l, h]) })
            }
            Some(Err(reason)) => json!({ "leads": scores.len(), "insufficient": reason.to_string() }),
            None => Value::Null,
        }
    };
    json!({ "explored": of(true), "worked": of(false) })
}

fn answer(found: Result<f64, InsufficientData>) -> Value {
    found.map_or_else(|reason| json!({ "insufficient": reason.to_string() }), |value| json!(value))
}
