//! C9: the change of the primary metric at each look, with the interval of that look.

use maud::{Markup, html};
use plumbline_core::report::LookPart;

use super::frame::Frame;
use super::scale::{Scale, ticks};
use crate::text::{Unit, coordinate};
use crate::ui::Ui;

const HEIGHT: f64 = 240.0;
const LEFT: f64 = 60.0;

/// The chart of the looks so far, of `planned`, with the lift that is wanted.
pub fn lift(id: &str, looks: &[LookPart], planned: u32, wanted: f64, width: f64, ui: &Ui) -> Markup {
    let text = &ui.text;
    if looks.is_empty() {
        return html! { p.soft { (text.of("chart.no_data")) } };
    }
    let figures =
        looks.iter().flat_map(|look| [look.lift.value, look.lift.low, look.lift.high]).flatten().filter(|x| x.is_finite());
    let (low, high) = figures.fold((0.0, wanted), |(low, high): (f64, f64), x| (low.min(x), high.max(x)));
    let steps = ticks(low.max(-1.0), high.min(1.0), 4.0);
    let y = Scale {
        from: steps.first().copied().unwrap_or(low),
        to: steps.last().copied().unwrap_or(high),
        start: HEIGHT - 28.0,
        end: 12.0,
    };
    let slots = planned.max(looks.iter().map(|look| look.look).max().unwrap_or(1)).max(1);
    let x = |look: u32| LEFT + (f64::from(look) - 0.5) / f64::from(slots) * (width - LEFT - 12.0);
    let percent = |x: f64| text.locale.signed_percent(x);
    let inside = html! {
        @for tick in &steps {
            line.grid x1=(coordinate(LEFT)) x2=(coordinate(width - 12.0)) y1=(y.px(*tick)) y2=(y.px(*tick)) {}
            text.tick x=(coordinate(LEFT - 8.0)) y=(y.px(*tick)) dy="4" text-anchor="end" { (percent(*tick)) }
        }
        line.reference x1=(coordinate(LEFT)) x2=(coordinate(width - 12.0)) y1=(y.px(0.0)) y2=(y.px(0.0)) {}
        line.target x1=(coordinate(LEFT)) x2=(coordinate(width - 12.0)) y1=(y.px(wanted)) y2=(y.px(wanted)) {}
        text.target x=(coordinate(LEFT + 6.0)) y=(y.px(wanted)) dy="-5" { (text.fill("chart.target", &[("value", &percent(wanted))])) }
        @for look in 1..=slots {
            text.tick x=(coordinate(x(look))) y=(coordinate(HEIGHT - 10.0)) text-anchor="middle" { (text.fill("lift.look", &[("n", &look.to_string())])) }
        }
        @for look in looks {
            @if let (Some(low), Some(high)) = (look.lift.low, look.lift.high) {
                line.whisker.challenger x1=(coordinate(x(look.look))) x2=(coordinate(x(look.look))) y1=(y.px(low)) y2=(y.px(high)) {}
            }
            @if let Some(value) = look.lift.value { circle.challenger cx=(coordinate(x(look.look))) cy=(y.px(value)) r="5" {} }
        }
    };
    let shown = |look: &LookPart| text.estimate(&look.lift, Unit::Change, "");
    let description = looks.last().map_or(String::new(), |look| {
        text.fill("lift.words", &[("look", &look.look.to_string()), ("planned", &slots.to_string()), ("lift", &shown(look))])
    });
    let head =
        [text.of("lift.head"), text.of("lift.when"), text.of("lift.information"), text.of("lift.change")].map(str::to_owned);
    let row = |place: usize| {
        looks.get(place).map_or_else(Vec::new, |look| {
            vec![look.look.to_string(), text.moment(&look.at), text.locale.percent(look.information), shown(look)]
        })
    };
    let frame = Frame { id, finding: text.of("lift.title"), below: text.of("lift.below"), description: &description };
    frame.figure(ui, (width, HEIGHT), &inside, &html! {}, &head, (looks.len(), &row))
}
