//! Scores as lines of bits. `tests/hosts/lines.mjs` writes the same lines in JavaScript.

use std::fmt::Write as _;

use plumbline_core::lead::Form;
use plumbline_core::{Options, Score, ScoreError, Scorer, Timestamp, Workspace};
use sha2::{Digest, Sha256};

/// The bits of `x`, 16 digits; a NaN's sign and payload are the host's own business.
pub fn bits(x: f64) -> String {
    format!("{:016x}", if x.is_nan() { 0x7ff8_0000_0000_0000 } else { x.to_bits() })
}

/// Of each row: the margins, the probability, then `|` and the contributions when the model can be explained.
pub fn row_lines(scorer: &Scorer, rows: &[f64]) -> Vec<String> {
    let mut work = Workspace::default();
    let join = |values: &[f64]| values.iter().copied().map(bits).collect::<Vec<_>>().join(" ");
    rows.chunks(scorer.engine().columns())
        .map(|row| {
            let margins = scorer.score_row(row, &mut work).0.to_vec();
            let mut line = format!("{} {}", join(&margins), bits(scorer.probability(&margins, &mut work)));
            if let Some(contributions) = scorer.contributions(row, &mut work) {
                let _ = write!(line, " | {}", join(contributions));
            }
            line
        })
        .collect()
}

/// Of each lead: margin, probability, then `|` and everything else that is said of it; or why it is refused.
pub fn lead_lines(scorer: &Scorer, leads: &str, now_ms: i64) -> Vec<String> {
    let mut lines = Vec::new();
    let (options, mut work) = (Options::with_reasons(5), Workspace::default());
    let each = &mut |_: u32, result: Result<Score, ScoreError>| {
        lines.push(match result {
            Ok(score) => {
                let mut line = format!("{} {} |", bits(score.margin), bits(score.probability));
                let id = score.lead_id.unwrap_or_default();
                let whole = |points: Option<i32>| points.map_or("-".to_owned(), |p| p.to_string());
                let _ = write!(line, " {id} {} {} {} {}", score.score, score.band, whole(score.base), whole(score.rest));
                for reason in score.reasons {
                    let _ = write!(line, " / {} {} {}", bits(reason.contribution), reason.points, reason.text);
                }
                line
            }
            Err(error) => {
                let problems = error.problems().iter().map(|e| format!("{} {} {e}", e.code(), e.pointer()));
                problems.collect::<Vec<_>>().join(" / ")
            }
        });
    };
    scorer.score_body(leads.as_bytes(), Form::Lines, Timestamp(now_ms), &options, &mut work, each).expect("the body can be read");
    lines
}

/// SHA-256 of `lines`, each with its line feed, hexadecimal.
pub fn digest(lines: &[String]) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
        hash.update("\n");
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
