//! Leads: what did this lead get, why, from which version, and what would change it?

use maud::{Markup, html};
use plumbline_core::report::time_text;

use super::{Piece, heading};
use crate::chart::waterfall;
use crate::lead::{Control, Desk, Edge, Fault, Field, Row, Score, Stored};
use crate::order::order;
use crate::part::{Icon, icon, table};
use crate::read::Report;
use crate::text::{Safe, shown};
use crate::ui::{State, Ui};

/// The pieces of the view: search and list, or the lead `id`; in both, the form and its score.
pub fn pieces(report: &Report, id: Option<&str>, ui: &Ui, out: &mut Vec<Piece>) {
    let text = &ui.text;
    out.push(Piece::Part(
        "head",
        match id {
            None => heading(ui, "view.leads", "leads.question"),
            Some(id) => html! { header.page-head { h1 { (Safe(id)) } p { a href="#/leads" { (text.of("leads.all")) } } } },
        },
    ));
    if ui.state == State::Saved || ui.printed {
        out.push(Piece::Part("find", html! { section.card { p.soft { (text.of("leads.saved")) } } }));
        return;
    }
    let desk = &ui.desk;
    out.push(Piece::Part("find", find(ui)));
    if let (Some(id), true) = (id, desk.lost.is_some()) {
        out.push(Piece::Part("lost", html! { section.card { p { (text.fill("leads.lost", &[("id", &shown(id).0)])) } } }));
        return;
    }
    if id.is_none() {
        out.push(Piece::Part("recent", recent(report, ui)));
        out.push(Piece::Part("samples", samples(ui)));
    }
    if id.is_none() && !desk.recent.is_empty() && !ui.is_open("form") {
        out.push(Piece::Part(
            "other",
            html! { div { button.button type="button" data-do="open" data-arg="form" { (text.of("leads.other")) } } },
        ));
        return;
    }
    if desk.models.is_empty() {
        out.push(Piece::Part("form", html! { section.card { p.soft { (text.of("leads.no_model")) } } }));
        return;
    }
    out.push(Piece::Raw("<div class=\"lead-view\"><div class=\"column\">"));
    out.push(Piece::Part("score", verdict(ui)));
    out.push(Piece::Part("why", why(ui)));
    out.push(Piece::Part("changed", changed(ui)));
    out.push(Piece::Raw("</div><div class=\"column\">"));
    if let (Some(_), Some(stored)) = (id, &desk.stored) {
        out.push(Piece::Part("history", history(stored, ui)));
    }
    out.push(Piece::Part("form", form(ui)));
    out.push(Piece::Part("proof", proof(ui)));
    out.push(Piece::Raw("</div></div>"));
}

fn find(ui: &Ui) -> Markup {
    let text = &ui.text;
    html! {
        form.find role="search" data-do="find-lead" {
            label.field { span { (text.of("leads.find")) } input #lead type="search" autocomplete="off" spellcheck="false" value=(ui.input("lead")) data-do="input" data-arg="lead"; }
            button.button type="submit" { (text.of("leads.go")) }
        }
    }
}

fn bands(report: &Report) -> Vec<(String, f64)> {
    let mut bands: Vec<(String, f64)> =
        report.business.iter().flat_map(|business| &business.bands).map(|band| (band.name.clone(), band.from)).collect();
    order(&mut bands, |a, b| a.1 > b.1);
    bands
}

fn band_of(bands: &[(String, f64)], probability: f64) -> &str {
    bands.iter().find(|(_, from)| probability >= *from).map_or("", |(name, _)| name.as_str())
}

fn time(ms: i64, ui: &Ui) -> String {
    if ms > 0 { ui.text.moment(&time_text(ms)) } else { String::new() }
}

fn recent(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let desk = &ui.desk;
    if desk.recent.is_empty() {
        return html! {};
    }
    let bands = bands(report);
    let head = html! {
        th scope="col" { (text.of("leads.id")) } th.number scope="col" { (text.of("leads.score")) } th scope="col" { (text.of("leads.band")) }
        th scope="col" { (text.of("leads.version")) } th scope="col" { (text.of("leads.when")) } th scope="col" { (text.of("leads.outcome")) }
    };
    let row = |row: &Row| {
        let served = row.served();
        html! { tr {
            th scope="row" { a href=(format!("#/leads/{}", crate::ui::encoded(&row.id))) { (Safe(&row.id)) } }
            td.number { (text.locale.fixed(served.map_or(0.0, |score| score.2 * 100.0), 0)) }
            td { (Safe(served.map_or("", |score| band_of(&bands, score.2)))) }
            td { (Safe(served.map_or("", |score| score.0.as_str()))) }
            td { (time(row.first_ms, ui)) }
            td { (outcome(row, ui)) }
        } }
    };
    html! {
        section.card {
            header { h2 { (text.of("leads.recent")) } }
            (table("recent", text.of("leads.recent"), &head, &html! { @for one in desk.recent.iter().take(10) { (row(one)) } }))
        }
    }
}

fn outcome(row: &Row, ui: &Ui) -> String {
    let at = |name: &str| row.outcome.as_ref().and_then(|outcome| outcome.get(name)?.as_i64());
    match (at("converted_ms"), at("lost_ms")) {
        (Some(at), _) => ui.text.fill("leads.converted", &[("at", &time(at, ui))]),
        (_, Some(at)) => ui.text.fill("leads.gone", &[("at", &time(at, ui))]),
        _ => ui.text.of("leads.open").to_owned(),
    }
}

fn samples(ui: &Ui) -> Markup {
    let desk = &ui.desk;
    if desk.samples.len() < 2 || !desk.recent.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            header { h2 { (ui.text.of("leads.samples")) } }
            div.samples role="group" aria-label=(ui.text.of("leads.samples")) {
                @for (place, (title, _)) in desk.samples.iter().enumerate() {
                    button.button type="button" data-do="sample" data-arg=(place) aria-pressed=(if place == desk.sample { "true" } else { "false" }) { (Safe(title)) }
                }
            }
        }
    }
}

/// The score on a scale of 0 to 100 with the bands and the average lead.
fn verdict(ui: &Ui) -> Markup {
    let (text, desk) = (&ui.text, &ui.desk);
    let version = desk.model().map_or("", |model| model.version.as_str());
    html! {
        section.card.lead-score {
            header {
                h2 { (text.of("leads.score")) }
                @if desk.models.len() > 1 {
                    label.pick { span.small { (text.of("leads.version")) }
                        select #version data-do="version" { @for model in &desk.models {
                            option value=(model.version) selected[model.version == version] { (shown(&model.version).0) @if model.is_default { " · " (text.of("role.champion")) } }
                        } }
                    }
                } @else { span.small.soft { (Safe(version)) } }
            }
            @match &desk.here {
                None if !desk.lame.is_empty() => p.banner.warn role="alert" { (text.fill("leads.lame", &[("why", &shown(&desk.lame).0)])) },
                None => p.soft { (text.of("leads.scoring")) },
                Some(Err(faults)) => {
                    p.big { strong #score { "–" } }
                    p { (icon(Icon::Warning)) " " (text.of("leads.no_score")) }
                    ul { @for fault in faults.iter().filter(|fault| fault.field.is_none()) { li { (said(fault)) } } }
                }
                Some(Ok(score)) => (number(score, ui)),
            }
        }
    }
}

fn number(score: &Score, ui: &Ui) -> Markup {
    let text = &ui.text;
    let bands = &ui.desk.bands;
    let width = super::half(ui).clamp(240.0, 560.0);
    let x = crate::chart::Scale { from: 0.0, to: 100.0, start: 8.0, end: width - 8.0 };
    let px = |value: f64| x.px(value);
    let (class, shape) = heat(&score.band, ui);
    html! {
        p.score-line {
            strong.score-number #score { (text.locale.fixed(score.score, 0)) } span.soft { (text.of("leads.of_100")) }
            @if !score.band.is_empty() { span.band.(class) #band { (icon(shape)) (Safe(&score.band)) } }
        }
        p.soft { (text.fill("leads.chance", &[("chance", &text.locale.percent(score.probability))])) }
        svg.scale width=(crate::text::coordinate(width)) height="52" aria-hidden="true" {
            line.rule x1=(px(0.0)) x2=(px(100.0)) y1="22" y2="22" {}
            line.filled.(class) x1=(px(0.0)) x2=(px(score.score)) y1="22" y2="22" {}
            @for (name, from) in bands.iter().filter(|(_, from)| *from > 0.0) {
                line.tick x1=(px(from * 100.0)) x2=(px(from * 100.0)) y1="12" y2="32" {}
                text.tick x=(px(from * 100.0)) y="48" text-anchor="middle" { (text.locale.fixed(from * 100.0, 0)) " " (shown(name).0) }
            }
            @if let Some(base) = score.base {
                line.average x1=(px(base)) x2=(px(base)) y1="14" y2="30" {}
                text.tick x=(px(base)) y="9" text-anchor=(if base < 15.0 { "start" } else { "middle" }) { (text.fill("leads.average", &[("base", &text.locale.fixed(base, 0))])) }
            }
            circle.dot.(class) cx=(px(score.score)) cy="22" r="7" {}
        }
        @if !score.unknown_values.is_empty() { p.small { (text.fill("leads.unknown", &[("fields", &score.unknown_values.join(", "))])) } }
    }
}

/// Bands are three steps of one hue with a shape each: red is kept for trouble.
fn heat(band: &str, ui: &Ui) -> (&'static str, Icon) {
    let bands = &ui.desk.bands;
    match bands.iter().position(|(name, _)| name == band) {
        Some(0) => ("hot", Icon::Flame),
        Some(place) if place + 1 == bands.len() => ("cold", Icon::Snow),
        Some(_) => ("warm", Icon::Sun),
        None => ("plain", Icon::Dot),
    }
}

fn why(ui: &Ui) -> Markup {
    let Some(Ok(score)) = &ui.desk.here else { return html! {} };
    html! { section.card { header { h2 { (ui.text.of("why.title")) } } (waterfall(score, ui)) } }
}

/// What the last edit did.
fn changed(ui: &Ui) -> Markup {
    let (text, desk) = (&ui.text, &ui.desk);
    let Some((name, _, before)) = &desk.edit else { return html! {} };
    let label = desk.fields().iter().find(|field| field.name == *name).map_or(name.as_str(), |field| field.label.as_str());
    let words = match (before, &desk.here) {
        (Some(before), Some(Ok(now))) => {
            let slots = [
                ("from", text.locale.fixed(before.score, 0)),
                ("to", text.locale.fixed(now.score, 0)),
                ("points", text.locale.signed(now.score - before.score)),
            ];
            text.fill(
                "changed.score",
                &[(slots[0].0, &slots[0].1), (slots[1].0, &slots[1].1), (slots[2].0, &slots[2].1), ("field", label)],
            )
        }
        (_, Some(Err(_))) => text.fill("changed.none", &[("field", label)]),
        _ => text.of("changed.again").to_owned(),
    };
    let moved = match (before, &desk.here) {
        (Some(before), Some(Ok(now))) => now
            .reasons
            .iter()
            .filter_map(|reason| {
                let was = before.reasons.iter().find(|other| other.field == reason.field).map_or(0.0, |other| other.points);
                (reason.points != was).then(|| (reason.said().to_owned(), was, reason.points))
            })
            .take(4)
            .collect(),
        _ => Vec::new(),
    };
    html! {
        section.card {
            header { h2 { (text.of("changed.title")) } button.button type="button" data-do="undo" { (text.of("leads.undo")) } }
            p #changes { (words) }
            ul.small { @for (said, was, now) in moved { li { (Safe(&said)) ": " (text.locale.signed(was)) " → " (text.locale.signed(now)) } } }
        }
    }
}

/// Which versions scored it, what became of it, what sales said.
fn history(stored: &Stored, ui: &Ui) -> Markup {
    let text = &ui.text;
    let said = |value: &serde_json::Value| {
        let of = |name: &str| value.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        (
            value.get("at_ms").and_then(serde_json::Value::as_i64).unwrap_or_default(),
            of("kind"),
            of("text"),
            value.get("rating").and_then(serde_json::Value::as_f64),
            of("event_id"),
            of("closed_by").is_empty(),
        )
    };
    html! {
        section.card {
            header { h2 { (text.of("history.title")) } p.small.soft { (outcome(&stored.row, ui)) } }
            ol.events {
                @for (version, role, probability) in &stored.row.scores { li {
                    time { (time(stored.row.first_ms, ui)) }
                    span { (text.fill("history.scored", &[("score", &text.locale.fixed(probability * 100.0, 0)), ("version", &shown(version).0)])) }
                    span.soft { (text.named("role.", role)) }
                } }
                @for (at, kind, words, rating, id, is_open) in stored.feedback.iter().map(said) { li {
                    time { (time(at, ui)) }
                    span { (text.named("feedback.", &kind)) @if let Some(rating) = rating { " · " (text.locale.shortest(rating)) } @if !words.is_empty() { ": " (Safe(&words)) } }
                    @if kind == "odd" && !id.is_empty() && is_open && ui.may("operate") {
                        span.tools {
                            button.button type="button" data-do="ask" data-arg=(format!("confirm:{id}")) { (text.of("action.confirm")) }
                            button.button type="button" data-do="ask" data-arg=(format!("dismiss:{id}")) { (text.of("action.dismiss")) }
                        }
                    }
                } }
                @for (at, _) in stored.fields.iter().skip(1) { li { time { (time(*at, ui)) } span { (text.of("history.values")) } } }
            }
        }
    }
}

fn said(fault: &Fault) -> Markup {
    html! { (Safe(&fault.detail)) " " code { (fault.code) } }
}

fn form(ui: &Ui) -> Markup {
    let (text, desk) = (&ui.text, &ui.desk);
    html! {
        section.card {
            header { h2 { (text.of("leads.form")) } button.button type="button" data-do="reset-lead" { (text.of("leads.reset")) } }
            div.lead-fields { @for field in desk.fields() { (control(field, desk, ui)) } }
        }
    }
}

fn control(field: &Field, desk: &Desk, ui: &Ui) -> Markup {
    let text = &ui.text;
    let value = desk.draft.text(&field.name);
    let faults = desk.faults(&field.name);
    let (id, note) = (&field.name, format!("{}-note", field.name));
    let invalid = (!faults.is_empty()).then_some("true");
    html! {
        div.field.has-fault[!faults.is_empty()] {
            label for=(id) { (shown(&field.label).0) @if !field.unit.is_empty() { span.soft { " (" (shown(&field.unit).0) ")" } } }
            @match &field.control {
                Control::Choice(choices) => select id=(id) data-do="lead" data-arg=(id) aria-describedby=(note) aria-invalid=[invalid] {
                    option value="" selected[value.is_empty()] { (text.of("leads.unknown_value")) }
                    @for choice in choices { option value=(choice) selected[*choice == value] { (shown(choice).0) } }
                    // A value that the model has never seen is kept and shown as what it is.
                    @if !value.is_empty() && !choices.contains(&value) { option value=(value) selected { (text.fill("leads.new_value", &[("value", &shown(&value).0)])) } }
                },
                Control::Flag => select id=(id) data-do="lead" data-arg=(id) aria-describedby=(note) {
                    option value="" selected[value.is_empty()] { (text.of("leads.unknown_value")) }
                    option value="yes" selected[value == "yes"] { (text.of("leads.yes")) }
                    option value="no" selected[value == "no"] { (text.of("leads.no")) }
                },
                Control::Day => input id=(id) type="date" value=(value.get(..10).unwrap_or(&value)) data-do="lead" data-arg=(id) aria-describedby=(note) aria-invalid=[invalid];,
                Control::Number => input id=(id) type="text" inputmode="decimal" autocomplete="off" spellcheck="false" placeholder=(text.of("leads.unknown_value")) value=(value) data-do="lead" data-arg=(id) data-steps aria-describedby=(note) aria-invalid=[invalid];,
                Control::Tags | Control::Text => input id=(id) type="text" autocomplete="off" spellcheck="false" placeholder=(text.of("leads.unknown_value")) value=(value) data-do="lead" data-arg=(id) aria-describedby=(note) aria-invalid=[invalid];,
            }
            span.small id=(note) { @for fault in faults { span.fault { (said(fault)) } } @if matches!(field.control, Control::Tags) { span.soft { (text.of("leads.commas")) } } }
        }
    }
}

/// The proof: this page, the service and what was stored have the same bits. One line that opens.
fn proof(ui: &Ui) -> Markup {
    let (text, desk) = (&ui.text, &ui.desk);
    let here = desk.here.as_ref();
    let key = match (here, &desk.edge) {
        (_, Edge::Unasked) => "proof.unasked",
        (_, Edge::Asking) => "proof.asking",
        (_, Edge::Silent) => "proof.silent",
        (Some(Ok(here)), Edge::Heard(Ok(edge))) if here.version != edge.version => "proof.other",
        (Some(Ok(here)), Edge::Heard(Ok(edge))) if same(here.probability, edge.probability) && same(here.margin, edge.margin) => {
            "proof.same"
        }
        (Some(Err(_)), Edge::Heard(Err(_))) => "proof.both",
        _ => "proof.differs",
    };
    let (class, shape) = match key {
        "proof.same" | "proof.both" => ("good", Icon::Tick),
        "proof.differs" => ("warn", Icon::Warning),
        _ => ("wait", Icon::Dot),
    };
    let bits = |score: &Result<Score, Vec<Fault>>, of: fn(&Score) -> f64| {
        score.as_ref().map_or_else(|_| "–".to_owned(), |score| hex(of(score).to_bits()))
    };
    let edge = if let Edge::Heard(answer) = &desk.edge { Some(answer) } else { None };
    html! {
        section.card {
            p { span.status.(class) #agreement { (icon(shape)) (text.of(key)) } }
            @if key == "proof.silent" { p.banner.warn role="alert" { (text.of("proof.alone")) " " button.button type="button" data-do="compare" { (text.of("state.again")) } } }
            @if key == "proof.unasked" { p.small.soft { (text.of("proof.ask")) } button.button type="button" data-do="compare" { (text.of("proof.compare")) } }
            details data-open="proof" {
                summary { (text.of("proof.title")) }
                @if let (Some(here), Some(edge)) = (here, edge) {
                    div.scroll role="region" aria-label=(text.of("proof.title")) tabindex="0" {
                        table.plain-table.compare {
                            thead { tr { th scope="col" { (text.of("proof.figure")) } th scope="col" { (text.of("proof.here")) } th scope="col" { (text.of("proof.service")) } } }
                            tbody {
                                tr { th scope="row" { (text.of("proof.probability")) } td { code.bits { (bits(here, |score| score.probability)) } } td { code.bits { (bits(edge, |score| score.probability)) } } }
                                tr { th scope="row" { (text.of("proof.margin")) } td { code.bits { (bits(here, |score| score.margin)) } } td { code.bits { (bits(edge, |score| score.margin)) } } }
                            }
                        }
                    }
                }
                @if let Some(model) = desk.model() {
                    dl.facts {
                        dt { (text.of("models.version")) } dd { (Safe(&model.version)) }
                        dt { (text.of("proof.file")) } dd { a href=(model.bundle) download { (text.of("proof.bundle")) } }
                        dt { (text.of("models.digest")) } dd { code #digest { (model.digest) } }
                    }
                }
            }
        }
    }
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

/// Sixteen digits that show every bit.
fn hex(bits: u64) -> String {
    format!("{bits:016x}")
}
