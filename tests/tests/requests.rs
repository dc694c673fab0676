//! The service's doors say the same of the same leads, whatever protocol they come by.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use plumbline_core::Timestamp;
use plumbline_core::event::Status;
use plumbline_tests::project_root;
use plumbline_worker::{Answer, Model, Request, Service, Settings};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_794_787_200_000);

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let bytes = std::fs::read(project_root().join("worker/demo/demo.plumb")).expect("the demo");
    let model = Model::read(bytes).expect("the demo is sound");
    Service::new(Settings::default(), vec![model], "test").expect("a service")
});

static LEADS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(project_root().join("worker/demo/leads.ndjson")).expect("the demo's leads");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
});

fn post(path: &str, media: &str, body: &str) -> Answer {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let headers = [("content-type", media)];
    SERVICE.handle(NOW, &Request { method: "POST", path, query, headers: &headers, body: body.as_bytes() })
}

fn value(answer: &Answer) -> Value {
    assert_eq!(answer.response.status, 200, "{}", String::from_utf8_lossy(&answer.response.body));
    serde_json::from_slice(&answer.response.body).expect("JSON")
}

/// Probabilities as `/v1/score` gives them for one lead at a time.
fn alone(leads: &[Value]) -> Vec<f64> {
    let probability = |lead: &Value| value(&post("/v1/score", "application/json", &lead.to_string()))["probability"].as_f64();
    leads.iter().map(|lead| probability(lead).expect("a probability")).collect()
}

fn floats(list: &Value) -> Vec<f64> {
    list.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_protocol_gives_the_same_bits(chosen in prop::collection::vec(0..50usize, 1..8)) {
        let leads: Vec<Value> = chosen.iter().map(|i| LEADS[*i].clone()).collect();
        let expected = alone(&leads);
        let array = value(&post("/v1/score?reasons=0", "application/json", &json!(leads).to_string()));
        prop_assert_eq!(&array["scores"].as_array().expect("a list").iter().map(|s| s["probability"].as_f64().expect("p")).collect::<Vec<_>>(), &expected);
        let lines: Vec<String> = leads.iter().map(Value::to_string).collect();
        let answer = post("/v1/score", "application/x-ndjson", &lines.join("\n"));
        let lines = String::from_utf8(answer.response.body).expect("UTF-8");
        let found: Vec<f64> = lines.lines().map(|l| serde_json::from_str::<Value>(l).expect("JSON")["probability"].as_f64().expect("p")).collect();
        prop_assert_eq!(&found, &expected);
        for body in [json!({"dataframe_records": leads}), json!({"instances": leads}), json!({"inputs": leads})] {
            let answer = value(&post("/invocations", "application/json", &body.to_string()));
            prop_assert_eq!(&floats(&answer["predictions"]), &expected);
        }
        let names: Vec<String> = leads.iter().flat_map(|l| l.as_object().expect("an object").keys().cloned()).collect();
        let names: Vec<String> = names.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        let data: Vec<Vec<Value>> = leads.iter().map(|l| names.iter().map(|n| l[n].clone()).collect()).collect();
        let split = json!({"dataframe_split": {"columns": names, "data": data}});
        prop_assert_eq!(&floats(&value(&post("/invocations", "application/json", &split.to_string()))["predictions"]), &expected);
        let columns: serde_json::Map<String, Value> =
            names.iter().map(|n| (n.clone(), leads.iter().map(|l| l[n].clone()).collect())).collect();
        let inputs = json!({"inputs": columns});
        prop_assert_eq!(&floats(&value(&post("/invocations", "application/json", &inputs.to_string()))["predictions"]), &expected);
    }

    #[test]
    fn in_any_batch_only_the_bad_leads_fail(bad in prop::collection::vec(any::<bool>(), 1..20)) {
        let leads: Vec<Value> = bad.iter().enumerate().map(|(i, bad)| if *bad { json!({"employees": "many"}) } else { LEADS[i].clone() }).collect();
        let answer = post("/v1/score", "application/json", &json!(leads).to_string());
        prop_assert_eq!(answer.effects.predictions.len(), bad.len());
        let scores = value(&answer);
        for ((score, bad), logged) in scores["scores"].as_array().expect("a list").iter().zip(bad).zip(&answer.effects.predictions) {
            prop_assert_eq!(score["error"].is_object(), bad, "{}", score);
            prop_assert_eq!(score["probability"].is_number(), !bad);
            prop_assert_eq!((logged.status == Status::Scored, logged.probability.is_some()), (!bad, !bad));
        }
    }

    /// Whatever the path and the method, an answer is coded and never a failure of ours.
    #[test]
    fn any_path_has_an_answer(method in "[A-Z]{0,8}", path in "(/[a-z0-9%.]{0,8}){0,5}", query in "[a-z0-9=&%]{0,12}", body: Vec<u8>) {
        let answer = SERVICE.handle(NOW, &Request { method: &method, path: &path, query: &query, headers: &[], body: &body });
        prop_assert!((200..500).contains(&answer.response.status));
    }
}
