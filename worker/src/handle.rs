//! From a request to its answer, counted.

use plumbline_core::Timestamp;

use crate::answer::Answer;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route;
use crate::service::{Service, Serving};

impl Service {
    /// Answers `request` as of `now`, by what is deployed when it begins.
    pub fn handle(&self, now: Timestamp, request: &Request<'_>) -> Answer {
        let deployment = self.deployed();
        let answer = route::answer(Serving { service: self, deployment: &deployment }, now, request);
        self.metrics().request(answer.response.status);
        if !answer.effects.predictions.is_empty() {
            let (scored, refused) = answer.effects.leads();
            self.metrics().leads(scored, refused, answer.effects.predictions.len() as u64);
        }
        answer
    }

    /// The response to a request for `path` that failed before or after [`handle`](Self::handle): its body was unreadable, its log
    /// rows could not be stored. It is counted as [`handle`](Self::handle) counts, unless `answered` says that it was already.
    pub fn refuse(&self, path: &str, problem: &Problem, answered: bool) -> Response {
        let response = route::refusal(path, problem);
        if !answered {
            self.metrics().request(response.status);
        }
        response
    }
}
