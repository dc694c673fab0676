//! An allocation as settings declare it.

use serde::{Deserialize, Serialize};

use super::{Hash, Rule, WHOLE_BP};
use crate::schema::ConfigErrors;

/// `[allocation]` of the settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AllocationSettings {
    /// Salt of the draw between variants. A new experiment takes a new one; a rollout keeps its own from canary to full.
    pub experiment: String,
    /// How an id becomes a bucket.
    #[serde(default)]
    pub hash: Hash,
    /// The variant that serves leads in no arm.
    pub champion: String,
    /// The challengers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arm: Vec<Arm>,
    /// Variants that score every lead and are only recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadow: Vec<String>,
    /// Who may be in the experiment: all rules must admit a lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<Rule>,
    /// Leads whose score is hidden from ranking, in basis points: they keep the measured AUC honest.
    #[serde(default = "one_percent")]
    pub exploration_bp: u32,
    /// Salt of the exploration slice; kept between experiments.
    #[serde(default = "exploration")]
    pub exploration_salt: String,
    /// Leads that stay with the champion whatever experiment runs, in basis points.
    #[serde(default)]
    pub holdout_bp: u32,
    /// Salt of the holdout; kept between experiments.
    #[serde(default = "holdout")]
    pub holdout_salt: String,
    /// Whether the version that does not serve a lead scores it, too, and is only recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counterfactual: bool,
    /// The kill switch: the champion serves all leads.
    #[serde(default)]
    pub killed: bool,
}

/// A challenger's part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AllocationArm"))]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// The variant that serves here.
    pub variant: String,
    /// Its share now, in basis points of all leads.
    pub share_bp: u32,
    /// The share it may grow to without moving another arm. If omitted, such arms divide the remaining share evenly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_bp: Option<u32>,
}

fn one_percent() -> u32 {
    100
}

fn exploration() -> String {
    "exploration".to_owned()
}

fn holdout() -> String {
    "holdout".to_owned()
}

impl AllocationSettings {
    /// All leads to `champion`, without exploration: the default of a service without an allocation.
    pub fn champion_only(champion: impl Into<String>) -> AllocationSettings {
        AllocationSettings {
            experiment: String::new(),
            hash: Hash::Sha256,
            champion: champion.into(),
            arm: Vec::new(),
            shadow: Vec::new(),
            rule: Vec::new(),
            exploration_bp: 0,
            exploration_salt: exploration(),
            holdout_bp: 0,
            holdout_salt: holdout(),
            counterfactual: false,
            killed: false,
        }
    }

    /// Where each arm begins and ends, in basis points.
    ///
    /// # Errors
    /// All problems of the settings, each with its path.
    pub(super) fn check(&self) -> Result<Vec<(u32, u32)>, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        self.check_names(&mut errors);
        for (name, value) in [("exploration_bp", self.exploration_bp), ("holdout_bp", self.holdout_bp)] {
            if value > WHOLE_BP {
                errors.add("SHARE_ABOVE_WHOLE", name.to_owned(), format!("{value} basis points exceed the whole, {WHOLE_BP}"));
            }
        }
        for (i, rule) in self.rule.iter().enumerate() {
            rule.check(&format!("rule[{i}]"), &mut errors);
        }
        let given: u64 = self.arm.iter().filter_map(|arm| arm.room_bp).map(u64::from).sum();
        if given > u64::from(WHOLE_BP) {
            errors.add(
                "ROOM_ABOVE_WHOLE",
                "arm".to_owned(),
                format!("the arms' room adds up to {given} basis points, more than {WHOLE_BP}"),
            );
        }
        let open = self.arm.iter().filter(|arm| arm.room_bp.is_none()).count() as u64;
        let even = u64::from(WHOLE_BP).saturating_sub(given).checked_div(open).unwrap_or_default() as u32;
        let mut start = 0u32;
        let mut ranges = Vec::with_capacity(self.arm.len());
        for (i, arm) in self.arm.iter().enumerate() {
            let room = arm.room_bp.unwrap_or(even);
            if arm.share_bp > room {
                let message = format!("the share of {} basis points exceeds its room of {room}", arm.share_bp);
                errors.add("SHARE_ABOVE_ROOM", format!("arm[{i}].share_bp"), message);
            }
            ranges.push((start, start.saturating_add(arm.share_bp)));
            start = start.saturating_add(room);
        }
        errors.into_result()?;
        Ok(ranges)
    }

    fn check_names(&self, errors: &mut ConfigErrors) {
        let arms = self.arm.iter().enumerate().map(|(i, arm)| (format!("arm[{i}].variant"), arm.variant.as_str()));
        let shadows = self.shadow.iter().enumerate().map(|(i, name)| (format!("shadow[{i}]"), name.as_str()));
        let mut known: Vec<&str> = Vec::new();
        // An arm may be a shadow as well: then it scores the leads that it does not serve.
        let shadows = shadows.filter(|(_, shadow)| !self.arm.iter().any(|arm| arm.variant == *shadow));
        for (path, name) in std::iter::once(("champion".to_owned(), self.champion.as_str())).chain(arms).chain(shadows) {
            if name.is_empty() {
                errors.add("VARIANT_WITHOUT_NAME", path, "the variant has no name".to_owned());
            } else if known.contains(&name) {
                errors.add("VARIANT_DUPLICATE", path, format!("the variant {name:?} is already used"));
            } else {
                known.push(name);
            }
        }
        if self.experiment.is_empty() && !self.arm.is_empty() {
            errors.add(
                "EXPERIMENT_WITHOUT_NAME",
                "experiment".to_owned(),
                "arms need an experiment name, which serves as their salt".to_owned(),
            );
        }
        let salts = [("exploration_salt", &self.exploration_salt), ("holdout_salt", &self.holdout_salt)];
        for (path, salt) in salts {
            if *salt == self.experiment && !self.arm.is_empty() {
                let message = format!("{salt:?} is also the experiment's salt, so the draws would not be independent");
                errors.add("SALT_SHARED", path.to_owned(), message);
            }
        }
    }
}
