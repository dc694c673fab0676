//! The report of what the control object holds.

use plumbline_core::report::{Complete, Deployment, Facts, HourRow, LedgerRow, ModelRow, Recent, Report};
use plumbline_core::rollout::{DAY_MS, Next, State, explain, ledger};
use plumbline_core::window::{HOUR_MS, Layout, Window};
use serde_json::Value;

use super::evidence::voice;
use super::rollout::{actor, said};
use super::windows::{Figures, add};
use super::{Control, Fault, integer, real, text};
use crate::log::{Grain, PAIRED, TESTED};
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Days of the report.
const DAYS: i64 = 90;
/// Entries of the ledger in the report.
const ENTRIES: i64 = 20;
/// Alerts and incidents that the report is made of.
const ALERTS: i64 = 10;
const INCIDENTS: i64 = 50;
/// Outcomes that a window of days should hold: the shortest of [`OUTCOME_DAYS`] that does is taken.
const OUTCOMES: u64 = 2_000;
const OUTCOME_DAYS: [u32; 3] = [7, 14, 28];

impl<S: Sql> Control<S> {
    /// The report at `now_ms`. Its cost depends on days, versions and shards, not on predictions.
    ///
    /// # Errors
    /// No model is registered yet, or the store failed.
    pub fn report(&mut self, now_ms: i64) -> Result<Report, Fault> {
        self.merge_windows()?;
        let state = self.running()?;
        let verdicts = self.shown_of(&state)?;
        let Next { sentence, missing, earliest_ms } = explain(&self.policy, &state, &verdicts, now_ms);
        let mut recent = Vec::new();
        for version in std::iter::once(state.champion.as_str()).chain(state.challenger()) {
            recent.push(self.recent(now_ms, version)?);
        }
        let rollout = state.rollout.as_ref().map(|rollout| rollout.id.clone()).unwrap_or_default();
        let (entered, passed) = (self.entered(&rollout)?, self.passed(&rollout)?);
        let (days, hours) = (self.days(now_ms)?, self.hours(now_ms)?);
        let changes = self.changes(ENTRIES)?;
        let (ledger, ledger_total) = (self.entries(i64::MAX, ENTRIES)?, self.ledger_total()?);
        let (models, diagnosis) = (self.model_rows()?, Some(self.hourly_diagnosis(now_ms)?));
        let (shards, hosts) = (self.shards()?, self.hosts(now_ms)?);
        let odd = match &state.rollout {
            Some(rollout) => {
                let begin = rollout.started_ms.div_euclid(DAY_MS) * DAY_MS;
                voice(&self.windows(Grain::Voice, begin, now_ms + DAY_MS)?, &rollout.challenger).odd
            }
            None => Vec::new(),
        };
        let drift = self.drift_rows(now_ms - DAYS * DAY_MS, &state.champion)?;
        let surveyed = self.surveyed()?.unwrap_or_default();
        let policy = self.policy.clone();
        let (alerts, alerts_total) = self.alert_list(ALERTS)?;
        let retraining = self.retraining_part(now_ms)?;
        let incidents = self.incidents(INCIDENTS)?;
        let undelivered = self.undelivered_count()?;
        let facts = Facts {
            now_ms,
            data_until_ms: self.newest_row_ms()?,
            complete: Complete { shards, answered: shards, epoch: state.epoch, ..hosts },
            deployment: Deployment {
                id: "plumbline".into(),
                name: "Lead scoring".into(),
                environment: self.kept("environment")?.unwrap_or_else(|| "production".into()),
                currency: policy.outcome.value_unit.clone(),
                version: env!("CARGO_PKG_VERSION").into(),
            },
            policy: &policy,
            state: &state,
            entered: &entered,
            passed: &passed,
            odd: &odd,
            days: &days,
            recent: &recent,
            hours: &hours,
            drift: &drift,
            suites: &surveyed.suites,
            human: surveyed.human.as_ref().filter(|human| human.leads > 0),
            test: self.newest_test()?,
            progress: self.progress()?,
            load_test: self.load_test()?,
            verdicts: &verdicts,
            next: sentence,
            missing: missing.into_iter().map(|missing| missing.id).collect(),
            earliest_ms,
            ledger: &ledger,
            ledger_total,
            changes: &changes,
            alerts: (&alerts, alerts_total),
            incidents: &incidents,
            undelivered,
            retraining: &retraining,
            models: &models,
            diagnosis: diagnosis.as_ref(),
        };
        Ok(Report::new(&facts))
    }

    /// What comes next in the rollout, in words.
    ///
    /// # Errors
    /// No model is registered yet, or the store failed.
    pub fn next(&mut self, now_ms: i64) -> Result<(State, Next), Fault> {
        let state = self.running()?;
        let verdicts = self.shown_of(&state)?;
        let next = explain(&self.policy, &state, &verdicts, now_ms);
        Ok((state, next))
    }

    /// The newest verdicts, where they are of the present stage.
    pub(super) fn shown_of(&mut self, state: &State) -> Result<Vec<plumbline_core::rollout::Verdict>, SqlError> {
        let stage = state.stage();
        let mut verdicts = self.shown()?;
        verdicts.retain(|verdict| verdict.stage == stage && stage.is_active());
        if let Some(rollout) = &state.rollout {
            for verdict in &mut verdicts {
                verdict.waived = rollout.waiver(verdict.gate).map(|waiver| waiver.reason.clone());
            }
        }
        Ok(verdicts)
    }

    /// The merged windows of `version`.
    fn recent(&mut self, now_ms: i64, version: &str) -> Result<Recent, SqlError> {
        let (layout, reference) = (self.layout(version)?, self.reference(version)?);
        let today = now_ms.div_euclid(DAY_MS) * DAY_MS;
        let merged = |figures: &[Figures], layout: &Layout, from_ms: i64| {
            let (mut sum, mut business) = (Window::new(layout), Value::Null);
            for one in figures.iter().filter(|one| one.version == version && counts(&one.role) && one.start_ms >= from_ms) {
                if sum.merge(&one.window).is_ok() {
                    add(&mut business, &one.business);
                }
            }
            (sum, business)
        };
        let traffic = self.windows(Grain::Day, today - 6 * DAY_MS, today + DAY_MS)?;
        let previous = self.windows(Grain::Day, today - 13 * DAY_MS, today - 6 * DAY_MS)?;
        let outcomes = self.windows(Grain::Mature, today - 27 * DAY_MS, today + DAY_MS)?;
        let probes: Vec<&Figures> = traffic.iter().filter(|one| one.version == version && one.role == "probe").collect();
        let (previous, _) = merged(&previous, &layout, i64::MIN);
        let (mut traffic, _) = merged(&traffic, &layout, i64::MIN);
        // Leads are no checks: only probes say how often the version was up.
        traffic.counters.checks = probes.iter().map(|probe| probe.window.counters.checks).sum();
        traffic.counters.up = probes.iter().map(|probe| probe.window.counters.up).sum();
        let mut found = None;
        for days in OUTCOME_DAYS {
            let (window, business) = merged(&outcomes, &Layout::default(), today - i64::from(days - 1) * DAY_MS);
            let [converted, not, _] = window.scores.counts();
            let is_enough = converted + not >= OUTCOMES;
            found = Some((window, business, days));
            if is_enough {
                break;
            }
        }
        let (outcomes, business, outcome_days) = found.unwrap_or_else(|| (Window::new(&Layout::default()), Value::Null, 28));
        let from = today - i64::from(outcome_days.saturating_sub(1)) * DAY_MS;
        let said = voice(&self.windows(Grain::Voice, from, today + DAY_MS)?, version);
        let number = |name: &str| business.get(name).and_then(Value::as_f64).unwrap_or_default();
        Ok(Recent {
            version: version.to_owned(),
            deals: (number("deals") as u64, number("deal_sum"), number("deal_squares")),
            ratings: said.ratings,
            bands: self.bands(version)?,
            training: self.known(version)?.baseline.unwrap_or_default().percentiles,
            importance: self.importance(version)?,
            layout,
            reference,
            traffic,
            previous: previous.scores,
            outcomes,
            outcome_days,
        })
    }

    /// The bands of the scores of `version`, each with its least probability.
    fn bands(&mut self, version: &str) -> Result<Vec<(String, f64)>, SqlError> {
        let rows = self.sql.query("SELECT manifest FROM models WHERE version = ?1", &[Param::Text(version)])?;
        let manifest: Value = rows.first().and_then(|row| serde_json::from_str(&text(row, 0)).ok()).unwrap_or_default();
        let bands = manifest.get("bands").and_then(Value::as_array);
        let band = |band: &Value| Some((band.get("name")?.as_str()?.to_owned(), band.get("from")?.as_f64()?));
        Ok(bands.into_iter().flatten().filter_map(band).collect())
    }

    /// Daily figures of the last 90 days.
    fn days(&mut self, now_ms: i64) -> Result<Vec<plumbline_core::report::DayRow>, SqlError> {
        let first = plumbline_core::report::day_text(now_ms - DAYS * DAY_MS);
        let query = "SELECT CAST(strftime('%s', date) AS INTEGER), version, role, auc, auc_low, auc_high, precision, recall,
                calibration_error, p50_ms, p99_ms, error_rate, throughput, coverage, drift, missing, conversion, deal_size, satisfaction,
                leads, matured
            FROM metric_days WHERE date >= ?1 AND role NOT IN ('probe', 'paired', 'tested') ORDER BY date, version, role";
        let rows = self.sql.query(query, &[Param::Text(&first)])?;
        Ok(rows.iter().map(|row| day_row(row)).collect())
    }

    /// The last 48 hours, all versions that answered together.
    fn hours(&mut self, now_ms: i64) -> Result<Vec<HourRow>, SqlError> {
        let hour = now_ms.div_euclid(HOUR_MS) * HOUR_MS;
        let windows = self.windows(Grain::Hour, hour - 47 * HOUR_MS, hour + HOUR_MS)?;
        let mut rows: Vec<HourRow> = Vec::new();
        let mut latency = plumbline_core::window::Latency::default();
        let answered = |figures: &&Figures| matches!(figures.role.as_str(), "champion" | "challenger");
        for figures in windows.iter().filter(answered) {
            if rows.last().is_none_or(|row| row.start_ms != figures.start_ms) {
                rows.push(HourRow { start_ms: figures.start_ms, ..HourRow::default() });
                latency = plumbline_core::window::Latency::default();
            }
            latency.merge(&figures.window.latency);
            if let Some(row) = rows.last_mut() {
                row.requests += figures.window.counters.requests;
                row.errors += figures.window.counters.failed;
                let at = |q: f64| latency.quantile(q).ok().map(|us| us as f64 / 1e3);
                (row.p50_ms, row.p99_ms) = (at(0.5), at(0.99));
            }
        }
        Ok(rows)
    }

    /// The `limit` newest entries of the ledger before `seq`, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub fn entries(&mut self, before: i64, limit: i64) -> Result<Vec<LedgerRow>, SqlError> {
        let query = "SELECT seq, at_ms, kind, body, previous, hash FROM ledger WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
        let rows = self.sql.query(query, &[Param::Integer(before.min((1 << 53) - 1)), Param::Integer(limit)])?;
        Ok(rows.iter().map(|row| ledger_row(row)).collect())
    }

    /// The newest entries that a manager counts as changes, the newest first.
    fn changes(&mut self, limit: i64) -> Result<Vec<LedgerRow>, SqlError> {
        let kinds: Vec<String> = ledger::Kind::CHANGES.iter().map(|kind| format!("'{}'", kind.name())).collect();
        let query = format!(
            "SELECT seq, at_ms, kind, body, previous, hash FROM ledger WHERE kind IN ({}) ORDER BY seq DESC LIMIT ?1",
            kinds.join(", ")
        );
        let rows = self.sql.query(&query, &[Param::Integer(limit)])?;
        Ok(rows.iter().map(|row| ledger_row(row)).collect())
    }

    pub(super) fn ledger_total(&mut self) -> Result<u64, SqlError> {
        Ok(self.sql.query("SELECT count(*) FROM ledger", &[])?.first().map_or(0, |row| integer(row, 0).unsigned_abs()))
    }

    fn model_rows(&mut self) -> Result<Vec<ModelRow>, SqlError> {
        let aliases = self.sql.query("SELECT alias, version FROM aliases ORDER BY alias", &[])?;
        let of = |version: &str| -> Vec<String> {
            aliases.iter().filter(|row| text(row, 1) == version).map(|row| text(row, 0)).collect()
        };
        let mut rows = Vec::new();
        for model in self.models()? {
            rows.push(ModelRow {
                aliases: of(&model.version),
                baseline: self.known(&model.version)?.baseline,
                version: model.version,
                status: model.status,
                registered_ms: model.registered_ms,
                digest: model.digest,
            });
        }
        Ok(rows)
    }

    /// The newest load test: requests a second, and when.
    pub(super) fn load_test(&mut self) -> Result<Option<(f64, i64)>, SqlError> {
        let rows = self.sql.query("SELECT rps, at_ms FROM capacity ORDER BY at_ms DESC LIMIT 1", &[])?;
        Ok(rows.first().and_then(|row| Some((real(row, 0)?, integer(row, 1)))))
    }
}

/// Whether windows of `role` count once for each lead and version: not probes, and not the leads of a rollout or
/// test, which are there twice.
pub(super) fn counts(role: &str) -> bool {
    role != "probe" && role != PAIRED && role != TESTED
}

fn day_row(row: &[SqlValue]) -> plumbline_core::report::DayRow {
    plumbline_core::report::DayRow {
        day_ms: integer(row, 0) * 1_000,
        version: text(row, 1),
        role: text(row, 2),
        auc: real(row, 3),
        auc_interval: real(row, 4).zip(real(row, 5)),
        precision: real(row, 6),
        recall: real(row, 7),
        calibration_error: real(row, 8),
        p50_ms: real(row, 9),
        p99_ms: real(row, 10),
        error_rate: real(row, 11),
        throughput: real(row, 12),
        coverage: real(row, 13),
        drift: real(row, 14),
        missing: real(row, 15),
        conversion: real(row, 16),
        deal_size: real(row, 17),
        satisfaction: real(row, 18),
        leads: integer(row, 19).unsigned_abs(),
        matured: integer(row, 20).unsigned_abs(),
    }
}

fn ledger_row(row: &[SqlValue]) -> LedgerRow {
    let (kind, body) = (text(row, 2), text(row, 3));
    let recorded = serde_json::from_str::<ledger::Recorded>(&body).ok();
    let body: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let sentence = match &recorded {
        Some(recorded) => said(&recorded.event),
        None => body.get("sentence").and_then(|sentence| serde_json::from_value(sentence.clone()).ok()).unwrap_or_default(),
    };
    let actor = match &recorded {
        Some(recorded) => actor(&recorded.event).name,
        None => body.pointer("/actor/name").and_then(Value::as_str).unwrap_or("plumbline").to_owned(),
    };
    let of = |kind: ledger::Kind| kind.name() == text(row, 2);
    let is_firing = of(ledger::Kind::Alert) && body.get("state").and_then(Value::as_str) == Some("firing");
    let is_opened = of(ledger::Kind::Incident) && body.get("due_ms").is_some() && body.get("actor").is_none();
    let is_back = of(ledger::Kind::Transition) && body.get("end").and_then(Value::as_str) == Some("rolled_back");
    LedgerRow {
        seq: integer(row, 0).unsigned_abs(),
        at_ms: integer(row, 1),
        is_trouble: is_firing || is_opened || is_back,
        kind,
        sentence,
        actor,
        previous: text(row, 4),
        hash: text(row, 5),
    }
}
