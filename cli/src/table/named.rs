//! Which column a name means: names of the user are taken as they are first, usual names in any case, and never one of several.

use std::fmt;

use crate::Failure;
use crate::output::terminal::listed;

/// Columns that differ only in case, all of which a name could mean.
#[derive(Debug, PartialEq, Eq)]
pub struct Ambiguous(Vec<String>);

impl fmt::Display for Ambiguous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|name| format!("{name:?}")).collect();
        write!(f, "the columns {} differ only in case", names.join(" and "))
    }
}

impl Ambiguous {
    /// The failure of the input called `place`, with what to do about it.
    pub fn failure(&self, place: &str, advice: &str) -> Failure {
        Failure::input(place, "COLUMN_AMBIGUOUS", format!("{self}; {advice}"))
    }
}

/// Where `names` has the name the user gave: spelled so, otherwise the one that differs only in case.
pub fn given<'n>(names: impl Iterator<Item = &'n str> + Clone, wanted: &str) -> Result<Option<usize>, Ambiguous> {
    match names.clone().position(|name| name == wanted) {
        Some(at) => Ok(Some(at)),
        None => usual(names, wanted),
    }
}

/// Where `names` has a usual name, in any case.
pub fn usual<'n>(names: impl Iterator<Item = &'n str> + Clone, wanted: &str) -> Result<Option<usize>, Ambiguous> {
    let mut alike = names.enumerate().filter(|(_, name)| name.eq_ignore_ascii_case(wanted));
    let Some((at, first)) = alike.next() else { return Ok(None) };
    let others: Vec<&str> = alike.map(|(_, name)| name).collect();
    match others.is_empty() {
        true => Ok(Some(at)),
        false => Err(Ambiguous([first].into_iter().chain(others).map(str::to_owned).collect())),
    }
}

/// A failure that names the columns of the input that a user asked for and that are not there.
pub fn absent(place: &str, wanted: &[&str], names: &[String]) -> Failure {
    let there = listed(&names.iter().map(String::as_str).collect::<Vec<&str>>());
    Failure::input(place, "INPUT_MISSING_COLUMNS", format!("there is no column {}; the columns are {there}", listed(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_column_or_is_ambiguous() {
        let names = ["id", "Prediction", "prediction", "SOLD"];
        let (given, usual) = (|name| given(names.into_iter(), name), |name| usual(names.into_iter(), name));
        assert_eq!((given("prediction"), given("sold"), given("x")), (Ok(Some(2)), Ok(Some(3)), Ok(None)));
        assert_eq!((usual("sold"), usual("x")), (Ok(Some(3)), Ok(None)));
        for found in [usual("prediction"), given("PREDICTION")] {
            assert_eq!(found.unwrap_err().to_string(), "the columns \"Prediction\" and \"prediction\" differ only in case");
        }
    }
}
