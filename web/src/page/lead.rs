//! The lead view's requests: models, the newest leads, one lead, and scores of what is on the desk.

use serde_json::{Map, Value};

use super::draw::soon;
use super::{App, glue};
use crate::lead::{Edge, Stored, judged, models, rows};
use crate::order::order;
use crate::read::{field, parse};
use crate::ui::{Route, State, encoded};

/// Leads offered to start from.
const SAMPLES: usize = 9;
/// Leads in the list of the newest.
const RECENT: u32 = 20;

/// Asks for what the open view needs.
pub(super) fn opened(app: &mut App) {
    if app.ui.state == State::Saved || !matches!(app.ui.route, Route::Leads | Route::Lead(_)) {
        return;
    }
    let desk = &mut app.ui.desk;
    if desk.models.is_empty() {
        glue::ask("lead:models", "GET", "v1/models", &app.key, "", "");
    }
    match &app.ui.route {
        Route::Lead(id) => {
            (desk.lost, desk.stored) = (None, None);
            glue::ask("lead:one", "GET", &format!("v1/leads/{}", encoded(id)), &app.key, "", "");
        }
        _ => {
            desk.stored = None;
            glue::ask("lead:recent", "GET", &format!("v1/leads?limit={RECENT}"), &app.key, "", "");
        }
    }
}

/// Asks again for the lead that is open, after something was done about it.
pub(super) fn again(app: &mut App) {
    if let Route::Lead(id) = &app.ui.route {
        glue::ask("lead:one", "GET", &format!("v1/leads/{}", encoded(id)), &app.key, "", "");
    }
}

/// Scores what is on the desk in this page, and by the service where that costs no row in a log that people read.
pub(super) fn scored(app: &mut App) {
    let desk = &app.ui.desk;
    if let Some(model) = desk.model() {
        glue::score(&format!("lead:here {}", desk.turn), &model.bundle, &desk.lead(), desk.at_ms(app.ui.now_ms) as f64);
    }
    if app.ui.state == State::Bare {
        compare(app);
    }
}

/// Asks the service for the score of what is on the desk.
pub(super) fn compare(app: &mut App) {
    let desk = &mut app.ui.desk;
    desk.edge = Edge::Asking;
    glue::ask(&format!("lead:edge {}", desk.turn), "POST", "v1/score?reasons=0", &app.key, "", &desk.lead());
}

pub(super) fn heard(app: &mut App, part: &str, status: u16, text: &str) {
    let (part, turn) = part.split_once(' ').unwrap_or((part, ""));
    let is_ok = (200..300).contains(&status);
    let desk = &mut app.ui.desk;
    if !turn.is_empty() && turn != desk.turn.to_string() {
        return;
    }
    match part {
        "models" if is_ok => {
            desk.models = models(text);
            if desk.stored.is_none() && desk.samples.is_empty() {
                glue::ask("lead:samples", "GET", "leads.ndjson", "", "", "");
            }
            scored(app);
        }
        "recent" => {
            desk.recent = if is_ok { rows(text) } else { Vec::new() };
            order(&mut desk.recent, |a, b| a.first_ms > b.first_ms);
        }
        "samples" => {
            let leads = text.lines().filter(|_| is_ok).filter_map(|line| match parse(line) {
                Some(Value::Object(lead)) => Some(lead),
                _ => None,
            });
            let fields: Vec<&str> = desk.model().map(|model| model.all.iter().map(String::as_str).collect()).unwrap_or_default();
            // Leads of another model than the one served are left out.
            let own = leads.filter(|lead| lead.keys().all(|name| fields.contains(&name.as_str())));
            let title = |lead: &Map<String, Value>, place: usize| {
                let text = lead.iter().find(|(name, _)| name.ends_with("id")).and_then(|(_, value)| value.as_str());
                text.map_or_else(|| format!("{}", place + 1), str::to_owned)
            };
            desk.samples = own.enumerate().map(|(place, lead)| (title(&lead, place), lead)).take(SAMPLES).collect();
            if let (None, Some((_, first))) = (&desk.stored, desk.samples.first()) {
                let first = first.clone();
                desk.put(&first);
                scored(app);
            }
        }
        "one" if is_ok => {
            desk.stored = Stored::of(text);
            // The model that served the lead scores it here, not the one that serves most.
            if let Some((version, ..)) = desk.stored.as_ref().and_then(|stored| stored.row.served()) {
                desk.version.clone_from(version);
            }
            desk.reset();
            scored(app);
        }
        "one" => desk.lost = Some(text.to_owned()),
        "here" => match judged(status, text) {
            Some(judged) => {
                desk.lame.clear();
                desk.here = Some(judged);
            }
            None => desk.lame = field(&parse(text).unwrap_or_default(), "detail"),
        },
        "bands" => {
            let all: Vec<Value> = field(&parse(text).unwrap_or_default(), "bands");
            desk.bands = all.iter().map(|band| (field(band, "name"), field(band, "from"))).collect();
            order(&mut desk.bands, |a, b| a.1 > b.1);
        }
        "edge" => {
            let answer = judged(status, text);
            let at = answer.as_ref().and_then(|answer| answer.as_ref().ok()?.at_ms);
            desk.edge = answer.map_or(Edge::Silent, Edge::Heard);
            // Days since a date depend on the moment: both score for the service's.
            if let (Some(at), Some(model)) = (at, desk.model()) {
                glue::score(&format!("lead:here {}", desk.turn), &model.bundle, &desk.lead(), at);
            }
        }
        _ => {}
    }
    soon(app);
}
