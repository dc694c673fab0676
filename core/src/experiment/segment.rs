//! The primary metric by segment, corrected for having looked at many: who gains, and who is harmed though the whole gains.

use super::data::{Cell, Data};
use super::measure::Yardstick;
use super::report::{Direction, MetricReport, SegmentReport};
use super::settings::{Better, Correction, Settings};

/// Every value of every segment, `arm` against the control.
pub(super) fn compare(settings: &Settings, data: &Data, yardstick: &Yardstick, arm: usize) -> Vec<SegmentReport> {
    let mut reports: Vec<SegmentReport> = Vec::new();
    for (segment, values) in settings.segments.iter().zip(&data.segments) {
        for (value, cells) in values {
            let none = Cell::default();
            let (control, treatment) = (cells.first().unwrap_or(&none), cells.get(arm).unwrap_or(&none));
            let MetricReport { control, treatment, outcome, .. } = yardstick.metric(&settings.primary, control, treatment);
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
    let adjusted = match settings.correction {
        Correction::Holm => holm(&p_values),
        Correction::BenjaminiHochberg => benjamini_hochberg(&p_values),
    };
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

/// Holm (1979): the i-th smallest p times (m − i), made to rise with p.
fn holm(p_values: &[f64]) -> Vec<f64> {
    let m = p_values.len();
    let mut least = 0.0f64;
    in_order(p_values, |rank, p| {
        least = least.max(p * (m - rank) as f64).min(1.0);
        least
    })
}

/// Benjamini & Hochberg (1995): the i-th smallest p times m / (i + 1), made to rise with p.
fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let m = p_values.len() as f64;
    let negated: Vec<f64> = p_values.iter().map(|p| -p).collect();
    let mut most = 1.0f64;
    in_order(&negated, |rank, p| {
        most = most.min(-p * m / (m - rank as f64));
        most
    })
}

/// What `each` makes of the values from the smallest on, given their rank from 0, in the order they came in.
fn in_order(values: &[f64], mut each: impl FnMut(usize, f64) -> f64) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut done: Vec<(usize, f64)> = order.into_iter().enumerate().map(|(rank, (at, p))| (at, each(rank, p))).collect();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, p)| p).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_p_values_are_corrected() {
        let p = [0.01, 0.04, 0.03, 0.005];
        let near = |found: Vec<f64>, expected: [f64; 4]| found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15);
        assert!(near(holm(&p), [0.03, 0.06, 0.06, 0.02]), "{:?}", holm(&p));
        assert!(near(benjamini_hochberg(&p), [0.02, 0.04, 0.04, 0.02]), "{:?}", benjamini_hochberg(&p));
        assert!(holm(&[]).is_empty());
    }
}
