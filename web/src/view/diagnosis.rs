//! Diagnosis: what is wrong, who acts by when, and what is the next step?

use maud::{Markup, html};
use plumbline_core::diagnose::{Finding, Judgement};
use plumbline_core::report::{AlertPart, DiagnosisPart, IncidentPart, Status};
use plumbline_core::rollout::Severity;

use super::{Piece, fault, heading, measure};
use crate::part::{Icon, icon, link};
use crate::read::Report;
use crate::text::{Safe, ms_of, shown};
use crate::ui::Ui;

/// The pieces of the view; `procedure` is the one that is open, such as `latency`.
pub fn pieces(report: &Report, procedure: &str, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.diagnosis", "diagnosis.question")));
    out.push(Piece::Part("alerts", alerts(report, ui)));
    out.push(Piece::Part("incidents", incidents(report, ui)));
    out.push(Piece::Part("off", off(report, ui)));
    // On paper the overview has them.
    if !ui.printed {
        out.push(Piece::Part("note", super::notes(report, ui)));
    }
    out.push(Piece::Part("procedures", procedures(report, procedure, ui)));
}

/// Time until `at` in words, or how long it is over.
pub fn left(at: &str, ui: &Ui) -> String {
    let Some(at) = ms_of(at) else { return String::new() };
    let minutes = (at - ui.now_ms) / 60_000;
    let size = minutes.unsigned_abs();
    let (key, n) = match size {
        0..120 => ("minutes", size),
        120..2_880 => ("hours", size / 60),
        _ => ("days", size / 1_440),
    };
    ui.text.count(&format!("{}.{key}", if minutes < 0 { "over" } else { "in" }), n, &[])
}

/// Role, deadline and who is next: the clock that runs.
fn clock(owner: Option<&str>, due: Option<&str>, next: Option<&str>, taken: Option<&str>, ui: &Ui) -> Markup {
    let text = &ui.text;
    let role = |id: &str| text.named("role.", id);
    html! {
        p.small {
            @if let Some(owner) = owner { strong { (shown(&role(owner)).0) } }
            @if let Some(due) = due {
                @let left = if ui.now_ms > 0 { left(due, ui) } else { String::new() };
                " · " (text.fill("alerts.due", &[("at", &ui.text.moment(due))])) @if !left.is_empty() { " (" (left) ")" }
            }
            @if let Some(next) = next { " · " (text.fill("alerts.next", &[("role", &shown(&role(next)).0)])) }
            @if let Some(taken) = taken { " · " (text.fill("alerts.taken", &[("name", &shown(taken).0)])) }
        }
    }
}

fn severity(severity: Severity, ui: &Ui) -> Markup {
    let (class, shape, key) = match severity {
        Severity::Red => ("critical", Icon::Octagon, "severity.red"),
        Severity::Yellow => ("warn", Icon::Warning, "severity.yellow"),
        Severity::Info => ("wait", Icon::Dot, "severity.info"),
    };
    html! { span.status.(class) { (icon(shape)) (ui.text.of(key)) } }
}

/// The alerts that fire, then those that were resolved lately.
fn alerts(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let one = |alert: &AlertPart| {
        html! {
            li.alert id=(format!("alert-{}", alert.id)) {
                p { @if alert.state == "firing" { (severity(alert.severity, ui)) } @else { span.status.good { (icon(Icon::Tick)) (text.of("alerts.resolved")) } }
                    " " (text.said(&alert.sentence)) @if alert.stale { " " span.soft { (text.of("alerts.stale")) } } }
                (clock(alert.owner_role.as_deref(), alert.due_at.as_deref(), alert.escalates_to.as_deref(), alert.taken_by.as_deref(), ui))
                p.small.soft { (text.fill("alerts.since", &[("at", &ui.text.moment(&alert.opened_at))])) @if let Some(at) = &alert.resolved_at { " · " (text.fill("alerts.until", &[("at", &ui.text.moment(at))])) } }
                @if alert.state == "firing" && alert.taken_by.is_none() && alert.incident.is_some() && ui.may("operate") {
                    div.buttons { button.button type="button" data-do="ask" data-arg=(format!("take:{}", alert.id)) { (text.of("action.take")) } }
                }
            }
        }
    };
    html! {
        @if let Some(fault) = fault(report, "alerts", ui) { (fault) }
        section.card {
            header { h2 { (text.of("alerts.title")) } p.small.soft { (text.count("alerts.total", report.alerts_total, &[])) } }
            @if !report.alerts.iter().any(|alert| alert.state == "firing") { p { (icon(Icon::Tick)) " " (text.of("alerts.none")) } }
            ul.alerts { @for alert in &report.alerts { (one(alert)) } }
        }
    }
}

/// Open incidents, and post-mortems that are to be written.
fn incidents(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let written = report.rollout.iter().flat_map(|rollout| &rollout.post_mortems);
    let all: Vec<&IncidentPart> =
        report.incidents.iter().chain(written.filter(|one| !report.incidents.iter().any(|other| other.id == one.id))).collect();
    if all.is_empty() {
        return html! {};
    }
    let one = |incident: &IncidentPart| {
        html! {
            li.alert id=(format!("incident-{}", incident.id)) {
                p { @if incident.state == "closed" { span.status.good { (icon(Icon::Tick)) (text.of("incidents.closed")) } } @else { (severity(incident.severity, ui)) } " " (text.said(&incident.sentence)) }
                (clock(incident.owner_role.as_deref(), (incident.state != "closed").then_some(incident.due_at.as_str()), incident.escalates_to.as_deref(), incident.taken_by.as_deref(), ui))
                @if let Some(cause) = &incident.cause { p.small { (text.of("incidents.cause")) " " (Safe(cause)) } }
                @if incident.state != "closed" && ui.may("operate") {
                    div.buttons { button.button type="button" data-do="ask" data-arg=(format!("close:{}", incident.id)) { (text.of("action.close")) } }
                }
            }
        }
    };
    html! {
        @if let Some(fault) = fault(report, "incidents", ui) { (fault) }
        section.card { header { h2 { (text.of("incidents.title")) } } ul.alerts { @for incident in all { (one(incident)) } } }
    }
}

/// The measures that are off target, in words.
fn off(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let off: Vec<_> = report.measures.iter().filter(|measure| measure.status == Status::Fail).collect();
    html! {
        section.card {
            header { h2 { (text.of("diagnosis.off")) } }
            @if off.is_empty() { p.soft { (text.of("diagnosis.none")) } }
            @for one in off { (measure::said(report, one, ui)) }
        }
    }
}

/// The troubleshooting guide, run over the data: its three procedures as ordered steps.
fn procedures(report: &Report, open: &str, ui: &Ui) -> Markup {
    let text = &ui.text;
    if report.diagnosis.is_empty() {
        return fault(report, "diagnosis", ui)
            .unwrap_or_else(|| html! { section.card { p.soft { (text.of("diagnosis.never")) } } });
    }
    let names = [("D1", "scores"), ("D2", "latency"), ("D3", "drift")];
    let is_open = |part: &DiagnosisPart| open.is_empty() || names.iter().any(|(id, name)| *id == part.id && *name == open);
    html! {
        @for part in report.diagnosis.iter().filter(|part| is_open(part)) {
            section.card id=(format!("procedure-{}", part.id)) {
                header { h2 { (text.of(&format!("procedure.{}", part.id))) } p.small.soft { (text.fill("diagnosis.ran", &[("at", &ui.text.moment(&part.ran_at))])) } }
                p { (text.said(&part.finding)) }
                ol.steps { @for step in &part.steps { li {
                    (judgement(step.status, ui))
                    div { @if text.has(&format!("step.{}", step.id)) { h3 { (text.of(&format!("step.{}", step.id))) } } p { (text.said(&step.sentence)) } (next(step, ui)) }
                } } }
            }
        }
    }
}

fn next(step: &Finding, ui: &Ui) -> Markup {
    html! {
        @if let Some(action) = &step.action { p.small { "→ " (ui.text.said(action)) } }
        @if !step.route.is_empty() && !ui.printed { p.small { (link(&step.route, ui.text.of("diagnosis.look"))) } }
    }
}

/// A step's word; that nothing could be told never counts as fine.
fn judgement(judgement: Judgement, ui: &Ui) -> Markup {
    let (class, shape, key) = match judgement {
        Judgement::Fine => ("good", Icon::Tick, "judgement.fine"),
        Judgement::Unknown => ("wait", Icon::Question, "judgement.unknown"),
        Judgement::Suspect => ("warn", Icon::Warning, "judgement.suspect"),
        Judgement::Cause => ("critical", Icon::Octagon, "judgement.cause"),
    };
    html! { span.status.(class) { (icon(shape)) (ui.text.of(key)) } }
}
