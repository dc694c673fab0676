//! Asking the versions that are deployed while nobody else does, and saying how the instance fares.

use std::sync::Arc;

use plumbline_core::event::{Prediction, Role, Source, Status};
#[cfg(any(test, target_arch = "wasm32"))]
use plumbline_core::score::ModelId;
use plumbline_core::score::Workspace;
use plumbline_core::{Scorer, Timestamp};

use crate::answer::Effects;
use crate::deployment::Served;
use crate::heartbeat::Heartbeat;
#[cfg(any(test, target_arch = "wasm32"))]
use crate::journal::{Batch, Journal};
use crate::service::Service;
#[cfg(any(test, target_arch = "wasm32"))]
use crate::settings::Settings;

impl Service {
    /// Scores a golden lead of each model that is deployed; returns a row of role `probe` for each, with the time that took by `micros`, a
    /// clock in µs. It is nobody's lead.
    pub fn probe(&self, now: Timestamp, micros: &mut dyn FnMut() -> u64) -> Effects {
        let deployed = self.deployed();
        let mut effects = Effects::default();
        let mut work = Workspace::default();
        for served in deployed.models() {
            let began = micros();
            let (margin, probability) = score(&served.scorer, now, &mut work);
            let duration_us = u32::try_from(micros().saturating_sub(began)).unwrap_or(u32::MAX);
            let epoch = deployed.epoch();
            effects.predictions.push(self.probed(served, now, epoch, (margin, probability, duration_us)));
        }
        effects
    }

    fn probed(&self, served: &Served, now: Timestamp, epoch: u64, (margin, probability, us): (f64, f64, u32)) -> Prediction {
        let request_id = self.request_id();
        let is_scored = probability.is_finite();
        let model = Arc::clone(served.scorer.id());
        Prediction {
            timestamp_ms: now.0,
            lead_id: format!("{request_id}/0"),
            request_id,
            client_request_id: None,
            position: 0,
            batch_size: 1,
            variant: model.version.as_str().into(),
            model,
            role: Role::Probe,
            explores: false,
            status: if is_scored { Status::Scored } else { Status::Failed },
            code: (!is_scored).then_some("PROBE_FAILED"),
            margin: Some(margin),
            probability: Some(probability),
            band: served.scorer.band(probability).to_owned(),
            flags: None,
            unknown_values: None,
            duration_us: Some(us),
            epoch,
            arm: None,
            segments: None,
            human_score: None,
            source: Source::Service,
        }
    }

    /// What the instance says of itself at `now`; `memory_bytes` is what the host knows of its memory.
    pub fn heartbeat(&self, now: Timestamp, memory_bytes: Option<u64>) -> Heartbeat {
        let deployed = self.deployed();
        let [rows_made, rows_written, rows_failed, shadows_dropped, shadows_failed] = self.metrics().rows();
        Heartbeat {
            instance: self.instance().to_owned(),
            at_ms: now.0,
            build: option_env!("PLUMBLINE_BUILD").unwrap_or(env!("CARGO_PKG_VERSION")).to_owned(),
            epoch: deployed.epoch(),
            heard_epoch: self.newest().max(deployed.epoch()),
            stale: self.is_stale(now),
            killed: deployed.is_killed(),
            memory_bytes,
            rows_made,
            rows_written,
            rows_failed,
            shadows_dropped,
            shadows_failed,
            trouble: self.trouble(),
        }
    }
}

/// A batch for shard 0 with a failed probe of each of `versions`, for a control object whose probe no instance answered at `now`. `name`
/// is random text: a batch is stored once by its name.
#[cfg(any(test, target_arch = "wasm32"))]
pub(crate) fn unanswered(now: Timestamp, versions: &[&str], name: &str) -> Option<Batch> {
    let row = |(position, version): (u32, &&str)| Prediction {
        timestamp_ms: now.0,
        lead_id: format!("{name}/{position}"),
        request_id: name.into(),
        client_request_id: None,
        position,
        batch_size: 1,
        variant: (*version).into(),
        model: Arc::new(ModelId { name: String::new(), version: (*version).to_owned() }),
        role: Role::Probe,
        explores: false,
        status: Status::Failed,
        code: Some("PROBE_UNANSWERED"),
        margin: None,
        probability: None,
        band: String::new(),
        flags: None,
        unknown_values: None,
        duration_us: None,
        epoch: 0,
        arm: None,
        segments: None,
        human_score: None,
        source: Source::Service,
    };
    let effects = Effects { predictions: (0..).zip(versions).map(row).collect(), ..Effects::default() };
    let mut journal = Journal::new(&Settings { shards: 1, ..Settings::default() }, name);
    journal.push(now, &effects);
    journal.flush().pop()
}

/// The margin and the probability of a golden lead, another each minute; of a bundle without any, of a lead about which nothing is known.
fn score(scorer: &Scorer, now: Timestamp, work: &mut Workspace) -> (f64, f64) {
    let goldens = scorer.bundle().goldens();
    let turn = now.0.div_euclid(60_000).rem_euclid(goldens.len().max(1) as i64);
    let unknown;
    let row = match goldens.get(turn as usize) {
        Some(golden) => golden.row.as_slice(),
        None => {
            unknown = vec![f64::NAN; scorer.bundle().model().columns.len()];
            &unknown
        }
    };
    let (margins, _) = scorer.score_row(row, work);
    let margins = margins.to_vec();
    (margins.first().copied().unwrap_or(f64::NAN), scorer.probability(&margins, work))
}

#[cfg(test)]
mod tests {
    use plumbline_core::route::{AllocationSettings, Deployed};

    use super::*;
    use crate::Settings;
    use crate::model::digest;
    use crate::sample::{NOW, ask_of, bytes_of, service};

    #[test]
    fn each_model_is_asked_and_its_time_is_noted() {
        let service = service(Settings::default());
        let bundles = [bytes_of("1", 0.5), bytes_of("2", 1.0)];
        let models = bundles.iter().map(|bytes| digest(bytes)).collect();
        let allocation = AllocationSettings::champion_only("sample/1");
        service.deploy(&Deployed { epoch: 4, effective_ms: 0, allocation, models }, &[&bundles[1]]).unwrap();
        let mut time = 0;
        let mut clock = || {
            time += 250_000;
            time
        };
        let effects = service.probe(NOW, &mut clock);
        let rows: Vec<_> = effects.predictions.iter().map(|p| (&*p.model.version, p.role, p.duration_us, p.epoch)).collect();
        assert_eq!(rows, [("1", Role::Probe, Some(250_000), 4), ("2", Role::Probe, Some(250_000), 4)]);
        assert!(effects.predictions.iter().all(|p| p.probability.is_some_and(|p| (0.0..=1.0).contains(&p))));
    }

    #[test]
    fn a_probe_that_no_instance_answered_is_a_failed_check_of_each_version() {
        let batch = unanswered(NOW, &["1", "2"], "x").unwrap();
        assert_eq!((batch.shard, batch.rows), (0, 2));
        let rows: serde_json::Value = serde_json::from_str(batch.text.lines().nth(1).unwrap()).unwrap();
        assert!(rows[1].to_string().contains(r#""probe",500,"PROBE_UNANSWERED""#), "{rows}");
        assert!(unanswered(NOW, &[], "x").is_none());
    }

    #[test]
    fn a_heartbeat_tells_what_is_served_and_what_was_stored() {
        let service = service(Settings::default());
        ask_of(&service, "POST /v1/score", &[], r#"[{"visits":1},{"visits":2}]"#);
        service.metrics().queued(2);
        service.metrics().committed(1);
        service.heard(NOW, 3);
        let beat = service.heartbeat(Timestamp(NOW.0 + 60_001), Some(7));
        assert_eq!((beat.epoch, beat.heard_epoch, beat.stale, beat.killed, beat.memory_bytes), (0, 3, true, false, Some(7)));
        assert_eq!((beat.rows_made, beat.rows_written, beat.rows_failed), (2, 1, 0));
        assert_eq!(beat.trouble, None);
        let allocation = AllocationSettings { killed: true, ..AllocationSettings::champion_only("2") };
        let deployed = Deployed { epoch: 3, effective_ms: 0, allocation, models: vec!["0".repeat(64)] };
        assert!(service.deploy(&deployed, &[]).is_err());
        let trouble = service.heartbeat(NOW, None).trouble.unwrap();
        assert!(trouble.contains("BUNDLE_MISSING"), "{trouble}");
        let bytes = bytes_of("2", 1.0);
        service.deploy(&Deployed { models: vec![digest(&bytes)], ..deployed }, &[&bytes]).unwrap();
        let beat = service.heartbeat(NOW, None);
        assert_eq!((beat.trouble, beat.killed, beat.epoch), (None, true, 3));
        assert_eq!(
            serde_json::from_str::<Heartbeat>(&serde_json::to_string(&service.heartbeat(NOW, None)).unwrap()).unwrap().epoch,
            3
        );
    }
}
