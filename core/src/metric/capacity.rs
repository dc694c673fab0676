//! What the ranking means to people with so many hours: whole leads in parts of the list, and leads and conversions per band.

use serde::{Deserialize, Serialize};

use super::gain::Part;
use super::{Labelled, MetricError};
use crate::evidence::InsufficientData;
use crate::order::sort_by_score;
use crate::stats::level::Level;
use crate::stats::proportion::Proportion;

/// The leads of one band of scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ScoreBand"))]
pub struct Band {
    /// Lowest score of the band; minus infinity (JSON: null) for the lowest band.
    #[serde(with = "crate::stats::level::open_below")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<f64>"))]
    pub from: f64,
    /// Leads in it.
    pub leads: u64,
    /// Of those, the ones that converted.
    pub positives: u64,
    /// Part of all leads that are here.
    pub share: f64,
    /// Part of the leads here that converted; none without leads.
    pub rate: Option<f64>,
    /// 95 % interval of the rate (Wilson 1927); none without leads.
    pub interval: Option<(f64, f64)>,
    /// Conversion here over conversion of all; none without leads here or without conversions at all.
    pub lift: Option<f64>,
}

/// Leads per band and conversion per band, lowest band first. A score that is a cut belongs to the band above it, as bands are
/// declared in a bundle. Weights are not regarded: a person works whole leads.
///
/// # Errors
/// Cuts that do not rise; the inner error without leads.
///
/// # Example
/// ```
/// use plumbline_core::metric::{Labelled, bands};
/// let data = Labelled::new(&[0.1, 0.2, 0.6, 0.9], &[false, true, false, true])?;
/// let bands = bands(&data, &[0.5])?.expect("there are leads");
/// assert_eq!((bands[1].leads, bands[1].rate), (2, Some(0.5)));
/// # Ok::<(), plumbline_core::metric::MetricError>(())
/// ```
pub fn bands(data: &Labelled<'_>, cuts: &[f64]) -> Result<Result<Vec<Band>, InsufficientData>, MetricError> {
    let rises = |at: usize, cut: f64| at == 0 || cuts.get(at - 1).is_some_and(|before| *before < cut);
    if let Some((at, value)) = cuts.iter().enumerate().find(|(at, cut)| !(cut.is_finite() && rises(*at, **cut))) {
        return Err(MetricError::BadCut { at, value: *value });
    }
    let mut counts = vec![(0u64, 0u64); cuts.len() + 1];
    for (score, converted) in data.scores().iter().zip(data.converted()) {
        if let Some((leads, positives)) = counts.get_mut(cuts.partition_point(|cut| *cut <= *score)) {
            *leads += 1;
            *positives += u64::from(*converted);
        }
    }
    let total = data.scores().len() as f64;
    let positives = data.converted().iter().filter(|converted| **converted).count() as f64;
    Ok(InsufficientData::unless(total as u64, 1, "leads").map(|()| {
        let band = |(i, (leads, hits)): (usize, &(u64, u64))| {
            let n = *leads as f64;
            let rate = (*leads > 0).then(|| *hits as f64 / n);
            Band {
                from: i.checked_sub(1).and_then(|i| cuts.get(i)).copied().unwrap_or(f64::NEG_INFINITY),
                leads: *leads,
                positives: *hits,
                share: n / total,
                rate,
                interval: wilson(*hits, *leads),
                lift: rate.filter(|_| positives > 0.0).map(|rate| rate / (positives / total)),
            }
        };
        counts.iter().enumerate().map(band).collect()
    }))
}

/// The list in `parts` parts of whole leads, best first: the first parts take one lead more when they do not divide. Leads of one
/// score keep the order of the data, so with ties the answer depends on it; [`gain`](super::Ranking::gain) does not. Parts without
/// leads are left out.
///
/// # Errors
/// [`InsufficientData`] without a lead that converted or without parts.
///
/// # Source
/// `numpy.array_split` of the leads in falling order, the usual table of deciles.
pub fn lift_table(data: &Labelled<'_>, parts: usize) -> Result<Vec<Part>, InsufficientData> {
    InsufficientData::unless(parts as u64, 1, "parts")?;
    let all = data.converted().iter().filter(|converted| **converted).count();
    InsufficientData::unless(all as u64, 1, "leads that converted")?;
    let mut leads: Vec<(f64, bool)> = data.scores().iter().copied().zip(data.converted().iter().copied()).collect();
    // Falling, with leads of one score as they came: what is rising in the reversed list is falling in the list.
    leads.reverse();
    sort_by_score(&mut leads);
    leads.reverse();
    let (size, more) = (leads.len() / parts, leads.len() % parts);
    let base = all as f64 / leads.len() as f64;
    let (mut rest, mut sums, mut table) = (leads.as_slice(), (0.0, 0.0), Vec::new());
    for part in 0..parts {
        let (here, after) = rest.split_at_checked(size + usize::from(part < more)).unwrap_or((rest, &[]));
        rest = after;
        if here.is_empty() {
            continue;
        }
        let (n, positives) = (here.len() as f64, here.iter().filter(|lead| lead.1).count() as f64);
        sums = (sums.0 + n, sums.1 + positives);
        table.push(Part {
            leads: n,
            positives,
            gain: sums.1 / all as f64,
            lift: positives / n / base,
            cumulative_lift: sums.1 / sums.0 / base,
        });
    }
    Ok(table)
}

/// Wilson's 95 % interval of the rate of `positives` among `leads`; none without leads.
pub(super) fn wilson(positives: u64, leads: u64) -> Option<(f64, f64)> {
    let interval = Proportion::new(positives, leads).ok()?.wilson(Level::FIVE_PERCENT);
    Some((interval.lower, interval.upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_hold_every_lead_once() {
        let scores = [0.0, 0.3, 0.3, 0.7, 0.8];
        let converted = [false, true, false, true, true];
        let data = Labelled::new(&scores, &converted).unwrap();
        let found = bands(&data, &[0.3, 0.75, 0.9]).unwrap().unwrap();
        assert_eq!(found.iter().map(|b| (b.leads, b.positives)).collect::<Vec<_>>(), [(1, 0), (3, 2), (1, 1), (0, 0)]);
        assert_eq!((found[3].rate, found[3].interval, found[3].lift), (None, None, None));
        assert!((found[2].lift.unwrap() - 1.0 / 0.6).abs() < 1e-15);
        assert_eq!(bands(&data, &[0.5, 0.5]).unwrap_err().code(), "BAD_CUT");
        assert!(bands(&Labelled::new(&[], &[]).unwrap(), &[0.5]).unwrap().is_err());
    }

    #[test]
    fn parts_are_of_whole_leads() {
        let scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3];
        let converted = [true, true, false, false, true, false, false];
        let table = lift_table(&Labelled::new(&scores, &converted).unwrap(), 3).unwrap();
        assert_eq!(
            table.iter().map(|part| (part.leads, part.positives)).collect::<Vec<_>>(),
            [(3.0, 2.0), (2.0, 1.0), (2.0, 0.0)]
        );
        assert_eq!(table[2].gain, 1.0);
        assert_eq!(lift_table(&Labelled::new(&scores, &converted).unwrap(), 20).unwrap().len(), 7);
    }
}
