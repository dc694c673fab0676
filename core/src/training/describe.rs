//! A fitted model becomes a bundle: its manifest, golden leads and baseline.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Roll, TrainSettings, TrainingError};
use crate::baseline::{Gathered, Gathering};
use crate::bundle::{Band, Bundle, Manifest};
use crate::lead::{Slots, Timestamp};
use crate::model::{Calibration, Model};
use crate::score::{ScoreError, Scorer};

/// Notes in `manifest` what the model was trained on and with.
pub fn note_origin(manifest: &mut Manifest, calibration: Calibration, roll: &Roll, settings: &TrainSettings) {
    manifest.calibration = calibration;
    let provenance = &mut manifest.provenance;
    provenance.snapshot_sha256 = roll.snapshot();
    provenance.rows = Some(roll.len() as u64);
    for (key, value) in settings.hyperparameters() {
        provenance.hyperparameters.insert(key, value);
    }
}

/// A version by the content of the model: the first 12 digits of its SHA-256.
pub fn version_of(model: &Model, manifest: &Manifest) -> String {
    let content = serde_json::to_vec(&(model, manifest)).unwrap_or_default();
    Sha256::digest(&content).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Bands at the 70 % and the 90 % quantile of `scores`; none when they are not distinct.
pub fn bands(scores: &[f64]) -> Vec<Band> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get((share * sorted.len() as f64) as usize).copied().unwrap_or(0.0);
    let rounded = |x: f64| (x * 1e3).round() / 1e3;
    let (warm, hot) = (rounded(at(0.7)), rounded(at(0.9)));
    let band = |name: &str, from: f64| Band { name: name.to_owned(), from };
    if 0.0 < warm && warm < hot { vec![band("hot", hot), band("warm", warm), band("cold", 0.0)] } else { Vec::new() }
}

/// A model whose baseline is being gathered, lead by lead.
#[derive(Debug)]
pub struct Description {
    scorer: Arc<Scorer>,
    trained: Gathering,
    tested: Gathering,
    /// What the splits by each column of the model gained.
    gains: Option<Vec<f64>>,
}

impl Description {
    /// The model of `manifest` with the rows of its golden leads, read back as every host will: what cannot be read, or does not fit
    /// its schema, is not worth a name. A lead is called at `threshold`.
    ///
    /// # Errors
    /// [`TrainingError::Bundle`], [`TrainingError::Schema`].
    pub fn new(manifest: Manifest, model: Model, goldens: &[Vec<f64>], threshold: f64) -> Result<Description, TrainingError> {
        let bytes = Bundle::new(manifest, model).with_golden_rows(goldens).write()?;
        let scorer = Arc::new(Scorer::new(Bundle::read(&bytes)?)?);
        let [trained, tested] = [(); 2].map(|()| Gathering::new(&scorer, threshold));
        Ok(Description { scorer, trained, tested, gains: None })
    }

    /// The same with what the splits by each column of the model gained in training ([`Fit::gains`](crate::train::Fit::gains)).
    pub fn with_gains(self, gains: Option<Vec<f64>>) -> Description {
        Description { gains, ..self }
    }

    /// The model.
    pub fn scorer(&self) -> &Arc<Scorer> {
        &self.scorer
    }

    /// Takes a lead of the training, read into `slots` by the model's reader, as of a moment: whether it converted, when it came, and
    /// whether it was tested on. Leads are to be given in an order of their own, for sums and samples depend on it.
    ///
    /// # Errors
    /// The lead cannot be scored.
    pub fn add(&mut self, slots: &Slots, as_of: Timestamp, lead: (bool, Option<i64>), is_test: bool) -> Result<(), ScoreError> {
        let side = if is_test { &mut self.tested } else { &mut self.trained };
        side.add(slots, as_of, lead.0, lead.1)
    }

    /// The bundle with its baseline: distributions of the leads trained on, figures of those tested on. `data` names them.
    ///
    /// # Errors
    /// Too few leads, or the bundle cannot be read back.
    pub fn finish(mut self, data: &str) -> Result<(Vec<u8>, Bundle), TrainingError> {
        let permutation: BTreeMap<String, f64> = self.tested.permutation().into_iter().collect();
        let gains = self.gain_by_field();
        let Gathered { reference, mut baseline } = self.trained.finish()?;
        for weight in &mut baseline.importance {
            weight.gain = gains.as_ref().map(|gains| gains.get(&weight.field).copied().unwrap_or(0.0));
            weight.permutation = permutation.get(&weight.field).copied();
        }
        let held_out = self.tested.finish()?.baseline;
        let sha256 = &self.scorer.bundle().manifest.provenance.snapshot_sha256;
        let mut of_test = held_out.data;
        for file in [&mut baseline.data, &mut of_test] {
            (file.name, file.sha256) = (data.to_owned(), sha256.clone());
        }
        (baseline.held_out, baseline.figures, baseline.outcomes) = (Some(of_test), held_out.figures, held_out.outcomes);
        let mut bundle = self.scorer.bundle().clone();
        (bundle.reference, bundle.baseline) = (Some(reference), Some(baseline));
        let bytes = bundle.write()?;
        let written = Bundle::read(&bytes)?;
        Ok((bytes, written))
    }

    /// Each field's part of what all splits gained.
    fn gain_by_field(&self) -> Option<BTreeMap<String, f64>> {
        let gains = self.gains.as_ref()?;
        let all: f64 = gains.iter().sum();
        let mut of_field: BTreeMap<String, f64> = BTreeMap::new();
        for (column, gain) in gains.iter().enumerate() {
            let field = self.scorer.pipeline().source(column).and_then(|at| self.scorer.bundle().manifest.schema.fields.get(at));
            if let Some(field) = field {
                *of_field.entry(field.name.clone()).or_insert(0.0) += *gain;
            }
        }
        // Rounded sums of columns may exceed the sum of all.
        of_field.values_mut().for_each(|gain: &mut f64| *gain = (*gain / all).min(1.0));
        (all > 0.0).then_some(of_field)
    }
}
