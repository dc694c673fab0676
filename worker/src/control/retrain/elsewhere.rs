//! A retraining that another program does: a signed webhook names it, the program reads its leads and posts the bundle back.
//!
//! The service trusts the program's figures as it trusts the bundle: who may post is who may operate, and the ledger says who did.

use plumbline_core::Bundle;
use plumbline_core::alert::of_retraining;
use plumbline_core::retrain::{Decision, LEAST_ROWS, Measured, too_few};
use plumbline_core::sentence::Sentence;

use super::run::{Phase, Run, moved};
use super::work;
use crate::control::{Control, Fault, outbox};
use crate::problem::Problem;
use crate::request::Request;
use crate::store::{Sql, SqlError};

/// A program that has not answered for so long will not.
const PATIENCE_MS: i64 = 6 * 3_600_000;

impl<S: Sql> Control<S> {
    /// Hands `run` to another program: posts its id to the webhooks that receive retrainings.
    pub(super) fn hand_over(&mut self, now_ms: i64, mut run: Run) -> Result<(), Fault> {
        let most = self.policy.retrain.what.max_rows;
        run.state = Phase::Elsewhere;
        run.cursor.sent_ms = Some(now_ms);
        let text = format!(
            "More than {most} leads matured: another program is asked to train. Run: plumbline retrain --run {}. Its bundle is awaited for 6 hours.",
            run.id
        );
        run.sentence = Sentence::new("RETRAIN_ELSEWHERE", text).with("run", run.id.as_str()).with("max_rows", most);
        let message = of_retraining(&self.policy, (&run.id, run.trigger.name(), "elsewhere"), &run.sentence, now_ms);
        let policy = &self.policy;
        let sent = self.sql.transaction(&mut |sql| {
            // The program reads the leads itself.
            work::forgotten(sql, &run.id)?;
            moved(sql, &run)?;
            outbox::post(sql, policy, &message, "retraining", now_ms)
        });
        Ok(sent?)
    }

    /// Ends a run whose program has not answered.
    pub(super) fn give_up_elsewhere(&mut self, now_ms: i64) -> Result<(), Fault> {
        let Some(run) = self.retraining_under_way()?.filter(|run| run.state == Phase::Elsewhere) else { return Ok(()) };
        if run.cursor.sent_ms.is_some_and(|sent_ms| now_ms - sent_ms < PATIENCE_MS) {
            return Ok(());
        }
        let text = format!(
            "No program posted the model of retraining {} within 6 hours. Look at the program that the webhook starts, or run plumbline \
             retrain --run after the next retraining begins.",
            run.id
        );
        self.end_run(now_ms, run, "failed", Some("RETRAIN_NO_ANSWER"), Sentence::new("RETRAIN_NO_ANSWER", text))
    }

    /// Takes the bundle in the body of `request` as the model of run `id`, judged by the figures in its parameters.
    ///
    /// # Errors
    /// No such run (404), one that awaits no bundle (409), or a bundle or figures that are not of the run (422).
    pub(in crate::control) fn take_retrained(
        &mut self,
        now_ms: i64,
        id: &str,
        request: &Request<'_>,
        by: &str,
    ) -> Result<Run, Fault> {
        let none = || Problem::new(404, "NO_SUCH_RUN", format!("no retraining has the id {id:?}"));
        let mut run = self.retraining(id)?.ok_or_else(none)?;
        let bundle = Bundle::read(request.body);
        let bundle = bundle.map_err(|e| Problem::new(422, e.code(), format!("the bundle cannot be registered: {e}")))?;
        let version = bundle.manifest.version.as_str();
        if run.state == Phase::Ended && run.version.as_deref() == Some(version) && self.is_registered(version, request.body)? {
            // It was posted before: the answer was lost.
            return Ok(run);
        }
        if run.state != Phase::Elsewhere {
            let detail = format!("retraining {id} awaits no bundle: {}", run.sentence.text);
            return Err(Problem::new(409, "RETRAIN_NOT_AWAITED", detail).into());
        }
        if version != run.cursor.version {
            let detail = format!("retraining {id} makes version {:?}; the bundle is {version:?}", run.cursor.version);
            return Err(Problem::new(422, "RETRAIN_OTHER_VERSION", detail).into());
        }
        let number = |name: &str| -> Result<f64, Fault> {
            let given = request.parameter(name).unwrap_or_default();
            let number = given.parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0);
            let wrong = || Problem::new(422, "RETRAIN_FIGURES", format!("{name} must be a number from 0, not {given:?}"));
            Ok(number.ok_or_else(wrong)?)
        };
        let share = |name: &str| -> Result<f64, Fault> {
            let found = number(name)?;
            let wrong = || Fault::from(Problem::new(422, "RETRAIN_FIGURES", format!("{name} must be from 0 to 1, not {found}")));
            if found <= 1.0 { Ok(found) } else { Err(wrong()) }
        };
        let (rows, tested, converted) = (number("rows")? as u64, number("tested")? as u64, number("converted")? as u64);
        if let Some(few) = too_few(rows, converted).filter(|_| tested <= rows) {
            self.end_run(now_ms, run, "insufficient", Some("RETRAIN_INSUFFICIENT"), few)?;
            return self.retraining(id)?.ok_or_else(|| none().into());
        }
        if tested == 0 || tested > rows || rows < LEAST_ROWS {
            let detail = format!("{tested} leads tested of {rows}: at least one, and no more than there are");
            return Err(Problem::new(422, "RETRAIN_FIGURES", detail).into());
        }
        let interval = match request.parameter("auc_low") {
            Some(_) => Some((share("auc_low")?, share("auc_high")?)),
            None => None,
        };
        let measured = Measured { auc: share("auc")?, interval, leads: tested, champion_auc: share("champion_auc")? };
        let decision = Decision::of(version, self.policy.retrain.what.rules(), &measured);
        by.clone_into(&mut run.actor);
        self.settle_run(now_ms, run, request.body, decision, (rows, tested))?;
        self.retraining(id)?.ok_or_else(|| none().into())
    }

    /// Whether `bundle` is registered as `version`.
    fn is_registered(&mut self, version: &str, bundle: &[u8]) -> Result<bool, SqlError> {
        let digest = crate::model::digest(bundle);
        Ok(self.model(version)?.is_some_and(|model| model.digest == digest))
    }
}
