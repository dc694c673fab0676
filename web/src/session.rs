//! What the page loads once and never changes: the bundle, compiled, and leads to start from.

use plumbline_core::bundle::Band;
use plumbline_core::score::{Change, Options};
use plumbline_core::{Bundle, Lead, Manifest, Score, ScoreError, Scorer, Timestamp};

use crate::edge::client;
use crate::edge::wire::{Fault, Served};
use crate::form::{Form, Sample};
use crate::host::clock;

/// Leads to start from; those of another model than the one served are left out.
const SAMPLES: &str = "/leads.ndjson";

/// Leads offered to start from.
const SAMPLES_SHOWN: usize = 9;

/// A loaded model and its form.
pub struct Session {
    /// What the service says of the model.
    pub served: Served,
    /// The model, compiled for this page.
    pub scorer: Scorer,
    /// Its form.
    pub form: Form,
    /// Leads to start from; at least one.
    pub samples: Vec<Sample>,
    /// Size of the bundle's file in bytes.
    pub bundle_bytes: usize,
    /// Reading, verifying and compiling the bundle took this long, ms.
    pub load_ms: f64,
}

impl Session {
    /// Fetches, verifies and compiles the bundle.
    ///
    /// # Errors
    /// A sentence: what could not be loaded, or why the bundle was refused.
    pub async fn load() -> Result<Session, String> {
        let served = client::served().await?;
        let bytes = client::bytes(&served.bundle).await?;
        // Without samples the form starts empty; the page works all the same.
        let samples = client::bytes(SAMPLES).await.unwrap_or_default();
        let start = clock::elapsed_ms();
        let refused = |code: &str, detail: String| format!("The model was rejected: {detail} [{code}].");
        let bundle = Bundle::read(&bytes).map_err(|e| refused(e.code(), e.to_string()))?;
        let scorer = Scorer::new(bundle).map_err(|e| refused(e.code(), e.to_string()))?;
        let load_ms = clock::elapsed_ms() - start;
        let schema = &scorer.bundle().manifest.schema;
        let mut samples = Sample::read(&String::from_utf8_lossy(&samples), schema);
        let tags = samples.clone();
        samples = spread(samples, &scorer);
        if samples.is_empty() {
            samples = vec![Sample::empty()];
        }
        let form = Form::of(schema, |field| Sample::tags(&tags, field));
        Ok(Session { served, form, samples, bundle_bytes: bytes.len(), load_ms, scorer })
    }
}

impl Session {
    /// Scores `lead` as of `at`, with every reason.
    ///
    /// # Errors
    /// Everything that is wrong with the lead.
    pub fn judge(&self, lead: &Lead, at: Timestamp) -> Result<Score, Vec<Fault>> {
        self.scorer.score(lead, at, &Options::with_reasons(usize::MAX)).map_err(|error| faults(&error))
    }

    /// What changed from `before` to `after`, both as of `at`.
    ///
    /// # Errors
    /// Everything that is wrong with either lead.
    pub fn change(&self, before: &Lead, after: &Lead, at: Timestamp) -> Result<Change, Vec<Fault>> {
        self.scorer.what_changed((before, at), (after, at), &Options::with_reasons(5)).map_err(|error| faults(&error))
    }

    /// What is known of the model beside its numbers.
    pub fn manifest(&self) -> &Manifest {
        &self.scorer.bundle().manifest
    }

    /// The bands, highest first.
    pub fn bands(&self) -> Vec<Band> {
        let mut bands = self.manifest().bands.clone();
        bands.sort_by(|a, b| b.from.total_cmp(&a.from));
        bands
    }

    /// The name for people of `field`.
    pub fn label(&self, field: &str) -> String {
        self.form.item(field).map_or_else(|| field.to_owned(), |item| item.label.clone())
    }
}

/// [`SAMPLES_SHOWN`] of `samples`, from the highest score to the lowest, in steps that grow: most leads are cold and much alike.
fn spread(samples: Vec<Sample>, scorer: &Scorer) -> Vec<Sample> {
    let now = clock::now();
    let score = |sample: &Sample| scorer.score(&sample.lead, now, &Options::default()).map_or(-1.0, |s| s.probability);
    let mut ranked: Vec<(f64, Sample)> = samples.into_iter().map(|sample| (score(&sample), sample)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let last = ranked.len().saturating_sub(1);
    let end = SAMPLES_SHOWN - 1;
    let picks: Vec<usize> = (0..SAMPLES_SHOWN).map(|i| (i * i * last / (end * end)).max(i.min(last))).collect();
    ranked.into_iter().enumerate().filter(|(i, _)| picks.contains(i)).map(|(_, (_, sample))| sample).collect()
}

fn faults(error: &ScoreError) -> Vec<Fault> {
    let fault = |problem: &plumbline_core::lead::LeadError| Fault {
        code: problem.code().to_owned(),
        field: problem.field().map(str::to_owned),
        detail: problem.to_string(),
    };
    error.problems().iter().map(fault).collect()
}
