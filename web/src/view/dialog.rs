//! The dialog of an action: what happens, how many leads move, whose approval this is, and how it is undone.

use maud::{Markup, html};

use crate::read::Report;
use crate::text::{Safe, moment};
use crate::ui::Ui;

/// The dialog of the action that is asked for; an empty one without.
pub fn dialog(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let asked = ui.dialog.as_deref().zip(report.rollout.as_ref());
    html! {
        dialog #ask aria-labelledby="ask-title" {
            @if let Some((action, rollout)) = asked {
                @let (verb, gate) = action.split_once(':').unwrap_or((action, ""));
                @let challenger = rollout.serving.iter().find(|serving| serving.role == "challenger").map_or("", |serving| serving.version.as_str());
                @let stage = text.of(&format!("stage.{}", rollout.stage)).to_owned();
                @let gate_name = text.of(&format!("gate.{gate}")).to_owned();
                @let (made, revision) = (moment(&report.generated_at), rollout.revision.to_string());
                @let slots = [("version", challenger), ("stage", stage.as_str()), ("gate", gate_name.as_str()), ("made", made.as_str()), ("revision", revision.as_str())];
                h2 #ask-title tabindex="-1" { (text.fill(&format!("ask.{verb}.title"), &slots)) }
                p { (text.fill(&format!("ask.{verb}.body"), &slots)) }
                @if verb == "waive" { @if let Some(part) = rollout.gates.iter().find(|part| part.id == gate) { p { (Safe(&text.sentence(&part.sentence))) } } }
                p.small.soft { (text.fill("ask.evidence", &slots)) }
                label.field { span { (text.of("ask.reason")) } textarea #reason rows="3" data-do="input" data-arg="reason" { (ui.input("reason")) } }
                div.buttons {
                    button.button type="button" data-do="back" { (text.of("ask.back")) }
                    button.button.primary type="button" data-do="send" data-arg=(action) disabled[ui.input("reason").trim().is_empty()] { (text.of(&format!("action.{verb}"))) }
                }
            }
        }
    }
}
