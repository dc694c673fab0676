//! How often a lead is read, and that it is scored as by its model alone.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use plumbline_core::event::{Role, TestArm};
use plumbline_core::lead::{LeadError, Limits, Reader, Slots};
use plumbline_core::route::{AllocationSettings, Arm};
use plumbline_core::{Options, Workspace};
use serde_json::json;

use super::Scoring;
use super::source::{Json, Source};
use crate::sample::{NOW, ask_of, json as body_of, model_of, wider_model};
use crate::{Service, Settings};

/// A lead that counts how often it is read.
struct Counted {
    json: &'static str,
    reads: Rc<Cell<usize>>,
}

impl Source for Counted {
    fn read(&self, reader: &Reader, limits: &Limits, slots: &mut Slots) -> Result<(), Vec<LeadError>> {
        self.reads.set(self.reads.get() + 1);
        Json(self.json.as_bytes()).read(reader, limits, slots)
    }

    fn json(&self) -> Cow<'_, str> {
        self.json.into()
    }
}

/// How often the lead `json` is read by a service of `models` under `allocation`, behind a suite if the build has any.
fn reads(models: Vec<crate::Model>, allocation: Option<AllocationSettings>, json: &'static str) -> usize {
    let suite = json!({ "name": "leads", "expectations": [
        { "type": "expect_column_values_to_be_between", "kwargs": { "column": "visits", "max_value": 10 }, "severity": "critical" },
    ] });
    let suite = cfg!(feature = "quality").then_some(suite);
    let service = Service::new(Settings { allocation, suite, ..Settings::default() }, models, "test").unwrap();
    let deployment = service.deployed();
    let serving = service.serving(&deployment, NOW);
    let mut scoring = Scoring::new(serving, (None, None), NOW, 2, None).unwrap();
    let reads = Rc::new(Cell::new(0));
    let mut answers = 0;
    scoring.rows(std::iter::once(Counted { json, reads: Rc::clone(&reads) }), |_| answers += 1);
    assert_eq!(answers, 1);
    reads.get()
}

fn allocation(shadow: &[&str]) -> AllocationSettings {
    let arm = Arm { variant: "2".into(), share_bp: 10_000, room_bp: None };
    let shadow = shadow.iter().map(|name| (*name).to_owned()).collect();
    AllocationSettings { experiment: "e".into(), arm: vec![arm], shadow, ..AllocationSettings::champion_only("1") }
}

#[test]
fn a_lead_is_read_once_by_each_distinct_schema_that_scores_it() {
    let alike = || vec![model_of("1", 0.5), model_of("2", 1.5), model_of("3", 2.5), model_of("4", 3.5)];
    let wider = || vec![model_of("1", 0.5), wider_model("2", 1.5), wider_model("3", 2.5), model_of("4", 3.5)];
    let lead = r#"{"lead_id":"a","visits":4,"seats":1}"#;
    let cases = [
        (alike(), None, lead, 1),
        (alike(), Some(allocation(&[])), lead, 1),
        (alike(), Some(allocation(&["3", "4"])), lead, 1),
        (wider(), None, lead, 1),
        (wider(), Some(allocation(&["4"])), lead, 2),
        (wider(), Some(allocation(&["3", "4"])), lead, 2),
        (wider(), Some(allocation(&["3"])), r#"{"lead_id":"a","visits":{}}"#, 2),
        // Broken text is broken for every schema.
        (wider(), Some(allocation(&["3"])), r#"{"lead_id":"a","#, 1),
        // What the suite refuses is not scored by anyone.
        #[cfg(feature = "quality")]
        (wider(), Some(allocation(&["3"])), r#"{"lead_id":"a","visits":11}"#, 1),
    ];
    for (number, (models, allocation, lead, expected)) in cases.into_iter().enumerate() {
        assert_eq!(reads(models, allocation, lead), expected, "case {number}: {lead}");
    }
}

#[test]
fn an_answer_lends_what_was_read_and_the_row_that_was_scored() {
    let service = Service::new(Settings::default(), vec![model_of("1", 0.5)], "test").unwrap();
    let deployment = service.deployed();
    let mut scoring = Scoring::new(service.serving(&deployment, NOW), (None, None), NOW, 0, None).unwrap();
    let lead = |json| Counted { json, reads: Rc::default() };
    let leads =
        [r#"{"lead_id":"a","visits":4,"plan":"paid"}"#, r#"{"lead_id":"b","visits":[]}"#, r#"{"lead_id":"c","visits":1}"#];
    let scorer = model_of("1", 0.5).scorer;
    let mut lent = Vec::new();
    scoring.rows(leads.map(lead).into_iter(), |answered| {
        lent.push((scorer.reader().id(answered.slots).to_owned(), answered.row.to_vec(), answered.outcome.is_ok()));
    });
    let alone = |json: &str| {
        let mut work = Workspace::default();
        scorer.score_bytes(json.as_bytes(), NOW, &Options::default(), &mut work).unwrap();
        work.row().to_vec()
    };
    let bits = |row: &[f64]| row.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let ids: Vec<_> = lent.iter().map(|(id, _, is_scored)| (id.as_str(), *is_scored)).collect();
    assert_eq!(ids, [("a", true), ("b", false), ("c", true)]);
    assert_eq!(lent[0].1, [4.0, 1.0]);
    assert_eq!(bits(&lent[0].1), bits(&alone(leads[0])));
    assert!(lent[1].1.is_empty(), "a lead that is not scored has no row");
    assert_eq!(bits(&lent[2].1), bits(&alone(leads[2])));
}

#[test]
fn a_row_has_its_lead_s_segments_its_human_score_and_its_side_of_the_test() {
    let settings = |segments: &[&str], human_score: &str| {
        let segments = segments.iter().map(|name| (*name).to_owned()).collect();
        Settings { segments, human_score: Some(human_score.into()), allocation: Some(allocation(&["3"])), ..Settings::default() }
    };
    let models = || vec![model_of("1", 0.5), model_of("2", 1.5), model_of("3", 2.5)];
    let service = Service::new(settings(&["visits", "plan", "none"], "visits"), models(), "test").unwrap();
    let leads = r#"[{"lead_id":"a","visits":4.5,"plan":"paid"},{"lead_id":"b"},{"lead_id":"c","visits":[]},{"visits":1}]"#;
    let answer = ask_of(&service, "POST /v1/score", &[], leads);
    let found = answer.effects.predictions.iter().map(|p| (p.position, p.segments.as_deref(), p.human_score, p.arm));
    let (whole, treated) = (Some(r#"{"plan":"paid","visits":4.5}"#), Some(TestArm::Treatment));
    let rows = [
        (0, whole, Some(4.5), treated),
        (1, Some("{}"), None, treated),
        (2, None, None, treated),
        // It has no id to draw with.
        (3, Some(r#"{"visits":1}"#), Some(1.0), None),
    ];
    assert_eq!(
        found.collect::<Vec<_>>(),
        [rows, rows].concat(),
        "the answer's rows, and then those of the version that scored after it"
    );
    let service = Service::new(settings(&[], "plan"), models(), "test").unwrap();
    let answer = ask_of(&service, "POST /v1/score", &[], leads);
    assert!(answer.effects.predictions.iter().all(|p| p.segments.is_none() && p.human_score.is_none()), "{answer:?}");
}

#[test]
fn every_model_scores_as_if_it_were_alone() {
    let models = || vec![model_of("1", 0.5), wider_model("2", 1.5), model_of("3", 2.5), wider_model("4", 3.5)];
    let arm = Arm { variant: "2".into(), share_bp: 5_000, room_bp: None };
    let allocation = AllocationSettings { arm: vec![arm], ..allocation(&["3", "4"]) };
    let service = Service::new(Settings { allocation: Some(allocation), ..Settings::default() }, models(), "test").unwrap();
    // More than two blocks of leads, some of them refused.
    let lead = |i: usize| match i % 7 {
        3 => json!({ "lead_id": format!("L{i}"), "visits": [] }),
        5 => json!({ "lead_id": format!("L{i}"), "seats": "many" }),
        _ => json!({ "lead_id": format!("L{i}"), "visits": i % 11, "seats": i % 3, "plan": "paid" }),
    };
    let leads: Vec<_> = (0..300).map(lead).collect();
    for (line, reasons) in [("POST /v1/score", 0), ("POST /v1/score?reasons=2", 2)] {
        let answer = ask_of(&service, line, &[], json!(leads).to_string());
        assert_eq!(answer.effects.predictions.len(), 900);
        let scores = body_of(&answer)["scores"].as_array().unwrap().clone();
        for row in &answer.effects.predictions {
            let lead = &leads[row.position as usize];
            let scorer = models().into_iter().find(|model| model.scorer.id() == &row.model).unwrap().scorer;
            let options = Options::with_reasons(if row.role == Role::Shadow { 0 } else { reasons });
            let alone = scorer.score_bytes(lead.to_string().as_bytes(), NOW, &options, &mut Workspace::default());
            assert_eq!(row.margin, alone.as_ref().ok().map(|score| score.margin), "{row:?}");
            assert_eq!(row.code, alone.as_ref().err().map(|error| error.code()), "{row:?}");
            assert_eq!(row.lead_id, lead["lead_id"].as_str().unwrap());
            if row.role != Role::Shadow
                && let Ok(alone) = alone
            {
                let mut text = Vec::new();
                alone.write_json(&mut text);
                let mut expected: serde_json::Value = serde_json::from_slice(&text).unwrap();
                expected["variant"] = (*row.variant).into();
                if row.explores {
                    expected["explores"] = true.into();
                }
                assert_eq!(scores[row.position as usize], expected);
            }
        }
    }
}
