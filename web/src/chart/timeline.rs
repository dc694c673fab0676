//! C8: the last days of the four tabs; height and hatching say the status, and so do words.

use maud::{Markup, html};
use plumbline_core::report::{Day, Status};

use crate::aside::Note;
use crate::part::level_of_days;
use crate::text::{Safe, coordinate, day_of};
use crate::ui::Ui;

const ROW: f64 = 22.0;
const LEFT: f64 = 132.0;

/// The timeline of the last `count` days.
pub fn timeline(days: &[Day], count: usize, width: f64, ui: &Ui) -> Markup {
    let text = &ui.text;
    let days = days.get(days.len().saturating_sub(count)..).unwrap_or_default();
    if days.is_empty() {
        return html! { p.soft { (text.of("timeline.empty")) } };
    }
    let tabs = [
        ("health", "view.health"),
        ("performance", "view.performance"),
        ("quality", "view.quality"),
        ("business", "view.business"),
    ];
    let left = if width < 420.0 { 120.0 } else { LEFT };
    let step = (width - left) / days.len() as f64;
    let name = |day: &Day| day_of(&day.day).map_or_else(String::new, |day| text.locale.calendar.day(day));
    // The notes of these days, each with the place of its day.
    let noted: Vec<(usize, String, &Note)> = ui
        .aside
        .notes
        .iter()
        .filter_map(|note| {
            let place = days.iter().position(|day| day_of(&day.day) == day_of(&note.at))?;
            Some((place, days.get(place).map(name)?, note))
        })
        .collect();
    let off = days.iter().filter(|day| day.statuses.values().any(|status| *status == Status::Fail)).map(name).collect::<Vec<_>>();
    let words = match off.len() {
        0 => text.count("timeline.fine", days.len() as u64, &[]),
        n if n == days.len() => text.count("timeline.all", n as u64, &[]),
        n => text.fill("timeline.words", &[("off", &n.to_string()), ("all", &days.len().to_string()), ("days", &off.join(", "))]),
    };
    html! {
        figure.chart #timeline {
            svg width=(coordinate(width)) height=(coordinate(ROW * 4.0 + 20.0)) role="img" aria-label=(words) {
                @for (row, (tab, key)) in tabs.iter().enumerate() {
                    @let base = (row as f64 + 1.0) * ROW;
                    text.tick x="0" y=(coordinate(base - 3.0)) { (text.of(key)) }
                    @for (place, day) in days.iter().enumerate() {
                        @let level = level_of_days(day.statuses.get(*tab));
                        @let tall = [2.0, 4.0, 8.0, 14.0].get(usize::from(level)).copied().unwrap_or(2.0);
                        rect.(class(level)) x=(coordinate(left + place as f64 * step)) y=(coordinate(base - tall)) width=(coordinate((step - 2.0).max(1.0))) height=(coordinate(tall)) {}
                    }
                }
                @for (place, ..) in &noted {
                    @let px = left + (*place as f64 + 0.5) * step;
                    line.mark x1=(coordinate(px)) x2=(coordinate(px)) y1="0" y2=(coordinate(ROW * 4.0)) {}
                }
                text.tick x=(coordinate(left)) y=(coordinate(ROW * 4.0 + 16.0)) { (days.first().map(name).unwrap_or_default()) }
                text.tick x=(coordinate(width)) y=(coordinate(ROW * 4.0 + 16.0)) text-anchor="end" { (days.last().map(name).unwrap_or_default()) }
            }
            p.small { (words) }
            @if !noted.is_empty() { ul.small.noted { @for (_, day, note) in &noted { li { (day) ": " (Safe(&note.text)) " " span.soft { (Safe(&note.by)) } } } } }
        }
    }
}

fn class(level: u8) -> &'static str {
    match level {
        0 => "day none",
        1 => "day good",
        2 => "day open",
        _ => "day off",
    }
}
