//! `/ofrep/v1/…`: the OpenFeature Remote Evaluation Protocol. Who answers a lead, without scoring it.
//!
//! The flag `model` is the version that scores the lead, `explores` whether its score is to be hidden from ranking. The targeting key is the
//! lead's id; other members of the context are its fields, which rules of the allocation ask for. Nothing is logged: that a lead was shown
//! a variant is an exposure.

use plumbline_core::event::{Role, TestArm};
use plumbline_core::lead::Slots;
use serde::Serialize;
use serde_json::{Value, json};

use super::json::{Members, text};
use super::tagged;
use crate::deployment::Draw;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::service::Serving;

/// The version that scores the lead.
const MODEL: &str = "model";
/// Whether the score is to be hidden from ranking.
const EXPLORES: &str = "explores";
/// The flags there are.
const FLAGS: [&str; 2] = [MODEL, EXPLORES];

/// All flags for the lead of the request; nothing but 304 where the caller has them.
pub(super) fn all(serving: Serving<'_>, request: &Request<'_>) -> Result<Response, Problem> {
    let lead = Lead::of(serving, request)?;
    let flags: Vec<Value> = FLAGS.iter().map(|key| lead.flag(key)).collect();
    Ok(tagged(request, reply(200, &json!({ "flags": flags }))))
}

/// The flag `key` for the lead of the request. What is wrong with the request is said with the key: without it clients take it for a failure
/// of the service.
pub(super) fn one(serving: Serving<'_>, key: &str, request: &Request<'_>) -> Response {
    let evaluated = if FLAGS.contains(&key) {
        Lead::of(serving, request).map(|lead| lead.flag(key))
    } else {
        let detail = format!("there is no flag {key:.100}; the flags are model and explores");
        Err(Problem::new(404, "FLAG_NOT_FOUND", detail))
    };
    match evaluated {
        Ok(flag) => reply(200, &flag),
        Err(problem) => {
            let (code, details) = words(&problem);
            let key: String = key.chars().take(100).collect();
            reply(problem.status, &json!({ "key": key, "errorCode": code, "errorDetails": details }))
        }
    }
}

/// A problem as the protocol words it.
pub(super) fn refusal(problem: &Problem) -> Response {
    let (code, details) = words(problem);
    reply(problem.status, &json!({ "errorCode": code, "errorDetails": details }))
}

/// The protocol's code of a problem, and what it says of it.
fn words(problem: &Problem) -> (&'static str, String) {
    let code = match problem.code {
        code @ ("TARGETING_KEY_MISSING" | "INVALID_CONTEXT" | "FLAG_NOT_FOUND") => code,
        _ if problem.status == 400 => "PARSE_ERROR",
        _ => "GENERAL",
    };
    (code, format!("{}: {}", problem.code, problem.detail))
}

fn reply(status: u16, body: &Value) -> Response {
    Response::new(status, "application/json", body.to_string().into_bytes())
}

/// What is known of a lead without scoring it.
struct Lead {
    draw: Draw,
    /// Why it is this draw, in a word of OpenFeature.
    reason: &'static str,
    variant: String,
    version: String,
    metadata: Metadata,
}

/// What else is known of an evaluation.
#[derive(Serialize)]
struct Metadata {
    /// Name of the model.
    name: String,
    role: &'static str,
    /// The deployment; none where nobody counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    /// The side of the test that the lead is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    arm: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment: Option<String>,
}

impl Lead {
    /// The lead of the context that `request` brings.
    ///
    /// # Errors
    /// The body is not what the protocol says, or its context has no targeting key.
    fn of(Serving { deployment, service, is_suspended, .. }: Serving<'_>, request: &Request<'_>) -> Result<Lead, Problem> {
        let body = text(request.body)?;
        let body = Members::of(&body, "the request")?;
        let context = body.get("context")?.unwrap_or("{}");
        let key: Option<String> = Members::of(context, "context of the request")?.read("targetingKey", "a text")?;
        let key = key.filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| Problem::new(400, "TARGETING_KEY_MISSING", "send the lead's id as context.targetingKey"))?;
        let limits = service.settings().limits;
        if key.len() > limits.id_bytes as usize {
            let detail = format!("the targeting key has {} bytes; the limit is {}", key.len(), limits.id_bytes);
            return Err(Problem::new(400, "INVALID_CONTEXT", detail));
        }
        let champion = deployment.champion();
        let scorer = &deployment.served(champion)?.scorer;
        let mut slots = Slots::default();
        // A field that cannot be read is missing, for rules as for the score.
        drop(scorer.reader().read_json(context.as_bytes(), &limits, &mut slots));
        let drawn = deployment.draw(&key, is_suspended, |field| scorer.value(&slots, field));
        let draw = drawn.unwrap_or_else(|| deployment.fixed(champion, false));
        let variant = deployment.variant(draw.variant);
        let model = deployment.served(variant.and_then(|variant| variant.model).unwrap_or(champion))?;
        let allocation = deployment.allocation();
        let is_split = allocation.is_some_and(|allocation| !allocation.arm.is_empty() && !allocation.killed);
        let experiment = allocation.filter(|_| is_split).map(|allocation| allocation.experiment.clone());
        let metadata = Metadata {
            name: model.scorer.id().name.clone(),
            role: if draw.role == Role::Challenger { draw.role } else { Role::Champion }.name(),
            epoch: Some(deployment.epoch()).filter(|epoch| *epoch > 0),
            arm: draw.arm.map(TestArm::name),
            experiment,
        };
        Ok(Lead {
            draw,
            reason: if is_split { "SPLIT" } else { "STATIC" },
            variant: variant.map_or_else(String::new, |variant| variant.name.to_string()),
            version: model.scorer.id().version.clone(),
            metadata,
        })
    }

    /// The flag `key`, evaluated.
    fn flag(&self, key: &str) -> Value {
        let Lead { draw, reason, variant, version, metadata } = self;
        if key == EXPLORES {
            let (reason, variant) = if draw.explores { ("SPLIT", "explores") } else { ("SPLIT", "ranks") };
            return json!({ "key": key, "value": draw.explores, "reason": reason, "variant": variant, "metadata": metadata });
        }
        json!({ "key": key, "value": version, "reason": reason, "variant": variant, "metadata": metadata })
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::Value as Field;
    use plumbline_core::route::{AllocationSettings, Arm, Rule};
    use serde_json::{Value, json};

    use crate::sample::{ask, ask_of, json, model_of};
    use crate::{Service, Settings};

    const ALL: &str = "POST /ofrep/v1/evaluate/flags";
    const MODEL: &str = "POST /ofrep/v1/evaluate/flags/model";

    fn drawing(rule: Vec<Rule>, killed: bool) -> Service {
        let arm = vec![Arm { variant: "2".into(), share_bp: 5_000, room_bp: None }];
        let base = AllocationSettings::champion_only("1");
        let allocation = AllocationSettings { experiment: "e".into(), arm, rule, killed, exploration_bp: 1_000, ..base };
        let settings = Settings { allocation: Some(allocation), ..Settings::default() };
        Service::new(settings, vec![model_of("1", 0.5), model_of("2", 1.5)], "test").unwrap()
    }

    fn body(key: &str, more: &Value) -> String {
        let mut context = more.clone();
        context["targetingKey"] = key.into();
        json!({ "context": context }).to_string()
    }

    #[test]
    fn a_flag_names_the_version_that_scores_the_lead() {
        let service = drawing(Vec::new(), false);
        let (mut challenged, mut explored) = (0, 0);
        for lead in 0..200 {
            let id = format!("L{lead}");
            let score = json(&ask_of(&service, "POST /v1/score?reasons=0", &[], json!({ "lead_id": id }).to_string()));
            let flags = json(&ask_of(&service, ALL, &[], body(&id, &json!({}))));
            let [model, explores] = [0, 1].map(|at| flags["flags"][at].clone());
            assert_eq!((&model["value"], &model["variant"]), (&score["model"]["version"], &score["variant"]), "{id}");
            assert_eq!(explores["value"], score["explores"] == true, "{id}");
            assert_eq!((model["reason"].as_str(), model["metadata"]["experiment"].as_str()), (Some("SPLIT"), Some("e")));
            assert_eq!(json(&ask_of(&service, MODEL, &[], body(&id, &json!({})))), model);
            challenged += i32::from(model["metadata"]["role"] == "challenger");
            explored += i32::from(explores["value"] == true);
        }
        assert!(challenged > 50 && explored > 2, "{challenged} {explored}");
    }

    #[test]
    fn rules_read_the_context_and_the_kill_switch_leaves_one_model() {
        let paid = Rule { field: "plan".into(), any_of: Some(vec![Field::Text("paid".into())]), ..Rule::default() };
        let versions = |service: &Service, context: Value| {
            let of = |lead: i32| json(&ask_of(service, MODEL, &[], body(&format!("L{lead}"), &context)));
            (0..50).filter(|lead| of(*lead)["value"] == "2").count()
        };
        let ruled = drawing(vec![paid], false);
        assert_eq!(versions(&ruled, json!({ "plan": "free", "tags": {} })), 0);
        assert!(versions(&ruled, json!({ "plan": "paid" })) > 10);
        let killed = drawing(Vec::new(), true);
        assert_eq!(versions(&killed, json!({})), 0);
        let flag = json(&ask_of(&killed, MODEL, &[], body("L1", &json!({}))));
        assert_eq!(flag["reason"], "STATIC", "{flag}");
        assert_eq!(json(&ask(MODEL, &[], body("a", &json!({}))))["value"], "1", "also without an allocation");
    }

    #[test]
    fn the_flags_have_a_tag_and_nothing_is_logged() {
        let service = drawing(Vec::new(), false);
        let first = ask_of(&service, ALL, &[], body("a", &json!({})));
        assert!(first.effects.predictions.is_empty() && first.after.is_none());
        let tag = first.response.header("etag").unwrap().to_owned();
        assert_eq!(ask_of(&service, ALL, &[("if-none-match", &tag)], body("a", &json!({}))).response.status, 304);
    }

    #[test]
    fn what_is_wrong_has_a_code_of_the_protocol() {
        let long = body(&"x".repeat(300), &json!({}));
        for (line, sent, status, code) in [
            (MODEL, "{", 400, "PARSE_ERROR"),
            (MODEL, "[]", 400, "PARSE_ERROR"),
            (ALL, "{}", 400, "TARGETING_KEY_MISSING"),
            (MODEL, r#"{"context":{"targetingKey":""}}"#, 400, "TARGETING_KEY_MISSING"),
            (MODEL, r#"{"context":{"targetingKey":7}}"#, 400, "PARSE_ERROR"),
            (MODEL, &long, 400, "INVALID_CONTEXT"),
            ("POST /ofrep/v1/evaluate/flags/price", "{}", 404, "FLAG_NOT_FOUND"),
        ] {
            let answer = ask(line, &[], sent);
            assert_eq!((answer.response.status, json(&answer)["errorCode"].as_str()), (status, Some(code)), "{line} {sent}");
            let key = line.strip_prefix("POST /ofrep/v1/evaluate/flags/");
            assert_eq!(json(&answer)["key"].as_str(), key, "{line} {sent}");
        }
    }
}
