//! Current leads against the baseline in a bundle: the frozen bins of its training data stand in for a reference table.

use std::path::Path;

use plumbline_core::bundle::{Distribution, FieldReference, Reference};
use plumbline_core::lead::{Limits, ReadValue, Slots};
use plumbline_core::rollout::evidence::FeatureFigures;
use plumbline_core::table::Rows;
use plumbline_core::window::{FeatureLayout, Layout, Window};
use plumbline_core::{Decimal, Options, Scorer, Workspace};

use super::Drift;
use crate::input::model_file::open_scorer;
use crate::input::{self, Problem, Step};
use crate::output::terminal;
use crate::report::drift_baseline::{BaselineDrift, BaselineFeature, page};
use crate::table::account;
use crate::table::places::Places;
use crate::{Failure, Outcome, clock};

/// Leads below which there is no verdict, as for the gate of the rollout.
const LEAST: u64 = 500;
/// The name under which the model's scores are counted like a field; no field of a table has it.
const SCORE: &str = "\0score";

/// Whether `path` names a bundle.
pub fn is_bundle(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("plumb"))
}

impl Drift {
    /// Compares the current leads with the baseline in the bundle that is given as the reference.
    pub(super) fn run_against_baseline(&self, json: bool) -> Result<Outcome, Failure> {
        let given = [
            ("--model", self.model.is_some()),
            ("--importance", self.importance.is_some()),
            ("--score", self.score.is_some()),
            ("--outcome", self.outcome.is_some()),
            ("--deals", self.deals > 0),
        ];
        if let Some((option, _)) = given.iter().find(|(_, is)| *is) {
            let message =
                format!("{option} needs the leads themselves as the reference; a bundle has counts of its training data");
            return Err(Failure::usage("ARGUMENTS", message));
        }
        let rules = self.rules()?;
        let scorer = open_scorer(&self.reference)?;
        let bundle = scorer.bundle();
        let Some(reference) = &bundle.reference else {
            let (model, place) = (self.reference.display(), self.reference.display().to_string());
            let message = format!("it has no baseline; add one with: plumbline baseline {model} TRAIN.csv -o M2.plumb");
            return Err(Failure::Model { place, code: "NO_BASELINE", message });
        };
        let kept = |field: &&FieldReference| !self.ignore.contains(&field.name);
        if let Some(name) = self.ignore.iter().find(|name| !reference.fields.iter().any(|field| field.name == **name)) {
            return Err(Failure::usage("COLUMN_UNKNOWN", format!("--ignore {name}: the baseline has no such field")));
        }
        let score = FieldReference { name: SCORE.to_owned(), distribution: Distribution::Number(reference.score.clone()) };
        let fields = reference.fields.iter().filter(kept).cloned().chain([score]).collect();
        let reference = Reference { fields, score: reference.score.clone() };
        let (layout, before) = (Layout::of(&reference), Window::of(&reference));
        let (now, rows) = self.count(&scorer, &layout)?;
        let compared = layout.features().iter().zip(before.features()).zip(now.features());
        let mut found: Vec<FeatureFigures> =
            compared.map(|((layout, before), now)| FeatureFigures::new(layout, before, now)).collect();
        let score = found.pop().map(|mut score| {
            score.name = "score".to_owned();
            score
        });
        // The chance of a false alarm is shared by all that is compared.
        let threshold = rules.chance / (found.len() + 1) as f64;
        let judged = |figures: FeatureFigures, importance: Option<f64>| {
            let drifted = figures
                .distance
                .is_some_and(|distance| distance.at_least > rules.distance && distance.p_value.is_some_and(|p| p < threshold));
            BaselineFeature { drifted, importance, figures }
        };
        let baseline = bundle.baseline.as_ref();
        let mut features: Vec<BaselineFeature> = found
            .into_iter()
            .map(|figures| {
                let weight = baseline.and_then(|baseline| baseline.importance.iter().find(|weight| weight.field == figures.name));
                judged(figures, weight.map(|weight| weight.share))
            })
            .collect();
        features.sort_by(|a, b| b.distance().total_cmp(&a.distance()));
        let drifted = features.iter().filter(|feature| feature.drifted).count();
        let allowed = rules.features_allowed.min(features.len().saturating_sub(1));
        let report = BaselineDrift {
            model: scorer.id().version.clone(),
            reference_rows: baseline.map_or(0, |baseline| baseline.data.rows),
            current_rows: rows.used,
            is_enough: rows.used >= LEAST,
            needed_rows: LEAST,
            max_distance: rules.distance,
            threshold,
            drifted: rows.used >= LEAST && drifted > allowed,
            features,
            score: score.map(|figures| judged(figures, None)),
            rows: rows.clone(),
        };
        if json {
            terminal::say_json(&report)?;
        } else {
            terminal::say(&page(&report))?;
        }
        Ok(if self.check && report.fails() { Outcome::CheckFailed } else { self.limit.outcome([&rows]) })
    }

    /// The current leads, counted by `layout`, with their scores as its last feature.
    fn count(&self, scorer: &Scorer, layout: &Layout) -> Result<(Window, Rows), Failure> {
        let schema = &scorer.bundle().manifest.schema;
        let spots: Vec<Option<usize>> =
            layout.features().iter().map(|feature| schema.field(feature.name()).map(|(at, _)| at)).collect();
        let (mut records, source) = input::open(&self.current, false)?;
        let (mut places, limits, now) = (Places::of(records.names(), schema), Limits::default(), clock::now());
        let (mut slots, mut work, mut rows) = (Slots::default(), Workspace::default(), Rows::default());
        let failed = |e: plumbline_core::ScoreError| Problem::new(e.code(), e.to_string());
        let (mut window, options) = (Window::new(layout), Options { reasons: 0, ..Options::default() });
        loop {
            let problem = match records.advance()? {
                Step::End => break,
                Step::Rejected(problem) => problem,
                Step::Record => {
                    places.follow(records.names(), schema);
                    let read = match records.json() {
                        Some(json) => scorer
                            .reader()
                            .read_json(json, &limits, &mut slots)
                            .map_err(|e| failed(plumbline_core::ScoreError::from(e))),
                        None => {
                            places.take(&*records, schema, |lead| Ok(scorer.reader().read_lead(lead, &limits, &mut slots)?))
                        }
                    };
                    let scored = read.and_then(|_| scorer.score_read(&slots, now, &options, &mut work).map_err(failed));
                    match scored {
                        Ok(score) => {
                            for (place, (feature, spot)) in layout.features().iter().zip(&spots).enumerate() {
                                let value = spot.and_then(|at| Some(slots.value(at, schema.fields.get(at)?)));
                                see(&mut window, layout, (place, feature), value, score.probability);
                            }
                            rows.take();
                            continue;
                        }
                        Err(problem) => problem,
                    }
                }
            };
            account::leave_out(&mut rows, &source, &*records, &problem);
        }
        source.progress.finish_and_clear();
        if rows.used == 0 {
            return Err(Failure::no_rows(&source.place));
        }
        Ok((window, rows))
    }
}

/// Counts one value of a lead as the service counts it.
fn see(
    window: &mut Window,
    layout: &Layout,
    (place, feature): (usize, &FeatureLayout),
    value: Option<ReadValue<'_>>,
    probability: f64,
) {
    let value = value.unwrap_or(ReadValue::Missing);
    match (feature, value) {
        (FeatureLayout::Number { name, .. }, _) if name == SCORE => window.count_number(layout, place, Some(probability)),
        (FeatureLayout::Number { .. }, ReadValue::Number(x)) => window.count_number(layout, place, Some(x)),
        (FeatureLayout::Number { .. }, ReadValue::Flag(flag)) => {
            window.count_number(layout, place, Some(f64::from(u8::from(flag))));
        }
        (FeatureLayout::Number { .. }, ReadValue::List(items)) => {
            window.count_number(layout, place, Some(items.count() as f64));
        }
        (FeatureLayout::Number { .. }, _) => window.count_number(layout, place, None),
        (FeatureLayout::Category { .. }, ReadValue::Text(text)) => window.count_category(layout, place, Some(text)),
        (FeatureLayout::Category { .. }, ReadValue::Flag(flag)) => {
            window.count_category(layout, place, Some(if flag { "true" } else { "false" }));
        }
        (FeatureLayout::Category { .. }, ReadValue::Number(x)) => {
            window.count_category(layout, place, Some(&Decimal(x).to_string()));
        }
        (FeatureLayout::Category { .. }, _) => window.count_category(layout, place, None),
    }
}
