//! `plumbline check post-training`: the bundle, its figures, its difference from the champion, and the registry.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::bundle::Figure;
use plumbline_core::metric::{Comparison, Labelled as Scored};
use plumbline_core::rollout::Policy;
use plumbline_core::{Bundle, Options, Scorer, Workspace};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{committed, say};
use crate::client::Service;
use crate::input::declaration::read_declaration;
use crate::input::model_file;
use crate::input::read_settings;
use crate::mlflow::{Experiment, Place, Record, Recorded};
use crate::report::gate::GateReport;
use crate::table::labelled::{Labelled, Labels};
use crate::{Failure, Outcome};

/// How much lower than the champion's the AUC may be: the least difference that a test of a thousand leads could show is larger.
const SLACK: f64 = 0.01;

/// After training: figures, comparison with the champion, registry
#[derive(Debug, Args)]
#[command(after_help = "\
Checks
  model.verified      the bundle can be read, and its golden leads score to the same bits
  model.figures       it has a baseline with figures on held-out leads, and AUC is at least gates.auc.min of the settings (0.85)
  model.origin        it names its training snapshot (SHA-256), and the rows and hyperparameters it was trained with
  model.schema        with --schema: its fields and features are those of the file, which is committed in git
  model.champion      AUC is at most 0.01 below the champion's: on the same leads with --data (DeLong's interval of the difference),
                      otherwise by the figures of both baselines, which are of different leads
  model.registered    the registry has this bundle
  mlflow.metrics      with --mlflow: MLflow has a finished run of this bundle with its metrics
  mlflow.registered   with --mlflow: the run is a version of the registered model

The champion is --champion, otherwise that of the service at --url or of the store at --store; without one there is nothing to compare
with. Leads for --data must not have been trained on.

Exit codes:
  0    passed
  1    a check failed
  2    something could not be checked

Examples:
  plumbline check post-training leads.plumb --champion today.plumb --data holdout.csv
  plumbline check post-training leads.plumb --schema leads.toml --registry --url https://scores.example --key $KEY --json")]
pub struct PostTraining {
    /// The bundle
    #[arg(value_name = "M.plumb")]
    model: PathBuf,
    /// Today's bundle
    #[arg(long, value_name = "M.plumb")]
    champion: Option<PathBuf>,
    /// Leads with their outcomes on which both are compared; the model was not trained on them
    #[arg(long, value_name = "DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    labels: Labels,
    /// The declaration in git that it was trained by (TOML)
    #[arg(long, value_name = "S.toml")]
    schema: Option<PathBuf>,
    /// The settings [default: plumbline.toml if it is there, otherwise the defaults]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Ask the registry of the service at --url or of the store at --store (implied by --store)
    #[arg(long)]
    registry: bool,
    #[command(flatten)]
    mlflow: Place,
    #[command(flatten)]
    experiment: Experiment,
    #[command(flatten)]
    service: Service,
}

impl PostTraining {
    /// Checks and prints.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let settings = self.settings.clone().or_else(|| Some(PathBuf::from("plumbline.toml")).filter(|file| file.is_file()));
        let policy = settings.as_deref().map(read_settings).transpose()?.map_or_else(Policy::default, |(_, policy)| policy);
        let mut report = GateReport::new("post-training");
        let bytes = model_file::read(&self.model)?;
        let read = Bundle::read(&bytes).map_err(|e| e.to_string()).and_then(|b| Scorer::new(b).map_err(|e| e.to_string()));
        let scorer = match read {
            Ok(scorer) => scorer,
            Err(why) => {
                report.fail("model.verified", format!("{}: {why}", self.model.display()), "train or import it again");
                return say(&report, json);
            }
        };
        let (bundle, id) = (scorer.bundle(), scorer.id());
        let goldens = bundle.goldens().len();
        report.judge(
            "model.verified",
            goldens > 0,
            format!("{} {}: {goldens} golden leads score to the same bits", id.name, id.version),
            "a bundle without golden leads proves nothing about other hosts: train or import it with leads",
        );
        figures(&mut report, bundle, policy.gates.auc.min);
        origin(&mut report, bundle);
        self.schema(&mut report, bundle)?;
        let asks = self.registry || self.service.folder().is_some();
        let registered = if asks { Some(self.service.get("/v1/models")?.body) } else { None };
        let champion = self.champion(registered.as_ref(), &id.version)?;
        self.compare(&mut report, &scorer, champion.as_ref())?;
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        match &registered {
            None => report.open("model.registered", "no registry was named: --registry with --url, or --store"),
            Some(models) => {
                let is_there = listed(models).any(|model| model.get("digest").and_then(Value::as_str) == Some(&digest));
                let found =
                    format!("the registry {} the bundle {}…", if is_there { "has" } else { "does not have" }, short(&digest));
                report.judge("model.registered", is_there, found, &format!("plumbline models add {}", self.model.display()));
            }
        }
        self.recorded(&mut report, bundle, bytes)?;
        say(&report, json)
    }

    /// Whether MLflow has the run with its metrics, and the version.
    fn recorded(&self, report: &mut GateReport, bundle: &Bundle, bytes: Vec<u8>) -> Result<(), Failure> {
        let Some(server) = self.mlflow.server()? else {
            report.open("mlflow.metrics", "no MLflow server was named: --mlflow");
            return Ok(());
        };
        let (experiment, name) = (self.experiment.experiment.as_str(), bundle.manifest.name.as_str());
        let record = Record::of(bundle, bytes);
        let found = Recorded::of(&server, (experiment, name), &record)?;
        let next = format!("plumbline push {}", self.model.display());
        let Some(run) = &found.run else {
            report.fail(
                "mlflow.metrics",
                format!("{} has no finished run of the bundle in experiment {experiment}", server.address()),
                next,
            );
            return Ok(());
        };
        let said = match found.lacking.first() {
            None => format!("run {run} has the {} metrics of the bundle", record.metrics.len()),
            Some(first) => format!("run {run} lacks {} metrics of the bundle, such as {first}", found.lacking.len()),
        };
        report.judge("mlflow.metrics", found.lacking.is_empty(), said, &next);
        let said = match &found.version {
            Some(version) => format!("it is version {version} of {name}"),
            None => format!("it is no version of {name}"),
        };
        report.judge("mlflow.registered", found.version.is_some(), said, &next);
        Ok(())
    }

    /// Whether fields and features are those of the file, which is committed.
    fn schema(&self, report: &mut GateReport, bundle: &Bundle) -> Result<(), Failure> {
        let Some(schema) = &self.schema else {
            report.open("model.schema", "no schema was named: --schema");
            return Ok(());
        };
        committed::check(report, "git.schema", schema);
        let (file, own) = (read_declaration(schema)?, bundle.manifest.declaration());
        let same =
            serde_json::to_value((&file.field, &file.feature)).ok() == serde_json::to_value((&own.field, &own.feature)).ok();
        let shown = schema.display();
        let found = if same {
            format!("its fields and features are those of {shown}")
        } else {
            format!("its fields or features are not those of {shown}")
        };
        report.judge("model.schema", same, found, "train it again with --schema, or commit the schema it was trained by");
        Ok(())
    }

    /// Today's model; none where there is none, or it is this one.
    fn champion(&self, registered: Option<&Value>, version: &str) -> Result<Option<Scorer>, Failure> {
        let read = |bytes: &[u8], place: String| {
            let failed = |code, message| Failure::Model { place: place.clone(), code, message };
            let bundle = Bundle::read(bytes).map_err(|e| failed(e.code(), e.to_string()))?;
            Scorer::new(bundle).map_err(|e| failed(e.code(), e.to_string()))
        };
        if let Some(path) = &self.champion {
            return read(&model_file::read(path)?, path.display().to_string()).map(Some);
        }
        let champion =
            registered.and_then(|models| listed(models).find(|model| model.get("default") == Some(&Value::Bool(true))));
        let word = |name: &str| champion.and_then(|model| model.get(name)).and_then(Value::as_str).unwrap_or_default();
        if word("bundle").is_empty() || word("version") == version {
            return Ok(None);
        }
        read(&self.service.get(word("bundle"))?.bytes, format!("the champion {}", word("version"))).map(Some)
    }

    /// Whether it ranks leads about as well as the champion does.
    fn compare(&self, report: &mut GateReport, model: &Scorer, champion: Option<&Scorer>) -> Result<(), Failure> {
        const NEXT: &str = "train with other fields or settings; the champion stays";
        let Some(champion) = champion else {
            report.open("model.champion", "there is no champion to compare with: --champion, or --registry");
            return Ok(());
        };
        let version = &champion.id().version;
        let Some(data) = &self.data else {
            let (Some(new), Some(old)) = (auc(model.bundle()), auc(champion.bundle())) else {
                report.fail(
                    "model.champion",
                    format!("{version} or this model has no baseline"),
                    "give --data, or plumbline baseline",
                );
                return Ok(());
            };
            let difference = new.value - old.value;
            let found = format!(
                "AUC {:.4}, that of {version} {:.4}: {difference:+.4}, by baselines of different leads; --data compares on the same",
                new.value, old.value
            );
            report.judge("model.champion", difference >= -SLACK, found, NEXT);
            return Ok(());
        };
        let leads = self.labels.of(data);
        let (ours, theirs) = (scores(model, &leads)?, scores(champion, &leads)?);
        let both: Vec<(f64, f64, bool)> =
            ours.iter().filter_map(|(line, (p, converted))| Some((*p, theirs.get(line)?.0, *converted))).collect();
        let (one, two): (Vec<f64>, Vec<f64>) = both.iter().map(|(p, q, _)| (*p, *q)).unzip();
        let converted: Vec<bool> = both.iter().map(|(_, _, converted)| *converted).collect();
        let place = data.display().to_string();
        let failed = |e: plumbline_core::metric::MetricError| Failure::input(place.clone(), e.code(), e.to_string());
        let pair = (Scored::new(&one, &converted).map_err(failed)?, Scored::new(&two, &converted).map_err(failed)?);
        let compared = Comparison::new(&pair.0, &pair.1).map_err(failed)?;
        match compared {
            Err(few) => report.fail("model.champion", format!("{}: {few}", data.display()), "give more leads with outcomes"),
            Ok(compared) => {
                let error = compared.z.map_or(0.0, |z| if z == 0.0 { 0.0 } else { compared.difference / z }).abs();
                let (low, high) = (compared.difference - 1.96 * error, compared.difference + 1.96 * error);
                let found = format!(
                    "on the same {} leads AUC {:.4}, that of {version} {:.4}: {:+.4} ({low:+.4} to {high:+.4})",
                    both.len(),
                    compared.areas[0].auc,
                    compared.areas[1].auc,
                    compared.difference
                );
                report.judge("model.champion", compared.difference >= -SLACK, found, NEXT);
            }
        }
        Ok(())
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or_default()
}

fn listed(models: &Value) -> impl Iterator<Item = &Value> {
    models.get("models").and_then(Value::as_array).into_iter().flatten()
}

fn auc(bundle: &Bundle) -> Option<&Figure> {
    bundle.baseline.as_ref()?.figure("auc")
}

/// Whether its figures are there and good enough.
fn figures(report: &mut GateReport, bundle: &Bundle, least: f64) {
    let Some(baseline) = &bundle.baseline else {
        return report.fail("model.figures", "it has no baseline", "plumbline baseline adds one; plumbline train does by itself");
    };
    let Some(auc) = baseline.figure("auc") else {
        return report.fail("model.figures", "its baseline has no AUC", "make the baseline of leads of both classes");
    };
    let interval = auc.interval.map(|(low, high)| format!(" ({low:.4} to {high:.4})")).unwrap_or_default();
    let on = if baseline.held_out.is_some() { "held-out leads" } else { "leads that it was trained on" };
    let found = format!("AUC {:.4}{interval} on {} {on}; at least {least} is asked", auc.value, auc.n);
    let next =
        "train with more leads or better fields; gates.auc.min of the settings is the limit. Figures must be of held-out leads";
    report.judge("model.figures", auc.value >= least && baseline.held_out.is_some(), found, next);
}

/// Whether it is known what it was trained on.
fn origin(report: &mut GateReport, bundle: &Bundle) {
    let origin = &bundle.manifest.provenance;
    let settings = origin.hyperparameters.iter().count();
    let is_known = !origin.snapshot_sha256.is_empty() && origin.rows.is_some();
    let found = format!(
        "snapshot {}, {} rows, {settings} hyperparameters{}",
        if origin.snapshot_sha256.is_empty() { "unknown" } else { short(&origin.snapshot_sha256) },
        origin.rows.map_or_else(|| "unknown".to_owned(), |rows| rows.to_string()),
        if origin.code_revision.is_empty() { String::new() } else { format!(", revision {}", short(&origin.code_revision)) },
    );
    report.judge("model.origin", is_known, found, "plumbline train notes it; for an imported model: [provenance] of the schema");
}

/// Each lead's score and outcome, by line.
fn scores(scorer: &Scorer, leads: &Labelled<'_>) -> Result<BTreeMap<u64, (f64, bool)>, Failure> {
    let (options, mut work, mut scores) = (Options::with_reasons(0), Workspace::default(), BTreeMap::new());
    let schema = &scorer.bundle().manifest.schema;
    if leads.file == Path::new("-") {
        return Err(Failure::usage("ARGUMENTS", "the leads are read more than once, so they must be a file"));
    }
    leads.each((schema, scorer.reader()), &scorer.needed_fields(), &mut |seen| {
        let score = scorer.score_read(seen.slots, seen.as_of, &options, &mut work)?;
        scores.insert(seen.line, (score.probability, seen.converted));
        Ok(())
    })?;
    Ok(scores)
}
