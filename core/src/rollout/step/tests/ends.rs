//! Rows 12 to 15: red, and rollback.

use super::*;
use crate::rollout::allocation;
use crate::rollout::hold::SuspensionCause;
use crate::rollout::model::Alias;
use crate::rollout::red::RedRule;
use crate::rollout::state::End;
use crate::route::AllocationSettings;

#[test]
fn red_of_the_challenger_alone_rolls_back() {
    for stage in [Stage::Canary, Stage::AbTest, Stage::Full] {
        for verdicts in [vec![red("2", true), red("1", false)], vec![red("2", true)]] {
            let mut world = World::in_stage(stage);
            let epoch = world.state.epoch;
            let actions = world.ok(red_minute(verdicts));
            assert_eq!((world.stage(), rows(&actions), world.state.epoch), (Stage::Idle, vec![12], epoch + 1));
            assert_eq!(actions[0], Action::Deploy { epoch: epoch + 1 }, "the allocation comes first");
            assert!(actions.contains(&Action::RemoveAlias { alias: Alias::Challenger }));
            let due = actions.iter().find_map(|action| match action {
                Action::OpenIncident { severity: Severity::Red, due_ms, .. } => Some(*due_ms - world.now),
                _ => None,
            });
            assert_eq!(due, Some(3_600_000));
            assert_eq!(
                messages(&actions),
                ["Rolled back at 09:00:00: 11 % of the requests failed (31 of 280). All leads are with today's model."]
            );
        }
    }
}

#[test]
fn red_in_shadow_or_of_both_suspends() {
    let both = vec![red("2", true), red("1", true)];
    for (stage, verdicts) in [
        (Stage::Shadow, vec![red("2", true), red("1", false)]),
        (Stage::Shadow, vec![red("1", true)]),
        (Stage::Canary, both.clone()),
        (Stage::AbTest, both.clone()),
        (Stage::Full, both.clone()),
    ] {
        let mut world = World::in_stage(stage);
        let actions = world.ok(red_minute(verdicts.clone()));
        assert_eq!((world.stage(), rows(&actions), world.is_held()), (stage, vec![13], true));
        assert_eq!(world.rollout().suspended.as_ref().unwrap().cause, SuspensionCause::Service);
        // The service suffers, so the challenger is not called at all.
        let settings = allocation(&world.policy, &world.state, &AllocationSettings::champion_only("1"));
        assert!(settings.shadow.is_empty() && !settings.counterfactual && settings.arm.iter().all(|arm| arm.share_bp == 0));
        // The next red minute is no news, and an operator alone may not resume.
        assert_eq!(world.ok(red_minute(verdicts)), []);
        assert_eq!(world.refused(Event::Resume { by: operator(), reason: String::new() }), "SCOPE_MISSING");
        let actions = world.resume(bo());
        assert_eq!((rows(&actions), world.is_held()), (vec![16], false));
    }
}

#[test]
fn alerts_of_several_families_suspend_but_the_challenger_is_still_recorded() {
    let mut world = World::in_stage(Stage::Canary);
    let many = |version: &str| RedVerdict { rule: RedRule::Many, ..red(version, true) };
    world.ok(red_minute(vec![many("2"), many("1")]));
    let settings = allocation(&world.policy, &world.state, &AllocationSettings::champion_only("1"));
    assert!(settings.counterfactual && settings.arm[0].share_bp == 0);
    // When the service suffers as well, it is no longer called.
    let actions = world.ok(red_minute(vec![red("2", true), red("1", true)]));
    assert_eq!(rows(&actions), [13]);
    assert!(!allocation(&world.policy, &world.state, &AllocationSettings::champion_only("1")).counterfactual);
}

#[test]
fn red_of_the_champion_alone_changes_no_rollout() {
    let mut world = World::in_stage(Stage::Canary);
    let before = world.state.clone();
    assert_eq!(world.ok(red_minute(vec![red("1", true), red("2", false)])), []);
    assert_eq!(world.state, before);
}

#[test]
fn a_person_rolls_back_from_any_stage() {
    for (stage, end) in [
        (Stage::Shadow, End::Stopped),
        (Stage::Canary, End::RolledBack),
        (Stage::AbTest, End::RolledBack),
        (Stage::Full, End::RolledBack),
    ] {
        let mut world = World::in_stage(stage);
        let actions = world.ok(Event::Rollback { by: operator(), reason: "sales asked".to_owned() });
        assert_eq!((world.stage(), rows(&actions), world.state.past["2"].end), (Stage::Idle, vec![14], Some(end)));
        assert!(
            messages(&actions)[0].ends_with("at 09:00:00: ops asked for it. Reason: sales asked."),
            "{:?}",
            messages(&actions)
        );
        assert_eq!(world.state.champion, "1");
        assert_eq!(world.refused(Event::Rollback { by: operator(), reason: String::new() }), "NO_PREVIOUS_MODEL");
    }
}

#[test]
fn a_version_that_was_rolled_back_starts_again_only_with_a_closed_post_mortem() {
    let mut world = World::in_stage(Stage::Canary);
    world.ok(Event::Rollback { by: operator(), reason: String::new() });
    let again = Start { again: true, ..start("2") };
    assert_eq!(world.refused(Event::Start(start("2"))), "AGAIN_REQUIRED");
    assert_eq!(world.refused(Event::Start(again.clone())), "POST_MORTEM_OPEN");
    let close = Event::PostMortem { by: operator(), version: "2".to_owned(), document_sha256: "pm".to_owned() };
    world.ok(close.clone());
    assert_eq!(world.refused(close), "NOT_IN_STAGE");
    world.ok(Event::Start(again));
    assert_eq!(world.rollout().id, "2-r2");
    // Stopped: no post-mortem.
    world.ok(Event::Rollback { by: operator(), reason: String::new() });
    assert_eq!(world.refused(Event::Start(start("2"))), "AGAIN_REQUIRED");
    world.ok(Event::Start(Start { again: true, ..start("2") }));
}

#[test]
fn soon_after_completion_red_goes_back_by_itself_if_the_champion_before_is_well() {
    let complete = || {
        let mut world = World::in_stage(Stage::Full);
        world.look(&[]);
        world
    };
    for (days, verdicts, is_reverted) in [
        (29, vec![red("2", true), red("1", false)], true),
        (30, vec![red("2", true), red("1", false)], false),
        (1, vec![red("2", true), red("1", true)], false),
        (1, vec![red("2", true)], false),
        (1, vec![red("2", false), red("1", false)], false),
    ] {
        let mut world = complete();
        world.now += days * DAY_MS;
        let actions = world.ok(red_minute(verdicts));
        assert_eq!(rows(&actions) == [15], is_reverted, "after {days} days: {actions:?}");
        assert_eq!(world.state.champion, if is_reverted { "1" } else { "2" });
    }
}
