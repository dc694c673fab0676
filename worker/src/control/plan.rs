//! What a start and a test are planned with: the base rate, leads a day and the champion's quality, as the windows have them.

use plumbline_core::report::LedgerRow;
use plumbline_core::rollout::evidence::Planned;
use plumbline_core::rollout::plan::Basis;
use plumbline_core::rollout::{DAY_MS, Modes, Rollout, Stage, State, TestPlan, ledger, plan};
use plumbline_core::sentence::Sentence;
use plumbline_core::stats::level::SettingError;
use plumbline_core::window::{Layout, Window};
use serde_json::json;

use super::{Control, Fault, integer, text};
use crate::log::Grain;
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Days of outcomes and traffic that a plan looks back.
const DAYS: i64 = 28;
/// Under which the leads a day that the last start reckoned with are kept.
const PLANNED: &str = "planned leads a day";

impl<S: Sql> Control<S> {
    /// The team's own numbers as the windows have them; none before the first outcome.
    ///
    /// # Errors
    /// The store failed.
    pub(super) fn basis(&mut self, now_ms: i64, champion: &str) -> Result<Option<Basis>, SqlError> {
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
        if converted == 0 || not == 0 {
            return Ok(None);
        }
        let base_rate = converted as f64 / (converted + not) as f64;
        let champion_auc = outcomes.scores.roc_auc().ok().map(|area| area.value).filter(|auc| *auc > 0.5 && *auc < 1.0);
        let typical = Basis::new(base_rate, leads as f64 / days.len() as f64);
        Ok(Some(Basis {
            challenger_auc: champion_auc
                .map_or(typical.challenger_auc, |auc| auc.max(typical.challenger_auc - 0.02) + 0.02)
                .min(0.999),
            champion_auc,
            left_out: f64::from(self.base.exploration_bp) / 1e4,
            within_maturity: self.surveyed()?.and_then(|found| found.within_maturity()),
            has_fields: self.policy.leads.store != plumbline_core::rollout::policy::LeadStore::None,
            ..typical
        }))
    }

    /// Share of the champion's matured leads of the last four weeks that converted; none before the first outcome.
    pub(super) fn base_rate(&mut self, now_ms: i64, champion: &str) -> Result<Option<f64>, SqlError> {
        Ok(self.basis(now_ms, champion)?.map(|basis| basis.base_rate))
    }

    /// How precision and recall are judged in a rollout that starts now, whether they cannot both hold, and the start report.
    pub(super) fn start_report(&mut self, now_ms: i64, state: &State) -> Result<(Modes, bool, String), SqlError> {
        let unplannable = |e: SettingError| SqlError::Driver(format!("the start report: {e}"));
        let Some(basis) = self.basis(now_ms, &state.champion)? else {
            let sentence = Sentence::new("NO_OUTCOMES", "No lead has an outcome yet, so nothing can be reckoned ahead.");
            return Ok((plan::modes(&self.policy, None), false, json!({ "sentence": sentence }).to_string()));
        };
        let report = plan::start_report(&self.policy, &basis).map_err(unplannable)?;
        if state.rollout.is_none() {
            self.set_kept(PLANNED, &basis.leads_per_day.to_string())?;
        }
        let document = serde_json::to_string(&report).unwrap_or_default();
        Ok((report.precision_recall.modes, report.precision_recall.cannot_hold_together, document))
    }

    /// Outcomes and requests by the end of the stage, as the start reckoned with them.
    pub(super) fn planned(&mut self, rollout: &Rollout) -> Result<Planned, SqlError> {
        let per_day = self.kept(PLANNED)?.and_then(|text| text.parse::<f64>().ok()).filter(|leads| *leads > 0.0);
        let Some(per_day) = per_day else { return Ok(Planned::default()) };
        let stages = &self.policy.stage;
        let (shadow, canary) = (&stages.shadow, &stages.canary);
        let weeks = rollout.test.as_ref().map_or(0, |test| test.plan.weeks);
        let days = [
            (Stage::Shadow, shadow.min_days + shadow.max_extensions * shadow.extend_days),
            (Stage::Canary, canary.min_days + canary.max_extensions * canary.extend_days),
            (Stage::AbTest, 7 * weeks),
            (Stage::Full, stages.full.watch_days),
        ];
        let days: u32 = days.iter().filter(|(stage, _)| *stage <= rollout.stage).map(|(_, days)| days).sum();
        let leads = (f64::from(days) * per_day) as u64;
        Ok(Planned { outcomes: leads.max(1), requests: leads.max(1) })
    }

    /// The plan of an A/B test of `weeks` weeks (none: as long as the policy allows).
    pub(super) fn plan(&mut self, now_ms: i64, weeks: Option<u32>) -> Result<TestPlan, Fault> {
        let state = self.running()?;
        let no_rate = || Problem::new(409, "NO_OUTCOMES", "no lead has an outcome yet, so the test cannot be planned");
        let basis = self.basis(now_ms, &state.champion)?.ok_or_else(no_rate)?;
        let unplannable = |e: SettingError| Problem::new(409, "TEST_NOT_PLANNABLE", e.to_string());
        let report = plan::test_report(&self.policy, &basis, weeks).map_err(unplannable)?;
        self.keep(now_ms, "plan", &serde_json::to_string(&report).unwrap_or_default())?;
        Ok(report.plan())
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
        self.chain_after(0, i64::MAX)
    }

    /// At most `limit` entries after the entry `seq` as they were hashed, the oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub fn chain_after(&mut self, seq: i64, limit: i64) -> Result<Vec<ledger::Entry>, SqlError> {
        let query = "SELECT seq, at_ms, kind, rollout, body, previous, hash FROM ledger WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let most = |number: i64| Param::Integer(number.min((1 << 53) - 1));
        let rows = self.sql.query(query, &[most(seq), most(limit)])?;
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
