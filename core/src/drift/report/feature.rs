//! One feature: every measure of its drift, and the reasons for which it counts as drifted.

use serde::{Deserialize, Serialize};

use super::chance::{self, Beyond, Unseen};
use super::fence::fences;
use super::{Feature, Reason, Rules};
use crate::drift::decile::DECILES;
use crate::drift::distance::deviation;
use crate::drift::merge::merge;
use crate::drift::{DriftError, EMPTY_SHARE, Rate, Sample, Shares};
use crate::evidence::InsufficientData;
use crate::histogram::Bins;
use crate::order;
use crate::table::Values;

/// New categories that are reported by name.
const NAMES: usize = 10;

/// Categories that the reference does not have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewCategories {
    /// How many there are.
    pub count: u64,
    /// The part of the current values in them, and at most the chance of so many.
    pub rate: Rate,
    /// The part expected without drift: of rare categories a sample always has some that another has not.
    #[serde(default)]
    pub expected: f64,
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
    /// How much the model depends on it; null when no model was named.
    pub importance: Option<f64>,
    /// The KS statistic of a number, the total variation distance of a category; none when all current values are missing.
    pub distance: Option<f64>,
    /// The chance of at least that without drift, exact where samples are small; none when there is but one category or no value.
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
        threshold: f64,
    ) -> Result<Result<FeatureDrift, InsufficientData>, DriftError> {
        let found = match (feature.reference, feature.current) {
            (Values::Numbers(reference), Values::Numbers(current)) => numbers(reference, current, rules)?,
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
            found.judge(rules, threshold);
            found
        }))
    }

    /// A feature that had values and has none any more: reported as missing values.
    fn gone(missing: Rate) -> FeatureDrift {
        FeatureDrift {
            name: String::new(),
            drifted: false,
            reasons: Vec::new(),
            importance: None,
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

    fn judge(&mut self, rules: &Rules, threshold: f64) {
        let rose = |rate: &Rate, most: f64| rate.rise() > most && rate.p_value < threshold;
        let new = |new: &NewCategories| new.rate.current - new.expected > rules.new_categories && new.rate.p_value < threshold;
        let checks = [
            (
                Reason::Distribution,
                self.distance.is_some_and(|d| d > rules.distance) && self.p_value.is_some_and(|p| p < threshold),
            ),
            (Reason::Missing, rose(&self.missing, rules.missing)),
            (Reason::Outliers, self.outliers.as_ref().is_some_and(|rate| rose(rate, rules.outliers))),
            (Reason::NewCategories, self.new_categories.as_ref().is_some_and(new)),
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

fn numbers(reference: &[f64], current: &[f64], rules: &Rules) -> Result<Result<FeatureDrift, InsufficientData>, DriftError> {
    let (before, now) = (Sample::present(reference, "reference")?, Sample::present(current, "current")?);
    let missing = [reference.len() - before.values().len(), current.len() - now.values().len()];
    if before.count() > 0 && now.count() == 0 {
        return Ok(missing_of(missing, [reference.len(), current.len()]).map(FeatureDrift::gone));
    }
    let compare = || {
        InsufficientData::unless(before.count(), 1, "reference values")?;
        let merged = merge(&before, &now).ok_or(InsufficientData { of: "current values", found: 0, needed: 1 })?;
        let bins = Bins::of_quantiles(before.values(), DECILES)?;
        let outliers = outliers(&before, &now, rules);
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
    let p_value = chance::of_distance(before.count(), now.count(), distance);
    Ok(Shares::of_counts(&before_counts, &now_counts)?.map(|shares| FeatureDrift {
        name: String::new(),
        drifted: false,
        reasons: Vec::new(),
        importance: None,
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

/// The rates of outliers, with a chance that holds although the fences are the reference's own.
fn outliers(before: &Sample, now: &Sample, rules: &Rules) -> Option<Rate> {
    let quartiles = |sorted: &[f64]| Some((order::quantile(sorted, 0.25)?, order::quantile(sorted, 0.75)?));
    let sizes = [before.count(), now.count()];
    let beyond = |fences| [before, now].map(|sample| outside(sample, fences));
    let ends = (before.quantile(0.0)?, before.quantile(1.0)?);
    let (fenced, at_ends) = fences(quartiles(before.values())?, ends);
    let counts = beyond(fenced);
    let mut found = Beyond { counts, pooled: counts, at_ends };
    let rate = found.rate(sizes)?;
    if at_ends || rate.rise() <= rules.outliers || rate.p_value >= rules.chance {
        return Some(rate);
    }
    let both = order::sorted(&[before.values(), now.values()].concat());
    found.pooled = beyond(fences(quartiles(&both)?, (*both.first()?, *both.last()?)).0);
    found.rate(sizes)
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
    let p_value = chance::of_categories(&before, &now)?;
    let mut new: Vec<(String, u64)> = before
        .iter()
        .zip(&now)
        .zip(names)
        .filter(|((before, now), _)| **before == 0 && **now > 0)
        .map(|((_, now), name)| (name.clone(), *now))
        .collect();
    let kinds = new.len() as u64;
    order::keep_most_frequent(&mut new, NAMES);
    let Unseen { values, expected, p_value: chance } = Unseen::new(&before, &now);
    let rate = Rate { reference: 0.0, current: values as f64 / present as f64, p_value: chance };
    let new_categories = Some(NewCategories { count: kinds, rate, expected: expected / present as f64, most: new });
    Ok(Ok(FeatureDrift {
        name: String::new(),
        drifted: false,
        reasons: Vec::new(),
        importance: None,
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
