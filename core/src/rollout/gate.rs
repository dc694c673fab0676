//! The gates: what is judged before a model may go on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Stage;

/// One gate, by the id that evidence, verdicts, waivers and pages use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Gate {
    /// Share of requests over the limit of the 99th percentile.
    #[serde(rename = "sys.latency")]
    SysLatency,
    /// Requests a second the build sustains.
    #[serde(rename = "sys.throughput")]
    SysThroughput,
    /// Share of leads that failed for the service's own fault.
    #[serde(rename = "sys.errors")]
    SysErrors,
    /// Memory of the largest instance.
    #[serde(rename = "sys.memory")]
    SysMemory,
    /// Area under the ROC curve.
    #[serde(rename = "perf.auc")]
    PerfAuc,
    /// Precision at the threshold.
    #[serde(rename = "perf.precision")]
    PerfPrecision,
    /// Recall at the threshold.
    #[serde(rename = "perf.recall")]
    PerfRecall,
    /// Expected calibration error.
    #[serde(rename = "perf.calibration")]
    PerfCalibration,
    /// Features that drifted from training.
    #[serde(rename = "data.drift")]
    DataDrift,
    /// Rise of missing values over training.
    #[serde(rename = "data.missing")]
    DataMissing,
    /// Share of values training did not have.
    #[serde(rename = "data.categories")]
    DataCategories,
    /// Critical expectations of the suite.
    #[serde(rename = "data.suite")]
    DataSuite,
    /// Share of leads that were scored.
    #[serde(rename = "data.coverage")]
    DataCoverage,
    /// AUC against the champion's.
    #[serde(rename = "rel.auc")]
    RelAuc,
    /// Coverage against the champion's.
    #[serde(rename = "rel.coverage")]
    RelCoverage,
    /// Precision against the champion's.
    #[serde(rename = "rel.precision")]
    RelPrecision,
    /// Recall against the champion's.
    #[serde(rename = "rel.recall")]
    RelRecall,
    /// Calibration error against the champion's.
    #[serde(rename = "rel.calibration")]
    RelCalibration,
    /// Latency against the champion's.
    #[serde(rename = "rel.latency")]
    RelLatency,
    /// Error rate against the champion's.
    #[serde(rename = "rel.errors")]
    RelErrors,
    /// What sales reports of the challenger.
    #[serde(rename = "fb.sales")]
    FbSales,
    /// Leads per arm against the planned split.
    #[serde(rename = "ab.sample_ratio")]
    AbSampleRatio,
    /// Conversion of the challenger's arm.
    #[serde(rename = "ab.conversion")]
    AbConversion,
    /// Value of won deals.
    #[serde(rename = "ab.deal_size")]
    AbDealSize,
    /// Days a deal is open.
    #[serde(rename = "ab.cycle")]
    AbCycle,
    /// Ratings by sales.
    #[serde(rename = "ab.satisfaction")]
    AbSatisfaction,
    /// Share of leads in the top band.
    #[serde(rename = "ab.attention")]
    AbAttention,
    /// Segments that fare worse.
    #[serde(rename = "ab.segments")]
    AbSegments,
    /// Days logged in the stage.
    #[serde(rename = "gov.days")]
    GovDays,
    /// Red incidents that are open.
    #[serde(rename = "gov.incidents")]
    GovIncidents,
}

/// What a gate is about: the part of its id before the dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// The service.
    Sys,
    /// The model's figures by themselves.
    Perf,
    /// The leads' data.
    Data,
    /// The challenger against the champion, on the same leads.
    Rel,
    /// What sales reports.
    Fb,
    /// The A/B test.
    Ab,
    /// Days and incidents.
    Gov,
}

impl Gate {
    /// What it judges, as a sentence names it.
    pub fn words(self) -> &'static str {
        super::words::gate(self)
    }

    /// All gates, in the order in which pages list them.
    pub const ALL: [Gate; 30] = [
        Gate::SysLatency,
        Gate::SysThroughput,
        Gate::SysErrors,
        Gate::SysMemory,
        Gate::PerfAuc,
        Gate::PerfPrecision,
        Gate::PerfRecall,
        Gate::PerfCalibration,
        Gate::DataDrift,
        Gate::DataMissing,
        Gate::DataCategories,
        Gate::DataSuite,
        Gate::DataCoverage,
        Gate::RelAuc,
        Gate::RelCoverage,
        Gate::RelPrecision,
        Gate::RelRecall,
        Gate::RelCalibration,
        Gate::RelLatency,
        Gate::RelErrors,
        Gate::FbSales,
        Gate::AbSampleRatio,
        Gate::AbConversion,
        Gate::AbDealSize,
        Gate::AbCycle,
        Gate::AbSatisfaction,
        Gate::AbAttention,
        Gate::AbSegments,
        Gate::GovDays,
        Gate::GovIncidents,
    ];

    /// The gate's id, such as `perf.auc`.
    pub fn id(self) -> &'static str {
        match self {
            Gate::SysLatency => "sys.latency",
            Gate::SysThroughput => "sys.throughput",
            Gate::SysErrors => "sys.errors",
            Gate::SysMemory => "sys.memory",
            Gate::PerfAuc => "perf.auc",
            Gate::PerfPrecision => "perf.precision",
            Gate::PerfRecall => "perf.recall",
            Gate::PerfCalibration => "perf.calibration",
            Gate::DataDrift => "data.drift",
            Gate::DataMissing => "data.missing",
            Gate::DataCategories => "data.categories",
            Gate::DataSuite => "data.suite",
            Gate::DataCoverage => "data.coverage",
            Gate::RelAuc => "rel.auc",
            Gate::RelCoverage => "rel.coverage",
            Gate::RelPrecision => "rel.precision",
            Gate::RelRecall => "rel.recall",
            Gate::RelCalibration => "rel.calibration",
            Gate::RelLatency => "rel.latency",
            Gate::RelErrors => "rel.errors",
            Gate::FbSales => "fb.sales",
            Gate::AbSampleRatio => "ab.sample_ratio",
            Gate::AbConversion => "ab.conversion",
            Gate::AbDealSize => "ab.deal_size",
            Gate::AbCycle => "ab.cycle",
            Gate::AbSatisfaction => "ab.satisfaction",
            Gate::AbAttention => "ab.attention",
            Gate::AbSegments => "ab.segments",
            Gate::GovDays => "gov.days",
            Gate::GovIncidents => "gov.incidents",
        }
    }

    /// The gate with this id.
    pub fn by_id(id: &str) -> Option<Gate> {
        Gate::ALL.into_iter().find(|gate| gate.id() == id)
    }

    /// What the gate is about.
    pub fn family(self) -> Family {
        match self.id().split('.').next() {
            Some("sys") => Family::Sys,
            Some("perf") => Family::Perf,
            Some("data") => Family::Data,
            Some("rel") => Family::Rel,
            Some("fb") => Family::Fb,
            Some("ab") => Family::Ab,
            _ => Family::Gov,
        }
    }

    /// Whether a person may waive the gate where it is undecided. Days, incidents, the primary measure and the draw of a test never.
    pub fn may_be_waived(self) -> bool {
        self.family() != Family::Gov && !matches!(self, Gate::AbConversion | Gate::AbSampleRatio)
    }

    /// Whether the gate must pass before `stage` is left for the next one. [`Gate::may_fail`] says where it can only fail.
    pub fn must_pass(self, stage: Stage) -> bool {
        use Stage::{AbTest, Canary, Shadow};
        match self {
            Gate::SysLatency | Gate::SysErrors | Gate::SysMemory | Gate::GovDays | Gate::GovIncidents => stage.is_active(),
            Gate::SysThroughput | Gate::PerfPrecision | Gate::PerfRecall | Gate::PerfCalibration => stage == Shadow,
            Gate::PerfAuc => matches!(stage, Shadow | AbTest),
            Gate::DataDrift | Gate::DataMissing | Gate::DataCategories | Gate::DataSuite | Gate::DataCoverage => {
                matches!(stage, Shadow | Canary)
            }
            Gate::RelAuc | Gate::RelCoverage => matches!(stage, Shadow | Canary),
            // In Shadow only where precision and recall are judged relative to the champion.
            Gate::RelPrecision | Gate::RelRecall => matches!(stage, Shadow | Canary),
            Gate::RelCalibration | Gate::RelLatency | Gate::RelErrors | Gate::FbSales => stage == Canary,
            Gate::AbSampleRatio
            | Gate::AbConversion
            | Gate::AbDealSize
            | Gate::AbCycle
            | Gate::AbSatisfaction
            | Gate::AbAttention
            | Gate::AbSegments => stage == AbTest,
        }
    }

    /// Whether the gate is judged in `stage` because it may fail there, without being needed to go on.
    pub fn may_fail(self, stage: Stage) -> bool {
        let is_late = matches!(stage, Stage::AbTest | Stage::Full);
        match self {
            Gate::DataDrift | Gate::DataMissing | Gate::DataCategories | Gate::DataCoverage => is_late,
            Gate::RelAuc
            | Gate::RelCoverage
            | Gate::RelPrecision
            | Gate::RelRecall
            | Gate::RelCalibration
            | Gate::RelLatency
            | Gate::RelErrors
            | Gate::FbSales => is_late,
            _ => false,
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_json() {
        for gate in Gate::ALL {
            assert_eq!(serde_json::to_string(&gate).unwrap(), format!("{:?}", gate.id()));
            assert_eq!(Gate::by_id(gate.id()), Some(gate));
        }
    }

    #[test]
    fn each_stage_has_its_gates() {
        let count = |stage| Gate::ALL.into_iter().filter(|gate| gate.must_pass(stage)).count();
        assert_eq!(Stage::ACTIVE.map(count), [19, 18, 13, 5]);
        let open = |stage| Gate::ALL.into_iter().filter(|gate| gate.may_fail(stage)).count();
        assert_eq!(Stage::ACTIVE.map(open), [0, 0, 12, 12]);
        assert!(!Gate::AbConversion.may_be_waived() && !Gate::GovDays.may_be_waived() && Gate::AbCycle.may_be_waived());
    }
}
