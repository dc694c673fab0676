//! When the service is asked, and for what.

use serde_json::Value;

use super::draw::soon;
use super::{App, glue};
use crate::aside::{Ahead, ENTRIES};
use crate::chain::{self, Chain};
use crate::read::write;
use crate::ui::{Route, State};

/// The longest pause between two tries, in seconds.
const LONGEST_S: u32 = 120;
/// Without an answer for this long, what is shown counts as old.
const STALE_MS: i64 = 45_000;
/// The clock of the page moves in steps of this, so that it is seldom drawn anew.
const STEP_MS: i64 = 5_000;

/// Asks for the report, and sets the time of the next try.
pub(super) fn report(app: &mut App, now_ms: f64) {
    let usual = app.report.refresh_s.clamp(5, 60);
    // A service that trains answers some requests late, and is soon itself again.
    let runs = app.report.retraining.iter().flat_map(|part| &part.runs);
    let most = if runs.into_iter().any(|run| run.state != "ended") { usual } else { LONGEST_S };
    let pause = (usual << app.failed.min(4)).min(most);
    app.next_ms = now_ms + f64::from(pause) * 1_000.0;
    glue::ask("report", "GET", "v1/report", &app.key, &app.tag, "");
}

/// Asks whose the key in use is, or what is allowed without one.
pub(super) fn me(app: &App) {
    glue::ask("me", "GET", "v1/me", &app.key, "", "");
}

/// Asks for the newest notes.
pub(super) fn notes(app: &App) {
    glue::ask("notes", "GET", "v1/notes?limit=200", &app.key, "", "");
}

/// Asks for the entries of the ledger before the entry `oldest`.
pub(super) fn ledger(app: &App, oldest: u64) {
    let after = oldest.saturating_sub(1 + ENTRIES);
    let limit = oldest.saturating_sub(1 + after);
    glue::ask("ledger", "GET", &format!("v1/ledger?after={after}&limit={limit}"), &app.key, "", "");
}

/// Verifies the ledger: first here, then by the service, which also compares it with its models and documents.
pub(super) fn verify(app: &mut App) {
    if app.ui.aside.chain.is_some_and(|chain| chain.is_open) {
        return;
    }
    app.ui.aside.verified = None;
    app.runs += 1;
    let shown = app.ui.aside.ledger(&app.report.events);
    let known = shown.iter().map(|event| Value::from(vec![Value::from(event.seq), Value::from(event.hash.as_str())]));
    glue::chain(app.runs, &write(&Value::Array(known.collect())));
    let total = shown.first().map_or(0, |event| event.seq);
    app.ui.aside.chain = Some(Chain { run: app.runs, is_open: true, total, ..Chain::default() });
    chain(app, 0);
}

/// Asks for the entries after the entry `after`, as they were hashed.
fn chain(app: &App, after: u64) {
    let path = format!("v1/ledger?hashed=true&after={after}&limit={}", chain::ENTRIES);
    glue::ask(&format!("chain:{}", app.runs), "GET", &path, &app.key, "", "");
}

/// The verification that is under way, where `run` names it.
fn open<'a>(app: &'a mut App, run: &str) -> Option<&'a mut Chain> {
    app.ui.aside.chain.as_mut().filter(|chain| chain.is_open && run == chain.run.to_string())
}

/// Hands the entries that were asked for to the worker.
pub(super) fn chained(app: &mut App, run: &str, is_ok: bool, text: &str) {
    let Some(chain) = open(app, run) else { return };
    if is_ok {
        glue::chained(chain.run, text);
    } else {
        unchained(app);
    }
}

/// Takes how far the worker came, and asks for the entries that follow.
pub(super) fn linked(app: &mut App, run: &str, text: &str) {
    let Some(chain_here) = open(app, run) else { return };
    let Some(found) = Chain::of(text) else { return unchained(app) };
    *chain_here = Chain { run: chain_here.run, ..found };
    if found.is_open {
        chain(app, found.taken);
    } else if found.fault.is_none() {
        verify_there(app);
    }
}

/// Ends a verification that cannot go on here: the service's own is what is left.
pub(super) fn unchained(app: &mut App) {
    if let Some(chain) = app.ui.aside.chain.as_mut().filter(|chain| chain.is_open) {
        *chain = Chain { run: chain.run, is_missed: true, ..Chain::default() };
        verify_there(app);
    }
}

fn verify_there(app: &App) {
    glue::ask(&format!("verified:{}", app.runs), "GET", "v1/ledger/verify", &app.key, "", "");
}

/// Takes what the service's verification found.
pub(super) fn verified(app: &mut App, run: &str, is_ok: bool, text: &str) {
    if app.ui.aside.chain.is_none_or(|chain| run != chain.run.to_string()) {
        return;
    }
    if is_ok {
        app.ui.aside.take_verified(text);
    } else {
        app.ui.said = app.ui.text.of("ask.unreached").to_owned();
    }
}

/// Asks what a start would take, and an A/B test of the weeks that were written.
pub(super) fn plan(app: &App) {
    let weeks = app.ui.number("weeks").map(|weeks| format!("?weeks={}", weeks as u64)).unwrap_or_default();
    glue::ask(&format!("plan:{weeks}"), "GET", &format!("v1/plan{weeks}"), &app.key, "", "");
}

/// Takes the plan of the A/B test of `weeks`, unless others were written meanwhile.
pub(super) fn planned(app: &mut App, weeks: &str, text: &str) {
    let now = app.ui.number("weeks").map(|weeks| format!("?weeks={}", weeks as u64)).unwrap_or_default();
    if now == weeks {
        app.ui.aside.ahead = Some(Ahead::of(text));
    }
}

pub(super) fn tick(app: &mut App, now_ms: f64, is_hidden: bool, is_online: bool) {
    let now = (now_ms as i64).div_euclid(STEP_MS) * STEP_MS;
    let is_moved = app.ui.now_ms != now;
    app.ui.now_ms = now;
    if app.ui.state == State::Saved {
        return;
    }
    if !is_online && app.ui.state != State::Offline {
        app.ui.state = State::Offline;
        soon(app);
    }
    if app.ui.state == State::Live && !app.ui.paused && now - app.ui.heard_ms > STALE_MS && app.failed > 0 {
        app.ui.state = State::Stale;
        soon(app);
    }
    if is_online && !is_hidden && !app.ui.paused && app.ui.state != State::Bare && now_ms >= app.next_ms {
        report(app, now_ms);
    }
    if is_moved && !is_hidden && app.ui.route != Route::Print {
        soon(app);
    }
}
