//! Predictions on their way to the log: held per shard until there are enough, or the oldest has waited long enough. What is counted of
//! them, and the fields of leads that are kept, go with them.

use std::fmt::Write;

use plumbline_core::event::{Cell, Prediction, shard};
use plumbline_core::{Decimal, Timestamp};

use crate::answer::Effects;
use crate::heartbeat::Heartbeat;
use crate::settings::Settings;
use crate::tally::{Counts, Fields};

/// Rows for one shard, encoded for [`LogShard::append`](crate::LogShard::append).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Which shard, from 0.
    pub shard: u32,
    /// How many rows.
    pub rows: u32,
    /// What the shard stores, a line each: the batch's name, its number of rows and the times of its first and last row; the rows, a JSON
    /// array of arrays in the order of [`Prediction::COLUMNS`]; the fields of leads that are kept, a JSON array; a
    /// [`Tally`](crate::tally::Tally); a [`Heartbeat`]. Of the last three each may be empty, and absent where no other follows.
    pub text: String,
}

impl Batch {
    /// Has the batch carry `heartbeat` to its shard, in a line of its own behind the others.
    pub fn carry(&mut self, heartbeat: &Heartbeat) {
        for _ in self.text.bytes().filter(|byte| *byte == b'\n').count()..4 {
            self.text.push('\n');
        }
        self.text.push_str(&serde_json::to_string(heartbeat).unwrap_or_default());
    }
}

/// A batch holds about this much text at most, whatever its rows are: a Durable Object stores 2 MB in a value.
const FULL_BYTES: usize = 1 << 20;
/// Room for the line before the rows.
const HEAD_BYTES: usize = 96;

/// Holds rows per shard and says when they are due. No I/O: the host carries the batches to their shards.
#[derive(Debug)]
pub struct Journal {
    shards: Vec<Pending>,
    instance: String,
    batches: u64,
    flush_rows: u32,
    flush_ms: i64,
    fields: Fields,
}

#[derive(Debug, Default)]
struct Pending {
    text: String,
    rows: u32,
    first_ms: i64,
    last_ms: i64,
    counts: Counts,
    /// Fields of leads, each behind a bracket or a comma.
    fields: String,
}

impl Journal {
    /// An empty journal. `instance` is random text of the host, as for [`Service::new`](crate::Service::new): batches are named
    /// by it and a running number, so that a shard knows a batch it has stored before.
    pub fn new(settings: &Settings, instance: &str) -> Journal {
        Journal {
            shards: (0..settings.shards.max(1)).map(|_| Pending::default()).collect(),
            instance: instance.chars().filter(char::is_ascii_alphanumeric).take(32).collect(),
            batches: 0,
            flush_rows: settings.flush_rows.max(1),
            flush_ms: i64::from(settings.flush_ms),
            fields: Fields {
                personal: settings.leads.iter().flat_map(|leads| leads.personal.clone()).collect(),
                ..Fields::default()
            },
        }
    }

    /// The same journal, which hashes personal fields with `secret`. Without one they are left out.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<Vec<u8>>) -> Journal {
        self.fields.secret = secret.into();
        self
    }

    /// Takes the rows of one request in, and what is counted and kept of its leads. Returns the batches that are full now.
    pub fn push(&mut self, now: Timestamp, effects: &Effects) -> Vec<Batch> {
        let shards = self.shards.len() as u32;
        let number = |lead_id: &str| if shards == 1 { 0 } else { shard(lead_id, shards) };
        let Effects { predictions, seen } = effects;
        let mut due = Vec::new();
        let (mut read, mut kept) = (seen.rows.iter(), seen.leads().iter().peekable());
        for prediction in predictions {
            let shard = number(&prediction.lead_id);
            let read = read.next();
            let Some(pending) = self.shards.get_mut(shard as usize) else { continue };
            if pending.rows == 0 {
                pending.first_ms = now.0;
            }
            pending.last_ms = now.0;
            pending.push(prediction);
            // Before the first row of a lead, its fields.
            while let Some(lead) = kept.next_if(|lead| lead.position <= prediction.position) {
                pending.fields.push(if pending.fields.is_empty() { '[' } else { ',' });
                self.fields.write(&mut pending.fields, seen, lead);
            }
            if let Some(read) = read {
                pending.counts.count(prediction, seen, read);
            }
            if pending.rows >= self.flush_rows || pending.text.len().max(pending.fields.len()) >= FULL_BYTES {
                due.extend(pending.take(shard, &self.instance, &mut self.batches));
            }
        }
        due
    }

    /// The batches whose oldest row has waited long enough at `now`.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Batch> {
        let flush_ms = self.flush_ms;
        self.drain(|pending| now.0 - pending.first_ms >= flush_ms)
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
        let (instance, batches) = (&self.instance, &mut self.batches);
        let shards = self.shards.iter_mut().zip(0..);
        shards
            .filter(|(pending, _)| pending.rows > 0 && due(pending))
            .filter_map(|(pending, shard)| pending.take(shard, instance, batches))
            .collect()
    }
}

impl Pending {
    fn push(&mut self, p: &Prediction) {
        let text = &mut self.text;
        if self.rows == 0 {
            // The line of the head is written before the rows once they are complete; its place is kept.
            text.extend([' '; HEAD_BYTES]);
        }
        text.push(if self.rows == 0 { '[' } else { ',' });
        self.rows += 1;
        write_row(text, p);
    }

    fn take(&mut self, shard: u32, instance: &str, batches: &mut u64) -> Option<Batch> {
        if self.rows == 0 {
            return None;
        }
        // The next batch will be about as long as this one.
        let next = String::with_capacity(self.text.len() + self.text.len() / 8);
        let mut text = std::mem::replace(&mut self.text, next);
        text.push(']');
        let (tally, mut fields) = (self.counts.take(), std::mem::take(&mut self.fields));
        if !fields.is_empty() {
            fields.push(']');
        }
        if !tally.is_empty() || !fields.is_empty() {
            text.push('\n');
            text.push_str(&fields);
        }
        if !tally.is_empty() {
            text.push('\n');
            text.push_str(&tally);
        }
        *batches += 1;
        let head = format!("{instance}-{batches:x} {} {} {}", self.rows, self.first_ms, self.last_ms);
        // Spaces before the line end belong to no number.
        text.replace_range(..HEAD_BYTES, &format!("{head:<width$}\n", width = HEAD_BYTES - 1));
        Some(Batch { shard, rows: std::mem::take(&mut self.rows), text })
    }
}

/// Appends the row of `p`: a JSON array of its cells.
pub(crate) fn write_row(text: &mut String, p: &Prediction) {
    text.push('[');
    for (at, cell) in p.cells().into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        match cell {
            Cell::Null => text.push_str("null"),
            Cell::Integer(n) => whole(text, n),
            // Writing to a String cannot fail.
            Cell::Real(x) => drop(write!(text, "{}", Decimal(x))),
            Cell::Text(word) => quote(text, word),
        }
    }
    text.push(']');
}

/// Appends a whole number.
fn whole(out: &mut String, value: i64) {
    let mut digits = [b'0'; 20];
    let (mut rest, mut from) = (value.unsigned_abs(), digits.len());
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        (rest, from) = (rest / 10, from - 1);
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push('-');
    }
    out.push_str(digits.get(from..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default());
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
    use plumbline_core::lead::Limits;

    use crate::sample::{NOW, ask, ask_of, service};

    #[test]
    fn rows_wait_for_their_number_or_their_time() {
        let settings = Settings { shards: 1, flush_rows: 3, flush_ms: 10, ..Settings::default() };
        let mut journal = Journal::new(&settings, "ab-c!");
        let answer = ask("POST /v1/score", &[], r#"[{"lead_id":"a\"\u0001"},{"visits":2},{"visits":[]},{}]"#);
        let full = journal.push(NOW, &answer.effects);
        assert_eq!((full.len(), full[0].rows, journal.rows()), (1, 3, 1));
        let (head, rows) = full[0].text.split_once('\n').unwrap();
        assert_eq!(head.trim_end(), format!("abc-1 3 {0} {0}", NOW.0));
        let rows: Vec<Vec<serde_json::Value>> = serde_json::from_str(rows).unwrap();
        assert!(rows.iter().all(|row| row.len() == Prediction::COLUMNS.len()), "{rows:?}");
        assert_eq!((&rows[0][5], rows[1][3].as_u64(), rows[1][4].as_u64()), (&"a\"\u{1}".into(), Some(1), Some(4)));
        assert_eq!(rows[1][12].as_f64(), answer.effects.predictions[1].margin);
        assert_eq!(journal.tick(Timestamp(NOW.0 + 9)), []);
        assert_eq!(journal.tick(Timestamp(NOW.0 + 10)).len(), 1);
        assert_eq!(journal.flush(), []);
    }

    #[test]
    fn a_batch_of_long_rows_is_cut_where_a_store_would_refuse_it() {
        let mut journal = Journal::new(&Settings { shards: 1, flush_rows: 1 << 20, ..Settings::default() }, "x");
        let long = format!("{{\"lead_id\":\"{}\"}}", "y".repeat(250));
        let settings = Settings { limits: Limits { batch: 100_000, ..Limits::default() }, ..Settings::default() };
        let answer = ask_of(&service(settings), "POST /v1/score", &[], format!("[{}]", vec![long; 4000].join(",")));
        let full = journal.push(NOW, &answer.effects);
        assert!(!full.is_empty() && full.iter().all(|batch| batch.text.len() < 1_200_000), "{}", full.len());
        assert_eq!(full.iter().map(|batch| u64::from(batch.rows)).sum::<u64>() + journal.rows(), 4000);
    }

    #[test]
    fn a_row_has_the_digits_of_the_answer() {
        // Two shortest decimals lie equally near: the one that answers have is written, not std's.
        let digits = "160255546819977.12";
        let tie: f64 = digits.parse().unwrap();
        assert_ne!(tie.to_string(), digits);
        let mut answer = ask("POST /v1/score", &[], r#"{"lead_id":"a"}"#);
        answer.effects.predictions[0].margin = Some(tie);
        let mut journal = Journal::new(&Settings { shards: 1, ..Settings::default() }, "x");
        journal.push(NOW, &answer.effects);
        assert!(journal.flush()[0].text.contains(&format!(",{digits},")));
        assert_eq!(serde_json::to_string(&tie).unwrap(), digits);
    }

    #[test]
    fn whole_numbers_are_written_as_they_are() {
        for value in [0, 7, -1, 1_700_000_000_000, i64::MIN, i64::MAX] {
            let mut out = String::new();
            whole(&mut out, value);
            assert_eq!(out, value.to_string());
        }
    }
}
