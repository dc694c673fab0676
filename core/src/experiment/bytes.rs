//! An experiment's data as bytes: what shards send, to be merged elsewhere. JSON, because a frozen document is read for years.
//!
//! Sales cycles are written as counts per hour, so that the bytes do not grow with the deals; a time is off by half an hour at most.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::data::{Cell, Data, MOST_VALUES};
use super::settings::Settings;

const FORMAT: u8 = 1;
/// A million days.
const MOST_HOURS: u32 = 24_000_000;

/// Why bytes are not the data of this experiment.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DataError {
    /// They are not data of an experiment.
    #[error("not the data of an experiment: {0}")]
    Malformed(String),
    /// They were written by a newer version.
    #[error("the data have format {found}; this program reads formats up to {known}")]
    Newer {
        /// Its format.
        found: u8,
        /// The newest known.
        known: u8,
    },
    /// They belong to an experiment with other settings.
    #[error("the data have {found} {what}; the experiment has {expected}")]
    OtherExperiment {
        /// Arms, metrics or segments.
        what: &'static str,
        /// How many the data have.
        found: usize,
        /// How many the settings have.
        expected: usize,
    },
    /// A count or a sum that no leads give.
    #[error("the data are inconsistent: {0}")]
    Inconsistent(&'static str),
}

impl DataError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            DataError::Malformed(_) => "EXPERIMENT_DATA_MALFORMED",
            DataError::Newer { .. } => "EXPERIMENT_DATA_NEWER",
            DataError::OtherExperiment { .. } => "EXPERIMENT_DATA_OF_ANOTHER",
            DataError::Inconsistent(_) => "EXPERIMENT_DATA_INCONSISTENT",
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u8,
    leads: Vec<u64>,
    lost: Vec<u64>,
    metrics: Vec<Vec<Cell>>,
    /// By arm: hours, whether the deal closed, how many.
    cycles: Vec<Vec<(u32, bool, u64)>>,
    unknown_cycles: Vec<u64>,
    segments: Vec<BTreeMap<String, Vec<Cell>>>,
}

impl Data {
    /// The data as bytes; equal data give equal bytes.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::experiment::{Data, Deal, Kind, Measured, Metric, Observation, Settings};
    /// let settings = Settings::new(&["A", "B"], Metric::new("conversion", Kind::Rate));
    /// let mut data = Data::new(&settings);
    /// let lead = Observation { arm: 1, metrics: &[Measured::Value(1.0)], cycle: Some(Deal::Closed(2.5)), segments: &[] };
    /// data.push(&settings, &lead)?;
    /// assert_eq!(Data::read(&data.write(), &settings).as_ref(), Ok(&data));
    /// # Ok::<(), plumbline_core::experiment::ObservationError>(())
    /// ```
    pub fn write(&self) -> Vec<u8> {
        let cycles = self.cycles.iter().map(|deals| {
            let mut counts: BTreeMap<(u32, bool), u64> = BTreeMap::new();
            for (days, closed) in deals {
                let hours = (days * 24.0).round().clamp(0.0, f64::from(MOST_HOURS)) as u32;
                *counts.entry((hours, *closed)).or_default() += 1;
            }
            counts.into_iter().map(|((hours, closed), count)| (hours, closed, count)).collect()
        });
        let written = Written {
            format: FORMAT,
            leads: self.leads.clone(),
            lost: self.lost.clone(),
            metrics: self.metrics.clone(),
            cycles: cycles.collect(),
            unknown_cycles: self.unknown_cycles.clone(),
            segments: self.segments.clone(),
        };
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads data that [`Data::write`] wrote for an experiment of the same `settings`.
    ///
    /// # Errors
    /// [`DataError`]: the bytes are not such data, of a newer format, of another experiment, or inconsistent.
    pub fn read(bytes: &[u8], settings: &Settings) -> Result<Data, DataError> {
        #[derive(Deserialize)]
        struct Head {
            format: u8,
        }
        let malformed = |error: serde_json::Error| DataError::Malformed(error.to_string());
        let Head { format } = serde_json::from_slice(bytes).map_err(malformed)?;
        if format != FORMAT {
            return Err(DataError::Newer { found: format, known: FORMAT });
        }
        let written: Written = serde_json::from_slice(bytes).map_err(malformed)?;
        written.check(settings)?;
        let expand = |deals: Vec<(u32, bool, u64)>| {
            let each = deals.into_iter().flat_map(|(hours, closed, count)| {
                std::iter::repeat_n((f64::from(hours) / 24.0, closed), usize::try_from(count).unwrap_or(0))
            });
            each.collect()
        };
        Ok(Data {
            leads: written.leads,
            lost: written.lost,
            metrics: written.metrics,
            cycles: written.cycles.into_iter().map(expand).collect(),
            unknown_cycles: written.unknown_cycles,
            segments: written.segments,
        })
    }
}

impl Written {
    fn check(&self, settings: &Settings) -> Result<(), DataError> {
        let arms = settings.arms.len();
        let same = |what, found, expected| match found == expected {
            true => Ok(()),
            false => Err(DataError::OtherExperiment { what, found, expected }),
        };
        same("arms", self.leads.len(), arms)?;
        same("arms with leads left out", self.lost.len(), arms)?;
        if self.lost.iter().zip(&self.leads).any(|(lost, leads)| lost > leads) {
            return Err(DataError::Inconsistent("more leads are left out than there are"));
        }
        same("arms with sales cycles", self.cycles.len(), arms)?;
        same("arms with sales cycles", self.unknown_cycles.len(), arms)?;
        same("metrics", self.metrics.len(), settings.guardrails.len() + 1)?;
        same("segments", self.segments.len(), settings.segments.len())?;
        for cells in self.metrics.iter().chain(self.segments.iter().flat_map(BTreeMap::values)) {
            same("arms of a metric", cells.len(), arms)?;
            if !cells.iter().zip(&self.leads).all(|(cell, leads)| cell.is_sound(*leads)) {
                return Err(DataError::Inconsistent("a metric has more values than leads, or sums that no values have"));
            }
        }
        if self.segments.iter().any(|values| values.len() > MOST_VALUES + 1) {
            return Err(DataError::Inconsistent("a segment has too many values"));
        }
        for ((deals, unknown), leads) in self.cycles.iter().zip(&self.unknown_cycles).zip(&self.leads) {
            let count = deals.iter().try_fold(*unknown, |sum, (_, _, count)| sum.checked_add(*count));
            if count.is_none_or(|count| count > *leads) || deals.iter().any(|(hours, _, _)| *hours > MOST_HOURS) {
                return Err(DataError::Inconsistent("there are more sales cycles than leads, or one is too long"));
            }
        }
        // What is read must fit in memory: a deal takes sixteen bytes.
        match self.leads.iter().try_fold(0u64, |sum, leads| sum.checked_add(*leads)) {
            Some(leads) if leads <= 100_000_000 => Ok(()),
            _ => Err(DataError::Inconsistent("there are more than a hundred million leads")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::experiment::{Cycle, Deal, Demand, Guardrail, Kind, Measured, Metric, Observation};

    fn settings() -> Settings {
        let primary = Metric { adjusted: true, ..Metric::new("conversion", Kind::Rate) };
        let guardrail = |name, kind| Guardrail { metric: Metric::new(name, kind), demand: Demand::Margin(0.1) };
        Settings {
            guardrails: vec![guardrail("deal_size", Kind::Mean), guardrail("auc", Kind::Auc)],
            cycle: Some(Cycle { name: "cycle".into(), margin: 0.1, horizon: None }),
            segments: vec!["source".into()],
            ..Settings::new(&["A", "B"], primary)
        }
    }

    fn data(rows: &[(usize, bool, f64, u32)]) -> Data {
        let (settings, mut data) = (settings(), Data::new(&settings()));
        for (arm, converted, score, hours) in rows {
            let yes = f64::from(u8::from(*converted));
            let size = if *converted { Measured::Value(score * 1e4 / 3.0) } else { Measured::Absent };
            let metrics = [Measured::Pair(yes, *score), size, Measured::Pair(*score, yes)];
            let days = f64::from(*hours) / 24.0;
            let cycle = Some(if *converted { Deal::Closed(days) } else { Deal::Open(days) });
            let segments = [(*hours % 3 > 0).then_some(if hours % 3 == 1 { "web" } else { "partner" })];
            data.push(&settings, &Observation { arm: *arm, metrics: &metrics, cycle, segments: &segments }).unwrap();
        }
        data
    }

    fn sorted(mut data: Data) -> Data {
        data.cycles.iter_mut().for_each(|deals| deals.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))));
        data
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_merged(
            rows in prop::collection::vec((0usize..2, any::<bool>(), 0.0f64..1.0, 0u32..2_000), 0..60), cut in 0usize..60,
        ) {
            let whole = data(&rows);
            let read = Data::read(&whole.write(), &settings()).unwrap();
            prop_assert_eq!(sorted(read.clone()), sorted(whole.clone()));
            prop_assert_eq!(read.write(), whole.write());
            let (left, right) = rows.split_at(cut.min(rows.len()));
            let (mut sent, mut held) = (Data::read(&data(left).write(), &settings()).unwrap(), data(left));
            sent.merge(&Data::read(&data(right).write(), &settings()).unwrap());
            held.merge(&data(right));
            prop_assert_eq!(sorted(sent), sorted(held));
        }
    }

    #[test]
    fn data_of_other_shapes_are_rejected() {
        let bytes = data(&[(0, true, 0.5, 30)]).write();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let code = |text: &str| Data::read(text.as_bytes(), &settings()).map(|_| ()).map_err(|error| error.code());
        assert_eq!(code(&text), Ok(()));
        assert_eq!(code("{}"), Err("EXPERIMENT_DATA_MALFORMED"));
        assert_eq!(code(&text.replace("\"format\":1", "\"format\":2")), Err("EXPERIMENT_DATA_NEWER"));
        assert_eq!(
            code(&text.replace("[[30,true,1]]", "[]").replace("\"cycles\":[", "\"cycles\":[[],")),
            Err("EXPERIMENT_DATA_OF_ANOTHER")
        );
        assert_eq!(code(&text.replace("[30,true,1]", "[30,true,2]")), Err("EXPERIMENT_DATA_INCONSISTENT"));
        assert_eq!(code(&text.replace("\"leads\":[1,0]", "\"leads\":[0,0]")), Err("EXPERIMENT_DATA_INCONSISTENT"));
        let other = Settings::new(&["A", "B"], Metric::new("conversion", Kind::Rate));
        assert_eq!(Data::read(&bytes, &other).map(|_| ()).map_err(|error| error.code()), Err("EXPERIMENT_DATA_OF_ANOTHER"));
    }
}
