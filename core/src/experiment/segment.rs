//! The primary metric by segment, corrected for multiple testing: which segments gain, and which are harmed although the whole gains.

use super::data::Data;
use super::measure::Yardstick;
use super::report::{Direction, MetricReport, SegmentReport};
use super::settings::{Better, Correction, Settings};
use crate::stats::multiple;

/// Every value of every segment, `arm` against the control.
pub(super) fn compare(settings: &Settings, data: &Data, yardstick: &Yardstick, arm: usize) -> Vec<SegmentReport> {
    let mut reports: Vec<SegmentReport> = Vec::new();
    for (segment, values) in settings.segments.iter().zip(&data.segments) {
        for (value, cells) in values {
            let (MetricReport { control, treatment, outcome, .. }, _) = yardstick.metric(&settings.primary, cells, arm);
            let (segment, value) = (segment.clone(), value.clone());
            reports.push(SegmentReport {
                segment,
                value,
                control,
                treatment,
                outcome,
                adjusted_p: None,
                direction: Direction::NotShown,
            });
        }
    }
    correct(settings, yardstick, &mut reports);
    reports
}

fn correct(settings: &Settings, yardstick: &Yardstick, reports: &mut [SegmentReport]) {
    let measured = |report: &SegmentReport| report.outcome.measured().map(|m| m.test.p_value);
    let p_values: Vec<f64> = reports.iter().filter_map(measured).collect();
    let method = match settings.correction {
        Correction::Holm => multiple::Method::Holm,
        Correction::BenjaminiHochberg => multiple::Method::BenjaminiHochberg,
    };
    // p-values of tests are probabilities; if one were not, no segment is reported.
    let adjusted = multiple::adjust(&p_values, method).unwrap_or_default();
    let level = yardstick.judge.nominal(yardstick.level);
    let better = settings.primary.better == Better::More;
    let told = reports.iter_mut().filter_map(|report| Some((report.outcome.measured()?.effect.value, report)));
    for ((value, report), p) in told.zip(adjusted) {
        report.adjusted_p = Some(p);
        report.direction = match (p < level, (value > 0.0) == better) {
            (true, true) => Direction::Better,
            (true, false) => Direction::Worse,
            (false, _) => Direction::NotShown,
        };
    }
}
