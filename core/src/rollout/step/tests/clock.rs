//! Repetitions, days and jumps of the clock.

use super::*;
use crate::rollout::{Audience, day_of};

fn day(day: i64, leads: u64, scored: u64, killed: bool) -> Event {
    Event::Day { day, leads, scored, killed, absent: false }
}

#[test]
fn what_is_repeated_changes_nothing() {
    let mut world = World::in_stage(Stage::Shadow);
    world.days_until_look();
    let look = Event::Look(world.look_event(&[(Gate::PerfAuc, Outcome::Inconclusive)]));
    world.ok(look.clone());
    let before = world.state.clone();
    for event in [look, day(day_of(world.now) - 1, 500, 0, true), day(day_of(world.now) - 30, 500, 500, false)] {
        assert_eq!(world.ok(event), []);
        assert_eq!(world.state, before);
    }
    world.now += 60_000;
    assert_eq!(world.ok(Event::Watch { newest_row_ms: None }), []);
    assert_eq!(State { clock_ms: before.clock_ms, ..world.state.clone() }, before, "time alone is no change");
    // A look of another stage or rollout, and one that is not due.
    world.look(&[]);
    let mut look = LookEvent { number: 3, ..world_look(&world) };
    assert_eq!(world.refused(Event::Look(look.clone())), "NOT_DUE");
    look.stage = Stage::Canary;
    assert_eq!(world.refused(Event::Look(look)), "NOT_IN_STAGE");
}

fn world_look(world: &World) -> LookEvent {
    let mut other = world.clone();
    other.days_until_look();
    other.look_event(&[])
}

#[test]
fn only_days_on_which_the_challenger_scored_count() {
    let mut world = World::in_stage(Stage::Shadow);
    let first = day_of(world.now);
    assert_eq!(world.refused(day(first, 500, 500, false)), "NOT_DUE");
    world.now += 10 * DAY_MS;
    world.state.clock_ms = world.now;
    for (at, leads, scored, killed, logged) in [
        (first - 1, 500, 500, false, 0),
        (first, 500, 475, false, 1),
        (first + 1, 500, 474, false, 1),
        (first + 2, 0, 0, false, 2),
        (first + 3, 500, 500, true, 2),
        (first + 4, 500, 500, false, 3),
        (first + 4, 500, 500, false, 3),
    ] {
        world.ok(day(at, leads, scored, killed));
        assert_eq!(world.rollout().days_logged, logged, "day {}", at - first);
    }
    assert_eq!(world.rollout().days_missed, 2);
}

#[test]
fn a_missed_look_is_judged_once_and_late() {
    let mut world = World::in_stage(Stage::Shadow);
    world.days(25);
    world.look(&[(Gate::PerfAuc, Outcome::Inconclusive)]);
    assert_eq!((world.rollout().looks, due(&world.policy, &world.state, world.now)), (1, None));
    // Of a test, the latest week of those that were missed.
    let mut world = World::in_stage(Stage::AbTest);
    world.days(29);
    assert_eq!(due(&world.policy, &world.state, world.now).map(|look| (look.number, look.is_last)), Some((3, false)));
    world.look(&[(Gate::AbConversion, Outcome::Inconclusive)]);
    assert_eq!(due(&world.policy, &world.state, world.now), None);
    world.days(60);
    assert_eq!(due(&world.policy, &world.state, world.now).map(|look| (look.number, look.is_last)), Some((6, true)));
}

#[test]
fn a_clock_set_back_stands_still_until_it_has_caught_up() {
    let mut world = World::in_stage(Stage::Shadow);
    world.days_until_look();
    let now = world.now;
    world.now = now - 3_600_000;
    let watch = |ms| Event::Watch { newest_row_ms: Some(ms) };
    assert_eq!(world.ok(watch(now)), [Action::ClockJump { from_ms: now, to_ms: now - 3_600_000 }]);
    assert_eq!((world.state.clock_ms, due(&world.policy, &world.state, now)), (now, None), "looks wait");
    assert_eq!(world.ok(watch(now)), [], "one report of a jump");
    // Other commands go on.
    world.ok(Event::Hold { by: operator(), reason: String::new(), until_ms: None });
    assert_eq!(world.rollout().holds[0].since_ms, now);
    world.now = now + 1;
    world.ok(watch(now - DAY_MS));
    assert_eq!(due(&world.policy, &world.state, world.now), None, "no row of the day yet");
    world.ok(watch(now));
    assert!(due(&world.policy, &world.state, world.now).is_some());
}

#[test]
fn a_clock_set_forward_is_believed_when_rows_confirm_it_and_undone_when_it_is_set_right() {
    let mut world = World::in_stage(Stage::Shadow);
    world.days_until_look();
    let now = world.now;
    world.now = now + 400 * DAY_MS;
    assert_eq!(
        world.ok(Event::Watch { newest_row_ms: Some(now) }),
        [Action::ClockJump { from_ms: now, to_ms: now + 400 * DAY_MS }]
    );
    assert_eq!(due(&world.policy, &world.state, world.now), None);
    world.now = now + 60_000;
    world.ok(Event::Watch { newest_row_ms: Some(now) });
    assert_eq!((world.state.clock_ms, world.state.jump), (now + 60_000, None));
    assert!(due(&world.policy, &world.state, world.now).is_some());
    // A service that was off for three days sees the same, and goes on with the first row.
    world.now += 3 * DAY_MS;
    world.ok(Event::Watch { newest_row_ms: Some(now) });
    assert_eq!(due(&world.policy, &world.state, world.now), None);
    world.ok(Event::Watch { newest_row_ms: Some(world.now) });
    assert!(due(&world.policy, &world.state, world.now).is_some());
}

#[test]
fn a_day_that_does_not_count_is_reported() {
    let mut world = World::in_stage(Stage::Shadow);
    let first = day_of(world.now);
    world.now += DAY_MS;
    let actions = world.ok(day(first, 500, 400, false));
    let Action::Message { to: Audience::Channels, sentence, .. } = &actions[0] else { panic!("{actions:?}") };
    assert!(
        sentence
            .text
            .ends_with("does not count as a day of shadow: the challenger scored 400 of 500 leads, and 95 % are needed."),
        "{}",
        sentence.text
    );
}
