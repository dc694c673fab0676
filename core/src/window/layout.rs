//! What features are counted by: bins and categories frozen at training time.

use crate::drift::Bins;

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
    id: u64,
}

impl Layout {
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
        Layout { features, id }
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
