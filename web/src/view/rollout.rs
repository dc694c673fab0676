//! Rollout: where is the new version, may it go on, who says so?

use maud::{Markup, html};
use plumbline_core::report::{GatePart, RolloutPart, StagePart, Status};

use super::{Piece, fault, heading};
use crate::order::order;
use crate::part::{Icon, icon, of_status, status, table};
use crate::read::Report;
use crate::text::{Safe, Unit};
use crate::ui::{State, Ui};

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.rollout", "rollout.question")));
    let Some(rollout) = &report.rollout else {
        out.push(Piece::Part("stage", fault(report, "rollout", ui).unwrap_or_else(|| idle(report, ui))));
        out.push(Piece::Part("ledger", ledger(report, ui)));
        return;
    };
    out.push(Piece::Part("stage", stage(rollout, ui)));
    out.push(Piece::Part("gates", gates(rollout, ui)));
    out.push(Piece::Part("sign-offs", sign_offs(rollout, ui)));
    out.push(Piece::Part("actions", actions(rollout, ui)));
    out.push(Piece::Part("ledger", ledger(report, ui)));
}

fn idle(report: &Report, ui: &Ui) -> Markup {
    let serving = report.answers.as_ref().map(|answers| ui.text.sentence(&answers.which_serves.sentence));
    let may_start = ui.may("approve");
    html! { section.card {
        p { (ui.text.of("rollout.idle")) " " @if let Some(serving) = &serving { (Safe(serving)) } }
        @if may_start { p { (ui.text.of("rollout.start")) " " a href="#/models" { (ui.text.of("view.models")) } } }
    } }
}

/// C7: the four stages, what comes next, and holds.
pub fn stage(rollout: &RolloutPart, ui: &Ui) -> Markup {
    let text = &ui.text;
    let one = |stage: &StagePart| {
        let (class, shape) = match stage.state.as_str() {
            "done" => ("done", Icon::Tick),
            "now" => ("now", Icon::Play),
            _ => ("open", Icon::Ring),
        };
        let days = stage
            .days
            .map(|days| text.fill("rollout.days", &[("days", &days.to_string()), ("least", &stage.min_days.to_string())]));
        html! {
            li.(class) aria-current=[(class == "now").then_some("step")] {
                (icon(shape))
                strong { (text.of(&format!("stage.{}", stage.id))) }
                @if let Some(days) = days { span.small { (days) } } @else { span.small.soft { (text.count("rollout.least", u64::from(stage.min_days), &[])) } }
                @if let Some(from) = &stage.from { span.small.soft { (ui.text.moment(from)) } }
            }
        }
    };
    let required: Vec<&GatePart> = rollout.gates.iter().filter(|gate| gate.required).collect();
    let passed = required.iter().filter(|gate| gate.status == Status::Pass || gate.waived.is_some()).count();
    html! {
        ol.track { @for stage in &rollout.stages { (one(stage)) } }
        section.card.hero.(if rollout.missing.is_empty() { "good" } else { "wait" }) {
            @if let Some(held) = &rollout.held { p.banner.warn { (icon(Icon::Pause)) " " (text.of("rollout.held")) " " (text.said(held)) } }
            @if rollout.suspended { p.banner.warn { (text.of("rollout.suspended")) } }
            h2 { (text.said(&rollout.next)) }
            p.small {
                (text.fill("rollout.passed", &[("passed", &passed.to_string()), ("all", &required.len().to_string())]))
                @if let Some(earliest) = &rollout.earliest_at { " · " (text.fill("rollout.earliest", &[("at", &ui.text.moment(earliest))])) }
                @if rollout.extensions.0 > 0 { " · " (text.fill("rollout.extended", &[("n", &rollout.extensions.0.to_string()), ("most", &rollout.extensions.1.to_string())])) }
            }
            ul.serving { @for serving in &rollout.serving {
                li { span.key.(if serving.role == "challenger" { "challenger" } else { "champion" }) { (Safe(&serving.version)) } " " (text.locale.percent(serving.share)) " " span.soft { (text.of(&format!("role.{}", serving.role))) } }
            } }
        }
    }
}

fn gates(rollout: &RolloutPart, ui: &Ui) -> Markup {
    let text = &ui.text;
    let head = html! {
        th scope="col" { (text.of("gates.gate")) } th.number scope="col" { (text.of("gates.value")) }
        th.number scope="col" { (text.of("gates.target")) } th.number scope="col" { (text.of("gates.n")) } th scope="col" { (text.of("gates.verdict")) }
    };
    let row = |gate: &GatePart| {
        let (unit, id) = (Unit::of_gate(&gate.id), format!("gate-{}", gate.id));
        let name = text.of(&format!("gate.{}", gate.id)).to_owned();
        let is_open = ui.is_open(&id) || ui.printed;
        let n = gate.estimate.n.filter(|n| *n > 0).map(|n| text.locale.whole(n));
        let needed = gate.estimate.n_needed.map(|needed| text.locale.whole(needed));
        html! {
            tr id=(format!("{id}-row")) {
                th scope="row" {
                    @if ui.printed { (name) } @else {
                        button.plain-button type="button" id=(format!("{id}-open")) aria-expanded=(if is_open { "true" } else { "false" }) data-do="toggle" data-arg=(id) { (name) }
                    }
                }
                td.number data-label=(text.of("gates.value")) { (text.estimate(&gate.estimate, unit, "")) }
                td.number data-label=(text.of("gates.target")) { @if let Some(target) = &gate.target { (text.target(target, unit, "")) } }
                td.number data-label=(text.of("gates.n")) { @if let Some(n) = n { (n) } @if let Some(needed) = needed { " / " (needed) } }
                td { (status(text, of_status(gate.status))) @if gate.waived.is_some() { " " span.small { (text.of("gates.waived")) } } }
            }
            @if is_open {
                tr.more id=(format!("{id}-more")) { td colspan="5" {
                    p { (text.said(&gate.sentence)) }
                    @if let Some(reason) = &gate.waived { p { (text.of("gates.waived_why")) " " (Safe(reason)) } }
                    @if gate.provisional && !ui.printed { p.small.soft { (text.of("gates.provisional")) } }
                    @if let Some(ready) = &gate.ready_at { p.small { (text.fill("gates.ready", &[("at", &ui.text.moment(ready))])) } }
                    p.small.soft { code { (gate.id) } @if !gate.required { " · " (text.of("gates.shown")) } @if !gate.evidence.is_empty() { " · " (text.of("gates.evidence")) " " code { (gate.evidence.chars().take(12).collect::<String>()) } } }
                    @if ui.may("approve") && gate.waivable {
                        button.button type="button" data-do="ask" data-arg=(format!("waive:{}", gate.id)) { (text.of("action.waive")) }
                    }
                } }
            }
        }
    };
    // What is missing first: a manager asks why not.
    let mut gates: Vec<&GatePart> = rollout.gates.iter().collect();
    let rank = |gate: &GatePart| (!gate.required, gate.status == Status::Pass || gate.waived.is_some());
    order(&mut gates, |a, b| rank(a) < rank(b));
    html! {
        section.card {
            header { h2 { (text.of("gates.title")) } }
            // On paper once, not with each gate.
            @if ui.printed && gates.iter().any(|gate| gate.provisional) { p.small.soft { (text.of("gates.provisional")) } }
            @if gates.is_empty() { p.soft { (text.of("gates.none")) } }
            @else { (table("gates-table", text.of("gates.title"), &head, &html! { @for gate in gates { (row(gate)) } })) }
        }
    }
}

fn sign_offs(rollout: &RolloutPart, ui: &Ui) -> Markup {
    let text = &ui.text;
    let missing: Vec<&str> = rollout.missing.iter().filter_map(|id| id.strip_prefix("approval:")).collect();
    html! {
        section.card {
            header { h2 { (text.of("sign_offs.title")) } }
            @if rollout.sign_offs.is_empty() && missing.is_empty() { p.soft { (text.of("sign_offs.none")) } }
            ul.events {
                @for signed in &rollout.sign_offs { li {
                    time datetime=(signed.at) { (ui.text.moment(&signed.at)) }
                    span { (Safe(&signed.by)) ", " (text.of(&format!("role.{}", signed.role))) @if !signed.comment.is_empty() { ": " (Safe(&signed.comment)) } }
                    code.small { (signed.evidence.chars().take(12).collect::<String>()) }
                } }
                @for role in missing { li { span.soft { (text.of("sign_offs.missing")) } span { (text.of(&format!("role.{role}"))) } } }
            }
        }
    }
}

fn actions(rollout: &RolloutPart, ui: &Ui) -> Markup {
    let text = &ui.text;
    if ui.printed {
        return html! {};
    }
    let allowed: Vec<_> = rollout.actions.iter().filter(|action| ui.may(&action.needs_scope)).collect();
    html! {
        section.card.actions aria-label=(text.of("actions.title")) {
            @if !allowed.is_empty() { h2 { (text.of("actions.title")) } }
            @if allowed.is_empty() { p.soft { (text.of("actions.none")) " " a href="#/settings" { (text.of("actions.key")) } } }
            @for action in allowed {
                // A hold that is there already needs no second one.
                @let is_idle = !action.allowed || (action.id == "hold" && rollout.held.is_some());
                button.button.(if action.id == "rollback" { "danger" } else { "" }) type="button" data-do="ask" data-arg=(action.id) disabled[is_idle] { (text.of(&format!("action.{}", action.id))) }
            }
        }
    }
}

/// The ledger: its newest entries, older ones when they are asked for, and whether all follow from one another.
fn ledger(report: &Report, ui: &Ui) -> Markup {
    let (text, aside) = (&ui.text, &ui.aside);
    let all = aside.ledger(&report.events);
    let known = report.rollout.as_ref().map_or(0, |rollout| rollout.ledger_total);
    let total = all.first().map_or(0, |event| event.seq).max(known).max(aside.total);
    let oldest = all.last().map_or(0, |event| event.seq);
    let is_live = ui.state == State::Live && !ui.printed;
    let broken = |entry: u64| html! { span.status.critical { (icon(Icon::Octagon)) (text.fill("ledger.broken", &[("entry", &entry.to_string())])) } };
    html! {
        section.card #ledger {
            header {
                h2 { (text.of("ledger.title")) }
                p.small.soft { (text.count("ledger.total", total, &[("shown", &all.len().to_string())])) }
                @if is_live { button.button type="button" data-do="verify" { (text.of("ledger.verify")) } }
            }
            @if let Some(chain) = &aside.chain {
                p role="status" #chain {
                    @if chain.is_open { (text.fill("ledger.checking", &[("taken", &text.locale.whole(chain.taken)), ("total", &text.locale.whole(chain.total))])) }
                    @else if chain.is_missed { (text.of("ledger.not_here")) }
                    @else if let Some(entry) = chain.fault { (broken(entry)) }
                    @else { span.status.good { (icon(Icon::Tick)) (text.count("ledger.here", chain.taken, &[])) } }
                }
            }
            @if let Some(verified) = &aside.verified {
                p role="status" #verified {
                    @if verified.is_valid { span.status.good { (icon(Icon::Tick)) (text.count("ledger.valid", verified.entries, &[])) } }
                    @else { (broken(verified.fault)) }
                }
            }
            ol.events { @for event in all { li {
                time datetime=(event.at) { (text.moment(&event.at)) }
                span { @if event.sentence.text.is_empty() { (text.named("event.", &event.kind)) } @else { (text.said(&event.sentence)) } }
                span.soft { (Safe(&event.actor)) }
            } } }
            @if is_live && oldest > 1 { div.tools { button.button type="button" data-do="ledger" data-arg=(oldest) { (text.of("ledger.older")) } } }
        }
    }
}
