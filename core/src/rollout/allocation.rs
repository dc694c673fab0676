//! The allocation as a function of the state.

use super::hold::SuspensionCause;
use super::{Policy, Stage, State};
use crate::route::{AllocationSettings, Arm, WHOLE_BP};

/// The allocation in force. `base` is `[allocation]` of the settings, of which hash, rules, exploration, its salts and the switch
/// `killed` are kept.
///
/// The arm has room for all leads from canary to full rollout, so that a lead never changes its side when the share grows, and the
/// rollout's id is its salt.
pub fn allocation(policy: &Policy, state: &State, base: &AllocationSettings) -> AllocationSettings {
    let mut settings = AllocationSettings {
        experiment: String::new(),
        champion: state.champion.clone(),
        arm: Vec::new(),
        shadow: Vec::new(),
        holdout_bp: 0,
        counterfactual: false,
        ..base.clone()
    };
    let Some(rollout) = &state.rollout else { return settings };
    let share_bp = match rollout.stage {
        Stage::Idle | Stage::Shadow => None,
        Stage::Canary => Some(policy.stage.canary.share_bp),
        Stage::AbTest => Some(policy.stage.ab_test.share_bp),
        Stage::Full => Some(WHOLE_BP),
    };
    let cause = rollout.suspended.as_ref().map(|suspension| suspension.cause);
    let is_called = cause != Some(SuspensionCause::Service);
    settings.experiment.clone_from(&rollout.id);
    match share_bp {
        None if is_called => settings.shadow.push(rollout.challenger.clone()),
        None => {}
        Some(share_bp) => {
            let share_bp = if cause.is_some() { 0 } else { share_bp.min(WHOLE_BP) };
            settings.arm.push(Arm { variant: rollout.challenger.clone(), share_bp, room_bp: Some(WHOLE_BP) });
            settings.counterfactual = is_called;
        }
    }
    settings
}
