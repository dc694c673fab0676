//! The steps of a retraining, each of some milliseconds: leads are read from the shards, their values put into the form that the model's kind reads, the model fitted, the
//! model described and judged.
//!
//! What was read is stored, so a process that dies leaves a run that the next one goes on with: it trains again on the same leads, which
//! gives the same bytes. Between two steps nothing is locked, and only that form, outcomes and keys are in memory, never the table.

use std::sync::Arc;

use plumbline_core::Timestamp;
use plumbline_core::bundle::{Manifest, Provenance};
use plumbline_core::lead::{Limits, Slots};
use plumbline_core::math::logistic;
use plumbline_core::metric::Labelled;
use plumbline_core::model::Model;
use plumbline_core::report::day_text;
use plumbline_core::retrain::{Decision, too_few};
use plumbline_core::rollout::policy::RetrainPlace;
use plumbline_core::sentence::Sentence;
use plumbline_core::table::DAY_MS;
use plumbline_core::train::{Fit, FitError, test_rows};
use plumbline_core::training::{Description, Filling, Roll, Signed, TrainSettings, note_origin};
use plumbline_core::{Bundle, Options, Scorer, Workspace};
use serde_json::Value;

use super::run::{Phase, Run, kept};
use crate::control::suite::{self, Table};
use crate::control::{Control, Fault};
use crate::log::{StoredLead, StoredQuestion};
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError};

/// Leads that a shard sends at once.
const PAGE: usize = 1_000;
/// A process has a run for so long after its last slice, in milliseconds.
const LEASE_MS: i64 = 60_000;
/// A training that was begun so often and never ended is given up: something in it ends the process.
const TRIES: u32 = 5;
/// A step grows as many levels of trees as look at so many leads together …
const ROWS_A_STEP: usize = 400_000;
/// … and at most so many.
const MOST_LEVELS: usize = 8;
/// Leads that the suite is run on at most.
const SUITE_LEADS: u64 = 2_000;

/// What of retrainings is in memory; lost without harm.
#[derive(Debug, Default)]
pub(in crate::control) struct Retraining {
    /// The name of this process, by which it has a run.
    pub owner: String,
    /// The minute in which it was last looked whether one is due.
    pub looked: i64,
    /// The training under way.
    work: Option<Box<Work>>,
}

/// A training under way.
#[derive(Debug)]
struct Work {
    run: String,
    champion: Arc<Scorer>,
    settings: TrainSettings,
    roll: Roll,
    /// Which of the collected leads are on the roll, part by part: those that could be read.
    is_test: Vec<bool>,
    sample: Sample,
    step: Step,
    slots: Slots,
    workspace: Workspace,
}

/// Leads that the suite is run on.
#[derive(Debug, Default)]
struct Sample {
    names: Vec<String>,
    present: Vec<bool>,
    leads: Vec<Vec<Value>>,
    seen: u64,
}

#[derive(Debug)]
enum Step {
    /// Part by part, leads become rows of numbers, which are stored column by column.
    Reading { part: i64 },
    /// Column by column, numbers take the form that the model is fitted to; none once they have it.
    Filling(Option<Filling>),
    /// Trees are grown.
    Growing(Box<Fit>),
    /// Part by part, leads are scored by the new model and by today's.
    Describing { made: Box<Description>, part: i64, row: usize, scores: [Vec<f64>; 2], outcomes: Vec<bool> },
}

/// How a run ended before there was a model.
struct End {
    decision: &'static str,
    problem: &'static str,
    sentence: Sentence,
}

impl End {
    fn failed(problem: &'static str, text: impl Into<String>) -> End {
        End { decision: "failed", problem, sentence: Sentence::new(problem, text) }
    }
}

/// What a step said: go on, or the run is over.
type Stepped = Result<(), Stop>;

enum Stop {
    End(End),
    Fault(Fault),
}

impl From<SqlError> for Stop {
    fn from(error: SqlError) -> Stop {
        Stop::Fault(error.into())
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

impl From<End> for Stop {
    fn from(end: End) -> Stop {
        Stop::End(end)
    }
}

impl<S: Sql> Control<S> {
    /// What a shard is asked now for the run under way: its number, and the question, whose answer goes to [`Control::take_stored`]. None
    /// where no run reads leads.
    ///
    /// # Errors
    /// The store failed.
    pub fn retraining_asks(&mut self, now_ms: i64) -> Result<Option<(u32, StoredQuestion)>, Fault> {
        let Some(mut run) = self.retraining_under_way()? else { return Ok(None) };
        if !matches!(run.state, Phase::Waiting | Phase::Collecting) || !self.lease_run(now_ms, &run.id, LEASE_MS)? {
            return Ok(None);
        }
        if run.state == Phase::Waiting {
            self.begin(now_ms, &mut run)?;
        }
        let cursor = &run.cursor;
        let question = StoredQuestion {
            now_ms: cursor.until_ms + self.mature_ms(),
            from_ms: cursor.from_ms,
            until_ms: cursor.until_ms,
            after: cursor.after.clone(),
            most: PAGE,
        };
        Ok(Some((cursor.shard, question)))
    }

    fn mature_ms(&self) -> i64 {
        i64::from(self.policy.outcome.mature_days) * DAY_MS
    }

    /// Begins `run`: says which leads it is trained on, and which version it will be.
    fn begin(&mut self, now_ms: i64, run: &mut Run) -> Result<(), Fault> {
        let state = self.running()?;
        let until_ms = now_ms - self.mature_ms();
        let date = day_text(now_ms);
        let mut number = 1;
        while self.model(&format!("{date}.{number}"))?.is_some() {
            number += 1;
        }
        run.state = Phase::Collecting;
        run.started_ms.get_or_insert(now_ms);
        run.cursor.until_ms = until_ms;
        run.cursor.from_ms = until_ms - i64::from(self.policy.retrain.what.days) * DAY_MS;
        run.cursor.champion = state.champion;
        run.cursor.version = format!("{date}.{number}");
        run.cursor.shards = self.shards()?.max(1);
        run.sentence = Sentence::new("RETRAIN_COLLECTING", "Reads leads and their outcomes.");
        Ok(self.move_run(run)?)
    }

    /// Takes what shard number `shard` answered; a repeated answer changes nothing.
    ///
    /// # Errors
    /// The store failed.
    pub fn take_stored(&mut self, now_ms: i64, shard: u32, question: &StoredQuestion, leads: &[StoredLead]) -> Result<(), Fault> {
        let Some(mut run) = self.retraining_under_way()? else { return Ok(()) };
        let cursor = &mut run.cursor;
        if run.state != Phase::Collecting || cursor.shard != shard || cursor.after != question.after {
            return Ok(());
        }
        let known: Vec<&StoredLead> = leads.iter().filter(|lead| lead.converted.is_some()).collect();
        let bytes = serde_json::to_vec(&known).unwrap_or_default();
        let part = cursor.parts;
        cursor.parts += i64::from(!known.is_empty());
        cursor.leads += known.len() as u64;
        cursor.converted += known.iter().filter(|lead| lead.converted == Some(true)).count() as u64;
        match leads.last().filter(|_| leads.len() >= question.most) {
            Some(last) => cursor.after = Some((last.lead.at_ms, last.lead.lead_id.clone())),
            None => (cursor.after, cursor.shard) = (None, shard + 1),
        }
        if cursor.shard >= cursor.shards {
            run.state = Phase::Training;
            run.sentence = Sentence::new("RETRAIN_TRAINING", "Trains on the leads.");
        }
        let (leads, converted) = (run.cursor.leads, run.cursor.converted);
        self.sql.transaction(&mut |sql| {
            if !known.is_empty() {
                kept(sql, &run.id, "leads", part, &bytes)?;
            }
            super::run::moved(sql, &run)
        })?;
        let most = u64::from(self.policy.retrain.what.max_rows);
        if leads > most {
            return self.too_many(now_ms, run);
        }
        if let Some(sentence) = too_few(leads, converted).filter(|_| run.state == Phase::Training) {
            return self.end_run(now_ms, run, "insufficient", Some("RETRAIN_INSUFFICIENT"), sentence);
        }
        Ok(())
    }

    fn too_many(&mut self, now_ms: i64, run: Run) -> Result<(), Fault> {
        if self.policy.retrain.what.place == RetrainPlace::Webhook {
            return self.hand_over(now_ms, run);
        }
        let most = self.policy.retrain.what.max_rows;
        let text = format!(
            "More than {most} leads matured: too many to train on in the service. Raise retrain.what.max_rows, lower retrain.what.days, or \
             have another program train (retrain.what.where = \"webhook\")."
        );
        let sentence = Sentence::new("RETRAIN_TOO_MANY", text).with("max_rows", most);
        self.end_run(now_ms, run, "failed", Some("RETRAIN_TOO_MANY"), sentence)
    }

    /// Works on the run under way until it ends or `goes_on` says no, which is asked before each step; whether it has more to do.
    ///
    /// # Errors
    /// The store failed; the next call goes on.
    pub fn train_while(&mut self, now_ms: i64, goes_on: &mut dyn FnMut() -> bool) -> Result<bool, Fault> {
        let Some(run) = self.retraining_under_way()? else {
            self.retraining.work = None;
            return Ok(false);
        };
        if run.state != Phase::Training || !self.lease_run(now_ms, &run.id, LEASE_MS)? {
            self.retraining.work = None;
            return Ok(matches!(run.state, Phase::Waiting | Phase::Collecting));
        }
        while goes_on() {
            let mut work = match self.retraining.work.take().filter(|work| work.run == run.id) {
                Some(work) => work,
                None => match self.begin_work(&run) {
                    Ok(work) => work,
                    Err(Stop::Fault(fault)) => return Err(fault),
                    Err(Stop::End(end)) => return self.fail(now_ms, run, end),
                },
            };
            match self.step(now_ms, &run, &mut work) {
                Ok(true) => self.retraining.work = Some(work),
                Ok(false) => return Ok(false),
                Err(Stop::Fault(fault)) => return Err(fault),
                Err(Stop::End(end)) => return self.fail(now_ms, run, end),
            }
        }
        self.note_progress(run)?;
        Ok(true)
    }

    fn fail(&mut self, now_ms: i64, run: Run, end: End) -> Result<bool, Fault> {
        self.end_run(now_ms, run, end.decision, Some(end.problem), end.sentence).map(|()| false)
    }

    /// Stores how far the trees are, where that changed by a tenth.
    fn note_progress(&mut self, mut run: Run) -> Result<(), Fault> {
        let Some(Step::Growing(fit)) = self.retraining.work.as_ref().map(|work| &work.step) else { return Ok(()) };
        let (done, all) = fit.progress();
        let tenths = done * 10 / all.max(1);
        let text = format!("Trains on {} leads: {} % of the trees are grown.", run.cursor.leads, tenths * 10);
        let sentence = Sentence::new("RETRAIN_TRAINING", text).with("done", done).with("all", all);
        if run.sentence.text != sentence.text {
            run.sentence = sentence;
            self.move_run(&run)?;
        }
        Ok(())
    }

    /// Begins the training of `run` on what was collected.
    fn begin_work(&mut self, run: &Run) -> Result<Box<Work>, Stop> {
        let mut run = run.clone();
        run.cursor.tries += 1;
        if run.cursor.tries > TRIES {
            let text = format!(
                "The training was interrupted {TRIES} times and is given up; look for a process that runs out of memory."
            );
            return Err(End::failed("RETRAIN_INTERRUPTED", text).into());
        }
        self.move_run(&run)?;
        let champion = self.model(&run.cursor.champion)?.map(|model| model.digest).unwrap_or_default();
        let bytes = self.bundle(&champion)?.unwrap_or_default();
        let unread = |what: String| End::failed("RETRAIN_CHAMPION", format!("Today's model cannot be read: {what}"));
        let bundle = Bundle::read(&bytes).map_err(|e| unread(e.to_string()))?;
        if bundle.model().outputs != 1 {
            let text = "Today's model has several outputs, which the service cannot train: train the next one elsewhere and register it.";
            return Err(End::failed("RETRAIN_UNSUPPORTED", text).into());
        }
        let champion = Arc::new(Scorer::new(bundle).map_err(|e| unread(e.to_string()))?);
        let settings = TrainSettings::of_model(&champion.bundle().manifest);
        let suite = champion.bundle().baseline.as_ref().map(|baseline| suite::columns(&baseline.suite)).unwrap_or_default();
        let sample = Sample { present: vec![false; suite.len()], names: suite, ..Sample::default() };
        Ok(Box::new(Work {
            run: run.id.clone(),
            champion,
            settings,
            roll: Roll::default(),
            is_test: Vec::new(),
            sample,
            step: Step::Reading { part: 0 },
            slots: Slots::default(),
            workspace: Workspace::default(),
        }))
    }

    /// One step; false where it ended the run.
    fn step(&mut self, now_ms: i64, run: &Run, work: &mut Work) -> Result<bool, Stop> {
        match &mut work.step {
            Step::Reading { part } if *part < run.cursor.parts => {
                let at = *part;
                *part += 1;
                self.read_part(run, work, at)?;
            }
            Step::Reading { .. } => self.read(work)?,
            Step::Filling(filling) => {
                let failed = |e: FitError| End::failed(e.code(), format!("No model was trained: {e}."));
                match filling.as_ref().and_then(Filling::next) {
                    Some(column) => {
                        let mut values = Vec::with_capacity(work.roll.len());
                        for part in 0..run.cursor.parts {
                            let bytes = self.part_of(&run.id, &format!("column {column}"), part)?;
                            values
                                .extend(bytes.chunks_exact(8).filter_map(|bytes| bytes.try_into().ok().map(f64::from_le_bytes)));
                        }
                        if let Some(filling) = filling {
                            filling.push(values).map_err(failed)?;
                        }
                    }
                    None => {
                        if let Some(filling) = filling.take() {
                            let fit = Fit::new(filling.finish(), work.is_test.clone(), work.settings.own.calibration);
                            work.step = Step::Growing(Box::new(fit.map_err(failed)?));
                        }
                    }
                }
            }
            Step::Growing(fit) => {
                // Between two steps the host writes a row: for few leads that takes longer than a level of a tree.
                let mut left = (ROWS_A_STEP / work.roll.len().max(1)).clamp(1, MOST_LEVELS);
                let mut grows = true;
                while grows && left > 0 {
                    grows = fit.step().map_err(|e| End::failed(e.code(), format!("No model was trained: {e}.")))?;
                    left -= 1;
                }
                if !grows {
                    self.describe(run, work)?;
                }
            }
            Step::Describing { part, .. } if *part < run.cursor.parts => {
                let at = *part;
                *part += 1;
                self.describe_part(run, work, at)?;
            }
            Step::Describing { .. } => {
                self.decide(now_ms, run, work)?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The leads of a part.
    fn leads_of(&mut self, run: &Run, part: i64) -> Result<Vec<StoredLead>, SqlError> {
        let bytes = self.part_of(&run.id, "leads", part)?;
        serde_json::from_slice(&bytes).map_err(|e| SqlError::Driver(format!("collected leads cannot be read: {e}")))
    }

    /// The fields of a lead as a model reads them: without those that are stored as hashes, which it has never seen.
    pub(super) fn fields_of(&self, lead: &StoredLead) -> Vec<u8> {
        let mut fields = lead.lead.fields.clone();
        if let Value::Object(fields) = &mut fields {
            self.policy.leads.personal.iter().for_each(|name| drop(fields.remove(name)));
        }
        serde_json::to_vec(&fields).unwrap_or_default()
    }

    fn read_part(&mut self, run: &Run, work: &mut Work, part: i64) -> Stepped {
        let columns = work.champion.bundle().model().columns.len();
        let mut values: Vec<Vec<u8>> = vec![Vec::new(); columns];
        let every = (run.cursor.leads / SUITE_LEADS).max(1);
        for lead in self.leads_of(run, part)? {
            work.sample.see(&lead, every);
            let fields = self.fields_of(&lead);
            if work.champion.reader().read_json(&fields, &Limits::default(), &mut work.slots).is_err() {
                continue;
            }
            let as_of = Timestamp(lead.as_of_ms());
            let mut row = Vec::with_capacity(columns);
            work.champion.pipeline().apply(&work.slots, as_of, &mut row);
            let converted = lead.converted == Some(true);
            work.roll.push(Signed { id: &lead.lead.lead_id, converted, at_ms: Some(as_of.0), as_of }, &mut row);
            values.iter_mut().zip(&row).for_each(|(bytes, value)| bytes.extend_from_slice(&value.to_le_bytes()));
        }
        let id = run.id.as_str();
        self.sql.transaction(&mut |sql| {
            values.iter().enumerate().try_for_each(|(column, bytes)| kept(sql, id, &format!("column {column}"), part, bytes))
        })?;
        Ok(())
    }

    /// All leads were read: whether there are enough, and whether they are as the suite expects.
    fn read(&mut self, work: &mut Work) -> Stepped {
        let converted = work.roll.outcomes.iter().filter(|converted| **converted).count() as u64;
        let rows = work.roll.len() as u64;
        if let Some(sentence) = too_few(rows, converted) {
            return Err(End { decision: "insufficient", problem: "RETRAIN_INSUFFICIENT", sentence }.into());
        }
        let text = work.champion.bundle().baseline.as_ref().map(|baseline| baseline.suite.clone()).unwrap_or_default();
        let Sample { names, present, leads, .. } = std::mem::take(&mut work.sample);
        let table = Table { names: &names, present: &present, leads: &leads };
        if let Some((found, _)) =
            suite::run(&text, table, &self.policy.leads.personal).filter(|(found, _)| found.critical_missed > 0)
        {
            let missed: Vec<&str> =
                found.missed.iter().filter(|missed| missed.is_critical).map(|missed| missed.expected.as_str()).take(3).collect();
            let text = format!(
                "Leads are not as expected, so no model was trained on them: {} of {} critical expectations of suite {} fail ({}).",
                found.critical_missed,
                found.critical,
                found.name,
                missed.join("; ")
            );
            return Err(End::failed("RETRAIN_SUITE", text).into());
        }
        work.is_test = test_rows(&work.roll.keys, &work.roll.at_ms, work.settings.own.test_share);
        let columns = work.champion.bundle().model().columns.clone();
        let unknown =
            |name: String| End::failed("RETRAIN_SETTINGS", format!("monotone names {name}, which is no column of numbers."));
        let inputs = work.settings.inputs(columns).map_err(unknown)?;
        let given = (work.roll.outcomes.clone(), work.roll.keys.clone());
        let failed = |e: FitError| End::failed(e.code(), format!("No model was trained: {e}."));
        work.step = Step::Filling(Some(Filling::new(&work.settings.kind, inputs, given).map_err(failed)?));
        Ok(())
    }

    /// The trees are grown: the model gets its manifest and golden leads.
    fn describe(&mut self, run: &Run, work: &mut Work) -> Stepped {
        let Step::Growing(fit) = &work.step else { return Ok(()) };
        let (model, calibration): (Model, _) = fit.finish();
        let gains = fit.gains();
        let tested = (0..work.is_test.len()).filter(|row| work.is_test.get(*row) == Some(&true));
        let scores: Vec<f64> = tested
            .map(|row| {
                let margin = fit.margin(row);
                calibration.apply(margin, logistic(margin))
            })
            .collect();
        let champion = &work.champion.bundle().manifest;
        let mut manifest: Manifest = champion.clone();
        manifest.version.clone_from(&run.cursor.version);
        manifest.checked = None;
        let window = format!("{}/{}", day_text(run.cursor.from_ms), day_text(run.cursor.until_ms));
        let note = format!(
            "Retrained by the service on {} leads with the fields and settings of {}.",
            work.roll.len(),
            champion.version
        );
        manifest.provenance = Provenance {
            snapshot_uri: format!("plumbline:retraining/{}", run.id),
            window,
            intended_use: champion.provenance.intended_use.clone(),
            notes: vec![note],
            ..Provenance::default()
        };
        note_origin(&mut manifest, calibration, &work.roll, &work.settings);
        let goldens = self.rows_of(run, work.roll.goldens(&work.is_test), model.columns.len())?;
        let failed =
            |e: plumbline_core::training::TrainingError| End::failed(e.code(), format!("The model cannot be described: {e}."));
        let made = Description::new(manifest, model, &goldens, self.policy.outcome.threshold).map_err(failed)?;
        let made = made.with_gains(gains);
        let outcomes = Vec::with_capacity(scores.len());
        let champion = Vec::with_capacity(scores.len());
        work.step = Step::Describing { made: Box::new(made), part: 0, row: 0, scores: [scores, champion], outcomes };
        Ok(())
    }

    /// The values of some rows, from the stored columns.
    fn rows_of(&mut self, run: &Run, rows: Vec<usize>, columns: usize) -> Result<Vec<Vec<f64>>, SqlError> {
        let mut found: Vec<Vec<f64>> = vec![Vec::with_capacity(columns); rows.len()];
        for column in 0..columns {
            let mut first = 0;
            let mut values = vec![f64::NAN; rows.len()];
            for part in 0..run.cursor.parts {
                let bytes = self.part_of(&run.id, &format!("column {column}"), part)?;
                let all = bytes.len() / 8;
                for (value, row) in values.iter_mut().zip(&rows).filter(|(_, row)| (first..first + all).contains(*row)) {
                    let at = (row - first) * 8;
                    let eight = bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
                    *value = eight.map_or(f64::NAN, f64::from_le_bytes);
                }
                first += all;
            }
            found.iter_mut().zip(values).for_each(|(row, value)| row.push(value));
        }
        Ok(found)
    }

    fn describe_part(&mut self, run: &Run, work: &mut Work, part: i64) -> Stepped {
        let leads = self.leads_of(run, part)?;
        let fields: Vec<Vec<u8>> = leads.iter().map(|lead| self.fields_of(lead)).collect();
        let Step::Describing { made, row, scores: [_, today], outcomes, .. } = &mut work.step else { return Ok(()) };
        let options = Options { reasons: 0, ..Options::default() };
        for (lead, fields) in leads.iter().zip(&fields) {
            if made.scorer().reader().read_json(fields, &Limits::default(), &mut work.slots).is_err() {
                continue;
            }
            let is_test = work.is_test.get(*row) == Some(&true);
            *row += 1;
            let (as_of, converted) = (Timestamp(lead.as_of_ms()), lead.converted == Some(true));
            let failed = |e: plumbline_core::ScoreError| End::failed(e.code(), format!("A lead cannot be scored: {e}."));
            made.add(&work.slots, as_of, (converted, Some(as_of.0)), is_test).map_err(failed)?;
            if is_test {
                let score = work.champion.score_read(&work.slots, as_of, &options, &mut work.workspace).map_err(failed)?;
                today.push(score.probability);
                outcomes.push(converted);
            }
        }
        Ok(())
    }

    /// The model is described: it is registered, and what becomes of it is decided.
    fn decide(&mut self, now_ms: i64, run: &Run, work: &mut Work) -> Stepped {
        let reading = Step::Reading { part: 0 };
        let Step::Describing { made, scores: [own, today], outcomes, .. } = std::mem::replace(&mut work.step, reading) else {
            return Ok(());
        };
        let tested = outcomes.len() as u64;
        let data = format!("leads {} to {}", day_text(run.cursor.from_ms), day_text(run.cursor.until_ms));
        let failed =
            |e: plumbline_core::training::TrainingError| End::failed(e.code(), format!("The model cannot be described: {e}."));
        let (bytes, _) = made.finish(&data).map_err(failed)?;
        let unmeasured =
            |e: plumbline_core::metric::MetricError| End::failed(e.code(), format!("The models cannot be compared: {e}."));
        let own = Labelled::new(&own, &outcomes).map_err(unmeasured)?;
        let today = Labelled::new(&today, &outcomes).map_err(unmeasured)?;
        let rules = self.policy.retrain.what.rules();
        let decision = Decision::new(&run.cursor.version, rules, &own, &today).map_err(unmeasured)?;
        let few = |few: plumbline_core::evidence::InsufficientData| {
            let sentence = Sentence::new("RETRAIN_INSUFFICIENT", format!("Not enough data to test on: {few}."));
            End { decision: "insufficient", problem: "RETRAIN_INSUFFICIENT", sentence }
        };
        let decision = decision.map_err(few)?;
        let rows = work.roll.len() as u64;
        Ok(self.settle_run(now_ms, run.clone(), &bytes, decision, (rows, tested))?)
    }

    /// Has the run under way read its leads again, because one of them was erased.
    pub(in crate::control) fn collect_again(&mut self) -> Result<(), SqlError> {
        let Some(mut run) = self.retraining_under_way()? else { return Ok(()) };
        if !matches!(run.state, Phase::Collecting | Phase::Training) {
            return Ok(());
        }
        self.retraining.work = None;
        run.state = Phase::Collecting;
        let cursor = &mut run.cursor;
        (cursor.shard, cursor.after, cursor.parts, cursor.leads, cursor.converted) = (0, None, 0, 0, 0);
        self.sql.transaction(&mut |sql| {
            forgotten(sql, &run.id)?;
            super::run::moved(sql, &run)
        })
    }
}

/// Deletes what `run` gathered; part of the caller's transaction.
pub(super) fn forgotten(sql: &mut dyn Sql, run: &str) -> Result<(), SqlError> {
    sql.execute("DELETE FROM retraining_parts WHERE run = ?1", &[Param::Text(run)]).map(drop)
}

/// The problem of a retraining that is asked for while one is under way.
pub(super) fn under_way(run: &Run) -> Problem {
    let detail =
        format!("a retraining is under way since {}: {}", plumbline_core::report::time_text(run.due_ms), run.sentence.text);
    Problem::new(409, "RETRAIN_RUNNING", detail)
}

impl Sample {
    /// Takes every so many-th lead.
    fn see(&mut self, lead: &StoredLead, every: u64) {
        self.seen += 1;
        if self.names.is_empty() || !self.seen.is_multiple_of(every) || self.leads.len() as u64 >= SUITE_LEADS {
            return;
        }
        let values = self.names.iter().zip(&mut self.present).map(|(name, present)| {
            let value = lead.lead.fields.get(name);
            *present |= value.is_some();
            value.cloned().unwrap_or_default()
        });
        let values = values.collect();
        self.leads.push(values);
    }
}
