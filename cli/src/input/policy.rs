//! The rules of rollouts, which are sections of the settings' file.

use plumbline_core::rollout::Policy;

/// Sections of the settings' file that are the policy's.
const POLICY: [&str; 9] = ["outcome", "leads", "stage", "gates", "experiment", "retrain", "alerts", "report", "retention"];

/// Takes the policy's sections out of `given`.
///
/// # Errors
/// An unknown key, a value of the wrong kind, or values that make no sense together.
pub fn policy_of(given: &mut serde_json::Value) -> Result<Policy, String> {
    let mut sections = serde_json::Map::new();
    if let serde_json::Value::Object(given) = given {
        for name in POLICY {
            sections.extend(given.remove(name).map(|section| (name.to_owned(), section)));
        }
    }
    let policy: Policy = serde_json::from_value(serde_json::Value::Object(sections)).map_err(|e| e.to_string())?;
    let said: Vec<String> = policy.problems().iter().map(|problem| format!("{} {}", problem.path, problem.message)).collect();
    if said.is_empty() { Ok(policy) } else { Err(said.join("; ")) }
}
