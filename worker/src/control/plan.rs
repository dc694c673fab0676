//! What a start and a test are planned with: the base rate, leads a day and the champion's quality, as the windows have them.

use plumbline_core::experiment::{Baseline, Plan};
use plumbline_core::report::LedgerRow;
use plumbline_core::rollout::policy::Mode;
use plumbline_core::rollout::{Modes, State, TestPlan, ledger, plan};
use plumbline_core::window::{Layout, Window};
use serde_json::json;

use super::windows::DAY_MS;
use super::{Control, Fault, integer, text};
use crate::log::Grain;
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Days of outcomes and traffic that a plan looks back.
const DAYS: i64 = 28;

/// How things are before a rollout.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Situation {
    /// Share of matured leads that converted.
    base_rate: Option<f64>,
    /// The champion's area under the ROC curve.
    auc: Option<f64>,
    /// New leads a day.
    leads_per_day: f64,
}

impl<S: Sql> Control<S> {
    fn situation(&mut self, now_ms: i64, champion: &str) -> Result<Situation, SqlError> {
        let today = now_ms.div_euclid(DAY_MS) * DAY_MS;
        let (mut outcomes, mut leads) = (Window::new(&Layout::default()), 0);
        let mut days = std::collections::BTreeSet::new();
        for figures in self.windows(Grain::Mature, today - DAYS * DAY_MS, today + DAY_MS)? {
            if figures.version == champion && matches!(figures.role.as_str(), "champion" | "challenger" | "shadow") {
                // Windows of one version have one layout.
                let _ = outcomes.merge(&figures.window);
                leads += figures.window.counters.leads;
                days.insert(figures.start_ms);
            }
        }
        let [converted, not, _] = outcomes.scores.counts();
        let all = converted + not;
        Ok(Situation {
            base_rate: (all > 0).then(|| converted as f64 / all as f64),
            auc: outcomes.scores.roc_auc().ok().map(|area| area.value),
            leads_per_day: if days.is_empty() { 0.0 } else { leads as f64 / days.len() as f64 },
        })
    }

    /// How precision and recall are judged in a rollout that starts now, whether they cannot both hold, and the start report.
    pub(super) fn start_report(&mut self, now_ms: i64, state: &State) -> Result<(Modes, bool, String), SqlError> {
        let situation = self.situation(now_ms, &state.champion)?;
        let expected = situation.base_rate.zip(situation.auc).and_then(|(rate, auc)| plan::Expected::new(rate, auc).ok());
        let modes = plan::modes(&self.policy, expected);
        let (precision, recall) = (self.policy.gates.precision.min, self.policy.gates.recall.min);
        let needed = expected.and_then(|expected| plan::auc_needed(expected.base_rate, precision, recall).ok().flatten());
        let can_hold =
            expected.is_none_or(|expected| plan::can_hold_together(expected.base_rate, expected.auc, precision, recall));
        let is_absolute = modes.precision == Mode::Absolute && modes.recall == Mode::Absolute;
        let report = json!({
            "auc_needed": needed, "base_rate": situation.base_rate, "champion_auc": situation.auc,
            "leads_per_day": situation.leads_per_day, "modes": modes,
        });
        Ok((modes, is_absolute && !can_hold, report.to_string()))
    }

    /// The plan of an A/B test of `weeks` weeks (none: as long as the policy allows).
    pub(super) fn plan(&mut self, now_ms: i64, weeks: Option<u32>) -> Result<TestPlan, Fault> {
        let state = self.running()?;
        let situation = self.situation(now_ms, &state.champion)?;
        let (test, primary) = (&self.policy.stage.ab_test, &self.policy.experiment.primary);
        let weeks = weeks.unwrap_or_else(|| (test.max_days + test.max_extensions * test.extend_days) / 7).max(1);
        let no_rate = || Problem::new(409, "NO_OUTCOMES", "no lead has an outcome yet, so the test cannot be planned");
        let rate = situation.base_rate.filter(|rate| *rate > 0.0 && *rate < 1.0).ok_or_else(no_rate)?;
        let mut plan = Plan::new(Baseline::Rate(rate), primary.lift);
        plan.power = primary.power;
        plan.leads_per_day = Some(situation.leads_per_day).filter(|leads| *leads > 0.0);
        let unplannable = |e: plumbline_core::stats::level::SettingError| Problem::new(409, "TEST_NOT_PLANNABLE", e.to_string());
        let planned = plan.work_out().map_err(unplannable)?;
        let share = f64::from(test.share_bp) / 1e4;
        let planned_per_arm = (situation.leads_per_day * 7.0 * f64::from(weeks) * share.min(1.0 - share)) as u64;
        let document = serde_json::to_string(&planned).unwrap_or_default();
        let sha256 = self.keep(now_ms, "plan", &document)?;
        Ok(TestPlan {
            weeks,
            leads_per_day: situation.leads_per_day.round() as u32,
            needed_per_arm: planned.needed.per_arm,
            planned_per_arm,
            sha256,
        })
    }

    /// Records a load test.
    ///
    /// # Errors
    /// A figure that is not positive and finite (422), or the store failed.
    pub fn record_capacity(
        &mut self,
        now_ms: i64,
        build: &str,
        (rps, p99_ms): (f64, f64),
        seconds: u32,
        by: &str,
    ) -> Result<(), Fault> {
        if !(rps.is_finite() && rps > 0.0 && p99_ms.is_finite() && p99_ms >= 0.0 && seconds > 0) {
            return Err(
                Problem::new(422, "CAPACITY_INVALID", "req_per_s and seconds must be positive, p99_ms not negative").into()
            );
        }
        let insert = "INSERT INTO capacity (build, at_ms, rps, p99_ms, seconds, actor) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (build, at_ms) DO UPDATE SET rps = excluded.rps, p99_ms = excluded.p99_ms, seconds = excluded.seconds";
        let given = [
            Param::Text(build),
            Param::Integer(now_ms),
            Param::Real(rps),
            Param::Real(p99_ms),
            Param::Integer(seconds.into()),
            Param::Text(by),
        ];
        Ok(self.sql.execute(insert, &given).map(drop)?)
    }

    /// Up to `limit` entries of the ledger after `seq`, the oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub fn entries_after(&mut self, seq: i64, limit: i64) -> Result<Vec<LedgerRow>, SqlError> {
        let mut entries = self.entries(seq.saturating_add(limit).saturating_add(1), limit)?;
        entries.reverse();
        entries.retain(|entry| entry.seq as i64 > seq);
        Ok(entries)
    }

    /// The whole ledger, for its verification.
    ///
    /// # Errors
    /// The store failed.
    pub fn chain(&mut self) -> Result<Vec<ledger::Entry>, SqlError> {
        let rows = self.sql.query("SELECT seq, at_ms, kind, rollout, body, previous, hash FROM ledger ORDER BY seq", &[])?;
        Ok(rows.iter().map(|row| entry(row)).collect())
    }
}

fn entry(row: &[SqlValue]) -> ledger::Entry {
    ledger::Entry {
        seq: integer(row, 0).unsigned_abs(),
        at_ms: integer(row, 1),
        kind: text(row, 2),
        rollout: text(row, 3),
        body: text(row, 4),
        previous: text(row, 5),
        hash: text(row, 6),
    }
}
