//! One field of the leads against the training data.

use serde::{Deserialize, Serialize};

use crate::drift::{Bracket, Shares, chance};
use crate::window::{Feature, FeatureLayout};

/// One field of the leads against the training data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureFigures {
    /// Its name.
    pub name: String,
    /// Values now, missing ones included.
    pub values: u64,
    /// Of those, the missing ones.
    pub missing: u64,
    /// Values in training, missing ones included.
    pub reference_values: u64,
    /// Of those, the missing ones.
    pub reference_missing: u64,
    /// Of a category, values that training did not have.
    pub new_categories: Option<u64>,
    /// How far the values that are not missing are from training's; none where one side has none.
    pub distance: Option<FieldDistance>,
}

/// How far a field's values are from training's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FieldDistance {
    /// The Kolmogorov-Smirnov statistic is at least this; of a category, the total variation distance.
    pub at_least: f64,
    /// It is at most this.
    pub at_most: f64,
    /// The chance of at least the lower end without drift; none with one category.
    pub p_value: Option<f64>,
}

impl FeatureFigures {
    /// The feature `now`, counted by `layout`, against `before`.
    pub fn new(layout: &FeatureLayout, before: &Feature, now: &Feature) -> FeatureFigures {
        let ((reference, reference_missing), (current, missing)) = (before.counts(), now.counts());
        let [m, n] = [&reference, &current].map(|counts| counts.iter().fold(0u64, |sum, count| sum.saturating_add(*count)));
        let new_categories = match now {
            Feature::Category { counts, .. } => Some(counts.unknown()),
            Feature::Number { .. } => None,
        };
        let distance = if m == 0 || n == 0 {
            None
        } else if new_categories.is_some() {
            Shares::of_counts(&reference, &current).ok().and_then(Result::ok).map(|shares| {
                let distance = shares.total_variation();
                let p_value = chance::of_categories(&reference, &current).ok().flatten();
                FieldDistance { at_least: distance, at_most: distance, p_value }
            })
        } else {
            Bracket::new(&reference, &current).ok().and_then(Result::ok).map(|bracket| FieldDistance {
                at_least: bracket.at_least,
                at_most: bracket.at_most,
                p_value: Some(chance::of_distance(m, n, bracket.at_least)),
            })
        };
        FeatureFigures {
            name: layout.name().to_owned(),
            values: n.saturating_add(missing),
            missing,
            reference_values: m.saturating_add(reference_missing),
            reference_missing,
            new_categories,
            distance,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::histogram::Bins;
    use crate::rollout::evidence::Figures;
    use crate::window::{FeatureLayout, Layout, Window};

    #[test]
    fn a_field_that_moved_has_a_distance_and_a_small_chance() {
        let layout = Layout::new(vec![
            FeatureLayout::Number { name: "visits".into(), bins: Bins::new(vec![5.0]).unwrap() },
            FeatureLayout::Category { name: "source".into(), known: vec!["web".into(), "partner".into()] },
            FeatureLayout::Number { name: "never".into(), bins: Bins::new(vec![0.0]).unwrap() },
        ]);
        let (mut before, mut now) = (Window::new(&layout), Window::new(&layout));
        for lead in 0..1_000u32 {
            before.count_number(&layout, 0, Some(f64::from(lead % 10)));
            now.count_number(&layout, 0, (lead % 10 > 0).then_some(if lead % 4 == 0 { 3.0 } else { 9.0 }));
            before.count_category(&layout, 1, Some(if lead % 2 == 0 { "web" } else { "partner" }));
            now.count_category(&layout, 1, Some(if lead % 50 == 0 { "event" } else { "web" }));
            before.count_number(&layout, 2, None);
            now.count_number(&layout, 2, None);
        }
        let figures = Figures::new("a").with_features(&now, &layout, &before).features.unwrap();
        let [visits, source, never] = &figures[..] else { panic!("{figures:?}") };
        assert_eq!((visits.values, visits.missing, visits.reference_missing, visits.new_categories), (1_000, 100, 0, None));
        let distance = visits.distance.unwrap();
        assert!(distance.at_least > 0.3 && distance.p_value.unwrap() < 1e-9, "{distance:?}");
        assert_eq!((source.new_categories, source.distance.unwrap().at_least), (Some(20), 0.5));
        assert!(source.distance.unwrap().p_value.unwrap() < 1e-9);
        assert_eq!((never.distance, never.missing), (None, 1_000));
    }
}
