//! Outcomes of several requests, stored together: a store on a network is asked once for many.

use plumbline_core::event::{EventError, Outcome, read_events, shard};

use super::{Lifecycle, admitted, refused, rejected};
use crate::access::Scope;
use crate::control::{Fault, stored};
use crate::log::EventStatus;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::route;
use crate::store::Sql;

/// The events of a request with outcomes, each as far as it can be read.
type ReadOutcomes = Vec<Result<Outcome, EventError>>;

impl<S: Sql> Lifecycle<S> {
    /// The answers to requests with outcomes, whose events are stored together: under load, in one transaction instead of one each.
    pub fn answer_outcomes(&mut self, now_ms: i64, requests: &[Request<'_>], is_local: bool) -> Vec<Response> {
        let access = match self.control.access(now_ms) {
            Ok(access) => access,
            Err(e) => return requests.iter().map(|_| refused(&Fault::Store(e.clone()).problem())).collect(),
        };
        let read: Vec<Result<ReadOutcomes, Problem>> = requests
            .iter()
            .map(|request| {
                let (routed, viewer) = admitted(&access, now_ms, request, is_local)?;
                viewer.needs(routed.route.scope.unwrap_or(Scope::Admin))?;
                read_events::<Outcome>(request.body, now_ms).map_err(|e| Problem::new(400, e.code(), e.to_string()))
            })
            .collect();
        let mut statuses = self.store_outcomes(now_ms, &read).map(Vec::into_iter);
        let answer = |(request, read): (&Request<'_>, Result<ReadOutcomes, Problem>)| {
            let mut response = match (read, &mut statuses) {
                (Err(problem), _) => problem.response(),
                (Ok(_), Err(problem)) => refused(problem),
                (Ok(events), Ok(statuses)) => stored(vec![statuses.by_ref().take(events.len()).collect()]),
            };
            route::finish(&access, request, &mut response);
            response
        };
        requests.iter().zip(read).map(answer).collect()
    }

    /// What becomes of each event of requests with outcomes, in their order.
    fn store_outcomes(
        &mut self,
        now_ms: i64,
        read: &[Result<ReadOutcomes, Problem>],
    ) -> Result<Vec<Option<EventStatus>>, Problem> {
        let shards = u32::try_from(self.shards.len()).unwrap_or(1);
        let all: Vec<&Result<Outcome, EventError>> = read.iter().flatten().flatten().collect();
        let mut statuses: Vec<Option<EventStatus>> = all.iter().map(|event| event.as_ref().err().map(rejected)).collect();
        for (number, log) in (0..).zip(&mut self.shards) {
            let own = |event: &Outcome| shard(&event.lead_id, shards.max(1)) == number;
            let own =
                all.iter().enumerate().filter_map(|(at, event)| Some((at, (*event).as_ref().ok().filter(|event| own(event))?)));
            let (places, events): (Vec<usize>, Vec<Outcome>) = own.map(|(at, event)| (at, event.clone())).unzip();
            if events.is_empty() {
                continue;
            }
            let stored = log.ingest(now_ms, &events).map_err(|e| Fault::Store(e).problem())?;
            for (at, status) in places.into_iter().zip(stored) {
                if let Some(place) = statuses.get_mut(at) {
                    *place = Some(status);
                }
            }
        }
        Ok(statuses)
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::rollout::Policy;
    use plumbline_core::route::AllocationSettings;

    use crate::log::LogShard;
    use crate::request::Request;
    use crate::sample::bytes_of;
    use crate::store::memory::Memory;
    use crate::{Control, Lifecycle};

    const NOW: i64 = 1_700_000_000_000;

    fn open() -> Lifecycle<Memory> {
        let mut control = Control::open(Memory::new(), Policy::default(), AllocationSettings::champion_only("")).unwrap();
        control.genesis(NOW, &bytes_of("1", 0.5), "test").unwrap();
        let shards = [0, 1].map(|_| LogShard::open(Memory::new()).unwrap());
        Lifecycle::new(control, shards.into())
    }

    #[test]
    fn a_parameter_that_cannot_be_read_is_rejected() {
        let mut lifecycle = open();
        let lists = ["ledger", "leads", "feedback", "alerts", "incidents", "reviews", "notes", "retrain"];
        let limits = lists
            .iter()
            .flat_map(|list| ["abc", "", "0", "-1", "1.5", "1e3"].map(|n| (format!("/v1/{list}"), format!("limit={n}"))));
        let others = [
            ("/v1/ledger", "after=abc"),
            ("/v1/ledger", "after=-1"),
            ("/v1/leads", "after=1.x"),
            ("/v1/feedback", "open=yes"),
            ("/v1/export", "continuous=1"),
            ("/v1/ledger/served", "lead_id=a&at=abc"),
            ("/v1/plan", "weeks=abc"),
            ("/v1/plan", "weeks=105"),
            ("/v1/retrain/leads", "days=x"),
        ];
        let others = others.map(|(path, query)| (path.to_owned(), query.to_owned()));
        for (path, query) in limits.chain(others) {
            let request = Request { method: "GET", path: &path, query: &query, headers: &[], body: b"" };
            let answer = lifecycle.answer(NOW, &request, true);
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            let is_coded = said.contains("BAD_PARAMETER") || said.contains("TIME_MALFORMED");
            assert!(answer.status == 400 && is_coded, "{path}?{query}: {} {said}", answer.status);
        }
        for (path, query) in
            [("/v1/ledger", "after=0&limit=5000"), ("/v1/leads", "after=-.7&limit=1"), ("/v1/feedback", "open=true")]
        {
            let request = Request { method: "GET", path, query, headers: &[], body: b"" };
            assert_eq!(lifecycle.answer(NOW, &request, true).status, 200, "{path}?{query}");
        }
    }

    #[test]
    fn each_request_has_the_answer_that_it_would_have_alone() {
        let event = |lead: &str, at: i64| {
            format!(r#"{{"lead_id":"{lead}","event_id":"{lead}-1","kind":"converted","occurred_at":{at}}}"#)
        };
        let bodies = [
            event("a", NOW),
            format!("{}\n{}\n{}", event("b", NOW), r#"{"lead_id":"c"}"#, event("d", NOW)),
            "[".to_owned(),
            event("a", NOW - 1),
            event("e", NOW),
            event("a", NOW),
        ];
        let ask = |(at, body)| {
            let headers: &[(&str, &str)] = if at == 4 { &[("authorization", "Bearer unknown")] } else { &[] };
            Request { method: "POST", path: "/v1/outcomes", query: "", headers, body }
        };
        let requests: Vec<Request<'_>> = bodies.iter().map(|body| body.as_bytes()).enumerate().map(ask).collect();
        let together = open().answer_outcomes(NOW, &requests, true);
        let mut lifecycle = open();
        let alone: Vec<_> = requests.iter().map(|request| lifecycle.answer(NOW, request, true)).collect();
        let shown = |all: &[crate::request::Response]| {
            all.iter().map(|one| (one.status, String::from_utf8_lossy(&one.body).into_owned())).collect::<Vec<_>>()
        };
        assert_eq!(shown(&together), shown(&alone));
        assert_eq!(together.iter().map(|one| one.status).collect::<Vec<_>>(), [200, 200, 422, 422, 401, 200]);
    }
}
