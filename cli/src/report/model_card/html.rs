//! A card as one HTML file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, html};
use sha2::{Digest, Sha256};

use super::ModelCard;
use super::fact::{Table, summary, tables};
use super::figure::figures;

/// The style sheet, which the file's policy names by its digest.
pub const STYLE: &str = include_str!("card.css");

/// The document.
pub fn document(card: &ModelCard<'_>) -> String {
    let manifest = &card.bundle.manifest;
    let title = format!("{} {}", manifest.name, manifest.version);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        STANDARD.encode(Sha256::digest(STYLE))
    );
    let drawn = figures(card.bundle);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Model card: " (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { main {
                header {
                    p.kind { "Model card" }
                    h1 { (title) }
                    @if !manifest.provenance.intended_use.is_empty() { p { (manifest.provenance.intended_use) } }
                    p.summary { (summary(card.bundle)) }
                }
                @for (place, table) in tables(card).iter().enumerate() {
                    (section(table))
                    // Figures after what they show.
                    @if place == 0 && !drawn.is_empty() { section.figures { @for figure in &drawn { (figure) } } }
                }
                footer { p { "Made by plumbline " (env!("CARGO_PKG_VERSION")) " from the bundle alone: plumbline inspect --card makes it again." } }
            } }
        }
    };
    page.into_string()
}

fn section(table: &Table) -> maud::Markup {
    html! {
        section {
            h2 { (table.title) }
            @if !table.below.is_empty() { p.small { (table.below) } }
            div.scroll { table {
                @if table.head.iter().any(|name| !name.is_empty()) { thead { tr { @for name in &table.head { th scope="col" { (name) } } } } }
                tbody { @for row in &table.rows { tr { @for (place, cell) in row.iter().enumerate() {
                    @if place == 0 { th scope="row" { (cell) } } @else { td { @for line in cell.lines() { div { (line) } } } }
                } } } }
            } }
        }
    }
}
