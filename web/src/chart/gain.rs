//! C10: which part of conversions the highest scores hold, beside chance and the ideal order.

use maud::{Markup, html};

use super::frame::Frame;
use super::{Histogram, Scale};
use crate::text::coordinate;
use crate::ui::Ui;

const EDGE: f64 = 44.0;

/// The chart of each version: its name, class and histogram.
pub fn gain(id: &str, versions: &[(String, &'static str, Histogram<'_>)], width: f64, ui: &Ui) -> Markup {
    let text = &ui.text;
    let side = width.min(360.0);
    let x = Scale { from: 0.0, to: 1.0, start: EDGE, end: side - 10.0 };
    let y = Scale { from: 0.0, to: 1.0, start: side - 34.0, end: 10.0 };
    let percent = |x: f64| text.locale.percent(x);
    let held = |points: &[(f64, f64)], part: f64| {
        let after = points.iter().position(|(called, _)| *called >= part)?;
        let (b, a) = (points.get(after)?, points.get(after.checked_sub(1)?)?);
        let width = b.0 - a.0;
        Some(if width > 0.0 { a.1 + (part - a.0) / width * (b.1 - a.1) } else { b.1 })
    };
    let path = |points: &[(f64, f64)]| {
        let step =
            |(place, (a, b)): (usize, &(f64, f64))| format!("{}{} {}", if place == 0 { 'M' } else { 'L' }, x.px(*a), y.px(*b));
        points.iter().enumerate().map(step).collect::<String>()
    };
    let base = versions.first().map_or(0.0, |(_, _, histogram)| {
        let (leads, positive) = histogram.totals();
        positive as f64 / leads.max(1) as f64
    });
    let inside = html! {
        @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
            line.grid x1=(x.px(tick)) x2=(x.px(tick)) y1=(y.px(0.0)) y2=(y.px(1.0)) {}
            line.grid x1=(x.px(0.0)) x2=(x.px(1.0)) y1=(y.px(tick)) y2=(y.px(tick)) {}
            text.tick x=(x.px(tick)) y=(coordinate(side - 18.0)) text-anchor="middle" { (text.locale.percent_tick(tick)) }
            text.tick x=(coordinate(EDGE - 6.0)) y=(y.px(tick)) dy="4" text-anchor="end" { (text.locale.percent_tick(tick)) }
        }
        text.axis x=(x.px(0.5)) y=(coordinate(side - 3.0)) text-anchor="middle" { (text.of("gain.leads")) }
        line.reference x1=(x.px(0.0)) y1=(y.px(0.0)) x2=(x.px(1.0)) y2=(y.px(1.0)) {}
        path.reference d=(format!("M{} {}L{} {}L{} {}", x.px(0.0), y.px(0.0), x.px(base), y.px(1.0), x.px(1.0), y.px(1.0))) {}
        @for (_, class, histogram) in versions.iter().rev() { path.line.(class) d=(path(&histogram.gain())) {} }
    };
    let under = html! { p.legend { @for (name, class, _) in versions { span.key.(class) { (name) } } } };
    let described = versions.iter().filter_map(|(name, _, histogram)| {
        let part = held(&histogram.gain(), 0.2)?;
        Some(text.fill("gain.words", &[("name", name), ("part", &percent(part))]))
    });
    let description = described.collect::<Vec<_>>().join(" ");
    let mut head = vec![text.of("gain.leads").to_owned()];
    head.extend(versions.iter().map(|(name, _, _)| name.clone()));
    let row = |place: usize| {
        let part = (place + 1) as f64 / 10.0;
        let of =
            |(_, _, histogram): &(String, &str, Histogram<'_>)| held(&histogram.gain(), part).map_or("–".to_owned(), percent);
        std::iter::once(percent(part)).chain(versions.iter().map(of)).collect::<Vec<String>>()
    };
    let frame = Frame { id, finding: text.of("gain.title"), below: text.of("gain.below"), description: &description };
    frame.figure(ui, (side, side), &inside, &under, &head, (10, &row))
}
