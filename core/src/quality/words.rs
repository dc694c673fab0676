//! What an expectation allows, in words that follow "the suite allows".

use super::Expectation;
use super::rule::Rule;
use super::test::{Bounds, Set, Test, Types};
use crate::table::{Cell, Kind, Scalar};

/// Values of a set that are listed; the others are counted.
const LISTED: usize = 5;

impl Expectation {
    /// What is expected, in words, such as `visits should be 0 to 100`.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::quality::Suite;
    /// let text = r#"{"expectations": [{"type": "expect_column_values_to_be_between", "kwargs": {"column": "visits", "max_value": 9}}]}"#;
    /// let suite = Suite::read(text)?;
    /// assert_eq!(suite.expectations()[0].words(), "visits should be at most 9");
    /// # Ok::<(), plumbline_core::quality::SuiteErrors>(())
    /// ```
    pub fn words(&self) -> String {
        let (what, mostly) = match &self.rule {
            Rule::Cells { column, test: Test::NotNull, mostly } => (format!("{column} should be present"), *mostly),
            Rule::Cells { column, test, mostly } => (format!("{column} should be {}", allowed(test)), *mostly),
            Rule::Types { column, types: Some(types), mostly } if types.are_numbers() => {
                (format!("{column} should be a number"), *mostly)
            }
            Rule::Types { column, types: Some(types), mostly } => (format!("{column} should be {}", of_types(types)), *mostly),
            Rule::ColumnExists { column, .. } => (format!("{column} should be sent"), 1.0),
            Rule::Unique { column, mostly } => (format!("{column} should differ from lead to lead"), *mostly),
            rule => {
                let columns = rule.columns().join(", ");
                let of = if columns.is_empty() { String::new() } else { format!(" ({columns})") };
                (format!("{}{of} should hold", self.kind), 1.0)
            }
        };
        if mostly < 1.0 { format!("{what} in {} % of leads", (mostly * 1_000.0).round() / 10.0) } else { what }
    }

    /// Names of the columns it reads or names.
    pub fn columns(&self) -> Vec<String> {
        let mut columns: Vec<String> = self.rule.columns().into_iter().map(str::to_owned).collect();
        if let Rule::ColumnExists { column, .. } = &self.rule {
            columns.push(column.clone());
        }
        if let Some(condition) = &self.condition {
            condition.columns(&mut columns);
        }
        columns
    }
}

impl Types {
    /// Whether all are types of numbers, as the suites of baselines list them: yes and no are numbers there.
    fn are_numbers(&self) -> bool {
        let is_number = |name: &String| {
            let types = Types { names: vec![name.clone()] };
            [Kind::Int, Kind::UInt, Kind::Float, Kind::Bool].into_iter().any(|kind| types.include(kind))
        };
        !self.names.is_empty() && self.names.iter().all(is_number)
    }
}

fn of_types(types: &Types) -> String {
    format!("values of type {}", types.names.join(" or "))
}

/// What `test` allows, such as `0 to 100`.
pub(super) fn allowed(test: &Test) -> String {
    match test {
        Test::NotNull => "any value that is present".to_owned(),
        Test::Null => "only missing values".to_owned(),
        Test::Between(bounds) => interval(bounds),
        Test::In(set, true) => listed(set),
        Test::In(set, false) => format!("any value except {}", listed(set)),
        Test::Regex { expressions, all, negated } => patterns("regular expression", expressions.len(), *all, *negated),
        Test::Like { patterns: like, all, negated } => patterns("LIKE pattern", like.len(), *all, *negated),
        Test::Length(bounds) => format!("a length of {}", interval(bounds)),
        Test::Strftime(_) => "text in its date format".to_owned(),
        Test::Dateutil => "text that is a date".to_owned(),
        Test::Json => "text that is JSON".to_owned(),
        Test::Schema(_) => "values that match its JSON Schema".to_owned(),
        Test::Types(types) => of_types(types),
    }
}

/// A value in a message, at most 60 characters of it.
pub(super) fn shown(cell: Cell<'_>) -> String {
    cell.json().to_string().chars().take(60).collect()
}

fn interval(bounds: &Bounds) -> String {
    let end = |end: &Option<Scalar>| end.as_ref().map(|end| shown(end.cell()));
    let (more, less) =
        (if bounds.strict_min { "more than" } else { "at least" }, if bounds.strict_max { "less than" } else { "at most" });
    match (end(&bounds.min), end(&bounds.max)) {
        (Some(min), Some(max)) if min == max => min,
        (Some(min), Some(max)) if bounds.strict_min || bounds.strict_max => format!("{more} {min} and {less} {max}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("{more} {min}"),
        (None, Some(max)) => format!("{less} {max}"),
        (None, None) => "any value".to_owned(),
    }
}

fn listed(set: &Set) -> String {
    let mut shown: Vec<String> = set.values.iter().take(LISTED).map(|value| shown(value.cell())).collect();
    if set.values.len() > LISTED {
        shown.push(format!("{} more", set.values.len() - LISTED));
    }
    match shown.split_last() {
        None => "no value".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, some)) => format!("{} or {last}", some.join(", ")),
    }
}

fn patterns(kind: &str, count: usize, all: bool, negated: bool) -> String {
    let verb = if negated { "does not match" } else { "matches" };
    match count {
        1 => format!("text that {verb} its {kind}"),
        _ => format!("text that {verb} {} of its {count} {kind}s", if all { "all" } else { "any" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_well() {
        let bounds = |min: Option<i64>, max: Option<i64>, strict_max| Bounds {
            min: min.map(Scalar::Int),
            max: max.map(Scalar::Int),
            strict_min: false,
            strict_max,
        };
        let set = |n: i64| Set::new((1..=n).map(Scalar::Int).collect());
        let rows = [
            (Test::Between(bounds(Some(0), Some(100), false)), "0 to 100"),
            (Test::Between(bounds(Some(0), Some(100), true)), "at least 0 and less than 100"),
            (Test::Between(bounds(Some(0), None, false)), "at least 0"),
            (Test::Between(bounds(None, Some(9), true)), "less than 9"),
            (Test::Length(bounds(Some(5), Some(5), false)), "a length of 5"),
            (Test::In(set(1), true), "1"),
            (Test::In(set(3), true), "1, 2 or 3"),
            (Test::In(set(7), false), "any value except 1, 2, 3, 4, 5 or 2 more"),
            (
                Test::Regex { expressions: Vec::new(), all: true, negated: false },
                "text that matches all of its 0 regular expressions",
            ),
        ];
        for (test, words) in rows {
            assert_eq!(allowed(&test), words);
        }
    }
}
