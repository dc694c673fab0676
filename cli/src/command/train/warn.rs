//! What is said of leads that are trained on although something about them is odd.

use plumbline_core::report::time_text;
use plumbline_core::retrain::too_few;
use plumbline_core::table::Rows as Account;
use plumbline_core::train::boost::Input;
use plumbline_core::train::{Single, Suspicion};
use plumbline_core::training::Leads;

use super::fields::{LEADS_EACH, MOST_VALUES};
use crate::output::terminal::thousands;
use crate::report::rows::account;
use crate::report::train::TrainWarning;
use crate::table::account::Limit;
use crate::{Failure, clock};

/// The reason of rows whose outcome is neither yes nor no.
const ODD: &str = "OUTCOME_NOT_UNDERSTOOD";
/// Fewer leads of a class teach nothing: the calibration alone is fitted five times.
const LEAST: u64 = 10;
/// Where a larger part of the outcomes is neither yes nor no, the column is not one of outcomes.
const MOST_ODD: f64 = 0.1;
/// In a table of fewer leads, numbers that are no ids are often all different, too.
const LEAST_IDS: usize = 1_000;
/// Whole numbers are exact up to here.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// Nothing: the outcomes are yes or no, but for few, or for as many as `limit` allows.
///
/// # Errors
/// More than a tenth of them are neither.
pub fn binary(read: &Account, limit: &Limit, place: &str) -> Result<(), Failure> {
    let odd = read.left_out.iter().find(|left| left.reason == ODD);
    let Some(odd) = odd.filter(|_| read.used > 0) else { return Ok(()) };
    let part = odd.rows as f64 / (odd.rows + read.used) as f64;
    if part <= MOST_ODD || limit.allows(part) {
        return Ok(());
    }
    let message = format!(
        "{} of {} outcomes are neither yes nor no: a model learns from two kinds of leads. Name another column with --outcome, write its values as \
         1 and 0, or leave those rows out with --max-left-out {:.0}%; {}",
        thousands(odd.rows),
        thousands(odd.rows + read.used),
        (part * 100.0).ceil(),
        account("rows", read)
    );
    Err(Failure::input(place, "TRAIN_NOT_BINARY", message))
}

/// A warning where leads are too few to say how good the model is.
///
/// # Errors
/// There are too few to train on.
pub fn few(leads: &Leads, place: &str, read: &Account) -> Result<Option<TrainWarning>, Failure> {
    let rows = leads.roll.len() as u64;
    let converted = leads.roll.outcomes.iter().filter(|converted| **converted).count() as u64;
    let least = converted.min(rows - converted);
    let fails =
        |code: &'static str, message: String| Err(Failure::input(place, code, format!("{message}; {}", account("rows", read))));
    if rows == 0 {
        let is_outcome = |reason: &str| reason == "OUTCOME_OPEN" || reason == ODD;
        return if read.left_out.iter().any(|left| is_outcome(&left.reason)) {
            fails(
                "TRAIN_NO_OUTCOMES",
                "no row has an outcome that is yes or no: name the column with --outcome, and write its values as 1 and 0, true and false, or \
                 yes and no (open leads: empty)"
                    .to_owned(),
            )
        } else {
            fails(
                "TRAIN_NO_ROWS",
                "no row could be read as a lead: correct the rows, or the schema that they are read by".to_owned(),
            )
        };
    }
    if least == 0 {
        let (all, other) = if converted > 0 { ("converted", "did not") } else { ("did not convert", "did") };
        return fails(
            "TRAIN_ONE_CLASS",
            format!(
                "all {rows} leads {all}: a model learns from leads of both kinds. Name another column with --outcome if this is the wrong one, or \
                 add leads that {other}"
            ),
        );
    }
    if least < LEAST {
        return fails(
            "TRAIN_TOO_FEW",
            format!(
                "{rows} leads, of which {converted} converted: at least {LEAST} that converted and {LEAST} that did not are needed, and hundreds \
                 of each for figures that say something"
            ),
        );
    }
    Ok(too_few(rows, converted).map(|sentence| {
        let message = format!("{} The model is written, but its figures have wide intervals", sentence.text);
        TrainWarning { code: "TRAIN_FEW_LEADS", column: None, message }
    }))
}

/// Nothing: where `time` is given, the newest leads, which are tested on, differ from the others.
///
/// # Errors
/// All leads have the same time.
pub fn one_time(leads: &Leads, time: Option<&str>, place: &str) -> Result<(), Failure> {
    let Some(time) = time else { return Ok(()) };
    let known: Vec<i64> = leads.roll.at_ms.iter().flatten().copied().collect();
    let first = known.first().filter(|first| known.len() == leads.roll.len() && known.iter().all(|at_ms| at_ms == *first));
    match first {
        None => Ok(()),
        Some(at_ms) => Err(Failure::input(
            place,
            "TRAIN_ONE_TIME",
            format!(
                "all {} leads have the time {} in {time}: the newest leads are tested on, and none is newer. Leave --time out, and leads are \
                 drawn to test on; or name a column that says when each lead came",
                known.len(),
                time_text(*at_ms)
            ),
        )),
    }
}

/// A warning where leads have a time that is still to come.
pub fn future(leads: &Leads, time: Option<&str>) -> Option<TrainWarning> {
    let now = clock::now().0;
    let ahead = || leads.roll.at_ms.iter().flatten().filter(|at_ms| **at_ms > now);
    let (newest, time) = (ahead().max()?, time?);
    let message = format!(
        "{} leads have a time in the future, up to {}: what became of them cannot be known. Is {time} the right column? It says which leads \
         are tested on, and days are counted to it",
        thousands(ahead().count() as u64),
        time_text(*newest)
    );
    Some(TrainWarning { code: "TRAIN_FUTURE", column: Some(time.to_owned()), message })
}

/// A warning for each column that looks like an id, or that is probably known only after the outcome. `is_declared`: the fields are those of a schema
/// or a bundle, so that `--leave-out` is no way to be rid of one.
pub fn columns(inputs: &[Input], leads: &Leads, is_declared: bool) -> Vec<TrainWarning> {
    let without = |name: &str| {
        if is_declared { "take its field out of the schema".to_owned() } else { format!("add --leave-out '{name}'") }
    };
    let mut found = Vec::new();
    for (input, values) in inputs.iter().zip(&leads.columns) {
        let name = &input.name;
        let mut warn = |code, message| found.push(TrainWarning { code, column: Some(name.clone()), message });
        if let Some(why) = id_like(values, input.categorical) {
            warn(
                "TRAIN_ID_LIKE",
                format!(
                    "{name} looks like an id: {why}. What is learned of it does not hold for new leads. If it is one, {}",
                    without(name)
                ),
            );
        }
        let single = Single::of(values, input.categorical, &leads.roll.outcomes, &leads.roll.keys);
        if let Some(suspicion) = single.suspicion() {
            let why = known_after(&single, suspicion);
            warn("TRAIN_LEAK", format!("{name} is probably known only after the outcome: {why}. If it is, {}", without(name)));
        }
    }
    found
}

/// Why a column of `values` seems to tell leads apart rather than say something of them: it has a category of its own for few leads each, or another
/// whole number in each lead.
fn id_like(values: &[f64], is_category: bool) -> Option<String> {
    let rows = values.len();
    let count = |values: &[f64]| {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.dedup();
        sorted.len()
    };
    let shown = |n: usize| thousands(n as u64);
    if is_category {
        // Codes count from 0, so that few codes need no sorting.
        if !values.iter().any(|code| *code >= MOST_VALUES as f64) {
            return None;
        }
        let different = count(values);
        let is_many = different > MOST_VALUES && different.saturating_mul(LEADS_EACH) > rows;
        return is_many.then(|| format!("it has {} different categories in {} leads", shown(different), shown(rows)));
    }
    let is_whole = |value: &f64| value.fract() == 0.0 && value.abs() < WHOLE;
    let first = values.get(..LEAST_IDS)?;
    let is_id = values.iter().all(is_whole) && count(first) == LEAST_IDS && count(values) == rows;
    is_id.then(|| format!("it has another whole number in each of {} leads", shown(rows)))
}

/// Why a column is probably known only after the outcome.
fn known_after(single: &Single, suspicion: Suspicion) -> String {
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    match suspicion {
        Suspicion::Alone => format!("alone it ranks leads with an AUC of {:.2}", single.auc),
        Suspicion::FilledLater => format!(
            "it is missing in {} of the leads, of which {} convert ({} of all do), and alone it ranks leads with an AUC of {:.2}",
            percent(single.missing),
            percent(single.converted_without),
            percent(single.converted),
            single.auc
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_that_tell_leads_apart_look_like_ids() {
        let rows = |n: usize, value: fn(usize) -> f64| (0..n).map(value).collect::<Vec<f64>>();
        let say = |n, value, is_category| id_like(&rows(n, value), is_category);
        assert!(say(5_000, |n| 600_000.0 + n as f64, false).unwrap().contains("5,000 leads"));
        assert_eq!(say(999, |n| n as f64, false), None, "few leads");
        assert_eq!(say(5_000, |n| n as f64 + 0.5, false), None, "no whole numbers");
        assert_eq!(say(5_000, |n| (n / 2) as f64, false), None, "each twice");
        assert_eq!(say(5_000, |n| if n == 7 { f64::NAN } else { n as f64 }, false), None, "one is missing");
        assert!(say(5_000, |n| (n % 1_200) as f64, true).unwrap().contains("1,200 different"));
        assert_eq!(say(5_000, |n| (n % 900) as f64, true), None, "not many");
        assert_eq!(say(50_000, |n| (n % 1_200) as f64, true), None, "enough leads each");
    }
}
