//! Files of leads: every reader ends, counts lines upwards and gives each record all of its fields.

use plumbline::harness::{Records, Step, of_bytes};

/// A small Parquet file may hold millions of rows; these are enough.
const ROWS: usize = 5000;

pub(super) fn csv(data: &[u8]) {
    // Others go to other readers.
    let text = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    let start = text.trim_ascii_start();
    if data.starts_with(b"PAR1") || data.starts_with(&[0x1f, 0x8b]) || matches!(start.first(), Some(b'{' | b'[')) {
        return;
    }
    let Ok(records) = of_bytes(data.to_vec(), false) else { return };
    let (accepted, rejected) = drained(records, data.contains(&b'\r'));
    let marked = text.windows(3).any(|bytes| bytes == b"\xef\xbb\xbf");
    if !marked && !data.contains(&b'"') && !data.contains(&b'\r') {
        // Without quotes a record is a line that is not empty, the first of them the header. A byte order mark behind empty lines is
        // skipped as well, and may leave an empty line.
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
        assert_eq!(accepted + rejected + 1, lines);
    }
}

pub(super) fn ndjson(data: &[u8]) {
    if data.first() != Some(&b'{') {
        return;
    }
    let lines = data.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
    for as_json in [false, true] {
        let records = of_bytes(data.to_vec(), as_json).unwrap_or_else(|e| panic!("{e}"));
        let (accepted, rejected) = drained(records, false);
        assert_eq!(accepted + rejected, lines);
    }
}

pub(super) fn parquet(data: &[u8]) {
    if data.starts_with(b"PAR1")
        && let Ok(records) = of_bytes(data.to_vec(), false)
    {
        drained(records, false);
    }
}

/// Records accepted and rejected. Lines are those of editors and of RFC 4180: a carriage return `alone` ends a record, but no line.
fn drained(mut records: Box<dyn Records>, alone: bool) -> (usize, usize) {
    let (mut accepted, mut rejected, mut line) = (0, 0, 0);
    while accepted + rejected < ROWS {
        match records.advance() {
            Ok(Step::End) => {
                assert!(matches!(records.advance(), Ok(Step::End)), "an end that is not the end");
                break;
            }
            Ok(Step::Rejected(problem)) => {
                assert!(!problem.code.is_empty() && !problem.message.is_empty());
                rejected += 1;
            }
            Ok(Step::Record) => {
                accepted += 1;
                for field in 0..records.names().len() {
                    std::hint::black_box(records.cell(field));
                }
            }
            Err(_) => break,
        }
        assert!(records.line() > line || (alone && records.line() == line), "line {} after line {line}", records.line());
        line = records.line();
    }
    (accepted, rejected)
}
