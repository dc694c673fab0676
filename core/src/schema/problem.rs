//! What is wrong with a declaration: every problem, each with its path.

use std::fmt;

use serde::Serialize;

/// One problem of a declaration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable name of the kind of problem, such as `FIELD_DUPLICATE`.
    pub code: &'static str,
    /// Where, such as `field[3].min`.
    pub path: String,
    /// A whole sentence that names the value.
    pub message: String,
}

/// All problems of a declaration; at least one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConfigErrors {
    /// The problems, in the order of the declaration.
    pub problems: Vec<Problem>,
}

impl ConfigErrors {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        "CONFIG_INVALID"
    }

    /// Notes a problem.
    pub(crate) fn add(&mut self, code: &'static str, path: String, message: String) {
        self.problems.push(Problem { code, path, message });
    }

    /// `Ok` when no problem was noted.
    pub(crate) fn into_result(self) -> Result<(), ConfigErrors> {
        if self.problems.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let line = if i == 0 { "" } else { "\n" };
            write!(f, "{line}{}: {} [{}]", problem.path, problem.message, problem.code)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
