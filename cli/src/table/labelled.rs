//! Leads with their outcomes, one record after another: what a model is trained on, and what its baseline is of.

use std::path::Path;

use clap::Args;
use plumbline_core::lead::{Limits, Reader, Slots};
use plumbline_core::schema::Schema;
use plumbline_core::table::Rows;
use plumbline_core::{ScoreError, Timestamp};

use super::account;
use super::leads::OUTCOMES;
use super::named;
use super::places::{Places, check_header};
use crate::input::{self, Problem, Records, Step};
use crate::output::terminal;
use crate::{Failure, clock};

/// The columns that say what became of leads, as commands are given them.
#[derive(Debug, Clone, Args)]
pub struct Labels {
    /// The column with the outcome [default: converted, outcome, label, target or y_true]
    #[arg(long, value_name = "COLUMN")]
    pub outcome: Option<String>,
    /// The column with each lead's time, which days are counted to [default: none, and now]
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
}

impl Labels {
    /// The leads of `file`, labelled by these columns.
    pub fn of<'a>(&'a self, file: &'a Path) -> Labelled<'a> {
        Labelled { file, place: None, outcome: self.outcome.as_deref(), time: self.time.as_deref() }
    }
}

/// Which columns of a file say what became of its leads, and when they came.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    /// The file.
    pub file: &'a Path,
    /// What messages call it; none: its path.
    pub place: Option<&'a str>,
    /// The column with the outcome; none: one of the usual names.
    pub outcome: Option<&'a str>,
    /// The column with each lead's time.
    pub time: Option<&'a str>,
}

/// A lead with its outcome.
pub struct Seen<'s> {
    /// The line of its file.
    pub line: u64,
    /// Its values.
    pub slots: &'s Slots,
    /// Whether it converted.
    pub converted: bool,
    /// Its time, where a column has it.
    pub at_ms: Option<i64>,
    /// The time that days are counted to: its own, or now.
    pub as_of: Timestamp,
}

impl Labelled<'_> {
    /// Reads the leads as `schema` declares them and has each `taken` that has an outcome; where the rows went. A table without a column that
    /// is required, or `needed` (per field), is rejected.
    ///
    /// # Errors
    /// The file cannot be read, has no rows, or lacks the columns.
    pub fn each(
        &self,
        (schema, reader): (&Schema, &Reader),
        needed: &[bool],
        taken: &mut dyn FnMut(Seen<'_>) -> Result<(), ScoreError>,
    ) -> Result<(Rows, String), Failure> {
        let (mut records, source) = input::open_as(self.file, self.place, false)?;
        if records.is_table() {
            check_header(&*records, &schema.fields, needed, &source.place, "")?;
        }
        let (mut rows, mut slots) = (Rows::default(), Slots::default());
        let (mut places, mut columns) = (Places::of(records.names(), schema), None);
        let now = clock::now();
        loop {
            match records.advance()? {
                Step::End => break,
                Step::Rejected(problem) => account::leave_out(&mut rows, &source, &*records, &problem),
                Step::Record => {
                    places.follow(records.names(), schema);
                    let known = columns.filter(|(_, _, names)| *names == records.names().len());
                    let (outcome, time, _) = match known {
                        Some(known) => known,
                        None => *columns.insert(self.columns(&*records, &source.place)?),
                    };
                    let mut read = || -> Result<bool, Problem> {
                        let Some((converted, at_ms)) = self.labels(&*records, (outcome, time))? else { return Ok(false) };
                        // A record with a cell that does not fit its field must not be counted, so it is counted after it was read.
                        places.take(&*records, schema, |lead| Ok(reader.read_lead(lead, &Limits::default(), &mut slots)?))?;
                        let seen =
                            Seen { line: records.line(), slots: &slots, converted, at_ms, as_of: at_ms.map_or(now, Timestamp) };
                        taken(seen).map_err(|e| Problem::new(e.code(), e.to_string()))?;
                        Ok(true)
                    };
                    match read() {
                        Ok(true) => rows.take(),
                        Ok(false) => {
                            let place = format!("{}, line {}", source.place, records.line());
                            rows.leave_out_ordinary("OUTCOME_OPEN", || (place, "the outcome is not known".to_owned()));
                        }
                        Err(problem) => account::leave_out(&mut rows, &source, &*records, &problem),
                    }
                    if rows.read.is_multiple_of(256) {
                        source.progress.set_message(format!("{} leads", terminal::thousands(rows.read)));
                    }
                }
            }
        }
        source.progress.finish_and_clear();
        if rows.read == 0 {
            return Err(Failure::no_rows(&source.place));
        }
        Ok((rows, source.place))
    }

    /// Where the outcome and the time stand, and among how many columns.
    fn columns(&self, records: &dyn Records, place: &str) -> Result<(Option<usize>, Option<usize>, usize), Failure> {
        let names = || records.names().iter().map(String::as_str);
        let ambiguous = |e: named::Ambiguous| e.failure(place, "name one of them as it is spelled");
        let find = |wanted: &str| -> Result<Option<usize>, Failure> {
            let found = named::given(names(), wanted).map_err(ambiguous)?;
            match found {
                // A line of NDJSON may lack a member.
                None if records.is_table() => Err(named::absent(place, &[wanted], records.names())),
                found => Ok(found),
            }
        };
        let outcome = match self.outcome {
            Some(outcome) => find(outcome)?,
            None => {
                let usual = OUTCOMES.iter().map(|name| named::usual(names(), name).map_err(ambiguous));
                let found: Vec<Option<usize>> = usual.collect::<Result<_, _>>()?;
                match found.into_iter().flatten().next() {
                    None if records.is_table() => {
                        let message = format!("no column is named {}; choose one with --outcome", OUTCOMES.join(", "));
                        return Err(Failure::input(place, "COLUMN_UNKNOWN", message));
                    }
                    found => found,
                }
            }
        };
        let time = self.time.map(find).transpose()?.flatten();
        Ok((outcome, time, records.names().len()))
    }

    /// Outcome and time of the current record; none where it has no outcome.
    fn labels(
        &self,
        records: &dyn Records,
        (outcome, time): (Option<usize>, Option<usize>),
    ) -> Result<Option<(bool, Option<i64>)>, Problem> {
        let Some(cell) = outcome.map(|at| records.cell(at)) else { return Ok(None) };
        let converted = cell.read_flag().map_err(|wanted| {
            let shown = cell.read_name().unwrap_or("a list or an object".into());
            Problem::new("OUTCOME_NOT_UNDERSTOOD", format!("the outcome is {shown:?}, not {wanted}"))
        })?;
        let Some(converted) = converted else { return Ok(None) };
        let Some(name) = self.time else { return Ok(Some((converted, None))) };
        let moment = time.map(|at| records.cell(at)).and_then(|cell| cell.read_moment().ok().flatten());
        let unknown = || Problem::new("MOMENT_NOT_A_DATE", format!("{name} is not a time"));
        Ok(Some((converted, Some(moment.ok_or_else(unknown)?))))
    }
}
