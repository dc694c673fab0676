//! A rollout step by step, on virtual time. Each state is written as JSON and read again before the next step, as after a restart.

mod clock;
mod ends;
mod holds;
mod looks;
mod properties;
mod refusals;
mod rows;

use super::step;
use crate::rollout::hold::HoldBy;
use crate::rollout::ledger::{Entry, Kind, Recorded};
use crate::rollout::look::{Modes, TestPlan};
use crate::rollout::model::ModelStatus;
use crate::rollout::policy::Mode;
use crate::rollout::red::{RedRule, RedVerdict};
use crate::rollout::state::Rollout;
use crate::rollout::verdict::{Comparator, Outcome, Severity, Verdict};
use crate::rollout::{
    Action, Actor, Approve, DAY_MS, Event, Gate, LookEvent, Person, Policy, Scope, Stage, Start, State, TransitionError, day_of,
    due,
};
use crate::sentence::Sentence;

/// 09:00 of a day.
pub(crate) const NINE: i64 = 20_000 * DAY_MS + 9 * 3_600_000;

pub(crate) fn person(name: &str, role: &str) -> Actor {
    Actor { name: name.to_owned(), role: role.to_owned(), scope: Scope::Approve }
}

/// Starts rollouts.
pub(crate) fn ada() -> Actor {
    person("Ada", "ml_lead")
}

/// Approves them.
pub(crate) fn bo() -> Actor {
    person("Bo", "ml_lead")
}

pub(crate) fn pia() -> Actor {
    person("Pia", "product_manager")
}

pub(crate) fn operator() -> Actor {
    Actor { name: "ops".to_owned(), role: String::new(), scope: Scope::Operate }
}

pub(crate) fn verdict(gate: Gate, stage: Stage, outcome: Outcome) -> Verdict {
    Verdict {
        gate,
        stage,
        outcome,
        provisional: false,
        severity: Severity::Info,
        value: None,
        baseline: None,
        champion: None,
        threshold: None,
        comparator: Comparator::AtLeast,
        unit: "share".to_owned(),
        n: 1_000,
        needed_n: None,
        ready_ms: None,
        interval: None,
        method: String::new(),
        waived: None,
        sentence: Sentence::new("TEST", format!("{gate} is {outcome:?}.")),
        evidence_sha256: String::new(),
    }
}

pub(crate) fn red(version: &str, is_red: bool) -> RedVerdict {
    let sentence = Sentence::new("RED_ERRORS", "11 % of the requests failed (31 of 280).");
    RedVerdict { version: version.to_owned(), rule: RedRule::Errors, is_red, sentence }
}

pub(crate) fn red_minute(verdicts: Vec<RedVerdict>) -> Event {
    Event::Red { verdicts, evidence_sha256: "minute".to_owned() }
}

pub(crate) fn plan(weeks: u32) -> TestPlan {
    let planned_per_arm = u64::from(weeks) * 1_750;
    TestPlan { weeks, leads_per_day: 500, needed_per_arm: 43_000, planned_per_arm, sha256: format!("plan of {weeks}") }
}

pub(crate) fn start(version: &str) -> Start {
    let person = |actor: Actor| Person { name: actor.name, role: actor.role };
    Start {
        by: ada(),
        version: version.to_owned(),
        status: ModelStatus::Registered,
        is_verified: true,
        approved_by: Vec::new(),
        approvers: vec![person(ada()), person(bo()), person(pia())],
        modes: Modes { precision: Mode::Relative, recall: Mode::Relative },
        cannot_hold_together: false,
        acknowledge: false,
        again: false,
        report_sha256: "report".to_owned(),
        policy_sha256: "policy".to_owned(),
    }
}

/// A store, its people and its clock.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) state: State,
    pub(crate) now: i64,
    /// What changed the state, as the ledger records it.
    pub(crate) ledger: Vec<Entry>,
}

impl World {
    pub(crate) fn new() -> World {
        World { policy: Policy::default(), state: State::genesis("1", NINE), now: NINE, ledger: Vec::new() }
    }

    /// A store whose challenger `2` has just entered `stage`.
    pub(crate) fn in_stage(stage: Stage) -> World {
        let mut world = World::new();
        world.ok(Event::Start(start("2")));
        for next in Stage::ACTIVE.into_iter().filter(|next| *next > Stage::Shadow && *next <= stage) {
            world.pass();
            assert_eq!(world.stage(), next);
        }
        world
    }

    pub(crate) fn stage(&self) -> Stage {
        self.state.stage()
    }

    pub(crate) fn rollout(&self) -> &Rollout {
        self.state.rollout.as_ref().unwrap()
    }

    pub(crate) fn is_held(&self) -> bool {
        self.rollout().is_held(self.now)
    }

    pub(crate) fn attempt(&mut self, event: Event) -> Result<Vec<Action>, TransitionError> {
        let (next, actions) = step(&self.policy, &self.state, &event, self.now)?;
        let restarted: State = serde_json::from_str(&serde_json::to_string(&next).unwrap()).unwrap();
        assert_eq!(restarted, next, "a state does not survive a restart");
        if next.version != self.state.version {
            let recorded = Recorded::new(event, "policy", &self.state, &next, self.now);
            let head = self.ledger.last().map(Entry::head);
            self.ledger.push(Entry::append(head.as_ref(), self.now, Kind::Event, "", recorded.body()));
        }
        self.state = restarted;
        Ok(actions)
    }

    pub(crate) fn ok(&mut self, event: Event) -> Vec<Action> {
        let name = format!("{event:?}");
        self.attempt(event).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The code with which an event is rejected; the state stays as it is.
    pub(crate) fn refused(&mut self, event: Event) -> &'static str {
        let before = self.state.clone();
        let error = self.attempt(event).unwrap_err();
        assert_eq!(self.state, before);
        assert!(error.to_string().ends_with(['.', ':']), "{error}");
        error.code()
    }

    /// Lets `n` days go by, each of which the challenger was logged on.
    pub(crate) fn days(&mut self, n: u32) {
        for _ in 0..n {
            let day = day_of(self.now);
            self.now += DAY_MS;
            self.ok(Event::Day { day, leads: 500, scored: 500, killed: false, absent: false });
        }
    }

    pub(crate) fn days_until_look(&mut self) {
        for _ in 0..200 {
            if due(&self.policy, &self.state, self.now).is_some() {
                return;
            }
            self.days(1);
        }
        panic!("no look within 200 days");
    }

    /// The look that is due, with all gates passed but those given.
    pub(crate) fn look_event(&self, found: &[(Gate, Outcome)]) -> LookEvent {
        let due = due(&self.policy, &self.state, self.now).expect("a look is due");
        let rollout = self.rollout();
        let outcome = |gate: Gate| found.iter().find(|(other, _)| *other == gate).map_or(Outcome::Pass, |(_, outcome)| *outcome);
        let verdicts = Gate::ALL.into_iter().filter(|gate| rollout.is_judged(*gate));
        LookEvent {
            rollout: due.rollout.clone(),
            stage: due.stage,
            run: due.run,
            number: due.number,
            verdicts: verdicts.map(|gate| verdict(gate, due.stage, outcome(gate))).collect(),
            evidence_sha256: format!("evidence of {} {}", due.stage.name(), due.name()),
            worse_segments: Vec::new(),
            is_last: false,
            summary: None,
        }
    }

    /// Waits for the next look and judges it.
    pub(crate) fn look(&mut self, found: &[(Gate, Outcome)]) -> Vec<Action> {
        self.days_until_look();
        let look = self.look_event(found);
        self.ok(Event::Look(look))
    }

    pub(crate) fn approval(&self, by: Actor) -> Approve {
        let evidence_sha256 = self.rollout().look.as_ref().map_or_else(String::new, |look| look.evidence_sha256.clone());
        let plan = (self.stage() == Stage::Canary).then(|| plan(6));
        Approve { by, evidence_sha256, comment: String::new(), plan }
    }

    pub(crate) fn approve(&mut self, by: Actor) -> Vec<Action> {
        let approval = self.approval(by);
        self.ok(Event::Approve(approval))
    }

    /// Passes the stage: looks until it is ready, and the approvals it needs.
    pub(crate) fn pass(&mut self) {
        self.look(&[]);
        while self.stage() == Stage::AbTest && !self.rollout().test.as_ref().unwrap().is_final {
            self.look(&[]);
        }
        let stage = self.stage();
        for by in [bo(), pia()] {
            if self.stage() == stage && self.policy.stage.approvers(stage).contains(&by.role) {
                self.approve(by);
            }
        }
    }

    pub(crate) fn resume(&mut self, by: Actor) -> Vec<Action> {
        self.ok(Event::Resume { by, reason: "looked at it".to_owned() })
    }

    pub(crate) fn holds(&self) -> Vec<HoldBy> {
        self.rollout().holds.iter().map(|hold| hold.by.clone()).collect()
    }
}

/// The numbers of the rows that the actions name.
pub(crate) fn rows(actions: &[Action]) -> Vec<u8> {
    let row = |action: &Action| match action {
        Action::Transition { row, .. } => Some(*row),
        _ => None,
    };
    actions.iter().filter_map(row).collect()
}

/// The texts of the messages among the actions.
pub(crate) fn messages(actions: &[Action]) -> Vec<String> {
    let text = |action: &Action| match action {
        Action::Message { sentence, .. } => Some(sentence.text.clone()),
        _ => None,
    };
    actions.iter().filter_map(text).collect()
}
