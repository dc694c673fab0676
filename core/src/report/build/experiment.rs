//! The part on the newest A/B test.

use super::Facts;
use crate::experiment::{Direction, Figure, GuardrailReport, MetricReport, Outcome, Verdict};
use crate::report::experiment::{ChangePart, ExperimentPart, LookPart, SegmentPart, SplitPart};
use crate::report::time::time_text;
use crate::report::value::{Estimate, Status, short};
use crate::rollout::Stage;
use crate::rollout::evidence::Test;
use crate::sentence::Sentence;
use crate::stats::margin::Finding;

/// The most segments in the report.
const SEGMENTS: usize = 20;

/// The newest A/B test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestFacts {
    /// The rollout.
    pub rollout: String,
    /// Its challenger.
    pub challenger: String,
    /// The looks, the oldest first: when, and what was found.
    pub looks: Vec<(i64, Test)>,
    /// When the challenger began to serve all leads; none if it never did.
    pub full_ms: Option<i64>,
}

impl Facts<'_> {
    /// The newest A/B test; none before its first look.
    pub(super) fn experiment(&self) -> Option<ExperimentPart> {
        let test = self.test.as_ref()?;
        let (_, newest) = test.looks.last()?;
        let comparison = newest.analysis.comparisons.first()?;
        let is_running =
            self.state.stage() == Stage::AbTest && self.state.rollout.as_ref().is_some_and(|rollout| rollout.id == test.rollout);
        let mut measures = vec![primary(&comparison.primary, &comparison.verdict)];
        measures.extend(comparison.guardrails.iter().map(guardrail));
        measures.extend(comparison.cycle.as_ref().map(|cycle| {
            let days = |place: usize| {
                let mean = cycle.mean_days.get(place).copied();
                let deals = cycle.deals.get(place).map_or(0, |(deals, _)| *deals);
                Estimate::of(mean).from_cases(deals)
            };
            let ends = cycle.interval.map(|interval| (interval.lower, interval.upper));
            ChangePart {
                id: cycle.name.clone(),
                control: days(0),
                treatment: days(1),
                change: Estimate::of(Some(cycle.difference)).within(ends),
                status: found(cycle.finding),
                sentence: Sentence::new("CYCLE", cycle.sentence.clone()),
            }
        }));
        let mut segments: Vec<SegmentPart> = comparison
            .segments
            .iter()
            .map(|segment| SegmentPart {
                by: segment.segment.clone(),
                value: segment.value.clone(),
                control: figure(&segment.control),
                treatment: figure(&segment.treatment),
                change: change(&segment.outcome),
                status: match segment.direction {
                    Direction::Worse => Status::Fail,
                    Direction::Better => Status::Pass,
                    Direction::NotShown => Status::Inconclusive,
                },
            })
            .collect();
        let rank = |segment: &SegmentPart| (segment.status != Status::Fail, segment.change.value.unwrap_or(f64::MAX));
        segments.sort_by(|a, b| {
            let (a, b) = (rank(a), rank(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        let segments_total = u32::try_from(segments.len()).unwrap_or(u32::MAX);
        segments.truncate(SEGMENTS);
        let observed = newest.analysis.arms.iter().map(|arm| arm.leads).collect();
        Some(ExperimentPart {
            rollout: test.rollout.clone(),
            status: if is_running { "running" } else { "finished" }.to_owned(),
            sentence: Sentence::new("TEST_VERDICT", newest.analysis.sentence.clone()),
            srm: newest.analysis.sample_ratio.as_ref().map(|ratio| SplitPart {
                p: ratio.p_value,
                expected: ratio.expected.iter().filter_map(|leads| short(*leads)).collect(),
                observed,
            }),
            measures,
            segments,
            segments_total,
            looks: test.looks.iter().map(|(at_ms, test)| look(*at_ms, test)).collect(),
            looks_planned: newest.looks(),
        })
    }
}

fn look(at_ms: i64, test: &Test) -> LookPart {
    let lift = test.analysis.comparisons.first().map(|comparison| change(&comparison.primary.outcome)).unwrap_or_default();
    let place = (test.look as usize).saturating_sub(1);
    let information = test.information.get(place).copied().and_then(short).unwrap_or_default();
    LookPart { at: time_text(at_ms), look: test.look, information, lift }
}

fn primary(metric: &MetricReport, verdict: &Verdict) -> ChangePart {
    let status = match verdict {
        Verdict::Win => Status::Pass,
        Verdict::Lose => Status::Fail,
        Verdict::Inconclusive { .. } => Status::Inconclusive,
        Verdict::InsufficientData { .. } => Status::InsufficientData,
        Verdict::Invalid { .. } => Status::Error,
    };
    ChangePart {
        id: metric.name.clone(),
        control: figure(&metric.control),
        treatment: figure(&metric.treatment),
        change: change(&metric.outcome),
        status,
        sentence: Sentence::default(),
    }
}

fn guardrail(guardrail: &GuardrailReport) -> ChangePart {
    ChangePart {
        id: guardrail.metric.name.clone(),
        control: figure(&guardrail.metric.control),
        treatment: figure(&guardrail.metric.treatment),
        change: change(&guardrail.metric.outcome),
        status: found(guardrail.finding),
        sentence: Sentence::new("GUARDRAIL", guardrail.sentence.clone()),
    }
}

fn found(finding: Finding) -> Status {
    match finding {
        Finding::Shown => Status::Pass,
        Finding::Refuted => Status::Fail,
        _ => Status::Inconclusive,
    }
}

fn figure(figure: &Figure) -> Estimate {
    Estimate::of(figure.mean).from_cases(figure.leads)
}

/// The change with the interval of the experiment's method.
pub(super) fn change(outcome: &Outcome) -> Estimate {
    let Some(measured) = outcome.measured() else { return Estimate::default() };
    let interval = measured.test.interval;
    Estimate::of(Some(measured.effect.value)).within(Some((interval.lower, interval.upper)))
}
