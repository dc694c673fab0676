//! All views on paper: the verdict first, one view a page, without controls.

use maud::html;

use super::{Piece, business, diagnosis, experiment, goals, health, models, overview, performance, quality, rollout, settings};
use crate::read::Report;
use crate::ui::Ui;

/// Width of a chart on A4.
const WIDTH: u32 = 680;

/// The pieces of all views.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    let paper = Ui {
        printed: true,
        width: WIDTH,
        text: crate::text::Text::default(),
        threshold: ui.served,
        served: ui.served,
        days: 90,
        measure: ui.measure.clone(),
        ..Ui::default()
    };
    let mut all: Vec<Piece> = Vec::new();
    let views: [fn(&Report, &Ui, &mut Vec<Piece>); 11] = [
        overview::pieces,
        health::pieces,
        performance::pieces,
        quality::pieces,
        business::pieces,
        rollout::pieces,
        experiment::pieces,
        models::pieces,
        |report, ui, out| diagnosis::pieces(report, "", ui, out),
        goals::pieces,
        settings::pieces,
    ];
    for view in views {
        let mut inside = Vec::new();
        view(report, &paper, &mut inside);
        let parts = inside.into_iter().map(|piece| match piece {
            Piece::Part(_, markup) => markup,
            Piece::Raw(_) => html! {},
        });
        all.push(Piece::Part("sheet", html! { article.sheet { @for part in parts { (part) } } }));
    }
    // One part: ids of the sheets would not be unique.
    let sheets = all.into_iter().filter_map(|piece| match piece {
        Piece::Part(_, markup) => Some(markup),
        Piece::Raw(_) => None,
    });
    out.push(Piece::Part("sheets", html! { @for sheet in sheets { (sheet) } }));
}
