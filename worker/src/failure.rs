//! What is noted of a request that panicked, so that the version which did it answers for it.

use std::sync::Arc;

use plumbline_core::Timestamp;
use plumbline_core::event::{Prediction, Role, Source, Status};

use crate::answer::{After, Effects};
use crate::deployment::{Deployment, Draw};
use crate::scoring::interrupted;
use crate::service::Service;

impl Service {
    /// The rows of a request that panicked on this thread just now, for the log: one with status 500, of the model that was scoring it.
    /// None where no model was.
    pub fn failed(&self, now: Timestamp) -> Effects {
        interrupted().map_or_else(Effects::default, |model| self.failed_by(now, model))
    }

    /// [`failed`](Self::failed) where the host knows that it was model number `model` of the deployment, counted from 0.
    pub(crate) fn failed_by(&self, now: Timestamp, model: usize) -> Effects {
        let deployed = self.deployed();
        rows(&deployed, deployed.first_of(model), now, &self.request_id(), 1)
    }

    /// [`failed`](Self::failed) for a request that panicked in [`after`](Self::after): a row for each of its leads.
    pub fn failed_after(&self, after: &After) -> Effects {
        let deployed = &after.deployment;
        let Some(draw) = interrupted().map(|model| deployed.first_of(model)) else { return Effects::default() };
        rows(deployed, Draw { role: Role::Shadow, ..draw }, after.now, &after.request_id, after.leads)
    }
}

fn rows(deployed: &Deployment, draw: Draw, now: Timestamp, request_id: &Arc<str>, leads: u32) -> Effects {
    let Some(variant) = deployed.variant(draw.variant) else { return Effects::default() };
    let Some(served) = variant.model.and_then(|model| deployed.models().get(model)) else { return Effects::default() };
    let row = |position| Prediction {
        timestamp_ms: now.0,
        request_id: Arc::clone(request_id),
        client_request_id: None,
        position,
        batch_size: leads,
        lead_id: format!("{request_id}/{position}"),
        model: Arc::clone(served.scorer.id()),
        variant: Arc::clone(&variant.name),
        role: draw.role,
        explores: false,
        status: Status::Failed,
        code: Some("INTERNAL"),
        margin: None,
        probability: None,
        band: String::new(),
        flags: None,
        unknown_values: None,
        duration_us: None,
        epoch: deployed.epoch(),
        arm: None,
        segments: None,
        human_score: None,
        source: Source::Service,
    };
    Effects { predictions: (0..leads).map(row).collect(), ..Effects::default() }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use plumbline_core::route::{AllocationSettings, Arm};

    use super::*;
    use crate::sample::{NOW, model, model_of};
    use crate::{Fault, Request, Settings};

    #[test]
    fn a_panic_is_noted_of_the_model_that_was_scoring() {
        let arm = Arm { variant: "2".into(), share_bp: 10_000, room_bp: None };
        let allocation = AllocationSettings {
            experiment: "e".into(),
            arm: vec![arm],
            counterfactual: true,
            ..AllocationSettings::champion_only("1")
        };
        let settings = Settings { allocation: Some(allocation), ..Settings::default() };
        let service = Service::new(settings, vec![model(), model_of("2", 1.0)], "test").unwrap();
        let body = br#"[{"lead_id":"a"},{"lead_id":"b"}]"#;
        let request = Request { method: "POST", path: "/v1/score", query: "", headers: &[], body };
        let of = |effects: Effects| {
            let row = |p: &Prediction| (p.model.version.clone(), p.role, p.status.http(), p.code, p.probability);
            effects.predictions.iter().map(row).collect::<Vec<_>>()
        };
        let failed = |version: &str, role| (version.to_owned(), role, 500, Some("INTERNAL"), None);
        let answer = service.handle(NOW, &request);
        assert_eq!(of(service.failed(NOW)), [], "nothing panicked");
        service.inject("2", Fault::Panic);
        assert!(catch_unwind(AssertUnwindSafe(|| service.handle(NOW, &request))).is_err());
        assert_eq!(of(service.failed(NOW)), [failed("2", Role::Challenger)]);
        assert_eq!(of(service.failed(NOW)), [], "it is noted once");
        service.inject("1", Fault::Panic);
        let after = answer.after.unwrap();
        assert!(catch_unwind(AssertUnwindSafe(|| service.after(&request, &after))).is_err());
        let rows = service.failed_after(&after);
        assert!(rows.predictions.iter().all(|row| row.request_id == after.request_id && row.batch_size == 2));
        assert_eq!(of(rows), [failed("1", Role::Shadow), failed("1", Role::Shadow)]);
    }
}
