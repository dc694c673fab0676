//! Raw rows: the model's own columns in, margins and uncalibrated probabilities out, as the library that trained it gives them.

use std::path::Path;

use plumbline_core::model::{Column, Scratch};
use plumbline_core::name::Names;
use plumbline_core::schema::{Categories, Field, FieldKind, Schema};
use plumbline_core::{Scorer, Value};

use super::binding::{self, Binding};
use super::contribution::Contributions;
use super::replay::Replay;
use super::unknown::Unknown;
use super::{Explain, Job};
use crate::Failure;
use crate::input::{Carried, Cell, Problem, Records, Rejects, Step};
use crate::output::{Datum, Sink, Table, terminal};
use crate::table::keep::Keep;

/// Rows scored together; fewer when they have very many columns.
const BLOCK: usize = 256;
/// Values held at most.
const VALUES: usize = 1 << 20;

/// Scores every record of `job` into `out`.
pub fn run(
    job: Job<'_>,
    scorer: &Scorer,
    explain: Option<Explain>,
    out: Option<&Path>,
) -> Result<(Unknown, Table, Rejects), Failure> {
    let Job { records, source, layout, mut rejects, interrupt, keep, .. } = job;
    let model = scorer.bundle().model();
    let columns = &model.columns;
    let (mut records, mut binding) = bind(records, columns, &source.place)?;
    let contributions = explain.map(|explain| Contributions::new(scorer, explain)).transpose()?;
    let mut names: Vec<String> = (0..model.outputs).map(|k| format!("margin{k}")).collect();
    names.extend((0..model.outputs).map(|k| format!("prob{k}")));
    names.extend(contributions.iter().flat_map(Contributions::names));
    let taken: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut keep = Keep::new(keep, &taken, &*records, &source.place)?;
    let names = keep.names().iter().cloned().chain(names).collect();
    let remarks = |binding: &Binding, records: &dyn Records, keep: &Keep| {
        let remarks = binding.remarks(records.names(), columns, |index| keep.holds(index));
        source.progress.suspend(|| remarks.iter().for_each(|remark| terminal::note(remark)));
    };
    if records.is_table() {
        remarks(&binding, &*records, &keep);
    }
    let place = out.map_or_else(|| "standard output".to_owned(), |out| out.display().to_string());
    let table = Table::start(Sink::open(out, interrupt)?, place, layout, names)?;
    let categories = categories(columns, &scorer.bundle().manifest.schema);
    // By column of the model, the unknown texts of the row.
    let (mut unknown, mut texts) = (Unknown::default(), Vec::<(usize, String)>::new());
    let mut block = Block::new(scorer, contributions, table);
    loop {
        match records.advance()? {
            Step::End => break,
            Step::Rejected(problem) => rejects.add_unreadable(&*records, &problem)?,
            Step::Record => {
                let places = binding.places(&*records, columns);
                let filled = block.push(|row| {
                    let mut wrong = Vec::new();
                    texts.clear();
                    let fields = places.iter().zip(columns).zip(&categories).zip(row);
                    for (at, (((place, column), categories), x)) in fields.enumerate() {
                        let cell = place.map_or(Cell::Missing, |place| records.cell(place));
                        let text = place.and_then(|place| records.text(place));
                        match value(cell, text, column, categories) {
                            Ok(Read::Number(value)) => *x = value,
                            Ok(Read::Unknown(text)) => texts.push((at, text.to_owned())),
                            Err(problem) => wrong.push(problem),
                        }
                    }
                    refuse(&wrong)
                });
                match filled {
                    Ok(()) => {
                        rejects.take();
                        keep.read(&*records, &source.place)?;
                        block.kept.extend_from_slice(keep.values());
                        let name = |at: usize| columns.get(at).map_or("", |column| &*column.name);
                        unknown.add(texts.iter().map(|(at, text)| (*at, name(*at), Some(&**text))));
                    }
                    Err(problem) => rejects.add(&*records, &problem)?,
                }
                if block.is_full() {
                    block.score()?;
                    source.progress.set_message(format!("{} rows", terminal::thousands(rejects.read())));
                }
            }
        }
    }
    block.score()?;
    if rejects.used() > 0 && !binding.is_fed() {
        let message = "no record has a field that matches a column of the model";
        return Err(Failure::input(&source.place, "INPUT_NO_COLUMN_MATCHES", message));
    }
    if !records.is_table() {
        remarks(&binding, &*records, &keep);
    }
    if rejects.read() > 0 {
        keep.check(&*records, &source.place)?;
    }
    Ok((unknown, block.table, rejects))
}

/// Binds by name; only where no name of a table matches its first records are looked at, to bind by position.
fn bind(records: Box<dyn Records>, columns: &[Column], place: &str) -> Result<(Box<dyn Records>, Binding), Failure> {
    if binding::matches(records.names(), columns) || !records.is_table() {
        let binding = Binding::new(&*records, columns, &[], place)?;
        return Ok((records, binding));
    }
    let replay = Replay::new(records)?;
    let binding = Binding::new(&replay, columns, &replay.numeric(), place)?;
    Ok((Box::new(replay), binding))
}

/// Rows waiting to be scored together.
struct Block<'a> {
    scorer: &'a Scorer,
    contributions: Option<Contributions<'a>>,
    table: Table,
    scratch: Scratch,
    columns: usize,
    outputs: usize,
    /// Values of a full block.
    most: usize,
    rows: Vec<f64>,
    /// Per row, the columns carried through.
    kept: Vec<Carried>,
    margins: Vec<f64>,
}

impl<'a> Block<'a> {
    fn new(scorer: &'a Scorer, contributions: Option<Contributions<'a>>, table: Table) -> Block<'a> {
        let (columns, outputs) = (scorer.engine().columns(), scorer.engine().outputs());
        let most = BLOCK.min(VALUES / columns.max(1)).max(1) * columns;
        let (rows, margins) = (Vec::with_capacity(most), Vec::new());
        let kept = Vec::new();
        Block { scorer, contributions, table, scratch: Scratch::default(), columns, outputs, most, rows, kept, margins }
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= self.most
    }

    /// Adds the row that `fill` writes; when it cannot, no row is added.
    fn push(&mut self, fill: impl FnOnce(&mut [f64]) -> Result<(), Problem>) -> Result<(), Problem> {
        let start = self.rows.len();
        self.rows.resize(start + self.columns, f64::NAN);
        let filled = self.rows.get_mut(start..).map_or(Ok(()), fill);
        if filled.is_err() {
            self.rows.truncate(start);
        }
        filled
    }

    fn score(&mut self) -> Result<(), Failure> {
        let count = self.rows.len() / self.columns.max(1);
        self.margins.resize(count * self.outputs, 0.0);
        self.scorer.engine().margins_batch(&self.rows, &mut self.scratch, &mut self.margins);
        let link = &self.scorer.bundle().model().link;
        let mut probabilities = vec![0.0; self.outputs];
        let rows = self.rows.chunks(self.columns.max(1)).zip(self.margins.chunks(self.outputs.max(1)));
        let per_row = self.kept.len() / count.max(1);
        for (at, (row, margins)) in rows.enumerate() {
            probabilities.copy_from_slice(margins);
            link.apply(&mut probabilities);
            let kept = self.kept.get(at * per_row..(at + 1) * per_row).unwrap_or_default();
            let numbers = margins.iter().chain(&probabilities).map(|x| Datum::Real(*x));
            let numbers = kept.iter().map(Carried::datum).chain(numbers);
            match &mut self.contributions {
                None => self.table.row(numbers)?,
                Some(contributions) => self.table.row(numbers.chain(contributions.of(row, margins)))?,
            }
        }
        self.rows.clear();
        self.kept.clear();
        Ok(())
    }
}

/// The texts that stand for codes in a column, and the field that lists them.
#[derive(Default)]
struct Listed<'a> {
    categories: Categories,
    field: Option<&'a Field>,
}

/// Per column the texts that stand for codes in it, if the schema lists them.
fn categories<'a>(columns: &[Column], schema: &'a Schema) -> Vec<Listed<'a>> {
    let fields = Names::new(schema.fields.iter().map(|field| field.name.as_str()));
    let field = |column: &Column| schema.fields.get(fields.find(&column.name)?).filter(|field| field.kind == FieldKind::Category);
    let listed = |field: &'a Field| Listed { categories: Categories::new(&field.categories), field: Some(field) };
    columns.iter().map(|column| field(column).map_or_else(Listed::default, listed)).collect()
}

/// Everything that is wrong with a row, the first few in words.
fn refuse(wrong: &[String]) -> Result<(), Problem> {
    const LISTED: usize = 20;
    let more = wrong.len().saturating_sub(LISTED);
    let listed = wrong.iter().take(LISTED).cloned().chain((more > 0).then(|| format!("{more} more columns")));
    match wrong {
        [] => Ok(()),
        _ => Err(Problem::new("FIELD_NOT_A_NUMBER", listed.collect::<Vec<_>>().join("; "))),
    }
}

/// What a cell is in a row.
enum Read<'a> {
    Number(f64),
    /// A text that the model has never seen: missing to it.
    Unknown(&'a str),
}

/// What `cell`, `text` in the file, is in a row, for `column` whose codes stand for the texts of `listed`; else what is wrong with it.
/// Digits are a code: raw rows have the model's own columns.
fn value<'a>(cell: Cell<'a>, text: Option<&str>, column: &Column, listed: &Listed<'_>) -> Result<Read<'a>, String> {
    let Listed { categories, field } = listed;
    if !categories.is_empty()
        && let Cell::Text(cell) = cell
        && plumbline_core::json::parse_number(cell).is_err()
        && let Some(code) = text.and_then(|text| categories.find(text)).or_else(|| categories.find(cell))
    {
        return Ok(Read::Number(code as f64));
    }
    match (cell.read_number(), cell) {
        (Ok(Some(x)), _) => Ok(Read::Number(x)),
        // A schema may list a missing word as a category.
        (Ok(None), _) => {
            let listed = text.filter(|text| !text.trim().is_empty()).and_then(|text| categories.find(text));
            Ok(Read::Number(listed.map_or(f64::NAN, |code| code as f64)))
        }
        (Err(_), Cell::Text(text)) if !categories.is_empty() => {
            let is_missing = field.is_some_and(|field| field.parse_text(text) == Ok(Value::Missing));
            Ok(if is_missing { Read::Number(f64::NAN) } else { Read::Unknown(text) })
        }
        (Err(_), Cell::Text(text)) => {
            let shown: String = text.chars().take(40).collect();
            Err(format!("field {:?} is {shown:?}, not a number", column.name))
        }
        (Err(_), Cell::Time(_)) => Err(format!("field {:?} is a date, not a number", column.name)),
        (Err(_), _) => Err(format!("field {:?} is a list or an object, not a number", column.name)),
    }
}
