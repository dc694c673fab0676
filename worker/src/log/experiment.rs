//! The leads of an A/B test with what became of them, as sums that control merges.

use plumbline_core::experiment::{Data, Deal, Measured, Observation, Settings};
use plumbline_core::metric::{Label, Maturity};
use plumbline_core::rollout::DAY_MS;
use plumbline_core::rollout::evidence::{Attention, Test};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::HOUR_MS;
use super::{LogShard, RolloutSpan, cell};
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Leads read at a time.
const SLICE: i64 = 2_000;
/// Matured scores that are looked through for those that a person gave one, too.
const MATURED: i64 = 100_000;

/// Which leads are analysed, and how.
///
/// The arms of `settings` are the control and the treatment. Its metrics are found by name: the primary, whether a lead converted;
/// [`Test::DEAL_SIZE`], of leads with a won deal. A metric of another name has no values here; ratings are counted by version
/// ([`super::Voice`]).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Population {
    /// The rollout, with the beginning of its test.
    pub rollout: RolloutSpan,
    /// The moment of the look: leads that matured by then are analysed, with what was known then.
    pub until_ms: i64,
    /// The age at which outcomes count.
    pub mature_ms: i64,
    /// What is expected of a lead that the champion did not score: the champion's conversion rate.
    pub baseline: f64,
    /// The probability from which the champion and the challenger call a lead hot, if they do.
    pub hot_from: Option<(f64, f64)>,
    /// The experiment.
    pub settings: Settings,
}

/// The leads of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Tested {
    /// Their sums; send them by [`Data::write`].
    pub data: Data,
    /// How many leads each version calls hot in its own arm.
    pub attention: Attention,
    /// Leads of the test that are too young.
    pub open: u64,
    /// Leads that had converted before they were first scored: they are left out.
    pub before_score: u64,
}

const READ: &str = "SELECT s.lead, s.first_ms, version.name, s.arm, s.probability, s.segments, o.converted_ms, o.lost_ms, o.deal_value, \
    o.opened_ms, o.closed_ms \
    FROM lead_scores AS s JOIN names AS version ON version.id = s.version JOIN names AS rollout ON rollout.id = s.rollout \
    LEFT JOIN outcomes AS o ON o.lead = s.lead AND o.lead_id = s.lead_id \
    WHERE rollout.name = ?1 AND s.matured = ?7 AND s.backfill = 0 AND s.first_ms >= ?2 AND s.first_ms <= ?6 \
    AND (s.first_ms, s.lead) > (?3, ?4) ORDER BY s.first_ms, s.lead, s.version LIMIT ?5";

/// One score of a lead.
struct Row {
    lead: i64,
    first_ms: i64,
    version: String,
    /// Which side of the test, 0 or 1.
    arm: Option<usize>,
    probability: f64,
    segments: Option<String>,
    converted_ms: Option<i64>,
    lost_ms: Option<i64>,
    deal_value: Option<f64>,
    opened_ms: Option<i64>,
    closed_ms: Option<i64>,
}

impl Row {
    fn read(row: &[SqlValue]) -> Option<Row> {
        Some(Row {
            lead: cell::integer(row, 0)?,
            first_ms: cell::integer(row, 1)?,
            version: cell::owned(row, 2)?,
            arm: cell::text(row, 3).and_then(|arm| ["A", "B"].iter().position(|name| *name == arm)),
            probability: cell::real(row, 4)?,
            segments: cell::owned(row, 5),
            converted_ms: cell::integer(row, 6),
            lost_ms: cell::integer(row, 7),
            deal_value: cell::real(row, 8),
            opened_ms: cell::integer(row, 9),
            closed_ms: cell::integer(row, 10),
        })
    }
}

impl<S: Sql> LogShard<S> {
    /// The leads of the test that matured by the moment of the look. Leads that are held out, explored or not admitted have no arm and are
    /// left out; so are stretches in which the test was paused.
    ///
    /// # Errors
    /// [`SqlError`]: the store failed, or a sum could not be taken in.
    pub fn experiment(&mut self, population: &Population) -> Result<Tested, SqlError> {
        let mut tested = Tested::new(&population.settings);
        let Some(from) = population.rollout.test_from_ms else { return Ok(tested) };
        // Those marked as matured, and those that are not: either way in order of the index.
        for matured in [1, 0] {
            let mut after = (from - 1, 0);
            while let Some(last) = self.part_of_test(population, matured, after, &mut tested)? {
                after = last;
            }
        }
        Ok(tested)
    }

    /// Adds the leads behind `after` (first request and number), as many as are read at a time. The last of them, if there may be more.
    fn part_of_test(
        &mut self,
        population: &Population,
        matured: i64,
        after: (i64, i64),
        tested: &mut Tested,
    ) -> Result<Option<(i64, i64)>, SqlError> {
        let from = population.rollout.test_from_ms.unwrap_or(i64::MAX).max(after.0);
        let [start, last, lead, slice, until, matured] =
            [from, after.0, after.1, SLICE, population.until_ms, matured].map(Param::Integer);
        let rollout = Param::Text(&population.rollout.id);
        let rows = self.sql.query(READ, &[rollout, start, last, lead, slice, until, matured])?;
        let rows: Vec<Row> = rows.iter().filter_map(|row| Row::read(row)).collect();
        let full = rows.len() as i64 == SLICE;
        let mut leads: Vec<&[Row]> = rows.chunk_by(|a, b| (a.first_ms, a.lead) == (b.first_ms, b.lead)).collect();
        if full && leads.len() > 1 {
            // The last lead may go on.
            leads.pop();
        }
        let mut after = None;
        for rows in leads {
            tested.add(population, rows)?;
            after = rows.first().map(|row| (row.first_ms, row.lead));
        }
        Ok(after.filter(|_| full))
    }

    /// The newest leads of which a person's score is known and an outcome, at most `most`, among the newest [`MATURED`] that matured: how well
    /// people rank the same leads as the model. The score is the one of the version that served the lead.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn judged_by_people(&mut self, from_ms: i64, most: usize) -> Result<Vec<JudgedByPeople>, SqlError> {
        // A priority that was given after the lead's outcome (converted, lost or closed), or after its outcome had counted, says nothing of
        // what was to come. Any holder of a published key can report about any lead: only leads that the service scored itself are here.
        let query = "SELECT s.first_ms, version.name, s.probability, s.human_score, o.converted_ms, (SELECT f.rating FROM sales_feedback AS f \
            WHERE f.lead_id = s.lead_id AND f.kind = 'priority' AND f.at_ms <= s.first_ms + CAST(?4 AS INTEGER) \
            AND f.at_ms < coalesce(o.converted_ms, f.at_ms + 1) AND f.at_ms < coalesce(o.lost_ms, f.at_ms + 1) \
            AND f.at_ms < coalesce(o.closed_ms, f.at_ms + 1) ORDER BY f.at_ms DESC, f.event_id LIMIT 1) AS priority FROM \
            (SELECT * FROM lead_scores WHERE matured = 1 AND first_ms >= ?1 ORDER BY first_ms DESC LIMIT ?3) AS s \
            JOIN names AS version ON version.id = s.version LEFT JOIN outcomes AS o ON o.lead = s.lead AND o.lead_id = s.lead_id \
            WHERE (s.human_score IS NOT NULL OR EXISTS (SELECT 1 FROM sales_feedback AS p WHERE p.lead_id = s.lead_id \
            AND p.kind = 'priority')) AND s.backfill = 0 AND s.role IN ('champion', 'challenger', 'named') \
            AND (o.converted_ms IS NULL OR o.converted_ms >= s.first_ms) ORDER BY s.first_ms DESC LIMIT ?2";
        let mature_ms = super::meta::number(&mut self.sql, "mature_ms")?.unwrap_or(0);
        let rows = self.sql.query(query, &[from_ms, most.min(100_000) as i64, MATURED, mature_ms].map(Param::Integer))?;
        let of = |row: &Vec<SqlValue>| {
            let (first_ms, converted_ms) = (cell::integer(row, 0)?, cell::integer(row, 4));
            Some(JudgedByPeople {
                version: cell::owned(row, 1)?,
                probability: cell::real(row, 2)?,
                human_score: cell::real(row, 3),
                priority: cell::real(row, 5),
                converted: converted_ms.is_some_and(|at| (first_ms..=first_ms + mature_ms).contains(&at)),
            })
        };
        let judged = |lead: &JudgedByPeople| lead.human_score.is_some() || lead.priority.is_some();
        Ok(rows.iter().filter_map(of).filter(judged).collect())
    }
}

/// A lead that a person scored, too, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedByPeople {
    /// The version that served it.
    pub version: String,
    /// Its probability.
    pub probability: f64,
    /// The score that a person gave the lead in a field of its own, on a scale of their own.
    pub human_score: Option<f64>,
    /// The priority that a person gave it with feedback, from 1 to 10.
    #[serde(default)]
    pub priority: Option<f64>,
    /// Whether it converted in time.
    pub converted: bool,
}

impl Tested {
    /// No leads yet.
    pub fn new(settings: &Settings) -> Tested {
        Tested { data: Data::new(settings), attention: Attention::default(), open: 0, before_score: 0 }
    }

    /// Adds the leads of another shard.
    pub fn merge(&mut self, other: &Tested) {
        self.data.merge(&other.data);
        let (ours, theirs) = (&mut self.attention, &other.attention);
        ours.champion_leads += theirs.champion_leads;
        ours.champion_hot += theirs.champion_hot;
        ours.challenger_leads += theirs.challenger_leads;
        ours.challenger_hot += theirs.challenger_hot;
        self.open += other.open;
        self.before_score += other.before_score;
    }

    /// The sums as JSON, for control.
    pub fn write(&self) -> Vec<u8> {
        let data: Value = serde_json::from_slice(&self.data.write()).unwrap_or_default();
        let sent = Sent { data, attention: self.attention, open: self.open, before_score: self.before_score };
        serde_json::to_vec(&sent).unwrap_or_default()
    }

    /// Reads what [`Tested::write`] wrote for an experiment of the same `settings`.
    ///
    /// # Errors
    /// [`SqlError::Driver`]: the bytes are not such sums.
    pub fn read(json: &[u8], settings: &Settings) -> Result<Tested, SqlError> {
        let failed = |e: String| SqlError::Driver(format!("the leads of a test cannot be read: {e}"));
        let sent: Sent = serde_json::from_slice(json).map_err(|e| failed(e.to_string()))?;
        let data = Data::read(sent.data.to_string().as_bytes(), settings).map_err(|e| failed(e.to_string()))?;
        Ok(Tested { data, attention: sent.attention, open: sent.open, before_score: sent.before_score })
    }

    fn add(&mut self, population: &Population, rows: &[Row]) -> Result<(), SqlError> {
        let (Some(first), Some(arm)) = (rows.first(), rows.iter().find_map(|row| row.arm)) else { return Ok(()) };
        let span = &population.rollout;
        if !span.is_tested(first.first_ms) {
            return Ok(());
        }
        let of = |version: &str| rows.iter().find(|row| row.version == version).map(|row| row.probability);
        let scores = [of(&span.champion), of(&span.challenger)];
        if let Some((champion, challenger)) = population.hot_from {
            let attention = &mut self.attention;
            match (arm, scores) {
                (0, [Some(score), _]) => {
                    attention.champion_leads += 1;
                    attention.champion_hot += u64::from(score >= champion);
                }
                (1, [_, Some(score)]) => {
                    attention.challenger_leads += 1;
                    attention.challenger_hot += u64::from(score >= challenger);
                }
                _ => {}
            }
        }
        let known = |at: Option<i64>| at.filter(|at| *at <= population.until_ms);
        let label = Maturity { after_ms: population.mature_ms }.label(first.first_ms, first.converted_ms, population.until_ms);
        if label == Label::Open {
            self.open += 1;
            return Ok(());
        }
        if first.converted_ms.is_some_and(|at| at < first.first_ms) {
            self.before_score += 1;
            return Ok(());
        }
        let converted = f64::from(u8::from(label == Label::Converted));
        let settings = &population.settings;
        let primary = match settings.primary.adjusted {
            true => Measured::Pair(converted, scores.first().copied().flatten().unwrap_or(population.baseline)),
            false => Measured::Value(converted),
        };
        let value = |value: Option<f64>| value.map_or(Measured::Absent, Measured::Value);
        let guardrails = settings.guardrails.iter().map(|guardrail| match guardrail.metric.name.as_str() {
            Test::DEAL_SIZE => value(first.deal_value.filter(|_| known(first.closed_ms).is_some())),
            _ => Measured::Absent,
        });
        let metrics: Vec<Measured> = std::iter::once(primary).chain(guardrails).collect();
        // A deal that was lost is no longer open; were it left open, lost deals would count as long ones.
        let ended = known(first.closed_ms).or(known(first.lost_ms));
        let cycle = known(first.opened_ms).map(|opened| match ended.filter(|ended| *ended >= opened) {
            Some(ended) => Deal::Closed(days(ended - opened)),
            None => Deal::Open(days(population.until_ms - opened)),
        });
        let segments: Value = rows
            .iter()
            .find_map(|row| row.segments.as_deref())
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let segments: Vec<Option<String>> = settings.segments.iter().map(|name| text(segments.get(name))).collect();
        let segments: Vec<Option<&str>> = segments.iter().map(Option::as_deref).collect();
        let lead = Observation { arm, metrics: &metrics, cycle, segments: &segments };
        self.data
            .push(settings, &lead)
            .map_err(|error| SqlError::Driver(format!("{}: a lead of the test: {error}", error.code())))
    }
}

/// [`Tested`] as a shard sends it.
#[derive(Serialize, Deserialize)]
struct Sent {
    data: Value,
    attention: Attention,
    open: u64,
    before_score: u64,
}

/// Days to the hour, as data are sent.
fn days(ms: i64) -> f64 {
    (ms as f64 / HOUR_MS as f64).round() * HOUR_MS as f64 / DAY_MS as f64
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
