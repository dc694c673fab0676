//! Rows 1 to 5: the way of a good model.

use super::*;
use crate::rollout::model::Alias;
use crate::rollout::state::End;
use crate::rollout::{Audience, allocation};
use crate::route::AllocationSettings;

fn shares(world: &World) -> (Vec<u32>, Vec<String>, bool) {
    let settings = allocation(&world.policy, &world.state, &AllocationSettings::champion_only("ignored"));
    assert_eq!(settings.champion, world.state.champion);
    (settings.arm.iter().map(|arm| arm.share_bp).collect(), settings.shadow, settings.counterfactual)
}

#[test]
fn a_good_model_is_at_full_on_day_42_and_champion_on_day_49() {
    let mut world = World::new();
    let day = |world: &World| (world.now - NINE) / DAY_MS;
    assert_eq!(shares(&world), (vec![], vec![], false));

    let actions = world.ok(Event::Start(start("2")));
    assert_eq!((world.stage(), world.state.epoch, world.rollout().id.as_str()), (Stage::Shadow, 2, "2-r1"));
    assert_eq!(rows(&actions), [1]);
    assert!(actions.contains(&Action::SetAlias { alias: Alias::Shadow, version: "2".to_owned() }));
    assert!(actions.iter().any(|action| matches!(action, Action::BackFill { champion, .. } if champion == "1")));
    assert_eq!(shares(&world), (vec![], vec!["2".to_owned()], false));

    world.pass();
    assert_eq!((world.stage(), day(&world), world.state.epoch), (Stage::Canary, 14, 3));
    assert_eq!(shares(&world), (vec![1_000], vec![], true));

    world.pass();
    assert_eq!((world.stage(), day(&world), world.state.epoch), (Stage::AbTest, 21, 4));
    assert_eq!(world.rollout().test.as_ref().unwrap().plan.weeks, 6);
    assert_eq!(shares(&world), (vec![5_000], vec![], true));

    world.pass();
    assert_eq!((world.stage(), day(&world), world.state.epoch), (Stage::Full, 42, 5));
    assert_eq!(shares(&world), (vec![10_000], vec![], true));
    assert_eq!(world.state.champion, "1");

    let actions = world.look(&[]);
    assert_eq!((world.stage(), day(&world), world.state.epoch), (Stage::Idle, 49, 6));
    assert_eq!((world.state.champion.as_str(), rows(&actions)), ("2", vec![5]));
    assert_eq!(world.state.past["2"].end, Some(End::Completed));
    assert!(actions.contains(&Action::Archive { version: "1".to_owned() }));
    assert_eq!(world.state.loaded(), ["2", "1"]);
    assert_eq!(shares(&world), (vec![], vec![], false));

    // The champion before is unloaded when it is no longer needed, and can still be gone back to by a person.
    world.now += 29 * DAY_MS;
    world.state.clock_ms = world.now;
    assert!(world.ok(Event::Watch { newest_row_ms: None }).is_empty());
    world.now += DAY_MS;
    assert_eq!(world.ok(Event::Watch { newest_row_ms: None }), [Action::Deploy { epoch: 7 }]);
    assert_eq!(world.state.loaded(), ["2"]);
    let actions = world.ok(Event::Rollback { by: operator(), reason: "sales asked for it".to_owned() });
    assert_eq!((world.state.champion.as_str(), rows(&actions)), ("1", vec![15]));
    assert_eq!(world.refused(Event::Rollback { by: operator(), reason: String::new() }), "NO_PREVIOUS_MODEL");
}

#[test]
fn the_last_of_the_required_approvals_is_the_promotion() {
    let mut world = World::in_stage(Stage::AbTest);
    world.look(&[(Gate::GovDays, Outcome::InsufficientData)]);
    let actions = world.look(&[]);
    assert_eq!(rows(&actions), [7]);
    assert_eq!(due(&world.policy, &world.state, world.now + 90 * DAY_MS), None);
    assert!(rows(&world.approve(ada())).is_empty());
    assert_eq!((world.stage(), world.rollout().approvals.len()), (Stage::AbTest, 1));
    let actions = world.approve(pia());
    assert_eq!((world.stage(), rows(&actions)), (Stage::Full, vec![4]));
    assert_eq!(messages(&actions), ["Full begins: 2 serves 100 % of the leads. Approved by Ada and Pia."]);
}

#[test]
fn a_test_that_waits_for_people_is_escalated_once() {
    let mut world = World::in_stage(Stage::AbTest);
    world.look(&[(Gate::AbConversion, Outcome::Inconclusive)]);
    world.look(&[]);
    let watch = Event::Watch { newest_row_ms: None };
    world.days(6);
    assert!(world.ok(watch.clone()).is_empty());
    world.days(1);
    let actions = world.ok(watch.clone());
    assert!(matches!(actions[..], [Action::Message { to: Audience::NextContact, .. }]), "{actions:?}");
    assert!(world.ok(watch).is_empty());
}

#[test]
fn the_ledger_leads_to_the_same_state_again() {
    let mut world = World::in_stage(Stage::Full);
    world.ok(red_minute(vec![red("2", true), red("1", false)]));
    let policy = world.policy.clone();
    let find = |sha: &str| (sha == "policy").then(|| policy.clone());
    let again = crate::rollout::ledger::replay(State::genesis("1", NINE), &world.ledger, &find).unwrap();
    assert_eq!(again, world.state);
    assert!(crate::rollout::ledger::verify(&world.ledger, &[]).fault.is_none());
    let mut other = world.ledger.clone();
    other.remove(3);
    assert!(crate::rollout::ledger::replay(State::genesis("1", NINE), &other, &find).is_err());
}
