//! From a request to its answer, and what is counted of it.

use plumbline_core::Timestamp;

use std::cell::RefCell;

use crate::answer::{After, Answer, Effects};
use crate::metrics::Counted;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route;
use crate::service::{Again, Service, Serving};

impl Service {
    /// Answers `request` as of `now`, by what is deployed when it begins. The host calls [`answered`](Self::answered) once the caller
    /// gets the answer, or [`refuse`](Self::refuse) instead, where its rows could not be stored, and [`Metrics::queued`](crate::Metrics::queued)
    /// when it hands rows to the log: an answer that is dropped, because its caller has left, leaves no rows pending.
    pub fn handle(&self, now: Timestamp, request: &Request<'_>) -> Answer {
        let deployment = self.deployed();
        route::answer(self.serving(&deployment, now), now, request)
    }

    /// Scores the leads of `request` by the versions that did not answer it, as [`Answer::after`] asks; returns their rows, whose role is
    /// `shadow`. A host calls it once the answer is on its way, so that it can neither delay nor fail it.
    pub fn after(&self, request: &Request<'_>, after: &After) -> Effects {
        let again = Again { first: after, effects: RefCell::default() };
        let (deployment, is_suspended) = (&after.deployment, after.is_suspended);
        route::answer(Serving { service: self, deployment, is_suspended, again: Some(&again) }, after.now, request);
        again.effects.into_inner()
    }

    /// Counts an answer that its caller gets.
    pub fn answered(&self, answer: &Answer) {
        self.metrics().answered(&Counted::of(answer));
    }

    /// The response to a request that failed before or after [`handle`](Self::handle): its body was unreadable, its log rows could not
    /// be stored. It is counted.
    pub fn refuse(&self, request: &Request<'_>, problem: &Problem) -> Response {
        let deployment = self.deployed();
        let serving = Serving { service: self, deployment: &deployment, is_suspended: false, again: None };
        let answer = route::refusal(serving, request, problem);
        self.answered(&answer);
        answer.response
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    use plumbline_core::Timestamp;
    use plumbline_core::event::Role;
    use plumbline_core::route::AllocationSettings;

    use crate::sample::{NOW, model, model_of, service};
    use crate::{Answer, Fault, LogMode, Refusal, Request, Service, Settings};

    #[test]
    fn what_is_counted_is_what_the_caller_got() {
        let service = service(Settings { log: LogMode::Durable, ..Settings::default() });
        let score =
            Request { method: "POST", path: "/v1/score", query: "", headers: &[], body: br#"[{"visits":1},{"visits":[]}]"# };
        let counts = |line: &str| service.metrics().text().lines().any(|known| known == line);
        // The rows of the first are stored, those of the second are not.
        service.answered(&service.handle(NOW, &score));
        service.metrics().queued(2);
        service.metrics().committed(2);
        service.handle(NOW, &score);
        service.metrics().queued(2);
        service.metrics().failed(2);
        let refused = service.refuse(&score, &Refusal::LogUnavailable.problem(service.settings()));
        // The caller of the third leaves before its rows are handed to the log.
        drop(service.handle(NOW, &score));
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
        for line in [
            "plumbline_requests_total{status=\"2xx\"} 1",
            "plumbline_requests_total{status=\"5xx\"} 1",
            "plumbline_leads_scored_total 1",
            "plumbline_leads_refused_total 1",
            "plumbline_log_rows_pending 0",
        ] {
            assert!(counts(line), "{line} is not in\n{}", service.metrics().text());
        }
        // A file that the page does not have is not a failed request to the service.
        let file = Request { method: "GET", path: "/favicon.ico", ..score };
        let answer = service.handle(NOW, &file);
        service.answered(&answer);
        assert_eq!((answer.response.status, answer.is_stray), (404, true));
        assert!(counts("plumbline_requests_total{status=\"4xx\"} 0") && counts("plumbline_requests_without_route_total 1"));
    }

    #[test]
    fn versions_that_do_not_answer_score_after_the_answer_and_can_neither_delay_nor_fail_it() {
        let allocation = AllocationSettings { shadow: vec!["2".into()], ..AllocationSettings::champion_only("1") };
        let settings = Settings { allocation: Some(allocation), ..Settings::default() };
        let service = Service::new(settings, vec![model(), model_of("2", 1.0)], "test").unwrap();
        let body = r#"[{"lead_id":"a","visits":4},{"lead_id":"b","visits":[]}]"#;
        let request =
            Request { method: "POST", path: "/v1/score", query: "", headers: &[("x-request-id", "mine")], body: body.as_bytes() };
        let plain = service.handle(NOW, &request);
        service.inject("2", Fault::Panic);
        let answer = service.handle(NOW, &request);
        let bytes = |answer: &Answer| {
            let id = answer.effects.predictions[0].request_id.to_string();
            String::from_utf8(answer.response.body.clone()).unwrap().replace(&id, "")
        };
        assert_eq!((answer.response.status, bytes(&answer)), (200, bytes(&plain)));
        assert!(answer.effects.predictions.iter().all(|row| row.role == Role::Champion));
        let after = answer.after.as_ref().unwrap();
        assert!(catch_unwind(AssertUnwindSafe(|| service.after(&request, after))).is_err());
        service.inject("2", Fault::Wait(Duration::from_millis(1)));
        let shadows = service.after(&request, after).predictions;
        let rows: Vec<_> =
            shadows.iter().map(|p| (&*p.lead_id, p.role, p.status.http(), p.margin, p.position, p.batch_size)).collect();
        assert_eq!(rows, [("a", Role::Shadow, 200, Some(3.0), 0, 2), ("b", Role::Shadow, 422, None, 1, 2)]);
        for (shadow, row) in shadows.iter().zip(&answer.effects.predictions) {
            assert_eq!((&shadow.request_id, &shadow.client_request_id), (&row.request_id, &row.client_request_id));
            assert_eq!((shadow.timestamp_ms, shadow.explores, shadow.arm), (row.timestamp_ms, row.explores, row.arm));
        }
        let named = Request {
            path: "/serving-endpoints/sample/invocations",
            body: br#"{"dataframe_records":[{"visits":1}]}"#,
            ..request
        };
        let named = service.handle(NOW, &Request { headers: &[("content-type", "application/json")], ..named });
        assert_eq!((named.response.status, named.after), (200, None), "who names a model is answered by it alone");
        for path in ["/health/ready", "/v1/score"] {
            let answer = service.handle(NOW, &Request { method: "GET", path, ..request });
            assert_eq!(answer.after, None, "{path}");
        }
    }

    #[test]
    fn health_and_metrics_say_what_is_served_and_whether_it_may_be_outdated() {
        let service = service(Settings::default());
        let ask = |path, now| {
            let answer = service.handle(Timestamp(now), &Request { method: "GET", path, query: "", headers: &[], body: b"" });
            (answer.response.status, String::from_utf8(answer.response.body).unwrap())
        };
        service.expect_deployments(Timestamp(1_000));
        let (status, body) = ask("/health/ready", 1_000);
        assert_eq!((status, body.contains("waiting for the first")), (503, true), "{body}");
        assert_eq!(ask("/v2/health/ready", 1_000).0, 503);
        assert_eq!(ask("/health/ready", 12_000), (200, r#"{"ready":true}"#.into()));
        service.heard(Timestamp(13_000), 0);
        assert_eq!(ask("/health/ready", 73_000), (200, r#"{"ready":true}"#.into()));
        assert!(ask("/metrics", 73_000).1.contains("plumbline_stale 0\n"));
        let (status, body) = ask("/health/ready", 73_001);
        assert_eq!((status, body.contains("stale")), (200, true), "{body}");
        assert!(ask("/metrics", 73_001).1.contains("plumbline_epoch 0\n"));
        assert!(ask("/metrics", 73_001).1.contains("plumbline_stale 1\n"));
    }

    #[test]
    fn readiness_follows_the_log() {
        for (log, status) in [(LogMode::Durable, 503), (LogMode::Batched, 200)] {
            let service = service(Settings { log, ..Settings::default() });
            let ask = |path| {
                let answer = service.handle(NOW, &Request { method: "GET", path, query: "", headers: &[], body: b"" });
                (answer.response.status, String::from_utf8(answer.response.body).unwrap())
            };
            assert_eq!(ask("/health/ready"), (200, r#"{"ready":true}"#.into()));
            service.metrics().failed(3);
            let (found, body) = ask("/health/ready");
            assert_eq!((found, body.contains("log")), (status, true), "{body}");
            assert_eq!(ask("/v2/health/ready").0, status);
            assert_eq!(ask("/v2/models/sample/ready").0, status);
            assert_eq!(ask("/health/live").0, 200);
            service.metrics().storable(true);
            assert_eq!(ask("/health/ready"), (200, r#"{"ready":true}"#.into()));
        }
    }
}
