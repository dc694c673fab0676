//! Rows that were not scored, and why.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::input::Problem;
use crate::output::{Datum, Draft, Interrupt, Layout, Sink, Table, terminal};

/// How many are told on standard error when there is no file for them.
const TOLD: u64 = 20;

/// The columns of a file of rejects.
const NAMES: [&str; 3] = ["line", "code", "reason"];

/// Rows that were not scored, and why.
#[derive(Debug)]
pub struct Rejects {
    target: Option<PathBuf>,
    table: Option<Table>,
    count: u64,
    interrupt: Interrupt,
}

/// What became of the rejects.
#[derive(Debug)]
pub struct Summary {
    /// How many there were.
    pub count: u64,
    /// The file they are in, when there were any and a file was asked for.
    pub file: Option<PathBuf>,
}

impl Rejects {
    /// Rejects that go to `target`, a file that is only made when there are any; to standard error when none is given.
    pub fn new(target: Option<PathBuf>, interrupt: &Interrupt) -> Rejects {
        Rejects { target, table: None, count: 0, interrupt: interrupt.clone() }
    }

    /// Notes that the record at `line` is rejected.
    pub fn add(&mut self, line: u64, problem: &Problem) -> Result<(), Failure> {
        self.count += 1;
        let Some(target) = &self.target else {
            match self.count {
                1..=TOLD => terminal::note(&format!("line {line} rejected [{}]: {}", problem.code, problem.message)),
                n if n == TOLD + 1 => {
                    terminal::note("… more rejected rows are counted but not shown (use -o OUT to get them all)")
                }
                _ => {}
            }
            return Ok(());
        };
        if self.table.is_none() {
            let sink = Sink::Draft(Draft::create(target, &self.interrupt)?);
            let names = NAMES.map(str::to_owned).to_vec();
            self.table = Some(Table::start(sink, target.display().to_string(), Layout::Csv, names)?);
        }
        match &mut self.table {
            Some(table) => table.row([Datum::Whole(line.into()), Datum::Text(problem.code), Datum::Text(&problem.message)]),
            None => Ok(()),
        }
    }

    /// Gives the file its name. When nothing was rejected, a file of rejects of an earlier run goes away: it would mislead.
    pub fn commit(self, interrupt: &Interrupt) -> Result<Summary, Failure> {
        let count = self.count;
        match (self.table, self.target) {
            (Some(table), target) => {
                table.commit(interrupt)?;
                Ok(Summary { count, file: target })
            }
            (None, Some(target)) if is_rejects(&target) => {
                std::fs::remove_file(&target).map_err(Failure::write(target.display().to_string()))?;
                Ok(Summary { count, file: None })
            }
            _ => Ok(Summary { count, file: None }),
        }
    }
}

/// Whether `path` is a file of rejects, of ours: nothing else is ever removed.
fn is_rejects(path: &Path) -> bool {
    let header = format!("{}\n", NAMES.join(","));
    let mut head = vec![0; header.len()];
    let read = path.is_file() && File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok();
    read && head == header.as_bytes()
}
