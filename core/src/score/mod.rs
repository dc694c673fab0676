//! From a lead to its score: probability, band and reasons in words.
//!
//! [`Scorer`] is compiled from a bundle once and then pure: the same lead and the same `now` give the same bits on every host.

mod block;
mod body;
mod card;
mod change;
mod error;
mod options;
mod points;
mod reason;
mod row;
mod words;

use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};

pub use block::Block;
pub use body::write_refusal;
pub use change::{Change, ChangeReason};
pub use error::ScoreError;
pub use options::{Options, Workspace};
pub use reason::Reason;

use crate::bundle::{Band, Bundle};
use crate::explain::Explainer;
use crate::feature::{FeatureVector, Pipeline};
use crate::json::{self, Object};
use crate::lead::{Lead, LeadError, Reader, Slots, Timestamp, Value};
use crate::model::Engine;
use crate::schema::ConfigErrors;

/// A lead's score. Its JSON is the wire's; members with no content are left out, except `reasons`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// The lead's id, when it carries one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<String>,
    /// 100 × `probability`, rounded: 0 to 100.
    pub score: u8,
    /// Calibrated probability of the positive outcome, in [0, 1].
    pub probability: f64,
    /// The positive output's margin (log-odds), before calibration; the mean of the margins, when the calibration is an average.
    pub margin: f64,
    /// Band, such as `hot`; empty when the bundle declares none.
    pub band: String,
    /// Score of the average training lead, from which the reasons lead here: `base` + all `points` + `rest` = `score`.
    /// Present when reasons were asked for and the model can be explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<i32>,
    /// Why, strongest first; as many as asked for.
    pub reasons: Vec<Reason>,
    /// Points of the reasons not listed, and of rounding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<i32>,
    /// Keys of the lead that the schema does not know, at most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_fields: Vec<String>,
    /// Fields whose value the model has never seen, in the order of the lead; it scores them as missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_values: Vec<String>,
    /// Of a model with several outputs: the probability of each, before calibration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub probabilities: Vec<f64>,
    /// Of a model with several outputs: their names, when declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// Which model said so.
    #[serde(serialize_with = "through")]
    pub model: Arc<ModelId>,
}

/// Name and version of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelId {
    /// Name, such as `demo-leads`.
    pub name: String,
    /// Version, such as `2026-11-23.1`.
    pub version: String,
}

fn through<S: Serializer>(model: &Arc<ModelId>, serializer: S) -> Result<S::Ok, S::Error> {
    model.as_ref().serialize(serializer)
}

/// A bundle, compiled and ready. Immutable; share it freely between threads, each with its own [`Workspace`].
#[derive(Debug, Clone)]
pub struct Scorer {
    bundle: Bundle,
    reader: Reader,
    pipeline: Pipeline,
    engine: Engine,
    id: Arc<ModelId>,
    bands: Vec<Band>,
    positive: usize,
    /// Compiled when the first reason is asked for.
    explainer: OnceLock<Option<Explainer>>,
}

impl Scorer {
    /// Compiles `bundle`. That its declaration makes sense was checked when it was written ([`Declaration::check`]); here only
    /// what is compiled is: no declaration, however odd, makes scoring fail.
    ///
    /// [`Declaration::check`]: crate::Declaration::check
    ///
    /// # Errors
    /// All columns that no field or feature makes, and outputs that are not the model's.
    #[inline(never)]
    pub fn new(mut bundle: Bundle) -> Result<Scorer, ConfigErrors> {
        let manifest = &bundle.manifest;
        let pipeline = Pipeline::bind(&manifest.schema, &manifest.transforms, &bundle.model().columns)?;
        let outputs = bundle.model().outputs as usize;
        let mut errors = ConfigErrors::default();
        if !manifest.outputs.is_empty() && manifest.outputs.len() != outputs {
            let message = format!("{} outputs are named, but the model has {outputs}", manifest.outputs.len());
            errors.add("OUTPUT_COUNT", "model.outputs".into(), message);
        }
        errors.into_result()?;
        let named = manifest.outputs.iter().position(|name| *name == manifest.positive);
        Ok(Scorer {
            reader: Reader::new(&manifest.schema),
            pipeline,
            id: Arc::new(ModelId { name: manifest.name.clone(), version: manifest.version.clone() }),
            bands: manifest.bands.clone(),
            positive: named.unwrap_or(outputs.saturating_sub(1)),
            explainer: OnceLock::new(),
            engine: bundle.take_engine(),
            bundle,
        })
    }

    /// The bundle this scorer was made of.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The compiled model, for raw rows.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The compiled schema, for reading leads.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The compiled transforms.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Name and version of the model.
    pub fn id(&self) -> &Arc<ModelId> {
        &self.id
    }

    /// Scores one lead at `now`.
    ///
    /// # Errors
    /// Everything that is wrong with the lead.
    pub fn score(&self, lead: &Lead, now: Timestamp, options: &Options) -> Result<Score, ScoreError> {
        self.score_lead(lead, now, options, &mut Workspace::default())
    }

    /// [`score`](Self::score) in memory of the caller's.
    ///
    /// # Errors
    /// Everything that is wrong with the lead.
    pub fn score_lead(&self, lead: &Lead, now: Timestamp, options: &Options, work: &mut Workspace) -> Result<Score, ScoreError> {
        let mut slots = std::mem::take(&mut work.slots);
        let read = self.reader.read_lead(lead, &options.limits, &mut slots);
        let scored = read.map_err(ScoreError::from).and_then(|()| self.score_read(&slots, now, options, work));
        work.slots = slots;
        scored
    }

    /// Scores one lead, a JSON object.
    ///
    /// # Errors
    /// Everything that is wrong with the bytes or the lead.
    pub fn score_bytes(&self, json: &[u8], now: Timestamp, options: &Options, work: &mut Workspace) -> Result<Score, ScoreError> {
        let mut slots = std::mem::take(&mut work.slots);
        let read = self.reader.read_json(json, &options.limits, &mut slots);
        let scored = read.map_err(ScoreError::from).and_then(|()| self.score_read(&slots, now, options, work));
        work.slots = slots;
        scored
    }

    /// Scores one lead, a JSON object, and appends the score's JSON to `out`.
    ///
    /// # Errors
    /// Everything that is wrong with the bytes or the lead; `out` is then as it was.
    pub fn score_json(
        &self,
        json: &[u8],
        now: Timestamp,
        options: &Options,
        work: &mut Workspace,
        out: &mut Vec<u8>,
    ) -> Result<(), ScoreError> {
        let score = self.score_bytes(json, now, options, work)?;
        score.write_json(out);
        Ok(())
    }

    /// Per field of the schema whether the model's result can depend on it.
    pub fn needed_fields(&self) -> Vec<bool> {
        let mut needed = vec![false; self.bundle.manifest.schema.fields.len()];
        for (column, _) in self.bundle.model().used_columns().into_iter().enumerate().filter(|(_, used)| *used) {
            for field in self.pipeline.fields_of(column) {
                if let Some(needed) = needed.get_mut(field) {
                    *needed = true;
                }
            }
        }
        needed
    }

    /// The row the model reads for `lead` at `now`, one value per column, NaN is missing: for training, for monitoring.
    ///
    /// # Errors
    /// Everything that is wrong with the lead.
    pub fn features(&self, lead: &Lead, now: Timestamp) -> Result<FeatureVector, ScoreError> {
        let mut work = Workspace::default();
        self.reader.read_lead(lead, &Options::default().limits, &mut work.slots)?;
        self.pipeline.apply(&work.slots, now, &mut work.row);
        Ok(work.row)
    }

    /// Margins and probabilities (link only, no calibration) of a raw row: one value per column of the model, NaN is missing.
    pub fn score_row<'w>(&self, row: &[f64], work: &'w mut Workspace) -> (&'w [f64], &'w [f64]) {
        work.margins.clear();
        work.margins.resize(self.engine.outputs(), 0.0);
        self.engine.margins(row, &mut work.engine, &mut work.margins);
        work.probabilities.clone_from(&work.margins);
        self.bundle.model().link.apply(&mut work.probabilities);
        (&work.margins, &work.probabilities)
    }

    /// SHAP values of a raw row: outputs × (columns + 1), output-major, the bias last, in margin units. None when the model's
    /// kind cannot be explained.
    pub fn contributions<'w>(&self, row: &[f64], work: &'w mut Workspace) -> Option<&'w [f64]> {
        let explainer = self.explainer.get_or_init(|| Explainer::compile(self.bundle.model())).as_ref()?;
        work.contributions.clear();
        work.contributions.resize(self.engine.outputs() * (self.engine.columns() + 1), 0.0);
        explainer.contributions(row, &mut work.contributions);
        Some(&work.contributions)
    }

    /// The value that was read for `field`: a category by its name, a date as milliseconds since 1970. Missing when it was not read.
    pub fn value(&self, slots: &Slots, field: &str) -> Value {
        self.bundle.manifest.schema.field(field).map_or(Value::Missing, |(at, field)| slots.value(at, field).into())
    }

    /// Reads one lead, a JSON object, and appends an object with the values read for the schema's fields to `out`: [`value`](Self::value) for each.
    ///
    /// # Errors
    /// Everything that is wrong with the bytes or the lead; `out` is then as it was.
    pub fn values_json(&self, json: &[u8], options: &Options, work: &mut Workspace, out: &mut Vec<u8>) -> Result<(), ScoreError> {
        let mut slots = std::mem::take(&mut work.slots);
        let read = self.reader.read_json(json, &options.limits, &mut slots);
        if read.is_ok() {
            let mut object = Object::begin(out);
            for (at, field) in self.bundle.manifest.schema.fields.iter().enumerate() {
                Value::from(slots.value(at, field)).write(object.named(&field.name));
            }
            object.end();
        }
        work.slots = slots;
        read.map_err(ScoreError::from)
    }

    /// Fields the model reads whose category it has never seen, of the lead that was read into `slots`.
    pub fn unknown_values(&self, slots: &Slots) -> Vec<String> {
        let read = slots.unknown_values().filter(|field| self.pipeline.is_read(*field));
        read.filter_map(|field| self.bundle.manifest.schema.fields.get(field)).map(|field| field.name.clone()).collect()
    }

    /// The band of a calibrated probability; empty when none is declared.
    pub fn band(&self, probability: f64) -> &str {
        let reached = self.bands.iter().filter(|band| probability >= band.from);
        reached.reduce(|best, next| if next.from > best.from { next } else { best }).map_or("", |band| &band.name)
    }

    /// Scores the lead that was read into `slots` by [`reader`](Self::reader), or by one equal to it.
    ///
    /// # Errors
    /// [`LeadError::Overflow`].
    pub fn score_read(
        &self,
        slots: &Slots,
        now: Timestamp,
        options: &Options,
        work: &mut Workspace,
    ) -> Result<Score, ScoreError> {
        let mut row = std::mem::take(&mut work.row);
        self.pipeline.apply(slots, now, &mut row);
        self.score_row(&row, work);
        let mut judged = self.judge(&work.margins, &work.probabilities);
        if let Ok(score) = &mut judged {
            let id = self.reader.id(slots);
            score.lead_id = (!id.is_empty()).then(|| id.to_owned());
            score.unknown_fields = slots.unknown_fields().to_vec();
            score.unknown_values = self.unknown_values(slots);
            self.explain(slots, &row, now, options.reasons, work, score);
        }
        work.row = row;
        judged
    }

    /// The score of a row with these margins and probabilities; the lead it belongs to is set later.
    ///
    /// # Errors
    /// [`LeadError::Overflow`].
    pub(crate) fn judge(&self, margins: &[f64], probabilities: &[f64]) -> Result<Score, ScoreError> {
        if !margins.iter().all(|margin| margin.is_finite()) {
            return Err(LeadError::Overflow.into());
        }
        let calibration = &self.bundle.manifest.calibration;
        let probability = calibration.apply_to_outputs(margins, probabilities, self.positive);
        let margin = match calibration.is_average() {
            true => margins.iter().sum::<f64>() / margins.len() as f64,
            false => margins.get(self.positive).copied().unwrap_or(f64::NAN),
        };
        let several = margins.len() > 1 && !calibration.is_average();
        Ok(Score {
            lead_id: None,
            score: points::whole(probability),
            probability,
            margin,
            band: self.band(probability).to_owned(),
            base: None,
            reasons: Vec::new(),
            rest: None,
            unknown_fields: Vec::new(),
            unknown_values: Vec::new(),
            probabilities: if several { probabilities.to_vec() } else { Vec::new() },
            outputs: if several { self.bundle.manifest.outputs.clone() } else { Vec::new() },
            model: Arc::clone(&self.id),
        })
    }
}

impl Score {
    /// Appends the score's JSON to `out`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        if let Some(id) = &self.lead_id {
            object.text("lead_id", id);
        }
        object.integer("score", self.score.into());
        object.number("probability", self.probability);
        object.number("margin", self.margin);
        object.text("band", &self.band);
        if let Some(base) = self.base {
            object.integer("base", base);
        }
        object.list("reasons", &self.reasons, &mut |out, reason| reason.write_json(out));
        if let Some(rest) = self.rest {
            object.integer("rest", rest);
        }
        if !self.unknown_fields.is_empty() {
            object.texts("unknown_fields", &self.unknown_fields);
        }
        if !self.unknown_values.is_empty() {
            object.texts("unknown_values", &self.unknown_values);
        }
        if !self.probabilities.is_empty() {
            object.list("probabilities", &self.probabilities, &mut |out, p| json::number(out, *p));
        }
        if !self.outputs.is_empty() {
            object.texts("outputs", &self.outputs);
        }
        let mut model = Object::begin(object.key("model"));
        model.text("name", &self.model.name);
        model.text("version", &self.model.version);
        model.end();
        object.end();
    }
}

#[cfg(test)]
mod tests;
