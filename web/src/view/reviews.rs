//! Reviews: what a person looks at each day, week and month, with what the service found; each is a page that prints.

use maud::{Markup, html};
use plumbline_core::report::{PERCENTILES, Review, ReviewKind, ReviewPart, Status, time_text};

use super::{Piece, heading};
use crate::part::{Level, of_status, status, table};
use crate::review::Listed;
use crate::text::{Safe, Whole, shown};
use crate::ui::{State, Ui, encoded};

/// The pieces of the list.
pub fn pieces(ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.reviews", "reviews.question")));
    out.push(Piece::Part("reviews", list(ui)));
}

/// The pieces of the review that `asked` names.
pub fn one(asked: &str, ui: &Ui, out: &mut Vec<Piece>) {
    let (text, reviews) = (&ui.text, &ui.reviews);
    let Some(review) = reviews.open.as_ref().filter(|_| ui.state != State::Saved) else {
        let words = match (ui.state == State::Saved, reviews.is_lost) {
            (true, _) => text.of("reviews.saved").to_owned(),
            (_, true) => text.fill("reviews.lost", &[("id", &shown(asked).0)]),
            _ => text.of("reviews.reading").to_owned(),
        };
        out.push(Piece::Part(
            "head",
            html! { header.page-head { h1 { (text.of("view.reviews")) } p { a href="#/reviews" { (text.of("reviews.all")) } } } },
        ));
        out.push(Piece::Part("review", html! { section.card { p.soft { (words) } } }));
        return;
    };
    out.push(Piece::Part("head", head(review, ui)));
    out.push(Piece::Part("review", items(review, ui)));
    out.push(Piece::Part("decision", decision(review, ui)));
    // On paper a person signs what they looked at.
    out.push(Piece::Part(
        "sign",
        html! { p.sign { span { (text.of("reviews.signed_by")) } span { (text.of("reviews.signed_on")) } } },
    ));
}

/// The word for a kind of review.
fn kind(name: &str, ui: &Ui) -> String {
    ui.text.of(&format!("reviews.{name}")).trim_start_matches("reviews.").to_owned()
}

/// The reviews of each kind, the newest first.
fn list(ui: &Ui) -> Markup {
    let text = &ui.text;
    if ui.state == State::Saved {
        return html! { section.card { p.soft { (text.of("reviews.saved")) } } };
    }
    let Some(listed) = &ui.reviews.listed else { return html! { section.card { p.soft { (text.of("reviews.reading")) } } } };
    // The older ones open.
    const NEWEST: usize = 10;
    let line = |one: &Listed| {
        html! { li { a href=(format!("#/reviews/{}", encoded(&one.id))) { (ui.text.moment(&time_text(one.at_ms))) } } }
    };
    html! {
        div.three {
            @for name in ReviewKind::ALL.map(ReviewKind::name) {
                @let own: Vec<&Listed> = listed.iter().filter(|one| one.kind == name).collect();
                section.card {
                    header { h2 { (kind(name, ui)) } }
                    p.small.soft { (text.of(&format!("reviews.{name}_when"))) }
                    @let (newest, older) = own.split_at(own.len().min(NEWEST));
                    @if own.is_empty() { p { (text.of("reviews.none")) } } @else { ul.reviews { @for one in newest { (line(one)) } } }
                    @if !older.is_empty() { details data-open=(format!("older-{name}")) { summary { (text.count("reviews.older", older.len() as u64, &[])) } ul.reviews { @for one in older { (line(one)) } } } }
                }
            }
        }
    }
}

fn head(review: &Review, ui: &Ui) -> Markup {
    let text = &ui.text;
    html! {
        header.page-head {
            h1 { (kind(review.kind.name(), ui)) }
            p { (text.fill("reviews.made", &[("at", &ui.text.moment(&review.made_at))])) span.back { " · " } a href="#/reviews" { (text.of("reviews.all")) } }
            p.finding { (text.said(&review.sentence)) }
        }
    }
}

/// Each item of the checklist with what was found.
fn items(review: &Review, ui: &Ui) -> Markup {
    let text = &ui.text;
    html! {
        ol.items {
            @for part in &review.parts {
                @let name = text.of(&format!("review.{}", part.id)).trim_start_matches("review.").to_owned();
                li.card id=(format!("item-{}", part.id)) {
                    header { h2 { (shown(&name).0) } (status(text, level(part.status))) }
                    p { (text.said(&part.sentence)) }
                    (rows(part, &name, ui))
                }
            }
        }
    }
}

/// The word for what was found: an item of a list is in order or needs a look.
fn level(status: Status) -> Level {
    let key = match status {
        Status::Pass => "reviews.pass",
        Status::Fail => "reviews.fail",
        _ => return of_status(status),
    };
    Level { key, ..of_status(status) }
}

/// The lines of an item: percentiles as a table, other labels beside their text.
fn rows(part: &ReviewPart, name: &str, ui: &Ui) -> Markup {
    if part.rows.is_empty() {
        return html! {};
    }
    if part.id == "scores" {
        let locale = &ui.text.locale;
        let head = html! { th scope="col" { (ui.text.of("reviews.period")) } @for place in PERCENTILES { th.number scope="col" { (locale.percent_tick(place)) } } };
        let rows = html! { @for (label, line) in &part.rows { tr {
            th scope="row" { (Safe(label)) }
            @let cells: Vec<&str> = line.split(", ").collect();
            @if cells.len() == PERCENTILES.len() { @for cell in cells { td.number { (cell) } } } @else { td.soft colspan=(PERCENTILES.len()) { (Safe(line)) } }
        } } };
        return table(&format!("rows-{}", part.id), name, &head, &rows);
    }
    // Short lines are laid out in columns.
    let is_short = part.rows.iter().all(|(label, line)| label.len() + line.len() < 48);
    html! {
        dl.lines.short[is_short] {
            @for (label, line) in &part.rows {
                // A line that names what it is about needs no label.
                @if line.contains(label.as_str()) { div.whole { dt.hidden-words { (Safe(label)) } dd { (Whole(line)) } } }
                @else { div { dt { (Safe(label)) } dd { (Whole(line)) } } }
            }
        }
    }
}

/// What people are asked, and what they answered.
fn decision(review: &Review, ui: &Ui) -> Markup {
    let text = &ui.text;
    if review.question.is_none() {
        return html! {};
    }
    let answers: Vec<_> = ui.aside.notes.iter().filter(|note| note.about == review.id).collect();
    html! {
        section.card #decision {
            header { h2 { (text.of("reviews.retrain")) } }
            @for answer in &answers { p { (Safe(&answer.text)) " " span.soft { (Safe(&answer.by)) ", " (ui.text.moment(&answer.at)) } } }
            @if answers.is_empty() { p { (text.of("reviews.open")) } }
            @if ui.may("ingest") { div.tools { button.button type="button" data-do="ask" data-arg=(format!("decide:{}", review.id)) { (text.of("action.decide")) } } }
        }
    }
}
