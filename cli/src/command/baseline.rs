//! `plumbline baseline`: what a model was when it was trained, written into its bundle.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use plumbline_core::Scorer;
use plumbline_core::baseline::{Gathered, Gathering};
use plumbline_core::bundle::{Baseline as Written, DataFile};
use plumbline_core::table::{Rows, format_date};
use sha2::{Digest, Sha256};

use crate::input::model_file::open_scorer;
use crate::output::paths::keep_apart;
use crate::output::{replace, terminal};
use crate::report::baseline::{BaselineSummary, page};
use crate::report::rows::account;
use crate::table::account::{self, Limit};
use crate::table::labelled::Labels;
use crate::{Failure, Outcome};

/// Add a model's baseline to its bundle: what the training data was like
#[derive(Debug, Args)]
#[command(after_help = "\
Scores the training data with the model and writes a bundle that also has: each field's distribution in frozen bins, and that of the
scores; AUC, precision, recall, Brier score, log loss, calibration error and conversion with 95 % intervals; percentiles of the scores;
each field's importance (the mean size of its SHAP value); a generated expectation suite; the number of leads, their time span and the
SHA-256 of the file. Scores do not change. Drift, the gates of a rollout, the report and the diagnosis compare later leads with it.

On the rows a model was trained on, its figures flatter it. With --held-out they are of leads it has not seen, such as the newest
fifth; distributions and expectations stay those of the training data.

Input: CSV with a header, NDJSON or Parquet, one lead per row, as described by the bundle's schema, and a column with the outcome. Rows
without an outcome and rows that are no lead are left out.

Examples:
  plumbline baseline web-leads.plumb training.csv --outcome converted -o web-leads-2.plumb
  plumbline baseline m.plumb train.parquet --outcome bought --held-out test.parquet --time created_at -o m2.plumb
  plumbline inspect m2.plumb
  plumbline inspect m2.plumb --suite > suite.json")]
pub struct Baseline {
    /// The bundle
    #[arg(value_name = "M.plumb")]
    model: PathBuf,
    /// The data the model was trained on: CSV, NDJSON or Parquet
    #[arg(value_name = "TRAIN")]
    data: PathBuf,
    #[command(flatten)]
    labels: Labels,
    /// Leads that the model has not seen, of which the figures are
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
    /// The score from which a lead is called
    #[arg(long, default_value_t = 0.5, value_parser = account::part)]
    threshold: f64,
    /// Output file: the bundle with its baseline
    #[arg(short, long, value_name = "M2.plumb")]
    output: PathBuf,
    #[command(flatten)]
    limit: Limit,
}

impl Baseline {
    /// Writes the bundle.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let read = [
            ("the bundle", Some(self.model.as_path())),
            ("TRAIN", Some(self.data.as_path())),
            ("the held-out data", self.held_out.as_deref()),
        ];
        keep_apart(&read, &[("the new bundle", Some(&self.output))])?;
        let scorer = Arc::new(open_scorer(&self.model)?);
        let (Gathered { reference, mut baseline }, rows) = self.gather(&scorer, &self.data)?;
        let mut held_out_rows = None;
        if let Some(file) = &self.held_out {
            let (held_out, rows) = self.gather(&scorer, file)?;
            let Written { data, figures, outcomes, .. } = held_out.baseline;
            (baseline.held_out, baseline.figures, baseline.outcomes) = (Some(data), figures, outcomes);
            held_out_rows = Some(rows);
        }
        let mut bundle = scorer.bundle().clone();
        note_origin(&mut bundle.manifest.provenance, &baseline.data);
        (bundle.reference, bundle.baseline) = (Some(reference), Some(baseline));
        let refused = |e: plumbline_core::BundleError| Failure::Model {
            place: self.model.display().to_string(),
            code: e.code(),
            message: e.to_string(),
        };
        let bytes = bundle.write().map_err(refused)?;
        // What readers would reject is not written.
        let written = plumbline_core::Bundle::read(&bytes).map_err(refused)?;
        replace(&self.output, &bytes)?;
        let summary = BaselineSummary::new(&self.output, bytes.len(), &written, rows.clone(), held_out_rows.clone());
        if json {
            terminal::say_json(&summary)?;
        } else {
            terminal::say(&page(&summary))?;
            terminal::note(&account("rows", &rows));
            if let Some(rows) = &held_out_rows {
                terminal::note(&account("held-out rows", rows));
            }
        }
        Ok(self.limit.outcome(std::iter::once(&rows).chain(&held_out_rows)))
    }

    /// What the leads of `file` are like, and where its rows went.
    fn gather(&self, scorer: &Arc<Scorer>, file: &Path) -> Result<(Gathered, Rows), Failure> {
        if file == Path::new("-") {
            let message = "the training data is read twice, for its SHA-256 too, so it must be a file";
            return Err(Failure::usage("ARGUMENTS", message));
        }
        let sha256 = sha256(file)?;
        let schema = &scorer.bundle().manifest.schema;
        let mut gathering = Gathering::new(scorer, self.threshold);
        let leads = self.labels.of(file);
        let (rows, place) = leads.each((schema, scorer.reader()), &scorer.needed_fields(), &mut |seen| {
            gathering.add(seen.slots, seen.as_of, seen.converted, seen.at_ms)
        })?;
        let failed = |e: plumbline_core::baseline::BaselineError| {
            let text = account("rows", &rows);
            Failure::input(&place, e.code(), format!("{e}; {text}"))
        };
        let mut gathered = gathering.finish().map_err(failed)?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        (gathered.baseline.data.name, gathered.baseline.data.sha256) = (name, sha256);
        Ok((gathered, rows))
    }
}

/// Fills in what the bundle does not yet say of its training data.
fn note_origin(provenance: &mut plumbline_core::bundle::Provenance, data: &DataFile) {
    if provenance.snapshot_sha256.is_empty() {
        provenance.snapshot_sha256.clone_from(&data.sha256);
    }
    provenance.rows.get_or_insert(data.rows);
    if let (true, Some((first, last))) = (provenance.window.is_empty(), data.span_ms) {
        let day = |ms: i64| format_date(ms).chars().take(10).collect::<String>();
        provenance.window = format!("{}/{}", day(first), day(last));
    }
}

/// SHA-256 of the bytes of `file`, hexadecimal.
fn sha256(file: &Path) -> Result<String, Failure> {
    let place = file.display().to_string();
    let mut content = File::open(file).map_err(Failure::read(&place))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = content.read(&mut buffer).map_err(Failure::read(&place))?;
        if read == 0 {
            break;
        }
        hash.update(buffer.get(..read).unwrap_or_default());
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
