//! One feature: every measure of its drift, and the reasons for which it counts as drifted.

use serde::{Deserialize, Serialize};

use super::{Feature, Reason, Rules};
use crate::drift::distance::deviation;
use crate::drift::merge::merge;
use crate::drift::{DriftError, EMPTY_SHARE, Frequency, Rate, Sample, Shares};
use crate::evidence::InsufficientData;
use crate::histogram::Bins;
use crate::stats::kolmogorov;
use crate::table::Values;

/// Bins of the population stability index of a number: deciles of the reference.
const BINS: usize = 10;
/// Quartile distances beyond the quartiles at which an outlier begins (Tukey's far out).
const FAR: f64 = 3.0;
/// New categories that are told by name.
const NAMES: usize = 10;

/// Categories that the reference does not have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewCategories {
    /// How many there are.
    pub count: u64,
    /// The part of the current values in them.
    pub rate: Rate,
    /// The most frequent of them with their counts.
    pub most: Vec<(String, u64)>,
}

/// The value at which the distributions of a number differ most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Location {
    /// The value.
    pub value: f64,
    /// Whether current values are higher there.
    pub current_higher: bool,
}

/// What one feature's comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FeatureDrift {
    /// Its name.
    #[serde(rename = "feature")]
    pub name: String,
    /// Whether it counts as drifted.
    pub drifted: bool,
    /// Why it counts as drifted; empty when it does not.
    pub reasons: Vec<Reason>,
    /// How much the model depends on it.
    pub importance: f64,
    /// The KS statistic of a number, the total variation distance of a category; none when all current values are missing.
    pub distance: Option<f64>,
    /// The chance of at least that without drift: of KS, or Pearson's chi-square; none when there is but one category or no value.
    pub p_value: Option<f64>,
    /// Where the distributions of a number differ most.
    pub location: Option<Location>,
    /// The population stability index, in deciles of the reference or by category; none when all current values are missing.
    pub population_stability: Option<f64>,
    /// The Jensen–Shannon distance of the same.
    pub jensen_shannon: Option<f64>,
    /// A number's Wasserstein distance in standard deviations of the reference.
    pub wasserstein: Option<f64>,
    /// Missing values.
    pub missing: Rate,
    /// A number's values beyond the reference's far fences.
    pub outliers: Option<Rate>,
    /// A category's values that the reference does not have.
    pub new_categories: Option<NewCategories>,
}

impl FeatureDrift {
    pub(super) fn new(
        feature: &Feature<'_>,
        place: usize,
        rules: &Rules,
    ) -> Result<Result<FeatureDrift, InsufficientData>, DriftError> {
        let found = match (feature.reference, feature.current) {
            (Values::Numbers(reference), Values::Numbers(current)) => numbers(reference, current)?,
            (Values::Categories { codes: reference, names }, Values::Categories { codes: current, .. }) => {
                categories(reference, current, names)?
            }
            _ => {
                let what = "the kind of a feature's current values";
                return Err(DriftError::BadSetting { what, value: place as f64, must: "that of its reference values" });
            }
        };
        Ok(found.map(|mut found| {
            (found.name, found.importance) = (feature.name.to_owned(), feature.importance);
            found.judge(rules);
            found
        }))
    }

    /// A feature that had values and has none any more: what can be told is that they are missing.
    fn gone(missing: Rate) -> FeatureDrift {
        FeatureDrift {
            name: String::new(),
            drifted: false,
            reasons: Vec::new(),
            importance: 0.0,
            distance: None,
            p_value: None,
            location: None,
            population_stability: None,
            jensen_shannon: None,
            wasserstein: None,
            missing,
            outliers: None,
            new_categories: None,
        }
    }

    fn judge(&mut self, rules: &Rules) {
        let rose = |rate: &Rate, most: f64| rate.rise() > most && rate.p_value < rules.chance;
        let checks = [
            (
                Reason::Distribution,
                self.distance.is_some_and(|d| d > rules.distance) && self.p_value.is_some_and(|p| p < rules.chance),
            ),
            (Reason::Missing, rose(&self.missing, rules.missing)),
            (Reason::Outliers, self.outliers.as_ref().is_some_and(|rate| rose(rate, rules.outliers))),
            (Reason::NewCategories, self.new_categories.as_ref().is_some_and(|new| rose(&new.rate, rules.new_categories))),
        ];
        self.reasons = checks.into_iter().filter(|(_, found)| *found).map(|(reason, _)| reason).collect();
        self.drifted = !self.reasons.is_empty();
    }
}

fn missing_of(missing: [usize; 2], all: [usize; 2]) -> Result<Rate, InsufficientData> {
    let [before, now] = missing.map(|n| n as u64);
    let [reference, current] = all.map(|n| n as u64);
    InsufficientData::unless(reference, 1, "reference values")?;
    InsufficientData::unless(current, 1, "current values")?;
    Rate::new(before, reference, now, current).ok_or(InsufficientData { of: "values", found: 0, needed: 1 })
}

fn numbers(reference: &[f64], current: &[f64]) -> Result<Result<FeatureDrift, InsufficientData>, DriftError> {
    let (before, now) = (Sample::present(reference, "reference")?, Sample::present(current, "current")?);
    let missing = [reference.len() - before.values().len(), current.len() - now.values().len()];
    if before.count() > 0 && now.count() == 0 {
        return Ok(missing_of(missing, [reference.len(), current.len()]).map(FeatureDrift::gone));
    }
    let compare = || {
        InsufficientData::unless(before.count(), 1, "reference values")?;
        let merged = merge(&before, &now).ok_or(InsufficientData { of: "current values", found: 0, needed: 1 })?;
        let bins = Bins::of_quantiles(before.values(), BINS)?;
        let outliers = fences(&before).and_then(|fences| {
            let beyond = |sample: &Sample| outside(sample, fences);
            Rate::new(beyond(&before), before.count(), beyond(&now), now.count())
        });
        let counts = [&before, &now].map(|sample| bins.histogram_of_sorted(sample.values()));
        Ok((
            merged,
            counts,
            outliers,
            merged.area / deviation(before.values()).max(0.001),
            missing_of(missing, [reference.len(), current.len()])?,
        ))
    };
    let (merged, [before_counts, now_counts], outliers, wasserstein, missing) = match compare() {
        Ok(found) => found,
        Err(reason) => return Ok(Err(reason)),
    };
    let (distance, at, higher) = if merged.lower.0 > merged.higher.0 {
        (merged.lower.0, merged.lower.1, false)
    } else {
        (merged.higher.0, merged.higher.1, true)
    };
    let [m, n] = [before.count() as f64, now.count() as f64];
    let p_value = kolmogorov::sf((m * n / (m + n)).round_ties_even() as u64, distance);
    Ok(Shares::of_counts(&before_counts, &now_counts)?.map(|shares| FeatureDrift {
        name: String::new(),
        drifted: false,
        reasons: Vec::new(),
        importance: 0.0,
        distance: Some(distance),
        p_value: Some(p_value),
        location: Some(Location { value: at, current_higher: higher }),
        population_stability: Some(shares.population_stability(EMPTY_SHARE)),
        jensen_shannon: Some(shares.jensen_shannon()),
        wasserstein: Some(wasserstein),
        missing,
        outliers,
        new_categories: None,
    }))
}

/// Three quartile distances beyond the quartiles; the ends of the reference when its middle half is one value.
fn fences(reference: &Sample) -> Option<(f64, f64)> {
    let (low, high) = (reference.quantile(0.25)?, reference.quantile(0.75)?);
    if low == high {
        return Some((reference.quantile(0.0)?, reference.quantile(1.0)?));
    }
    Some((low - FAR * (high - low), high + FAR * (high - low)))
}

fn outside(sample: &Sample, (low, high): (f64, f64)) -> u64 {
    let values = sample.values();
    let (below, up_to) = (values.partition_point(|x| *x < low), values.partition_point(|x| *x <= high));
    (below + values.len() - up_to) as u64
}

fn categories(
    reference: &[u32],
    current: &[u32],
    names: &[String],
) -> Result<Result<FeatureDrift, InsufficientData>, DriftError> {
    let count = |codes: &[u32]| {
        let mut counts = vec![0u64; names.len()];
        codes.iter().filter_map(|code| usize::try_from(*code).ok()).for_each(|code| {
            if let Some(count) = counts.get_mut(code) {
                *count += 1;
            }
        });
        let present: u64 = counts.iter().sum();
        (counts, present)
    };
    let ((before, seen), (now, present)) = (count(reference), count(current));
    let missing = [reference.len() - seen as usize, current.len() - present as usize];
    let missing = match missing_of(missing, [reference.len(), current.len()]) {
        Ok(missing) => missing,
        Err(reason) => return Ok(Err(reason)),
    };
    if seen > 0 && present == 0 {
        return Ok(Ok(FeatureDrift::gone(missing)));
    }
    let shares = match Shares::of_counts(&before, &now)? {
        Ok(shares) => shares,
        Err(reason) => return Ok(Err(reason)),
    };
    let p_value = Frequency::chi_square(&before, &now)?.ok().map(|test| test.p_value);
    let mut new: Vec<(String, u64)> = before
        .iter()
        .zip(&now)
        .zip(names)
        .filter(|((before, now), _)| **before == 0 && **now > 0)
        .map(|((_, now), name)| (name.clone(), *now))
        .collect();
    new.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let (kinds, values) = (new.len() as u64, new.iter().map(|(_, count)| count).sum());
    new.truncate(NAMES);
    let new_categories = Rate::new(0, seen, values, present).map(|rate| NewCategories { count: kinds, rate, most: new });
    Ok(Ok(FeatureDrift {
        name: String::new(),
        drifted: false,
        reasons: Vec::new(),
        importance: 0.0,
        distance: Some(shares.total_variation()),
        p_value,
        location: None,
        population_stability: Some(shares.population_stability(EMPTY_SHARE)),
        jensen_shannon: Some(shares.jensen_shannon()),
        wasserstein: None,
        missing,
        outliers: None,
        new_categories,
    }))
}
