//! The side of a test a lead is on.

use serde::{Deserialize, Serialize};

/// The side of a test that a lead was drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TestArm {
    /// The champion serves.
    #[serde(rename = "A")]
    Control,
    /// The challenger serves.
    #[serde(rename = "B")]
    Treatment,
}

impl TestArm {
    /// Both sides.
    pub const ALL: [TestArm; 2] = [TestArm::Control, TestArm::Treatment];

    /// The side's letter, as it is stored and sent.
    pub fn name(self) -> &'static str {
        match self {
            TestArm::Control => "A",
            TestArm::Treatment => "B",
        }
    }

    /// The side of the letter `name`.
    pub fn of(name: &str) -> Option<TestArm> {
        TestArm::ALL.into_iter().find(|arm| arm.name() == name)
    }
}
