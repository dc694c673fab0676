//! An analysis as a person reads it: the sentence first, then the figures.

use plumbline_core::experiment::{Analysis, Comparison, Direction, Figure, Kind, MetricReport, Outcome, Settings};
use plumbline_core::stats::effect::Scale;
use plumbline_core::stats::level::Interval;
use plumbline_core::stats::margin::Finding;

use super::answer::p_value;
use super::rows::account;
use crate::output::terminal::{columns, thousands};

/// The whole analysis.
pub fn analysis(analysis: &Analysis, settings: &Settings) -> String {
    let mut out = vec![analysis.sentence.clone(), String::new()];
    let rows = analysis.arms.iter().map(|arm| {
        vec![
            arm.name.clone(),
            thousands(arm.leads),
            part(arm.share),
            arm.standing.map_or("-".to_owned(), |standing| part(standing.best)),
        ]
    });
    out.push(columns(&["arm", "leads", "planned share", "chance to be best"], rows));
    for (name, ratio) in [("split", &analysis.sample_ratio), ("split of the leads that could be read", &analysis.kept_ratio)] {
        if let Some(ratio) = ratio {
            let word = if ratio.is_mismatch() { "the split is not as planned" } else { "the split is as planned" };
            out.push(format!("\n{name}: chi-square {}, p {}: {word}", number(ratio.statistic), p_value(ratio.p_value)));
        }
    }
    for comparison in &analysis.comparisons {
        out.push(self::comparison(comparison, settings, analysis.comparisons.len() > 1));
    }
    out.extend(analysis.notes.iter().map(|note| format!("\nnote: {note}")));
    out.extend(analysis.rows.as_ref().map(|rows| format!("\n{}", account("rows", rows))));
    out.join("\n")
}

fn comparison(comparison: &Comparison, settings: &Settings, many: bool) -> String {
    let mut out = vec![String::new()];
    if many {
        out.push(format!("{}: {}", comparison.treatment, comparison.sentence));
    }
    let head = ["metric", "leads", "control", "leads", comparison.treatment.as_str(), "change", "interval", "p"];
    let guardrails = comparison.guardrails.iter().map(|guardrail| &guardrail.metric);
    let rows = std::iter::once(&comparison.primary).chain(guardrails);
    let rate = |at: usize| at == 0 && settings.primary.kind == Kind::Rate;
    out.push(columns(&head, rows.enumerate().map(|(at, report)| row(&report.name, report, rate(at)))));
    let primary = comparison.primary.outcome.measured();
    if let Some(measured) = primary {
        let loss = measured.expected_loss;
        let change = |x: f64| signed(x, measured.effect.scale, settings.primary.kind == Kind::Rate);
        out.push(format!(
            "\nchance to win {}; expected loss {} if the control stays, {} if rolled out",
            part(measured.chance_to_win),
            change(loss.control),
            change(loss.treatment)
        ));
    }
    if let Some(slope) = comparison.primary.slope {
        out.push(format!("adjusted for --before (slope {})", number(slope)));
    }
    let findings = comparison.guardrails.iter().map(|guardrail| (guardrail.finding, &guardrail.sentence));
    let findings = findings.chain(comparison.cycle.iter().map(|cycle| (cycle.finding, &cycle.sentence)));
    for (finding, sentence) in findings {
        let word = match finding {
            Finding::Shown => "kept",
            Finding::Refuted => "BROKEN",
            Finding::Open => "open",
        };
        out.push(format!("{word}: {sentence}"));
    }
    if !comparison.segments.is_empty() {
        let head = [
            "segment",
            "value",
            "leads",
            "control",
            "leads",
            comparison.treatment.as_str(),
            "change",
            "interval",
            "adjusted p",
            "",
        ];
        let rows = comparison.segments.iter().map(|segment| {
            let rate = settings.primary.kind == Kind::Rate;
            let (change, interval, _) = figures(&segment.outcome, rate);
            let word = match segment.direction {
                Direction::Better => "better",
                Direction::Worse => "WORSE",
                Direction::NotShown => "",
            };
            let mut cells = vec![segment.segment.clone(), segment.value.clone()];
            cells.extend(figure(&segment.control, rate));
            cells.extend(figure(&segment.treatment, rate));
            cells.extend([change, interval, segment.adjusted_p.map_or("-".to_owned(), p_value), word.to_owned()]);
            cells
        });
        out.push(format!("\n{}", columns(&head, rows)));
    }
    out.join("\n")
}

fn row(name: &str, report: &MetricReport, rate: bool) -> Vec<String> {
    let (change, interval, p) = figures(&report.outcome, rate);
    let mut cells = vec![name.to_owned()];
    cells.extend(figure(&report.control, rate));
    cells.extend(figure(&report.treatment, rate));
    cells.extend([change, interval, p]);
    cells
}

fn figure(figure: &Figure, rate: bool) -> [String; 2] {
    let mean = figure.mean.map_or("-".to_owned(), |mean| if rate { part(mean) } else { number(mean) });
    [thousands(figure.leads), mean]
}

fn figures(outcome: &Outcome, rate: bool) -> (String, String, String) {
    match outcome {
        Outcome::Measured(measured) => {
            let change = |x: f64| signed(x, measured.effect.scale, rate);
            let Interval { lower, upper } = measured.test.interval;
            (change(measured.effect.value), format!("{} to {}", change(lower), change(upper)), p_value(measured.test.p_value))
        }
        Outcome::Unknown { code, .. } => ("-".to_owned(), code.to_string(), "-".to_owned()),
    }
}

fn signed(x: f64, scale: Scale, rate: bool) -> String {
    let (x, unit) = match (scale, rate) {
        (Scale::Relative, _) => (100.0 * x, " %"),
        (Scale::Absolute, true) => (100.0 * x, " points"),
        (Scale::Absolute, false) => (x, ""),
    };
    match x.is_finite() {
        true => format!("{}{}{unit}", if x > 0.0 { "+" } else { "" }, number(x)),
        false => "open".to_owned(),
    }
}

fn part(x: f64) -> String {
    format!("{} %", number(100.0 * x))
}

/// Four digits that matter, in scientific notation where a small number would be all zeros.
fn number(x: f64) -> String {
    match x.abs() {
        0.0 => "0".to_owned(),
        a if a < 1e-4 => format!("{x:.1e}"),
        a if a < 1.0 => format!("{x:.4}"),
        a if a < 1_000.0 => format!("{x:.2}"),
        a if a < 1e15 => format!("{x:.0}"),
        _ => format!("{x:.3e}"),
    }
}
