//! The rules of rollouts, which are sections of the settings' file.

use plumbline_core::rollout::Policy;
use plumbline_core::schema::Problem;

/// Takes the policy's sections out of `given`.
///
/// # Errors
/// An unknown key, a value of the wrong kind, or values that make no sense together.
pub fn policy_of(given: &mut serde_json::Value) -> Result<Policy, String> {
    let mut sections = serde_json::Map::new();
    if let serde_json::Value::Object(given) = given {
        for name in Policy::SECTIONS {
            sections.extend(given.remove(name).map(|section| (name.to_owned(), section)));
        }
    }
    let policy: Policy = serde_json::from_value(serde_json::Value::Object(sections)).map_err(|e| e.to_string())?;
    let wrong = said(&policy.problems());
    if wrong.is_empty() { Ok(policy) } else { Err(wrong) }
}

/// What is wrong, each with its key and code; empty where nothing is.
pub fn said(problems: &[Problem]) -> String {
    let one = |problem: &Problem| format!("{} {} [{}]", problem.path, problem.message, problem.code);
    problems.iter().map(one).collect::<Vec<_>>().join("; ")
}
