//! Plays a script: sends leads, outcomes and commands in order of time.

use plumbline_core::random::Random;
use serde_json::{Value, json};

use super::deal::{Later, fate};
use super::lead::Lead;
use super::script::Script;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Hours in which leads come.
const HOURS: std::ops::Range<i64> = 8..18;
/// Leads on a weekday and on a day of the weekend, as parts of the average.
const WEEK: (f64, f64) = (1.25, 0.375);
/// The part of a day's leads that the reps can work.
const CAPACITY: f64 = 0.6;
/// The part of leads that are scored a second time on the day after.
const AGAIN: f64 = 0.1;

/// The service that a script is played to. Time is whatever the last call said.
pub trait Target {
    /// Sends a request at `now_ms`; status and body of the answer. `key`: the secret of the key it is sent with; empty: none.
    fn send(&mut self, now_ms: i64, method: &str, path: &str, key: &str, body: &[u8]) -> (u16, Vec<u8>);

    /// Lets the service do what is due at `now_ms`.
    fn tick(&mut self, now_ms: i64);
}

/// What was played.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Played {
    /// Leads scored for the first time.
    pub leads: u64,
    /// Outcomes and feedback sent.
    pub events: u64,
    /// Answers that were not 200, the first few with path and body.
    pub rejected: Vec<String>,
    /// Events that belong to leads of the history and have not happened by its end.
    pub pending: usize,
}

/// A lead of the day, as it was answered.
struct Shown {
    lead: Lead,
    at_ms: i64,
    probability: f64,
    version: String,
    explores: bool,
}

/// Plays `script` to `target`. `progress` is called after each day with the part that is done.
pub fn play(script: &Script, target: &mut dyn Target, progress: &mut dyn FnMut(f64)) -> Played {
    let mut player = Player {
        script,
        random: Random::new(script.seed),
        played: Played::default(),
        later: Vec::new(),
        number: 0,
        again: Vec::new(),
        steps: 0,
    };
    let days = (script.until_ms - script.from_ms).div_euclid(DAY_MS) + 1;
    for day in 0..days {
        player.day(target, day);
        progress((day + 1) as f64 / days as f64);
    }
    player.played.pending = player.later.len();
    player.played
}

struct Player<'s> {
    script: &'s Script,
    random: Random,
    played: Played,
    /// Events to be sent, unsorted.
    later: Vec<Later>,
    number: u64,
    /// Leads to be scored again.
    again: Vec<Lead>,
    /// Steps of the script that were sent.
    steps: usize,
}

impl Player<'_> {
    fn day(&mut self, target: &mut dyn Target, day: i64) {
        let begin = self.script.from_ms + day * DAY_MS;
        // Monday is 0; 1970 began on a Thursday.
        let weekday = (begin.div_euclid(DAY_MS) + 3).rem_euclid(7);
        let share = if weekday < 5 { WEEK.0 } else { WEEK.1 };
        let expected = self.script.leads_per_day * share;
        let count = expected.floor() as u64 + u64::from(self.random.unit() < expected.fract());
        let span = (HOURS.end - HOURS.start) as u64 * HOUR_MS as u64;
        let mut times: Vec<i64> = (0..count).map(|_| begin + HOURS.start * HOUR_MS + self.random.below(span) as i64).collect();
        times.sort_unstable();
        let mut shown = Vec::with_capacity(times.len());
        let again = std::mem::take(&mut self.again);
        let mut times = times.into_iter().peekable();
        for hour in 0..24 {
            let until = (begin + (hour + 1) * HOUR_MS).min(self.script.until_ms);
            self.script_steps(target, day, hour);
            if hour == HOURS.start {
                for lead in &again {
                    self.score(target, begin + HOURS.start * HOUR_MS, lead);
                }
            }
            while let Some(at_ms) = times.next_if(|at_ms| *at_ms < until) {
                self.number += 1;
                let lead = Lead::draw(&mut self.random, self.number, 0.0);
                if let Some((probability, version, explores)) = self.score(target, at_ms, &lead) {
                    shown.push(Shown { lead, at_ms, probability, version, explores });
                }
            }
            self.send_events(target, until);
            if hour % 4 == 3 || hour == HOURS.end {
                target.tick(until);
            }
            if until >= self.script.until_ms {
                break;
            }
        }
        self.work(shown);
    }

    /// Scores a lead; its probability, the version that answered, and whether the score is hidden from ranking.
    fn score(&mut self, target: &mut dyn Target, at_ms: i64, lead: &Lead) -> Option<(f64, String, bool)> {
        let body = lead.json().to_string();
        let (status, answer) = target.send(at_ms, "POST", "/v1/score?reasons=0", "", body.as_bytes());
        self.check("/v1/score", status, &answer);
        let answer: Value = serde_json::from_slice(&answer).ok()?;
        let score = answer.pointer("/scores/0").unwrap_or(&answer);
        let explores = score.get("explores").and_then(Value::as_bool).unwrap_or(false);
        self.played.leads += 1;
        Some((score.get("probability")?.as_f64()?, score.pointer("/model/version")?.as_str()?.to_owned(), explores))
    }

    /// The reps work the day's leads hot first, as far as they get; then each lead's fate is known.
    fn work(&mut self, mut shown: Vec<Shown>) {
        let worked = (shown.len() as f64 * CAPACITY) as usize;
        let mut order: Vec<(f64, usize)> = shown
            .iter()
            .enumerate()
            .map(|(at, lead)| (if lead.explores { self.random.unit() } else { lead.probability }, at))
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut is_worked = vec![false; shown.len()];
        for (_, at) in order.into_iter().take(worked) {
            if let Some(worked) = is_worked.get_mut(at) {
                *worked = true;
            }
        }
        for (lead, is_worked) in shown.drain(..).zip(is_worked) {
            let mut chance = lead.lead.chance() * if is_worked { 1.0 } else { self.script.unworked };
            if lead.version == self.script.challenger.0 {
                chance = (chance * (1.0 + self.script.lift)).min(1.0);
            }
            self.later.extend(fate(&mut self.random, &lead.lead.id, &lead.version, lead.at_ms, chance));
            if self.random.unit() < AGAIN {
                self.again.push(lead.lead);
            }
        }
    }

    /// Sends the events that have happened by `until_ms`, by path.
    fn send_events(&mut self, target: &mut dyn Target, until_ms: i64) {
        let (due, later): (Vec<Later>, Vec<Later>) =
            std::mem::take(&mut self.later).into_iter().partition(|event| event.at_ms < until_ms);
        self.later = later;
        for path in ["/v1/outcomes", "/v1/feedback"] {
            let lines: Vec<String> = due.iter().filter(|event| event.path == path).map(|event| event.event.to_string()).collect();
            if lines.is_empty() {
                continue;
            }
            self.played.events += lines.len() as u64;
            let (status, answer) = target.send(until_ms, "POST", path, "", lines.join("\n").as_bytes());
            self.check(path, status, &answer);
        }
    }

    /// Sends the steps of the script that are due.
    fn script_steps(&mut self, target: &mut dyn Target, day: i64, hour: i64) {
        let script = self.script;
        while let Some(step) =
            script.steps.get(self.steps).filter(|step| (i64::from(step.day), i64::from(step.hour)) <= (day, hour))
        {
            self.steps += 1;
            let key = script.people.get(step.by).map(|person| person.secret.as_str()).unwrap_or_default();
            let now_ms = script.from_ms + day * DAY_MS + hour * HOUR_MS;
            let body = if step.body.is_null() { String::new() } else { step.body.to_string() };
            let (status, answer) = target.send(now_ms, "POST", &step.path, key, body.as_bytes());
            self.check(&step.path, status, &answer);
        }
    }

    fn check(&mut self, path: &str, status: u16, answer: &[u8]) {
        if !(200..300).contains(&status) && self.played.rejected.len() < 10 {
            self.played
                .rejected
                .push(json!({ "path": path, "status": status, "answer": String::from_utf8_lossy(answer) }).to_string());
        }
    }
}
