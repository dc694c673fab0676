//! The measures of scores as a person reads them.

use plumbline_core::evidence::Answer;
use plumbline_core::metric::{AgainstModel, Band, Report, Segment, Segments, Slice};

use super::answer::{answer, figure, optional, p_value};
use super::rows::account;
use crate::output::terminal::{aligned, columns, thousands};

/// All measures.
pub fn page(report: &Report) -> String {
    let mut parts = vec![measures(report)];
    if let Some(slices) = &report.exploration {
        let of = |slice: &Slice| format!("{} of {} leads", answer(&slice.area, |area| figure(&area.roc_auc)), slice.leads);
        parts.push(aligned(&[("AUC of explored leads", of(&slices.explored)), ("AUC of worked leads", of(&slices.worked))]));
    }
    if let Some(found) = &report.bands {
        let head = ["band from", "leads", "converted", "rate", "lift"];
        parts.push(columns(&head, found.iter().rev().map(band)));
    }
    parts.extend(report.segments.as_ref().map(segments));
    parts.extend(report.comparison.as_ref().map(comparison));
    parts.extend(report.maturity.as_ref().map(|sentence| format!("maturity: {sentence}")));
    parts.extend(report.rows.as_ref().map(|rows| account("rows", rows)));
    parts.join("\n\n")
}

fn measures(report: &Report) -> String {
    let at = &report.at_threshold;
    let interval = match (report.roc_auc_interval, &report.roc_auc, &report.roc_auc_interval_reason) {
        (Some((low, high)), ..) => format!("  (95 %: {} to {})", figure(&low), figure(&high)),
        (None, Answer::Known(_), Some(reason)) => format!("  (no interval: {reason})"),
        _ => String::new(),
    };
    let leads = format!(
        "{}, of which {} converted; {} open, {} without a score",
        thousands(report.leads),
        thousands(report.positives),
        thousands(report.open),
        thousands(report.unscored)
    );
    let called = format!("at {}", at.threshold);
    let rates = format!("precision {}, recall {}, F1 {}", optional(at.precision), optional(at.recall), optional(at.f1));
    let mut rows: Vec<(&str, String)> = vec![
        ("leads", leads),
        ("ROC AUC", format!("{}{interval}", answer(&report.roc_auc, figure))),
        ("  up to 10 % false positives", answer(&report.partial_roc_auc, figure)),
        ("average precision", answer(&report.average_precision, figure)),
        ("KS of the classes", answer(&report.ks, figure)),
        (&called, rates),
    ];
    match (&report.log_loss, report.brier) {
        (Some(log_loss), Some(brier)) => {
            let (mean, most) = (optional(report.calibration_error), optional(report.calibration_error_maximum));
            rows.push(("log loss", answer(log_loss, figure)));
            rows.push(("Brier score", figure(&brier)));
            rows.push(("calibration error", format!("{mean}, at most {most}")));
        }
        _ => rows.push(("calibration", "no answer: scores are not probabilities in [0, 1]".to_owned())),
    }
    aligned(&rows)
}

fn band(band: &Band) -> Vec<String> {
    let from = if band.from.is_finite() { figure(&band.from) } else { "lowest".to_owned() };
    vec![from, band.leads.to_string(), band.positives.to_string(), optional(band.rate), optional(band.lift)]
}

fn segments(found: &Segments) -> String {
    let head = [found.column.as_str(), "leads", "converted", "rate", "ROC AUC", "95 %", "log loss", "calibration error"];
    columns(&head, found.values.iter().map(segment))
}

fn segment(segment: &Segment) -> Vec<String> {
    let interval =
        segment.roc_auc_interval.map_or("no answer".to_owned(), |(low, high)| format!("{}–{}", figure(&low), figure(&high)));
    vec![
        segment.value.clone().unwrap_or_else(|| "(missing)".to_owned()),
        thousands(segment.leads),
        thousands(segment.positives),
        optional(segment.rate),
        brief(&segment.roc_auc),
        interval,
        segment.log_loss.as_ref().map_or("no answer".to_owned(), brief),
        optional(segment.calibration_error),
    ]
}

/// A figure of a table, whose JSON has the reason where there is none.
fn brief(figure_or_reason: &Answer<f64>) -> String {
    match figure_or_reason {
        Answer::Known(x) => figure(x),
        Answer::Insufficient { .. } => "no answer".to_owned(),
    }
}

fn comparison(found: &AgainstModel) -> String {
    let areas = answer(&found.areas, |areas| {
        let [one, two] = areas.roc_auc.map(|area| figure(&area));
        let (difference, p) = (figure(&areas.difference), areas.p_value.map_or("no answer".to_owned(), p_value));
        format!("{one} against {two} on {} leads with both; difference {difference}, p {p}", found.leads)
    });
    aligned(&[(format!("AUC against {}", found.against).as_str(), areas)])
}
