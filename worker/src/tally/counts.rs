//! Counting the fields of the leads of a batch.

use std::sync::Arc;

use plumbline_core::event::{Prediction, Role};
use plumbline_core::window::{FeatureLayout, HOUR_MS, Window};

use super::seen::{Seen, SeenRow, SeenValue};
use super::version::Version;
use super::{Counted, Tally, base64};

/// The counts of rows that wait for one shard. What differs in hour, version or role is counted apart: there are few of each.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    hours: Vec<Hour>,
}

#[derive(Debug)]
struct Hour {
    start_ms: i64,
    role: Role,
    version: Arc<Version>,
    window: Window,
}

impl Counts {
    /// Counts the fields of the lead of `row`, of which `read` says where `seen` has them.
    pub(crate) fn count(&mut self, row: &Prediction, seen: &Seen, read: &SeenRow) {
        let (Some(version), Some(values)) = (&read.version, &read.values) else { return };
        let window = self.window(row.timestamp_ms.div_euclid(HOUR_MS) * HOUR_MS, row.role, version);
        window.at(row.timestamp_ms);
        let layout = &version.layout;
        for ((place, feature), value) in layout.features().iter().enumerate().zip(seen.values(values)) {
            match (feature, value) {
                (FeatureLayout::Number { .. }, SeenValue::Number(x)) => window.count_number(layout, place, Some(x)),
                (FeatureLayout::Number { .. }, _) => window.count_number(layout, place, None),
                (FeatureLayout::Category { .. }, SeenValue::Text(text)) => window.count_category(layout, place, Some(text)),
                (FeatureLayout::Category { .. }, _) => window.count_category(layout, place, None),
            }
        }
    }

    /// The counts so far as text, and none from now on.
    pub(crate) fn take(&mut self) -> String {
        if self.hours.is_empty() {
            return String::new();
        }
        let windows = self.hours.drain(..).map(|hour| Counted {
            start_ms: hour.start_ms,
            version: hour.version.name.clone(),
            role: hour.role,
            window: base64::encode(&hour.window.write()),
        });
        serde_json::to_string(&Tally { windows: windows.collect() }).unwrap_or_default()
    }

    fn window(&mut self, start_ms: i64, role: Role, version: &Arc<Version>) -> &mut Window {
        let is_same = |hour: &Hour| hour.start_ms == start_ms && hour.role == role && is_same(&hour.version, version);
        let at = self.hours.iter().position(is_same).unwrap_or_else(|| {
            let (version, window) = (Arc::clone(version), Window::new(&version.layout));
            self.hours.push(Hour { start_ms, role, version, window });
            self.hours.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the place was found or made just now")]
        &mut self.hours[at].window
    }
}

/// Whether both count alike: one and the same, or one made anew by a deployment.
fn is_same(one: &Arc<Version>, other: &Arc<Version>) -> bool {
    Arc::ptr_eq(one, other) || one.name == other.name && one.layout.id() == other.layout.id()
}
