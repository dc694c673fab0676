//! A table judged by a suite: batches go in, one pass, results come out.
//!
//! What is kept between batches is what an expectation cannot do without: counts and the first unexpected rows for most; distinct
//! values for uniqueness and sets; the numbers for medians and quantiles; the column for z-scores and combinations.

use serde_json::{Map, Value as Json, json};

use super::distinct::Distinct;
use super::distribution::{self, Histogram, Observed, Partition};
use super::facts::{Facts, Needs};
use super::result::{Detail, Domain, ResultFormat, Unexpected};
use super::rule::{Aggregate, Interpolation, Rule};
use super::state::{
    Bins, Cells, Cross, Fence, Ordered, Pair, Retained, Rows, Several, Spread, Unique, View, check_numeric, observed,
};
use super::test::{Bounds, OBJECT, Test};
use super::{Details, Expectation, Found, Raised, Severity, Suite};
use crate::table::{Column, Kind, Scalar};

/// A table on its way through a suite.
#[derive(Debug, Clone)]
pub struct Validation<'s> {
    suite: &'s Suite,
    names: Vec<String>,
    kinds: Vec<Kind>,
    states: Vec<Slot>,
    facts: Vec<Facts>,
    rows: u64,
}

/// One expectation on its way.
#[derive(Debug, Clone)]
struct Slot {
    state: State,
    /// Columns that name a row in its result.
    index: Vec<usize>,
    /// Rows it is about.
    rows: u64,
    detail: Detail,
}

#[derive(Debug, Clone)]
enum State {
    Raised(Raised),
    Table,
    Facts(usize),
    Cells(Cells),
    Ordered(Ordered),
    Unique(Unique),
    Spread(Spread),
    Pair(Pair),
    Several(Several),
    Bins(Bins),
    Cross(Cross),
}

/// What became of one expectation.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its number in the suite, from 0.
    pub index: usize,
    /// Whether it is met.
    pub success: bool,
    /// What was found, in the detail of the format.
    pub result: Found,
    /// Why it could not be judged; then it is not met.
    pub raised: Option<Raised>,
}

/// What became of a suite.
#[derive(Debug, Clone)]
pub struct Report<'s> {
    suite: &'s Suite,
    /// In the peer's order: by column, in the order in which columns turn up in the suite.
    pub outcomes: Vec<Outcome>,
    /// Rows judged.
    pub rows: u64,
}

impl<'s> Validation<'s> {
    /// Begins with a table of columns `names` of `kinds`. An expectation's own `result_format` goes before `format`.
    pub fn new(suite: &'s Suite, names: &[String], kinds: &[Kind], format: &ResultFormat) -> Validation<'s> {
        let mut validation =
            Validation { suite, names: names.to_vec(), kinds: kinds.to_vec(), states: Vec::new(), facts: Vec::new(), rows: 0 };
        for (at, expectation) in suite.expectations.iter().enumerate() {
            let format = expectation.format.as_ref().unwrap_or(format);
            let index = format.unexpected_index_column_names.iter().map(|name| validation.place(name)).collect();
            let (state, index) = match (validation.state(at, expectation, format), index) {
                (Err(raised), _) | (_, Err(raised)) => (State::Raised(raised), Vec::new()),
                (Ok(state), Ok(index)) => (state, index),
            };
            validation.states.push(Slot { state, index, rows: 0, detail: format.detail });
        }
        validation
    }

    /// Takes in the next rows: all columns of the table, of the kinds announced, of one length.
    pub fn push(&mut self, columns: &[Column]) {
        self.push_rows(columns.first().map_or(0, Column::len), columns);
    }

    /// Takes in the next `rows` rows: all columns of the table, those that no expectation reads ([`Suite::columns`]) may be empty.
    pub fn push_rows(&mut self, rows: usize, columns: &[Column]) {
        let masks: Vec<Option<Result<Vec<bool>, Raised>>> = self
            .suite
            .expectations
            .iter()
            .map(|expectation| expectation.condition.as_ref().map(|condition| condition.mask(&self.names, columns, rows)))
            .collect();
        for facts in &mut self.facts {
            let mask = facts.condition.and_then(|at| masks.get(at)?.as_ref());
            let mask = match mask {
                Some(Ok(mask)) => Some(mask.as_slice()),
                Some(Err(_)) => continue,
                None => None,
            };
            let Some(column) = columns.get(facts.column) else { continue };
            facts.push(column, mask);
        }
        for (slot, mask) in self.states.iter_mut().zip(&masks) {
            let mask = match mask {
                Some(Ok(mask)) => Some(mask.as_slice()),
                Some(Err(raised)) => {
                    slot.state = State::Raised(raised.clone());
                    continue;
                }
                None => None,
            };
            slot.rows += mask.map_or(rows, |mask| mask.iter().filter(|is| **is).count()) as u64;
            let view = View { columns, mask, offset: self.rows, index: &slot.index };
            if let Err(raised) = slot.state.push(&view) {
                slot.state = State::Raised(raised);
            }
        }
        self.rows += rows as u64;
    }

    /// The results.
    pub fn finish(mut self) -> Report<'s> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        for (at, expectation) in self.suite.expectations.iter().enumerate() {
            let Some(slot) = self.states.get_mut(at) else { continue };
            let (mut state, rows, detail) = (std::mem::replace(&mut slot.state, State::Table), slot.rows, slot.detail);
            outcomes.push(match self.judge(&mut state, &expectation.rule, rows) {
                Ok((success, result)) => {
                    let result = if detail == Detail::BooleanOnly { result.boolean_only() } else { result };
                    Outcome { index: at, success, result, raised: None }
                }
                Err(raised) => Outcome { index: at, success: false, result: Found::default(), raised: Some(raised) },
            });
        }
        Report { suite: self.suite, outcomes: by_column(self.suite, outcomes), rows: self.rows }
    }

    fn place(&self, name: &str) -> Result<usize, Raised> {
        self.names.iter().position(|own| own == name).ok_or_else(|| Raised::column(name))
    }

    fn kind(&self, at: usize) -> Kind {
        self.kinds.get(at).copied().unwrap_or(Kind::Mixed)
    }

    /// The shared facts of a column, with `needs` added.
    fn need(&mut self, column: usize, condition: Option<usize>, needs: Needs) -> usize {
        let kind = self.kind(column);
        let found = self.facts.iter().position(|facts| facts.column == column && facts.condition == condition);
        let at = found.unwrap_or_else(|| {
            self.facts.push(Facts::new(column, condition, kind));
            self.facts.len() - 1
        });
        if let Some(facts) = self.facts.get_mut(at) {
            facts.needs = Needs {
                moments: facts.needs.moments || needs.moments,
                extremes: facts.needs.extremes || needs.extremes,
                distinct: facts.needs.distinct || needs.distinct,
                values: facts.needs.values || needs.values,
            };
        }
        at
    }

    fn state(&mut self, index: usize, expectation: &Expectation, format: &ResultFormat) -> Result<State, Raised> {
        let condition = expectation.condition.is_some().then_some(index);
        let places = expectation.rule.columns().into_iter().map(|name| self.place(name)).collect::<Result<Vec<_>, _>>()?;
        let kinds: Vec<Kind> = places.iter().map(|at| self.kind(*at)).collect();
        let (first, kind) = (places.first().copied().unwrap_or_default(), kinds.first().copied().unwrap_or(Kind::Mixed));
        let rows = |domain: Domain| {
            let kept = Unexpected::new(format.clone(), domain, &kinds);
            Rows { elements: 0, missing: 0, mostly: expectation.rule.mostly(), kept }
        };
        let has_index = !format.unexpected_index_column_names.is_empty();
        Ok(match &expectation.rule {
            Rule::RowCount(_)
            | Rule::ColumnCount(_)
            | Rule::ColumnOrder(_)
            | Rule::ColumnSet { .. }
            | Rule::ColumnExists { .. } => State::Table,
            Rule::Dtype { .. } => State::Table,
            Rule::Cells { column, test, .. } => {
                State::Cells(Cells { column: first, test: test.fit(kind)?, rows: rows(Domain::Column(column.clone())) })
            }
            Rule::Types { column, types: Some(types), .. }
                if kind.is_object()
                    && (expectation.kind.ends_with("type_list")
                        || !types.names.iter().any(|name| OBJECT.contains(&name.as_str()))) =>
            {
                if let Some(name) = types.unknown() {
                    return Err(Raised::value(format!("Unrecognized numpy/python type: {name}")));
                }
                let test = Test::Types(types.clone());
                State::Cells(Cells { column: first, test, rows: rows(Domain::Column(column.clone())) })
            }
            Rule::Types { .. } => State::Table,
            Rule::Unique { column, .. } => State::Unique(Unique {
                column: first,
                rising: Some(Vec::new()),
                seen: Default::default(),
                numbers: Vec::new(),
                retained: has_index.then(Retained::default),
                rows: rows(Domain::Column(column.clone())),
            }),
            Rule::Ordered { column, rising, strictly, .. } => State::Ordered(Ordered {
                column: first,
                rising: *rising,
                strictly: *strictly,
                last: None,
                rows: rows(Domain::Column(column.clone())),
            }),
            Rule::ZScores { column, threshold, double_sided, .. } => {
                check_numeric(kind, "Cannot complete Z-score calculations on a non-numerical column.")?;
                let facts = self.need(first, condition, Needs { moments: true, ..Needs::default() });
                let fence = Fence::ZScore { threshold: *threshold, double_sided: *double_sided };
                let rows = rows(Domain::Column(column.clone()));
                State::Spread(Spread { column: first, facts, fence, retained: Retained::default(), rows })
            }
            Rule::Outliers { column, by_quartiles, multiplier, .. } => {
                check_numeric(kind, "Cannot detect outliers in a non-numerical column.")?;
                let needs = Needs { moments: !by_quartiles, values: *by_quartiles, ..Needs::default() };
                let facts = self.need(first, condition, needs);
                let multiplier = *multiplier;
                let fence = if *by_quartiles { Fence::Quartiles { multiplier } } else { Fence::Deviation { multiplier } };
                let rows = rows(Domain::Column(column.clone()));
                State::Spread(Spread { column: first, facts, fence, retained: Retained::default(), rows })
            }
            Rule::Aggregate { of, .. } => {
                let needs = match of {
                    Aggregate::Min | Aggregate::Max => Needs { extremes: true, ..Needs::default() },
                    Aggregate::Mean | Aggregate::Stdev | Aggregate::Sum => Needs { moments: true, ..Needs::default() },
                    Aggregate::Median => Needs { values: true, ..Needs::default() },
                    Aggregate::UniqueCount | Aggregate::UniqueShare => Needs { distinct: true, ..Needs::default() },
                    Aggregate::NonNullShare => Needs::default(),
                };
                State::Facts(self.need(first, condition, needs))
            }
            Rule::Quantiles { .. } | Rule::Shape { .. } => {
                State::Facts(self.need(first, condition, Needs { values: true, ..Needs::default() }))
            }
            Rule::MostCommon { .. } | Rule::Distinct { .. } | Rule::ChiSquare { .. } => {
                State::Facts(self.need(first, condition, Needs { distinct: true, ..Needs::default() }))
            }
            Rule::Divergence { partition: Some(Partition::Bins { edges, .. }), .. } => {
                State::Bins(Bins { column: first, histogram: Histogram::new(edges), present: 0 })
            }
            Rule::Divergence { partition, bucketize, .. } => {
                let values = partition.is_none() && *bucketize;
                State::Facts(self.need(first, condition, Needs { distinct: !values, values, ..Needs::default() }))
            }
            Rule::CramersPhi(_) => {
                State::Cross(Cross { columns: [first, places.get(1).copied().unwrap_or_default()], ..Cross::default() })
            }
            Rule::Pair { a, b, test, ignore, .. } => State::Pair(Pair {
                columns: [first, places.get(1).copied().unwrap_or_default()],
                test: test.clone(),
                ignore: *ignore,
                rows: rows(Domain::Pair(a.clone(), b.clone())),
            }),
            Rule::Several { columns, test, ignore, .. } => State::Several(Several {
                columns: places,
                test: *test,
                ignore: *ignore,
                seen: Default::default(),
                numbers: Vec::new(),
                retained: Retained::default(),
                rows: rows(Domain::Several(columns.clone())),
            }),
        })
    }

    fn judge(&mut self, state: &mut State, rule: &Rule, counted: u64) -> Result<(bool, Found), Raised> {
        match state {
            State::Raised(raised) => Err(raised.clone()),
            State::Table => self.judge_table(rule, counted),
            State::Facts(at) => {
                let facts = self.facts.get_mut(*at).ok_or_else(|| Raised::value("the column's statistics were not collected"))?;
                judge_facts(rule, facts)
            }
            State::Cells(cells) => Ok(cells.rows.finish(!cells.test.skips_missing())),
            State::Ordered(ordered) => Ok(ordered.rows.finish(false)),
            State::Unique(unique) => unique.finish(),
            State::Pair(pair) => Ok(pair.rows.finish(false)),
            State::Several(several) => several.finish(),
            State::Spread(spread) => self.judge_spread(spread),
            State::Bins(bins) => match rule {
                Rule::Divergence { partition: Some(partition), threshold, tail, internal, .. } => {
                    let seen = Observed::Bins(&bins.histogram, bins.present);
                    distribution::divergence(partition, seen, *threshold, *tail, *internal).map(|f| (f.success, f.result))
                }
                _ => Err(Raised::value("Invalid partition object.")),
            },
            State::Cross(cross) => match rule {
                Rule::CramersPhi(phi) => phi.test(&cross.a, &cross.b).map(|f| (f.success, f.result)),
                _ => Err(Raised::value("the cross table was not collected")),
            },
        }
    }

    fn judge_table(&self, rule: &Rule, counted: u64) -> Result<(bool, Found), Raised> {
        let within = |bounds: &Bounds, n: usize| Ok(observed(bounds.holds(Scalar::Int(n as i64).cell())?, n.into()));
        match rule {
            Rule::RowCount(bounds) => within(bounds, counted as usize),
            Rule::ColumnCount(bounds) => within(bounds, self.names.len()),
            Rule::ColumnExists { column, at } => {
                let place = self.names.iter().position(|name| name == column);
                Ok((place.is_some_and(|place| at.is_none_or(|at| at == place as i64)), Found::default()))
            }
            Rule::ColumnOrder(expected) => {
                let Some(expected) = expected.as_ref().filter(|expected| **expected != self.names) else {
                    return Ok(observed(true, self.names.clone().into()));
                };
                let rows = expected.len().max(self.names.len());
                let differ = (0..rows)
                    .filter(|at| expected.get(*at) != self.names.get(*at))
                    .map(|at| json!({"Expected Column Position": at, "Expected": expected.get(at), "Found": self.names.get(at)}));
                let details = Details { mismatched: Some(differ.collect()), ..Details::default() };
                Ok((false, Found::observed(self.names.clone()).with(details)))
            }
            Rule::ColumnSet { names, exact } => {
                let expected = names.clone().unwrap_or_default();
                let sorted = |mut names: Vec<&String>| {
                    names.sort_unstable();
                    names.dedup();
                    Json::from(names.into_iter().cloned().collect::<Vec<_>>())
                };
                let shown = sorted(self.names.iter().collect());
                let others: Vec<&String> = self.names.iter().filter(|name| !expected.contains(name)).collect();
                let missing: Vec<&String> = expected.iter().filter(|name| !self.names.contains(name)).collect();
                if others.is_empty() && missing.is_empty() {
                    return Ok(observed(true, shown));
                }
                let success = missing.is_empty() && !exact;
                let mut mismatched = Map::new();
                if !others.is_empty() {
                    mismatched.insert("unexpected".to_owned(), sorted(others));
                }
                if !missing.is_empty() {
                    mismatched.insert("missing".to_owned(), sorted(missing));
                }
                let details = Details { mismatched: Some(mismatched.into()), ..Details::default() };
                Ok((success, Found::observed(shown).with(details)))
            }
            Rule::Types { column, types, .. } => {
                let kind = self.kind(self.place(column)?);
                Ok(observed(types.as_ref().is_none_or(|types| types.include(kind)), kind.name().into()))
            }
            Rule::Dtype { column, name } => {
                let kind = self.kind(self.place(column)?);
                let types = super::test::Types { names: vec![name.clone()] };
                let is_zoned = kind == Kind::Zoned && name == kind.dtype();
                Ok(observed(types.include(kind) || is_zoned, kind.dtype().into()))
            }
            _ => Err(Raised::value("the expectation is not about a table")),
        }
    }

    fn judge_spread(&mut self, spread: &mut Spread) -> Result<(bool, Found), Raised> {
        let facts =
            self.facts.get_mut(spread.facts).ok_or_else(|| Raised::value("the column's statistics were not collected"))?;
        let (mean, deviation) = facts.mean_and_deviation();
        let quartiles = match spread.fence {
            Fence::Quartiles { .. } => facts.quantiles(&[0.25, 0.75], Interpolation::Linear)?,
            _ => Vec::new(),
        };
        let Spread { fence, rows, retained, .. } = spread;
        retained.each(1, &mut |row, cells, index| {
            let cell = cells.first().copied().unwrap_or(crate::table::Cell::Missing);
            rows.elements += 1;
            if cell.is_missing() {
                rows.missing += 1;
                return Ok(());
            }
            let x = cell.numeric().ok_or_else(|| Raised::kind("the column is not numeric"))?;
            if !fence.holds(x, mean, deviation, &quartiles) {
                rows.kept.add(row, cells, index);
            }
            Ok(())
        })?;
        Ok(rows.finish(false))
    }
}

impl State {
    fn push(&mut self, view: &View<'_>) -> Result<(), Raised> {
        match self {
            State::Raised(_) | State::Table | State::Facts(_) => Ok(()),
            State::Cells(cells) => cells.push(view),
            State::Ordered(ordered) => ordered.push(view),
            State::Unique(unique) => unique.push(view),
            State::Spread(spread) => spread.retained.keep(view, &[spread.column]),
            State::Pair(pair) => pair.push(view),
            State::Several(several) => several.push(view),
            State::Bins(bins) => bins.push(view),
            State::Cross(cross) => cross.push(view),
        }
    }
}

fn judge_facts(rule: &Rule, facts: &mut Facts) -> Result<(bool, Found), Raised> {
    if let Some(raised) = &facts.failed {
        return Err(raised.clone());
    }
    match rule {
        Rule::Aggregate { of, bounds, .. } => {
            let value = facts.aggregate(*of)?;
            if value == Scalar::Missing {
                return Ok(observed(false, Json::Null));
            }
            let holds = match facts.kind {
                Kind::Text | Kind::Mixed => bounds.holds_date(value.cell())?,
                kind => bounds.fit(kind)?.holds(value.cell())?,
            };
            Ok(observed(holds, value.cell().json()))
        }
        Rule::Quantiles { at, ranges, between, shown, .. } => {
            let values = facts.quantiles(at, *between)?;
            let close = |x: f64, bound: f64| x == bound || (x - bound).abs() <= 1e-8 + 1e-4 * bound.abs() && bound.is_finite();
            let details: Vec<bool> = ranges
                .iter()
                .enumerate()
                .map(|(at, (low, high))| {
                    values.get(at).is_some_and(|x| close(*x, *low) || close(*x, *high) || (*low <= *x && *x <= *high))
                })
                .collect();
            let success = details.iter().all(|is| *is);
            let values: Vec<Json> =
                (0..at.len()).map(|at| values.get(at).map_or(Json::Null, |x| facts.shown(*x, *between))).collect();
            let details = Details { success_details: Some(details), ..Details::default() };
            Ok((success, Found::observed(json!({"quantiles": shown, "values": values})).with(details)))
        }
        Rule::MostCommon { set, ties_okay, .. } => {
            let most = facts.distinct.iter().map(|(_, count)| count).max().unwrap_or(0);
            let mut common: Vec<Scalar> =
                facts.distinct.iter().filter(|(_, count)| *count == most).map(|(value, _)| value).collect();
            common.sort_by(|a, b| a.cell().order(b.cell()).ok().flatten().unwrap_or(std::cmp::Ordering::Equal));
            let inside = common.iter().filter(|value| set.contains(value.cell())).count();
            let success = if *ties_okay { inside > 0 } else { common.len() == 1 && inside == 1 };
            Ok(observed(success, common.iter().map(|value| value.cell().json()).collect()))
        }
        Rule::Distinct { set, no_others, all, .. } => {
            const MOST: usize = 20;
            let set = if matches!(facts.kind, Kind::Time | Kind::Zoned) { set.moments() } else { set.clone() };
            let mut result = Found::observed(Json::Null);
            let first = |found: &[Scalar]| Some(found.iter().take(MOST).map(|value| value.cell().json()).collect());
            if *no_others {
                let others = facts.distinct.iter().map(|(value, _)| value).filter(|value| !set.contains(value.cell()));
                let mut others: Vec<Scalar> = others.collect();
                others.sort_by(|a, b| a.cell().order(b.cell()).ok().flatten().unwrap_or(std::cmp::Ordering::Equal));
                (result.unexpected_count, result.partial_unexpected_list) = (Some(others.len() as u64), first(&others));
            }
            if *all {
                let (mut absent, mut known) = (Vec::new(), Distinct::default());
                for value in set.values.iter().filter(|value| **value != Scalar::Missing) {
                    if facts.distinct.find(value.cell()).is_none() && known.find(value.cell()).is_none() {
                        known.add(value.cell())?;
                        absent.push(value.clone());
                    }
                }
                (result.missing_count, result.partial_missing_list) = (Some(Some(absent.len() as u64)), first(&absent));
            }
            let success = result.unexpected_count.unwrap_or(0) == 0 && result.missing_count.flatten().unwrap_or(0) == 0;
            Ok((success, result))
        }
        Rule::Divergence { partition, threshold, tail, internal, bucketize, .. } => {
            let own = partition.is_none();
            let partition = match partition {
                Some(partition) => partition.clone(),
                None => Partition::of(facts, *bucketize)?,
            };
            let finding = match &partition {
                Partition::Bins { edges, .. } if own => {
                    let mut histogram = Histogram::new(edges);
                    facts.values.iter().for_each(|x| histogram.add(*x));
                    distribution::divergence(
                        &partition,
                        Observed::Bins(&histogram, facts.present()),
                        *threshold,
                        *tail,
                        *internal,
                    )?
                }
                _ => distribution::divergence(&partition, Observed::Facts(facts), *threshold, *tail, *internal)?,
            };
            Ok((finding.success, finding.result))
        }
        Rule::ChiSquare { partition, p, tail, .. } => {
            distribution::chi_square(partition, facts, *p, *tail).map(|f| (f.success, f.result))
        }
        Rule::Shape { shape, p, .. } => shape.test(facts, *p).map(|f| (f.success, f.result)),
        _ => Err(Raised::value("the expectation is not about one number of a column")),
    }
}

/// Outcomes grouped by column, groups in the order in which they turn up, as the peer evaluates them.
fn by_column(suite: &Suite, outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let column = |at: usize| suite.expectations.get(at).and_then(|expectation| expectation.kwargs.get("column")?.as_str());
    let mut groups: Vec<(Option<&str>, Vec<Outcome>)> = Vec::new();
    for outcome in outcomes {
        let own = column(outcome.index);
        match groups.iter_mut().find(|(name, _)| *name == own) {
            Some((_, group)) => group.push(outcome),
            None => groups.push((own, vec![outcome])),
        }
    }
    groups.into_iter().flat_map(|(_, group)| group).collect()
}

impl<'s> Report<'s> {
    /// The suite.
    pub fn suite(&self) -> &'s Suite {
        self.suite
    }

    /// Whether every expectation is met.
    pub fn success(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.success)
    }

    /// The gravest severity among expectations that are not met.
    pub fn worst(&self) -> Option<Severity> {
        let failed = self.outcomes.iter().filter(|outcome| !outcome.success);
        failed.filter_map(|outcome| self.suite.expectations.get(outcome.index)).map(|expectation| expectation.severity).max()
    }
}
