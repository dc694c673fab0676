//! What the service says, as the page reads it: real answers of the service through the page's types.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use plumbline_core::{Bundle, Options, Scorer, Timestamp};
use plumbline_tests::project_root;
use plumbline_web::bits::Agreement;
use plumbline_web::edge::wire::{self, Models};
use plumbline_worker::{Model, Request, Service, Settings};

const NOW: Timestamp = Timestamp(1_794_787_200_000);

fn bundle() -> Vec<u8> {
    std::fs::read(project_root().join("worker/demo/demo.plumb")).expect("the demo")
}

fn ask(service: &Service, method: &str, path: &str, body: &str) -> (u16, Vec<u8>) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let request = Request { method, path, query, headers: &[("content-type", "application/json")], body: body.as_bytes() };
    let answer = service.handle(NOW, &request);
    (answer.response.status, answer.response.body)
}

#[test]
fn the_page_loads_what_is_served_and_has_the_same_bits() {
    let mut other = Bundle::read(&bundle()).expect("the demo is sound");
    other.manifest.version = "other".into();
    let models = [other.write().expect("a bundle"), bundle()].map(|bytes| Model::read(bytes).expect("a model")).into();
    let service = Service::new(Settings::default(), models, "test").expect("a service");

    let (_, body) = ask(&service, "GET", "/v1/models", "");
    let models: Models = serde_json::from_slice(&body).expect("the page reads the models");
    let served = models.default().expect("one answers when none is named");
    assert_eq!((served.id.version.as_str(), served.digest.len(), models.models.len()), ("other", 64, 2));
    let (status, bytes) = ask(&service, "GET", &served.bundle, "");
    assert_eq!(status, 200);
    let scorer = Scorer::new(Bundle::read(&bytes).expect("the bundle as it was loaded")).expect("it fits its schema");
    assert_eq!((&scorer.id().name, &scorer.id().version), (&served.id.name, &served.id.version));

    let leads = std::fs::read_to_string(project_root().join("worker/demo/leads.ndjson")).expect("leads");
    for lead in leads.lines() {
        let (status, body) = ask(&service, "POST", "/v1/score?reasons=0", lead);
        let answer = wire::read(status, &body).expect("the page reads the answer").expect("a score");
        assert_eq!((answer.timestamp_ms, &answer.model), (NOW.0, &served.id));
        let lead = serde_json::from_str(lead).expect("a lead");
        let here = scorer.score(&lead, Timestamp(answer.timestamp_ms), &Options::default()).expect("a score");
        assert_eq!(Agreement::of(here.margin, answer.margin), Agreement::Same);
        assert_eq!(Agreement::of(here.probability, answer.probability), Agreement::Same);
        assert_eq!(here.band, answer.band);
    }
}

#[test]
fn the_page_reads_every_problem_of_a_lead() {
    let models = vec![Model::read(bundle()).expect("a model")];
    let service = Service::new(Settings::default(), models, "test").expect("a service");
    let (status, body) = ask(&service, "POST", "/v1/score", r#"{"pricing_page_visits":"twelve","employees":"many"}"#);
    let problem = wire::read(status, &body).expect("the page reads the answer").expect_err("a problem");
    let mut fields: Vec<_> = problem.faults().into_iter().map(|fault| (fault.code, fault.field.unwrap_or_default())).collect();
    fields.sort();
    let wrong = |field: &str| ("LEAD_WRONG_TYPE".to_owned(), field.to_owned());
    assert_eq!((status, fields), (422, vec![wrong("employees"), wrong("pricing_page_visits")]));
}
