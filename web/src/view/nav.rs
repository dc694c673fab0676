//! The rail with all views, and the four tabs of the monitor.

use maud::{Markup, html};
use plumbline_core::report::{Status, Tab};

use crate::part::{Icon, icon};
use crate::read::Report;
use crate::ui::{Route, Ui};

/// Measures of `tab` that are off target.
fn off(report: &Report, tab: Tab) -> usize {
    report.measures.iter().filter(|measure| measure.tab == tab && measure.status == Status::Fail).count()
}

fn item(to: &str, key: &str, route: &Route, off: usize, ui: &Ui) -> Markup {
    let is_here = ui.route.key() == route.key();
    html! {
        li {
            a href=(to) aria-current=[is_here.then_some("page")] {
                span { (ui.text.of(key)) }
                @if off > 0 { span.status.warn { (icon(Icon::Warning)) (off) span.hidden-words { " " (ui.text.count("nav.off", off as u64, &[])) } } }
            }
        }
    }
}

/// The brand's mark, drawn in place: a file of one page has no other files.
fn mark() -> Markup {
    html! {
        svg.brand-mark width="28" height="28" viewBox="0 0 32 32" aria-hidden="true" {
            rect width="32" height="32" rx="8" {}
            path.line d="M8 6.5h16M16 6.5v10" {}
            path.bob d="M11.6 15.5h8.8v3.6L16 27l-4.4-7.9z" {}
        }
    }
}

/// The rail: brand, groups of views.
pub fn rail(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    html! {
        a.brand href="#/" { (mark()) "Plumbline" }
        button.button.views type="button" data-do="toggle" data-arg="views" aria-expanded=(if ui.is_open("views") { "true" } else { "false" }) { (text.of("nav.views")) }
        nav.open[ui.is_open("views")] aria-label=(text.of("nav.label")) {
            ul { (item("#/", "view.overview", &Route::Overview, 0, ui)) }
            h2 { (text.of("nav.monitor")) }
            ul {
                (item("#/health", "view.health", &Route::Health, off(report, Tab::Health), ui))
                (item("#/performance", "view.performance", &Route::Performance, off(report, Tab::Performance), ui))
                (item("#/quality", "view.quality", &Route::Quality, off(report, Tab::Quality), ui))
                (item("#/business", "view.business", &Route::Business, off(report, Tab::Business), ui))
            }
            h2 { (text.of("nav.change")) }
            ul {
                (item("#/rollout", "view.rollout", &Route::Rollout, 0, ui))
                (item("#/experiment", "view.experiment", &Route::Experiment, 0, ui))
                (item("#/models", "view.models", &Route::Models, 0, ui))
                (item("#/leads", "view.leads", &Route::Leads, 0, ui))
            }
            h2 { (text.of("nav.help")) }
            ul {
                (item("#/diagnosis", "view.diagnosis", &Route::Diagnosis(String::new()), 0, ui))
                (item("#/reviews", "view.reviews", &Route::Reviews, 0, ui))
                (item("#/goals", "view.goals", &Route::Goals, 0, ui))
                (item("#/settings", "view.settings", &Route::Settings, 0, ui))
            }
        }
    }
}

/// The four tabs of the monitor, in the checklist's order; each is a page with a link.
pub fn tabs(report: &Report, ui: &Ui) -> Markup {
    html! {
        nav.tabs aria-label=(ui.text.of("nav.monitor")) {
            ul {
                (item("#/health", "view.health", &Route::Health, off(report, Tab::Health), ui))
                (item("#/performance", "view.performance", &Route::Performance, off(report, Tab::Performance), ui))
                (item("#/quality", "view.quality", &Route::Quality, off(report, Tab::Quality), ui))
                (item("#/business", "view.business", &Route::Business, off(report, Tab::Business), ui))
            }
        }
    }
}
