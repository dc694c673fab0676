//! The figures of a window as a person reads them.

use plumbline_core::evidence::Answer;
use plumbline_core::table::format_date;
use plumbline_core::window::{AreaSummary, Distance, FeatureSummary, Piece, Report};

use super::answer::{answer, optional};
use crate::output::terminal::{aligned, columns, thousands};

/// All of it, then a line for each piece.
pub fn page(report: &Report) -> String {
    let (all, pieces) = (&report.total, report.pieces.as_deref().unwrap_or_default());
    let [converted, not, open] = all.outcomes.map(thousands);
    let span = all.span_ms.map_or("none".to_owned(), |(from, to)| format!("{} to {}", format_date(from), format_date(to)));
    let latency = answer(&all.latency_us, |quantiles| {
        let shown = quantiles.iter().map(|(q, micros)| format!("p{} {:.1} ms", q * 100.0, *micros as f64 / 1000.0));
        shown.collect::<Vec<String>>().join(", ")
    });
    let rows = [
        ("counted", span),
        ("newest", answer(&all.freshness_ms, |ms| format!("{:.1} hours old", *ms as f64 / 3.6e6))),
        ("requests", format!("{}, failed {}", thousands(all.requests), answer(&all.error_rate, percent))),
        ("throughput", answer(&all.throughput, |rate| format!("{rate:.3} requests per second"))),
        ("latency", latency),
        ("uptime", answer(&all.uptime, percent)),
        ("leads", format!("{}, scored {}", thousands(all.leads), answer(&all.coverage, percent))),
        ("outcomes", format!("{converted} converted, {not} did not, {open} open")),
        (
            "conversion",
            answer(&all.conversion, |(rate, (low, high))| {
                format!("{} (95 %: {} to {})", percent(rate), percent(low), percent(high))
            }),
        ),
        ("ROC AUC", answer(&all.roc_auc, area)),
        ("  explored leads", answer(&all.roc_auc_explored, area)),
        ("  worked leads", answer(&all.roc_auc_worked, area)),
        (
            "calibration error",
            answer(&all.calibration_error, |error| {
                format!("{:.4} (exact value between {:.4} and {:.4})", error.value, error.at_least, error.at_most)
            }),
        ),
        ("at 0.5", format!("precision {}, recall {}", optional(all.precision), optional(all.recall))),
    ];
    let mut text = aligned(&rows);
    if let Some(found) = &all.prediction {
        text.push_str(&format!("\nscores against the reference: {}", answer(found, distance)));
    }
    if !all.features.is_empty() {
        text.push_str(&format!("\n\n{}", features(&all.features)));
    }
    if !pieces.is_empty() {
        let head = ["from", "requests", "failed", "leads", "converted", "ROC AUC", "p99 ms"];
        text.push_str(&format!("\n\n{}", columns(&head, pieces.iter().map(piece))));
    }
    text
}

fn features(features: &[FeatureSummary]) -> String {
    let head = ["feature", "values", "missing", "mean", "new", "KS at least", "at most", "PSI"];
    let short = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{x:.4}"));
    let rows = features.iter().map(move |feature| {
        let found = match &feature.drift {
            Some(Answer::Known(found)) => Some(*found),
            _ => None,
        };
        vec![
            feature.name.clone(),
            thousands(feature.values),
            answer(&feature.missing, percent),
            short(feature.mean),
            feature.new_categories.map_or("-".to_owned(), |part| percent(&part)),
            short(found.map(|found| found.at_least)),
            short(found.map(|found| found.at_most)),
            short(found.map(|found| found.population_stability)),
        ]
    });
    columns(&head, rows)
}

fn piece(Piece { from, figures, .. }: &Piece) -> Vec<String> {
    let brief = |text: String| if text.starts_with("no answer") { "-".to_owned() } else { text };
    let slowest = |quantiles: &Vec<(f64, u64)>| {
        quantiles.last().map_or("-".to_owned(), |(_, micros)| format!("{:.1}", *micros as f64 / 1000.0))
    };
    vec![
        from.clone(),
        thousands(figures.requests),
        brief(answer(&figures.error_rate, percent)),
        thousands(figures.leads),
        brief(answer(&figures.conversion, |(rate, _)| percent(rate))),
        brief(answer(&figures.roc_auc, |found| format!("{:.4}", found.area.value))),
        brief(answer(&figures.latency_us, slowest)),
    ]
}

fn area(found: &AreaSummary) -> String {
    let bounds = format!("{:.4} (exact value between {:.4} and {:.4}", found.area.value, found.area.at_least, found.area.at_most);
    match found.interval {
        Some((low, high)) => format!("{bounds}; 95 %: {low:.4} to {high:.4})"),
        None => format!("{bounds})"),
    }
}

fn distance(found: &Distance) -> String {
    format!("KS between {:.4} and {:.4}, PSI {:.4}", found.at_least, found.at_most, found.population_stability)
}

fn percent(part: &f64) -> String {
    format!("{:.2} %", 100.0 * part)
}
