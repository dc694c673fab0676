//! Find: what a reader may look for by name. It only leads somewhere; it never acts.

use plumbline_core::report::Tab;

use crate::read::Report;
use crate::text::id_of;
use crate::ui::{Route, State, Ui, encoded};

/// Most results that are shown.
const MOST: usize = 8;

/// Where a name leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name.
    pub name: String,
    /// The key of the word for its kind.
    pub kind: &'static str,
    /// The view.
    pub route: String,
}

/// The views by their paths.
const VIEWS: [(&str, Route); 12] = [
    ("", Route::Overview),
    ("health", Route::Health),
    ("performance", Route::Performance),
    ("quality", Route::Quality),
    ("business", Route::Business),
    ("rollout", Route::Rollout),
    ("experiment", Route::Experiment),
    ("models", Route::Models),
    ("leads", Route::Leads),
    ("reviews", Route::Reviews),
    ("goals", Route::Goals),
    ("settings", Route::Settings),
];

/// What has `query` in its name: views, measures, fields, models; at last the lead of this id, where leads can be asked for.
pub fn find(report: &Report, query: &str, ui: &Ui) -> Vec<Found> {
    let text = &ui.text;
    // Case of other letters than A to Z counts: their tables are 10 KB of the page's module.
    let wanted = query.trim().to_ascii_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Found> = Vec::new();
    let mut take = |name: &str, kind: &'static str, route: String| {
        if found.len() < MOST && name.to_ascii_lowercase().contains(&wanted) {
            found.push(Found { name: name.to_owned(), kind, route });
        }
    };
    for (path, route) in VIEWS {
        take(text.of(route.key()), "find.view", format!("#/{path}"));
    }
    take(text.of("view.diagnosis"), "find.view", "#/diagnosis".to_owned());
    for measure in &report.measures {
        let tab = match measure.tab {
            Tab::Health => "health",
            Tab::Performance => "performance",
            Tab::Quality => "quality",
            Tab::Business => "business",
        };
        take(&text.measure(measure), "find.measure", format!("#/{tab}?metric={}", id_of(measure.id)));
    }
    for feature in report.quality.iter().flat_map(|quality| &quality.features) {
        take(&feature.name, "find.field", format!("#/quality/feature/{}", encoded(&feature.name)));
    }
    for model in &report.models {
        take(&model.version, "find.model", "#/models".to_owned());
    }
    if ui.state != State::Saved {
        found.push(Found {
            name: query.trim().to_owned(),
            kind: "find.lead",
            route: format!("#/leads/{}", encoded(query.trim())),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_fields_and_leads_are_found_by_a_part_of_their_name() {
        let json = r#"{"format":1,"quality":{"features":[{"name":"visits_30d","status":"pass"}],"features_total":1}}"#;
        let report = Report::read(json).unwrap_or_default();
        let ui = Ui::default();
        let routes = |query: &str| find(&report, query, &ui).into_iter().map(|found| found.route).collect::<Vec<_>>();
        assert_eq!(routes("VISITS"), ["#/quality/feature/visits_30d", "#/leads/VISITS"]);
        assert_eq!(routes(" roll"), ["#/rollout", "#/leads/roll"]);
        assert!(routes("  ").is_empty());
        let saved = Ui { state: State::Saved, ..Ui::default() };
        assert_eq!(find(&report, "no such name", &saved), []);
    }
}
