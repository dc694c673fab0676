//! What handling a request gives: a response, and what is left to do.

use plumbline_core::event::{Prediction, Role, Status};

use crate::request::Response;

/// A response, and what its request leaves to do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// What the caller gets.
    pub response: Response,
    /// What the host does besides.
    pub effects: Effects,
    /// The path has no route: what is asked for may be a file of the page, and is no request to the service.
    pub is_stray: bool,
}

/// What is left to do for the host.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// Rows of the log, those of one lead together, in the order of the request; for [`Journal::push`](crate::Journal::push).
    pub predictions: Vec<Prediction>,
}

impl Effects {
    /// How many leads of the answer were scored, and how many refused. What a shadow scores is in no answer.
    pub(crate) fn leads(&self) -> (u64, u64) {
        let answered = || self.predictions.iter().filter(|p| p.role != Role::Shadow);
        let scored = answered().filter(|p| p.status == Status::Scored).count();
        (scored as u64, (answered().count() - scored) as u64)
    }

    /// How many leads of the answer have a value that the model which scored them has never seen.
    pub(crate) fn leads_with_unknown_values(&self) -> u64 {
        self.predictions.iter().filter(|p| p.role != Role::Shadow && p.unknown_values.is_some()).count() as u64
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Answer {
        Answer { response, effects: Effects::default(), is_stray: false }
    }
}
