//! The allocation of the settings, bound to the models served: who scores a lead, and as what it is logged.

use std::sync::Arc;

use plumbline_core::Value;
use plumbline_core::route::{Allocation, AllocationSettings, Role};

use crate::service::{Served, ServiceError};

/// A compiled allocation whose variants are models at hand.
#[derive(Debug)]
pub(crate) struct Deployment {
    allocation: Allocation,
    /// The champion, the arms, the shadows.
    variants: Vec<Variant>,
    shadows: usize,
}

#[derive(Debug)]
pub(crate) struct Variant {
    pub name: Arc<str>,
    /// Which of the served models.
    pub model: usize,
}

/// What a lead's draw came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Turn {
    pub variant: Arc<str>,
    pub role: &'static str,
    /// Which of the served models answers.
    pub model: usize,
    /// The score is to be hidden from ranking.
    pub explores: bool,
    /// The id it was drawn with, under which it is logged whatever model answers.
    pub lead_id: Option<Arc<str>>,
    /// What the suite has to say of the lead that is scored all the same, JSON.
    pub flags: Option<Arc<str>>,
}

impl Turn {
    /// The turn of a model that is only recorded, beside whoever has `turn`.
    pub(crate) fn shadow(variant: &Variant, turn: &Turn) -> Turn {
        Turn { variant: Arc::clone(&variant.name), role: "shadow", model: variant.model, ..turn.clone() }
    }
}

impl Deployment {
    /// Compiles `settings` over `models`. A variant names a model by its version, its name, or `name/version`.
    ///
    /// # Errors
    /// Everything wrong with the settings; a variant that names no model, several, or another variant's; a rule on a field that the
    /// champion does not read.
    pub(crate) fn compile(settings: AllocationSettings, models: &[Served]) -> Result<Deployment, ServiceError> {
        let names =
            std::iter::once(&settings.champion).chain(settings.arm.iter().map(|arm| &arm.variant)).chain(&settings.shadow);
        let names: Vec<Arc<str>> = names.map(|name| name.as_str().into()).collect();
        let shadows = settings.shadow.len();
        let allocation = Allocation::compile(settings).map_err(ServiceError::Allocation)?;
        let bind = |name: Arc<str>| {
            let mut found = models.iter().enumerate().filter(|(_, served)| served.answers_to(&name)).map(|(model, _)| model);
            match (found.next(), found.next()) {
                (Some(model), None) => Ok(Variant { name, model }),
                (first, _) => Err(ServiceError::Variant {
                    variant: name.to_string(),
                    found: if first.is_none() { "no" } else { "several" },
                }),
            }
        };
        let variants: Vec<Variant> = names.into_iter().map(bind).collect::<Result<_, _>>()?;
        // Two variants of one model would be an experiment of a model with itself.
        for (i, variant) in variants.iter().enumerate() {
            if variants.iter().take(i).any(|other| other.model == variant.model) {
                return Err(ServiceError::Variant { variant: variant.name.to_string(), found: "another variant's" });
            }
        }
        let deployment = Deployment { allocation, variants, shadows };
        let schema = models.get(deployment.champion()).map(|served| &served.scorer.bundle().manifest.schema);
        let rules = &deployment.allocation.settings().rule;
        match rules.iter().find(|rule| schema.is_none_or(|schema| schema.field(&rule.field).is_none())) {
            Some(rule) => Err(ServiceError::Rule { field: rule.field.clone() }),
            None => Ok(deployment),
        }
    }

    /// The model whose schema leads are read by before it is known who scores them.
    pub(crate) fn champion(&self) -> usize {
        self.variants.first().map_or(0, |variant| variant.model)
    }

    /// Models that score every lead and are only recorded.
    pub(crate) fn shadows(&self) -> &[Variant] {
        self.variants.get(self.variants.len() - self.shadows..).unwrap_or_default()
    }

    /// The variant whose model this is.
    pub(crate) fn variant_of(&self, model: usize) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.model == model)
    }

    /// Whose turn the lead `id` is.
    pub(crate) fn turn(&self, id: &str, field: impl Fn(&str) -> Value) -> Turn {
        let assignment = self.allocation.assign_lead(id, field);
        let found = self.variants.iter().find(|variant| *variant.name == *assignment.variant);
        Turn {
            variant: found.map_or_else(|| assignment.variant.into(), |variant| Arc::clone(&variant.name)),
            role: role(assignment.role),
            model: found.map_or(0, |variant| variant.model),
            explores: assignment.explores,
            lead_id: (!id.is_empty()).then(|| id.into()),
            flags: None,
        }
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Champion => "champion",
        Role::Challenger => "challenger",
        Role::Shadow => "shadow",
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::route::{Arm, Rule};
    use plumbline_core::{Scorer, Value};
    use serde_json::json;

    use super::*;
    use crate::sample::{ask_of, json, scorer_of};
    use crate::{Service, Settings};

    fn models() -> Vec<Scorer> {
        vec![scorer_of("1", 0.5), scorer_of("2", 1.5), scorer_of("3", 2.5)]
    }

    fn allocation(share_bp: u32) -> AllocationSettings {
        let mut allocation = AllocationSettings::champion_only("1");
        allocation.experiment = "e".into();
        allocation.arm.push(Arm { variant: "sample/2".into(), share_bp, room_bp: None });
        allocation.shadow.push("3".into());
        allocation.exploration_bp = 1_000;
        allocation
    }

    fn service(allocation: AllocationSettings) -> Service {
        Service::new(Settings { allocation: Some(allocation), ..Settings::default() }, models(), "test").unwrap()
    }

    #[test]
    fn each_lead_is_scored_by_its_variant_alone_or_in_company() {
        let service = service(allocation(5_000));
        let leads: Vec<_> = (0..200).map(|i| json!({ "lead_id": format!("L{i}"), "visits": 4 })).collect();
        let together = ask_of(&service, "POST /v1/score", &[], json!(leads).to_string());
        let scores = json(&together)["scores"].as_array().unwrap().clone();
        let mut challenged = 0;
        for (lead, score) in leads.iter().zip(&scores) {
            let alone = json(&ask_of(&service, "POST /v1/score?reasons=0", &[], lead.to_string()));
            for key in ["variant", "margin", "explores", "lead_id"] {
                assert_eq!(alone[key], score[key], "{key} of {lead}");
            }
            let (version, margin) = if score["variant"] == "1" { ("1", 1.0) } else { ("2", 5.0) };
            assert_eq!((score["model"]["version"].as_str(), score["margin"].as_f64()), (Some(version), Some(margin)), "{score}");
            challenged += usize::from(version == "2");
        }
        // 100 ± 7; six standard deviations.
        assert!((58..142).contains(&challenged), "{challenged}");
        let rows = |role: &str| together.predictions.iter().filter(|p| p.role == role).count();
        assert_eq!((rows("challenger"), rows("champion"), rows("shadow")), (challenged, 200 - challenged, 200));
        let explored = together.predictions.iter().filter(|p| p.explores && p.role != "shadow").count();
        assert_eq!(explored, scores.iter().filter(|s| s["explores"] == true).count());
        // 20 ± 4.2.
        assert!((1..46).contains(&explored), "{explored}");
        assert!(together.predictions.iter().all(|p| p.batch_size == 200 && p.position < 200));
        assert!(together.predictions.iter().filter(|p| p.role == "shadow").all(|p| p.margin == Some(9.0) && &*p.variant == "3"));
    }

    #[test]
    fn protocols_without_a_model_follow_the_allocation_and_named_models_do_not() {
        let service = service(allocation(10_000));
        let body = r#"{"dataframe_records":[{"lead_id":"a","visits":4}],"params":{"output":"records"}}"#;
        let records = ask_of(&service, "POST /invocations", &[("content-type", "application/json")], body);
        assert_eq!(json(&records)["predictions"][0]["model"]["version"], "2");
        let split = r#"{"dataframe_split":{"columns":["lead_id","visits"],"data":[["a",4],["b",4]]}}"#;
        let split = ask_of(&service, "POST /invocations", &[("content-type", "application/json")], split);
        assert!(split.predictions.iter().filter(|p| p.role == "challenger").all(|p| p.margin == Some(5.0)));
        assert_eq!(split.predictions.len(), 4, "two leads, each with a shadow");
        assert_eq!(json(&split)["variants"], json!(["sample/2", "sample/2"]));
        assert!(
            split.predictions.iter().all(|p| ["a", "b"].contains(&p.lead_id.as_str())),
            "logged under the id it was drawn with"
        );
        let cells = ask_of(&service, "POST /invocations", &[("content-type", "text/csv")], "lead_id,visits\na,many\nb,4\n");
        let told: Vec<_> = cells.predictions.iter().filter(|p| p.role != "shadow").map(|p| (p.role, p.status)).collect();
        assert_eq!(told, [("challenger", 422), ("challenger", 200)], "a refused cell is refused of whoever would have scored it");
        let tensor = r#"{"inputs":[{"name":"visits","shape":[1],"datatype":"FP64","data":[4]}]}"#;
        let named = ask_of(&service, "POST /v2/models/sample/versions/1/infer", &[], tensor);
        assert_eq!((json(&named)["parameters"]["variant"].as_str(), named.predictions[0].role), (Some("1"), "named"));
        assert_eq!(named.predictions.len(), 1, "nothing is drawn for a model that is asked for by name");
    }

    #[test]
    fn kill_switch_rules_and_leads_without_id_stay_with_the_champion() {
        let margin = |allocation: AllocationSettings, lead: &str| {
            json(&ask_of(&service(allocation), "POST /v1/score", &[], lead))["margin"].as_f64()
        };
        let lead = r#"{"lead_id":"a","visits":4,"plan":"free"}"#;
        assert_eq!(margin(allocation(10_000), lead), Some(5.0));
        assert_eq!(margin(AllocationSettings { killed: true, ..allocation(10_000) }, lead), Some(1.0));
        assert_eq!(margin(allocation(10_000), r#"{"visits":4,"plan":"free"}"#), Some(1.0));
        let paid = Rule { field: "plan".into(), any_of: Some(vec![Value::Text("paid".into())]), ..Rule::default() };
        let ruled = AllocationSettings { rule: vec![paid], ..allocation(10_000) };
        assert_eq!(margin(ruled.clone(), lead), Some(1.0));
        assert_eq!(margin(ruled, r#"{"lead_id":"a","visits":4,"plan":"paid"}"#), Some(7.0));
    }

    #[test]
    fn a_refused_lead_is_refused_by_its_variant_and_logged_once() {
        let service = service(allocation(10_000));
        let answer = ask_of(&service, "POST /v1/score", &[], r#"[{"lead_id":"a","visits":[]},{"lead_id":"b","visits":1}]"#);
        assert_eq!(json(&answer)["scores"][0]["error"]["code"], "LEAD_WRONG_TYPE");
        let served: Vec<_> = answer.predictions.iter().filter(|p| p.role != "shadow").map(|p| (p.position, p.status)).collect();
        assert_eq!(served, [(0, 422), (1, 200)]);
        assert_eq!(ask_of(&service, "POST /v1/score", &[], "[").predictions, []);
    }

    #[test]
    fn variants_must_be_models_that_are_served() {
        let refused = |allocation| {
            let settings = Settings { allocation: Some(allocation), ..Settings::default() };
            Service::new(settings, models(), "test").unwrap_err().code()
        };
        assert_eq!(refused(AllocationSettings::champion_only("4")), "SERVICE_VARIANT");
        assert_eq!(refused(AllocationSettings::champion_only("sample")), "SERVICE_VARIANT", "three models have this name");
        let mut itself = allocation(1);
        itself.arm[0].variant = "sample/1".into();
        assert_eq!(refused(itself), "SERVICE_VARIANT", "the champion against itself");
        let rule = Rule { field: "regoin".into(), present: Some(true), ..Rule::default() };
        assert_eq!(refused(AllocationSettings { rule: vec![rule], ..allocation(1) }), "SERVICE_RULE");
        assert_eq!(refused(AllocationSettings { holdout_bp: 10_001, ..allocation(1) }), "CONFIG_INVALID");
    }
}
