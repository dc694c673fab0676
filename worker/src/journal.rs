//! Predictions on their way to the log: held per shard until there are enough, or the oldest has waited long enough.

use std::fmt::Write;

use plumbline_core::Timestamp;

use crate::prediction::Prediction;
use crate::settings::Settings;

/// Rows for one shard, encoded for [`LogShard::append`](crate::LogShard::append).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Which shard, from 0.
    pub shard: u32,
    /// How many rows.
    pub rows: u32,
    /// The rows: a JSON array of arrays, columns in the order of the table.
    pub text: String,
}

/// Holds rows per shard and says when they are due. No I/O: the host carries the batches to their shards.
#[derive(Debug)]
pub struct Journal {
    shards: Vec<Pending>,
    flush_rows: u32,
    flush_ms: i64,
}

#[derive(Debug, Default)]
struct Pending {
    text: String,
    rows: u32,
    since: i64,
}

impl Journal {
    /// An empty journal.
    pub fn new(settings: &Settings) -> Journal {
        let shards = (0..settings.shards.max(1)).map(|_| Pending::default()).collect();
        Journal { shards, flush_rows: settings.flush_rows.max(1), flush_ms: i64::from(settings.flush_ms) }
    }

    /// Takes `predictions` in. Returns the batches that are full now.
    pub fn push(&mut self, now: Timestamp, predictions: &[Prediction]) -> Vec<Batch> {
        let shards = self.shards.len() as u32;
        let mut due = Vec::new();
        for prediction in predictions {
            let shard = Prediction::shard(&prediction.lead_id, shards);
            let Some(pending) = self.shards.get_mut(shard as usize) else { continue };
            if pending.rows == 0 {
                pending.since = now.0;
            }
            pending.push(prediction);
            if pending.rows >= self.flush_rows {
                due.extend(pending.take(shard));
            }
        }
        due
    }

    /// The batches whose oldest row has waited long enough at `now`.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Batch> {
        let flush_ms = self.flush_ms;
        self.drain(|pending| now.0 - pending.since >= flush_ms)
    }

    /// Everything held, due or not: for durable mode and for shutting down.
    pub fn flush(&mut self) -> Vec<Batch> {
        self.drain(|_| true)
    }

    /// Rows held.
    pub fn rows(&self) -> u64 {
        self.shards.iter().map(|pending| u64::from(pending.rows)).sum()
    }

    fn drain(&mut self, due: impl Fn(&Pending) -> bool) -> Vec<Batch> {
        let shards = self.shards.iter_mut().zip(0..);
        shards
            .filter(|(pending, _)| pending.rows > 0 && due(pending))
            .filter_map(|(pending, shard)| pending.take(shard))
            .collect()
    }
}

impl Pending {
    fn push(&mut self, p: &Prediction) {
        let text = &mut self.text;
        text.push_str(if self.rows == 0 { "[[" } else { ",[" });
        self.rows += 1;
        // Writing to a String cannot fail.
        let _ = write!(text, "{},", p.timestamp_ms);
        quote(text, &p.request_id);
        text.push(',');
        match &p.client_request_id {
            Some(id) => quote(text, id),
            None => text.push_str("null"),
        }
        let _ = write!(text, ",{},{},", p.position, p.batch_size);
        for word in [&*p.lead_id, &p.model.name, &p.model.version, p.variant, p.role] {
            quote(text, word);
            text.push(',');
        }
        let _ = write!(text, "{},", p.status);
        match p.code {
            Some(code) => quote(text, code),
            None => text.push_str("null"),
        }
        for number in [p.margin, p.probability] {
            match number {
                Some(x) if x.is_finite() => drop(write!(text, ",{x:?}")),
                _ => text.push_str(",null"),
            }
        }
        text.push(',');
        quote(text, &p.band);
        match p.duration_us {
            Some(us) => drop(write!(text, ",{us}]")),
            None => text.push_str(",null]"),
        }
    }

    fn take(&mut self, shard: u32) -> Option<Batch> {
        (self.rows > 0).then(|| {
            let mut text = std::mem::take(&mut self.text);
            text.push(']');
            Batch { shard, rows: std::mem::take(&mut self.rows), text }
        })
    }
}

/// Appends `word` as a JSON string.
fn quote(out: &mut String, word: &str) {
    out.push('"');
    if word.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\') {
        for c in word.chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                c if c < ' ' => drop(write!(out, "\\u{:04x}", u32::from(c))),
                c => out.push(c),
            }
        }
    } else {
        out.push_str(word);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{NOW, ask};

    #[test]
    fn rows_wait_for_their_number_or_their_time() {
        let settings = Settings { shards: 1, flush_rows: 3, flush_ms: 10, ..Settings::default() };
        let mut journal = Journal::new(&settings);
        let answer = ask("POST /v1/score", &[], r#"[{"lead_id":"a\"\u0001"},{"visits":2},{"visits":[]},{}]"#);
        let full = journal.push(NOW, &answer.predictions);
        assert_eq!((full.len(), full[0].rows, journal.rows()), (1, 3, 1));
        let rows: Vec<Vec<serde_json::Value>> = serde_json::from_str(&full[0].text).unwrap();
        assert!(rows.iter().all(|row| row.len() == 16), "{rows:?}");
        assert_eq!((&rows[0][5], rows[1][3].as_u64(), rows[1][4].as_u64()), (&"a\"\u{1}".into(), Some(1), Some(4)));
        assert_eq!(rows[1][12].as_f64(), answer.predictions[1].margin);
        assert_eq!(journal.tick(Timestamp(NOW.0 + 9)), []);
        assert_eq!(journal.tick(Timestamp(NOW.0 + 10)).len(), 1);
        assert_eq!(journal.flush(), []);
    }
}
