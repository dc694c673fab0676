//! How the leads of one served version are counted.

use plumbline_core::Scorer;
use plumbline_core::lead::{ReadValue, Slots};
use plumbline_core::window::{FeatureLayout, Layout};

use super::seen::Seen;

/// As what new values of personal fields are counted.
const HIDDEN: &str = "(personal)";

/// One served version: what its leads are counted as, and by.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Version {
    /// As counts name it.
    pub name: String,
    /// The layout of its windows: that of its bundle's reference.
    pub layout: Layout,
    /// Per feature of the layout: its place in the schema.
    places: Vec<Option<usize>>,
    /// Per feature of the layout: whether its values are personal, so that a new one is counted without its name.
    personal: Vec<bool>,
}

impl Version {
    /// The version that `scorer` serves; values of the fields `personal` are counted without their names.
    pub(crate) fn new(scorer: &Scorer, personal: &[String]) -> Version {
        let bundle = scorer.bundle();
        let layout = bundle.reference.as_ref().map(Layout::of).unwrap_or_default();
        let schema = &bundle.manifest.schema;
        let places = layout.features().iter().map(|feature| schema.field(feature.name()).map(|(at, _)| at)).collect();
        let personal = layout.features().iter().map(|feature| personal.iter().any(|name| name == feature.name())).collect();
        Version { name: scorer.id().version.clone(), layout, places, personal }
    }

    /// Adds the values of the lead that `scorer` reads as `slots` to `seen`, in the order of the layout.
    pub(crate) fn see(&self, scorer: &Scorer, slots: &Slots, seen: &mut Seen) {
        let fields = &scorer.bundle().manifest.schema.fields;
        let places = self.places.iter().zip(&self.personal);
        for (feature, (place, is_personal)) in self.layout.features().iter().zip(places) {
            let value = place.and_then(|at| Some(slots.value(at, fields.get(at)?))).unwrap_or(ReadValue::Missing);
            match (feature, value) {
                (FeatureLayout::Number { .. }, ReadValue::Number(x)) => seen.number(x),
                (FeatureLayout::Number { .. }, ReadValue::Flag(flag)) => seen.number(f64::from(u8::from(flag))),
                (FeatureLayout::Number { .. }, ReadValue::List(items)) => seen.number(items.count() as f64),
                (FeatureLayout::Category { known, .. }, ReadValue::Text(text)) => {
                    let is_hidden = *is_personal && !known.iter().any(|known| known == text);
                    seen.text(if is_hidden { HIDDEN } else { text });
                }
                // As a table's typed cells are named.
                (FeatureLayout::Category { .. }, ReadValue::Flag(flag)) => seen.text(if flag { "true" } else { "false" }),
                (FeatureLayout::Category { .. }, ReadValue::Number(x)) => seen.text(&plumbline_core::Decimal(x).to_string()),
                _ => seen.missing(),
            }
        }
    }
}
