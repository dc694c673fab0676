//! All findings about one treatment, before the verdict.

use super::report::{CycleReport, GuardrailReport, MetricReport, SegmentReport};
use super::settings::{Better, Settings};
use crate::stats::level::Interval;
use crate::stats::margin::Finding;
use crate::stats::srm::SampleRatio;

/// All findings about one treatment.
pub(super) struct Judged<'a> {
    pub settings: &'a Settings,
    pub treatment: &'a str,
    pub primary: MetricReport,
    pub guardrails: Vec<GuardrailReport>,
    pub cycle: Option<CycleReport>,
    pub segments: Vec<SegmentReport>,
    pub sample_ratio: Option<&'a SampleRatio>,
    /// The split of the leads whose values could be read, when some could not.
    pub kept_ratio: Option<&'a SampleRatio>,
}

impl Judged<'_> {
    /// An interval of the change, turned so that above 0 is good.
    pub(super) fn good(&self, interval: &Interval) -> Interval {
        match self.primary.better {
            Better::More => *interval,
            Better::Less => interval.negated(),
        }
    }

    fn findings(&self, wanted: Finding) -> impl Iterator<Item = &str> {
        let guardrails = self.guardrails.iter().map(|g| (g.finding, g.sentence.as_str()));
        let cycle = self.cycle.iter().map(|c| (c.finding, c.sentence.as_str()));
        guardrails.chain(cycle).filter(move |(finding, _)| *finding == wanted).map(|(_, sentence)| sentence)
    }

    /// The sentences of the violated limits.
    pub(super) fn refuted(&self) -> impl Iterator<Item = &str> {
        self.findings(Finding::Refuted)
    }

    /// The sentences of the limits that are neither met nor violated.
    pub(super) fn open(&self) -> impl Iterator<Item = &str> {
        self.findings(Finding::Open)
    }
}
