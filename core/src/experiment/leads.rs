//! Rows become leads: an experiment counts each lead once, however many rows it has.

use std::collections::BTreeMap;

use super::data::{Data, Deal, Measured, Observation, ObservationError, check};
use super::settings::{Demand, Kind, Metric, Settings};

/// Leads in two arms that are named.
const NAMED: usize = 5;

/// Rows summed by the lead they are of.
///
/// Numbers are added (of a guardrail with a bound, averaged), a yes in any row is a yes, and of what was known before, of a score and of a
/// segment the first value counts. A deal is as the row says in which it closed, or lasted longest.
#[derive(Debug, Clone, Default)]
pub struct Leads {
    leads: BTreeMap<String, Lead>,
}

#[derive(Debug, Clone)]
struct Lead {
    arm: usize,
    /// Whether another row names another arm.
    mixed: bool,
    /// Rows that could be read; of a lead without any only the arm is known.
    rows: u64,
    /// Each with the number of rows that have a value.
    metrics: Vec<(Measured, u32)>,
    cycle: Option<Deal>,
    segments: Vec<Option<String>>,
}

/// How rows and leads compare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repeats {
    /// Leads.
    pub leads: u64,
    /// Leads with several rows.
    pub repeated: u64,
    /// Leads whose rows are of different arms: they are left out.
    pub mixed: u64,
    /// Rows of those leads that could be read.
    pub mixed_rows: u64,
    /// The first of those.
    pub named: Vec<String>,
}

impl Leads {
    /// Adds a row of the lead `id`, or nothing of it.
    ///
    /// # Errors
    /// [`ObservationError`], as [`Data::push`].
    pub fn add(&mut self, settings: &Settings, id: &str, row: &Observation<'_>) -> Result<(), ObservationError> {
        check(settings, row)?;
        let lead = self.lead(id, row.arm);
        lead.rows += 1;
        if lead.rows == 1 {
            lead.metrics = row.metrics.iter().map(|metric| (*metric, u32::from(has_value(metric)))).collect();
            lead.cycle = row.cycle;
            lead.segments = row.segments.iter().map(|segment| segment.map(str::to_owned)).collect();
            return Ok(());
        }
        for ((known, metric), row) in lead.metrics.iter_mut().zip(settings.metrics()).zip(row.metrics) {
            *known = (joined(metric, known.0, *row), known.1 + u32::from(has_value(row)));
        }
        lead.cycle = match (lead.cycle, row.cycle) {
            (Some(known), Some(row)) => Some(known.later(row)),
            (known, row) => known.or(row),
        };
        for (known, row) in lead.segments.iter_mut().zip(row.segments) {
            if known.is_none() {
                *known = row.map(str::to_owned);
            }
        }
        Ok(())
    }

    /// Adds a row of the lead `id` of which only the arm can be read.
    pub fn lose(&mut self, id: &str, arm: usize) {
        self.lead(id, arm);
    }

    fn lead(&mut self, id: &str, arm: usize) -> &mut Lead {
        let lead = self.leads.entry(id.to_owned()).or_insert_with(|| Lead::of(arm));
        lead.mixed |= lead.arm != arm;
        lead
    }

    /// Adds the leads to `data`, all but those in several arms; leads without a readable row count for the split alone.
    ///
    /// # Errors
    /// [`ObservationError`] when a lead's sum is too large.
    pub fn finish(self, settings: &Settings, data: &mut Data) -> Result<Repeats, ObservationError> {
        let mut repeats = Repeats { leads: self.leads.len() as u64, ..Repeats::default() };
        for (id, lead) in self.leads {
            repeats.repeated += u64::from(lead.rows > 1);
            if lead.mixed {
                repeats.mixed += 1;
                repeats.mixed_rows += lead.rows;
                if repeats.named.len() < NAMED {
                    repeats.named.push(id);
                }
                continue;
            }
            if lead.rows == 0 {
                data.lose(lead.arm);
                continue;
            }
            let averaged =
                std::iter::once(false).chain(settings.guardrails.iter().map(|limit| !matches!(limit.demand, Demand::Margin(_))));
            let metrics: Vec<Measured> = lead
                .metrics
                .iter()
                .zip(settings.metrics().zip(averaged))
                .map(|((measured, rows), (metric, averaged))| match *measured {
                    Measured::Value(x) if averaged && metric.kind == Kind::Mean => Measured::Value(x / f64::from(*rows)),
                    measured => measured,
                })
                .collect();
            let segments: Vec<Option<&str>> = lead.segments.iter().map(Option::as_deref).collect();
            data.push(settings, &Observation { arm: lead.arm, metrics: &metrics, cycle: lead.cycle, segments: &segments })?;
        }
        Ok(repeats)
    }
}

impl Lead {
    /// A lead of `arm` without rows.
    fn of(arm: usize) -> Lead {
        Lead { arm, mixed: false, rows: 0, metrics: Vec::new(), cycle: None, segments: Vec::new() }
    }
}

fn joined(metric: &Metric, known: Measured, row: Measured) -> Measured {
    let sum = |a: f64, b: f64| if metric.kind == Kind::Rate { a.max(b) } else { a + b };
    match (known, row) {
        (known, Measured::Open | Measured::Absent) => known,
        (Measured::Open | Measured::Absent, row) => row,
        (Measured::Value(a), Measured::Value(b)) => Measured::Value(sum(a, b)),
        (Measured::Pair(a, x), Measured::Pair(b, y)) => match metric.kind {
            Kind::Auc => Measured::Pair(a, x.max(y)),
            Kind::Ratio => Measured::Pair(a + b, x + y),
            Kind::Rate | Kind::Mean => Measured::Pair(sum(a, b), x),
        },
        // One metric has one kind of value, which was checked.
        (known, _) => known,
    }
}

fn has_value(measured: &Measured) -> bool {
    !matches!(measured, Measured::Open | Measured::Absent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Guardrail, Method, Verdict, analyse};

    fn settings() -> Settings {
        let limit = |name: &str, demand| Guardrail { metric: Metric::new(name, Kind::Mean), demand };
        Settings {
            guardrails: vec![limit("revenue", Demand::Margin(0.02)), limit("satisfaction", Demand::AtLeast(8.0))],
            segments: vec!["source".into()],
            method: Method::Fixed,
            least_per_arm: 10,
            ..Settings::new(&["a", "b"], Metric::new("converted", Kind::Rate))
        }
    }

    fn row<'a>(arm: usize, metrics: &'a [Measured], source: &'a [Option<&'a str>]) -> Observation<'a> {
        Observation { arm, metrics, cycle: None, segments: source }
    }

    #[test]
    fn rows_of_a_lead_are_one_lead() {
        let settings = settings();
        let value = Measured::Value;
        let mut leads = Leads::default();
        leads.add(&settings, "x", &row(0, &[value(0.0), value(10.0), value(7.0)], &[None])).unwrap();
        leads.add(&settings, "x", &row(0, &[value(1.0), Measured::Open, value(9.0)], &[Some("web")])).unwrap();
        leads.add(&settings, "x", &row(0, &[Measured::Open, value(5.0), Measured::Open], &[Some("ads")])).unwrap();
        leads.add(&settings, "y", &row(1, &[value(1.0), value(1.0), value(1.0)], &[None])).unwrap();
        leads.add(&settings, "y", &row(0, &[value(1.0), value(1.0), value(1.0)], &[None])).unwrap();
        assert_eq!(leads.add(&settings, "x", &row(7, &[], &[])).unwrap_err().code(), "NO_SUCH_ARM");
        let (mut data, mut expected) = (Data::new(&settings), Data::new(&settings));
        let repeats = leads.finish(&settings, &mut data).unwrap();
        assert_eq!(repeats, Repeats { leads: 2, repeated: 2, mixed: 1, mixed_rows: 2, named: vec!["y".to_owned()] });
        expected.push(&settings, &row(0, &[value(1.0), value(15.0), value(8.0)], &[Some("web")])).unwrap();
        assert_eq!(data, expected);
    }

    #[test]
    fn leads_with_many_rows_do_not_make_a_verdict() {
        let settings = Settings { guardrails: Vec::new(), segments: Vec::new(), ..settings() };
        let mut random = crate::random::Random::new(9);
        let (mut by_row, mut by_lead) = (0, 0);
        for _ in 0..60 {
            let (mut leads, mut rows) = (Leads::default(), Data::new(&settings));
            for lead in 0..400usize {
                let converted = [Measured::Value(f64::from(u8::from(random.unit() < 0.1)))];
                for _ in 0..20 {
                    leads.add(&settings, &lead.to_string(), &row(lead % 2, &converted, &[])).unwrap();
                    rows.push(&settings, &row(lead % 2, &converted, &[])).unwrap();
                }
            }
            let mut data = Data::new(&settings);
            leads.finish(&settings, &mut data).unwrap();
            let decided = |data: &Data| matches!(analyse(&settings, data).unwrap().verdict, Verdict::Win | Verdict::Lose);
            by_row += u32::from(decided(&rows));
            by_lead += u32::from(decided(&data));
        }
        assert!(by_row > 20 && by_lead <= 8, "{by_row} {by_lead}");
    }
}
