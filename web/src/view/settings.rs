//! Settings: who is responsible, which numbers apply, and what is yours on this device.

use maud::{Markup, html};

use super::{Piece, currency, fault, heading};
use crate::part::{link, table};
use crate::read::Report;
use crate::text::{Safe, Unit};
use crate::ui::Ui;

/// The languages of `web/text`, each by its own name.
const LANGUAGES: [(&str, &str); 3] = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية")];

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.settings", "settings.question")));
    out.push(Piece::Part("contacts", contacts(report, ui)));
    out.push(Piece::Part("thresholds", thresholds(report, ui)));
    if !ui.printed {
        out.push(Piece::Part("device", device(ui)));
    }
}

fn contacts(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(settings) = &report.settings else { return fault(report, "settings", ui).unwrap_or_default() };
    // Columns without a value are left out.
    let has_email = settings.contacts.iter().any(|contact| !contact.email.is_empty());
    let has_slack = settings.contacts.iter().any(|contact| !contact.slack.is_empty());
    let head = html! {
        th scope="col" { (text.of("contacts.role")) } th scope="col" { (text.of("contacts.name")) }
        @if has_email { th scope="col" { (text.of("contacts.email")) } }
        @if has_slack { th scope="col" { (text.of("contacts.slack")) } }
    };
    let rows = html! { @for contact in &settings.contacts { tr {
        th scope="row" { (text.named("role.", &contact.role)) }
        td { @if contact.name.is_empty() { span.soft { (text.of("contacts.nobody")) } } @else { (Safe(&contact.name)) } }
        @if has_email { td { @if !contact.email.is_empty() { (link(&format!("mailto:{}", contact.email), &contact.email)) } } }
        @if has_slack { td { (Safe(&contact.slack)) } }
    } } };
    html! {
        section.card {
            header { h2 { (text.of("contacts.title")) } }
            @if settings.contacts.is_empty() { p.soft { (text.of("contacts.empty")) } } @else { (table("contacts", text.of("contacts.title"), &head, &rows)) }
            @if !settings.links.is_empty() { h3 { (text.of("links.title")) } ul.links { @for (name, to) in &settings.links { li { (link(to, name)) } } } }
            p.small.soft { (text.of("settings.policy")) " " code { (settings.policy_sha256.chars().take(12).collect::<String>()) } }
        }
    }
}

fn thresholds(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let head = html! { th scope="col" { (text.of("thresholds.what")) } th.number scope="col" { (text.of("thresholds.value")) } };
    let rows = html! { @for measure in &report.measures { @if let Some(target) = &measure.target { tr {
        th scope="row" { (text.measure(measure)) }
        td.number { (text.target(target, Unit::of(measure.id), currency(report))) }
    } } } };
    html! { section.card { header { h2 { (text.of("thresholds.title")) } } (table("thresholds", text.of("thresholds.title"), &head, &rows)) p.small.soft { (text.of("thresholds.where")) } } }
}

fn device(ui: &Ui) -> Markup {
    let text = &ui.text;
    html! {
        section.card.device {
            header { h2 { (text.of("device.title")) } }
            @if ui.is_signed {
                p { (text.fill("device.key", &[("name", &crate::text::shown(&ui.name).0), ("scopes", &ui.scopes.join(", "))])) }
            } @else {
                p { (text.of("device.no_key")) }
            }
            label.field { span { (text.of("device.enter")) } input #key type="password" autocomplete="off" spellcheck="false" value=(ui.input("key")) data-do="input" data-arg="key"; }
            div.tools {
                button.button type="button" data-do="sign-in" { (text.of("device.use")) }
                @if ui.is_signed { button.button type="button" data-do="sign-out" { (text.of("device.forget")) } }
            }
            p.small.soft { (text.of("device.kept")) }
            div.tools { button.button type="button" data-do="keys" aria-pressed=(if ui.keys { "true" } else { "false" }) { (text.of("device.keys")) } }
            label.field { span { (text.of("device.language")) }
                select #language {
                    @for (language, name) in LANGUAGES { option value=(language) lang=(language) selected[text.of("_lang") == language] { (name) } }
                }
            }
        }
    }
}
