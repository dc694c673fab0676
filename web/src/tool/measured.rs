//! The figures of a scored table: those of `plumbline metrics`, from the same types of the core, and the histogram that curves are drawn of.

use std::collections::BTreeMap;

use plumbline_core::evidence::Answer;
use plumbline_core::metric::{Labelled, Measure, Report};
use plumbline_core::report::ScoreHistogram;
use plumbline_core::table::{Cell, Mismatch, Rows, is_few};
use serde::Serialize;

use super::csv::{Csv, Problem};

/// Columns with the score, the likeliest first.
const SCORES: [&str; 5] = ["probability", "score", "prob0", "prob", "y_pred_proba"];
/// Columns with the outcome.
const OUTCOMES: [&str; 5] = ["converted", "outcome", "label", "target", "y_true"];
/// Most distinct values of a segment column, and most segments that are listed.
const VALUES: usize = 1_000;
const LISTED: usize = 20;
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
    /// The column whose values part the leads into segments; empty for none.
    pub segment: String,
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
    /// The largest segments, where a column of them was chosen.
    pub segments: Vec<Segment>,
    /// Segments that are not listed.
    pub segments_left: u64,
}

/// The leads of one value of the segments' column.
#[derive(Debug, Serialize)]
pub struct Segment {
    /// The value.
    pub value: String,
    /// Leads with a score and a final outcome.
    pub leads: u64,
    /// Of those, the ones that converted.
    pub positives: u64,
    /// The area under the ROC curve; none where it cannot be computed.
    pub roc_auc: Option<f64>,
    /// Its interval.
    pub roc_auc_interval: Option<(f64, f64)>,
    /// Of the leads that are called, the part that converted.
    pub precision: Option<f64>,
    /// Of the leads that converted, the part that is called.
    pub recall: Option<f64>,
}

/// A table that is read and measured.
#[derive(Default)]
pub struct Table {
    csv: Csv,
    taken: Taken,
}

/// Scores, and whether each lead converted.
type Scored = (Vec<f64>, Vec<bool>);
/// The columns with the score and the outcome, and with the segment where there is one.
type Places = (usize, usize, Option<usize>);

#[derive(Default)]
struct Taken {
    asked: Asked,
    places: Option<Places>,
    scores: Vec<f64>,
    converted: Vec<bool>,
    /// The segments in the order of their first lead, the place of each value in them, and the one of each lead.
    names: Vec<String>,
    known: BTreeMap<String, u32>,
    segments: Vec<u32>,
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
    fn places(&self, names: &[String]) -> Result<Places, Problem> {
        let of = |given: &str, usual: &[&str]| {
            let wanted: Vec<&str> = if given.is_empty() { usual.to_vec() } else { vec![given] };
            for name in &wanted {
                if let Some(at) = place(names, name)? {
                    return Ok(at);
                }
            }
            Err(("COLUMN_UNKNOWN", format!("no column is named {}; choose one", wanted.join(", "))))
        };
        let segment = if self.segment.is_empty() { None } else { Some(of(&self.segment, &[])?) };
        Ok((of(&self.score, &SCORES)?, of(&self.outcome, &OUTCOMES)?, segment))
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
    fn take(&mut self, line: u64, row: Result<&[&str], Problem>, (score_at, outcome_at, segment_at): Places) {
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
                if let Some(at) = segment_at {
                    self.segment(fields.get(at).copied().unwrap_or_default().trim());
                }
            }
        }
    }

    /// Notes the segment of the lead that was taken last. Values beyond [`VALUES`] count as one.
    fn segment(&mut self, value: &str) {
        let value = if self.names.len() < VALUES || self.known.contains_key(value) { value } else { "…" };
        let place = match self.known.get(value) {
            Some(place) => *place,
            None => {
                let place = self.names.len() as u32;
                self.known.insert(value.to_owned(), place);
                self.names.push(value.to_owned());
                place
            }
        };
        self.segments.push(place);
    }

    /// The figures of the largest segments, the largest first, and how many more there are.
    fn by_segment(&self, measure: &Measure) -> (Vec<Segment>, u64) {
        let mut leads: Vec<Scored> = vec![Scored::default(); self.names.len()];
        for (place, (score, converted)) in self.segments.iter().zip(self.scores.iter().zip(&self.converted)) {
            if let Some((scores, all)) = leads.get_mut(*place as usize) {
                scores.push(*score);
                all.push(*converted);
            }
        }
        let mut all: Vec<(&String, Scored)> = self.names.iter().zip(leads).collect();
        all.sort_by(|a, b| b.1.0.len().cmp(&a.1.0.len()).then_with(|| a.0.cmp(b.0)));
        let left = all.len().saturating_sub(LISTED) as u64;
        all.truncate(LISTED);
        let segment = |(value, (scores, converted)): (&String, Scored)| {
            let report = Labelled::new(&scores, &converted).and_then(|data| Report::new(&data, measure)).ok();
            let at = report.as_ref().map(|report| &report.at_threshold);
            Segment {
                value: value.clone(),
                leads: scores.len() as u64,
                positives: converted.iter().filter(|converted| **converted).count() as u64,
                roc_auc: report.as_ref().and_then(|report| match report.roc_auc {
                    Answer::Known(area) => Some(area),
                    _ => None,
                }),
                roc_auc_interval: report.as_ref().and_then(|report| report.roc_auc_interval),
                precision: at.and_then(|at| at.precision),
                recall: at.and_then(|at| at.recall),
            }
        };
        (all.into_iter().map(segment).collect(), left)
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
        let measure = Measure { threshold: self.asked.threshold, ..Measure::default() };
        let report = Report::new(&data, &measure).map_err(wrong)?;
        let (segments, segments_left) = self.by_segment(&measure);
        let rejected_rows = self.rejected.left_out.iter().map(|left| left.rows).sum();
        let mut rows = self.rejected;
        rows.read += self.rows.read;
        rows.used += self.rows.used;
        rows.left_out.append(&mut self.rows.left_out);
        let histogram = histogram(&self.scores, &self.converted);
        let report = Report { open: self.open, unscored: self.unscored, rejected_rows, rows: Some(rows), ..report };
        Ok(Measured { report, histogram, segments, segments_left })
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
        let Measured { report, histogram, segments, .. } = measured(text).unwrap();
        assert!(segments.is_empty(), "no column of segments was chosen");
        assert_eq!((report.leads, report.positives, report.open, report.unscored, report.rejected_rows), (8, 4, 1, 1, 1));
        let rows = report.rows.unwrap();
        let reasons: Vec<(&str, u64)> = rows.left_out.iter().map(|left| (left.reason.as_str(), left.rows)).collect();
        assert_eq!(reasons, [("ROW_FIELD_COUNT", 1), ("SCORE_MISSING", 1), ("OUTCOME_OPEN", 1), ("OUTCOME_NOT_UNDERSTOOD", 1)]);
        assert_eq!((rows.read, rows.used), (12, 8));
        let counts = histogram.unwrap();
        assert_eq!((counts.n[29], counts.n[28], counts.n[50], counts.n[99], counts.n.iter().sum::<u64>()), (1, 0, 1, 1, 8));
    }

    #[test]
    fn segments_are_measured_apart_the_largest_first() {
        let text = "score,converted,region\n0.9,1,North\n0.2,0,North\n0.3,1,North\n0.4,0,South\n0.8,1,South\n,1,South\n0.6,1,\n";
        let asked = Asked { file: "x.csv".into(), threshold: 0.5, segment: "Region".into(), ..Asked::default() };
        let mut table = Table::new(asked);
        table.feed(text.as_bytes()).unwrap();
        let Measured { report, segments, segments_left, .. } = table.end().unwrap();
        let found: Vec<(&str, u64, u64, Option<f64>)> =
            segments.iter().map(|one| (one.value.as_str(), one.leads, one.positives, one.roc_auc)).collect();
        assert_eq!(found, [("North", 3, 2, Some(1.0)), ("South", 2, 1, Some(1.0)), ("", 1, 1, None)]);
        assert_eq!((report.leads, segments_left, segments[0].precision, segments[0].recall), (6, 0, Some(1.0), Some(0.5)));
        let unknown = Table::new(Asked { segment: "country".into(), ..Asked::default() });
        let mut unknown = unknown;
        let fed = unknown.feed(text.as_bytes()).and_then(|()| unknown.end().map(drop));
        assert_eq!(fed.unwrap_err().0, "COLUMN_UNKNOWN");
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
