//! A file of scored leads: its figures, worked out on this device by the functions behind `plumbline metrics`.

use maud::{Markup, html};

use super::performance::{Version, curves, what_if};
use super::{Piece, heading};
use crate::chart::Histogram;
use crate::part::table;
use crate::read::Report;
use crate::sheet::{Found, Part, Sheet};
use crate::text::{Safe, Unit, shown};
use crate::ui::Ui;

/// Columns of the preview.
const COLUMNS: usize = 8;

/// The pieces of the view.
pub fn pieces(_: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    let sheet = &ui.sheet;
    out.push(Piece::Part("head", heading(ui, "sheet.title", "sheet.question")));
    if ui.is_alone {
        out.push(Piece::Part("sheet", html! { section.card { p { (ui.text.of("sheet.alone")) } } }));
        return;
    }
    out.push(Piece::Part("sheet", html! { section.card { (choice(ui)) @if !sheet.name.is_empty() { (state(sheet, ui)) } } }));
    if !sheet.names.is_empty() {
        out.push(Piece::Part("columns", columns(sheet, ui)));
    }
    if let Some(found) = &sheet.found {
        out.push(Piece::Part("figures", figures(found, ui)));
        if !found.segments.is_empty() {
            out.push(Piece::Part("segments", segments(found, ui)));
        }
        if let Some(histogram) = found.histogram.as_ref().and_then(Histogram::new) {
            let versions: [Version<'_>; 1] = [(shown(&sheet.name).0, "champion", histogram)];
            out.push(Piece::Part("curves", curves(&versions, ui)));
            out.push(Piece::Part("what-if", what_if(&versions, None, ui)));
        }
        out.push(Piece::Part("left-out", left_out(found, ui)));
    }
}

/// The card that leads here from the models.
pub fn offer(ui: &Ui) -> Markup {
    html! { section.card { h2 { (ui.text.of("sheet.title")) } p { (ui.text.of("sheet.question")) } p.actions { a.button href="#/models/file" { (ui.text.of("sheet.choose")) } } } }
}

fn choice(ui: &Ui) -> Markup {
    let text = &ui.text;
    html! {
        label.field { span { (text.of("sheet.choose")) } input #open-sheet type="file" accept=".csv,.tsv,.txt,text/csv"; }
        p.small.soft { (text.of("sheet.here")) }
    }
}

/// How far the file was read, or why not.
fn state(sheet: &Sheet, ui: &Ui) -> Markup {
    let text = &ui.text;
    let part = if sheet.size > 0.0 { (sheet.read / sheet.size).clamp(0.0, 1.0) } else { 1.0 };
    let read = if part < 0.999 { format!("0.{:03}", (part * 1_000.0) as u32) } else { "1".to_owned() };
    html! {
        @if sheet.is_reading {
            div.actions {
                progress #sheet-read max="1" value=(read) aria-label=(text.of("sheet.reading")) {}
                button.button type="button" data-do="sheet-cancel" { (text.of("sheet.cancel")) }
            }
        }
        @if !sheet.wrong.is_empty() { p.banner.warn role="status" { (Safe(&sheet.wrong)) } }
    }
}

/// What the columns are, to be changed, over the first rows.
fn columns(sheet: &Sheet, ui: &Ui) -> Markup {
    let text = &ui.text;
    let pick = |id: &str, chosen: &str, key: &str| {
        html! { label.field { span { (text.of(key)) } select id=(format!("sheet-{id}")) data-do="sheet" data-arg=(id) {
            @if id == "segment" { option value="" selected[chosen.is_empty()] { (text.of("sheet.no_segment")) } }
            @else if chosen.is_empty() { option value="" selected { "–" } }
            @for name in sheet.names.iter().filter(|name| !name.is_empty()) { option value=(name) selected[name == chosen] { (shown(name).0) } }
        } } }
    };
    let scales = [("", "sheet.probability"), ("percent", "sheet.percent"), ("rank", "sheet.rank")];
    let head = html! { @for name in sheet.names.iter().take(COLUMNS) { th scope="col" { (Safe(name)) } } };
    let rows = html! { @for row in &sheet.rows { tr { @for cell in row.iter().take(COLUMNS) { td { (Safe(cell)) } } } } };
    html! {
        section.card {
            header { h2 { (Safe(&sheet.name)) } }
            div.fields {
                (pick("score", &sheet.score, "sheet.score"))
                (pick("outcome", &sheet.outcome, "sheet.outcome"))
                (pick("segment", &sheet.segment, "sheet.segment"))
                label.field { span { (text.of("sheet.scale")) } select #sheet-scale data-do="sheet" data-arg="scale" { @for (value, key) in scales { option value=(value) selected[value == sheet.scale] { (text.of(key)) } } } }
            }
            details data-open="sheet-preview" {
                summary.small { (text.count("sheet.preview", sheet.rows.len() as u64, &[])) }
                @if ui.is_open("sheet-preview") { (table("sheet-rows", text.of("sheet.title"), &head, &rows)) }
            }
        }
    }
}

fn figures(found: &Found, ui: &Ui) -> Markup {
    let text = &ui.text;
    let slots = [("leads", text.locale.whole(found.leads)), ("converted", text.locale.whole(found.positives))];
    html! {
        section.card {
            h2.big-words #sheet-auc { (text.fill("sheet.auc", &[("auc", &text.estimate(&found.auc, Unit::Part, ""))])) }
            p { (text.fill("sheet.words", &[(slots[0].0, &slots[0].1), (slots[1].0, &slots[1].1)])) }
            ul.answers { @for (key, value) in &found.figures { li { span.small.soft { (text.of(key)) } p.big { (text.value(*value, Unit::Part, "")) } } } }
        }
    }
}

/// The figures of each segment, the largest first.
fn segments(found: &Found, ui: &Ui) -> Markup {
    let text = &ui.text;
    let head = html! {
        th scope="col" { (text.of("sheet.segment")) }
        @for key in ["sheet.leads", "sheet.conversion", "measure.auc", "sheet.precision", "sheet.recall"] { th.number scope="col" { (text.of(key)) } }
    };
    let share = |part: &Part| (part.leads > 0).then(|| part.positives as f64 / part.leads as f64);
    let rows = html! { @for part in &found.segments { tr {
        th scope="row" { @if part.value.is_empty() { "–" } @else { (Safe(&part.value)) } }
        td.number { (text.locale.whole(part.leads)) }
        td.number { (text.value(share(part), Unit::Percent, "")) }
        td.number { (text.estimate(&part.auc, Unit::Part, "")) }
        @for x in part.at { td.number { (text.value(x, Unit::Part, "")) } }
    } } };
    html! {
        section.card {
            header { h2 { (text.of("sheet.segments")) } }
            (table("segments", text.of("sheet.segments"), &head, &rows))
            @if found.segments_left > 0 { p.small.soft { (text.count("sheet.segments_left", found.segments_left, &[])) } }
        }
    }
}

fn left_out(found: &Found, ui: &Ui) -> Markup {
    let text = &ui.text;
    if found.left_out.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            h2 { (text.of("sheet.left_out")) }
            @for (reason, rows, examples) in &found.left_out {
                p { (text.count("sheet.left", *rows, &[])) " " code { (Safe(reason)) } }
                ul { @for example in examples { li.small.soft { (Safe(example)) } } }
            }
        }
    }
}
