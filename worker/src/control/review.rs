//! Daily, weekly and monthly reviews: made when they are due, kept as documents, and sent.

use plumbline_core::alert::{Message, Topic};
use plumbline_core::report::{Review, ReviewFacts, ReviewKind};
use plumbline_core::rollout::{DAY_MS, Severity};
use plumbline_core::window::Scores;
use serde::Serialize;

use super::report::counts;
use super::rollout::keep_document;
use super::{Control, Fault, integer, outbox, text};
use crate::log::{Business, Grain};
use crate::model::digest;
use crate::problem::Problem;
use crate::store::{Param, Sql, SqlError, SqlValue};

/// Reviews are made at this hour of the UTC day, in milliseconds.
const HOUR_MS: i64 = 8 * 3_600_000;

/// A review in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// `daily`, `weekly` or `monthly`.
    pub kind: String,
    /// When it was made, milliseconds since 1970.
    pub at_ms: i64,
    /// SHA-256 of the document.
    pub sha256: String,
}

impl<S: Sql> Control<S> {
    /// The newest reviews.
    ///
    /// # Errors
    /// The store failed.
    pub fn reviews(&mut self, limit: i64) -> Result<Vec<Listed>, SqlError> {
        let query = "SELECT id, kind, at_ms, sha256 FROM reviews ORDER BY at_ms DESC, id LIMIT ?1";
        let row =
            |row: &Vec<SqlValue>| Listed { id: text(row, 0), kind: text(row, 1), at_ms: integer(row, 2), sha256: text(row, 3) };
        Ok(self.sql.query(query, &[Param::Integer(limit)])?.iter().map(row).collect())
    }

    /// The review `id` as it was made.
    ///
    /// # Errors
    /// There is none, or the store failed.
    pub fn review(&mut self, id: &str) -> Result<Review, Fault> {
        let query = "SELECT d.body FROM reviews AS r JOIN documents AS d ON d.sha256 = r.sha256 WHERE r.id = ?1";
        let found = self.sql.query(query, &[Param::Text(id)])?;
        let none = || Problem::new(404, "NO_SUCH_REVIEW", format!("no review has the id {id:?}"));
        let body = found.first().map(|row| text(row, 0)).ok_or_else(none)?;
        Ok(serde_json::from_str(&body).map_err(|e| SqlError::Driver(format!("the review cannot be read: {e}")))?)
    }

    /// Makes the reviews that are due.
    pub(super) fn make_reviews(&mut self, now_ms: i64) -> Result<(), Fault> {
        if now_ms.rem_euclid(DAY_MS) < HOUR_MS {
            return Ok(());
        }
        let today = now_ms.div_euclid(DAY_MS).to_string();
        if self.kept("reviewed")?.is_some_and(|day| day == today) {
            return Ok(());
        }
        self.set_kept("reviewed", &today)?;
        let report = self.report(now_ms)?;
        let champion = self.running()?.champion;
        let begin = now_ms.div_euclid(DAY_MS) * DAY_MS;
        let traffic = self.windows(Grain::Day, begin - 14 * DAY_MS, begin)?;
        let scores = |from_ms: i64, until_ms: i64| {
            let mut sum = Scores::default();
            let of = traffic.iter().filter(|f| f.version == champion && counts(&f.role));
            of.filter(|f| f.start_ms >= from_ms && f.start_ms < until_ms).for_each(|f| sum.merge(&f.window.scores));
            sum
        };
        let (week, before) = (scores(begin - 7 * DAY_MS, begin), scores(begin - 14 * DAY_MS, begin - 7 * DAY_MS));
        let query = "SELECT version, sum(requests), sum(failed) FROM minutes
            WHERE start_ms > ?1 AND role IN ('champion', 'challenger') GROUP BY version ORDER BY version";
        let rows = self.sql.query(query, &[Param::Integer(now_ms - DAY_MS)])?;
        let requests = |row: &Vec<SqlValue>| (text(row, 0), integer(row, 1).unsigned_abs(), integer(row, 2).unsigned_abs());
        let requests: Vec<_> = rows.iter().map(requests).collect();
        let segments = self.segments(begin, &champion)?;
        let facts = ReviewFacts {
            segments: &segments,
            now_ms,
            requests: &requests,
            predictions: (requests.iter().map(|(_, all, failed)| all - failed.min(all)).sum(), self.newest_row_ms()?),
            scores: [Some(&week), Some(&before)],
        };
        for kind in ReviewKind::ALL {
            if let Some(id) = kind.due(now_ms) {
                self.keep_review(now_ms, &Review::new(kind, &id, &report, &facts))?;
            }
        }
        Ok(())
    }

    /// Leads of `champion` whose outcomes counted in the 28 days before `end_ms`, and those that bought, by field and value of their segments:
    /// fields in the policy's order, values with most leads first.
    fn segments(&mut self, end_ms: i64, champion: &str) -> Result<Vec<(String, String, [u64; 2])>, SqlError> {
        let mut sums = Business::default();
        for figures in self.windows(Grain::Mature, end_ms - 28 * DAY_MS, end_ms)? {
            if figures.version == champion
                && counts(&figures.role)
                && let Ok(one) = serde_json::from_value(figures.business)
            {
                sums.merge(&one);
            }
        }
        let fields = &self.policy.experiment.segments.fields;
        let rank = |field: &str| fields.iter().position(|one| one == field).unwrap_or(fields.len());
        let all = sums
            .segments
            .into_iter()
            .flat_map(|(field, values)| values.into_iter().map(move |(value, counts)| (field.clone(), value, counts)));
        let mut all: Vec<(String, String, [u64; 2])> = all.collect();
        all.sort_by(|a, b| (rank(&a.0), &a.0).cmp(&(rank(&b.0), &b.0)).then(b.2.cmp(&a.2)).then_with(|| a.1.cmp(&b.1)));
        Ok(all)
    }

    fn keep_review(&mut self, now_ms: i64, review: &Review) -> Result<(), SqlError> {
        let policy = &self.policy;
        let body = serde_json::to_string(review).unwrap_or_default();
        let sha256 = digest(body.as_bytes());
        let message = message(review, now_ms);
        self.sql.transaction(&mut |sql| {
            let insert = "INSERT INTO reviews (id, kind, at_ms, sha256) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING";
            let [id, kind, sha256] = [review.id.as_str(), review.kind.name(), sha256.as_str()].map(Param::Text);
            if sql.execute(insert, &[id, kind, Param::Integer(now_ms), sha256])? == 0 {
                return Ok(());
            }
            keep_document(sql, now_ms, "review", &body)?;
            outbox::post(sql, policy, &message, "reviews", now_ms)
        })
    }
}

/// The review as a message: its parts as fields.
fn message(review: &Review, now_ms: i64) -> Message {
    let fields = review.parts.iter().map(|part| (part.id.replace('_', " "), part.sentence.text.clone()));
    let question = review.question.iter().map(|question| ("To decide".to_owned(), question.text.clone()));
    Message {
        id: format!("review/{}/0", review.id),
        topic: Topic::Review,
        kind: format!("review.{}", review.kind.name()),
        severity: Severity::Info,
        at_ms: now_ms,
        title: format!("Review {}", review.id),
        sentence: review.sentence.clone(),
        fields: fields.chain(question).collect(),
        context: vec![format!("Review {}", review.id)],
        links: Vec::new(),
    }
}
