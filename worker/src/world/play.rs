//! Plays a script: sends leads, outcomes and commands in order of time.

use std::collections::BTreeMap;

use plumbline_core::random::Random;
use plumbline_core::report::time_text;
use plumbline_core::window::HOUR_MS;
use serde_json::{Value, json};

use super::deal::{Later, fate};
use super::happening::{Happening, Side};
use super::lead::{Lead, Weather};
use super::script::{Challenger, DAY_MS, Script};

/// Hours in which leads come.
const HOURS: std::ops::Range<i64> = 8..18;
/// Leads on a weekday and on a day of the weekend, as parts of the average.
const WEEK: (f64, f64) = (1.25, 0.375);
/// The part of a day's leads that the reps can work.
const CAPACITY: f64 = 0.6;
/// The part of leads that are scored a second time on the day after.
const AGAIN: f64 = 0.1;
/// The part of requests for which a broken challenger fails.
const BROKEN: f64 = 0.11;
/// The part of requests for which a slow challenger takes so many milliseconds.
const SLOW: (f64, f64) = (0.03, 800.0);
/// Leads by which the lift is set.
const LIFTED: u64 = 10_000;

/// The service that a script is played to. Time is whatever the last call said.
pub trait Target {
    /// Sends a request at `now_ms`; status and body of the answer. `key`: the secret of the key it is sent with; empty: none.
    fn send(&mut self, now_ms: i64, method: &str, path: &str, key: &str, body: &[u8]) -> (u16, Vec<u8>);

    /// Lets the service do what is due at `now_ms`.
    fn tick(&mut self, now_ms: i64);

    /// Something happens to the service itself; other happenings are the player's. `versions`: champion and challenger.
    fn disturb(&mut self, now_ms: i64, what: &Happening, versions: [&str; 2]);
}

/// What was played.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Played {
    /// Leads scored for the first time.
    pub leads: u64,
    /// Outcomes and feedback sent.
    pub events: u64,
    /// Requests that the service could not answer: 500 or above.
    pub failed: u64,
    /// Other answers that were not 200, the first few with path and body.
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
        later: BTreeMap::new(),
        number: 0,
        again: Vec::new(),
        steps: 0,
        weather: Weather::default(),
        lifted: lifted(script),
        waives: None,
        starts_queued: false,
        is_silent: false,
        has_started: false,
    };
    let versions = [script.champion.as_str(), script.challenger.0.as_str()];
    match script.challenger.1 {
        Challenger::Broken => {
            target.disturb(script.from_ms, &Happening::Errors { of: Side::Challenger, share: BROKEN }, versions);
        }
        Challenger::Slow => {
            let slow = Happening::Latency { of: Side::Challenger, share: SLOW.0, ms: SLOW.1 };
            target.disturb(script.from_ms, &slow, versions);
        }
        _ => {}
    }
    let days = (script.until_ms - script.from_ms).div_euclid(DAY_MS) + 1;
    for day in 0..days {
        player.day(target, day);
        if script.ends_when_decided && player.is_decided(target, script.from_ms + (day + 1) * DAY_MS) {
            break;
        }
        progress((day + 1) as f64 / days as f64);
    }
    player.played.pending = player.later.values().map(Vec::len).sum();
    player.played
}

/// By how much p(1 − p) of a lead's chance p is to grow, so that the conversion of all leads grows by the script's lift: a chance near 1 can
/// hardly grow.
fn lifted(script: &Script) -> f64 {
    let mut random = Random::new(script.seed ^ 0x6c69_6674);
    let chances = (0..LIFTED).map(|number| Lead::draw(&mut random, number, 0.0).chance());
    let (sum, open) = chances.fold((0.0, 0.0), |(sum, open), chance| (sum + chance, open + chance * (1.0 - chance)));
    sum / open
}

/// The chance of a lead that buys with `chance` without a `lift`, with what [`lifted`] returns.
fn lifted_chance(chance: f64, lift: f64, lifted: f64) -> f64 {
    let room = 1.0 - chance;
    chance + if lift > 0.0 { (lift * lifted * chance * room).min(room) } else { lift * chance }
}

struct Player<'s> {
    script: &'s Script,
    random: Random,
    played: Played,
    /// Events to be sent, by the hour.
    later: BTreeMap<i64, Vec<Later>>,
    number: u64,
    /// Leads to be scored again.
    again: Vec<Lead>,
    /// Steps of the script that happened.
    steps: usize,
    /// What leads are like now.
    weather: Weather,
    /// [`lifted`].
    lifted: f64,
    /// The gates that people waive, once they attend to the rollout.
    waives: Option<Vec<String>>,
    /// Whether people start the rollout of a model that is queued.
    starts_queued: bool,
    /// Whether sales says nothing any more.
    is_silent: bool,
    /// Whether a rollout was under way at the end of a day.
    has_started: bool,
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
                let lead = Lead::in_world(&mut self.random, self.number, &self.weather);
                if let Some((probability, version, explores)) = self.score(target, at_ms, &lead) {
                    shown.push(Shown { lead, at_ms, probability, version, explores });
                }
            }
            self.send_events(target, until);
            if self.script.ticks.contains(&hour) {
                target.tick(until);
                self.attend(target, until);
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
        if !self.check("/v1/score", status, &answer) {
            return None;
        }
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
            let mut chance = lead.lead.chance();
            if lead.version != self.script.champion {
                let lift = self.script.challenger.1.lift_of(lead.lead.source).unwrap_or(self.script.lift);
                chance = lifted_chance(chance, lift, self.lifted);
            }
            chance *= if is_worked { 1.0 } else { self.script.unworked };
            for event in fate(&mut self.random, &lead.lead.id, &lead.version, lead.at_ms, chance) {
                self.later.entry(event.at_ms.div_euclid(HOUR_MS)).or_default().push(event);
            }
            if self.random.unit() < AGAIN {
                self.again.push(lead.lead);
            }
        }
    }

    /// Sends the events that have happened by `until_ms`, by path.
    fn send_events(&mut self, target: &mut dyn Target, until_ms: i64) {
        let later = self.later.split_off(&(until_ms.div_euclid(HOUR_MS) + 1));
        let due: Vec<Later> = std::mem::replace(&mut self.later, later).into_values().flatten().collect();
        let (due, later): (Vec<Later>, Vec<Later>) = due.into_iter().partition(|event| event.at_ms < until_ms);
        if !later.is_empty() {
            self.later.entry(until_ms.div_euclid(HOUR_MS)).or_default().extend(later);
        }
        for path in ["/v1/outcomes", "/v1/feedback"] {
            if self.is_silent && path == "/v1/feedback" {
                continue;
            }
            let lines: Vec<&str> = due.iter().filter(|event| event.path == path).map(|event| event.event.as_str()).collect();
            if lines.is_empty() {
                continue;
            }
            self.played.events += lines.len() as u64;
            let (status, answer) = target.send(until_ms, "POST", path, "", lines.join("\n").as_bytes());
            self.check(path, status, &answer);
        }
    }

    /// Lets the steps of the script happen that are due.
    fn script_steps(&mut self, target: &mut dyn Target, day: i64, hour: i64) {
        let script = self.script;
        while let Some(step) =
            script.steps.get(self.steps).filter(|step| (i64::from(step.day), i64::from(step.minute / 60)) <= (day, hour))
        {
            self.steps += 1;
            self.happen(target, script.from_ms + day * DAY_MS + hour * HOUR_MS, &step.what);
        }
    }

    fn happen(&mut self, target: &mut dyn Target, now_ms: i64, what: &Happening) {
        match what {
            Happening::Post { by, path, body } => {
                let body = if body.is_null() { String::new() } else { body.to_string() };
                self.post(target, now_ms, *by, path, &body);
            }
            Happening::Attend { waive } => self.waives = Some(waive.clone()),
            Happening::Drift { deviations } => self.weather.drift = *deviations,
            Happening::NewCategory { share } => self.weather.new_category = *share,
            Happening::Missing { share } => self.weather.missing = *share,
            Happening::SilenceSales => self.is_silent = true,
            Happening::FeedbackOdd => {
                let odd = json!({
                    "kind": "odd", "lead_id": format!("L{:07}", self.number), "occurred_at": time_text(now_ms),
                    "text": "This lead cannot be hot.", "version": self.script.challenger.0,
                });
                let (status, answer) = target.send(now_ms, "POST", "/v1/feedback", "", odd.to_string().as_bytes());
                self.check("/v1/feedback", status, &answer);
            }
            to_the_service => {
                self.starts_queued |= *to_the_service == Happening::Retrain;
                let versions = [self.script.champion.as_str(), self.script.challenger.0.as_str()];
                target.disturb(now_ms, to_the_service, versions);
            }
        }
    }

    fn post(&mut self, target: &mut dyn Target, now_ms: i64, by: usize, path: &str, body: &str) {
        let key = self.script.people.get(by).map(|person| person.secret.as_str()).unwrap_or_default();
        let (status, answer) = target.send(now_ms, "POST", path, key, body.as_bytes());
        self.check(path, status, &answer);
    }

    /// Does what the rollout waits for, as far as people attend to it.
    fn attend(&mut self, target: &mut dyn Target, now_ms: i64) {
        self.start_queued(target, now_ms);
        let Some(waives) = self.waives.clone() else { return };
        for gate in self.missing(target, now_ms).into_iter().filter(|missing| waives.contains(missing)) {
            let waiver = json!({ "gate": gate, "reason": "As agreed before the start." }).to_string();
            self.post(target, now_ms, 0, "/v1/rollout/waive", &waiver);
        }
        self.close_incidents(target, now_ms);
        let missing = self.missing(target, now_ms);
        let roles: Vec<&str> = missing.iter().filter_map(|missing| missing.strip_prefix("approval:")).collect();
        if roles.is_empty() || roles.len() < missing.len() {
            return;
        }
        for role in roles {
            // The first person of the role; another one started the rollout.
            let by = self.script.people.iter().position(|person| person.role == role).unwrap_or_default();
            self.post(target, now_ms, by, "/v1/rollout/approve", r#"{"comment":"As agreed."}"#);
        }
    }

    /// Starts the rollout of a model that is queued, where none is under way.
    fn start_queued(&mut self, target: &mut dyn Target, now_ms: i64) {
        if !self.starts_queued || self.get(target, now_ms, "/v1/rollout").get("rollout").is_some_and(|rollout| !rollout.is_null())
        {
            return;
        }
        let models = self.get(target, now_ms, "/v1/models");
        let mut models = models.get("models").and_then(Value::as_array).into_iter().flatten();
        let is_queued = |model: &&Value| model.get("status").and_then(Value::as_str) == Some("queued");
        if let Some(version) = models.find(is_queued).and_then(|model| model.get("version")) {
            let start = json!({ "version": version, "acknowledge": true }).to_string();
            self.post(target, now_ms, 1, "/v1/rollout/start", &start);
        }
    }

    /// Closes the incidents of alerts after which the service is well again.
    fn close_incidents(&mut self, target: &mut dyn Target, now_ms: i64) {
        let answer = self.get(target, now_ms, "/v1/incidents");
        let text = |incident: &Value, name: &str| incident.get(name).and_then(Value::as_str).map(str::to_owned);
        let is_over = |incident: &&Value| {
            let states = ["kind", "closed_at", "restored_at"].map(|name| text(incident, name));
            matches!(states, [Some(kind), None, Some(_)] if kind == "alert")
        };
        let incidents = answer.get("incidents").and_then(Value::as_array).cloned().unwrap_or_default();
        for id in incidents.iter().filter(is_over).filter_map(|incident| text(incident, "id")) {
            let close = json!({ "cause": "Found and mended.", "post_mortem": "What happened, why, and what prevents it now." });
            self.post(target, now_ms, 0, &format!("/v1/incidents/{id}/close"), &close.to_string());
        }
    }

    /// Whether the rollout that was started is over or held.
    fn is_decided(&mut self, target: &mut dyn Target, now_ms: i64) -> bool {
        let rollout = self.get(target, now_ms, "/v1/rollout");
        let rollout = rollout.get("rollout").filter(|rollout| !rollout.is_null());
        self.has_started |= rollout.is_some();
        let is_held = |rollout: &Value| rollout.get("holds").and_then(Value::as_array).is_some_and(|holds| !holds.is_empty());
        self.has_started && rollout.is_none_or(is_held)
    }

    /// The document at `path`.
    fn get(&self, target: &mut dyn Target, now_ms: i64, path: &str) -> Value {
        let key = self.script.people.first().map(|person| person.secret.as_str()).unwrap_or_default();
        let (_, answer) = target.send(now_ms, "GET", path, key, b"");
        serde_json::from_slice(&answer).unwrap_or_default()
    }

    /// What the rollout waits for that people can do at once: nothing before its gates were looked at.
    fn missing(&mut self, target: &mut dyn Target, now_ms: i64) -> Vec<String> {
        let answer = self.get(target, now_ms, "/v1/rollout");
        if answer.pointer("/rollout/look").is_none_or(Value::is_null) {
            return Vec::new();
        }
        let missing = answer.get("missing").and_then(Value::as_array).into_iter().flatten();
        missing.filter_map(|missing| missing.get("id")?.as_str().map(str::to_owned)).collect()
    }

    /// Notes an answer; whether the request was taken.
    fn check(&mut self, path: &str, status: u16, answer: &[u8]) -> bool {
        let is_taken = (200..300).contains(&status);
        if status >= 500 {
            self.played.failed += 1;
        } else if !is_taken && self.played.rejected.len() < 10 {
            self.played
                .rejected
                .push(json!({ "path": path, "status": status, "answer": String::from_utf8_lossy(answer) }).to_string());
        }
        is_taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lift_of_eight_percent_makes_eight_percent_more_leads_buy() {
        let people = ["a", "b", "c"].map(|name| name.repeat(32));
        let file: crate::world::ScriptFile = serde_json::from_value(json!({ "seed": 3, "challenger": "good" })).unwrap();
        let script = file.script(0, people).unwrap();
        let mut random = Random::new(11);
        let chances: Vec<f64> = (0..50_000).map(|number| Lead::draw(&mut random, number, 0.0).chance()).collect();
        for lift in [0.08, -0.06] {
            let lifted = lifted(&script);
            let with: Vec<f64> = chances.iter().map(|chance| lifted_chance(*chance, lift, lifted)).collect();
            assert!(with.iter().all(|chance| (0.0..=1.0).contains(chance)));
            let found = with.iter().sum::<f64>() / chances.iter().sum::<f64>() - 1.0;
            assert!((found - lift).abs() < 0.002, "{found} for {lift}");
        }
    }
}
