//! A card as Markdown, its figures as images inside the file.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ModelCard;
use super::fact::{Table, summary, tables};
use super::figure::figures;
use super::html::STYLE;

/// The document.
pub fn document(card: &ModelCard<'_>) -> String {
    let manifest = &card.bundle.manifest;
    let mut out = format!("# {}\n\n", inline(&format!("{} {}", manifest.name, manifest.version)));
    if !manifest.provenance.intended_use.is_empty() {
        let _ = writeln!(out, "{}\n", inline(&manifest.provenance.intended_use));
    }
    let _ = writeln!(out, "{}\n", inline(&summary(card.bundle)));
    for (place, one) in tables(card).iter().enumerate() {
        table(one, &mut out);
        if place == 0 {
            for figure in figures(card.bundle) {
                image(&figure.into_string(), &mut out);
            }
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn table(table: &Table, out: &mut String) {
    let _ = writeln!(out, "## {}\n", table.title);
    if !table.below.is_empty() {
        let _ = writeln!(out, "{}\n", inline(&table.below));
    }
    let row = |cells: &mut dyn Iterator<Item = String>| format!("| {} |\n", cells.collect::<Vec<String>>().join(" | "));
    out.push_str(&row(&mut table.head.iter().map(|name| inline(name))));
    out.push_str(&row(&mut table.head.iter().map(|_| "---".to_owned())));
    for cells in &table.rows {
        out.push_str(&row(&mut cells.iter().map(|cell| inline(cell))));
    }
    out.push('\n');
}

/// The drawing in the markup of a figure, with its words.
fn image(figure: &str, out: &mut String) {
    let between = |from: &str, to: &str| Some(figure.split_once(from)?.1.split_once(to)?.0);
    let (Some(title), Some(drawing)) = (between("<h2>", "</h2>"), between("<svg ", "</svg>")) else { return };
    let words = between("<desc", "</desc>").and_then(|desc| Some(desc.split_once('>')?.1)).unwrap_or_default();
    let svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" {drawing}<style>{STYLE}</style></svg>");
    let _ = writeln!(
        out,
        "### {title}\n\n![{}](data:image/svg+xml;base64,{})\n\n{words}\n",
        title.replace(['[', ']'], ""),
        STANDARD.encode(svg)
    );
}

/// `text` on one line, with nothing that Markdown or HTML takes for more than text.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\n' | '\r' => out.push_str("; "),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
