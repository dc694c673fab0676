//! One row of a log, counted in its hour.

use std::borrow::Cow;

use clap::Args;
use plumbline_core::table::Mismatch;
use plumbline_core::window::{FeatureLayout, Layout, Series, Window};

use crate::input::{Cell, Problem, Records};
use crate::output::terminal::listed;
use crate::table::leads::{OUTCOMES, SCORES};
use crate::table::moment::Ripeness;
use crate::table::named::{self, Ambiguous};

/// Columns with the time when --time does not say.
pub const TIMES: [&str; 4] = ["timestamp_ms", "timestamp", "scored_at", "time"];
const LATENCIES: [&str; 4] = ["duration_us", "latency_us", "duration_ms", "latency_ms"];

/// Where the values of a row stand.
#[derive(Debug, Default, Args)]
pub struct Places {
    /// The column with the time, as a date with time or milliseconds since 1970 [default: timestamp_ms, timestamp, scored_at or time]
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// The column with the score, a probability [default: probability, score, prob0, prob or y_pred_proba]
    #[arg(long, value_name = "COLUMN")]
    pub score: Option<String>,
    /// The column with the outcome; a lead without one is open [default: converted, outcome, label, target or y_true]
    #[arg(long, value_name = "COLUMN")]
    pub outcome: Option<String>,
    /// The column with the duration of the request; the unit is given by a name ending in _us, _ms or _s, otherwise milliseconds [default: duration_us, latency_us …]
    #[arg(long, value_name = "COLUMN")]
    pub latency: Option<String>,
    /// The column with the HTTP status; a request failed from 500 on [default: status]
    #[arg(long, value_name = "COLUMN")]
    pub status: Option<String>,
    /// The column that marks leads of the exploration slice [default: explores]
    #[arg(long, value_name = "COLUMN")]
    pub explored: Option<String>,
    /// The column with the result of a health check; a row with a value there is a health check and not a request
    #[arg(long, value_name = "COLUMN")]
    pub up: Option<String>,
    /// Only rows with this value, such as variant=2026-11-16.1 or role=champion; can be repeated
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = condition)]
    pub only: Vec<(String, String)>,
    #[command(flatten)]
    pub ripeness: Ripeness,
}

fn condition(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').map(|(column, value)| (column.to_owned(), value.to_owned()));
    parts.ok_or_else(|| "expected a column and its value, such as role=champion".to_owned())
}

/// The places of one input, found by name.
#[derive(Debug, Default, Clone)]
pub struct Found {
    names: usize,
    time: Option<usize>,
    score: Option<usize>,
    outcome: Option<usize>,
    converted_at: Option<usize>,
    /// With how many microseconds its unit has.
    latency: Option<(usize, f64)>,
    status: Option<usize>,
    explored: Option<usize>,
    up: Option<usize>,
    /// Of the service's own log: which lead of its request a row is.
    position: Option<usize>,
    only: Vec<Option<usize>>,
    features: Vec<Option<usize>>,
}

impl Found {
    /// Whether there is a column with the time.
    pub fn has_time(&self) -> bool {
        self.time.is_some()
    }
}

impl Places {
    /// The names of the columns that are no features.
    pub fn taken(&self) -> Vec<&str> {
        let given = [&self.time, &self.score, &self.outcome, &self.latency, &self.status, &self.explored, &self.up];
        let given = given.into_iter().flatten().chain(&self.ripeness.converted_at).map(String::as_str);
        let usual = TIMES.iter().chain(&SCORES).chain(&OUTCOMES).chain(&LATENCIES).chain(&["status", "explores"]).copied();
        given.chain(usual).chain(self.only.iter().map(|(column, _)| column.as_str())).collect()
    }

    /// Columns that were named and are not among `names`.
    pub fn absent(&self, names: &[String]) -> Option<String> {
        let named = [&self.time, &self.score, &self.outcome, &self.latency, &self.status, &self.explored, &self.up];
        let named = named.into_iter().flatten().chain(&self.ripeness.converted_at).chain(self.only.iter().map(|(name, _)| name));
        let absent: Vec<&str> = named.map(String::as_str).filter(|name| matches!(given(names, name), Ok(None))).collect();
        (!absent.is_empty()).then(|| listed(&absent))
    }

    /// Where the columns stand; found again only when there are more of them.
    pub fn find(&self, names: &[String], layout: &Layout, found: &mut Found) -> Result<(), Ambiguous> {
        if found.names == names.len() && !names.is_empty() {
            return Ok(());
        }
        let at = |name: &str| names.iter().position(|known| known == name);
        let first = |wanted: &Option<String>, usual: &[&str]| match wanted {
            Some(name) => given(names, name),
            None => usual.iter().find_map(|name| named::usual(spelled(names), name).transpose()).transpose(),
        };
        let latency = first(&self.latency, &LATENCIES)?.map(|at| {
            let name = names.get(at).map_or("", String::as_str);
            let micros = if name.ends_with("_us") {
                1.0
            } else if name.ends_with("_s") {
                1e6
            } else {
                1e3
            };
            (at, micros)
        });
        *found = Found {
            names: names.len(),
            time: first(&self.time, &TIMES)?,
            score: first(&self.score, &SCORES)?,
            outcome: first(&self.outcome, &OUTCOMES)?,
            converted_at: first(&self.ripeness.converted_at, &[])?,
            latency,
            status: first(&self.status, &["status"])?,
            explored: first(&self.explored, &["explores"])?,
            up: first(&self.up, &[])?,
            position: at("position"),
            only: self.only.iter().map(|(name, _)| given(names, name)).collect::<Result<_, _>>()?,
            features: layout.features().iter().map(|feature| at(feature.name())).collect(),
        };
        Ok(())
    }

    /// Counts the current record in `series`; `timeless` rows of a table without times count at 0. Returns false for a row that
    /// --only does not select.
    pub fn count(
        &self,
        records: &dyn Records,
        found: &Found,
        series: &mut Series,
        now_ms: i64,
        timeless: bool,
    ) -> Result<bool, Problem> {
        let cell = |at: Option<usize>| at.map_or(Cell::Missing, |at| records.cell(at));
        let mut only = self.only.iter().zip(&found.only);
        if only.any(|((_, wanted), at)| cell(*at).read_name().as_deref() != Some(wanted.as_str())) {
            return Ok(false);
        }
        let at_ms = match time(cell(found.time), "the time")? {
            Some(at_ms) => at_ms,
            None if timeless => 0,
            None => return Err(Problem::new("TIME_MISSING", "it has no time, so it cannot be counted in an hour")),
        };
        let refused = |e: plumbline_core::window::SeriesError| Problem::new(e.code(), e.to_string());
        if let Some(up) = flag(cell(found.up), "the health check")? {
            return series
                .count(at_ms, |_, hour| {
                    hour.counters.checks += 1;
                    hour.counters.up += u64::from(up);
                })
                .map(|()| true)
                .map_err(refused);
        }
        let score = number(cell(found.score), "the score")?;
        if let Some(score) = score.filter(|score| !(0.0..=1.0).contains(score)) {
            return Err(Problem::new("NOT_A_PROBABILITY", format!("the score is {score}; it must be a probability in [0, 1]")));
        }
        let converted = flag(cell(found.outcome), "the outcome")?;
        let converted_ms = time(cell(found.converted_at), "the time of conversion")?;
        let label = self.ripeness.label(at_ms, converted, converted_ms, now_ms);
        let explored = flag(cell(found.explored), "the exploration flag")?.unwrap_or(false);
        // Of a batch, whose leads share an answer, the first stands for the request.
        let request = number(cell(found.position), "the position")?.unwrap_or(0.0) == 0.0;
        let failed = number(cell(found.status), "the status")?.is_some_and(|status| status >= 500.0);
        let micros = match found.latency {
            Some((at, unit)) => number(cell(Some(at)), "the latency")?.map(|time| time * unit),
            None => None,
        };
        if let Some(micros) = micros.filter(|micros| *micros < 0.0) {
            return Err(Problem::new("BAD_LATENCY", format!("the latency is {micros} µs; it must not be negative")));
        }
        let values = values(records, found, series.layout())?;
        let count = |layout: &Layout, hour: &mut Window| {
            if request {
                hour.counters.requests += 1;
                hour.counters.failed += u64::from(failed);
                micros.into_iter().for_each(|micros| hour.latency.add(micros as u64));
            }
            hour.counters.leads += 1;
            if let Some(score) = score {
                hour.counters.scored += 1;
                hour.scores.add(score, label);
                if explored {
                    hour.explored.add(score, label);
                }
            }
            for (place, value) in values.iter().enumerate() {
                match value {
                    Value::Number(x) => hour.count_number(layout, place, *x),
                    Value::Text(text) => hour.count_category(layout, place, text.as_deref()),
                }
            }
        };
        series.count(at_ms, count).map(|()| true).map_err(refused)
    }
}

fn spelled(names: &[String]) -> impl Iterator<Item = &str> + Clone {
    names.iter().map(String::as_str)
}

fn given(names: &[String], wanted: &str) -> Result<Option<usize>, Ambiguous> {
    named::given(spelled(names), wanted)
}

/// A feature's value.
enum Value<'a> {
    Number(Option<f64>),
    Text(Option<Cow<'a, str>>),
}

/// The values of the layout's features; a feature whose column the input does not have is missing.
fn values<'a>(records: &'a dyn Records, found: &Found, layout: &Layout) -> Result<Vec<Value<'a>>, Problem> {
    let value = |(feature, at): (&FeatureLayout, &Option<usize>)| {
        let cell = at.map_or(Cell::Missing, |at| records.cell(at));
        Ok(match feature {
            FeatureLayout::Number { name, .. } => Value::Number(number(cell, name)?),
            FeatureLayout::Category { .. } => Value::Text(cell.read_name()),
        })
    };
    layout.features().iter().zip(&found.features).map(value).collect()
}

fn read<T>(cell: Cell<'_>, name: &str, code: &'static str, read: impl Fn(Cell<'_>) -> Result<T, Mismatch>) -> Result<T, Problem> {
    read(cell).map_err(|wanted| {
        let shown = cell.read_name().unwrap_or("a list or an object".into());
        Problem::new(code, format!("{name} is {shown:?}, not {wanted}"))
    })
}

fn number(cell: Cell<'_>, name: &str) -> Result<Option<f64>, Problem> {
    let x = read(cell, name, "VALUE_NOT_A_NUMBER", |cell| cell.read_number())?;
    match x {
        Some(x) if !x.is_finite() => Err(Problem::new("VALUE_NOT_A_NUMBER", format!("{name} is {x}, not a finite number"))),
        x => Ok(x),
    }
}

fn flag(cell: Cell<'_>, name: &str) -> Result<Option<bool>, Problem> {
    read(cell, name, "VALUE_NOT_A_FLAG", |cell| cell.read_flag())
}

fn time(cell: Cell<'_>, name: &str) -> Result<Option<i64>, Problem> {
    read(cell, name, "VALUE_NOT_A_TIME", |cell| cell.read_moment())
}
