//! What features are counted by: bins and categories frozen at training time.

use crate::bundle::{Distribution, FieldReference, Reference};
use crate::histogram::Bins;
use crate::order::heap_sort;
use crate::table::plain_name;

/// How one feature is counted.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureLayout {
    /// A number, in frozen bins.
    Number {
        /// Its name.
        name: String,
        /// The bins.
        bins: Bins,
    },
    /// A category.
    Category {
        /// Its name.
        name: String,
        /// The categories of the training data.
        known: Vec<String>,
    },
}

/// How the features of a window are counted. Windows of one layout can be merged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layout {
    features: Vec<FeatureLayout>,
    /// Per feature: the places of its categories, in the order of their names.
    sorted: Vec<Vec<u32>>,
    id: u64,
}

impl FeatureLayout {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            FeatureLayout::Number { name, .. } | FeatureLayout::Category { name, .. } => name,
        }
    }
}

impl From<&FieldReference> for FeatureLayout {
    fn from(FieldReference { name, distribution }: &FieldReference) -> FeatureLayout {
        let name = name.clone();
        match distribution {
            Distribution::Number(histogram) => FeatureLayout::Number { name, bins: histogram.bins().clone() },
            Distribution::Category(counts) => FeatureLayout::Category { name, known: counts.known().to_vec() },
        }
    }
}

impl Layout {
    /// The layout of a bundle's reference: its fields in the bins and categories of the training data.
    pub fn of(reference: &Reference) -> Layout {
        Layout::new(reference.fields.iter().map(FeatureLayout::from).collect())
    }

    /// A layout of these features.
    pub fn new(features: Vec<FeatureLayout>) -> Layout {
        let mut id = 0;
        let mut mix = |more: u64| {
            id = (id ^ more).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            id ^= id >> 29;
        };
        let text = |text: &str| super::category::hash(text) ^ text.len() as u64;
        for feature in &features {
            match feature {
                FeatureLayout::Number { name, bins } => {
                    mix(text(name));
                    mix(2 * bins.edges().len() as u64);
                    bins.edges().iter().for_each(|edge| mix(edge.to_bits()));
                }
                FeatureLayout::Category { name, known } => {
                    mix(text(name));
                    mix(2 * known.len() as u64 + 1);
                    known.iter().for_each(|known| mix(text(known)));
                }
            }
        }
        let sorted = features.iter().map(|feature| match feature {
            FeatureLayout::Category { known, .. } => {
                let mut places: Vec<u32> = (0..known.len() as u32).collect();
                heap_sort(&mut places, &|a, b| known.get(*a as usize) < known.get(*b as usize));
                places
            }
            FeatureLayout::Number { .. } => Vec::new(),
        });
        Layout { sorted: sorted.collect(), features, id }
    }

    /// The place of the category `name` of the feature `feature`: the one spelt so, else the one of its [`plain_name`], since categories
    /// learnt from typed cells are spelt so (`true` for a CSV's `True`).
    pub(super) fn category(&self, feature: usize, name: &str) -> Option<usize> {
        let Some(FeatureLayout::Category { known, .. }) = self.features.get(feature) else { return None };
        let named = |place: &u32| known.get(*place as usize).map(String::as_str);
        let places = self.sorted.get(feature)?;
        let find = |name: &str| places.binary_search_by(|place| named(place).cmp(&Some(name))).ok();
        let at = find(name).or_else(|| find(&plain_name(name)))?;
        places.get(at).map(|place| *place as usize)
    }

    /// Cells of memory that a window of this layout takes.
    pub(super) fn cells(&self) -> usize {
        let of = |feature: &FeatureLayout| match feature {
            FeatureLayout::Number { bins, .. } => bins.count() + 2 * super::moments::DIGITS,
            FeatureLayout::Category { known, .. } => known.len() + 4 * super::NEW_BY_NAME,
        };
        super::latency::BUCKETS + 6 * super::SCORE_BINS + self.features.iter().map(of).sum::<usize>()
    }

    /// The features.
    pub fn features(&self) -> &[FeatureLayout] {
        &self.features
    }

    /// A number that differs between layouts.
    pub fn id(&self) -> u64 {
        self.id
    }
}
