//! Scores that pages worked out themselves: rows of the log like any other, of source `page`. A page's figures can be forged, so the digest
//! counts none of them: a lead counts by the score that the service itself worked out.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumbline_core::event::{Exposure, PageFigure, PageScore, Prediction, Role, Source, Status};
use plumbline_core::score::ModelId;

use super::digest::HOUR_MS;
use super::{APPEND, FULL_BYTES, meta};
use crate::journal::write_row;
use crate::model::digest;
use crate::store::{Param, Sql, SqlError};

/// Batches of pages' scores are named by this and their content.
pub(super) const NAME: &str = "page-";

/// Stores the scores that `exposures`, all of them new, brought; part of the caller's transaction.
pub(super) fn store(sql: &mut dyn Sql, exposures: &[&Exposure]) -> Result<(), SqlError> {
    let mut scores = 0;
    // The rows of a batch lie in one hour: a page may bring its scores days later, and a batch is found by the time of its first row.
    let mut hours: BTreeMap<i64, Batch> = BTreeMap::new();
    for exposure in exposures {
        let Some(score) = exposure.score.as_deref() else { continue };
        scores += 1;
        let at_ms = exposure.occurred_ms;
        let batch = hours.entry(at_ms.div_euclid(HOUR_MS)).or_insert_with(|| Batch::new(at_ms));
        for prediction in predictions(exposure, score) {
            batch.text.push(if batch.text.is_empty() { '[' } else { ',' });
            write_row(&mut batch.text, &prediction);
            batch.rows += 1;
        }
        batch.first_ms = batch.first_ms.min(at_ms);
        batch.last_ms = batch.last_ms.max(at_ms);
        if batch.text.len() >= FULL_BYTES {
            append(sql, std::mem::replace(batch, Batch::new(at_ms)))?;
        }
    }
    hours.into_values().try_for_each(|batch| append(sql, batch))?;
    if scores > 0 {
        meta::add(sql, "count:page_scores", scores)?;
    }
    Ok(())
}

/// Rows on their way into the log.
struct Batch {
    text: String,
    rows: i64,
    first_ms: i64,
    last_ms: i64,
}

impl Batch {
    fn new(at_ms: i64) -> Batch {
        Batch { text: String::new(), rows: 0, first_ms: at_ms, last_ms: at_ms }
    }
}

fn append(sql: &mut dyn Sql, batch: Batch) -> Result<(), SqlError> {
    let Batch { mut text, rows, first_ms, last_ms } = batch;
    if rows == 0 {
        return Ok(());
    }
    text.push(']');
    let name = format!("{NAME}{}", digest(text.as_bytes()));
    let given = [Param::Text(&name), Param::Integer(rows), Param::Integer(first_ms), Param::Integer(last_ms), Param::Text(&text)];
    sql.execute(APPEND, &given).map(drop)
}

/// The rows of one page's score: its own, then one for each shadow.
fn predictions(exposure: &Exposure, score: &PageScore) -> Vec<Prediction> {
    let request_id: Arc<str> = exposure.event_id.as_str().into();
    let row = |(version, variant): (&str, &str), role: Role, said: &PageFigure| Prediction {
        timestamp_ms: exposure.occurred_ms,
        request_id: Arc::clone(&request_id),
        client_request_id: None,
        position: 0,
        batch_size: 1,
        lead_id: exposure.lead_id.clone(),
        model: Arc::new(ModelId { name: said.model.clone(), version: version.to_owned() }),
        variant: variant.into(),
        role,
        explores: score.explores,
        status: Status::Scored,
        code: None,
        margin: said.margin,
        probability: Some(said.probability),
        band: said.band.clone(),
        flags: None,
        unknown_values: None,
        duration_us: None,
        epoch: score.epoch,
        arm: score.arm,
        segments: None,
        human_score: None,
        source: Source::Page,
    };
    let own = row((&exposure.version, &score.variant), score.role, &score.said);
    let shadows = score.shadows.iter().map(|shadow| row((&shadow.version, &shadow.variant), Role::Shadow, &shadow.said));
    std::iter::once(own).chain(shadows).collect()
}
