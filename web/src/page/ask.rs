//! When the service is asked, and for what.

use super::draw::soon;
use super::{App, glue};
use crate::ui::{Route, State};

/// The longest pause between two tries, in seconds.
const LONGEST_S: u32 = 120;
/// Without an answer for this long, what is shown counts as old.
const STALE_MS: i64 = 45_000;
/// The clock of the page moves in steps of this, so that it is seldom drawn anew.
const STEP_MS: i64 = 5_000;

/// Asks for the report, and sets the time of the next try.
pub(super) fn report(app: &mut App, now_ms: f64) {
    let pause = (app.report.refresh_s.clamp(5, 60) << app.failed.min(4)).min(LONGEST_S);
    app.next_ms = now_ms + f64::from(pause) * 1_000.0;
    glue::ask("report", "GET", "v1/report", &app.key, &app.tag, "");
}

/// Asks whose the key in use is, or what is allowed without one.
pub(super) fn me(app: &App) {
    glue::ask("me", "GET", "v1/me", &app.key, "", "");
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
