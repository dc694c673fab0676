//! As what a model answered.

use serde::{Deserialize, Serialize};

/// As what a model answered a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The proven model.
    Champion,
    /// The model on trial; its score is shown.
    Challenger,
    /// A model on trial whose score is only recorded.
    Shadow,
    /// The model that the caller asked for by name.
    Named,
    /// A version that scored a golden lead of its bundle, so that its latency is known without traffic; not a caller's lead.
    Probe,
    /// Whichever model answered a lead of a load test: logged as any lead is, and counted nowhere.
    Load,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 6] = [Role::Champion, Role::Challenger, Role::Shadow, Role::Named, Role::Probe, Role::Load];

    /// The role's name, as it is stored and sent.
    pub fn name(self) -> &'static str {
        match self {
            Role::Champion => "champion",
            Role::Challenger => "challenger",
            Role::Shadow => "shadow",
            Role::Named => "named",
            Role::Probe => "probe",
            Role::Load => "load",
        }
    }
}
