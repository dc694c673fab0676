//! A suite of expectations, run on a table of stored leads.

#[cfg(feature = "quality")]
use plumbline_core::rollout::evidence::Missed;
use plumbline_core::rollout::evidence::Suite as Found;
use serde_json::Value;

/// Expectations that are listed of those that leads do not meet.
#[cfg(feature = "quality")]
const LISTED: usize = 20;

/// A table of leads: its columns, and their values lead by lead.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "quality"), expect(dead_code, reason = "only suites read them"))]
pub(super) struct Table<'a> {
    /// The names of the columns.
    pub names: &'a [String],
    /// Which of them any lead has.
    pub present: &'a [bool],
    /// The values, in the order of the columns.
    pub leads: &'a [Vec<Value>],
}

/// One expectation on the table, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// Its number in the suite, from 0.
    pub place: usize,
    /// What is expected, in words.
    pub expected: String,
    /// Whether it is critical, a warning or to be known.
    pub severity: &'static str,
    /// Whether it is met.
    pub success: bool,
    /// Values that are not as expected; none where it is not about single values.
    pub unexpected: Option<u64>,
    /// Values checked.
    pub checked: Option<u64>,
}

/// The columns that the suite `text` reads; empty where it cannot be read, and where this host runs no suites.
#[cfg(feature = "quality")]
pub(super) fn columns(text: &str) -> Vec<String> {
    let Ok(suite) = plumbline_core::quality::Suite::read(text) else { return Vec::new() };
    let named = suite.expectations().iter().flat_map(|expectation| expectation.columns());
    suite.columns().into_iter().chain(named).collect()
}

/// What the suite `text` finds in `table`. Expectations of the fields `hidden`, of which no true values are stored, are left out. None
/// where the suite cannot be read.
#[cfg(feature = "quality")]
pub(super) fn run(text: &str, table: Table<'_>, hidden: &[String]) -> Option<(Found, Vec<Row>)> {
    use plumbline_core::quality::{ResultFormat, Severity, Suite, Validation};
    use plumbline_core::table::Column;

    let suite = Suite::read(text).ok()?;
    let of = |place: usize| {
        let values: Vec<Value> = table.leads.iter().map(|lead| lead.get(place).cloned().unwrap_or_default()).collect();
        Column::of_json(&values)
    };
    let kept = table.names.iter().enumerate().filter(|(place, _)| table.present.get(*place).is_some_and(|is| *is));
    let (names, columns): (Vec<String>, Vec<Column>) = kept.map(|(place, name)| (name.clone(), of(place))).unzip();
    let kinds: Vec<_> = columns.iter().map(Column::kind).collect();
    let mut validation = Validation::new(&suite, &names, &kinds, &ResultFormat::default());
    validation.push_rows(table.leads.len(), &columns);
    let mut outcomes = validation.finish().outcomes;
    outcomes.sort_by_key(|outcome| outcome.index);
    let mut found = Found { name: suite.name.clone(), leads: table.leads.len() as u64, ..Found::default() };
    let mut rows = Vec::new();
    for outcome in outcomes {
        let Some(expectation) = suite.expectations().get(outcome.index) else { continue };
        if expectation.columns().iter().any(|column| hidden.contains(column)) {
            continue;
        }
        let is_critical = expectation.severity == Severity::Critical;
        let (expected, severity) = (expectation.words(), expectation.severity.name());
        let (unexpected, checked) = (outcome.result.unexpected_count, outcome.result.element_count);
        found.expectations += 1;
        found.critical += u64::from(is_critical);
        if !outcome.success {
            found.all_missed += 1;
            found.critical_missed += u64::from(is_critical);
            found.missed.push(Missed { expected: expected.clone(), is_critical, checked, unexpected });
        }
        rows.push(Row { place: outcome.index, expected, severity, success: outcome.success, unexpected, checked });
    }
    found.missed.sort_by_key(|missed| !missed.is_critical);
    found.missed.truncate(LISTED);
    Some((found, rows))
}

/// This host runs no suites.
#[cfg(not(feature = "quality"))]
pub(super) fn columns(_: &str) -> Vec<String> {
    Vec::new()
}

/// This host runs no suites.
#[cfg(not(feature = "quality"))]
pub(super) fn run(_: &str, _: Table<'_>, _: &[String]) -> Option<(Found, Vec<Row>)> {
    None
}
