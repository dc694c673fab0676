//! From a request to its answer, and what is counted of it.

use plumbline_core::Timestamp;

use crate::answer::Answer;
use crate::metrics::Counted;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route;
use crate::service::{Service, Serving};

impl Service {
    /// Answers `request` as of `now`, by what is deployed when it begins. The host calls [`answered`](Self::answered) once the caller
    /// gets the answer, or [`refuse`](Self::refuse) instead, where its rows could not be stored, and [`Metrics::queued`](crate::Metrics::queued)
    /// when it hands rows to the log: an answer that is dropped, because its caller has left, leaves no rows pending.
    pub fn handle(&self, now: Timestamp, request: &Request<'_>) -> Answer {
        let deployment = self.deployed();
        route::answer(Serving { service: self, deployment: &deployment }, now, request)
    }

    /// Counts an answer that its caller gets.
    pub fn answered(&self, answer: &Answer) {
        self.metrics().answered(&Counted::of(answer));
    }

    /// The response to a request that failed before or after [`handle`](Self::handle): its body was unreadable, its log rows could not
    /// be stored. It is counted.
    pub fn refuse(&self, request: &Request<'_>, problem: &Problem) -> Response {
        let deployment = self.deployed();
        let answer = route::refusal(Serving { service: self, deployment: &deployment }, request, problem);
        self.answered(&answer);
        answer.response
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::{NOW, service};
    use crate::{LogMode, Refusal, Request, Settings};

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
