//! The A/B test at a look: which leads the shards sum up, and what their sums say.

use plumbline_core::experiment::analyse;
use plumbline_core::rollout::evidence::{Evidence, Problem as Doubt, Test};
use plumbline_core::rollout::{DAY_MS, HoldBy, Stage, State, due};
use plumbline_core::window::HOUR_MS;
use serde::{Deserialize, Serialize};

use super::{Control, Fault};
use crate::log::{Population, Tested};
use crate::store::{Sql, SqlError};

/// While a rollout is held because its look could not be judged, the look is tried this often.
const TRIED_AGAIN_MS: i64 = HOUR_MS;

/// The look of a test that is due, for the shards to sum up its leads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DueTest {
    /// Which leads, and how.
    pub population: Population,
    /// The run of the test.
    run: u32,
    /// The week that is judged.
    week: u32,
    /// The part of the planned information of the weeks that were judged.
    known: Vec<f64>,
}

/// What the shards summed up for a look, until the look is judged.
#[derive(Debug)]
pub(super) struct Summed {
    rollout: String,
    run: u32,
    week: u32,
    test: Test,
}

impl<S: Sql> Control<S> {
    /// The test whose look is due at `now_ms`: have every shard sum up its leads ([`crate::LogShard::experiment`]), and hand the sums to
    /// [`Control::take_test`] before the next tick. None in other stages, and between looks.
    ///
    /// # Errors
    /// The store failed.
    pub fn due_test(&mut self, now_ms: i64) -> Result<Option<DueTest>, SqlError> {
        let Some(state) = self.state()? else { return Ok(None) };
        let Some(look) = due(&self.policy, &state, now_ms).filter(|look| look.stage == Stage::AbTest) else { return Ok(None) };
        let Some(rollout) = &state.rollout else { return Ok(None) };
        if rollout.has_hold(&HoldBy::Errors) && self.tried_ms.is_some_and(|at| (at..at + TRIED_AGAIN_MS).contains(&now_ms)) {
            return Ok(None);
        }
        self.tried_ms = Some(now_ms);
        let Some(span) = self.spans()?.into_iter().find(|span| span.id == look.rollout) else { return Ok(None) };
        let known = self.last_test(&state)?.map(|test| test.information.into_iter().take(test.look as usize).collect());
        let settings = Test::settings(&self.policy, &[1.0], 1).map_err(|e| SqlError::Driver(e.to_string()))?;
        let hot_from = self.hot_from(&state.champion)?.zip(self.hot_from(&rollout.challenger)?);
        let population = Population {
            rollout: span,
            until_ms: state.time(now_ms),
            mature_ms: i64::from(self.policy.outcome.mature_days) * DAY_MS,
            baseline: self.base_rate(now_ms, &state.champion)?.unwrap_or(0.5),
            hot_from,
            settings,
        };
        Ok(Some(DueTest { population, run: look.run, week: look.number, known: known.unwrap_or_default() }))
    }

    /// Takes in what all shards summed up for `due`: the evidence of its look. Without it the look is an error, and is tried again.
    ///
    /// # Errors
    /// The sums cannot be analysed.
    pub fn take_test(&mut self, due: &DueTest, tested: &Tested) -> Result<(), Fault> {
        let state = self.running()?;
        let plan = state.rollout.as_ref().and_then(|rollout| rollout.test.as_ref()).map(|test| &test.plan);
        let Some(plan) = plan else { return Ok(()) };
        let per_arm = tested.data.leads_per_arm().iter().copied().min().unwrap_or(0);
        let information = plan.information(&self.policy, &due.known, due.week, per_arm);
        let failed = |e: String| Fault::Store(SqlError::Driver(e));
        let settings = Test::settings(&self.policy, &information, due.week).map_err(|e| failed(e.to_string()))?;
        let analysis = analyse(&settings, &tested.data).map_err(|e| failed(e.to_string()))?;
        let attention = due.population.hot_from.map(|_| tested.attention);
        let test = Test { analysis, information, look: due.week, planned_days: plan.weeks.saturating_mul(7), attention };
        self.summed = Some(Summed { rollout: due.population.rollout.id.clone(), run: due.run, week: due.week, test });
        Ok(())
    }

    /// Adds the test to the evidence of look `look` of `state`: as it was summed up for it; on a day without a look as the last one had it.
    pub(super) fn add_test(&mut self, state: &State, look: u32, evidence: &mut Evidence) -> Result<(), SqlError> {
        let Some(rollout) = state.rollout.as_ref().filter(|rollout| rollout.stage == Stage::AbTest) else { return Ok(()) };
        if look == 0 {
            evidence.test = self.last_test(state)?;
            return Ok(());
        }
        let run = rollout.test.as_ref().map_or(1, |test| test.run);
        let is_of_look = |summed: &Summed| summed.rollout == rollout.id && summed.run == run && summed.week == look;
        evidence.test = self.summed.take().filter(is_of_look).map(|summed| summed.test);
        if evidence.test.is_none() {
            let what = "the leads of the test could not be summed up on every log shard".to_owned();
            evidence.problems.push(Doubt { code: "TEST_NOT_SUMMED".to_owned(), what });
        }
        Ok(())
    }

    /// The test at the last look of its run, as its evidence froze it.
    fn last_test(&mut self, state: &State) -> Result<Option<Test>, SqlError> {
        let rollout = state.rollout.as_ref().filter(|rollout| rollout.stage == Stage::AbTest && rollout.looks > 0);
        let Some(look) = rollout.and_then(|rollout| rollout.look.as_ref()) else { return Ok(None) };
        let document = self.document(&look.evidence_sha256)?;
        Ok(document.and_then(|text| serde_json::from_str::<Evidence>(&text).ok()).and_then(|evidence| evidence.test))
    }

    /// The probability at which the last band of `version` begins; none without bands.
    fn hot_from(&mut self, version: &str) -> Result<Option<f64>, SqlError> {
        let digest = self.model(version)?.map(|model| model.digest).unwrap_or_default();
        let bundle = self.bundle(&digest)?.and_then(|bytes| plumbline_core::Bundle::read(&bytes).ok());
        let from = bundle.and_then(|bundle| bundle.manifest.bands.iter().map(|band| band.from).max_by(f64::total_cmp));
        Ok(from.filter(|from| *from > 0.0))
    }
}
