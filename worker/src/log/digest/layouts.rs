//! Layouts of windows as JSON: by version the features, each with its bins' edges or its known categories.

use std::collections::BTreeMap;

use plumbline_core::histogram::Bins;
use plumbline_core::window::{FeatureLayout, Layout};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Feature {
    Number { name: String, edges: Vec<f64> },
    Category { name: String, known: Vec<String> },
}

pub(super) fn serialize<S: Serializer>(layouts: &BTreeMap<String, Layout>, serializer: S) -> Result<S::Ok, S::Error> {
    let feature = |feature: &FeatureLayout| match feature {
        FeatureLayout::Number { name, bins } => Feature::Number { name: name.clone(), edges: bins.edges().to_vec() },
        FeatureLayout::Category { name, known } => Feature::Category { name: name.clone(), known: known.clone() },
    };
    let layouts = layouts.iter().map(|(version, layout)| (version, layout.features().iter().map(feature).collect::<Vec<_>>()));
    serializer.collect_map(layouts)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Layout>, D::Error> {
    let given = BTreeMap::<String, Vec<Feature>>::deserialize(deserializer)?;
    let feature = |feature: Feature| match feature {
        Feature::Number { name, edges } => {
            Bins::new(edges).map(|bins| FeatureLayout::Number { name, bins }).map_err(D::Error::custom)
        }
        Feature::Category { name, known } => Ok(FeatureLayout::Category { name, known }),
    };
    let layout = |(version, features): (String, Vec<Feature>)| {
        let features: Result<Vec<FeatureLayout>, D::Error> = features.into_iter().map(feature).collect();
        Ok((version, Layout::new(features?)))
    };
    given.into_iter().map(layout).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Digest;

    #[test]
    fn rules_are_read_as_they_were_written() {
        let layout = Layout::new(vec![
            FeatureLayout::Number { name: "visits".into(), bins: Bins::new(vec![0.1 + 0.2, 5.0]).unwrap() },
            FeatureLayout::Category { name: "source".into(), known: vec!["web".into()] },
        ]);
        let rules = Digest { layouts: [("1".to_owned(), layout)].into(), ..Digest::default() };
        let text = serde_json::to_string(&rules).unwrap();
        let read: Digest = serde_json::from_str(&text).unwrap();
        assert_eq!(read, rules);
        assert_eq!(read.layouts["1"].id(), rules.layouts["1"].id());
        assert!(serde_json::from_str::<Digest>(&text.replace("5.0]", "0.0]")).is_err());
    }
}
