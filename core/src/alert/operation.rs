//! Whether the service keeps its own records: rows stored, messages sent, deployments followed, ledger whole, clock steady.

use super::{Figure, Finding, Reading, Rule};
use crate::rollout::phrase;

/// A message that waits for longer than this is stuck, in milliseconds.
const STUCK_MS: i64 = 15 * 60_000;
/// A process that keeps a copy of the log may be silent for this long, in milliseconds.
const EXPORT_MS: i64 = 4 * 3_600_000;

/// What the service knows of its own records. What is absent is not judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Operation {
    /// Rows known to be lost in the last quarter of an hour.
    pub not_stored: Option<u64>,
    /// When the oldest message that still waits was written, and how many wait; none waits: `Some(None)`.
    pub outbox: Option<Option<(i64, u64)>>,
    /// For how long the most silent process that keeps a copy of the log has not asked for rows, in milliseconds.
    pub export_lag_ms: Option<i64>,
    /// Instances that still serve an older deployment more than five seconds after a change.
    pub lagging: Option<Vec<String>>,
    /// What `verify` found wrong with the ledger; the ledger is whole: `Some(None)`.
    pub ledger: Option<Option<String>>,
    /// What is wrong with the newest retraining; nothing is: `Some(None)`.
    pub retraining: Option<Option<String>>,
    /// Whether the clock jumped and no row has confirmed the new time.
    pub jumped: Option<bool>,
}

/// The readings of what is known.
pub fn operations(facts: &Operation, now_ms: i64) -> Vec<Reading> {
    let mut readings = Vec::new();
    let mut add = |rule: Rule, is_outside: bool, figure: Figure, text: String| {
        let finding = if is_outside { Finding::Outside } else { Finding::Inside };
        readings.push(Reading::new(rule, "", finding, figure, text));
    };
    if let Some(rows) = facts.not_stored {
        let text = match rows {
            0 => "All predictions are stored.".to_owned(),
            rows => format!("{} could not be stored in the last 15 minutes.", phrase::counted(rows, "prediction", "predictions")),
        };
        add(Rule::NotStored, rows > 0, Figure::new(rows as f64, 0.0), text);
    }
    if let Some(waiting) = facts.outbox {
        let oldest = waiting.filter(|(oldest_ms, _)| now_ms.saturating_sub(*oldest_ms) > STUCK_MS);
        let text = match oldest {
            None => "Messages are delivered.".to_owned(),
            Some((oldest_ms, waiting)) => format!(
                "{}, the oldest since {}.",
                phrase::counted(waiting, "message waits for its receiver", "messages wait for their receiver"),
                phrase::clock(oldest_ms, now_ms)
            ),
        };
        let minutes = waiting.map_or(0.0, |(oldest_ms, _)| now_ms.saturating_sub(oldest_ms) as f64 / 6e4);
        add(Rule::OutboxStuck, oldest.is_some(), Figure::new(minutes, STUCK_MS as f64 / 6e4), text);
    }
    if let Some(lag_ms) = facts.export_lag_ms {
        let (hours, allowed) = (lag_ms as f64 / 3.6e6, EXPORT_MS as f64 / 3.6e6);
        let text = format!(
            "The export asked for rows {} hours ago; {} are allowed.",
            phrase::rounded(hours, 2),
            phrase::rounded(allowed, 2)
        );
        add(Rule::ExportStuck, lag_ms > EXPORT_MS, Figure::new(hours, allowed), text);
    }
    if let Some(lagging) = &facts.lagging {
        let text = match lagging.as_slice() {
            [] => "All instances serve the newest deployment.".to_owned(),
            some => format!("{} still serves an older deployment than the newest.", phrase::listed(some)),
        };
        add(Rule::EpochLag, !lagging.is_empty(), Figure::new(lagging.len() as f64, 0.0), text);
    }
    if let Some(fault) = &facts.retraining {
        let text = fault.clone().unwrap_or_else(|| "The newest retraining ended well.".to_owned());
        add(Rule::Retraining, fault.is_some(), Figure::default(), text);
    }
    if let Some(fault) = &facts.ledger {
        let text = fault.clone().unwrap_or_else(|| "The ledger is whole.".to_owned());
        add(Rule::LedgerBroken, fault.is_some(), Figure::default(), text);
    }
    if let Some(jumped) = facts.jumped {
        let text = if jumped { "The clock jumped; looks wait until rows of the new day arrive." } else { "The clock is steady." };
        add(Rule::Clock, jumped, Figure::default(), text.to_owned());
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_judged_and_nothing_else() {
        assert!(operations(&Operation::default(), 0).is_empty());
        let well = Operation {
            not_stored: Some(0),
            outbox: Some(Some((0, 1))),
            export_lag_ms: Some(EXPORT_MS),
            lagging: Some(vec![]),
            ledger: Some(None),
            jumped: Some(false),
            retraining: Some(None),
        };
        let readings = operations(&well, STUCK_MS);
        assert!(readings.len() == 7 && readings.iter().all(|reading| reading.finding == Finding::Inside), "{readings:?}");
        let ill = Operation {
            not_stored: Some(3),
            outbox: Some(Some((0, 2))),
            export_lag_ms: Some(EXPORT_MS + 1),
            lagging: Some(vec!["a".into()]),
            ledger: Some(Some("Entry 7 was altered.".into())),
            jumped: Some(true),
            retraining: Some(Some("It failed.".to_owned())),
        };
        let readings = operations(&ill, STUCK_MS + 1);
        assert!(readings.len() == 7 && readings.iter().all(|reading| reading.finding == Finding::Outside), "{readings:?}");
        assert_eq!(readings[0].sentence.text, "3 predictions could not be stored in the last 15 minutes.");
        assert_eq!(readings[1].sentence.text, "2 messages wait for their receiver, the oldest since 00:00.");
    }
}
