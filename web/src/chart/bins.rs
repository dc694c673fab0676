//! C6: the leads of now against the training data in the bundle's frozen bins.

use maud::{Markup, html};
use plumbline_core::report::FeaturePart;

use super::Scale;
use super::frame::Frame;
use super::scale::ticks;
use crate::text::coordinate;
use crate::ui::Ui;

const HEIGHT: f64 = 220.0;
const LEFT: f64 = 44.0;

/// Two distributions over the same bins.
#[derive(Debug)]
pub struct Pair<'a> {
    /// What is distributed.
    pub name: &'a str,
    /// Inner edges of the bins of numbers; none of categories.
    pub edges: &'a [f64],
    /// Names of the bins of categories.
    pub categories: &'a [String],
    /// Drawn as an outline: its name and its parts.
    pub reference: (&'a str, &'a [f64]),
    /// Drawn filled.
    pub current: (&'a str, &'a [f64]),
    /// Below the heading.
    pub below: &'a str,
    /// The key of the sentence about the bin that differs most.
    pub words: &'a str,
}

/// The chart of one feature now and in training; nothing where its bins are not known.
pub fn bins(id: &str, feature: &FeaturePart, width: f64, ui: &Ui) -> Markup {
    let text = &ui.text;
    let pair = Pair {
        name: &feature.name,
        edges: &feature.edges,
        categories: &feature.categories,
        reference: (text.of("bins.training"), &feature.reference),
        current: (text.of("bins.now"), &feature.current),
        below: text.of("bins.below"),
        words: "bins.words",
    };
    pair_of(id, &pair, width, ui)
}

/// The chart of two distributions.
pub fn pair_of(id: &str, feature: &Pair<'_>, width: f64, ui: &Ui) -> Markup {
    let text = &ui.text;
    let (before_name, reference) = feature.reference;
    let (now_name, current) = feature.current;
    let count = reference.len().min(current.len());
    if count == 0 {
        return html! { p.soft { (text.of("chart.no_data")) } };
    }
    let percent = |x: f64| text.locale.percent(x);
    let name = |place: usize| match (feature.edges.is_empty(), feature.categories.get(place)) {
        (true, Some(name)) => crate::text::shown(name).0,
        (true, None) => text.of("bins.others").to_owned(),
        (false, _) => {
            let edge = |place: usize| feature.edges.get(place).map(|edge| text.locale.shortest(*edge));
            match (place.checked_sub(1).and_then(edge), edge(place)) {
                (None, Some(to)) => format!("≤ {to}"),
                (Some(from), None) => format!("> {from}"),
                (Some(from), Some(to)) => format!("{from}–{to}"),
                (None, None) => String::new(),
            }
        }
    };
    let most = reference.iter().chain(current).copied().filter(|x| x.is_finite()).fold(0.01, f64::max);
    let steps = ticks(0.0, most, 3.0);
    let most = steps.last().copied().unwrap_or(most);
    let y = Scale { from: 0.0, to: most, start: HEIGHT - 30.0, end: 12.0 };
    let step = (width - LEFT - 8.0) / count as f64;
    let bar = |place: usize, value: f64| {
        let (left, top) = (LEFT + place as f64 * step + step * 0.12, y.at(value.clamp(0.0, most)));
        (coordinate(left), coordinate(top), coordinate(step * 0.76), coordinate(HEIGHT - 30.0 - top))
    };
    let pair =
        |place: usize| (reference.get(place).copied().unwrap_or_default(), current.get(place).copied().unwrap_or_default());
    let moved = (0..count).max_by(|a, b| {
        let far = |place: &usize| {
            let (before, now) = pair(*place);
            (now - before).abs()
        };
        far(a).total_cmp(&far(b))
    });
    let inside = html! {
        @for tick in steps {
            line.grid x1=(coordinate(LEFT)) x2=(coordinate(width - 8.0)) y1=(y.px(tick)) y2=(y.px(tick)) {}
            text.tick x=(coordinate(LEFT - 6.0)) y=(y.px(tick)) dy="4" text-anchor="end" { (text.locale.percent_tick(tick)) }
        }
        @for place in 0..count {
            @let (before, now) = pair(place);
            @let (left, top, wide, tall) = bar(place, now);
            rect.current x=(left) y=(top) width=(wide) height=(tall) {}
            @let (left, top, wide, tall) = bar(place, before);
            rect.reference x=(left) y=(top) width=(wide) height=(tall) {}
            @if step >= 46.0 || place % 2 == 0 {
                text.tick x=(coordinate(LEFT + (place as f64 + 0.5) * step)) y=(coordinate(HEIGHT - 12.0)) text-anchor="middle" { (cut(&name(place), step)) }
            }
        }
    };
    let under = html! { p.legend { span.key.current { (now_name) } span.key.reference { (before_name) } } };
    let description = moved.map_or(String::new(), |place| {
        let (before, now) = pair(place);
        text.fill(feature.words, &[("bin", &name(place)), ("before", &percent(before)), ("now", &percent(now))])
    });
    let head = [text.of("bins.bin"), before_name, now_name].map(str::to_owned);
    let row = |place: usize| {
        let (before, now) = pair(place);
        vec![name(place), percent(before), percent(now)]
    };
    let shown = crate::text::shown(feature.name).0;
    let frame = Frame { id, finding: &shown, below: feature.below, description: &description };
    frame.figure(ui, (width, HEIGHT), &inside, &under, &head, (count, &row))
}

/// As many characters of `name` as fit a bar of `room` pixels.
fn cut(name: &str, room: f64) -> String {
    let most = (room.max(46.0) / 6.5).floor() as usize;
    if name.chars().count() <= most {
        name.to_owned()
    } else {
        format!("{}…", name.chars().take(most.saturating_sub(1)).collect::<String>())
    }
}
