//! Leads: records as the bundle's schema describes them in; id, score, probability, band and reasons out.

use std::collections::BTreeSet;
use std::path::Path;

use plumbline_core::lead::{ReadValue, Slots};
use plumbline_core::quality::{Gate, Verdict};
use plumbline_core::{Options, Score, ScoreError, Scorer, Timestamp, Workspace};

use super::output::{self, Output};
use super::unknown::Unknown;
use super::{ALLOW_MISSING, Explain, Job};
use crate::input::{FIELD_LIMIT, Problem, Records, Rejects, Step};
use crate::output::Table;
use crate::output::terminal::{self, listed};
use crate::table::keep::Keep;
use crate::table::places::{Places, check_header};
use crate::{Failure, clock};

/// Reasons when nothing is said.
const REASONS: usize = 3;

/// Scores every record of `job` into `out`.
pub fn run(
    job: Job<'_>,
    scorer: &Scorer,
    gate: Option<&Gate>,
    explain: Option<Explain>,
    now: Option<i64>,
    out: Option<&Path>,
) -> Result<(Unknown, Table, Rejects), Failure> {
    let Job { mut records, source, layout, mut rejects, interrupt, keep, may_lack_columns } = job;
    let now = now.map_or_else(clock::now, Timestamp);
    let fields = &scorer.bundle().manifest.schema.fields;
    let reasons = match explain {
        None => REASONS,
        Some(Explain::Strongest(n)) => n,
        Some(Explain::All) => fields.len(),
    };
    let options = Options::with_reasons(reasons);
    let needed = if may_lack_columns { Vec::new() } else { scorer.needed_fields() };
    if records.is_table() {
        check_header(&*records, fields, &needed, &source.place, ALLOW_MISSING)?;
    }
    let mut keep = Keep::new(keep, &output::columns(), &*records, &source.place)?;
    let mut output = Output::start(out, layout, &keep, gate.is_some(), interrupt)?;
    let mut leads = Leads::new(scorer, gate, now, &options, &*records);
    let mut unknown = Unknown::default();
    loop {
        match records.advance()? {
            Step::End => break,
            Step::Rejected(problem) => rejects.add_unreadable(&*records, &problem)?,
            Step::Record => match leads.score(&*records) {
                Err(problem) => rejects.add(&*records, &problem)?,
                Ok((mut score, verdict)) => {
                    leads.note_fields();
                    unknown.count(scorer, &leads.slots);
                    keep.read(&*records, &source.place)?;
                    rejects.take();
                    // A row has the same number in every format; a line of a CSV has another one than that of NDJSON.
                    score.lead_id.get_or_insert_with(|| rejects.read().to_string());
                    output.add(&keep, &score, &verdict)?;
                    if rejects.read().is_multiple_of(256) {
                        source.progress.set_message(format!("{} leads", terminal::thousands(rejects.read())));
                    }
                }
            },
        }
    }
    if rejects.read() > 0 {
        keep.check(&*records, &source.place)?;
    }
    leads.check_names(&needed, &source.place)?;
    source.progress.suspend(|| leads.remarks(&*records, &keep).iter().for_each(|r| terminal::note(r)));
    Ok((unknown, output.into_table(), rejects))
}

/// Makes leads of records and scores them.
struct Leads<'a> {
    scorer: &'a Scorer,
    gate: Option<&'a Gate>,
    now: Timestamp,
    options: &'a Options,
    work: Workspace,
    slots: Slots,
    places: Places,
    /// Names in the leads that no field has.
    unknown: BTreeSet<String>,
    /// By field of the schema whether a lead had a value of it; nothing is noted for tables, whose header is checked.
    seen: Vec<bool>,
}

impl<'a> Leads<'a> {
    fn new(scorer: &'a Scorer, gate: Option<&'a Gate>, now: Timestamp, options: &'a Options, records: &dyn Records) -> Leads<'a> {
        let places = Places::of(records.names(), &scorer.bundle().manifest.schema);
        let (work, slots) = (Workspace::default(), Slots::default());
        let seen = vec![records.is_table(); scorer.bundle().manifest.schema.fields.len()];
        Leads { scorer, gate, now, options, work, slots, places, unknown: BTreeSet::new(), seen }
    }

    /// Notes which fields the lead just read has.
    fn note_fields(&mut self) {
        let fields = &self.scorer.bundle().manifest.schema.fields;
        for (at, (seen, field)) in self.seen.iter_mut().zip(fields).enumerate().filter(|(_, (seen, _))| !**seen) {
            *seen = !matches!(self.slots.value(at, field), ReadValue::Missing);
        }
    }

    /// Fails if no lead has a value of a field that the model reads, and the leads have a name that is the field's but for its spelling.
    fn check_names(&self, needed: &[bool], place: &str) -> Result<(), Failure> {
        let plain = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
        let fields = self.scorer.bundle().manifest.schema.fields.iter();
        let absent = fields.zip(needed).zip(&self.seen).filter(|((_, needed), seen)| **needed && !**seen);
        let misnamed: Vec<String> = absent
            .filter_map(|((field, _), _)| {
                let other = self.unknown.iter().find(|other| plain(other) == plain(&field.name))?;
                Some(format!("{:?} (the leads have {other:?})", field.name))
            })
            .collect();
        if misnamed.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = misnamed.iter().map(String::as_str).collect();
        let message = format!("the model reads fields that no lead has: {}. Rename them, or add {ALLOW_MISSING}", listed(&names));
        Err(Failure::input(place, "INPUT_MISSING_COLUMNS", message))
    }

    /// The lead's score, and what the suite says of the lead.
    fn score(&mut self, records: &dyn Records) -> Result<(Score, Verdict), Problem> {
        let Leads { scorer, gate, now, options, work, slots, places, .. } = self;
        let mut judge = |slots: &Slots| -> Result<_, ScoreError> {
            let verdict = gate.map(|gate| gate.check(slots)).unwrap_or_default();
            if !verdict.is_accepted() {
                return Err(ScoreError::from(verdict.problems()));
            }
            Ok((scorer.score_read(slots, *now, options, work)?, verdict))
        };
        let (reader, limits) = (scorer.reader(), &options.limits);
        let (score, flags) = match records.json() {
            Some(json) => {
                let read = reader.read_json(json, limits, slots).map_err(ScoreError::from);
                read.and_then(|()| judge(slots)).map_err(|e| Problem::new(e.code(), e.to_string()))?
            }
            None => {
                let schema = &scorer.bundle().manifest.schema;
                places.follow(records.names(), schema);
                places.take(records, schema, |lead| {
                    reader.read_lead(lead, limits, slots)?;
                    judge(slots)
                })?
            }
        };
        for name in &score.unknown_fields {
            if self.unknown.len() < FIELD_LIMIT && !self.unknown.contains(name) {
                self.unknown.insert(name.clone());
            }
        }
        Ok((score, flags))
    }

    /// What a person should know: which columns are ignored, which fields never came.
    fn remarks(&self, records: &dyn Records, keep: &Keep) -> Vec<String> {
        let mut remarks = Vec::new();
        let names = if records.is_table() { records.names() } else { &[] };
        let taken = |i: usize| self.places.holds(i) || keep.holds(i);
        let ignored = names.iter().enumerate().filter(|(i, _)| !taken(*i)).map(|(_, name)| name.as_str());
        let unknown = self.unknown.iter().filter(|name| !keep.names().contains(name)).map(String::as_str);
        let ignored: Vec<&str> = ignored.chain(unknown).collect();
        if !ignored.is_empty() {
            remarks.push(format!("ignored, not in the schema: {}", listed(&ignored)));
        }
        let fields = &self.scorer.bundle().manifest.schema.fields;
        let absent = fields.iter().zip(self.places.fields()).filter(|(_, place)| place.is_none());
        let absent: Vec<String> = absent.map(|(field, _)| format!("{:?}", field.name)).collect();
        let absent: Vec<&str> = absent.iter().map(String::as_str).collect();
        if !absent.is_empty() && records.is_table() {
            remarks.push(format!("no such column, treated as missing: {}", listed(&absent)));
        }
        remarks
    }
}
