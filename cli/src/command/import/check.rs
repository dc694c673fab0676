//! The proof at the door: the training library's own predictions, compared with ours before a bundle is written.

use std::path::{Path, PathBuf};

use plumbline_core::bundle::Checked;
use plumbline_core::import::Imported;
use plumbline_core::import::check::{Check, Given, Subject};
use plumbline_core::lead::{Limits, Reader, Slots};
use plumbline_core::schema::FieldKind;
use plumbline_core::{FeatureVector, Manifest, Model, Pipeline, Timestamp};

use crate::input::{self, Cell, Problem, Records, Step};
use crate::output::terminal::{listed, thousands};
use crate::table::named;
use crate::table::places::Places;
use crate::{Failure, clock};

/// How many of the compared rows become golden leads.
const GOLDENS: usize = 20;

/// What a comparison found.
pub struct Proof {
    /// For the bundle.
    pub checked: Checked,
    /// Rows that become golden leads.
    pub goldens: Vec<Vec<f64>>,
    /// In words.
    pub said: String,
}

/// Compares the predictions in `path` with those of `model`.
///
/// # Errors
/// The file cannot be read, lacks columns, or has rows that differ, unless `allowed`.
pub fn compare(
    path: &Path,
    manifest: &Manifest,
    model: &Model,
    files: &[Imported],
    now: Option<i64>,
    allowed: bool,
) -> Result<Proof, Failure> {
    let place = path.display().to_string();
    let pipeline = Pipeline::compile(&manifest.schema, &manifest.transforms, &model.columns)
        .map_err(|e| Failure::input(&place, e.code(), e.to_string()))?;
    let categories = categories(manifest, model, &pipeline);
    let subject = Subject { model, calibration: &manifest.calibration, categories: &categories, files };
    let mut check = Check::new(subject);
    let (mut records, source) = input::open(path, false)?;
    let reader = Reader::new(&manifest.schema);
    let mut places = Places::of(records.names(), &manifest.schema);
    let (mut slots, mut row) = (Slots::default(), FeatureVector::new());
    let now = now.map_or_else(clock::now, Timestamp);
    let (mut lines, mut unread, mut first_unread) = (Vec::new(), 0u64, None);
    let mut columns = None;
    loop {
        let taken = match records.advance()? {
            Step::End => break,
            Step::Rejected(problem) => Err(problem),
            Step::Record => {
                places.follow(records.names(), &manifest.schema);
                if columns.is_none() {
                    check_fields(&places, manifest, (model, &pipeline), &place)?;
                }
                // NDJSON may show another column only later.
                let columns = match &mut columns {
                    Some((known, columns)) if *known == records.names().len() => columns,
                    columns => {
                        let found = Columns::of(records.names(), manifest, model, &place)?;
                        &mut columns.insert((records.names().len(), found)).1
                    }
                };
                let read = places
                    .take(&*records, &manifest.schema, |lead| Ok(reader.read_lead(lead, &Limits::default(), &mut slots)?));
                read.and_then(|()| columns.given(&*records))
            }
        };
        match taken {
            Ok(given) => {
                pipeline.apply(&slots, now, &mut row);
                lines.push(records.line());
                check.add(&row, given);
            }
            Err(problem) => {
                unread += 1;
                first_unread.get_or_insert_with(|| format!("line {}: {}", records.line(), problem.message));
            }
        }
    }
    source.progress.finish_and_clear();
    let tally = check.tally();
    if tally.rows == 0 && unread == 0 {
        return Err(Failure::input(place, "INPUT_EMPTY", "the file has no predictions"));
    }
    let differ = tally.differing + unread;
    let checked = Checked { rows: tally.rows + unread, differing: differ, largest: tally.largest };
    let mut said = words(&checked);
    if differ > 0 {
        if let Some((row, words)) = &tally.first {
            let line = usize::try_from(*row).ok().and_then(|row| lines.get(row)).copied().unwrap_or(0);
            said.push_str(&format!(". Line {line}: {words}"));
        }
        if let Some(problem) = first_unread {
            said.push_str(&format!(". {} cannot be read, {problem}", thousands(unread)));
        }
        if tally.differing > 0 {
            said.push_str(". ");
            said.push_str(&check.cause().map_or_else(
                || {
                    "None of the usual causes explains every row: other rounds, a calibration, the order of categories, a number that \
                     means missing, float32 inputs"
                        .to_owned()
                },
                |cause| capitalised(&cause),
            ));
        }
        if !allowed {
            said.push_str(". No bundle is written; --allow-differences writes it");
            return Err(Failure::Model { place, code: "IMPORT_CHECK_FAILED", message: said });
        }
    }
    Ok(Proof { checked, goldens: check.rows(GOLDENS), said: format!("{place}: {said}") })
}

/// `9,240 predictions agree, largest difference 1.5e-7`.
fn words(checked: &Checked) -> String {
    let rows = thousands(checked.rows);
    let largest = if checked.largest == 0.0 { "0".to_owned() } else { format!("{:.1e}", checked.largest) };
    match checked.differing {
        0 => format!("{rows} predictions agree, largest difference {largest}"),
        n => format!("{} of {rows} predictions differ, largest difference {largest}", thousands(n)),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Per column of the model the texts of its codes, where it is a category field as it stands.
fn categories(manifest: &Manifest, model: &Model, pipeline: &Pipeline) -> Vec<Vec<String>> {
    let of = |column: usize| {
        let field = pipeline.source(column).and_then(|field| manifest.schema.fields.get(field))?;
        let named = model.columns.get(column).is_some_and(|column| column.name == field.name);
        (field.kind == FieldKind::Category && named).then(|| field.categories.clone())
    };
    (0..model.columns.len()).map(|column| of(column).unwrap_or_default()).collect()
}

/// A proof needs every field that the model's result depends on.
fn check_fields(
    places: &Places,
    manifest: &Manifest,
    (model, pipeline): (&Model, &Pipeline),
    place: &str,
) -> Result<(), Failure> {
    let fields = manifest.schema.fields.iter().zip(places.fields()).enumerate();
    let used = model.used_columns();
    let read = |at: usize| used.iter().enumerate().any(|(column, used)| *used && pipeline.source(column) == Some(at));
    let missing: Vec<&str> =
        fields.filter(|(at, (_, place))| place.is_none() && read(*at)).map(|(_, (field, _))| field.name.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("columns that the model reads are missing: {}", listed(&missing));
    Err(Failure::input(place, "INPUT_MISSING_COLUMNS", message))
}

/// Where a file has the predictions.
struct Columns {
    margins: Vec<usize>,
    predictions: Vec<usize>,
}

impl Columns {
    fn of(names: &[String], manifest: &Manifest, model: &Model, place: &str) -> Result<Columns, Failure> {
        let taken = |name: &str| manifest.schema.field(name).is_some();
        // A field of the lead is not a prediction, whatever its name.
        let own = names.iter().map(|name| if taken(name) { "" } else { name });
        let find =
            |name: &str| named::usual(own.clone(), name).map_err(|e| e.failure(place, "leave the predictions in one of them"));
        let outputs = model.outputs as usize;
        // The first of `names` that all outputs have, numbered when there are several.
        let first = |names: &[&str], numbered: bool| -> Result<Vec<usize>, Failure> {
            for name in names {
                let wanted =
                    if numbered { (0..outputs).map(|k| format!("{name}{k}")).collect() } else { vec![(*name).to_owned()] };
                let found = wanted.iter().map(|name| find(name)).collect::<Result<Option<Vec<usize>>, Failure>>()?;
                if let Some(found) = found {
                    return Ok(found);
                }
            }
            Ok(Vec::new())
        };
        let or = |found: Vec<usize>, other: &dyn Fn() -> Result<Vec<usize>, Failure>| {
            if found.is_empty() { other() } else { Ok(found) }
        };
        let is_one = outputs == 1;
        let numbered = |names: &'static [&str]| move || first(names, true);
        let margins = if is_one { or(first(&["margin"], false)?, &numbered(&["margin"]))? } else { first(&["margin"], true)? };
        let predictions = match is_one || manifest.calibration.is_average() {
            true if is_one => or(first(&["prediction", "probability"], false)?, &numbered(&["prob"]))?,
            true => first(&["prediction", "probability"], false)?,
            false => first(&["prediction", "probability", "prob"], true)?,
        };
        if margins.is_empty() && predictions.is_empty() {
            let wanted =
                if is_one { "prediction or margin".to_owned() } else { format!("prediction0 … prediction{}", outputs - 1) };
            let message = format!(
                "there is no column {wanted} with the library's own predictions; write it in Python: \
                 X.assign(prediction=model.predict_proba(X)[:, 1]).to_csv(\"predictions.csv\", index=False)"
            );
            return Err(Failure::input(place, "INPUT_MISSING_COLUMNS", message));
        }
        Ok(Columns { margins, predictions })
    }

    fn given(&self, records: &dyn Records) -> Result<Given, Problem> {
        let number = |at: &usize| match records.cell(*at).read_number() {
            Ok(Some(x)) => Ok(x),
            Ok(None) if matches!(records.cell(*at), Cell::Missing) => Ok(f64::NAN),
            _ => {
                let name = records.names().get(*at).map_or("", String::as_str);
                Err(Problem::new("PREDICTION_NOT_A_NUMBER", format!("{name:?} is not a number")))
            }
        };
        let all = |places: &[usize]| places.iter().map(number).collect::<Result<Vec<f64>, Problem>>();
        Ok(Given { margins: all(&self.margins)?, predictions: all(&self.predictions)? })
    }
}

/// Options of the comparison.
#[derive(Debug, clap::Args)]
pub struct CheckOptions {
    /// Predictions of the training library: leads with a column `prediction` or `margin`; CSV, NDJSON or Parquet
    #[arg(long, value_name = "PRED.csv")]
    pub check: Option<PathBuf>,
    /// With --check: write the bundle although predictions differ
    #[arg(long, requires = "check")]
    pub allow_differences: bool,
    /// With --check: the time that days are counted to [default: now]
    #[arg(long, value_name = "WHEN", requires = "check", value_parser = crate::table::moment::moment, allow_hyphen_values = true)]
    pub now: Option<i64>,
}
