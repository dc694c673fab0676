//! Scores that pages worked out themselves: rows of the log like any other, of source `page`. A page's figures can be forged, so the digest
//! counts none of them: a lead counts by the score that the service itself worked out.

use std::sync::Arc;

use plumbline_core::event::{Exposure, PageFigure, PageScore, Prediction, Role, Source, Status};
use plumbline_core::score::ModelId;

use super::{APPEND, FULL_BYTES, meta};
use crate::journal::write_row;
use crate::model::digest;
use crate::store::{Param, Sql, SqlError};

/// Batches of pages' scores are named by this and their content.
pub(super) const NAME: &str = "page-";

/// Stores the scores that `exposures`, all of them new, brought; part of the caller's transaction.
pub(super) fn store(sql: &mut dyn Sql, exposures: &[&Exposure]) -> Result<(), SqlError> {
    let mut text = String::new();
    let (mut rows, mut times) = (0i64, None::<(i64, i64)>);
    let mut scores = 0;
    for exposure in exposures {
        let Some(score) = exposure.score.as_deref() else { continue };
        scores += 1;
        for prediction in predictions(exposure, score) {
            text.push(if text.is_empty() { '[' } else { ',' });
            write_row(&mut text, &prediction);
            rows += 1;
        }
        let (first, last) = times.unwrap_or((exposure.occurred_ms, exposure.occurred_ms));
        times = Some((first.min(exposure.occurred_ms), last.max(exposure.occurred_ms)));
        if text.len() >= FULL_BYTES {
            append(sql, std::mem::take(&mut text), std::mem::take(&mut rows), times.take())?;
        }
    }
    append(sql, text, rows, times)?;
    if scores > 0 {
        meta::add(sql, "count:page_scores", scores)?;
    }
    Ok(())
}

fn append(sql: &mut dyn Sql, mut text: String, rows: i64, times: Option<(i64, i64)>) -> Result<(), SqlError> {
    let Some((first, last)) = times else { return Ok(()) };
    text.push(']');
    let name = format!("{NAME}{}", digest(text.as_bytes()));
    let given = [Param::Text(&name), Param::Integer(rows), Param::Integer(first), Param::Integer(last), Param::Text(&text)];
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
