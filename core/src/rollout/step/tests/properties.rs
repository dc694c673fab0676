//! Random events, in any order and by anyone, never lead to an illegal state.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::rollout::ledger::replay;
use crate::rollout::state::End;
use crate::rollout::{allocation, next_look_ms};
use crate::route::{Allocation, AllocationSettings};

#[derive(Debug, Clone)]
enum Move {
    Days(u32),
    Look(Vec<(Gate, Outcome)>),
    Daily(Gate),
    Red(bool, bool),
    Approve(usize),
    Start(usize, u8, bool),
    Resume(usize),
    Hold(usize),
    Rollback(usize),
    Waive(usize, Gate),
    Repolicy(usize, u8),
    PostMortem(u8),
    Watch(i64),
}

fn people() -> [Actor; 5] {
    [ada(), bo(), pia(), operator(), Actor::auto()]
}

fn moves() -> impl Strategy<Value = Move> {
    let gate = || prop::sample::select(Gate::ALL.to_vec());
    let outcome = prop::sample::select(vec![
        Outcome::Pass,
        Outcome::Inconclusive,
        Outcome::InsufficientData,
        Outcome::Fail,
        Outcome::Error,
    ]);
    let who = || 0..5usize;
    prop_oneof![
        4 => (1..16u32).prop_map(Move::Days),
        6 => Just(Move::Look(Vec::new())),
        3 => prop::collection::vec((gate(), outcome), 0..3).prop_map(Move::Look),
        1 => gate().prop_map(Move::Daily),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(challenger, champion)| Move::Red(challenger, champion)),
        8 => who().prop_map(Move::Approve),
        4 => (who(), 1..4u8, any::<bool>()).prop_map(|(who, version, again)| Move::Start(who, version, again)),
        2 => who().prop_map(Move::Resume),
        1 => who().prop_map(Move::Hold),
        1 => who().prop_map(Move::Rollback),
        2 => (who(), gate()).prop_map(|(who, gate)| Move::Waive(who, gate)),
        1 => (who(), 0..3u8).prop_map(|(who, sha)| Move::Repolicy(who, sha)),
        1 => (1..4u8).prop_map(Move::PostMortem),
        1 => (-2 * DAY_MS..3 * DAY_MS).prop_map(Move::Watch),
    ]
}

fn event(world: &mut World, one: Move) -> Option<Event> {
    let reason = "reason".to_owned();
    let who = |at: usize| people()[at].clone();
    let id = world.state.rollout.as_ref().map_or_else(String::new, |rollout| rollout.id.clone());
    Some(match one {
        Move::Days(n) => {
            for _ in 0..n {
                let day = day_of(world.now);
                world.now = (world.now + DAY_MS).max(world.state.clock_ms);
                world.attempt(Event::Day { day, leads: 10, scored: 10, killed: false, absent: false }).ok();
                world.attempt(Event::Watch { newest_row_ms: Some(world.now) }).ok();
            }
            return None;
        }
        Move::Look(found) => {
            for _ in 0..30 {
                let is_due = due(&world.policy, &world.state, world.now).is_some();
                if is_due || world.state.rollout.is_none() {
                    break;
                }
                event(world, Move::Days(1));
            }
            due(&world.policy, &world.state, world.now)?;
            Event::Look(world.look_event(&found))
        }
        Move::Daily(gate) => {
            let verdicts = vec![verdict(gate, world.stage(), Outcome::Fail)];
            Event::Daily { rollout: id, stage: world.stage(), verdicts, evidence_sha256: reason }
        }
        Move::Red(challenger, champion) => {
            let version = world.state.challenger().map(str::to_owned);
            let previous = world.state.previous.as_ref().map(|previous| red(&previous.version, false));
            let verdicts = version.map(|version| red(&version, challenger)).into_iter().chain(previous);
            red_minute(verdicts.chain([red(&world.state.champion, champion)]).collect())
        }
        Move::Approve(at) => {
            world.state.rollout.as_ref()?;
            Event::Approve(world.approval(who(at)))
        }
        Move::Start(at, version, again) => Event::Start(Start { by: who(at), again, ..start(&version.to_string()) }),
        Move::Resume(at) => Event::Resume { by: who(at), reason },
        Move::Hold(at) => Event::Hold { by: who(at), reason, until_ms: None },
        Move::Rollback(at) => Event::Rollback { by: who(at), reason },
        Move::Waive(at, gate) => Event::Waive { by: who(at), gate, reason },
        Move::Repolicy(at, sha) => Event::Repolicy {
            by: who(at),
            policy_sha256: format!("policy {sha}"),
            modes: Modes { precision: Mode::Absolute, recall: Mode::Absolute },
        },
        Move::PostMortem(version) => Event::PostMortem { by: operator(), version: version.to_string(), document_sha256: reason },
        Move::Watch(ms) => {
            world.now += ms;
            Event::Watch { newest_row_ms: None }
        }
    })
}

/// What holds of any state.
fn check(world: &World) {
    let state = &world.state;
    let settings = allocation(&world.policy, state, &AllocationSettings::champion_only("none"));
    assert_eq!(settings.champion, state.champion, "the champion is never lost");
    Allocation::compile(settings.clone()).unwrap();
    assert!(state.loaded().contains(&state.champion.as_str()));
    assert!(next_look_ms(&world.policy, state, world.now).is_none_or(|next| next >= world.now));
    let Some(rollout) = &state.rollout else { return };
    assert_ne!(rollout.stage, Stage::Idle);
    assert_ne!(rollout.challenger, state.champion);
    assert_eq!(rollout.test.is_some(), rollout.stage == Stage::AbTest);
    let share: u32 = settings.arm.iter().map(|arm| arm.share_bp).sum();
    let most = match rollout.stage {
        Stage::Idle | Stage::Shadow => 0,
        Stage::Canary => 1_000,
        Stage::AbTest => 5_000,
        Stage::Full => 10_000,
    };
    assert_eq!(share, if rollout.suspended.is_some() { 0 } else { most });
    assert_eq!(state.past[&rollout.challenger].end, None);
}

/// What holds of any step: a stage is entered only from the one before, by an approval of a person other than who started, with all its
/// gates met; the champion changes only by completion or by going back; epoch and version only grow.
fn check_step(policy: &Policy, before: &State, event: &Event, after: &State) {
    assert!(after.epoch >= before.epoch && after.version >= before.version);
    let (from, to) = (before.stage(), after.stage());
    if to > Stage::Shadow && to != from {
        let Event::Approve(approve) = event else { panic!("{to:?} without an approval") };
        let rollout = before.rollout.as_ref().unwrap();
        assert_eq!(Stage::ACTIVE.iter().position(|stage| *stage == from).map(|at| Stage::ACTIVE[at + 1]), Some(to));
        assert!(rollout.open_gates(policy).is_empty() && rollout.look.is_some());
        assert!(rollout.why_held(before.clock_ms).is_none() && rollout.suspended.is_none());
        let people: Vec<&str> = rollout.approvals.iter().map(|one| one.name.as_str()).chain([approve.by.name.as_str()]).collect();
        assert!(people.iter().any(|name| *name != rollout.started_by), "four eyes");
        assert_eq!(approve.by.scope, Scope::Approve);
    }
    if to == Stage::Shadow && from != to {
        assert!(matches!(event, Event::Start(_)) && from == Stage::Idle);
    }
    if before.champion != after.champion {
        let completed = before.challenger() == Some(after.champion.as_str()) && from == Stage::Full;
        let reverted = before.previous.as_ref().is_some_and(|previous| previous.version == after.champion) && from == Stage::Idle;
        assert!(completed || reverted);
        let end = if completed { &after.past[&after.champion] } else { &after.past[&before.champion] };
        assert_eq!(end.end, Some(if completed { End::Completed } else { End::RolledBack }));
    }
}

/// Walks that begin anywhere: a walk of random events alone would hardly ever see full rollout.
fn walks() -> impl Strategy<Value = (Stage, Vec<Move>)> {
    let from = prop::sample::select(vec![Stage::Idle, Stage::Shadow, Stage::Canary, Stage::AbTest, Stage::Full]);
    (from, prop::collection::vec(moves(), 1..60))
}

fn walk(from: Stage, steps: Vec<Move>) -> BTreeSet<&'static str> {
    let mut world = if from == Stage::Idle { World::new() } else { World::in_stage(from) };
    let mut seen = BTreeSet::new();
    for one in steps {
        let Some(event) = event(&mut world, one) else {
            check(&world);
            continue;
        };
        let before = world.state.clone();
        if world.attempt(event.clone()).is_ok() {
            check_step(&world.policy, &before, &event, &world.state);
        } else {
            assert_eq!(before, world.state);
        }
        check(&world);
        if before.stage() != world.stage() {
            seen.insert(world.stage().name());
        }
        seen.extend((before.champion != world.state.champion).then_some("champion"));
        seen.extend(world.state.rollout.as_ref().and_then(|rollout| rollout.suspended.as_ref()).map(|_| "suspended"));
    }
    let policy = world.policy.clone();
    let again = replay(State::genesis("1", NINE), &world.ledger, &|_| Some(policy.clone())).unwrap();
    assert_eq!(State { clock_ms: world.state.clock_ms, ..again }, world.state);
    seen
}

#[test]
fn random_events_never_lead_to_an_illegal_state() {
    let seen = RefCell::new(BTreeSet::new());
    // The same walks in each run, so that what they reach does not depend on luck.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::with_cases(100), rng);
    runner
        .run(&walks(), |(from, steps)| {
            seen.borrow_mut().extend(walk(from, steps));
            Ok(())
        })
        .unwrap();
    // The walks are worth something only if they get about.
    let all = ["ab_test", "canary", "champion", "full", "idle", "shadow", "suspended"];
    assert_eq!(seen.into_inner().into_iter().collect::<Vec<_>>(), all);
}
