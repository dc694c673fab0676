//! Leads of files become the sums of an experiment; rows that cannot be read are left out and reported with their place.

use std::borrow::Cow;
use std::path::Path;

use plumbline_core::experiment::{Data, Deal, Kind, Leads, Measured, Observation, Repeats, Settings};
use plumbline_core::table::Rows;

use super::Experiment;
use super::parse;
use crate::Failure;
use crate::clock;
use crate::input::{self, Cell, Problem, Records, Step};
use crate::output::terminal::listed;
use crate::table::account;

/// More arms than this are no arms: the column is another one.
const MOST_ARMS: usize = 20;
/// The default name of the control.
const CONTROLS: [&str; 4] = ["control", "champion", "a", "A"];
/// The column with the lead's id when --lead does not say.
const LEAD: &str = "lead_id";
/// A day in milliseconds.
const DAY_MS: f64 = 86_400_000.0;

/// Where the values of a lead stand.
struct Columns {
    arm: String,
    /// The primary metric, its second value if it has one, the guardrails.
    metrics: Vec<(String, Option<String>)>,
    cycle: Option<(String, String)>,
    /// When a deal was opened.
    opened: Option<String>,
    /// The lead's id, and whether the user named the column.
    lead: (String, bool),
    segments: Vec<String>,
}

/// Sums leads.
pub struct Counter {
    settings: Settings,
    data: Data,
    leads: Leads,
    columns: Columns,
    /// The moment open deals are looked at.
    now_ms: i64,
    /// Deals whose days cannot be read, and the first of them.
    odd_deals: (u64, Option<String>),
    /// Whether the arms were named beforehand.
    declared: bool,
    rows: Rows,
}

/// The sums.
pub struct Counted {
    /// The settings, with the arms, the control first.
    pub settings: Settings,
    /// The sums.
    pub data: Data,
    /// How rows and leads compare; none when no row has an id.
    pub repeats: Option<Repeats>,
    /// Where the rows went.
    pub rows: Rows,
    /// Deals whose days could not be read, and the first of them.
    pub odd_deals: (u64, Option<String>),
}

impl Counter {
    /// Ready for the files.
    pub fn new(settings: Settings, experiment: &Experiment) -> Counter {
        let measures = &experiment.measures;
        let outcome = measures.outcome.clone().or_else(|| measures.mean.clone()).unwrap_or_default();
        let (primary, second) = match &measures.auc {
            Some(score) => (score.clone(), Some(outcome)),
            None => (outcome, measures.per.clone().or_else(|| measures.before.clone())),
        };
        let guardrails = measures.guardrails.iter().map(|rail| (rail.column.clone(), rail.outcome.clone()));
        let columns = Columns {
            arm: experiment.arm.clone(),
            metrics: std::iter::once((primary, second)).chain(guardrails).collect(),
            cycle: measures.cycle.clone().zip(measures.closed.clone()),
            opened: measures.opened.clone(),
            lead: (experiment.lead.clone().unwrap_or_else(|| LEAD.to_owned()), experiment.lead.is_some()),
            segments: measures.segments.clone(),
        };
        let declared = !settings.arms.is_empty();
        let now_ms = measures.now.unwrap_or_else(|| clock::now().0);
        let (leads, rows) = (Leads::default(), Rows::default());
        Counter { data: Data::new(&settings), leads, settings, columns, now_ms, odd_deals: (0, None), declared, rows }
    }

    /// Takes in the leads of `file`.
    pub fn read(&mut self, file: &Path) -> Result<(), Failure> {
        let (mut records, source) = input::open(file, false)?;
        if records.is_table() {
            let absent: Vec<&str> = self.columns.names().filter(|name| !records.names().iter().any(|n| n == name)).collect();
            if !absent.is_empty() {
                let there: Vec<&str> = records.names().iter().map(String::as_str).collect();
                let message = format!("there is no column {}; the columns are {}", listed(&absent), listed(&there));
                return Err(Failure::input(&source.place, "INPUT_MISSING_COLUMNS", message));
            }
        }
        loop {
            let problem = match records.advance()? {
                Step::End => break,
                Step::Rejected(problem) => problem,
                Step::Record => match self.take(&source.place, &*records) {
                    Ok(()) => {
                        self.rows.take();
                        continue;
                    }
                    Err(problem) => problem,
                },
            };
            if problem.code == "TOO_MANY_ARMS" {
                return Err(Failure::input(format!("{}, line {}", source.place, records.line()), problem.code, problem.message));
            }
            account::leave_out(&mut self.rows, &source, &*records, &problem);
        }
        source.progress.finish_and_clear();
        Ok(())
    }

    /// The sums, the control first.
    pub fn finish(mut self, control: Option<&str>) -> Result<Counted, Failure> {
        let names: Vec<&str> = self.settings.arms.iter().map(|arm| arm.name.as_str()).collect();
        let found = match control {
            Some(control) => names.iter().position(|name| *name == control),
            None if self.declared => Some(0),
            None => CONTROLS.iter().find_map(|known| names.iter().position(|name| name == known)),
        };
        if names.len() < 2 {
            let message =
                format!("the column {} contains {}; an experiment needs at least two arms", self.columns.arm, names.len());
            return Err(Failure::input("the leads", "TOO_FEW_ARMS", message));
        }
        let Some(found) = found else {
            let message = format!("cannot tell which of {} is the control; choose one with --control", listed(&names));
            return Err(Failure::usage("NO_CONTROL", message));
        };
        let repeats = self.leads.finish(&self.settings, &mut self.data);
        let repeats = repeats.map_err(|e| Failure::input("the leads", e.code(), e.to_string()))?;
        self.settings.arms.swap(0, found);
        self.data.lead_with(found);
        self.rows.take_back(repeats.mixed_rows, "LEAD_IN_SEVERAL_ARMS", || {
            let first = repeats.named.first().map_or("", String::as_str);
            (format!("lead {first}"), "its rows name more than one arm".to_owned())
        });
        let repeats = (repeats.leads > 0).then_some(repeats);
        Ok(Counted { settings: self.settings, data: self.data, repeats, rows: self.rows, odd_deals: self.odd_deals })
    }

    fn take(&mut self, place: &str, records: &dyn Records) -> Result<(), Problem> {
        let cell = |name: &str| records.names().iter().position(|n| n == name).map_or(Cell::Missing, |at| records.cell(at));
        let arm = cell(&self.columns.arm)
            .read_name()
            .ok_or_else(|| Problem::new("ARM_MISSING", format!("{} does not name an arm", self.columns.arm)))?;
        let arm = self.arm(&arm)?;
        let id = cell(&self.columns.lead.0).read_name();
        if id.is_none() && self.columns.lead.1 {
            return Err(Problem::new("LEAD_MISSING", format!("{} does not name a lead", self.columns.lead.0)));
        }
        let added = self.add(place, records, arm, id.as_deref());
        // Who was assigned does not depend on what can be read of the lead.
        if added.is_err() {
            match &id {
                Some(id) => self.leads.lose(id, arm),
                None => self.data.lose(arm),
            }
        }
        added
    }

    /// Adds the values of a row in `arm`.
    fn add(&mut self, place: &str, records: &dyn Records, arm: usize, id: Option<&str>) -> Result<(), Problem> {
        let cell = |name: &str| records.names().iter().position(|n| n == name).map_or(Cell::Missing, |at| records.cell(at));
        let mut metrics = Vec::with_capacity(self.columns.metrics.len());
        for (kind, (name, second)) in self.settings.metrics().map(|metric| metric.kind).zip(&self.columns.metrics) {
            let value = measure(name, cell(name), kind == Kind::Rate)?;
            metrics.push(match (value, second) {
                (None, _) => Measured::Open,
                (Some(value), None) => Measured::Value(value),
                (Some(value), Some(second)) => match measure(second, cell(second), kind == Kind::Auc)? {
                    Some(other) => Measured::Pair(value, other),
                    // A lead that was scored and whose outcome is to come.
                    None if kind == Kind::Auc => Measured::Open,
                    None => return Err(Problem::new("VALUE_MISSING", format!("{second} is empty although {name} is not"))),
                },
            });
        }
        let cycle = match &self.columns.cycle {
            None => Ok(None),
            Some((days, closed)) => {
                let opened = self.columns.opened.as_ref().map_or(Cell::Missing, |name| cell(name));
                self.deal(measure(days, cell(days), false), measure(closed, cell(closed), true), opened)
            }
        };
        let segments: Vec<Option<Cow<'_, str>>> = self.columns.segments.iter().map(|name| cell(name).read_name()).collect();
        let segments: Vec<Option<&str>> = segments.iter().map(Option::as_deref).collect();
        let (cycle, odd) = match cycle {
            Ok(cycle) => (cycle, None),
            // A deal left out because of its days would make the cycle look shorter: it counts, and its days are unknown.
            Err(problem) => (Some(Deal::Unknown), Some(problem)),
        };
        let lead = Observation { arm, metrics: &metrics, cycle, segments: &segments };
        let added = match id {
            Some(id) => self.leads.add(&self.settings, id, &lead),
            None => self.data.push(&self.settings, &lead),
        };
        added.map_err(|e| Problem::new(e.code(), e.to_string()))?;
        if let Some(problem) = odd {
            self.odd_deals.0 += 1;
            self.odd_deals.1.get_or_insert_with(|| format!("{place}, line {}: {}", records.line(), problem.message));
        }
        Ok(())
    }

    /// The deal of a row with these days. An open deal without days has been open since the day it was opened.
    ///
    /// # Errors
    /// Why its days are unknown.
    fn deal(
        &self,
        days: Result<Option<f64>, Problem>,
        closed: Result<Option<f64>, Problem>,
        opened: Cell<'_>,
    ) -> Result<Option<Deal>, Problem> {
        let (days, closed) = (days?, closed?.map(|closed| closed == 1.0));
        let since = || {
            let opened = opened.read_moment().map_err(|wanted| {
                let name = self.columns.opened.as_deref().unwrap_or_default();
                let shown = opened.read_name().unwrap_or("a list or an object".into());
                Problem::new("VALUE_NOT_UNDERSTOOD", format!("{name} is {shown:?}, not {wanted}"))
            })?;
            Ok(opened.map(|opened| (self.now_ms.saturating_sub(opened)) as f64 / DAY_MS))
        };
        let days = match (days, closed) {
            (None, Some(true)) => None,
            (None, _) => since()?,
            (days, _) => days,
        };
        if let Some(days) = days.filter(|days| !Deal::DAYS.contains(days)) {
            return Err(Problem::new("VALUE_NOT_UNDERSTOOD", format!("a deal of {days} days; expected 0 to a million")));
        }
        Ok(match (days, closed) {
            (Some(days), Some(true)) => Some(Deal::Closed(days)),
            (Some(days), _) => Some(Deal::Open(days)),
            (None, closed) => closed.map(|_| Deal::Unknown),
        })
    }

    /// The index of the arm called `name`, new ones being added unless the arms were declared.
    fn arm(&mut self, name: &str) -> Result<usize, Problem> {
        if let Some(at) = self.settings.arms.iter().position(|arm| arm.name == name) {
            return Ok(at);
        }
        if self.declared {
            return Err(Problem::new("ARM_UNKNOWN", format!("{name:?} is not one of the arms in --weights")));
        }
        if self.settings.arms.len() == MOST_ARMS {
            let message = format!("{} has more than {MOST_ARMS} values; is it the column with the arm?", self.columns.arm);
            return Err(Problem::new("TOO_MANY_ARMS", message));
        }
        self.settings.arms.push(parse::arm(name, 1.0));
        self.data.widen(self.settings.arms.len());
        Ok(self.settings.arms.len() - 1)
    }
}

impl Columns {
    fn names(&self) -> impl Iterator<Item = &str> {
        let metrics = self.metrics.iter().flat_map(|(name, second)| std::iter::once(name).chain(second));
        let cycle = self.cycle.iter().flat_map(|(days, closed)| [days, closed]);
        let named = self.opened.iter().chain(Some(&self.lead.0).filter(|_| self.lead.1));
        std::iter::once(&self.arm).chain(metrics).chain(cycle).chain(named).chain(&self.segments).map(String::as_str)
    }
}

/// A cell as a number; none when it is missing. `flag`: yes is 1 and no is 0.
pub fn measure(name: &str, cell: Cell<'_>, flag: bool) -> Result<Option<f64>, Problem> {
    let value = if flag { cell.read_flag().map(|flag| flag.map(|yes| f64::from(u8::from(yes)))) } else { cell.read_number() };
    let wrong = |shown: &str, wanted: &str| Problem::new("VALUE_NOT_UNDERSTOOD", format!("{name} is {shown}, not {wanted}"));
    match value {
        Ok(Some(x)) if !x.is_finite() => Err(wrong(&x.to_string(), "a finite number")),
        Ok(value) => Ok(value),
        Err(wanted) => {
            let shown = cell.read_name().map_or("a list or an object".to_owned(), |text| format!("{text:?}"));
            Err(wrong(&shown, &wanted.to_string()))
        }
    }
}
