//! C2: figures over time with their intervals, the target and the stages of the rollout.

use maud::{Markup, html};
use plumbline_core::report::Series;

use super::frame::Frame;
use super::scale::{Scale, area, line, ticks};
use crate::text::{Unit, coordinate, day_of};
use crate::ui::Ui;

const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 26.0;

/// A line of the chart.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its name, as its end is labelled and its column headed.
    pub name: String,
    /// `champion`, `challenger` or `reference`.
    pub class: &'static str,
    /// Its figures.
    pub series: &'a Series,
}

/// A chart of lines.
#[derive(Debug)]
pub struct Band<'a> {
    /// Names its parts.
    pub id: &'a str,
    /// What it shows, as its heading.
    pub finding: String,
    /// Measure, unit, window.
    pub below: String,
    /// What its figures count.
    pub unit: Unit,
    /// Of money.
    pub currency: &'a str,
    /// The lines; the first is read in words.
    pub lines: Vec<Line<'a>>,
    /// The target.
    pub target: Option<f64>,
    /// Whether values below the target are off it.
    pub is_floor: bool,
    /// Moments to mark: their RFC 3339 time and name.
    pub marks: Vec<(String, String)>,
    /// Width in pixels.
    pub width: f64,
}

/// The chart.
pub fn band(chart: &Band<'_>, ui: &Ui) -> Markup {
    let text = &ui.text;
    let show = |x: Option<f64>| text.value(x, chart.unit, chart.currency);
    let count = chart.lines.iter().map(|line| line.series.value.len()).max().unwrap_or_default();
    let first_line = chart.lines.first();
    let known = chart.lines.iter().flat_map(|line| &line.series.value).flatten().count();
    if known == 0 {
        return html! { figure.chart id=(chart.id) { figcaption { h2 { (chart.finding) } } p.soft { (text.of("chart.no_data")) } } };
    }
    let is_hourly = first_line.is_some_and(|line| line.series.step_s < 86_400);
    let start_day = first_line.and_then(|line| day_of(&line.series.start)).unwrap_or_default();
    let start_hour = first_line.and_then(|line| line.series.start.get(11..13)?.parse::<i64>().ok()).unwrap_or_default();
    let name = |place: usize| {
        let place = i64::try_from(place).unwrap_or_default();
        match is_hourly {
            true => {
                let hour = start_day * 24 + start_hour + place;
                text.locale.calendar.hour(hour * 3_600_000)
            }
            false => text.locale.calendar.day(start_day + place),
        }
    };
    let figures = || {
        let of = |line: &Line<'_>| {
            line.series.value.iter().chain(&line.series.low).chain(&line.series.high).flatten().copied().collect::<Vec<f64>>()
        };
        chart.lines.iter().flat_map(of).chain(chart.target).filter(|x| x.is_finite())
    };
    let (mut low, mut high) = figures().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    if !matches!(chart.unit, Unit::Part | Unit::Score | Unit::Money | Unit::Change) {
        low = low.min(0.0);
    }
    if high <= low {
        high = low + 1.0;
    }
    // Half a request is no mark of an axis.
    let least = if chart.unit == Unit::Count { 1.0 } else { 0.0 };
    let steps = ticks(low, high.max(low + 4.0 * least), 4.0);
    let (low, high) = (steps.first().copied().unwrap_or(low), steps.last().copied().unwrap_or(high));
    let right = chart.width - 12.0;
    let y = Scale { from: low, to: high, start: HEIGHT - BOTTOM, end: TOP };
    let last = count.saturating_sub(1).max(1) as f64;
    let x = |place: usize| LEFT + place as f64 / last * (right - LEFT);
    let at =
        ui.cursors.get(chart.id).and_then(|at| at.parse().ok()).unwrap_or(count.saturating_sub(1)).min(count.saturating_sub(1));
    let read = |place: usize| {
        let of = |line: &Line<'_>| {
            let value = line.series.value.get(place).copied().flatten();
            let ends = line.series.low.get(place).copied().flatten().zip(line.series.high.get(place).copied().flatten());
            let interval = ends.map(|(low, high)| {
                format!(" ({})", text.fill("interval", &[("low", &show(Some(low))), ("high", &show(Some(high)))]))
            });
            format!("{} {}{}", line.name, show(value), interval.unwrap_or_default())
        };
        format!("{}: {}", name(place), chart.lines.iter().map(of).collect::<Vec<_>>().join(" · "))
    };
    let marks: Vec<(f64, &str)> = chart
        .marks
        .iter()
        .filter_map(|(at, label)| {
            let place = day_of(at)? - start_day;
            (!is_hourly && place >= 0 && place < i64::try_from(count).unwrap_or_default())
                .then(|| (LEFT + place as f64 / last * (right - LEFT), label.as_str()))
        })
        .collect();
    // As wide as the name of a place, and some air.
    let room = 7.0 * name(count.saturating_sub(1)).chars().count() as f64 + 26.0;
    let labelled = label_places(count, right - LEFT, room);
    let inside = html! {
        @for tick in &steps {
            line.grid x1=(coordinate(LEFT)) x2=(coordinate(right)) y1=(y.px(*tick)) y2=(y.px(*tick)) {}
            text.tick x=(coordinate(LEFT - 8.0)) y=(y.px(*tick)) dy="4" text-anchor="end" { @if chart.unit == Unit::Percent { (text.locale.percent_tick(*tick)) } @else { (show(Some(*tick))) } }
        }
        @for place in labelled {
            text.tick x=(coordinate(x(place))) y=(coordinate(HEIGHT - 8.0)) text-anchor=(anchor(place, count)) { (name(place)) }
        }
        @for (place, (px, label)) in marks.iter().enumerate() {
            // Names of marks that are close stand under each other.
            @let low = 10.0 + 13.0 * f64::from(u8::from(place % 2 == 1));
            @let is_late = *px > right - 110.0;
            line.mark x1=(coordinate(*px)) x2=(coordinate(*px)) y1=(coordinate(TOP)) y2=(coordinate(HEIGHT - BOTTOM)) {}
            text.mark x=(coordinate(if is_late { *px - 4.0 } else { *px + 4.0 })) y=(coordinate(TOP + low)) text-anchor=(if is_late { "end" } else { "start" }) { (label) }
        }
        @if let Some(target) = chart.target.filter(|x| x.is_finite()) {
            line.target x1=(coordinate(LEFT)) x2=(coordinate(right)) y1=(y.px(target)) y2=(y.px(target)) {}
            text.target x=(coordinate(LEFT + 6.0)) y=(y.px(target)) dy=(if chart.is_floor { "14" } else { "-5" }) {
                (text.fill("chart.target", &[("value", &show(Some(target)))]))
            }
        }
        @for line_of in chart.lines.iter().rev() {
            @let (filled, edges) = area(&line_of.series.low, &line_of.series.high, x, &y);
            @if !filled.is_empty() {
                path.area.(line_of.class) d=(filled) {}
                path.edge.(line_of.class) d=(edges) {}
            }
            path.line.(line_of.class) d=(line(&line_of.series.value, x, &y)) {}
        }
        line.cursor x1=(coordinate(x(at))) x2=(coordinate(x(at))) y1=(coordinate(TOP)) y2=(coordinate(HEIGHT - BOTTOM)) {}
        @for line_of in &chart.lines {
            @if let Some(value) = line_of.series.value.get(at).copied().flatten().filter(|x| x.is_finite()) {
                circle.(line_of.class) cx=(coordinate(x(at))) cy=(y.px(value)) r="4" {}
            }
        }
    };
    let now = read(at);
    let under = html! {
        p.legend { @for line_of in &chart.lines { span.key.(line_of.class) { (line_of.name) } } }
        @if ui.printed { p.small { (now) } } @else {
            label.read { span.small { (text.of(if is_hourly { "chart.read_hour" } else { "chart.read_day" })) }
                input type="range" dir="ltr" id=(format!("{}-at", chart.id)) min="0" max=(count.saturating_sub(1)) value=(at)
                    aria-valuetext=(now) data-do="cursor" data-arg=(chart.id);
                output.small { (now) }
            }
        }
    };
    let mut head = vec![text.of(if is_hourly { "chart.hour" } else { "chart.day" }).to_owned()];
    for line_of in &chart.lines {
        head.push(line_of.name.clone());
        if !line_of.series.low.is_empty() {
            head.extend([text.of("chart.low"), text.of("chart.high")].map(|word| format!("{} {word}", line_of.name)));
        }
    }
    let row = |place: usize| {
        let mut row = vec![name(place)];
        for line_of in &chart.lines {
            row.push(show(line_of.series.value.get(place).copied().flatten()));
            if !line_of.series.low.is_empty() {
                row.push(show(line_of.series.low.get(place).copied().flatten()));
                row.push(show(line_of.series.high.get(place).copied().flatten()));
            }
        }
        row
    };
    let description = described(chart, ui, &name);
    let frame = Frame { id: chart.id, finding: &chart.finding, below: &chart.below, description: &description };
    frame.figure(ui, (chart.width, HEIGHT), &inside, &under, &head, (count, &row))
}

/// The chart in words: from where to where, now, the target, and how often it was missed.
fn described(chart: &Band<'_>, ui: &Ui, name: &dyn Fn(usize) -> String) -> String {
    let text = &ui.text;
    let show = |x: f64| text.value(Some(x), chart.unit, chart.currency);
    let of = |line: &Line<'_>| {
        let known: Vec<(usize, f64)> =
            line.series.value.iter().enumerate().filter_map(|(place, value)| Some((place, (*value)?))).collect();
        let ((first, from), (last, to)) = (known.first()?, known.last()?);
        let off = chart
            .target
            .map(|target| known.iter().filter(|(_, x)| if chart.is_floor { *x < target } else { *x > target }).count());
        let words = text.fill(
            "chart.band",
            &[("name", &line.name), ("first", &name(*first)), ("last", &name(*last)), ("from", &show(*from)), ("to", &show(*to))],
        );
        let missed = off.map(|off| text.fill("chart.off", &[("off", &off.to_string()), ("all", &known.len().to_string())]));
        Some(format!("{words}{}", missed.map_or(String::new(), |missed| format!(" {missed}"))))
    };
    chart.lines.iter().filter_map(of).collect::<Vec<_>>().join(" ")
}

/// The places whose names stand below the axis, so that each has `room` pixels.
fn label_places(count: usize, width: f64, room: f64) -> Vec<usize> {
    let most = (width / room).floor().max(1.0) as usize;
    let step = count.div_ceil(most).max(1);
    (0..count).rev().step_by(step).collect()
}

fn anchor(place: usize, count: usize) -> &'static str {
    match place {
        0 if count > 1 => "start",
        place if place + 1 == count => "end",
        _ => "middle",
    }
}
