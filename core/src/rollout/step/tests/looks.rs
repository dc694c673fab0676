//! Rows 6 to 10: looks that do not pass.

use super::*;
use crate::rollout::Audience;
use crate::rollout::state::End;

const THIN: (Gate, Outcome) = (Gate::PerfAuc, Outcome::InsufficientData);

#[test]
fn shadow_is_extended_twice_and_then_held() {
    let mut world = World::in_stage(Stage::Shadow);
    for (extensions, days) in [(1, 14), (2, 21)] {
        let actions = world.look(&[THIN]);
        assert_eq!((rows(&actions), world.rollout().extensions, world.rollout().days_logged), (vec![6], extensions, days));
    }
    let actions = world.look(&[THIN]);
    assert_eq!((rows(&actions), world.rollout().days_logged), (vec![8], 28));
    assert_eq!(world.holds(), [HoldBy::Extensions]);
    assert!(actions.iter().any(|action| matches!(action, Action::Message { to: Audience::LastContact, .. })));
    // Held is not over: a person may give it one more week, and then it may pass.
    world.resume(bo());
    world.look(&[]);
    world.approve(bo());
    assert_eq!((world.stage(), world.rollout().days_logged), (Stage::Canary, 0));
}

#[test]
fn a_look_that_is_ready_costs_no_extension() {
    let mut world = World::in_stage(Stage::Canary);
    assert_eq!(rows(&world.look(&[])), [] as [u8; 0]);
    world.look(&[]);
    assert_eq!(world.rollout().extensions, 0);
    assert_eq!(rows(&world.look(&[(Gate::RelAuc, Outcome::Inconclusive)])), [6]);
    assert_eq!(world.rollout().extensions, 1);
}

#[test]
fn a_failure_in_shadow_holds() {
    for gate in [Gate::PerfAuc, Gate::SysErrors, Gate::RelAuc, Gate::DataSuite] {
        let mut world = World::in_stage(Stage::Shadow);
        let actions = world.look(&[(gate, Outcome::Fail)]);
        assert_eq!((rows(&actions), world.holds()), (vec![8], vec![HoldBy::Gate { gate }]));
        let approval = world.approval(bo());
        assert_eq!(world.refused(Event::Approve(approval)), "HELD");
        // The same failure at the next look is no news.
        assert_eq!(world.look(&[(gate, Outcome::Fail)]), []);
    }
}

#[test]
fn from_canary_on_the_challengers_own_failure_rolls_back() {
    for stage in [Stage::Canary, Stage::AbTest, Stage::Full] {
        for gate in [Gate::SysErrors, Gate::RelErrors, Gate::FbSales] {
            let mut world = World::in_stage(stage);
            world.days_until_look();
            let look = world.look_event(&[(gate, Outcome::Fail)]);
            if !look.verdicts.iter().any(|verdict| verdict.gate == gate) {
                continue;
            }
            let actions = world.ok(Event::Look(look));
            assert_eq!((world.stage(), rows(&actions)), (Stage::Idle, vec![9]), "{stage:?} {gate}");
            assert_eq!(world.state.past["2"].end, Some(End::RolledBack));
            assert!(world.state.past["2"].is_post_mortem_open);
            assert!(actions.iter().any(|action| matches!(action, Action::OpenPostMortem { .. })));
            assert_eq!(world.state.champion, "1");
        }
    }
}

#[test]
fn what_the_champion_fails_as_well_holds() {
    for stage in [Stage::Canary, Stage::AbTest, Stage::Full] {
        let mut world = World::in_stage(stage);
        world.days_until_look();
        let mut look = world.look_event(&[(Gate::SysErrors, Outcome::Fail)]);
        for verdict in look.verdicts.iter_mut().filter(|verdict| verdict.gate == Gate::SysErrors) {
            verdict.champion = Some(Outcome::Fail);
        }
        let actions = world.ok(Event::Look(look));
        assert_eq!((world.stage(), rows(&actions)), (stage, vec![9]));
        assert_eq!(world.holds(), [HoldBy::Gate { gate: Gate::SysErrors }]);
    }
    let mut world = World::in_stage(Stage::Canary);
    world.look(&[(Gate::DataDrift, Outcome::Fail)]);
    assert_eq!(world.holds(), [HoldBy::Gate { gate: Gate::DataDrift }]);
}

#[test]
fn a_failure_by_a_daily_bound_acts_on_any_day() {
    let daily = |world: &World, gate: Gate| Event::Daily {
        rollout: world.rollout().id.clone(),
        stage: world.stage(),
        verdicts: vec![verdict(gate, world.stage(), Outcome::Fail)],
        evidence_sha256: "day".to_owned(),
    };
    // Shadow: held. A gate without such a bound: nothing.
    let mut world = World::in_stage(Stage::Shadow);
    world.days(3);
    assert_eq!(world.ok(daily(&world.clone(), Gate::PerfCalibration)), []);
    assert_eq!(rows(&world.ok(daily(&world.clone(), Gate::PerfAuc))), [8]);
    // Canary: rolled back.
    let mut world = World::in_stage(Stage::Canary);
    assert_eq!(rows(&world.ok(daily(&world.clone(), Gate::RelAuc))), [9]);
    assert_eq!(world.stage(), Stage::Idle);
    // The test: the model's own figure holds. It also keeps a look that passed from being approved, even when it is resumed.
    let mut world = World::in_stage(Stage::AbTest);
    world.look(&[(Gate::GovDays, Outcome::InsufficientData)]);
    world.look(&[]);
    world.approve(bo());
    world.ok(daily(&world.clone(), Gate::PerfAuc));
    assert_eq!((world.holds(), world.rollout().approvals.len()), (vec![HoldBy::Gate { gate: Gate::PerfAuc }], 0));
    world.resume(bo());
    let approval = world.approval(bo());
    assert_eq!(world.refused(Event::Approve(approval)), "GATES_NOT_MET");
}

#[test]
fn harm_or_no_lift_in_the_test_rolls_back_at_any_look() {
    for gate in [Gate::AbConversion, Gate::AbDealSize, Gate::AbCycle, Gate::AbSatisfaction] {
        let mut world = World::in_stage(Stage::AbTest);
        // Drift at the same look would only hold; harm comes first.
        let actions = world.look(&[(gate, Outcome::Fail), (Gate::DataDrift, Outcome::Fail)]);
        assert_eq!((world.stage(), rows(&actions)), (Stage::Idle, vec![10]));
        assert!(messages(&actions)[0].ends_with(&format!("{gate} is Fail.")), "{:?}", messages(&actions));
        assert_eq!(world.state.past["2"].end, Some(End::RolledBack));
    }
}

#[test]
fn a_test_without_proof_by_its_planned_end_is_stopped() {
    let mut world = World::in_stage(Stage::AbTest);
    for week in 1..6 {
        let actions = world.look(&[(Gate::AbConversion, Outcome::Inconclusive)]);
        assert_eq!((rows(&actions), world.rollout().looks, world.stage()), (vec![], week, Stage::AbTest));
    }
    let actions = world.look(&[(Gate::AbConversion, Outcome::Inconclusive)]);
    assert_eq!((world.stage(), rows(&actions)), (Stage::Idle, vec![10]));
    assert_eq!(world.state.past["2"].end, Some(End::Stopped));
    assert!(!world.state.past["2"].is_post_mortem_open);
    assert!(messages(&actions)[0].contains("Ended without proof after the planned 6 weeks"), "{:?}", messages(&actions));
    // Where the information is used up earlier, the test ends there.
    let mut world = World::in_stage(Stage::AbTest);
    world.days_until_look();
    let text = "Ended without proof: 3.1 % more leads bought after the planned six weeks. Today's model serves all leads again.";
    let summary = Some(Sentence::new("TEST_NO_PROOF", text));
    let look = LookEvent { is_last: true, summary, ..world.look_event(&[(Gate::AbConversion, Outcome::InsufficientData)]) };
    let actions = world.ok(Event::Look(look));
    assert_eq!((rows(&actions), messages(&actions)), (vec![10], vec![text.to_owned()]));
    // A failure that only holds at an earlier look ends the test at the last one.
    let mut world = World::in_stage(Stage::AbTest);
    world.look(&[(Gate::PerfAuc, Outcome::Fail)]);
    assert_eq!(world.holds(), [HoldBy::Gate { gate: Gate::PerfAuc }]);
    world.days_until_look();
    let look = LookEvent { is_last: true, ..world.look_event(&[(Gate::PerfAuc, Outcome::Fail)]) };
    assert_eq!((rows(&world.ok(Event::Look(look))), world.stage()), (vec![10], Stage::Idle));
}

#[test]
fn a_proof_with_open_points_waits_for_waivers_by_name() {
    let mut world = World::in_stage(Stage::AbTest);
    let open = [(Gate::AbDealSize, Outcome::InsufficientData), (Gate::AbCycle, Outcome::InsufficientData)];
    for _ in 0..5 {
        world.look(&open);
    }
    let actions = world.look(&open);
    assert_eq!((rows(&actions), world.stage()), (vec![10], Stage::AbTest));
    let approval = world.approval(bo());
    assert_eq!(world.refused(Event::Approve(approval.clone())), "GATES_NOT_MET");
    for (gate, _) in open {
        world.ok(Event::Waive { by: bo(), gate, reason: "deals take 60 days".to_owned() });
    }
    world.ok(Event::Approve(approval));
    world.approve(pia());
    assert_eq!(world.stage(), Stage::Full);
}

#[test]
fn a_look_with_an_error_is_not_recorded_and_at_last_holds() {
    let mut world = World::in_stage(Stage::Shadow);
    world.days_until_look();
    let broken = world.look_event(&[(Gate::SysErrors, Outcome::Error)]);
    for tries in 1..4 {
        assert_eq!(world.ok(Event::Look(broken.clone())), []);
        assert_eq!((world.rollout().look_errors, world.rollout().looks), (tries, 0));
    }
    let actions = world.ok(Event::Look(broken.clone()));
    assert!(matches!(actions[..], [Action::OpenIncident { severity: Severity::Yellow, .. }]), "{actions:?}");
    assert_eq!(world.holds(), [HoldBy::Errors]);
    let version = world.state.version;
    world.ok(Event::Look(broken.clone()));
    assert_eq!(world.state.version, version);
    // A gate that was left out was not judged either.
    let mut partial = world.look_event(&[]);
    partial.verdicts.retain(|verdict| verdict.gate != Gate::PerfAuc);
    world.ok(Event::Look(partial));
    assert_eq!(world.rollout().looks, 0);
    // The look is still due; an operator resumes once it could be judged.
    world.look(&[]);
    world.resume(operator());
    world.approve(bo());
    assert_eq!(world.stage(), Stage::Canary);
}

#[test]
fn full_completes_only_when_nothing_fails_and_nothing_holds() {
    let mut world = World::in_stage(Stage::Full);
    world.ok(Event::Hold { by: operator(), reason: "quarter end".to_owned(), until_ms: None });
    assert_eq!(world.look(&[]), []);
    assert_eq!(world.stage(), Stage::Full);
    world.resume(operator());
    // A red incident that is open keeps the rollout from completing; too few requests do not.
    world.look(&[(Gate::GovIncidents, Outcome::Inconclusive)]);
    assert_eq!(world.stage(), Stage::Full);
    world.look(&[(Gate::SysLatency, Outcome::InsufficientData)]);
    assert_eq!((world.stage(), world.state.champion.as_str()), (Stage::Idle, "2"));
}

#[test]
fn a_look_judges_the_gates_that_are_evaluated() {
    for stage in Stage::ACTIVE {
        for mode in [Mode::Absolute, Mode::Relative] {
            let modes = Modes { precision: mode, recall: mode };
            let rollout = Rollout::new("2-r1".to_owned(), "2".to_owned(), "Ada".to_owned(), modes, stage, NINE);
            let judged: Vec<Gate> = Gate::ALL.into_iter().filter(|gate| rollout.is_judged(*gate)).collect();
            assert_eq!(crate::rollout::evaluate::gates(stage, modes).collect::<Vec<_>>(), judged);
        }
    }
}
