//! The views: pure functions of the report and of what the page remembers. A view is a list of pieces, so that only those whose text
//! changed are put into the document.

mod business;
mod compare;
mod diagnosis;
mod dialog;
mod experiment;
mod goals;
mod health;
mod leads;
mod measure;
mod models;
mod nav;
mod overview;
mod performance;
pub mod plan;
mod print;
mod quality;
mod reviews;
mod rollout;
mod settings;
mod sheet;

use maud::{Markup, PreEscaped, html};
use plumbline_core::report::MeasureId;

use crate::find::find;
use crate::part::{Icon, icon, of_verdict};
use crate::read::Report;
use crate::text::{Safe, Unit, ms_of};
use crate::ui::{Route, State, Ui};

/// A service that has not answered for this long is slow.
const SLOW_MS: i64 = 5_000;
/// Notes that a view lists.
const NOTES: usize = 12;

/// A piece of the page.
#[derive(Debug)]
pub enum Piece {
    /// Tags round the parts.
    Raw(&'static str),
    /// A part that changes by itself, under its id.
    Part(&'static str, Markup),
}

/// All pieces of the page below its root.
pub fn pieces(report: &Report, ui: &Ui) -> Vec<Piece> {
    let mut out = frame(report, ui);
    match &ui.route {
        // The frame alone: parts without figures would only move when the figures come.
        route if is_awaited(report, ui) && !matches!(route, Route::Leads | Route::Lead(_) | Route::Settings) => {
            if ui.state != State::Waiting {
                out.push(Piece::Part("head", html! { header.page-head { h1 { (ui.text.of(ui.route.key())) } } }));
            }
        }
        Route::Overview => overview::pieces(report, ui, &mut out),
        Route::Print => print::pieces(report, ui, &mut out),
        route => {
            if matches!(route, Route::Health | Route::Performance | Route::Quality | Route::Business) {
                out.push(Piece::Part("tabs", nav::tabs(report, ui)));
            }
            one(report, ui, &mut out);
        }
    }
    close(dialog::dialog(report, ui), &mut out);
    out
}

/// All pieces of the page with the overview open and no dialog: those of [`pieces`], by the code of that view alone.
pub fn overview(report: &Report, ui: &Ui) -> Vec<Piece> {
    let mut out = frame(report, ui);
    overview::pieces(report, ui, &mut out);
    close(html! {}, &mut out);
    out
}

/// What stands before the parts of every view.
fn frame(report: &Report, ui: &Ui) -> Vec<Piece> {
    vec![
        Piece::Raw("<header class=\"rail\">"),
        Piece::Part("rail", nav::rail(report, ui)),
        Piece::Raw("</header><main id=\"main\" tabindex=\"-1\">"),
        Piece::Part("bar", bar(report, ui)),
    ]
}

/// What stands after them.
fn close(dialog: Markup, out: &mut Vec<Piece>) {
    out.push(Piece::Raw("</main>"));
    out.push(Piece::Part("dialog", dialog));
}

/// Whether there is no report: it has not arrived, may not be read, or cannot be reached.
fn is_awaited(report: &Report, ui: &Ui) -> bool {
    report.format == 0 && !matches!(ui.state, State::Live | State::Saved)
}

/// The pieces of the view that is open.
fn one(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    match &ui.route {
        Route::Changes => overview::all_changes(report, ui, out),
        Route::Health => health::pieces(report, ui, out),
        Route::Performance => performance::pieces(report, ui, out),
        Route::Quality => quality::pieces(report, ui, out),
        Route::Feature(name) => quality::feature(report, name, ui, out),
        Route::Business => business::pieces(report, ui, out),
        Route::Rollout => rollout::pieces(report, ui, out),
        Route::Experiment => experiment::pieces(report, ui, out),
        Route::Models => models::pieces(report, ui, out),
        Route::Model(version) => compare::one(report, version, ui, out),
        Route::Compare(a, b) => compare::two(report, a, b, ui, out),
        Route::Sheet => sheet::pieces(report, ui, out),
        Route::Leads => leads::pieces(report, None, ui, out),
        Route::Lead(id) => leads::pieces(report, Some(id), ui, out),
        Route::Diagnosis(procedure) => diagnosis::pieces(report, procedure, ui, out),
        Route::Reviews => reviews::pieces(ui, out),
        Route::Review(id) => reviews::one(id, ui, out),
        Route::Goals => goals::pieces(report, ui, out),
        Route::Settings => settings::pieces(report, ui, out),
        Route::Overview | Route::Print => {}
    }
}

/// The pieces as one text: what the page holds after a draw, and what is printed.
pub fn join(pieces: &[Piece]) -> Markup {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Raw(text) => out.push_str(text),
            Piece::Part(id, markup) => out.push_str(&part(id, &markup.0)),
        }
    }
    PreEscaped(out)
}

/// A part as it stands in the document.
pub fn part(id: &str, markup: &str) -> String {
    format!("<div class=\"part\" id=\"p-{id}\">{markup}</div>")
}

/// The document's title: view, state, product.
pub fn title(report: &Report, ui: &Ui) -> String {
    let level = of_verdict(report.verdict.as_ref().map_or("", |verdict| verdict.status.as_str()));
    format!("{} · {} · Plumbline", ui.text.of(ui.route.key()), ui.text.of(level.key))
}

/// The bar above every view: what is shown, how old it is, and what may be done with the page itself.
fn bar(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let until = report.data_until.as_deref().map(|at| text.moment(at));
    html! {
        div.top {
            @if let Some(deployment) = &report.deployment {
                span.where { strong { (Safe(&deployment.name)) } " · " (Safe(&deployment.environment)) }
            }
            @if !report.digest.is_empty() { span.foot { (text.fill("bar.digest", &[("digest", &report.digest.chars().take(12).collect::<String>())])) } }
            span.age {
                @if let Some(until) = &until { (text.fill("bar.until", &[("until", until)])) " · " }
                @if ui.state == State::Live { (text.fill("bar.age", &[("age", &age(ui))])) }
                @else if !report.generated_at.is_empty() { (text.fill("bar.made", &[("made", &ui.text.moment(&report.generated_at))])) }
                @if !report.generated_at.is_empty() { " · " (text.fill("bar.zone", &[("zone", &text.locale.calendar.zone)])) }
            }
            @if !ui.printed {
                (search(report, ui))
                span.end {
                    @if ui.state == State::Live {
                        button.button type="button" data-do="pause" aria-pressed=(if ui.paused { "true" } else { "false" }) { (text.of("bar.pause")) }
                    }
                    details.menu {
                        summary.button { (text.of("bar.export")) }
                        div {
                            @if matches!(ui.route, Route::Print | Route::Review(_)) { button.button type="button" data-do="print" { (text.of("bar.print")) } } @else { a.button href="#/print" { (text.of("bar.print")) } }
                            button.button type="button" data-do="save" { (text.of("bar.save")) }
                            button.button type="button" data-do="export" data-arg="csv" { (text.of("bar.csv")) }
                            @if ui.state == State::Live { button.button type="button" data-do="mail" { (text.of("bar.mail")) } }
                        }
                    }
                    button.button type="button" data-do="theme" { (text.of(if ui.theme == "dark" { "bar.light" } else { "bar.dark" })) }
                }
            }
        }
        @match &ui.state {
            State::Live => {}
            State::Waiting if ui.now_ms - ui.heard_ms > SLOW_MS => p.banner.warn role="status" {
                (text.of("state.slow")) " " button.button type="button" data-do="again" { (text.of("state.again")) }
                label.button { (text.of("state.open")) input.hidden-words #open-report type="file" accept=".json,application/json"; }
            },
            State::Waiting => p.banner role="status" { (text.of("state.waiting")) },
            State::Stale => p.banner.warn role="status" { (icon(Icon::Warning)) " " (stale(report, ui)) " " button.button type="button" data-do="again" { (text.of("state.again")) } },
            State::Offline => p.banner.warn role="status" { (text.fill("state.offline", &[("made", &ui.text.moment(&report.generated_at))])) },
            State::Saved => p.banner { (text.fill("state.saved", &[("made", &ui.text.moment(&report.generated_at))])) @if !ui.is_file && !ui.printed { " " button.button type="button" data-do="live" { (text.of("state.live")) } } },
            State::Bare => p.banner { (text.of("state.bare")) " " a href="#/leads" { (text.of("view.leads")) } },
            State::Forbidden => p.banner.warn role="status" { (text.of(if ui.is_signed { "state.forbidden" } else { "state.no_key" })) " " a href="#/settings" { (text.of("actions.key")) } },
        }
        @if report.format > crate::read::FORMAT { p.banner.warn { (text.of("state.newer")) } }
        @if ui.state == State::Live && let Some(words) = stands_still(report, ui) { p.banner.warn role="status" { (icon(Icon::Warning)) " " (words) } }
        @if let Some(complete) = report.complete.as_ref().filter(|complete| complete.answered < complete.shards) {
            p.banner.warn { (icon(Icon::Warning)) " " (text.fill("state.partial", &[("answered", &complete.answered.to_string()), ("all", &complete.shards.to_string())])) }
        }
        @for note in &report.notes { p.banner { (text.said(note)) } }
        p #said role="status" class=[(!ui.said.is_empty()).then_some("banner")] { (ui.said) }
    }
}

/// The box that finds a view, a measure, a field, a model or a lead by name.
fn search(report: &Report, ui: &Ui) -> Markup {
    let (text, query) = (&ui.text, ui.input("find"));
    let found = find(report, query, ui);
    html! {
        form.search role="search" aria-label=(text.of("find.label")) data-do="find" {
            input #find type="search" placeholder=(text.of("find.label")) aria-label=(text.of("find.label")) autocomplete="off" spellcheck="false" value=(query) data-do="input" data-arg="find";
            @if !query.trim().is_empty() {
                ul.found {
                    @for one in &found { li { a href=(one.route) { span { (Safe(&one.name)) } span.soft { (text.of(one.kind)) } } } }
                    @if found.is_empty() { li.soft { (text.of("find.nothing")) } }
                }
            }
        }
    }
}

/// That no prediction was written for longer than the target of its age allows; none where that is in order or not known.
fn stands_still(report: &Report, ui: &Ui) -> Option<String> {
    let most_h = report.measure(MeasureId::Freshness)?.target.as_ref()?.value;
    let until = report.data_until.as_deref()?;
    let age_h = (ui.now_ms - ms_of(until)?) as f64 / 3.6e6;
    let hours = |x: f64| ui.text.value(Some(x), Unit::Hours, "");
    let words = || {
        let slots = [("at", ui.text.moment(until)), ("age", hours(age_h)), ("most", hours(most_h))];
        ui.text.fill("state.still", &[(slots[0].0, &slots[0].1), (slots[1].0, &slots[1].1), (slots[2].0, &slots[2].1)])
    };
    (ui.now_ms > 0 && most_h > 0.0 && age_h > most_h).then(words)
}

/// How old what is shown is, where the service does not answer.
fn stale(report: &Report, ui: &Ui) -> String {
    if report.generated_at.is_empty() {
        return ui.text.of("state.unreached").to_owned();
    }
    ui.text.fill("state.stale", &[("age", &age(ui)), ("since", &ui.text.moment(&plumbline_core::report::time_text(ui.heard_ms)))])
}

/// How long ago the service answered.
fn age(ui: &Ui) -> String {
    let seconds = u64::try_from((ui.now_ms - ui.heard_ms).max(0) / 1_000).unwrap_or_default();
    if seconds < 90 { ui.text.count("age.seconds", seconds, &[]) } else { ui.text.count("age.minutes", seconds / 60, &[]) }
}

/// The notes of readers and of the service, the newest first, and the button that adds one.
fn notes(report: &Report, ui: &Ui) -> Markup {
    let (text, notes, may) = (&ui.text, &ui.aside.notes, ui.may("ingest"));
    let fault = fault(report, "annotations", ui);
    if notes.is_empty() && !may && fault.is_none() {
        return html! {};
    }
    html! {
        section.card #notes {
            @if let Some(fault) = fault { (fault) }
            header { h2 { (text.of("notes.title")) } @if may { button.button type="button" data-do="ask" data-arg="note" { (text.of("action.note")) } } }
            @if notes.is_empty() { p.soft { (text.of("notes.none")) } }
            ol.events { @for note in notes.iter().take(NOTES) { li {
                time datetime=(note.at) { (text.moment(&note.at)) }
                span { (Safe(&note.text)) }
                span.soft { (Safe(&note.by)) }
            } } }
        }
    }
}

/// A button that copies `what`.
fn copy(what: &str, ui: &Ui) -> Markup {
    html! { button.button.small type="button" data-do="copy" data-arg=(what) { (ui.text.of("copy")) } }
}

/// The heading of a view: its name and its question.
fn heading(ui: &Ui, name: &str, question: &str) -> Markup {
    html! { header.page-head { h1 { (ui.text.of(name)) } p { (ui.text.of(question)) } } }
}

/// What stands for a part of the report that could not be read; nothing where it could.
fn fault(report: &Report, part: &str, ui: &Ui) -> Option<Markup> {
    let fault = report.fault(part)?;
    Some(html! {
        @let part = crate::text::shown(&fault.part).0;
        p.banner.warn { (ui.text.fill("state.fault", &[("part", &part)])) @if !ui.printed { " " (copy(&format!("REPORT_FIELD {part} {}", crate::text::shown(&fault.at).0), ui)) } }
    })
}

/// The currency of the deployment.
fn currency(report: &Report) -> &str {
    report.deployment.as_ref().map_or("", |deployment| deployment.currency.as_str())
}

/// Width of a chart that takes the whole content.
fn whole(ui: &Ui) -> f64 {
    f64::from(ui.width.clamp(240, 1_400)) - 34.0
}

/// Width of a chart beside two others, where they fit: cards of 19rem and more, as the sheet has them.
fn third(ui: &Ui) -> f64 {
    match ui.width {
        936.. => f64::from(ui.width.min(1_400)) / 3.0 - 44.0,
        620..936 => f64::from(ui.width) / 2.0 - 40.0,
        _ => whole(ui),
    }
}

/// Width of a chart beside another one, where both fit: cards of 24rem and more.
fn half(ui: &Ui) -> f64 {
    if ui.width >= 780 { f64::from(ui.width.min(1_400)) / 2.0 - 40.0 } else { whole(ui) }
}
