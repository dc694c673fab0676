//! Retraining: when a run is due, who may ask for one, and what becomes of it. A model that is good enough is queued for shadow; nothing
//! here starts a rollout.

mod due;
mod elsewhere;
mod labelled;
mod run;
mod work;

use plumbline_core::alert::of_retraining;
use plumbline_core::report::{Estimate, RetrainingPart, RetrainingRun, time_text};
use plumbline_core::retrain::{Decision, Ruling};
use plumbline_core::rollout::ledger::Kind;
use plumbline_core::rollout::policy::LeadStore;
use plumbline_core::sentence::Sentence;
use serde_json::{Value, json};

pub use labelled::Labelled;
pub use run::{Phase, Run, Trigger};
pub(super) use work::Retraining;

use super::rollout::append;
use super::{Control, Fault, outbox};
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError};

/// Runs of the report.
const LISTED: i64 = 10;

impl<S: Sql> Control<S> {
    /// Has the model retrained because the person `by` asks for it; it begins with the next tick.
    ///
    /// # Errors
    /// No model is registered, no fields of leads are kept, or a run is under way (409).
    pub fn retrain(&mut self, now_ms: i64, by: &str) -> Result<Run, Fault> {
        self.running()?;
        if self.policy.leads.store == LeadStore::None {
            let detail =
                "no fields of leads are kept (leads.store is none), so there is nothing to train on; set leads.store to scored";
            return Err(Problem::new(409, "RETRAIN_NO_FIELDS", detail).into());
        }
        if let Some(run) = self.retraining_under_way()? {
            return Err(work::under_way(&run).into());
        }
        let run = match self.insert_run(now_ms, Trigger::Manual, by)? {
            Some(run) => run,
            None => {
                let run = self.retraining_under_way()?;
                let again =
                    || Problem::new(409, "RETRAIN_RUNNING", "a retraining was asked for in this second; ask again in the next");
                return Err(run.map_or_else(again, |run| work::under_way(&run)).into());
            }
        };
        let sentence = Sentence::new("RETRAIN_ASKED", format!("{by} asked for a retraining.")).with("run", run.id.as_str());
        let body = json!({ "actor": { "name": by }, "run": run.id, "sentence": sentence, "trigger": run.trigger.name() });
        self.sql.transaction(&mut |sql| append(sql, now_ms, Kind::Retrain, "", &body))?;
        Ok(run)
    }

    /// The newest retrainings and when the next is due, as callers see them.
    pub(super) fn shown_retrainings(&mut self, now_ms: i64, limit: i64) -> Result<Value, Fault> {
        let next = self.next_retraining(now_ms)?.map(time_text);
        let runs: Vec<Value> = self.retrainings(limit)?.iter().map(shown).collect();
        Ok(json!({ "next_at": next, "runs": runs }))
    }

    /// What is wrong with the newest retraining that ended; `Some(None)`: nothing; none before the first.
    pub(super) fn retraining_trouble(&mut self) -> Result<Option<Option<String>>, SqlError> {
        let newest = self.retrainings(2)?.into_iter().find(|run| run.state == Phase::Ended);
        let is_trouble = |run: &Run| matches!(run.decision.as_deref(), Some("below" | "failed"));
        Ok(newest.map(|run| Some(run).filter(is_trouble).map(|run| run.sentence.text)))
    }

    /// What the report says of retrainings.
    pub(super) fn retraining_part(&mut self, now_ms: i64) -> Result<RetrainingPart, SqlError> {
        let next_at = self.next_retraining(now_ms)?.map(time_text);
        let short = |x: f64| (x * 1e3).round() / 1e3;
        let part = |run: Run| RetrainingRun {
            at: time_text(run.due_ms),
            trigger: run.trigger.name().to_owned(),
            state: run.state.name().to_owned(),
            rows: run.rows,
            estimate: Estimate { n: run.tested, ..Estimate::of(run.auc).within(run.interval) },
            champion_auc: run.champion_auc.map(short),
            result: run.decision,
            version: run.version,
            sentence: run.sentence,
            id: run.id,
        };
        Ok(RetrainingPart { next_at, runs: self.retrainings(LISTED)?.into_iter().map(part).collect() })
    }

    /// Ends `run` without a model.
    pub(super) fn end_run(
        &mut self,
        now_ms: i64,
        mut run: Run,
        decision: &str,
        problem: Option<&str>,
        sentence: Sentence,
    ) -> Result<(), Fault> {
        run.state = Phase::Ended;
        run.ended_ms = Some(now_ms);
        run.rows = Some(run.cursor.leads);
        run.decision = Some(decision.to_owned());
        run.problem = problem.map(str::to_owned);
        run.sentence = sentence;
        self.close(now_ms, &run, &[])
    }

    /// Registers the model of `bundle`, which `run` made, and ends the run as `decision` says.
    pub(super) fn settle_run(
        &mut self,
        now_ms: i64,
        mut run: Run,
        bundle: &[u8],
        decision: Decision,
        (rows, tested): (u64, u64),
    ) -> Result<(), Fault> {
        let model = self.register(now_ms, bundle, &format!("retraining {}", run.id))?;
        run.state = Phase::Ended;
        run.ended_ms = Some(now_ms);
        (run.rows, run.tested) = (Some(rows), Some(tested));
        (run.auc, run.interval, run.champion_auc) = (Some(decision.auc), decision.interval, Some(decision.champion_auc));
        run.version = Some(model.version);
        let named = serde_json::to_value(decision.ruling).ok();
        run.decision = named.and_then(|name| name.as_str().map(str::to_owned));
        run.sentence = decision.sentence;
        // The newest queued model replaces older ones. One that is rejected or in use already stays what it is.
        let queue: &[&str] = match decision.ruling {
            Ruling::Queued => &[
                "UPDATE models SET status = 'registered' WHERE status = 'queued' AND version <> ?1",
                "UPDATE models SET status = 'queued' WHERE status = 'registered' AND version = ?1",
            ],
            _ => &[],
        };
        self.close(now_ms, &run, queue)
    }

    /// Stores the end of `run`, its entry in the ledger and its message; `queue` are statements about the model of its version.
    fn close(&mut self, now_ms: i64, run: &Run, queue: &[&str]) -> Result<(), Fault> {
        let decision = run.decision.clone().unwrap_or_default();
        let body = json!({ "actor": { "name": run.actor }, "decision": decision, "run": run.id, "sentence": run.sentence,
            "trigger": run.trigger.name(), "version": run.version });
        let message = of_retraining(&self.policy, (&run.id, run.trigger.name(), &decision), &run.sentence, now_ms);
        let policy = &self.policy;
        self.sql.transaction(&mut |sql| {
            for statement in queue {
                sql.execute(statement, &[Param::Text(run.version.as_deref().unwrap_or_default())])?;
            }
            work::forgotten(sql, &run.id)?;
            run::moved(sql, run)?;
            append(sql, now_ms, Kind::Retrain, "", &body)?;
            outbox::post(sql, policy, &message, "retraining", now_ms)
        })?;
        self.layouts = super::windows::Layouts::default();
        Ok(())
    }
}

/// A run as callers see it.
pub(super) fn shown(run: &Run) -> Value {
    let time = |ms: Option<i64>| ms.map(time_text);
    json!({ "id": run.id, "trigger": run.trigger, "actor": run.actor, "state": run.state, "due_at": time_text(run.due_ms),
        "started_at": time(run.started_ms), "ended_at": time(run.ended_ms), "rows": run.rows, "tested": run.tested, "auc": run.auc,
        "auc_low": run.interval.map(|ends| ends.0), "auc_high": run.interval.map(|ends| ends.1), "champion_auc": run.champion_auc,
        "version": run.version, "decision": run.decision, "problem": run.problem, "sentence": run.sentence })
}

#[cfg(test)]
mod tests;
