//! C4: how often leads of a score converted, with Wilson's intervals, against the diagonal of a score that tells the truth.

use maud::{Markup, html};
use plumbline_core::stats::level::Level;
use plumbline_core::stats::proportion::Proportion;

use super::frame::Frame;
use super::histogram::Reliable;
use super::{Histogram, Scale};
use crate::text::coordinate;
use crate::ui::Ui;

const EDGE: f64 = 44.0;

/// A version as it is drawn: its place, name, class, and each bin with its rate and interval.
type Drawn<'a> = (usize, &'a str, &'static str, Vec<(Reliable, f64, f64, f64)>);

/// The chart of each version: its name, class and histogram.
pub fn reliability(id: &str, versions: &[(String, &'static str, Histogram<'_>)], width: f64, ui: &Ui) -> Markup {
    let text = &ui.text;
    let side = width.min(360.0);
    let x = Scale { from: 0.0, to: 1.0, start: EDGE, end: side - 10.0 };
    let y = Scale { from: 0.0, to: 1.0, start: side - 34.0, end: 10.0 };
    let percent = |x: f64| text.locale.percent(x);
    let drawn: Vec<Drawn<'_>> = versions
        .iter()
        .enumerate()
        .map(|(place, (name, class, histogram))| {
            let bins = histogram.reliability().into_iter().map(|bin| {
                let rate = bin.positive as f64 / bin.n.max(1) as f64;
                let interval = Proportion::new(bin.positive, bin.n).map(|part| part.wilson(Level::FIVE_PERCENT));
                let (low, high) = interval.map_or((0.0, 1.0), |interval| (interval.lower, interval.upper));
                (bin, rate, low, high)
            });
            (place, name.as_str(), *class, bins.collect())
        })
        .collect();
    let inside = html! {
        @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
            line.grid x1=(x.px(tick)) x2=(x.px(tick)) y1=(y.px(0.0)) y2=(y.px(1.0)) {}
            line.grid x1=(x.px(0.0)) x2=(x.px(1.0)) y1=(y.px(tick)) y2=(y.px(tick)) {}
            text.tick x=(x.px(tick)) y=(coordinate(side - 18.0)) text-anchor="middle" { (text.locale.percent_tick(tick)) }
            text.tick x=(coordinate(EDGE - 6.0)) y=(y.px(tick)) dy="4" text-anchor="end" { (text.locale.percent_tick(tick)) }
        }
        text.axis x=(x.px(0.5)) y=(coordinate(side - 3.0)) text-anchor="middle" { (text.of("reliability.score")) }
        line.reference x1=(x.px(0.0)) y1=(y.px(0.0)) x2=(x.px(1.0)) y2=(y.px(1.0)) {}
        @for (place, _, class, bins) in drawn.iter().rev() {
            @for (bin, rate, low, high) in bins {
                @let at = coordinate(x.at(bin.score) + 3.0 * *place as f64);
                line.whisker.(class) x1=(at) x2=(at) y1=(y.px(*low)) y2=(y.px(*high)) {}
                circle.(class) cx=(at) cy=(y.px(*rate)) r="3.5" {}
            }
        }
    };
    let under = html! { p.legend { @for (name, class, _) in versions { span.key.(class) { (name) } } } };
    let span = |bin: &Reliable| {
        format!("{}–{}", text.locale.fixed(bin.from as f64 / 100.0, 2), text.locale.fixed(bin.to as f64 / 100.0, 2))
    };
    let worst = drawn
        .first()
        .and_then(|(_, _, _, bins)| bins.iter().max_by(|a, b| (a.1 - a.0.score).abs().total_cmp(&(b.1 - b.0.score).abs())));
    let description = worst.map_or(String::new(), |(bin, rate, low, high)| {
        text.fill(
            "reliability.words",
            &[
                ("scores", &span(bin)),
                ("rate", &percent(*rate)),
                ("low", &percent(*low)),
                ("high", &percent(*high)),
                ("mean", &percent(bin.score)),
            ],
        )
    });
    let head =
        [text.of("reliability.version"), text.of("reliability.score"), text.of("reliability.leads"), text.of("reliability.rate")]
            .map(str::to_owned);
    let rows: Vec<Vec<String>> = drawn
        .iter()
        .flat_map(|(_, name, _, bins)| {
            bins.iter().map(|(bin, rate, low, high)| {
                let interval = text.fill("interval", &[("low", &percent(*low)), ("high", &percent(*high))]);
                vec![(*name).to_owned(), span(bin), text.locale.whole(bin.n), format!("{} ({interval})", percent(*rate))]
            })
        })
        .collect();
    let row = |place: usize| rows.get(place).cloned().unwrap_or_default();
    let frame =
        Frame { id, finding: text.of("reliability.title"), below: text.of("reliability.below"), description: &description };
    frame.figure(ui, (side, side), &inside, &under, &head, (rows.len(), &row))
}
