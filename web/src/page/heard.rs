//! What the service and the scorer answer.

use super::draw::soon;
use super::{App, ask, lead, review, take, tool};
use crate::read::{field, parse};
use crate::text::shown;
use crate::ui::State;

pub(super) fn heard(app: &mut App, what: &str, status: u16, tag: String, text: &str) {
    let is_ok = (200..300).contains(&status);
    match what {
        "report" => report(app, status, tag, text),
        "me" if is_ok => me(app, text),
        // A store without keys asks for none.
        "me" => drop(std::mem::take(&mut app.tried)),
        "key" if is_ok => {
            app.key = std::mem::take(&mut app.tried);
            app.ui.said.clear();
            me(app, text);
            app.tag.clear();
            ask::report(app, app.next_ms);
        }
        "notes" if is_ok && app.ui.state != State::Saved => app.ui.aside.notes = crate::aside::notes(text),
        "ledger" if app.ui.state == State::Saved => {}
        "ledger" if is_ok => app.ui.aside.take_entries(text),
        "now" if is_ok => app.ui.aside.revision = field(&parse(text).unwrap_or_default(), "revision"),
        "key" => app.ui.said = app.ui.text.of("device.wrong").to_owned(),
        _ => match what.split_once(':') {
            Some(("chain", run)) => ask::chained(app, run, is_ok, text),
            Some(("verified", run)) => ask::verified(app, run, is_ok, text),
            Some(("plan", weeks)) => ask::planned(app, weeks, text),
            Some(("did", verb)) => did(app, verb, status, text),
            Some(("tool", part)) => tool::heard(app, part, text),
            Some(("lead", part)) => lead::heard(app, part, status, text),
            Some(("review", part)) => review::heard(app, part, status, text),
            _ => {}
        },
    }
    soon(app);
}

fn report(app: &mut App, status: u16, tag: String, text: &str) {
    let is_saved = app.ui.state == State::Saved;
    match status {
        _ if is_saved => {}
        200 | 304 => {
            app.failed = 0;
            app.ui.heard_ms = app.ui.now_ms;
            app.ui.state = State::Live;
            if status == 200 {
                match take(app, text) {
                    Ok(()) => {
                        app.tag = tag;
                        // They are shown with the report, and saved with it.
                        ask::notes(app);
                    }
                    Err(words) => app.ui.said = words,
                }
            }
        }
        401 | 403 => app.ui.state = State::Forbidden,
        404 => app.ui.state = State::Bare,
        _ => {
            app.failed += 1;
            if app.ui.state == State::Waiting {
                app.ui.state = State::Stale;
            }
        }
    }
}

fn me(app: &mut App, text: &str) {
    let me = parse(text).unwrap_or_default();
    app.ui.scopes = field(&me, "scopes");
    app.ui.name = field(&me, "name");
    app.ui.role = field(&me, "role");
    app.ui.is_signed = !app.key.is_empty();
}

/// What became of a command.
fn did(app: &mut App, verb: &str, status: u16, text: &str) {
    let problem = parse(text).unwrap_or_default();
    let detail: String = field(&problem, "detail");
    let words = &app.ui.text;
    let name = words.of(&format!("action.{verb}")).to_owned();
    app.ui.said = match status {
        200..300 => words.fill("ask.done", &[("what", &name)]),
        412 => words.of("ask.changed").to_owned(),
        0 => words.of("ask.unreached").to_owned(),
        _ => words.fill("ask.not_done", &[("why", &shown(&detail).0)]),
    };
    app.ui.dialog = None;
    app.tag.clear();
    ask::report(app, app.next_ms);
    ask::notes(app);
    lead::again(app);
    review::opened(app);
}
