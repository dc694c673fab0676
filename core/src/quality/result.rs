//! Results in the four formats of Great Expectations, which differ in how much detail they report.

use serde_json::{Map, Value as Json};

use super::{Found, Raised, ValueCount};
use crate::table::{Cell, Kind, Scalar};

/// How detailed a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Whether it is met.
    BooleanOnly,
    /// Counts, and the first unexpected values.
    Basic,
    /// The most frequent unexpected values and the first rows too.
    Summary,
    /// 200 unexpected values and all rows: eight bytes a row are kept.
    Complete,
}

/// What results hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultFormat {
    /// How detailed they are.
    pub detail: Detail,
    /// How many unexpected values the partial lists hold.
    pub partial_unexpected_count: usize,
    /// Columns that name an unexpected row, instead of its number.
    pub unexpected_index_column_names: Vec<String>,
    /// Leave out the values.
    pub exclude_unexpected_values: bool,
    /// Ask for `unexpected_index_query` (or forbid it).
    pub return_unexpected_index_query: Option<bool>,
}

/// The most values and rows a list of unexpected values holds, as the peer's `MAX_RESULT_RECORDS`.
const MOST_VALUES: usize = 200;

impl Default for ResultFormat {
    fn default() -> ResultFormat {
        ResultFormat::of(Detail::Summary)
    }
}

impl ResultFormat {
    /// The format with the peer's defaults.
    pub fn of(detail: Detail) -> ResultFormat {
        ResultFormat {
            detail,
            partial_unexpected_count: 20,
            unexpected_index_column_names: Vec::new(),
            exclude_unexpected_values: false,
            return_unexpected_index_query: None,
        }
    }

    /// The detail called `name`.
    pub fn named(name: &str) -> Option<Detail> {
        Some(match name {
            "BOOLEAN_ONLY" => Detail::BooleanOnly,
            "BASIC" => Detail::Basic,
            "SUMMARY" => Detail::Summary,
            "COMPLETE" => Detail::Complete,
            _ => return None,
        })
    }

    /// Reads a `result_format` as the peer takes it: a name or an object.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(value: &Json) -> Result<ResultFormat, String> {
        let detail = |name: &str| {
            ResultFormat::named(name).ok_or_else(|| format!("{name:?} is not one of BOOLEAN_ONLY, BASIC, SUMMARY, COMPLETE"))
        };
        if let Some(name) = value.as_str() {
            return detail(name).map(ResultFormat::of);
        }
        let map = value.as_object().ok_or("expected a name or an object")?;
        let mut format = ResultFormat::of(map.get("result_format").and_then(Json::as_str).map_or(Ok(Detail::Basic), detail)?);
        if let Some(count) = map.get("partial_unexpected_count") {
            let count = count.as_u64().filter(|count| *count <= MOST_VALUES as u64);
            format.partial_unexpected_count = count.ok_or("partial_unexpected_count must be a number from 0 to 200")? as usize;
        }
        if let Some(names) = map.get("unexpected_index_column_names").and_then(Json::as_array) {
            format.unexpected_index_column_names = names.iter().filter_map(Json::as_str).map(str::to_owned).collect();
        }
        format.exclude_unexpected_values = map.get("exclude_unexpected_values").and_then(Json::as_bool).unwrap_or(false);
        format.return_unexpected_index_query = map.get("return_unexpected_index_query").and_then(Json::as_bool);
        Ok(format)
    }
}

/// What the values of a row are called in a result.
#[derive(Debug, Clone)]
pub(super) enum Domain {
    Column(String),
    Pair(String, String),
    Several(Vec<String>),
}

/// The unexpected rows, as many as the format reports.
#[derive(Debug, Clone)]
pub(super) struct Unexpected {
    pub format: ResultFormat,
    pub domain: Domain,
    /// Whether the column is of numbers: there each missing value counts as one of its own, as NaN does in Python.
    nan: Vec<bool>,
    pub count: u64,
    values: Vec<Vec<Scalar>>,
    rows: Vec<u64>,
    named: Vec<Map<String, Json>>,
}

impl Unexpected {
    pub fn new(format: ResultFormat, domain: Domain, kinds: &[Kind]) -> Unexpected {
        let nan = kinds.iter().map(|kind| *kind == Kind::Float).collect();
        Unexpected { format, domain, nan, count: 0, values: Vec::new(), rows: Vec::new(), named: Vec::new() }
    }

    /// Counts a row; `cells` and `index` (values of the index columns) are read only where they are reported.
    pub fn add(&mut self, row: u64, cells: &[Cell<'_>], index: &dyn Fn(usize) -> Json) {
        self.count += 1;
        if self.is_full() {
            return;
        }
        let (value_limit, row_limit) = self.limits();
        if self.values.len() < value_limit {
            self.values.push(cells.iter().map(|cell| cell.own()).collect());
        }
        if self.rows.len() >= row_limit {
            return;
        }
        self.rows.push(row);
        if !self.format.unexpected_index_column_names.is_empty() {
            let mut map = Map::new();
            if !self.format.exclude_unexpected_values {
                let names: Vec<&String> = match &self.domain {
                    Domain::Column(name) => vec![name],
                    Domain::Pair(a, b) => vec![a, b],
                    Domain::Several(names) => names.iter().collect(),
                };
                map.extend(names.into_iter().cloned().zip(cells.iter().map(|cell| cell.json())));
            }
            let names = self.format.unexpected_index_column_names.iter().enumerate();
            map.extend(names.map(|(at, name)| (name.clone(), index(at))));
            self.named.push(map);
        }
    }

    /// Whether further rows are only counted.
    pub fn is_full(&self) -> bool {
        let (values, rows) = self.limits();
        self.values.len() >= values && self.rows.len() >= rows
    }

    /// How many values and how many rows are kept.
    fn limits(&self) -> (usize, usize) {
        let partial = self.format.partial_unexpected_count.min(MOST_VALUES);
        let asked = self.format.return_unexpected_index_query == Some(true);
        let (values, rows) = match self.format.detail {
            Detail::BooleanOnly => (0, 0),
            Detail::Basic => (partial, 0),
            Detail::Summary => (partial, partial),
            Detail::Complete => (MOST_VALUES, usize::MAX),
        };
        (values, if asked { usize::MAX } else { rows })
    }

    /// The result of an expectation about rows. `nonmissing` is `None` where the expectation is about missing values.
    pub fn result(&self, elements: u64, nonmissing: Option<u64>) -> Found {
        let format = &self.format;
        let partial = format.partial_unexpected_count;
        let query = || format!("df.filter(items={}, axis=0)", Json::from(self.rows.clone()).to_string().replace(',', ", "));
        let names = Some(format.unexpected_index_column_names.clone()).filter(|names| !names.is_empty());
        let mut found = Found::default();
        if format.return_unexpected_index_query == Some(true) && format.detail != Detail::Complete {
            found.unexpected_index_query = Some(query());
            found.unexpected_index_column_names = names.clone();
        }
        if format.detail == Detail::BooleanOnly {
            return found;
        }
        let percent = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64 * 100.0);
        let total = percent(self.count, elements);
        let nonmissing_percent = match nonmissing {
            Some(_) if elements == 0 => None,
            Some(nonmissing) => percent(self.count, nonmissing),
            None => total,
        };
        found.element_count = Some(elements);
        found.unexpected_count = Some(self.count);
        found.unexpected_percent = Some(nonmissing_percent);
        let shown: Vec<Json> = self.values.iter().map(|values| self.shown(values)).collect();
        if !format.exclude_unexpected_values {
            found.partial_unexpected_list = Some(shown.iter().take(partial).cloned().collect());
        }
        found.unexpected_index_column_names = names;
        if let Some(nonmissing) = nonmissing {
            let missing = elements.saturating_sub(nonmissing);
            found.missing_count = Some(Some(missing));
            found.missing_percent = Some(percent(missing, elements));
            found.unexpected_percent_total = Some(total);
            found.unexpected_percent_nonmissing = Some(nonmissing_percent);
        }
        if format.detail == Detail::Basic {
            return found;
        }
        let rows = self.row_list();
        if partial > 0 {
            if !format.exclude_unexpected_values {
                found.partial_unexpected_counts = self.counts(partial);
            }
            found.partial_unexpected_index_list = Some(rows.iter().take(partial).cloned().collect());
        }
        if format.detail == Detail::Complete {
            found.unexpected_list = Some(shown).filter(|_| !format.exclude_unexpected_values);
            found.unexpected_index_list = Some(rows);
            if format.return_unexpected_index_query != Some(false) {
                found.unexpected_index_query = Some(query());
            }
        }
        found
    }

    fn row_list(&self) -> Vec<Json> {
        if self.format.unexpected_index_column_names.is_empty() {
            self.rows.iter().map(|row| Json::from(*row)).collect()
        } else {
            self.named.iter().cloned().map(Json::Object).collect()
        }
    }

    fn shown(&self, values: &[Scalar]) -> Json {
        let mut cells = values.iter().map(|value| value.cell().json());
        match &self.domain {
            Domain::Column(_) => cells.next().unwrap_or_default(),
            Domain::Pair(..) => cells.collect(),
            Domain::Several(names) => Json::Object(names.iter().cloned().zip(cells).collect()),
        }
    }

    /// The most frequent of the values kept, `None` where Python could not sort or count them.
    fn counts(&self, most: usize) -> Option<Vec<ValueCount>> {
        let mut counts: Vec<(&[Scalar], u64)> = Vec::new();
        for values in &self.values {
            if values.iter().any(|value| matches!(value, Scalar::Other(_))) {
                return None;
            }
            match counts.iter_mut().find(|(known, _)| self.same(known, values)) {
                Some((_, count)) => *count += 1,
                None => counts.push((values, 1)),
            }
        }
        counts.sort_by(|(_, a), (_, b)| b.cmp(a));
        counts.truncate(most);
        let sorted = self.sort(counts).ok()?;
        let value = |values: &[Scalar]| match &self.domain {
            Domain::Column(_) => self.shown(values),
            _ => values.iter().map(|value| value.cell().json()).collect(),
        };
        Some(sorted.into_iter().map(|(values, count)| ValueCount { value: value(values), count }).collect())
    }

    fn same(&self, a: &[Scalar], b: &[Scalar]) -> bool {
        a.iter().zip(b).enumerate().all(|(at, (a, b))| self.same_at(at, a, b))
    }

    fn same_at(&self, at: usize, a: &Scalar, b: &Scalar) -> bool {
        match (a, b) {
            (Scalar::Missing, Scalar::Missing) => !self.nan.get(at).copied().unwrap_or(false),
            (a, b) => a.cell().equals(b.cell()),
        }
    }

    /// Python's sort of (count, value): a run, then binary insertion. NaN is not in order with anything, so where the result
    /// stands depends on the steps, and these are the steps of `list.sort` up to 63 items.
    fn sort<'v>(&self, counts: Vec<(&'v [Scalar], u64)>) -> Result<Vec<(&'v [Scalar], u64)>, Raised> {
        let mut sorted: Vec<(&[Scalar], u64)> = Vec::new();
        let mut rest = counts.into_iter().peekable();
        sorted.extend(rest.next());
        if let (Some(first), Some(second)) = (sorted.first().copied(), rest.peek().copied()) {
            let falling = self.before(second, first)?;
            while let (Some(last), Some(next)) = (sorted.last().copied(), rest.peek().copied()) {
                if self.before(next, last)? != falling {
                    break;
                }
                sorted.push(next);
                rest.next();
            }
            if falling {
                sorted.reverse();
            }
        }
        for item in rest {
            let (mut low, mut high) = (0, sorted.len());
            while low < high {
                let middle = (low + high) / 2;
                match sorted.get(middle) {
                    Some(other) if self.before(item, *other)? => high = middle,
                    _ => low = middle + 1,
                }
            }
            sorted.insert(low, item);
        }
        Ok(sorted)
    }

    fn before(&self, a: (&[Scalar], u64), b: (&[Scalar], u64)) -> Result<bool, Raised> {
        if a.1 != b.1 {
            return Ok(a.1 > b.1);
        }
        for (at, (a, b)) in a.0.iter().zip(b.0).enumerate() {
            if !self.same_at(at, a, b) {
                if let (Scalar::Missing, Scalar::Text(_)) | (Scalar::Text(_), Scalar::Missing) = (a, b) {
                    return Err(Raised::kind("text cannot be ordered with missing values"));
                }
                return Ok(a.cell().order(b.cell())?.is_some_and(|order| order.is_lt()));
            }
        }
        Ok(false)
    }
}
