//! Overview: says whether to worry, and who does what next.

use maud::{Markup, html};
use plumbline_core::report::{Change, Measure, MeasureId, Question, Status, Tab};

use super::{Piece, currency, fault};
use crate::chart::timeline;
use crate::order::order;
use crate::part::{icon, link, of_status, of_verdict, status};
use crate::read::Report;
use crate::text::{Safe, Unit, id_of};
use crate::ui::Ui;

/// Days of the timeline.
const DAYS: usize = 14;
/// Changes that are shown with the other answers.
const SHOWN: usize = 6;

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("verdict", verdict(report, ui)));
    out.push(Piece::Part("answers", answers(report, ui)));
    out.push(Piece::Part("measures", measures(report, ui)));
    out.push(Piece::Part("days", days(report, ui)));
    out.push(Piece::Part("changes", changes(report, SHOWN, ui)));
    out.push(Piece::Part("notes", super::notes(report, ui)));
    if !ui.printed {
        out.push(Piece::Part("reviews", reviews(ui)));
    }
}

/// The state in one sentence, with the measures and gates it rests on.
pub fn verdict(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(verdict) = &report.verdict else {
        return fault(report, "verdict", ui).unwrap_or_else(
            || html! { section.card.hero { h1 { (text.of("overview.empty")) } p { (text.of("overview.send")) } } },
        );
    };
    let level = of_verdict(&verdict.status);
    let rests: Vec<&Measure> =
        verdict.because.iter().filter_map(|id| report.measures.iter().find(|measure| id_of(measure.id) == id)).take(4).collect();
    html! {
        section.card.hero.(level.class) {
            (status(text, level))
            h1 { (text.said(&verdict.sentence)) }
            @for measure in rests {
                p { (text.measured_markup(measure, currency(report))) " " a href=(route_of(measure)) { (text.of("overview.why")) } }
            }
        }
    }
}

fn answers(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(answers) = &report.answers else { return fault(report, "answers", ui).unwrap_or_default() };
    let all: [(&str, &str, &Question); 5] = [
        ("question.changed", "question.changed_go", &answers.what_changed),
        ("question.serves", "question.serves_go", &answers.which_serves),
        ("question.promote", "question.promote_go", &answers.may_promote),
        ("question.acts", "question.acts_go", &answers.who_acts),
        ("question.worth", "question.worth_go", &answers.worth),
    ];
    html! {
        div.answers {
            @for (question, go, answer) in all {
                section.card.answer {
                    h2 { (text.of(question)) }
                    @if let Some(of) = answer.status { p { (status(text, of_status(of))) } }
                    p.said { (text.said(&answer.sentence)) }
                    @if let Some(due) = answer.sentence.values.get("due_ms").and_then(serde_json::Value::as_i64).filter(|_| ui.now_ms > 0) {
                        p.small.soft { (super::diagnosis::left(&plumbline_core::report::time_text(due), ui)) }
                    }
                    p.go { (link(&answer.route, text.of(go))) }
                }
            }
        }
    }
}

/// Where the chart of a measure is.
fn route_of(measure: &Measure) -> String {
    let tab = match measure.tab {
        Tab::Health => "health",
        Tab::Performance => "performance",
        Tab::Quality => "quality",
        Tab::Business => "business",
    };
    format!("#/{tab}?metric={}", id_of(measure.id))
}

fn measures(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    if report.measures.is_empty() {
        return fault(report, "measures", ui).unwrap_or_default();
    }
    let tabs = [
        (Tab::Health, "view.health", "#/health"),
        (Tab::Performance, "view.performance", "#/performance"),
        (Tab::Quality, "view.quality", "#/quality"),
        (Tab::Business, "view.business", "#/business"),
    ];
    let money = currency(report);
    let row = |measure: &Measure| {
        let unit = Unit::of(measure.id);
        html! {
            li id=(format!("m-{}", id_of(measure.id))) {
                a.name href=(route_of(measure)) { (text.measure(measure)) }
                span.value { (text.value(measure.estimate.value, unit, money)) }
                span.target { @if let Some(target) = &measure.target { (text.target(target, unit, money)) } }
                (status(text, of_status(measure.status)))
            }
        }
    };
    html! {
        @if let Some(fault) = fault(report, "measures", ui) { (fault) }
        div.matrix {
            @for (tab, key, route) in tabs {
                section.card.tab {
                    h2 { a href=(route) { (text.of(key)) } }
                    ul.measures { @for measure in report.measures.iter().filter(|measure| measure.tab == tab && measure.id != MeasureId::P50Ms) { (row(measure)) } }
                }
            }
        }
    }
}

fn days(report: &Report, ui: &Ui) -> Markup {
    html! {
        section.card {
            header { h2 { (ui.text.of("overview.days")) } }
            (timeline(&report.days, DAYS, super::whole(ui), ui))
        }
    }
}

/// The newest review of each kind.
fn reviews(ui: &Ui) -> Markup {
    let text = &ui.text;
    let kinds = [("daily", "reviews.daily"), ("weekly", "reviews.weekly"), ("monthly", "reviews.monthly")];
    html! {
        section.card {
            header { h2 { a.plain href="#/reviews" { (text.of("view.reviews")) } } }
            ul.links { @for (kind, key) in kinds { li { a href=(format!("#/reviews/{kind}")) { (text.of(key)) } } } }
        }
    }
}

/// The pieces of all changes since the last visit.
pub fn all_changes(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", super::heading(ui, "question.changed", "overview.changes_question")));
    out.push(Piece::Part("changes", changes(report, usize::MAX, ui)));
}

/// What changed since the last visit, trouble first; `most` entries.
fn changes(report: &Report, most: usize, ui: &Ui) -> Markup {
    let text = &ui.text;
    if let Some(fault) = fault(report, "changes", ui) {
        return fault;
    }
    let mut fresh: Vec<&Change> = report.changes.iter().filter(|change| change.seq > ui.seen).collect();
    order(&mut fresh, |a, b| a.trouble && !b.trouble);
    let newest = fresh.iter().map(|change| change.seq).max();
    let more = fresh.len().saturating_sub(most);
    let trouble = crate::part::of_status(Status::Fail);
    html! {
        section.card #changes {
            header {
                h2 { (text.of(if ui.seen == 0 { "overview.latest" } else { "overview.changes" })) }
                @if let Some(newest) = newest.filter(|_| !ui.printed) {
                    button.button type="button" data-do="seen" data-arg=(newest) { (text.of("overview.seen")) }
                }
            }
            @if fresh.is_empty() { p.soft { (text.of("overview.unchanged")) } }
            ol.events { @for change in fresh.iter().take(most) { li id=(format!("change-{}", change.seq)) {
                time datetime=(change.at) { (text.moment(&change.at)) }
                span { @if change.trouble { span.status.(trouble.class) { (icon(trouble.icon)) } " " } (text.said(&change.sentence)) }
                span.soft { (Safe(&change.actor)) }
            } } }
            @if more > 0 && !ui.printed { p.small { a href="#/?changes" { (text.count("overview.more", more as u64, &[])) } } }
        }
    }
}
