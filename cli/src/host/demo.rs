//! The demo's history: eight weeks of a simulated company, played into an empty store through the real service.

use std::sync::Arc;

use plumbline_core::route::AllocationSettings;
use plumbline_worker::world::{self, Inside, Played, Script};
use plumbline_worker::{Lifecycle, Service, Settings};

use crate::Failure;
use crate::output::terminal;
use crate::store::Store;

/// Leads of a history that are digested in a transaction: nothing else waits for the store.
const SLICE: usize = 5_000;

/// Three secrets of keys, in hexadecimal.
///
/// # Errors
/// The system gives no random bits.
pub fn secrets() -> Result<[String; 3], Failure> {
    let mut secrets = [const { String::new() }; 3];
    for secret in &mut secrets {
        *secret = super::secret()?;
    }
    Ok(secrets)
}

/// Plays the demo's history, which ends at `now_ms`, into an empty `lifecycle`.
///
/// # Errors
/// The store is not empty or failed, or the service rejected a part of the history.
pub fn play(
    lifecycle: Lifecycle<Store>,
    seed: u64,
    leads: f64,
    now_ms: i64,
    secrets: &[String; 3],
) -> Result<Lifecycle<Store>, Failure> {
    let (lifecycle, played) = play_script(lifecycle, &Script::demo(seed, now_ms, leads, secrets.clone()))?;
    match played.rejected.first() {
        Some(rejected) => Err(Failure::Service {
            code: "HISTORY_REJECTED",
            message: format!("the service rejected a part of the history: {rejected}"),
        }),
        None => Ok(lifecycle),
    }
}

/// Plays `script` into an empty `lifecycle`; the lifecycle at its end, and what was played.
///
/// # Errors
/// The store is not empty or failed.
pub fn play_script(mut lifecycle: Lifecycle<Store>, script: &Script) -> Result<(Lifecycle<Store>, Played), Failure> {
    world::prepare(&mut lifecycle, script).map_err(failed)?;
    let deployed = lifecycle.control().deployed().map_err(|e| failed(e.into()))?;
    let Some(deployed) = deployed else {
        return Err(Failure::Service { code: "NO_CHAMPION", message: "no model is deployed".into() });
    };
    let models = world::models(&mut lifecycle, &deployed).map_err(failed)?;
    let settings = lifecycle.control().settings(Settings::default());
    let service = Service::new(settings, models, &super::secret()?);
    let service = Arc::new(service.map_err(|e| Failure::Service { code: e.code(), message: e.to_string() })?);
    world::deploy(&service, lifecycle.control(), &deployed).map_err(failed)?;
    let mut inside = Inside::new(service, lifecycle, script.seed);
    durable(inside.lifecycle(), false)?;
    inside.lifecycle().set_slice(Some(SLICE));
    let bar = terminal::steps("playing the history");
    let played = world::play(script, &mut inside, &mut |part| bar.set_position((part * 100.0) as u64));
    bar.finish_and_clear();
    let mut lifecycle = inside.finish().map_err(failed)?;
    durable(&mut lifecycle, true)?;
    lifecycle.set_slice(None);
    Ok((lifecycle, played))
}

fn durable(lifecycle: &mut Lifecycle<Store>, is_durable: bool) -> Result<(), Failure> {
    let failed = |e: plumbline_worker::SqlError| failed(e.into());
    lifecycle.control().sql().durable(is_durable).map_err(failed)?;
    lifecycle.shards().iter_mut().try_for_each(|shard| shard.sql().durable(is_durable).map_err(failed))
}

/// How leads are drawn: a hundredth of them explores.
pub fn base() -> AllocationSettings {
    AllocationSettings { exploration_bp: 100, ..AllocationSettings::champion_only("") }
}

fn failed(fault: plumbline_worker::control::Fault) -> Failure {
    let problem = fault.problem();
    Failure::Service { code: problem.code, message: fault.to_string() }
}
