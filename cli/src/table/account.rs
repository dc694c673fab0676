//! Where rows went, while a command reads them: counted by reason, shown on its page, and held against a limit.

use clap::Args;
use plumbline_core::table::Rows;

use crate::Outcome;
use crate::input::{Problem, Records, Source};

/// How many rows may be left out.
#[derive(Debug, Args)]
pub struct Limit {
    /// The part of rows that may be left out (unreadable, or without a value that is needed) before the exit code is 3
    #[arg(long, value_name = "PART", default_value = "1%", value_parser = share)]
    max_left_out: f64,
}

impl Limit {
    /// Whether so large a part may be left out.
    pub fn allows(&self, part: f64) -> bool {
        part <= self.max_left_out
    }

    /// How the command ends after all of `inputs`.
    pub fn outcome<'a>(&self, inputs: impl IntoIterator<Item = &'a Rows>) -> Outcome {
        let is_above = inputs.into_iter().any(|rows| !self.allows(rows.share_left_out()));
        if is_above { Outcome::SomeRejected } else { Outcome::Done }
    }
}

/// `5%` or `0.05`.
pub fn part(text: &str) -> Result<f64, String> {
    let (number, scale) = match text.trim().strip_suffix('%') {
        Some(number) => (number.trim(), 100.0),
        None => (text.trim(), 1.0),
    };
    match number.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x / scale),
        _ => Err("expected a number such as 0.05 or 5%".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    part(text)
        .and_then(|part| if (0.0..=1.0).contains(&part) { Ok(part) } else { Err("expected a part from 0 to 100%".to_owned()) })
}

/// Counts the current record of `source` as left out because of `problem`.
pub fn leave_out(rows: &mut Rows, source: &Source, records: &dyn Records, problem: &Problem) {
    rows.leave_out(problem.code, || (format!("{}, line {}", source.place, records.line()), problem.message.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbers_or_percents() {
        assert_eq!((part("5%"), part("0.05"), part("-2 %")), (Ok(0.05), Ok(0.05), Ok(-0.02)));
        for bad in ["", "%", "five", "NaN", "inf%"] {
            assert!(part(bad).is_err() && share(bad).is_err(), "{bad}");
        }
        assert!(share("101%").is_err() && share("-1").is_err());
    }
}
