//! Leads and the truth about them.

use plumbline_core::math::logistic;
use plumbline_core::random::Random;
use serde_json::{Value, json};

/// A field of a lead: its name, mean, standard deviation, decimals, and its weight in the truth per standard deviation.
pub struct FieldSpec {
    /// The field's name.
    pub name: &'static str,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub deviation: f64,
    /// What one standard deviation adds to the logit.
    pub weight: f64,
}

const fn field(name: &'static str, mean: f64, deviation: f64, weight: f64) -> FieldSpec {
    FieldSpec { name, mean, deviation, weight }
}

/// The fields. The last one is what today's model does not know.
pub const FIELDS: [FieldSpec; 9] = [
    field("visits_30d", 20.0, 6.0, 1.9),
    field("pages_per_visit", 5.0, 1.5, 1.4),
    field("emails_opened", 12.0, 4.0, 1.6),
    field("company_size", 250.0, 80.0, 1.2),
    field("days_since_contact", 30.0, 10.0, -1.3),
    field("webinar_minutes", 40.0, 15.0, 0.9),
    field("budget_fit", 50.0, 18.0, 1.1),
    field("seniority", 3.0, 0.8, 0.7),
    field("intent_score", 60.0, 20.0, 1.2),
];

/// The logit of an average lead.
pub const BASE: f64 = -0.55;

const SOURCES: [&str; 5] = ["Website", "Partner", "Referral", "Event", "Outbound"];
const INDUSTRIES: [&str; 8] = ["Software", "Retail", "Health", "Finance", "Energy", "Logistics", "Education", "Media"];
const REGIONS: [&str; 4] = ["North", "South", "East", "West"];

/// The fields with texts, and their values.
pub(super) const TEXTS: [(&str, &[&str]); 3] = [("lead_source", &SOURCES), ("industry", &INDUSTRIES), ("region", &REGIONS)];

/// A lead.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    /// Its id.
    pub id: String,
    /// Values of [`FIELDS`], in their order.
    pub values: [f64; FIELDS.len()],
    /// Where it came from.
    pub source: &'static str,
    /// Its industry.
    pub industry: &'static str,
    /// Its region.
    pub region: &'static str,
    /// Whether the CRM knows its budget.
    pub has_budget: bool,
}

/// How leads differ from those of training, for now.
#[derive(Debug, Clone, Default)]
pub(super) struct Weather {
    /// Standard deviations by which the first field has moved.
    pub drift: f64,
    /// The share of leads from a source that training did not have.
    pub new_category: f64,
    /// The share of leads whose budget is not known.
    pub missing: f64,
}

/// The source that training did not have.
const NEW_SOURCE: &str = "Podcast";

impl Lead {
    /// The next lead, with values moved by `drift` standard deviations in the first field.
    pub(super) fn draw(random: &mut Random, number: u64, drift: f64) -> Lead {
        let mut values = [0.0; FIELDS.len()];
        for (at, (value, field)) in values.iter_mut().zip(&FIELDS).enumerate() {
            let moved = if at == 0 { drift } else { 0.0 };
            // A tenth is what a CRM keeps of such figures.
            *value = ((field.mean + field.deviation * (random.normal() + moved)) * 10.0).round() / 10.0;
        }
        let pick = |random: &mut Random, of: &[&'static str]| {
            of.get(random.below(of.len() as u64) as usize).copied().unwrap_or_default()
        };
        Lead {
            id: format!("L{number:07}"),
            values,
            source: pick(random, &SOURCES),
            industry: pick(random, &INDUSTRIES),
            region: pick(random, &REGIONS),
            has_budget: true,
        }
    }

    /// The next lead in a world as it is `now`.
    pub(super) fn in_world(random: &mut Random, number: u64, now: &Weather) -> Lead {
        let mut lead = Lead::draw(random, number, now.drift);
        if now.new_category > 0.0 && random.unit() < now.new_category {
            lead.source = NEW_SOURCE;
        }
        lead.has_budget = !(now.missing > 0.0 && random.unit() < now.missing);
        lead
    }

    /// The chance that it buys when a rep works it.
    pub(super) fn chance(&self) -> f64 {
        logistic(
            BASE + FIELDS
                .iter()
                .zip(self.values)
                .map(|(field, value)| field.weight * (value - field.mean) / field.deviation)
                .sum::<f64>(),
        )
    }

    /// It as a CRM sends it.
    pub(super) fn json(&self) -> Value {
        let mut lead = json!({
            "lead_id": self.id, "lead_source": self.source, "industry": self.industry, "region": self.region,
        });
        if let Value::Object(lead) = &mut lead {
            let known = |field: &(&FieldSpec, f64)| self.has_budget || field.0.name != "budget_fit";
            for (field, value) in FIELDS.iter().zip(self.values).filter(known) {
                lead.insert(field.name.to_owned(), value.into());
            }
        }
        lead
    }
}
