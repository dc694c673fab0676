//! Why a lead was not scored.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::lead::LeadError;

/// Why a lead was not scored: everything that is wrong with it, at least one thing. Serialises as `{code, detail, errors: [{code,
/// field?, pointer, detail}]}`, the members of a problem document (RFC 9457) that do not depend on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreError {
    problems: Vec<LeadError>,
}

impl ScoreError {
    /// What is wrong, in the order it was found.
    pub fn problems(&self) -> &[LeadError] {
        &self.problems
    }

    /// Whether the text is broken, and so for every schema: it is not JSON, nested too deep, or not an object.
    pub fn is_of_text(&self) -> bool {
        let first = self.problems.first();
        matches!(first, Some(LeadError::Malformed { .. } | LeadError::TooDeep { .. } | LeadError::NotAnObject { .. }))
    }

    /// The stable name of the first problem's kind.
    pub fn code(&self) -> &'static str {
        self.problems.first().map_or("LEAD_REFUSED", LeadError::code)
    }
}

impl From<Vec<LeadError>> for ScoreError {
    fn from(problems: Vec<LeadError>) -> ScoreError {
        ScoreError { problems }
    }
}

impl From<LeadError> for ScoreError {
    fn from(problem: LeadError) -> ScoreError {
        ScoreError { problems: vec![problem] }
    }
}

impl fmt::Display for ScoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for ScoreError {}

impl Serialize for ScoreError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("ScoreError", 3)?;
        out.serialize_field("code", self.code())?;
        out.serialize_field("detail", &self.to_string())?;
        out.serialize_field("errors", &self.problems)?;
        out.end()
    }
}
