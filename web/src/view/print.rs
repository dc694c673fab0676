//! All views on paper: the verdict first, one view a page, without controls.

use maud::{PreEscaped, html};

use super::{Piece, business, diagnosis, experiment, goals, health, models, overview, performance, quality, rollout, settings};
use crate::read::Report;
use crate::ui::Ui;

/// A view that is printed.
type View = fn(&Report, &Ui, &mut Vec<Piece>);

/// Width of a chart on A4.
const WIDTH: u32 = 680;

/// The pieces of all views.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    let paper = Ui {
        printed: true,
        width: WIDTH,
        text: ui.text.clone(),
        now_ms: ui.now_ms,
        aside: ui.aside.clone(),
        threshold: ui.served,
        served: ui.served,
        days: ui.days,
        measure: ui.measure.clone(),
        ..Ui::default()
    };
    let mut all: Vec<Piece> = Vec::new();
    // Each under its route: a link of the rail leads to it where no script runs.
    let views: [(&str, View); 11] = [
        ("/", overview::pieces),
        ("/health", health::pieces),
        ("/performance", performance::pieces),
        ("/quality", quality::pieces),
        ("/business", business::pieces),
        ("/rollout", rollout::pieces),
        ("/experiment", experiment::pieces),
        ("/models", models::pieces),
        ("/diagnosis", |report, ui, out| diagnosis::pieces(report, "", ui, out)),
        ("/goals", goals::pieces),
        ("/settings", settings::pieces),
    ];
    for (route, view) in views {
        let mut inside = Vec::new();
        view(report, &paper, &mut inside);
        let parts = inside.into_iter().map(|piece| match piece {
            Piece::Part(_, markup) => markup,
            Piece::Raw(text) => PreEscaped(text.to_owned()),
        });
        all.push(Piece::Part(
            "sheet",
            html! { article.sheet id=(route) { @for part in parts { (PreEscaped(without_tables(&part.0))) } } },
        ));
    }
    // One part: ids of the sheets would not be unique.
    let sheets = all.into_iter().filter_map(|piece| match piece {
        Piece::Part(_, markup) => Some(markup),
        Piece::Raw(_) => None,
    });
    out.push(Piece::Part("sheets", html! { @for sheet in sheets { (sheet) } }));
}

/// The markup without what has to be opened first, which paper and files without scripts cannot: tables of charts, whose figures are drawn.
fn without_tables(markup: &str) -> String {
    let mut out = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some((before, after)) = rest.split_once("<details") {
        out.push_str(before);
        rest = after.split_once("</details>").map_or("", |(_, behind)| behind);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::without_tables;

    #[test]
    fn what_opens_is_left_out() {
        assert_eq!(without_tables("<p>a</p><details id=\"x\"><p>b</p></details><p>c</p>"), "<p>a</p><p>c</p>");
        assert_eq!(without_tables("<details>never closed"), "");
    }
}
