//! What handling a request gives: a response, and what is left to do.

use std::sync::Arc;

use plumbline_core::Timestamp;
use plumbline_core::event::{Prediction, Role, Status};

use crate::deployment::Deployment;
use crate::request::Response;
use crate::tally::Seen;

/// A response, and what its request leaves to do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// What the caller gets.
    pub response: Response,
    /// What the host does besides.
    pub effects: Effects,
    /// The path has no route: what is asked for may be a file of the page, and is no request to the service.
    pub is_stray: bool,
    /// What is to be scored once the caller has the answer; none for most deployments.
    pub after: Option<After>,
}

/// A request whose leads are to be scored by the versions that did not answer, for [`Service::after`](crate::Service::after). It holds
/// what the request began with, so that they are scored as of the same moment and drawn alike.
#[derive(Debug, Clone)]
pub struct After {
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) now: Timestamp,
    pub(crate) request_id: Arc<str>,
    /// How many leads the request has.
    pub(crate) leads: u32,
    /// The challenger served none of them, since nobody watches it.
    pub(crate) is_suspended: bool,
}

impl PartialEq for After {
    fn eq(&self, other: &After) -> bool {
        self.request_id == other.request_id && Arc::ptr_eq(&self.deployment, &other.deployment)
    }
}

/// What is left to do for the host.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// Rows of the log, those of one lead together, in the order of the request; for [`Journal::push`](crate::Journal::push).
    pub predictions: Vec<Prediction>,
    /// What was read of the leads, for counts and for the fields that are kept; nothing where neither is.
    pub seen: Seen,
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
        Answer { response, effects: Effects::default(), is_stray: false, after: None }
    }
}
