//! The dialog of an action: what happens, how many leads move, whose approval this is, and how it is undone.

use maud::{Markup, html};
use plumbline_core::report::{GatePart, Model, RolloutPart, Status};

use crate::aside::Ahead;
use crate::part::{Icon, icon};
use crate::read::Report;
use crate::text::{Unit, shown};
use crate::ui::Ui;

/// The dialog of the action that is asked for; an empty one without.
pub fn dialog(report: &Report, ui: &Ui) -> Markup {
    html! { dialog #ask aria-labelledby="ask-title" { @if let Some(action) = &ui.dialog { (asked(report, action, ui)) } } }
}

/// Actions that can be sent without a reason.
fn is_optional(verb: &str) -> bool {
    matches!(verb, "take" | "confirm" | "dismiss" | "start" | "retrain")
}

/// Which dialog an approval has: whether others are missing, and which stage it opens.
fn kind(rollout: &RolloutPart, verb: &str, ui: &Ui) -> String {
    if verb != "approve" {
        return verb.to_owned();
    }
    let missing: Vec<&str> = rollout.missing.iter().filter_map(|id| id.strip_prefix("approval:")).collect();
    if missing.iter().any(|role| *role != ui.role) { "approve_one".to_owned() } else { format!("approve_{}", rollout.stage) }
}

/// Whether the action is one of the approvals that an A/B test starts with.
fn is_test(report: &Report, verb: &str) -> bool {
    verb == "approve" && report.rollout.as_ref().is_some_and(|rollout| rollout.stage == "canary")
}

/// How long the A/B test takes, and its chance.
fn test(ahead: Option<&Ahead>, ui: &Ui) -> Markup {
    let text = &ui.text;
    let words = match ahead {
        None => text.of("plan.working").to_owned(),
        Some(ahead) if !ahead.wrong.is_empty() => text.fill("plan.wrong", &[("why", &shown(&ahead.wrong).0)]),
        Some(ahead) if !ahead.is_long_enough => {
            text.count("ask.test_short", ahead.weeks, &[("needed", &ahead.weeks_needed.to_string())])
        }
        Some(ahead) => {
            let chance = text.locale.percent_tick((ahead.power * 100.0).round() / 100.0);
            let least = text.value(ahead.least, Unit::Change, "");
            let slots = [("per_arm", text.locale.whole(ahead.per_arm)), ("chance", chance), ("least", least)];
            let slots: Vec<(&str, &str)> = slots.iter().map(|(name, value)| (*name, value.as_str())).collect();
            text.count("ask.test", ahead.weeks, &slots)
        }
    };
    html! { p #ask-test role="status" { (words) } }
}

/// How the last rollout of a model ended, and that it is to start again all the same.
fn before(model: &Model, slots: &[(&str, &str)], ui: &Ui) -> Markup {
    let Some(ended) = &model.ended else { return html! {} };
    let words = ui.text.fill(if ended == "stopped" { "ask.again_stopped" } else { "ask.again_rolled_back" }, slots);
    html! {
        @if model.is_post_mortem_open { p { (icon(Icon::Warning)) " " (ui.text.of("ask.post_mortem_open")) " " a href="#/diagnosis" { (ui.text.of("view.diagnosis")) } } }
        @else { (tick("again", words, ui)) }
    }
}

/// A box to tick.
fn tick(id: &str, words: String, ui: &Ui) -> Markup {
    html! { label.check { input id=(id) type="checkbox" checked[ui.is_open(id)] data-do="toggle" data-arg=(id); span { (words) } } }
}

fn asked(report: &Report, action: &str, ui: &Ui) -> Markup {
    let text = &ui.text;
    let (verb, about) = action.split_once(':').unwrap_or((action, ""));
    let rollout = report.rollout.as_ref();
    let version = |role: &str| {
        let serving = rollout.and_then(|rollout| rollout.serving.iter().find(|serving| serving.role == role));
        serving.map_or("", |serving| serving.version.as_str())
    };
    let challenger = if verb == "start" { about } else { version("challenger") };
    let stage = rollout.map_or(String::new(), |rollout| text.of(&format!("stage.{}", rollout.stage)).to_owned());
    let part = rollout.and_then(|rollout| rollout.actions.iter().find(|part| part.id == verb));
    let effect = part.map(|part| &part.effect);
    let whole = |x: Option<f64>| text.value(x, Unit::Count, "");
    let a_day = effect.and_then(|effect| effect.leads_per_day);
    let moved = effect.and_then(|effect| Some((effect.share_after - effect.share_before).abs() * effect.leads_per_day?));
    let after = effect.and_then(|effect| Some(effect.share_after * effect.leads_per_day?));
    let gates: Vec<&GatePart> = rollout.iter().flat_map(|rollout| &rollout.gates).filter(|gate| gate.required).collect();
    let passed = gates.iter().filter(|gate| gate.status == Status::Pass || gate.waived.is_some()).count();
    let gate = rollout.and_then(|rollout| rollout.gates.iter().find(|part| verb == "waive" && part.id == about));
    let incident = report
        .incidents
        .iter()
        .chain(rollout.iter().flat_map(|rollout| &rollout.post_mortems))
        .find(|incident| incident.id == about);
    let alert = report.alerts.iter().find(|alert| alert.id == about);
    let role = text.named("role.", &ui.role);
    let values = [
        ("version", shown(challenger).0),
        ("champion", shown(version("champion")).0),
        ("stage", stage),
        ("gate", text.named("gate.", about)),
        ("made", text.moment(&report.generated_at)),
        ("a_day", whole(a_day)),
        ("moved", whole(moved)),
        ("after", whole(after)),
        ("share", effect.map_or(String::new(), |effect| text.locale.percent_tick(effect.share_after))),
        ("passed", passed.to_string()),
        ("all", gates.len().to_string()),
        ("digest", report.digest.chars().take(8).collect()),
        ("role", role),
        ("name", shown(&ui.name).0),
    ];
    let slots: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let kind = rollout.map_or(verb.to_owned(), |rollout| kind(rollout, verb, ui));
    let needs_text = incident.is_some_and(|incident| incident.needs_post_mortem);
    let is_written = is_optional(verb) || !ui.input("reason").trim().is_empty();
    let model = report.models.iter().find(|model| verb == "start" && model.version == about);
    let ahead = ui.aside.ahead.as_ref();
    let may_start = model.is_none_or(|model| !model.is_post_mortem_open && (model.ended.is_none() || ui.is_open("again")))
        && (verb != "start" || ahead.is_none_or(|ahead| !ahead.cannot_hold || ui.is_open("acknowledge")));
    let may_test = kind != "approve_canary" || ahead.is_none_or(|ahead| ahead.is_long_enough);
    let is_ready = may_start && may_test && is_written && (!needs_text || !ui.input("post_mortem").trim().is_empty());
    html! {
        h2 #ask-title tabindex="-1" { (text.fill(&format!("ask.{kind}.title"), &slots)) }
        p { (text.fill(&format!("ask.{kind}.body"), &slots)) }
        @if let Some(effect) = effect.filter(|effect| !effect.sentence.text.is_empty()) { p { (text.said(&effect.sentence)) } }
        @if let Some(gate) = gate { p { (text.said(&gate.sentence)) } }
        @if let Some(incident) = incident { p { (text.said(&incident.sentence)) } }
        @if let Some(alert) = alert { p { (text.said(&alert.sentence)) } }
        @if part.is_some() || gate.is_some() { p.small.soft { (text.fill("ask.evidence", &slots)) } }
        @if let Some(model) = model { (before(model, &slots, ui)) }
        @if verb == "start" && let Some(ahead) = ahead {
            @if !ahead.sentence.text.is_empty() { p { (text.said(&ahead.sentence)) } }
            @for warning in &ahead.warnings { p.small { (icon(Icon::Warning)) " " (text.said(warning)) } }
            @if ahead.cannot_hold { (tick("acknowledge", text.of("ask.acknowledge").to_owned(), ui)) }
        }
        @if is_test(report, verb) { (test(ahead, ui)) }
        @if kind == "approve_canary" {
            label.field { span { (text.of("ask.weeks")) } input #weeks type="number" min="2" max="26" value=(ui.input("weeks")) data-do="input" data-arg="weeks"; }
        }
        @if !is_optional(verb) {
            label.field { span { (text.of(match verb { "close" => "ask.cause", "note" => "ask.note", "decide" => "ask.decision", _ => "ask.reason" })) } textarea #reason rows="3" data-do="input" data-arg="reason" { (ui.input("reason")) } }
        }
        @if verb == "close" {
            label.field { span { (text.of(if needs_text { "ask.post_mortem" } else { "ask.post_mortem_maybe" })) } textarea #post_mortem rows="5" data-do="input" data-arg="post_mortem" { (ui.input("post_mortem")) } }
        }
        div.buttons {
            button.button type="button" data-do="back" { (text.of("ask.back")) }
            button.button.primary type="button" data-do="send" data-arg=(action) disabled[!is_ready] { (text.of(&format!("action.{}", if kind.starts_with("approve_") && kind != "approve_one" { kind.as_str() } else { verb }))) }
        }
    }
}
