//! The figures of a scored table: those of `plumbline metrics`, from the same types of the core, and the histogram that curves are drawn of.

use plumbline_core::metric::{Labelled, Measure, Report};
use plumbline_core::report::ScoreHistogram;
use plumbline_core::table::{Cell, Mismatch, Rows, is_few};
use serde::Serialize;

use super::csv::{Csv, Problem};

/// Columns with the score, the likeliest first.
const SCORES: [&str; 5] = ["probability", "score", "prob0", "prob", "y_pred_proba"];
/// Columns with the outcome.
const OUTCOMES: [&str; 5] = ["converted", "outcome", "label", "target", "y_true"];
/// Rows that are read, at most.
const ROWS: usize = 1_000_000;

/// The header of a table and what its columns seem to be.
#[derive(Debug, Serialize)]
pub struct Head {
    /// The columns.
    pub names: Vec<String>,
    /// Which one seems to be the score.
    pub score: Option<String>,
    /// Which one seems to be the outcome.
    pub outcome: Option<String>,
    /// The first rows.
    pub rows: Vec<Vec<String>>,
}

/// The settings for measuring a table; the columns of empty names are guessed.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The name of the file, for places in messages.
    pub file: String,
    /// The column with the score.
    pub score: String,
    /// The column with the outcome.
    pub outcome: String,
    /// `percent`, `rank`, or empty for probabilities.
    pub scale: String,
    /// A lead is called from this score on.
    pub threshold: f64,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// The figures.
    pub report: Report,
    /// Scores against outcomes in a hundred bins; none where scores are no probabilities.
    pub histogram: Option<ScoreHistogram>,
}

/// A table that is read and measured.
#[derive(Default)]
pub struct Table {
    csv: Csv,
    taken: Taken,
}

#[derive(Default)]
struct Taken {
    asked: Asked,
    places: Option<(usize, usize)>,
    scores: Vec<f64>,
    converted: Vec<bool>,
    rejected: Rows,
    rows: Rows,
    open: u64,
    unscored: u64,
    /// Values that are read, and those that are not, of scores and of outcomes.
    seen: [(u64, u64); 2],
    /// The first value of each that cannot be read.
    first: [Option<(String, String)>; 2],
    read: usize,
}

impl Table {
    /// A table of which `asked` is asked.
    pub fn new(asked: Asked) -> Table {
        Table { csv: Csv::default(), taken: Taken { asked, ..Taken::default() } }
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// A code and a sentence: the table cannot be read, or has too many rows.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let Table { csv, taken } = self;
        // The header arrives with the first row, so the columns are looked up once it is known.
        if taken.places.is_none() && !csv.names.is_empty() {
            taken.places = Some(taken.asked.places(&csv.names)?);
        }
        let mut waiting: Vec<(u64, Result<Vec<String>, Problem>)> = Vec::new();
        let read = csv.feed(bytes, &mut |line, row| match taken.places {
            Some(places) => taken.take(line, row, places),
            None => waiting.push((line, row.map(|fields| fields.iter().map(|field| (*field).to_owned()).collect()))),
        });
        read?;
        self.catch_up(waiting)
    }

    fn catch_up(&mut self, waiting: Vec<(u64, Result<Vec<String>, Problem>)>) -> Result<(), Problem> {
        if self.taken.places.is_none() && !self.csv.names.is_empty() {
            self.taken.places = Some(self.taken.asked.places(&self.csv.names)?);
        }
        if let Some(places) = self.taken.places {
            for (line, row) in waiting {
                match row {
                    Ok(fields) => {
                        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
                        self.taken.take(line, Ok(&fields), places);
                    }
                    Err(problem) => self.taken.take(line, Err(problem), places),
                }
            }
        }
        if self.taken.read > ROWS {
            return Err((
                "ROWS_TOO_MANY",
                "the file has more than 1,000,000 rows; `plumbline metrics` reads larger ones".to_owned(),
            ));
        }
        Ok(())
    }

    /// What the table seems to hold, from what was read so far.
    pub fn head(&self) -> Head {
        let names = self.csv.names.clone();
        let of = |usual: &[&str]| {
            usual.iter().find_map(|name| place(&names, name).ok().flatten()).and_then(|at| names.get(at).cloned())
        };
        Head { score: of(&SCORES), outcome: of(&OUTCOMES), rows: self.csv.first.clone(), names }
    }

    /// The figures of all that was read.
    ///
    /// # Errors
    /// A code and a sentence: what could not be read or measured.
    pub fn end(mut self) -> Result<Measured, Problem> {
        let mut waiting = Vec::new();
        let Table { csv, taken } = &mut self;
        csv.end(&mut |line, row| match taken.places {
            Some(places) => taken.take(line, row, places),
            None => waiting.push((line, row.map(|fields| fields.iter().map(|field| (*field).to_owned()).collect()))),
        })?;
        self.catch_up(waiting)?;
        self.taken.measured()
    }
}

impl Asked {
    fn places(&self, names: &[String]) -> Result<(usize, usize), Problem> {
        let of = |given: &str, usual: &[&str]| {
            let wanted: Vec<&str> = if given.is_empty() { usual.to_vec() } else { vec![given] };
            for name in &wanted {
                if let Some(at) = place(names, name)? {
                    return Ok(at);
                }
            }
            Err(("COLUMN_UNKNOWN", format!("no column is named {}; choose one", wanted.join(", "))))
        };
        Ok((of(&self.score, &SCORES)?, of(&self.outcome, &OUTCOMES)?))
    }
}

/// Where `names` has `wanted`: spelled so, otherwise the only one that differs in case alone.
fn place(names: &[String], wanted: &str) -> Result<Option<usize>, Problem> {
    if let Some(at) = names.iter().position(|name| name == wanted) {
        return Ok(Some(at));
    }
    let alike: Vec<usize> =
        (0..names.len()).filter(|at| names.get(*at).is_some_and(|name| name.eq_ignore_ascii_case(wanted))).collect();
    match alike.as_slice() {
        [] => Ok(None),
        [at] => Ok(Some(*at)),
        _ => Err(("COLUMN_AMBIGUOUS", format!("several columns are named {wanted:?} in another case; choose one"))),
    }
}

impl Taken {
    fn take(&mut self, line: u64, row: Result<&[&str], Problem>, (score_at, outcome_at): (usize, usize)) {
        self.read += 1;
        let fields = match row {
            Ok(fields) => fields,
            Err((code, message)) => return self.rejected.leave_out(code, || (place_of(&self.asked.file, line), message)),
        };
        let [score, outcome] = [score_at, outcome_at].map(|at| Cell::of_field(fields.get(at).copied().unwrap_or_default()));
        let (score, outcome) = (score.read_number(), outcome.read_flag());
        self.see(0, line, fields.get(score_at), score.as_ref().map(Option::is_some));
        self.see(1, line, fields.get(outcome_at), outcome.as_ref().map(Option::is_some));
        let file = &self.asked.file;
        let wrong = |at: usize, wanted: &Mismatch| format!("{:?} is not {wanted}", fields.get(at).copied().unwrap_or_default());
        match (score, outcome) {
            (Err(wanted), _) => {
                self.unscored += 1;
                self.rows.leave_out("VALUE_NOT_A_NUMBER", || (place_of(file, line), wrong(score_at, &wanted)));
            }
            (_, Err(wanted)) => {
                self.rows.leave_out("OUTCOME_NOT_UNDERSTOOD", || (place_of(file, line), wrong(outcome_at, &wanted)))
            }
            (Ok(None), _) => {
                self.unscored += 1;
                self.rows.leave_out("SCORE_MISSING", || (place_of(file, line), "the score is empty".to_owned()));
            }
            (Ok(Some(_)), Ok(None)) => {
                self.open += 1;
                self.rows.leave_out_ordinary("OUTCOME_OPEN", || (place_of(file, line), "the outcome is not final".to_owned()));
            }
            (Ok(Some(score)), Ok(Some(converted))) => {
                self.rows.take();
                self.scores.push(score);
                self.converted.push(converted);
            }
        }
    }

    fn see(&mut self, which: usize, line: u64, text: Option<&&str>, read: Result<bool, &Mismatch>) {
        let (Some(seen), Some(first)) = (self.seen.get_mut(which), self.first.get_mut(which)) else { return };
        match read {
            Ok(is_there) => seen.0 += u64::from(is_there),
            Err(wanted) => {
                seen.1 += 1;
                first.get_or_insert_with(|| {
                    (place_of(&self.asked.file, line), format!("{:?} is not {wanted}", text.unwrap_or(&"")))
                });
            }
        }
    }

    fn measured(mut self) -> Result<Measured, Problem> {
        if self.read == self.rejected.read as usize {
            return Err(("INPUT_EMPTY", "the table has no row that can be read".to_owned()));
        }
        for (which, code) in [(1, "VALUE_NOT_A_FLAG"), (0, "VALUE_NOT_A_NUMBER")] {
            let (read, odd) = self.seen.get(which).copied().unwrap_or_default();
            if let Some(Some((place, what))) = self.first.get(which)
                && !is_few(odd, read + odd)
            {
                return Err((code, format!("{place}: {what}")));
            }
        }
        self.scale()?;
        let wrong = |e: plumbline_core::metric::MetricError| (e.code(), e.to_string());
        let data = Labelled::new(&self.scores, &self.converted).map_err(wrong)?;
        let report = Report::new(&data, &Measure { threshold: self.asked.threshold, ..Measure::default() }).map_err(wrong)?;
        let rejected_rows = self.rejected.left_out.iter().map(|left| left.rows).sum();
        let mut rows = self.rejected;
        rows.read += self.rows.read;
        rows.used += self.rows.used;
        rows.left_out.append(&mut self.rows.left_out);
        let histogram = histogram(&self.scores, &self.converted);
        let report = Report { open: self.open, unscored: self.unscored, rejected_rows, rows: Some(rows), ..report };
        Ok(Measured { report, histogram })
    }

    /// The scores on the scale of the measures.
    fn scale(&mut self) -> Result<(), Problem> {
        let ends = self.scores.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
        let (low, high) = ends;
        let limit = match self.asked.scale.as_str() {
            "rank" => return Ok(()),
            "percent" => 100.0,
            _ if low < 0.0 || !high.is_finite() => return Ok(()),
            _ => 1.0,
        };
        if self.scores.iter().any(|score| !(0.0..=limit).contains(score)) {
            return Err((
                "SCALE_IMPLAUSIBLE",
                format!("the scores lie between {low} and {high}, not between 0 and {limit}; choose another scale"),
            ));
        }
        if limit > 1.0 {
            self.scores.iter_mut().for_each(|score| *score /= limit);
        }
        Ok(())
    }
}

fn place_of(file: &str, line: u64) -> String {
    format!("{file}, line {line}")
}

/// The scores in hundredths; a score belongs to the hundredth that it reaches, so that calling from a threshold on counts the same leads.
fn histogram(scores: &[f64], converted: &[bool]) -> Option<ScoreHistogram> {
    let mut counts = ScoreHistogram { n: vec![0; 100], positive: vec![0; 100] };
    for (score, converted) in scores.iter().zip(converted) {
        if !(0.0..=1.0).contains(score) {
            return None;
        }
        let mut bin = (score * 100.0) as usize;
        bin += usize::from(*score >= (bin + 1) as f64 / 100.0);
        let bin = bin.min(99);
        *counts.n.get_mut(bin)? += 1;
        *counts.positive.get_mut(bin)? += u64::from(*converted);
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(text: &str) -> Result<Measured, Problem> {
        let mut table = Table::new(Asked { file: "x.csv".into(), threshold: 0.5, ..Asked::default() });
        for bytes in text.as_bytes().chunks(7) {
            table.feed(bytes)?;
        }
        table.end()
    }

    #[test]
    fn every_row_is_counted_or_left_out_for_a_reason() {
        let text = "id,score,converted\n1,0.1,0\n2,0.4,no\n3,0.35,1\n4,0.8,yes\n5,,1\n6,0.9,\n7,0.2\n8,0.3,maybe\n9,.5,0\n10,1,1\n11,0.7,1\n12,0.29,0\n";
        let Measured { report, histogram } = measured(text).unwrap();
        assert_eq!((report.leads, report.positives, report.open, report.unscored, report.rejected_rows), (8, 4, 1, 1, 1));
        let rows = report.rows.unwrap();
        let reasons: Vec<(&str, u64)> = rows.left_out.iter().map(|left| (left.reason.as_str(), left.rows)).collect();
        assert_eq!(reasons, [("ROW_FIELD_COUNT", 1), ("SCORE_MISSING", 1), ("OUTCOME_OPEN", 1), ("OUTCOME_NOT_UNDERSTOOD", 1)]);
        assert_eq!((rows.read, rows.used), (12, 8));
        let counts = histogram.unwrap();
        assert_eq!((counts.n[29], counts.n[28], counts.n[50], counts.n[99], counts.n.iter().sum::<u64>()), (1, 0, 1, 1, 8));
    }

    #[test]
    fn what_cannot_be_measured_is_an_error_with_its_code() {
        for (text, code) in [
            ("a,b\n1,2\n", "COLUMN_UNKNOWN"),
            ("score,converted\n55,1\n12,0\n", "SCALE_IMPLAUSIBLE"),
            ("score,converted\nhigh,1\nlow,0\n", "VALUE_NOT_A_NUMBER"),
            ("score,converted\n0.1,won\n0.2,lost\n", "VALUE_NOT_A_FLAG"),
            ("score,converted\n", "INPUT_EMPTY"),
        ] {
            assert_eq!(measured(text).unwrap_err().0, code, "{text}");
        }
    }
}
