//! The models of the simulated company: logistic regressions that know the truth, or a part of it.

use plumbline_core::bundle::{Band, Distribution, FieldReference, Reference};
use plumbline_core::histogram::{Bins, CategoryCounts, Histogram};
use plumbline_core::math::logistic;
use plumbline_core::model::{Arithmetic, Body, Column, Linear, Link, Model};
use plumbline_core::random::Random;
use plumbline_core::rollout::Policy;
use plumbline_core::schema::{Field, FieldKind, Role, Schema};
use plumbline_core::{Bundle, BundleError, Manifest};

use super::lead::{BASE, FIELDS, Lead, TEXTS};
use super::script::Challenger;
use super::training::baseline;

/// Leads that a reference is counted from.
const REFERENCE: u64 = 20_000;
/// Bins of a reference.
const BINS: usize = 20;

/// The bundle of `version`: of today's model without a `kind`, else of a challenger of that kind. Its reference is counted from leads that
/// are drawn like those to come.
///
/// # Errors
/// The bundle cannot be written.
pub fn bundle(version: &str, kind: Option<Challenger>, seed: u64) -> Result<Vec<u8>, BundleError> {
    // What a model does not know adds noise to the logit; the logits it can know are closer to 0 by this factor
    // (MacKay 1992, the probit approximation of a logistic with a normal logit).
    let unknown: f64 = FIELDS.iter().filter(|field| !knows(kind, field.name)).map(|field| field.weight * field.weight).sum();
    let shrunk = 1.0 / (1.0 + std::f64::consts::PI * unknown / 8.0).sqrt();
    let weights: Vec<f64> =
        FIELDS.iter().map(|field| if knows(kind, field.name) { shrunk * field.weight / field.deviation } else { 0.0 }).collect();
    let base = shrunk * BASE - FIELDS.iter().zip(&weights).map(|(field, weight)| weight * field.mean).sum::<f64>();
    let columns = FIELDS.iter().map(|field| Column { name: field.name.into(), categorical: false }).collect();
    // Reasons start from the average lead of those that it is counted from.
    let mut random = Random::new(seed ^ 0x7261_696e);
    let leads: Vec<Lead> = (0..REFERENCE).map(|number| Lead::draw(&mut random, number, 0.0)).collect();
    let mean = |at: usize| leads.iter().filter_map(|lead| lead.values.get(at)).sum::<f64>() / REFERENCE as f64;
    let means = (0..FIELDS.len()).map(mean).collect();
    let linear = Linear { arithmetic: Arithmetic::F64, base: vec![base], weights, means };
    let model = Model { columns, body: Body::Linear(linear), link: Link::Logistic { scale: 1.0 }, outputs: 1 };
    let id = Field { name: "lead_id".into(), kind: FieldKind::Text, role: Role::Id, ..Field::default() };
    let mut fields = vec![id];
    fields.extend(FIELDS.iter().map(|field| Field { name: field.name.into(), ..Field::default() }));
    fields.extend(TEXTS.iter().map(|(name, values)| Field {
        name: (*name).into(),
        kind: FieldKind::Category,
        categories: values.iter().map(|value| (*value).to_owned()).collect(),
        ..Field::default()
    }));
    let bands = [("cold", 0.0), ("warm", 0.3), ("hot", 0.6)].map(|(name, from)| Band { name: name.into(), from });
    let manifest = Manifest {
        name: "lead-scoring".into(),
        version: version.into(),
        schema: Schema { fields },
        bands: bands.into(),
        ..Manifest::default()
    };
    let mut bundle = Bundle::new(manifest, model);
    let scores: Vec<f64> = leads.iter().map(|lead| score(kind, lead)).collect();
    let known: Vec<f64> = FIELDS.iter().map(|field| if knows(kind, field.name) { shrunk * field.weight } else { 0.0 }).collect();
    bundle.baseline = baseline(version, (&leads, &scores), &known, &bundle.manifest.bands, seed);
    bundle.reference = Some(reference(&leads, &scores));
    bundle.write()
}

/// Whether the model knows the field: today's does not know the last, the worse one not two others either.
fn knows(kind: Option<Challenger>, field: &str) -> bool {
    match kind {
        None | Some(Challenger::Equal) => field != "intent_score",
        Some(Challenger::Worse) => !matches!(field, "intent_score" | "visits_30d" | "emails_opened"),
        Some(_) => true,
    }
}

/// The distribution of the leads' fields and of the model's scores in training.
fn reference(leads: &[Lead], scores: &[f64]) -> Reference {
    let counted = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let bins = Bins::of_quantiles(&sorted, BINS).unwrap_or_default();
        let mut histogram = Histogram::new(bins);
        values.iter().for_each(|value| histogram.add(*value));
        histogram
    };
    let numbers = FIELDS.iter().enumerate().map(|(at, field)| {
        let values: Vec<f64> = leads.iter().filter_map(|lead| lead.values.get(at).copied()).collect();
        FieldReference { name: field.name.into(), distribution: Distribution::Number(counted(&values)) }
    });
    let category = |name: &str, value: fn(&Lead) -> &'static str| {
        let mut known: Vec<&str> = leads.iter().map(value).collect();
        known.sort_unstable();
        known.dedup();
        let counts = known.iter().map(|one| leads.iter().filter(|lead| value(lead) == *one).count() as u64).collect();
        let known = known.iter().map(|one| (*one).to_owned()).collect();
        let counts = CategoryCounts::with_counts(known, counts, 0, 0)?;
        Some(FieldReference { name: name.into(), distribution: Distribution::Category(counts) })
    };
    let categories = [
        category("lead_source", |lead| lead.source),
        category("industry", |lead| lead.industry),
        category("region", |lead| lead.region),
    ];
    Reference { fields: numbers.chain(categories.into_iter().flatten()).collect(), score: counted(scores) }
}

/// What the model says of `lead`, as [`bundle`] writes it.
fn score(kind: Option<Challenger>, lead: &Lead) -> f64 {
    let unknown: f64 = FIELDS.iter().filter(|field| !knows(kind, field.name)).map(|field| field.weight * field.weight).sum();
    let shrunk = 1.0 / (1.0 + std::f64::consts::PI * unknown / 8.0).sqrt();
    let known = FIELDS.iter().zip(lead.values).filter(|(field, _)| knows(kind, field.name));
    logistic(shrunk * (BASE + known.map(|(field, value)| field.weight * (value - field.mean) / field.deviation).sum::<f64>()))
}

/// The rules of the simulated company: the defaults, with its contacts.
pub fn policy() -> Policy {
    let mut policy = Policy::default();
    let contact = |role: &str, name: &str| plumbline_core::rollout::policy::Contact {
        role: role.into(),
        name: name.into(),
        ..Default::default()
    };
    // The history ends and no lead comes after it, which is no outage.
    policy.alerts.timing.dead_man = 1e9;
    policy.report.contact = vec![
        contact("ml_lead", "Ada Moreau"),
        contact("mlops_engineer", "Ben Okafor"),
        contact("product_manager", "Chen Wei"),
        contact("sales_lead", "Dana Ruiz"),
    ];
    policy
}

#[cfg(test)]
mod tests {
    use plumbline_core::{Options, Scorer, Timestamp};
    use serde_json::Value;

    use super::*;

    #[test]
    fn reasons_start_from_the_average_lead() {
        let scorer = Scorer::new(Bundle::read(&bundle("1", None, 7).unwrap()).unwrap()).unwrap();
        let mut lead = serde_json::Map::from_iter([("lead_id".to_owned(), Value::from("L"))]);
        lead.extend(FIELDS.iter().map(|field| (field.name.to_owned(), Value::from(field.mean))));
        let score = scorer
            .score(&serde_json::from_value(Value::Object(lead)).unwrap(), Timestamp(0), &Options::with_reasons(20))
            .unwrap();
        let base = score.base.unwrap();
        assert!((30..=45).contains(&base), "{base}");
        assert!((f64::from(base) - 100.0 * score.probability).abs() < 2.0, "{base} and {}", score.probability);
    }
}
