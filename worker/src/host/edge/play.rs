//! The demo's history, played at the edge: control on this object's store, the shards in objects of their own, which the shell reaches
//! while the module waits (JavaScript Promise Integration).
#![expect(unsafe_code, reason = "an extern block is unsafe to write: its function is the shell's and takes plain numbers")]

use std::sync::Arc;

use plumbline_core::route::Deployed;

use super::control;
use super::store::ObjectSql;
use super::terms::Terms;
use crate::control::{Ask, Fault};
use crate::lifecycle::{admitted, refused, rules};
use crate::log::{Surveyed, Tested};
use crate::request::{Request, Response};
use crate::route::Place;
use crate::world::{self, DEMO_LEADS, DEMO_SEED, Inside, Kept, Script};
use crate::{Control, Service, SqlError};

#[link(wasm_import_module = "plumbline")]
unsafe extern "C" {
    /// Has shard number `shard` do what [`Task`] number `task` says with the `length` bytes at `text`; how many bytes of answer are at
    /// `control_reserve`, or −1 with the text of an error there.
    safe fn shard_do(task: u32, shard: u32, now: f64, text: *const u8, length: usize) -> f64;
    /// The history is played up to `part` of it.
    safe fn played(part: f64);
}

/// What a shard is asked for, by the numbers that the shell knows.
#[derive(Clone, Copy)]
enum Task {
    Append = 0,
    Events = 1,
    Digest = 2,
    Unsent = 3,
    Acknowledge = 4,
    Minutes = 5,
    Experiment = 6,
    Part = 7,
}

fn shard_does(task: Task, shard: u32, now_ms: i64, text: &[u8]) -> Result<Vec<u8>, Fault> {
    let length = shard_do(task as u32, shard, now_ms as f64, text.as_ptr(), text.len());
    let answer = control::input();
    if length < 0.0 {
        return Err(SqlError::Driver(String::from_utf8_lossy(&answer).into_owned()).into());
    }
    Ok(answer)
}

/// Control here, and so many shards elsewhere.
struct Apart {
    control: Control<ObjectSql>,
    shards: u32,
}

impl Apart {
    fn receive(&mut self, shard: u32, now_ms: i64) -> Result<(), Fault> {
        loop {
            let sent = shard_does(Task::Unsent, shard, now_ms, b"")?;
            let windows: Vec<_> = control::read(&sent)?;
            if windows.is_empty() {
                break;
            }
            self.control.receive(shard, &windows)?;
            shard_does(Task::Acknowledge, shard, now_ms, &sent)?;
        }
        let minutes: Vec<_> = control::read(&shard_does(Task::Minutes, shard, self.control.minutes_since(shard, now_ms), b"")?)?;
        Ok(self.control.receive_minutes(shard, &minutes)?)
    }

    fn stored(&mut self, now_ms: i64, request: &Request<'_>) -> Result<Response, Fault> {
        let text = [request.path.as_bytes(), b"\n", request.body].concat();
        let mut parts = Vec::new();
        for shard in 0..self.shards {
            parts.push(control::read(&shard_does(Task::Events, shard, now_ms, &text)?)?);
        }
        Ok(control::answer_of(parts))
    }
}

impl Kept for Apart {
    type Store = ObjectSql;

    fn control(&mut self) -> &mut Control<ObjectSql> {
        &mut self.control
    }

    fn append(&mut self, shard: u32, batch: &str) -> Result<(), Fault> {
        shard_does(Task::Append, shard, 0, batch.as_bytes()).map(drop)
    }

    fn answer(&mut self, now_ms: i64, request: &Request<'_>) -> Response {
        let access = match self.control.access(now_ms) {
            Ok(access) => access,
            Err(e) => return refused(&Fault::Store(e).problem()),
        };
        match admitted(&access, now_ms, request, true) {
            Ok((routed, _)) if routed.route.place == Place::Shards => {
                self.stored(now_ms, request).unwrap_or_else(|fault| refused(&fault.problem()))
            }
            Ok((routed, viewer)) => self.control.answer(now_ms, &routed, request, &viewer),
            Err(problem) => refused(&problem),
        }
    }

    fn tick(&mut self, now_ms: i64) -> Result<Option<Deployed>, Fault> {
        let rules = serde_json::to_vec(&rules(&mut self.control)?).unwrap_or_default();
        for shard in 0..self.shards {
            shard_does(Task::Digest, shard, now_ms, &rules)?;
            self.receive(shard, now_ms)?;
        }
        if let Some(due) = self.control.due_test(now_ms)? {
            let text = serde_json::to_vec(&due).unwrap_or_default();
            let mut tested = Tested::new(&due.population.settings);
            for shard in 0..self.shards {
                let sums = shard_does(Task::Experiment, shard, now_ms, &text)?;
                tested.merge(&Tested::read(&sums, &due.population.settings)?);
            }
            self.control.take_test(&due, &tested)?;
        }
        if let Some(due) = self.control.due_survey(now_ms)? {
            let ask = serde_json::to_vec(&Ask::Survey(due.clone())).unwrap_or_default();
            let mut surveyed = Surveyed::default();
            for shard in 0..self.shards {
                let said: Result<Surveyed, (u16, String)> = control::read(&shard_does(Task::Part, shard, now_ms, &ask)?)?;
                surveyed.merge(said.map_err(|(_, problem)| SqlError::Driver(problem))?);
            }
            self.control.take_survey(&due, &surveyed)?;
        }
        Ok(if self.control.tick(now_ms)? { self.control.deployed()? } else { None })
    }
}

/// Plays the demo's history, which ends at `now_ms`, into the object's store and the shards' under `settings` and `terms`. The first of
/// `secrets` is that of the person who may approve next.
///
/// # Errors
/// What is wrong, with a code.
pub(super) fn play(now_ms: i64, settings: &[u8], terms: &[u8], secrets: [String; 3]) -> Result<(), String> {
    let (settings, terms) = (super::deploy::settings(settings)?, Terms::read(terms)?);
    let fault = |fault: Fault| format!("{}: {fault}", fault.problem().code);
    let control = Control::open(ObjectSql, terms.policy(), control::base(&settings)).map_err(|e| fault(e.into()))?;
    let mut apart = Apart { control, shards: settings.shards };
    let instance = crate::model::digest(secrets.concat().as_bytes());
    let script = Script::demo(DEMO_SEED, now_ms, DEMO_LEADS, secrets);
    world::prepare(&mut apart, &script).map_err(fault)?;
    let deployed = apart.control.deployed().map_err(|e| fault(e.into()))?;
    let deployed = deployed.ok_or_else(|| "NO_CHAMPION: no model is deployed".to_owned())?;
    let models = world::models(&mut apart, &deployed).map_err(fault)?;
    let service = Service::new(terms.settings(settings), models, &instance).map_err(|e| format!("{}: {e}", e.code()))?;
    let service = Arc::new(service);
    world::deploy(&service, apart.control(), &deployed).map_err(fault)?;
    let mut inside = Inside::new(service, apart, DEMO_SEED);
    let played = world::play(&script, &mut inside, &mut |part| self::played(part));
    if let Some(rejected) = played.rejected.first() {
        return Err(format!("HISTORY_REJECTED: the service rejected a part of the history: {rejected}"));
    }
    inside.finish().map_err(fault).map(drop)
}
