//! One case of a statistics file: named inputs, and what a reference package made of them.

use std::path::Path;

use serde_json::Value;

use super::super::Suite;

/// A file `{cases: [{name, inputs, expected}]}` as the reference packages left it.
pub(super) struct File {
    name: String,
    pub whole: Value,
}

/// One case; a missing or ill-typed value is an error that names it.
pub(super) struct Case<'f> {
    place: String,
    pub inputs: &'f Value,
    pub expected: &'f Value,
}

impl File {
    pub fn read(folder: &Path, name: &str) -> Result<File, String> {
        let text = std::fs::read_to_string(folder.join(name)).map_err(|e| format!("{name}: {e}"))?;
        let whole = serde_json::from_str(&text).map_err(|e| format!("{name}: {e}"))?;
        Ok(File { name: name.to_owned(), whole })
    }

    /// The suite called `name`: every case of the file, by `compare`.
    pub fn suite(
        &self,
        name: &'static str,
        mut compare: impl FnMut(&Case<'_>, &mut Suite) -> Result<(), String>,
    ) -> Result<Suite, String> {
        let mut suite = Suite::named(name);
        suite.files = 1;
        self.cases().try_for_each(|case| compare(&case, &mut suite))?;
        Ok(suite)
    }

    fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        let cases = self.whole.get("cases").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        cases.iter().map(|case| Case {
            place: format!("{} {}", self.name, case.get("name").and_then(Value::as_str).unwrap_or("?")),
            inputs: case.get("inputs").unwrap_or(&Value::Null),
            expected: case.get("expected").unwrap_or(&Value::Null),
        })
    }
}

impl Case<'_> {
    /// The list of numbers among the inputs called `name`.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, String> {
        let missing = || format!("{}: inputs.{name} is no list of numbers", self.place);
        let list = self.inputs.get(name).and_then(Value::as_array).ok_or_else(missing)?;
        list.iter().map(number).collect::<Option<_>>().ok_or_else(missing)
    }

    /// The number among the inputs called `name`.
    pub fn number(&self, name: &str) -> Result<f64, String> {
        self.inputs.get(name).and_then(number).ok_or_else(|| format!("{}: inputs.{name} is no number", self.place))
    }

    /// What the reference package answered at `pointer` (a JSON pointer such as `/ks_exact/pvalue`).
    pub fn answer(&self, pointer: &str) -> Option<&Value> {
        self.expected.pointer(pointer)
    }

    /// Compares `ours` with the number at `pointer`: equal, or within `relative` of the larger of the two.
    pub fn close(&self, suite: &mut Suite, pointer: &str, ours: f64, relative: f64) {
        let theirs = self.answer(pointer).and_then(number);
        let agrees = theirs.is_some_and(|theirs| close(ours, theirs, relative));
        suite.check(agrees, || format!("{} {pointer}: ours {ours:?}, theirs {theirs:?}", self.place));
    }

    /// Compares `ours` with the number at `pointer`: equal, or within `absolute` of it.
    pub fn near(&self, suite: &mut Suite, pointer: &str, ours: f64, absolute: f64) {
        let theirs = self.answer(pointer).and_then(number);
        let agrees = theirs.is_some_and(|theirs| ours == theirs || (ours - theirs).abs() <= absolute);
        suite.check(agrees, || format!("{} {pointer}: ours {ours:?}, theirs {theirs:?}", self.place));
    }

    /// What the reference package answered, by name: a loop over these leaves no figure out.
    pub fn figures(&self) -> Result<impl Iterator<Item = (&str, &Value)>, String> {
        let figures = self.expected.as_object().ok_or_else(|| format!("{}: nothing is expected", self.place))?;
        Ok(figures.iter().map(|(name, value)| (name.as_str(), value)))
    }

    /// Compares two lists element by element; lists of different length differ.
    pub fn all_close(&self, suite: &mut Suite, pointer: &str, ours: &[f64], relative: f64) {
        let list = self.answer(pointer).and_then(Value::as_array);
        let theirs = list.and_then(|list| list.iter().map(number).collect::<Option<Vec<f64>>>());
        let agrees = theirs.as_ref().is_some_and(|theirs| {
            theirs.len() == ours.len() && ours.iter().zip(theirs).all(|(ours, theirs)| close(*ours, *theirs, relative))
        });
        suite.check(agrees, || format!("{} {pointer}: ours {ours:?}, theirs {theirs:?}", self.place));
    }

    /// Counts one comparison that is not of numbers.
    pub fn holds(&self, suite: &mut Suite, pointer: &str, agrees: bool, words: impl FnOnce() -> String) {
        suite.check(agrees, || format!("{} {pointer}: {}", self.place, words()));
    }
}

/// A number, or one of the words the files have for what JSON cannot say.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        _ => value.as_f64(),
    }
}

fn close(ours: f64, theirs: f64, relative: f64) -> bool {
    let scale = ours.abs().max(theirs.abs());
    ours == theirs || (ours.is_nan() && theirs.is_nan()) || (ours - theirs).abs() <= relative * scale
}
