//! Rollouts of a simulated company through the real service on virtual time: how each kind of challenger ends, and which disturbances change nothing.
//!
//! `cargo run --profile quick -p plumbline-tests --bin scenarios -- 200` plays many seeds; here there are five.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly anywhere"
)]

use plumbline_core::event::{ChangeReason, ScoreChange};
use plumbline_core::rollout::policy::LeadStore;
use plumbline_core::rollout::{Policy, Stage};
use plumbline_tests::scenario::{BEGINS_MS, Ended, LEADS, START, WAIVED, play, script};
use plumbline_worker::world;
use serde_json::{Value, json};

/// The smaller world's rules: a test may pass with as many leads as two weeks of it hold.
fn policy() -> Policy {
    let mut policy = world::policy();
    policy.experiment.primary.least_per_arm = 2_500;
    policy
}

fn played(challenger: &str, days: u32, events: &[Value]) -> Ended {
    let ended = play(&script(challenger, 1, days, events), policy()).unwrap();
    assert!(ended.is_whole(), "the ledger is whole");
    ended
}

/// An event `after` days after the start.
fn at(after: i64, hour: u32, kind: &str, rest: Value) -> Value {
    let mut event = json!({ "at": format!("d{} {hour:02}:00", START + after), "kind": kind });
    event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    event
}

fn shown(ended: &Ended) -> String {
    format!("{:#?}\n{:?}\n{:?}", ended.moves(), ended.holds(), ended.played.rejected)
}

#[test]
fn a_good_model_reaches_all_leads_on_the_earliest_day_and_becomes_champion() {
    let mut script = script("good", 1, 14 + 52, &[]);
    script["lift"] = json!(0.2);
    let ended = play(&script, written_back()).unwrap();
    let days = ["canary", "ab_test", "full"].map(|stage| ended.day_of(stage));
    assert_eq!(days, [Some(14), Some(21), Some(42)], "{}", shown(&ended));
    let last = ended.moves().pop().unwrap();
    assert_eq!((last.day, last.end.as_deref(), last.row), (49, Some("completed"), 5), "{}", shown(&ended));
    assert_eq!(ended.state.champion, world::Script::CHALLENGER);
    assert!(ended.played.rejected.is_empty(), "{}", shown(&ended));
    // Full rollout had the open leads scored again, once: the end of the rollout changed nothing.
    let rescored = &ended.rescored;
    assert_eq!((rescored["state"].as_str(), rescored["by"].as_str()), (Some("done"), Some("promotion")), "{rescored}");
    assert_eq!(rescored["version"], world::Script::CHALLENGER);
    let began_day = (plumbline_core::table::parse_date(rescored["began_at"].as_str().unwrap()).unwrap() - BEGINS_MS) / 86_400_000;
    // People approve after the day's tick.
    assert_eq!(began_day - START, 43, "{rescored}");
    assert!(replaced(&ended, world::Script::CHAMPION, world::Script::CHALLENGER).len() > 20, "{rescored}");
}

#[test]
fn an_equal_model_is_never_promoted_to_all_leads() {
    let ended = played("equal", 14 + 80, &[]);
    assert_eq!(ended.day_of("full"), None, "{}", shown(&ended));
    assert_eq!(ended.state.champion, world::Script::CHAMPION);
}

#[test]
fn a_model_that_ranks_better_but_sells_less_never_reaches_all_leads() {
    for seed in 1..=5 {
        let mut script = script("good", seed, 14 + 80, &[]);
        script["lift"] = json!(-0.1);
        let ended = play(&script, policy()).unwrap();
        assert!(ended.is_whole());
        assert_eq!((ended.day_of("full"), ended.state.champion.as_str()), (None, world::Script::CHAMPION), "{}", shown(&ended));
    }
}

#[test]
fn a_model_that_ranks_worse_never_reaches_all_leads() {
    let ended = played("worse", 14 + 80, &[]);
    assert_eq!(ended.day_of("full"), None, "{}", shown(&ended));
}

#[test]
fn fewer_conversions_roll_a_test_back_by_its_bound_at_a_look() {
    let mut script = script("good", 1, 14 + 60, &[]);
    script["lift"] = json!(-0.2);
    let ended = play(&script, policy()).unwrap();
    assert_eq!(ended.end(), Some(("rolled_back".to_owned(), 10)), "{}", shown(&ended));
    // The first look: a week of new leads, and a week until they have matured.
    assert_eq!(ended.moves().pop().unwrap().day, 21 + 14, "{}", shown(&ended));
    assert!(ended.state.past[world::Script::CHALLENGER].is_post_mortem_open);
}

#[test]
fn errors_of_the_canary_roll_it_back_at_the_next_evaluation() {
    let ended = played("good", 14 + 20, &[at(16, 9, "errors", json!({ "of": "challenger", "share": 0.5 }))]);
    assert_eq!(ended.end(), Some(("rolled_back".to_owned(), 12)), "{}", shown(&ended));
    let last = ended.moves().pop().unwrap();
    assert_eq!(last.day, 16);
    let entry = ended.chain.iter().rev().find(|entry| entry.kind == "transition").unwrap();
    // Errors began at nine; the service is evaluated at twelve.
    assert_eq!(entry.at_ms.rem_euclid(86_400_000) / 3_600_000, 12);
}

#[test]
fn a_canary_that_ranks_worse_is_rolled_back_by_a_daily_bound() {
    // It passed shadow as a good model; from its second day in canary on its scores say nothing.
    let mut policy = policy();
    policy.stage.canary.min_days = 28;
    let blind = at(15, 9, "ranks_worse", json!({ "of": "challenger", "share": 1.0 }));
    let ended = play(&script("good", 1, 14 + 44, &[blind]), policy).unwrap();
    assert!(ended.is_whole(), "the ledger is whole");
    assert_eq!((ended.day_of("canary"), ended.day_of("ab_test")), (Some(14), None), "{}", shown(&ended));
    assert_eq!(ended.end(), Some(("rolled_back".to_owned(), 9)), "{}", shown(&ended));
    // Leads of day 15 mature on day 22; no look of canary comes before day 42.
    let last = ended.moves().pop().unwrap();
    assert!((23..38).contains(&last.day) && last.sentence.0.ends_with("_FAIL_DAILY"), "{}", shown(&ended));
    assert_eq!(ended.state.champion, world::Script::CHAMPION);
}

#[test]
fn a_model_that_harms_a_segment_is_held_and_the_segment_is_named() {
    let mut script = script("harmful", 1, 14 + 50, &[]);
    script["lift"] = json!(0.2);
    let ended = play(&script, policy()).unwrap();
    assert_eq!((ended.state.stage(), ended.day_of("full")), (Stage::AbTest, None), "{}", shown(&ended));
    assert!(ended.holds().iter().any(|text| text.contains(world::HARMED)), "{}", shown(&ended));
}

/// [`policy`] with write-back: fields of scored leads are kept, and open leads are scored again at once.
fn written_back() -> Policy {
    let mut policy = policy();
    policy.leads.store = LeadStore::Scored;
    (policy.writeback.enabled, policy.writeback.rescore_per_second) = (true, 1_000_000);
    policy
}

/// The changes of rescoring that replaced a score of `version`, and whether each is a score of `by`, whose leads it names once.
fn replaced(ended: &Ended, version: &str, by: &str) -> Vec<String> {
    let of = |change: &&ScoreChange| {
        change.reason == ChangeReason::Rescored && change.previous.as_ref().is_some_and(|previous| previous.version == version)
    };
    let found: Vec<&ScoreChange> = ended.changes.iter().filter(of).collect();
    assert!(found.iter().all(|change| change.version == by), "scores are {by}'s");
    let mut leads: Vec<String> = found.iter().map(|change| change.lead_id.clone()).collect();
    leads.sort();
    leads.dedup();
    assert_eq!(leads.len(), found.len(), "each lead once");
    leads
}

#[test]
fn after_a_canary_that_is_rolled_back_the_crm_shows_the_champion_s_scores_again() {
    for (stage, after) in [("canary", 16), ("ab_test", 24)] {
        let events = [at(after, 9, "errors", json!({ "of": "challenger", "share": 0.5 }))];
        let mut script = script("good", 1, START as u32 + after as u32 + 2, &events);
        script["lift"] = json!(0.2);
        // The rollback and what follows it are not of one tick.
        script["ends_when_decided"] = json!(false);
        let ended = play(&script, written_back()).unwrap();
        assert_eq!((ended.end().unwrap().0.as_str(), ended.day_of(stage).is_some()), ("rolled_back", true), "{}", shown(&ended));
        assert_eq!(ended.day_of("full"), None);
        let (champion, challenger) = (world::Script::CHAMPION, world::Script::CHALLENGER);
        let rescored = &ended.rescored;
        let shown = ["state", "by", "version", "reported_by"].map(|name| rescored[name].as_str().unwrap_or_default().to_owned());
        assert_eq!(shown, ["done", "rollback", champion, challenger].map(str::to_owned), "{rescored}");
        // Only the challenger's leads were looked at, not the thousands that the champion scored.
        let of_challenger = ended.changes.iter().filter(|change| change.version == challenger).count() as u64;
        let looked_at = rescored["leads"].as_u64().unwrap();
        assert!(looked_at > 10 && looked_at <= of_challenger, "{rescored}: {of_challenger} changes");
        let leads = replaced(&ended, challenger, champion);
        assert_eq!(leads.len() as u64, rescored["changed"].as_u64().unwrap(), "{rescored}");
        assert!(!leads.is_empty(), "{rescored}");
        // Of those that show the challenger's score still, each is closed or hidden, or the champion's score is nearly the same.
        let left = ended.shown.get(challenger).copied().unwrap_or_default().unsigned_abs();
        assert_eq!(left, looked_at - rescored["changed"].as_u64().unwrap(), "{rescored} {:?}", ended.shown);
    }
}

#[test]
fn a_model_that_fails_never_serves_a_lead() {
    for kind in ["broken", "slow"] {
        let ended = played(kind, 14 + 30, &[]);
        assert!(!ended.served() && ended.state.stage() == Stage::Shadow, "{}", shown(&ended));
        assert!(!ended.holds().is_empty(), "{}", shown(&ended));
    }
}

#[test]
fn a_broken_draw_suspends_the_test() {
    let ended = played("good", 14 + 40, &[at(21, 9, "srm", json!({ "share": 0.3 }))]);
    let rollout = ended.state.rollout.as_ref().unwrap();
    assert!(rollout.stage == Stage::AbTest && rollout.suspended.is_some(), "{}", shown(&ended));
    assert_eq!(ended.moves().pop().unwrap().row, 11, "{}", shown(&ended));
}

#[test]
fn without_an_approval_nothing_moves() {
    let mut script = script("good", 1, 14 + 20, &[]);
    script["event"].as_array_mut().unwrap().retain(|event| event["kind"] != "attend");
    let ended = play(&script, policy()).unwrap();
    assert_eq!(ended.state.stage(), Stage::Shadow, "{}", shown(&ended));
    let starts: Vec<u64> = ended.moves().iter().map(|moved| moved.row).filter(|row| *row != 6).collect();
    assert_eq!(starts, [1], "{}", shown(&ended));
}

/// `text` without digests and names of instances: runs of at least 32 hexadecimal digits.
fn nameless(text: &str) -> String {
    let is_name = |part: &&str| part.len() >= 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split('"').map(|part| if is_name(&part) { "#" } else { part }).collect::<Vec<_>>().join("\"")
}

#[test]
fn restarts_and_duplicate_ticks_in_every_stage_change_no_entry_of_the_ledger() {
    let plain = {
        let mut script = script("good", 1, 14 + 52, &[]);
        script["lift"] = json!(0.2);
        script
    };
    let calm = play(&plain, policy()).unwrap();
    let mut shaken = plain;
    let events = shaken["event"].as_array_mut().unwrap();
    events.push(at(-3, 9, "duplicate_ticks", json!({ "times": 3 })));
    events.extend((-2..52).map(|day| at(day, (7 + 5 * day.unsigned_abs() % 15) as u32, "restart", json!({}))));
    let shaken = play(&shaken, policy()).unwrap();
    // A new process has a new name, which the evidence mentions.
    let of = |ended: &Ended| {
        ended.chain.iter().map(|entry| (entry.at_ms, entry.kind.clone(), nameless(&entry.body))).collect::<Vec<_>>()
    };
    let (calm, shaken) = (of(&calm), of(&shaken));
    let differ = calm.iter().zip(&shaken).find(|(a, b)| a != b);
    assert!(differ.is_none(), "{differ:#?}");
    assert_eq!(calm.len(), shaken.len());
}

#[test]
fn a_host_that_is_killed_loses_unstored_rows_and_the_rollout_goes_on() {
    let plain = |events: &[Value]| {
        let mut script = script("good", 1, 14 + 58, events);
        script["lift"] = json!(0.2);
        play(&script, policy()).unwrap()
    };
    // An hour before noon, in the middle between two looks.
    let kills: Vec<Value> = (-2..40).step_by(5).map(|day| at(day, 11, "kill_host", json!({}))).collect();
    let (calm, killed) = (plain(&[]), plain(&kills));
    assert!(killed.is_whole(), "the ledger is whole");
    let of = |ended: &Ended| ended.moves().into_iter().map(|moved| (moved.day, moved.stages, moved.row)).collect::<Vec<_>>();
    assert_eq!(of(&killed), of(&calm), "{}", shown(&killed));
    // Restarts change no entry; what is lost here is missing in the evidence.
    let looks = |ended: &Ended| -> Vec<String> {
        ended.chain.iter().filter(|entry| entry.kind == "look").map(|entry| nameless(&entry.body)).collect()
    };
    assert_ne!(looks(&killed), looks(&calm));
}

#[test]
fn a_clock_that_jumps_changes_no_transition_and_makes_up_no_day() {
    let jumps = [(5, 3.0), (10, -1.0), (16, 100.0), (25, -50.0), (40, 30.0)];
    let events: Vec<Value> = jumps.iter().map(|(day, hours)| at(*day, 11, "clock_jump", json!({ "hours": hours }))).collect();
    let plain = |events: &[Value]| {
        let mut script = script("good", 1, 14 + 58, events);
        script["lift"] = json!(0.2);
        play(&script, policy()).unwrap()
    };
    let (calm, shaken) = (plain(&[]), plain(&events));
    let of = |ended: &Ended| ended.moves().into_iter().map(|moved| (moved.stages, moved.row)).collect::<Vec<_>>();
    assert_eq!(of(&shaken), of(&calm), "{}", shown(&shaken));
    // The jump of 100 hours skips three whole days, which do not count: all that follows has dates three days later.
    let late = calm.moves().iter().zip(shaken.moves()).map(|(calm, shaken)| shaken.day - calm.day).collect::<Vec<_>>();
    assert_eq!(late, [0, 0, 3, 3, 3, 3]);
    let jumps = shaken.chain.iter().filter(|entry| entry.kind == "clock").count();
    assert!(jumps >= 4, "{jumps}");
}

#[test]
fn a_retrained_model_takes_over_after_drift_with_no_hand_but_the_approvals() {
    // One Sunday in the middle of the history; the script registers no challenger of its own that is ever started.
    let mut policy = policy();
    policy.retrain.when.schedule = "0 2 18 10 *".to_owned();
    policy.retrain.when.drifted_features = 0;
    policy.leads.store = plumbline_core::rollout::policy::LeadStore::Scored;
    let events = [
        json!({ "at": "d41 09:00", "kind": "capacity" }),
        json!({ "at": "d12 09:00", "kind": "drift", "deviations": 1.0 }),
        json!({ "at": "d20 09:00", "kind": "retrain" }),
        json!({ "at": "d20 09:00", "kind": "attend", "waive": WAIVED }),
    ];
    let script = json!({
        "seed": 1, "days": 112, "leads": LEADS, "challenger": "good", "lift": 0.2, "event": events, "ticks": [11], "ends_when_decided": true,
    });
    let ended = play(&script, policy).unwrap();
    assert!(ended.is_whole());
    let run = &ended.report["retraining"]["runs"][0];
    assert_eq!((&run["trigger"], &run["result"]), (&json!("schedule"), &json!("queued")), "{run}");
    assert_eq!(ended.state.champion, "2026-10-18.1", "{run} {}", shown(&ended));
    let trained = ended.report["models"].as_array().unwrap().iter().find(|model| model["version"] == "2026-10-18.1").unwrap();
    assert!(trained["estimates"]["auc"]["value"].as_f64() > Some(0.9), "{trained}");
    let goal = ended.report["goals"].as_array().unwrap().iter().find(|goal| goal["id"] == "automated_retraining").unwrap();
    assert_eq!(goal["status"], "pass", "{goal}");
    assert!(ended.played.rejected.is_empty(), "{}", shown(&ended));
}
