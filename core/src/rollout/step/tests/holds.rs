//! Rows 11 and 16 to 18: draw, segments, hold and resume, waivers, another policy.

use super::*;
use crate::rollout::hold::SuspensionCause;
use crate::rollout::policy::HarmRule;
use crate::rollout::{allocation, next_look_ms};
use crate::route::AllocationSettings;

fn hold(by: Actor, until_ms: Option<i64>) -> Event {
    Event::Hold { by, reason: "quarter end".to_owned(), until_ms }
}

#[test]
fn a_broken_draw_voids_the_test_which_starts_again() {
    let mut world = World::in_stage(Stage::AbTest);
    world.look(&[(Gate::AbConversion, Outcome::Inconclusive)]);
    let actions = world.look(&[(Gate::AbSampleRatio, Outcome::Fail), (Gate::AbConversion, Outcome::Fail)]);
    assert_eq!((rows(&actions), world.stage()), (vec![11], Stage::AbTest));
    assert_eq!(world.rollout().suspended.as_ref().unwrap().cause, SuspensionCause::SampleRatio);
    let settings = allocation(&world.policy, &world.state, &AllocationSettings::champion_only("1"));
    assert!(settings.counterfactual && settings.arm[0].share_bp == 0);
    world.days(5);
    assert_eq!(due(&world.policy, &world.state, world.now), None);
    let actions = world.resume(bo());
    let test = world.rollout().test.clone().unwrap();
    assert!(actions.iter().any(|action| matches!(action, Action::StartTest { run: 2, .. })));
    assert_eq!((test.run, test.from_ms, world.rollout().looks, world.rollout().days_logged), (2, world.now, 0, 0));
    world.now += 14 * DAY_MS - 1;
    assert_eq!(due(&world.policy, &world.state, world.now), None);
    world.now += 1;
    assert_eq!(due(&world.policy, &world.state, world.now).unwrap().name(), "2.1");
}

#[test]
fn a_suspended_test_goes_on_that_much_later() {
    let mut world = World::in_stage(Stage::AbTest);
    let look = next_look_ms(&world.policy, &world.state, world.now).unwrap();
    assert_eq!(look - world.now, 14 * DAY_MS);
    world.days(2);
    world.ok(red_minute(vec![red("2", true), red("1", true)]));
    world.days(3);
    assert_eq!(next_look_ms(&world.policy, &world.state, world.now), Some(look + 3 * DAY_MS));
    world.resume(bo());
    assert_eq!(next_look_ms(&world.policy, &world.state, world.now), Some(look + 3 * DAY_MS));
    // Days of the suspension do not count, nor do those on which it began and ended: 2 before it, none of it.
    assert_eq!((world.rollout().days_logged, world.rollout().days_missed), (2, 3));
    world.days(2);
    assert_eq!((world.rollout().days_logged, world.rollout().days_missed), (3, 4));
}

#[test]
fn a_segment_that_fares_worse_holds_once() {
    let mut world = World::in_stage(Stage::AbTest);
    world.look(&[(Gate::GovDays, Outcome::InsufficientData)]);
    let worse = |world: &World| LookEvent {
        worse_segments: vec!["lead_source=Partner".to_owned()],
        ..world.look_event(&[(Gate::AbSegments, Outcome::Inconclusive)])
    };
    world.days_until_look();
    let actions = world.ok(Event::Look(worse(&world)));
    assert_eq!((rows(&actions), world.is_held()), (vec![11], true));
    assert!(messages(&actions).contains(&"ab.segments is Inconclusive.".to_owned()), "{:?}", messages(&actions));
    assert_eq!(world.holds(), [HoldBy::Segment { segments: vec!["lead_source=Partner".to_owned()] }]);
    assert_eq!(world.refused(Event::Resume { by: operator(), reason: String::new() }), "SCOPE_MISSING");
    world.resume(bo());
    assert_eq!(world.rollout().accepted_segments, ["lead_source=Partner"]);
    // The next look passes with the same segment, and does not hold again.
    world.days_until_look();
    let actions = world.ok(Event::Look(worse(&world)));
    assert_eq!((rows(&actions), world.is_held()), (vec![7], false));
    world.approve(bo());
    world.approve(pia());
    assert_eq!(world.stage(), Stage::Full);

    let mut world = World::in_stage(Stage::AbTest);
    world.policy.experiment.segments.harm = HarmRule::Report;
    world.look(&[(Gate::GovDays, Outcome::InsufficientData)]);
    world.days_until_look();
    assert_eq!(rows(&world.ok(Event::Look(worse(&world)))), [7]);
}

#[test]
fn a_persons_hold_ends_by_resume_or_by_itself() {
    let mut world = World::in_stage(Stage::Shadow);
    world.look(&[]);
    world.ok(hold(operator(), None));
    let version = world.state.version;
    assert_eq!(world.ok(hold(operator(), None)), [], "a repeated hold is no news");
    assert_eq!(world.state.version, version);
    let approval = world.approval(bo());
    assert_eq!(world.refused(Event::Approve(approval.clone())), "HELD");
    world.resume(operator());
    assert_eq!(world.refused(Event::Resume { by: operator(), reason: String::new() }), "NOT_IN_STAGE");
    // The service itself may hold, until a time.
    world.ok(hold(Actor::auto(), Some(world.now + DAY_MS)));
    assert_eq!(world.refused(Event::Approve(approval.clone())), "HELD");
    world.now += DAY_MS;
    world.ok(Event::Watch { newest_row_ms: None });
    assert!(world.rollout().holds.is_empty());
    world.ok(Event::Approve(approval));
    assert_eq!(world.stage(), Stage::Canary);
}

#[test]
fn a_persons_hold_does_not_replace_that_of_a_gate() {
    let mut world = World::in_stage(Stage::Shadow);
    world.look(&[(Gate::PerfAuc, Outcome::Fail)]);
    world.ok(hold(operator(), None));
    assert_eq!(world.holds().len(), 2);
    assert_eq!(world.refused(Event::Resume { by: operator(), reason: String::new() }), "SCOPE_MISSING");
}

#[test]
fn a_waiver_holds_until_the_outcome_changes() {
    let mut world = World::in_stage(Stage::Canary);
    let thin = (Gate::FbSales, Outcome::InsufficientData);
    world.look(&[thin]);
    let waive = Event::Waive { by: bo(), gate: Gate::FbSales, reason: "sales is on holiday".to_owned() };
    world.ok(waive);
    assert!(world.rollout().open_gates(&world.policy).is_empty());
    assert_eq!(rows(&world.look(&[thin])), [] as [u8; 0], "it is ready");
    world.look(&[(Gate::FbSales, Outcome::Inconclusive)]);
    assert!(world.rollout().waivers.is_empty());
    let approval = world.approval(bo());
    assert_eq!(world.refused(Event::Approve(approval)), "GATES_NOT_MET");
}

#[test]
fn what_may_not_be_waived_is_refused() {
    let waive = |gate, by, reason: &str| Event::Waive { by, gate, reason: reason.to_owned() };
    let mut world = World::in_stage(Stage::Shadow);
    assert_eq!(world.refused(waive(Gate::PerfAuc, bo(), "early")), "WAIVER_NOT_ALLOWED");
    world.look(&[(Gate::PerfAuc, Outcome::Inconclusive), (Gate::RelAuc, Outcome::Fail)]);
    for (gate, by, reason, code) in [
        (Gate::GovDays, bo(), "days", "WAIVER_NOT_ALLOWED"),
        (Gate::RelAuc, bo(), "failed", "WAIVER_NOT_ALLOWED"),
        (Gate::RelCoverage, bo(), "passed", "WAIVER_NOT_ALLOWED"),
        (Gate::AbCycle, bo(), "another stage", "WAIVER_NOT_ALLOWED"),
        (Gate::PerfAuc, bo(), " ", "WAIVER_NOT_ALLOWED"),
        (Gate::PerfAuc, operator(), "scope", "SCOPE_MISSING"),
        (Gate::PerfAuc, person("Sam", "sales_lead"), "role", "ROLE_MISSING"),
    ] {
        assert_eq!(world.refused(waive(gate, by, reason)), code, "{gate} {reason}");
    }
    world.ok(waive(Gate::PerfAuc, bo(), "it is close"));
    let mut world = World::in_stage(Stage::AbTest);
    world.look(&[(Gate::AbConversion, Outcome::Inconclusive)]);
    assert_eq!(world.refused(waive(Gate::AbConversion, bo(), "please")), "WAIVER_NOT_ALLOWED");
}

#[test]
fn another_policy_voids_approvals_and_judges_anew() {
    let repolicy = |sha: &str| Event::Repolicy {
        by: bo(),
        policy_sha256: sha.to_owned(),
        modes: Modes { precision: Mode::Absolute, recall: Mode::Relative },
    };
    let mut world = World::in_stage(Stage::Shadow);
    world.policy.stage.shadow.approve = vec!["ml_lead".to_owned(), "product_manager".to_owned()];
    world.look(&[]);
    world.approve(bo());
    world.ok(repolicy("other"));
    assert!(world.rollout().approvals.is_empty() && world.rollout().look.is_none());
    let look = due(&world.policy, &world.state, world.now).unwrap();
    assert_eq!(look.number, 2, "a new look is due at once");
    assert!(world.rollout().must_pass(Gate::PerfPrecision) && !world.rollout().must_pass(Gate::PerfRecall));
    world.look(&[]);
    assert_eq!(world.ok(repolicy("other")), [], "the same policy is no change");
    assert!(world.rollout().look.is_some());
    for stage in [Stage::AbTest, Stage::Full] {
        assert_eq!(World::in_stage(stage).refused(repolicy("other")), "POLICY_FROZEN");
    }
    World::new().ok(repolicy("first"));
}
