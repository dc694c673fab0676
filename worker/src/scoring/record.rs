//! What is noted of a score.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumbline_core::Value;
use plumbline_core::event::{Prediction, Role, Source, Status};
use plumbline_core::lead::Slots;
use plumbline_core::score::ModelId;

use super::{Outcome, Scoring};
use crate::deployment::Draw;

/// One score, or refusal, of a lead.
pub(super) struct Scored<'a> {
    pub draw: Draw,
    /// The id it was drawn with, under which it is logged whatever model answers; empty where nothing is drawn.
    pub drawn_id: &'a str,
    pub flags: Option<&'a Arc<str>>,
    pub outcome: &'a Outcome,
    pub model: &'a Arc<ModelId>,
    pub variant: &'a Arc<str>,
    pub facts: &'a Facts,
}

/// What is noted of a lead itself, in each of its rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub segments: Option<Arc<str>>,
    pub human_score: Option<f64>,
}

impl Scoring<'_> {
    /// Adds the row of `scored`, the lead at `position`.
    pub(super) fn record(&mut self, position: u32, scored: &Scored<'_>) {
        let (score, code) = match scored.outcome {
            Ok(score) => (Some(score), None),
            Err(error) => (None, Some(error.code())),
        };
        let own_id = score.and_then(|score| score.lead_id.as_deref());
        let lead_id = if scored.drawn_id.is_empty() { own_id } else { Some(scored.drawn_id) };
        let status = if code.is_none() { Status::Scored } else { Status::Refused };
        let (model, variant) = (Arc::clone(scored.model), Arc::clone(scored.variant));
        let bare = self.bare(position, scored.draw, lead_id, scored.facts, (model, variant, status));
        self.effects.predictions.push(Prediction {
            code,
            margin: score.map(|s| s.margin),
            probability: score.map(|s| s.probability),
            band: score.map(|s| s.band.clone()).unwrap_or_default(),
            flags: scored.flags.cloned(),
            unknown_values: score
                .map(|s| &s.unknown_values)
                .filter(|names| !names.is_empty())
                .and_then(|names| serde_json::to_string(names).ok()),
            ..bare
        });
    }

    /// Adds the row of the lead at `position` that the variant of `draw` did not score, since this host could not load its model.
    pub(super) fn record_absent(&mut self, position: u32, draw: Draw, drawn_id: &str, facts: &Facts) {
        let Some(variant) = self.deployment.variant(draw.variant).map(|variant| Arc::clone(&variant.name)) else { return };
        let version = variant.rsplit_once('/').map_or(&*variant, |(_, version)| version).to_owned();
        let model = Arc::new(ModelId { name: String::new(), version });
        let lead_id = Some(drawn_id).filter(|id| !id.is_empty());
        let bare = self.bare(position, draw, lead_id, facts, (model, variant, Status::Failed));
        self.effects.predictions.push(Prediction { code: Some("MODEL_UNAVAILABLE"), ..bare });
    }

    /// The row of a lead without anything that a model said of it.
    fn bare(
        &self,
        position: u32,
        draw: Draw,
        lead_id: Option<&str>,
        facts: &Facts,
        (model, variant, status): (Arc<ModelId>, Arc<str>, Status),
    ) -> Prediction {
        Prediction {
            timestamp_ms: self.now.0,
            request_id: Arc::clone(&self.request_id),
            client_request_id: self.client_request_id.clone(),
            position,
            // Known when all are scored.
            batch_size: 0,
            lead_id: lead_id.map_or_else(|| format!("{}/{position}", self.request_id), str::to_owned),
            model,
            variant,
            role: if self.is_load { Role::Load } else { draw.role },
            explores: draw.explores,
            status,
            code: None,
            margin: None,
            probability: None,
            band: String::new(),
            flags: None,
            unknown_values: None,
            duration_us: None,
            epoch: self.deployment.epoch(),
            arm: draw.arm,
            segments: facts.segments.clone(),
            human_score: facts.human_score,
            source: Source::Service,
        }
    }

    /// What is noted of the lead that the named model's or the champion's reader has read into `slots`, by the settings.
    pub(super) fn facts(&self, slots: &Slots) -> Facts {
        let settings = self.service.settings();
        let value = |name: &String| self.served.scorer.value(slots, name);
        let segments = (!settings.segments.is_empty()).then(|| {
            let known = settings.segments.iter().map(|name| (name, value(name))).filter(|(_, value)| *value != Value::Missing);
            serde_json::to_string(&known.collect::<BTreeMap<_, _>>()).unwrap_or_default().into()
        });
        let human_score = match settings.human_score.as_ref().map(value) {
            Some(Value::Number(score)) => Some(score),
            _ => None,
        };
        Facts { segments, human_score }
    }
}
