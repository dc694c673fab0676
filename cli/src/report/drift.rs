//! A comparison of two tables as a person reads it.

use std::fmt::Write as _;

use plumbline_core::drift::performance::Outlook;
use plumbline_core::drift::{AlarmRates, DriftReport, FeatureDrift, PredictionDrift, Rate, Unscored};
use plumbline_core::evidence::Answer;

use super::answer::p_value;
use super::rows::account;

/// All of it.
pub fn page(report: &DriftReport) -> String {
    let mut text = report.verdict.sentence.clone();
    if matches!(&report.prediction, Some(Answer::Known(found)) if found.drifted) {
        text.push_str(" The scores moved.");
    }
    if report.unscored.is_some_and(|unscored| unscored.drifted) {
        text.push_str(" More leads are without a score.");
    }
    // Writing to a string cannot fail, here and below.
    let _ = write!(text, "\n\n{}", features(report));
    if !report.features.is_empty() {
        let _ = write!(
            text,
            "\na difference counts with p below {:.5}, so that all of them together keep the rate of false alarms",
            report.verdict.threshold
        );
    }
    for left in &report.left_out {
        let _ = write!(text, "\n{}: skipped, {}", left.feature, left.reason);
    }
    let lone = [(&report.only_in_reference, "missing from the current leads"), (&report.only_in_current, "not in the reference")];
    for (names, what) in lone.into_iter().filter(|(names, _)| !names.is_empty()) {
        let _ = write!(text, "\n{what}: {}", names.join(", "));
    }
    let parts = [
        report.prediction.as_ref().map(|found| part("scores", found, prediction)),
        report.unscored.as_ref().and_then(unscored),
        report.performance.as_ref().map(|found| part("expected performance", found, performance)),
        report.false_alarms.as_ref().map(|found| part("false alarms", found, false_alarms)),
        (!report.odd_values.is_empty()).then(|| report.odd_values.join("\n")),
        report.rows_of_reference.as_ref().map(|rows| account("rows of the reference", rows)),
        report.rows_of_current.as_ref().map(|rows| account("current rows", rows)),
    ];
    for part in parts.into_iter().flatten() {
        let _ = write!(text, "\n\n{part}");
    }
    text
}

/// A part of the page, or why it has no figures.
fn part<T>(what: &str, answer: &Answer<T>, shown: impl Fn(&T) -> String) -> String {
    match answer {
        Answer::Known(found) => shown(found),
        Answer::Insufficient { insufficient } => format!("{what}: no answer: {insufficient}"),
    }
}

/// Missing scores, when there are any.
fn unscored(found: &Unscored) -> Option<String> {
    let Rate { reference, current, p_value: p } = found.rate;
    (reference > 0.0 || current > 0.0).then(|| {
        let word = if found.drifted { "MORE THAN BEFORE" } else { "as before" };
        let [reference, current] = [reference, current].map(|part| 100.0 * part);
        format!("without a score: {reference:.2} % in the reference, {current:.2} % now, p {}: {word}", p_value(p))
    })
}

fn number(x: Option<f64>) -> String {
    x.map_or("–".to_owned(), |x| format!("{x:.4}"))
}

fn features(report: &DriftReport) -> String {
    let width = report.features.iter().map(|f| f.name.chars().count()).max().unwrap_or(0).max(7);
    let mut text = format!("{:<width$}  distance         p     PSI  missing now  drifted", "feature");
    let mut features: Vec<&FeatureDrift> = report.features.iter().collect();
    features.sort_by(|a, b| b.drifted.cmp(&a.drifted).then(b.distance.unwrap_or(1.0).total_cmp(&a.distance.unwrap_or(1.0))));
    for feature in features {
        let p = feature.p_value.map_or("–".to_owned(), p_value);
        let reasons: Vec<&str> = feature.reasons.iter().map(|reason| reason.name()).collect();
        let verdict = if feature.drifted { format!("YES: {}", reasons.join(", ")) } else { "no".to_owned() };
        let _ = write!(
            text,
            "\n{:<width$}  {:>8}  {p:>8}  {:>6}  {:>9.2} %  {verdict}",
            feature.name,
            number(feature.distance),
            feature.population_stability.map_or("–".to_owned(), |index| format!("{index:.3}")),
            feature.missing.current * 100.0
        );
    }
    text
}

fn prediction(found: &PredictionDrift) -> String {
    let word = if found.drifted { "MOVED" } else { "as before" };
    let mut text = format!(
        "scores: distance {:.4}, p {}, PSI {:.4}: {word}",
        found.distance,
        p_value(found.p_value),
        found.population_stability
    );
    for row in &found.percentiles {
        let _ = write!(text, "\n  percentile {:>3.0}   {:.4}  now {:.4}", row.q * 100.0, row.reference, row.current);
    }
    text
}

fn performance(found: &Outlook) -> String {
    let mut text = "measure             reference   expected now (95 %)            realised".to_owned();
    for (measure, outlook) in &found.measures {
        let expected = outlook.expected;
        let _ = write!(
            text,
            "\n{:<20}{:>9}   {} ({} to {})   {:>9}",
            measure.name(),
            number(outlook.reference),
            number(expected.map(|expected| expected.value)),
            number(expected.map(|expected| expected.interval.0)),
            number(expected.map(|expected| expected.interval.1)),
            number(outlook.realised)
        );
    }
    text
}

fn false_alarms(found: &AlarmRates) -> String {
    format!(
        "false alarms without drift, from {} shuffles of these rows: any feature {:.1} %, this verdict {:.1} %",
        found.deals,
        found.any_feature * 100.0,
        found.verdict * 100.0
    )
}
