//! What a worker works out: the plan of a test, and the figures of a file of scored leads.

use super::draw::soon;
use super::{App, glue};
use crate::read::field;
use crate::sheet::{Planned, Sheet};
use crate::ui::Route;
use crate::view::plan::{GIVEN, asked};

/// Asks for the plan of what the form holds, where it is shown and was not asked for yet.
pub(super) fn planned(app: &mut App) {
    if app.ui.route != Route::Experiment || app.ui.is_alone {
        return;
    }
    let Some([base, lift, power, a_day, delay]) = asked(&app.report, &app.ui) else { return };
    let key = [base, lift, power, a_day, delay].map(crate::read::shortest).join(" ");
    if app.ui.plan.0 != key {
        // The answer of before stays until the next one is there.
        app.ui.plan.0 = key;
        glue::plan(&[base, lift, power, a_day, delay, GIVEN]);
    }
}

/// Reads the chosen file anew, with the columns that were chosen.
pub(super) fn read(app: &mut App) {
    let sheet = &mut app.ui.sheet;
    (sheet.is_reading, sheet.read, sheet.found) = (true, 0.0, None);
    sheet.wrong.clear();
    glue::read_sheet(&sheet.score, &sheet.outcome, &sheet.segment, &sheet.scale);
    soon(app);
}

/// Changes what a column is.
pub(super) fn choose(app: &mut App, what: &str, value: &str) {
    let sheet = &mut app.ui.sheet;
    let chosen = match what {
        "score" => &mut sheet.score,
        "outcome" => &mut sheet.outcome,
        "segment" => &mut sheet.segment,
        _ => &mut sheet.scale,
    };
    // A choice is an input and a change.
    if chosen == value {
        return;
    }
    value.clone_into(chosen);
    if !(sheet.score.is_empty() || sheet.outcome.is_empty()) {
        read(app);
    }
}

/// Stops reading.
pub(super) fn cancel(app: &mut App) {
    app.ui.sheet = Sheet::default();
    glue::stop_sheet();
}

/// Takes what the worker says.
pub(super) fn heard(app: &mut App, part: &str, text: &str) {
    match part {
        "none" => {
            app.ui.is_alone = true;
            super::ask::unchained(app);
        }
        "file-page" => (app.ui.is_alone, app.ui.is_file) = (true, true),
        "plan" => app.ui.plan.1 = Some(Planned::of(text)),
        "file" => {
            app.ui.sheet = Sheet::new(text);
            if app.ui.route != Route::Sheet
                && let Some(window) = super::draw::window()
            {
                let _ = window.location().set_hash("#/models/file");
            }
            read(app);
        }
        "head" => app.ui.sheet.take_head(text),
        "read" => app.ui.sheet.read = field(&crate::read::parse(text).unwrap_or_default(), "read"),
        "found" => app.ui.sheet.take_found(text),
        part => {
            if let Some(run) = part.strip_prefix("chain:") {
                super::ask::linked(app, run, text);
            }
        }
    }
}
