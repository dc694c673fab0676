//! C5: ROC or precision against recall, both versions, with markers at the served and at the tried threshold.

use maud::{Markup, html};

use super::frame::Frame;
use super::{Histogram, Scale};
use crate::text::coordinate;
use crate::ui::Ui;

const EDGE: f64 = 44.0;

/// Which curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// Recall against false alarms.
    Roc,
    /// Precision against recall.
    PrecisionRecall,
}

/// The curve of each version: its name, class and histogram.
pub fn curve(id: &str, which: Curve, versions: &[(String, &'static str, Histogram<'_>)], width: f64, ui: &Ui) -> Markup {
    let text = &ui.text;
    let side = width.min(360.0);
    let x = Scale { from: 0.0, to: 1.0, start: EDGE, end: side - 10.0 };
    let y = Scale { from: 0.0, to: 1.0, start: side - 34.0, end: 10.0 };
    let points = |histogram: &Histogram<'_>| match which {
        Curve::Roc => histogram.roc(),
        Curve::PrecisionRecall => histogram.precision_recall(),
    };
    let marker = |histogram: &Histogram<'_>, at: u32| {
        let tried = histogram.at(at);
        match which {
            Curve::Roc => tried.false_alarms.zip(tried.recall),
            Curve::PrecisionRecall => tried.recall.zip(tried.precision),
        }
    };
    let (finding, across, up) = match which {
        Curve::Roc => (text.of("curve.roc"), text.of("curve.false_alarms"), text.of("curve.recall")),
        Curve::PrecisionRecall => (text.of("curve.pr"), text.of("curve.recall"), text.of("curve.precision")),
    };
    let path = |points: &[(f64, f64)]| {
        let step =
            |(place, (a, b)): (usize, &(f64, f64))| format!("{}{} {}", if place == 0 { 'M' } else { 'L' }, x.px(*a), y.px(*b));
        points.iter().enumerate().map(step).collect::<String>()
    };
    let percent = |x: f64| text.locale.percent(x);
    let inside = html! {
        @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
            line.grid x1=(x.px(tick)) x2=(x.px(tick)) y1=(y.px(0.0)) y2=(y.px(1.0)) {}
            line.grid x1=(x.px(0.0)) x2=(x.px(1.0)) y1=(y.px(tick)) y2=(y.px(tick)) {}
            text.tick x=(x.px(tick)) y=(coordinate(side - 18.0)) text-anchor="middle" { (text.locale.percent_tick(tick)) }
            text.tick x=(coordinate(EDGE - 6.0)) y=(y.px(tick)) dy="4" text-anchor="end" { (text.locale.percent_tick(tick)) }
        }
        text.axis x=(x.px(0.5)) y=(coordinate(side - 3.0)) text-anchor="middle" { (across) }
        @if which == Curve::Roc { line.reference x1=(x.px(0.0)) y1=(y.px(0.0)) x2=(x.px(1.0)) y2=(y.px(1.0)) {} }
        @for (_, class, histogram) in versions.iter().rev() {
            path.line.(class) d=(path(&points(histogram))) {}
            @if let Some((a, b)) = marker(histogram, ui.served) { circle.(class) cx=(x.px(a)) cy=(y.px(b)) r="4" {} }
            @if ui.threshold != ui.served {
                @if let Some((a, b)) = marker(histogram, ui.threshold) { circle.tried.(class) cx=(x.px(a)) cy=(y.px(b)) r="6" {} }
            }
        }
    };
    let under = html! { p.legend { @for (name, class, _) in versions { span.key.(class) { (name) } } } };
    let described = versions.iter().filter_map(|(name, _, histogram)| {
        let (a, b) = marker(histogram, ui.threshold)?;
        let threshold = text.locale.fixed(f64::from(ui.threshold) / 100.0, 2);
        let slots = [("name", name.as_str()), ("threshold", &threshold), ("across", &percent(a)), ("up", &percent(b))];
        Some(text.fill(if which == Curve::Roc { "curve.roc_words" } else { "curve.pr_words" }, &slots))
    });
    let description = described.collect::<Vec<_>>().join(" ");
    let mut head = vec![text.of("curve.threshold").to_owned()];
    for (name, _, _) in versions {
        head.extend([across, up].map(|axis| if versions.len() > 1 { format!("{name}: {axis}") } else { axis.to_owned() }));
    }
    let row = |step: usize| {
        let at = 5 * step as u32;
        let mut row = vec![text.locale.fixed(f64::from(at) / 100.0, 2)];
        for (_, _, histogram) in versions {
            let (a, b) = marker(histogram, at).unzip();
            row.extend([a, b].map(|x| x.map_or_else(|| "–".to_owned(), percent)));
        }
        row
    };
    let frame = Frame { id, finding, below: up, description: &description };
    frame.figure(ui, (side, side), &inside, &under, &head, (20, &row))
}
