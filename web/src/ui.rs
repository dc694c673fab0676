//! What the page itself remembers: the route, inputs, cursors, open parts. Every input is controlled: its value lives here.

use std::collections::BTreeMap;

use crate::aside::Aside;
use crate::lead::Desk;
use crate::read::Report;
use crate::review::Reviews;
use crate::sheet::{Planned, Sheet};
use crate::text::Text;

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Route {
    /// Whether to worry, and who does what next.
    #[default]
    Overview,
    /// What changed since the last visit.
    Changes,
    /// The service.
    Health,
    /// The model.
    Performance,
    /// The data.
    Quality,
    /// One feature.
    Feature(String),
    /// The business.
    Business,
    /// The rollout.
    Rollout,
    /// The A/B test.
    Experiment,
    /// The models.
    Models,
    /// One model.
    Model(String),
    /// Two models, compared.
    Compare(String, String),
    /// A file of scored leads on this device.
    Sheet,
    /// The leads.
    Leads,
    /// One lead.
    Lead(String),
    /// What is wrong, and what is next; all procedures, or one.
    Diagnosis(String),
    /// What people look at each day, week and month.
    Reviews,
    /// One review, or the newest of a kind, such as `weekly`.
    Review(String),
    /// The goals of 90 days.
    Goals,
    /// People, links, thresholds.
    Settings,
    /// All views on paper.
    Print,
}

impl Route {
    /// The route of a path such as `rollout` or `quality/feature/visits`; none where there is no such view.
    pub fn read(path: &str) -> Option<Route> {
        let route = match path {
            "" => Route::Overview,
            "health" => Route::Health,
            "performance" => Route::Performance,
            "quality" | "data" => Route::Quality,
            "business" => Route::Business,
            "rollout" => Route::Rollout,
            "experiment" => Route::Experiment,
            "models" => Route::Models,
            "leads" => Route::Leads,
            "diagnosis" | "alerts" => Route::Diagnosis(String::new()),
            "reviews" => Route::Reviews,
            "goals" => Route::Goals,
            "settings" => Route::Settings,
            "print" => Route::Print,
            path => match path.split_once('/') {
                Some(("quality", rest)) => Route::Feature(decoded(rest.strip_prefix("feature/")?)),
                Some(("data", name)) => Route::Feature(decoded(name)),
                Some(("reviews", id)) => Route::Review(decoded(id)),
                Some(("leads", id)) => Route::Lead(decoded(id)),
                Some(("diagnosis", name)) => Route::Diagnosis(name.to_owned()),
                Some(("alerts", _)) => Route::Diagnosis(String::new()),
                Some(("models", "file")) => Route::Sheet,
                Some(("models", versions)) => match versions.split_once('/') {
                    Some((a, b)) => Route::Compare(decoded(a), decoded(b)),
                    None => Route::Model(decoded(versions)),
                },
                _ => return None,
            },
        };
        Some(route)
    }

    /// The key of the view's name.
    pub fn key(&self) -> &'static str {
        match self {
            Route::Overview | Route::Changes => "view.overview",
            Route::Health => "view.health",
            Route::Performance => "view.performance",
            Route::Quality | Route::Feature(_) => "view.quality",
            Route::Business => "view.business",
            Route::Rollout => "view.rollout",
            Route::Experiment => "view.experiment",
            Route::Models | Route::Model(_) | Route::Compare(..) | Route::Sheet => "view.models",
            Route::Leads | Route::Lead(_) => "view.leads",
            Route::Diagnosis(_) => "view.diagnosis",
            Route::Reviews | Route::Review(_) => "view.reviews",
            Route::Goals => "view.goals",
            Route::Settings => "view.settings",
            Route::Print => "view.print",
        }
    }
}

/// Text as a part of a route: letters, digits and `-_.` as they are, any other byte as its code.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Text with `%20` and its like decoded; a broken code stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(byte) = bytes.get(place) {
        let code = (*byte == b'%').then(|| text.get(place + 1..place + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => {
                out.push(code);
                place += 3;
            }
            None => {
                out.push(*byte);
                place += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// How fresh the shown report is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// The service answered lately.
    #[default]
    Live,
    /// The report has not arrived yet.
    Waiting,
    /// The service has not answered for a while.
    Stale,
    /// It keeps no lifecycle, so there is no report.
    Bare,
    /// The key may not read; without one, a key is needed.
    Forbidden,
    /// The browser is offline.
    Offline,
    /// A report that was saved.
    Saved,
}

/// What the page remembers.
#[derive(Debug, Default)]
pub struct Ui {
    /// The words and numbers of the reader.
    pub text: Text,
    /// The view.
    pub route: Route,
    /// Width of the content in CSS pixels; charts are drawn at their real size.
    pub width: u32,
    /// The threshold that is tried, in hundredths.
    pub threshold: u32,
    /// The one that serves.
    pub served: u32,
    /// The measure whose chart is shown.
    pub measure: String,
    /// Whether it was chosen.
    pub is_chosen: bool,
    /// Days that charts show.
    pub days: usize,
    /// Texts of inputs by name.
    pub inputs: BTreeMap<String, String>,
    /// The day that is read, by chart.
    pub cursors: BTreeMap<String, String>,
    /// Parts that are open, by a text that is not empty.
    pub open: BTreeMap<String, String>,
    /// The action whose dialog is open.
    pub dialog: Option<String>,
    /// What was done or went wrong last.
    pub said: String,
    /// The newest event that was marked as seen.
    pub seen: u64,
    /// `light`, `dark` or empty for the system's.
    pub theme: String,
    /// Whether keys of one letter are switched on.
    pub keys: bool,
    /// How fresh the report is.
    pub state: State,
    /// Whether refreshes are paused.
    pub paused: bool,
    /// Scopes of the key in use; empty without a key.
    pub scopes: Vec<String>,
    /// The name that the key belongs to.
    pub name: String,
    /// Whether a key is in use.
    pub is_signed: bool,
    /// The role that the key's owner may act in.
    pub role: String,
    /// The reader's clock, ms since 1970, in steps of some seconds.
    pub now_ms: i64,
    /// When the service answered last.
    pub heard_ms: i64,
    /// The lead view.
    pub desk: Desk,
    /// The reviews.
    pub reviews: Reviews,
    /// What the service says besides the report.
    pub aside: Aside,
    /// The file of scored leads that was dropped or chosen.
    pub sheet: Sheet,
    /// The plan of the next test: what was asked, and its answer.
    pub plan: (String, Option<Planned>),
    /// Whether what only a worker works out is missing: a page that is one file has none.
    pub is_alone: bool,
    /// Whether the page is one file, which has no service to go back to.
    pub is_file: bool,
    /// Whether parts are printed: no controls, no scripts.
    pub printed: bool,
}

/// Days that charts show at first.
const DAYS: usize = 90;
/// Inputs that choose what a view shows: they stand in its address.
const FILTERS: [&str; 2] = ["features", "curve"];

impl Ui {
    /// The address of what `path`, such as `#/performance`, shows now: to be sent to others.
    pub fn hash(&self, path: &str) -> String {
        let mut parts: Vec<String> = Vec::new();
        if matches!(self.route, Route::Health | Route::Performance | Route::Quality | Route::Business) {
            if self.is_chosen {
                parts.push(format!("metric={}", self.measure));
            }
            if self.days != DAYS {
                parts.push(format!("days={}", self.days));
            }
        }
        if self.route == Route::Performance && self.threshold != self.served {
            parts.push(format!("threshold=0.{:02}", self.threshold));
        }
        let shown = match self.route {
            Route::Quality => &FILTERS[..1],
            Route::Performance => &FILTERS[1..],
            _ => &[],
        };
        parts.extend(shown.iter().filter(|name| !self.input(name).is_empty()).map(|name| format!("{name}={}", self.input(name))));
        if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
    }

    /// The page's memory for `report`.
    pub fn new(report: &Report) -> Ui {
        let threshold = report.performance.as_ref().map_or(0.5, |performance| performance.threshold);
        let served = (threshold * 100.0).round().clamp(1.0, 99.0) as u32;
        Ui { width: 680, threshold: served, served, measure: "auc".to_owned(), days: DAYS, ..Ui::default() }
    }

    /// Opens the view of a hash that starts with `#/`; an unknown one opens the overview and says so. Other hashes are no routes.
    pub fn go(&mut self, hash: &str) -> bool {
        let Some(rest) = hash.strip_prefix("#/") else { return false };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        self.said.clear();
        self.dialog = None;
        match Route::read(path.trim_end_matches('/')) {
            Some(Route::Overview) if query == "changes" => self.route = Route::Changes,
            Some(route) => self.route = route,
            None => {
                self.route = Route::Overview;
                self.said = self.text.of("route.unknown").to_owned();
            }
        }
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("threshold", value)) => self.threshold = hundredths(value).unwrap_or(self.threshold),
                Some(("metric", value)) => {
                    self.measure = value.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                    self.is_chosen = true;
                }
                Some((name, value)) if FILTERS.contains(&name) => {
                    drop(self.inputs.insert(name.to_owned(), value.chars().filter(char::is_ascii_alphanumeric).collect()))
                }
                Some(("days", value)) => {
                    self.days = value.parse().ok().filter(|days| [7, 30, 90].contains(days)).unwrap_or(self.days)
                }
                _ => {}
            }
        }
        true
    }

    /// Takes one event of the page: what to do and its argument come from the element, the value from the control. True: draw again.
    pub fn act(&mut self, what: &str, argument: &str, value: &str) -> bool {
        match what {
            "threshold" => self.threshold = hundredths(value).unwrap_or(self.threshold),
            "reset" => self.threshold = self.served,
            "measure" => (self.measure, self.is_chosen) = (value.to_owned(), true),
            "days" => self.days = argument.parse().unwrap_or(self.days),
            "input" => drop(self.inputs.insert(argument.to_owned(), value.to_owned())),
            "cursor" => drop(self.cursors.insert(argument.to_owned(), value.to_owned())),
            "toggle" => {
                let is_open = self.is_open(argument);
                self.set_open(argument, !is_open);
            }
            "open" => self.set_open(argument, true),
            "close" => self.set_open(argument, false),
            "ask" => {
                self.dialog = Some(argument.to_owned());
                for name in ["reason", "post_mortem", "weeks"] {
                    self.inputs.insert(name.to_owned(), String::new());
                }
                for name in ["again", "acknowledge"] {
                    self.set_open(name, false);
                }
            }
            "back" => self.dialog = None,
            "seen" => self.seen = argument.parse().unwrap_or(self.seen),
            "pause" => self.paused = !self.paused,
            _ => return false,
        }
        true
    }

    /// The text of the input `name`.
    pub fn input(&self, name: &str) -> &str {
        self.inputs.get(name).map_or("", String::as_str)
    }

    /// The number in the input `name`, if it is positive.
    pub fn number(&self, name: &str) -> Option<f64> {
        crate::read::number(self.input(name).trim()).filter(|x| *x > 0.0)
    }

    /// Whether the part `id` is open.
    pub fn is_open(&self, id: &str) -> bool {
        self.open.get(id).is_some_and(|open| !open.is_empty())
    }

    /// Opens or closes the part `id`. A closed one has an empty text: taking it out of the map would cost 2 KB of the page's module.
    pub fn set_open(&mut self, id: &str, is_open: bool) {
        self.open.insert(id.to_owned(), if is_open { "1" } else { "" }.to_owned());
    }

    /// Whether the key in use may do what needs `scope`.
    pub fn may(&self, scope: &str) -> bool {
        !self.printed && matches!(self.state, State::Live) && self.scopes.iter().any(|own| own == scope)
    }
}

/// `0.42` in hundredths, within 1 to 99.
fn hundredths(text: &str) -> Option<u32> {
    let x = crate::read::number(text)?;
    (0.0..=1.0).contains(&x).then(|| (x * 100.0).round().clamp(1.0, 99.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_with_their_aliases() {
        assert_eq!(Route::read("data/visits%2030d"), Some(Route::Feature("visits 30d".into())));
        assert_eq!(Route::read("alerts"), Some(Route::Diagnosis(String::new())));
        assert_eq!(Route::read("models/7/8"), Some(Route::Compare("7".into(), "8".into())));
        assert_eq!(Route::read("models/8%2Fb"), Some(Route::Model("8/b".into())));
        assert_eq!(Route::read("models/file"), Some(Route::Sheet));
        assert_eq!(Route::read("nowhere"), None);
        let mut ui = Ui::new(&Report::default());
        assert!(ui.go("#/performance?metric=recall&threshold=0.42&days=30"));
        assert_eq!((ui.route.clone(), ui.measure.as_str(), ui.threshold, ui.days), (Route::Performance, "recall", 42, 30));
        ui.act("input", "curve", "pr");
        assert_eq!(ui.hash("#/performance"), "#/performance?metric=recall&days=30&threshold=0.42&curve=pr");
        let mut other = Ui::new(&Report::default());
        assert!(other.go(&ui.hash("#/performance")));
        assert_eq!((other.hash("#/performance"), other.input("curve")), (ui.hash("#/performance"), "pr"));
        assert_eq!(Ui::new(&Report::default()).hash("#/goals"), "#/goals");
        assert!(!ui.go("#main") && ui.go("#/nowhere"));
        assert_eq!(ui.said, ui.text.of("route.unknown"));
    }
}
