//! Scores as rows of a CSV, or as the objects that the service answers.

use std::path::Path;

use plumbline_core::Score;
use plumbline_core::quality::Verdict;

use crate::Failure;
use crate::input::Carried;
use crate::output::{Datum, Interrupt, Layout, Sink, Table, member};
use crate::table::keep::Keep;

const CSV: [&str; 5] = ["lead_id", "score", "probability", "band", "reasons"];
/// With a suite.
const FLAGS: &str = "flags";
const MODEL: [&str; 2] = ["model", "version"];
/// What NDJSON has besides.
const NDJSON: [&str; 7] = ["margin", "base", "rest", "unknown_fields", "unknown_values", "probabilities", "outputs"];

/// All columns that an output may have of its own, so that no column of the input can be carried through under their names.
pub fn columns() -> Vec<&'static str> {
    CSV.into_iter().chain([FLAGS]).chain(MODEL).chain(NDJSON).collect()
}

/// A file of scores.
pub struct Output {
    table: Table,
    layout: Layout,
    has_flags: bool,
    line: String,
    json: Vec<u8>,
}

impl Output {
    /// Starts the file `out`, or standard output when none.
    pub fn start(
        out: Option<&Path>,
        layout: Layout,
        keep: &Keep,
        has_flags: bool,
        interrupt: &Interrupt,
    ) -> Result<Output, Failure> {
        let own = CSV.into_iter().chain(has_flags.then_some(FLAGS)).chain(MODEL).map(str::to_owned);
        let names = keep.names().iter().cloned().chain(own).collect();
        let place = out.map_or_else(|| "standard output".to_owned(), |out| out.display().to_string());
        let table = Table::start(Sink::open(out, interrupt)?, place, layout, names)?;
        Ok(Output { table, layout, has_flags, line: String::new(), json: Vec::new() })
    }

    /// Adds a score, behind the values that `keep` read last.
    pub fn add(&mut self, keep: &Keep, score: &Score, verdict: &Verdict) -> Result<(), Failure> {
        match self.layout {
            Layout::Csv => self.add_row(keep, score, verdict),
            Layout::Ndjson => self.add_object(keep, score, verdict),
        }
    }

    /// The file, to be committed.
    pub fn into_table(self) -> Table {
        self.table
    }

    fn add_row(&mut self, keep: &Keep, score: &Score, verdict: &Verdict) -> Result<(), Failure> {
        let reasons = score.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("; ");
        let flags = || verdict.flagged.iter().map(|finding| finding.claim.as_str()).collect::<Vec<_>>().join("; ");
        let flags = self.has_flags.then(flags);
        let own = [
            Datum::Text(score.lead_id.as_deref().unwrap_or_default()),
            Datum::Whole(i128::from(score.score)),
            Datum::Real(score.probability),
            Datum::Text(&score.band),
            Datum::Text(&reasons),
        ];
        let model = [Datum::Text(&score.model.name), Datum::Text(&score.model.version)];
        let kept = keep.values().iter().map(Carried::datum);
        self.table.row(kept.chain(own).chain(flags.as_deref().map(Datum::Text)).chain(model))
    }

    fn add_object(&mut self, keep: &Keep, score: &Score, verdict: &Verdict) -> Result<(), Failure> {
        let Output { table, line, json, .. } = self;
        line.clear();
        json.clear();
        line.push('{');
        for (name, value) in keep.names().iter().zip(keep.values()) {
            member(name, value.datum(), line);
            line.push(',');
        }
        if let Some(flags) = verdict.flags() {
            member(FLAGS, Datum::Json(&flags.to_string()), line);
            line.push(',');
        }
        score.write_json(json);
        // It is an object and UTF-8.
        line.push_str(std::str::from_utf8(json).unwrap_or_default().strip_prefix('{').unwrap_or("}"));
        table.encoded(line)
    }
}
