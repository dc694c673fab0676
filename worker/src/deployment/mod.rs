//! What is deployed: the models, the suite that checks their leads, and the allocation that draws who scores each.
//!
//! Compiled as a whole and immutable. The service exchanges it as a whole; a request keeps the one it began with.

mod draw;
mod served;

use std::collections::BTreeSet;
use std::sync::Arc;

use plumbline_core::Value;
use plumbline_core::event::Role;
use plumbline_core::route::AllocationSettings;
use plumbline_core::schema::Role as FieldRole;

use crate::error::ServiceError;
use crate::gate::Gate;
use crate::model::Model;
use crate::problem::Problem;
use crate::tally::{Known, Version};
use draw::Draws;
pub(crate) use draw::{Draw, Variant};
pub(crate) use served::Served;

/// Models and how leads come to them.
#[derive(Debug)]
pub(crate) struct Deployment {
    models: Vec<Served>,
    /// How many distinct schemas the models read leads by.
    readings: usize,
    draws: Option<Draws>,
    /// Those of the allocation, then one for each model that is asked for by name.
    variants: Vec<Variant>,
    /// Where the latter begin.
    named: usize,
    /// Its epoch, which every row and answer carries; 0 without a lifecycle.
    epoch: u64,
    known: Arc<Known>,
    notes: Vec<String>,
}

/// How a deployment is compiled.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plan<'a> {
    /// The suite in front of each model.
    pub suite: Option<&'a serde_json::Value>,
    /// Fields that are noted with each prediction.
    pub noted: &'a [String],
    /// Fields whose values are personal.
    pub personal: &'a [String],
    pub epoch: u64,
    /// Some models could not be loaded: challengers may be missing.
    pub is_partial: bool,
}

impl Deployment {
    /// Compiles `models`, the first being the champion where no `allocation` says otherwise.
    ///
    /// # Errors
    /// [`ServiceError`]: no model, or one twice; an allocation or a suite that cannot be compiled.
    pub(crate) fn compile(
        models: Vec<Model>,
        allocation: Option<AllocationSettings>,
        Plan { suite, noted, personal, epoch, is_partial }: Plan<'_>,
    ) -> Result<Deployment, ServiceError> {
        let mut seen = BTreeSet::new();
        if let Some(id) = models.iter().map(|model| model.scorer.id()).find(|id| !seen.insert((&id.name, &id.version))) {
            return Err(ServiceError::Twice { name: id.name.clone(), version: id.version.clone() });
        }
        if models.is_empty() {
            return Err(ServiceError::NoModel);
        }
        let (mut served, mut readings, mut notes) = (Vec::<Served>::with_capacity(models.len()), 0, Vec::new());
        for Model { scorer, file } in models {
            let alike = served.iter().find(|other| other.scorer.reader() == scorer.reader()).map(|other| other.reading);
            let reading = alike.unwrap_or(readings);
            readings = readings.max(reading + 1);
            let gate = suite.map(|suite| Gate::compile(suite, &scorer)).transpose()?;
            let gate = gate.map(|(gate, left_out)| {
                notes.extend(left_out);
                gate
            });
            let version = Arc::new(Version::new(&scorer, personal));
            served.push(Served { scorer, file, gate, version, reading });
        }
        notes.sort_unstable();
        notes.dedup();
        let bound = allocation.map(|allocation| Draws::compile(allocation, &served, is_partial)).transpose()?;
        let (draws, mut variants) = bound.map_or_else(|| (None, Vec::new()), |(draws, variants)| (Some(draws), variants));
        let named = variants.len();
        for (model, served) in served.iter().enumerate() {
            let of_model = variants.iter().take(named).find(|variant| variant.model == Some(model));
            let name = match (&draws, of_model) {
                (None, _) => "champion".into(),
                (Some(_), Some(variant)) => Arc::clone(&variant.name),
                (Some(_), None) => served.scorer.id().version.as_str().into(),
            };
            variants.push(Variant { name, model: Some(model) });
        }
        let champion = variants.first().and_then(|variant| served.get(variant.model?));
        for name in noted.iter().filter(|name| champion.is_some_and(|champion| champion.field(name).is_none())) {
            notes.push(format!(
                "settings: the field {name:?} is to be noted with predictions, but the champion's schema has no such field"
            ));
        }
        let known = Arc::new(known_by(&served, champion));
        Ok(Deployment { models: served, readings, draws, variants, named, epoch, known, notes })
    }

    /// The models, in the order they were given.
    pub(crate) fn models(&self) -> &[Served] {
        &self.models
    }

    /// How many distinct schemas the models read leads by.
    pub(crate) fn readings(&self) -> usize {
        self.readings
    }

    /// What an owner should know: expectations of the suite that leads cannot answer.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The model that answers where none is named, and whose schema leads are read by before it is known who scores them.
    pub(crate) fn champion(&self) -> usize {
        self.variants.first().and_then(|variant| variant.model).unwrap_or(0)
    }

    /// Which model is called `name` (the champion when none is named, which is the first without an allocation), of `version` (its
    /// first when none is given).
    pub(crate) fn model(&self, name: Option<&str>, version: Option<&str>) -> Result<usize, Problem> {
        if name.is_none() && version.is_none() {
            return Ok(self.champion());
        }
        let found = self.models.iter().position(|served| {
            let id = served.scorer.id();
            name.is_none_or(|name| id.name == name) && version.is_none_or(|version| id.version == version)
        });
        found.ok_or_else(no_such_model)
    }

    /// Model number `model`.
    pub(crate) fn served(&self, model: usize) -> Result<&Served, Problem> {
        self.models.get(model).ok_or_else(no_such_model)
    }

    /// The model that `key` is the version of, or the `name/version`.
    ///
    /// # Errors
    /// There is none, or several of the version.
    pub(crate) fn by_version(&self, key: &str) -> Result<&Served, Problem> {
        let mut found = self.models.iter().filter(|served| served.is_called(key));
        match (found.next(), found.next()) {
            (Some(served), None) => Ok(served),
            (None, _) => Err(no_such_model()),
            (Some(_), Some(_)) => {
                Err(Problem::new(409, "AMBIGUOUS_MODEL", "several models have this version; ask for name/version, with / as %2F"))
            }
        }
    }

    /// What [`by_version`](Self::by_version) finds `served` by: its version, with its name where another model has the same.
    pub(crate) fn key_of(&self, served: &Served) -> String {
        let id = served.scorer.id();
        let alike = self.models.iter().filter(|other| other.scorer.id().version == id.version).count();
        if alike > 1 { format!("{}/{}", id.name, id.version) } else { id.version.clone() }
    }

    /// The fields that a model which is served knows.
    pub(crate) fn known(&self) -> &Arc<Known> {
        &self.known
    }

    /// Variant number `variant`.
    pub(crate) fn variant(&self, variant: usize) -> Option<&Variant> {
        self.variants.get(variant)
    }

    /// Whether an allocation draws who answers.
    pub(crate) fn draws(&self) -> bool {
        self.draws.is_some()
    }

    /// Who answers where nothing is drawn: model number `model`, asked for by name or not.
    pub(crate) fn fixed(&self, model: usize, is_named: bool) -> Draw {
        let role = if is_named && self.draws() { Role::Named } else { Role::Champion };
        Draw { variant: self.named + model, role, explores: false, arm: None }
    }

    /// Model number `model` as the first of the variants that it is: the champion, a challenger, or the model that is asked for by name.
    pub(crate) fn first_of(&self, model: usize) -> Draw {
        let variant = self.variants.iter().take(self.named).position(|variant| variant.model == Some(model));
        match variant {
            Some(variant) => {
                let role = if variant == 0 { Role::Champion } else { Role::Challenger };
                Draw { variant, ..Draw { role, ..self.fixed(model, false) } }
            }
            None => self.fixed(model, true),
        }
    }

    /// Who answers the lead `id` with the values that `field` gives; `None` where nothing is drawn.
    pub(crate) fn draw(&self, id: &str, is_suspended: bool, field: impl Fn(&str) -> Value) -> Option<Draw> {
        self.draws.as_ref().map(|draws| draws.draw(&self.variants, id, is_suspended, field))
    }

    /// The variants that score each lead that is drawn and not theirs, after its answer, and are only recorded.
    pub(crate) fn recorded(&self) -> &[usize] {
        self.draws.as_ref().map_or(&[], Draws::recorded)
    }

    /// Whether a challenger serves some leads and not all.
    pub(crate) fn is_trial(&self) -> bool {
        self.draws.as_ref().is_some_and(Draws::is_trial)
    }

    /// How leads are drawn; none where nothing is.
    pub(crate) fn allocation(&self) -> Option<&AllocationSettings> {
        self.draws.as_ref().map(Draws::settings)
    }

    /// Whether the kill switch is on: the champion serves all leads.
    pub(crate) fn is_killed(&self) -> bool {
        self.draws.as_ref().is_some_and(Draws::is_killed)
    }

    /// Its epoch; 0 without a lifecycle.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }
}

/// The fields that `models` know, but for those with a lead's id; leads are read first by the `champion`.
fn known_by(models: &[Served], champion: Option<&Served>) -> Known {
    let fields = models.iter().flat_map(|served| &served.scorer.bundle().manifest.schema.fields);
    let names = fields.filter(|field| field.role != FieldRole::Id).map(|field| field.name.clone()).collect();
    let schema = champion.map(|served| serde_json::to_vec(&served.scorer.bundle().manifest.schema).unwrap_or_default());
    Known::new(names, crate::model::digest(&schema.unwrap_or_default()))
}

fn no_such_model() -> Problem {
    Problem::new(404, "NO_SUCH_MODEL", "no model with this name and version is served")
}

#[cfg(test)]
mod tests {
    use plumbline_core::Value;
    use plumbline_core::route::{Arm, Rule};
    use serde_json::json;

    use super::*;
    use crate::sample::{ask_of, json, model_of};
    use crate::{Service, Settings};

    fn models() -> Vec<Model> {
        vec![model_of("1", 0.5), model_of("2", 1.5), model_of("3", 2.5)]
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
        let rows = |role: Role| together.effects.predictions.iter().filter(|p| p.role == role).count();
        assert_eq!((rows(Role::Challenger), rows(Role::Champion), rows(Role::Shadow)), (challenged, 200 - challenged, 200));
        let explored = together.effects.predictions.iter().filter(|p| p.explores && p.role != Role::Shadow).count();
        assert_eq!(explored, scores.iter().filter(|s| s["explores"] == true).count());
        // 20 ± 4.2.
        assert!((1..46).contains(&explored), "{explored}");
        assert!(together.effects.predictions.iter().all(|p| p.batch_size == 200 && p.position < 200));
        assert!(
            together
                .effects
                .predictions
                .iter()
                .filter(|p| p.role == Role::Shadow)
                .all(|p| p.margin == Some(9.0) && &*p.variant == "3")
        );
    }

    #[test]
    fn protocols_without_a_model_follow_the_allocation_and_named_models_do_not() {
        let service = service(allocation(10_000));
        let body = r#"{"dataframe_records":[{"lead_id":"a","visits":4}],"params":{"output":"records"}}"#;
        let records = ask_of(&service, "POST /invocations", &[("content-type", "application/json")], body);
        assert_eq!(json(&records)["predictions"][0]["model"]["version"], "2");
        let split = r#"{"dataframe_split":{"columns":["lead_id","visits"],"data":[["a",4],["b",4]]}}"#;
        let split = ask_of(&service, "POST /invocations", &[("content-type", "application/json")], split);
        assert!(split.effects.predictions.iter().filter(|p| p.role == Role::Challenger).all(|p| p.margin == Some(5.0)));
        assert_eq!(split.effects.predictions.len(), 4, "two leads, each with a shadow");
        assert_eq!(json(&split)["variants"], json!(["sample/2", "sample/2"]));
        assert!(
            split.effects.predictions.iter().all(|p| ["a", "b"].contains(&p.lead_id.as_str())),
            "logged under the id it was drawn with"
        );
        let cells = ask_of(&service, "POST /invocations", &[("content-type", "text/csv")], "lead_id,visits\na,many\nb,4\n");
        let told: Vec<_> =
            cells.effects.predictions.iter().filter(|p| p.role != Role::Shadow).map(|p| (p.role, p.status.http())).collect();
        assert_eq!(
            told,
            [(Role::Challenger, 422), (Role::Challenger, 200)],
            "a refused cell is refused of whoever would have scored it"
        );
        let tensor = r#"{"inputs":[{"name":"visits","shape":[1],"datatype":"FP64","data":[4]}]}"#;
        let named = ask_of(&service, "POST /v2/models/sample/versions/1/infer", &[], tensor);
        assert_eq!((json(&named)["parameters"]["variant"].as_str(), named.effects.predictions[0].role), (Some("1"), Role::Named));
        assert_eq!(named.effects.predictions.len(), 1, "nothing is drawn for a model that is asked for by name");
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
        let served: Vec<_> =
            answer.effects.predictions.iter().filter(|p| p.role != Role::Shadow).map(|p| (p.position, p.status.http())).collect();
        assert_eq!(served, [(0, 422), (1, 200)]);
        assert_eq!(ask_of(&service, "POST /v1/score", &[], "[").effects.predictions, []);
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
