//! The part on what sales gets.

use super::Facts;
use super::measured::share;
use crate::report::business::{BandPart, Business, Satisfaction};
use crate::report::value::short;

impl Facts<'_> {
    /// The champion's newest matured leads by band, and the ratings of those days; none without a champion's windows.
    pub(super) fn business(&self) -> Option<Business> {
        let recent = self.of_version(&self.state.champion)?;
        let scores = &recent.outcomes.scores;
        let called = |from: f64| {
            let counts = scores.confusion_at(from);
            (counts.true_positive as u64, (counts.true_positive + counts.false_positive) as u64)
        };
        let mut edges: Vec<(&str, f64)> = recent.bands.iter().map(|(name, from)| (name.as_str(), *from)).collect();
        edges.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (mut bands, mut above) = (Vec::new(), (0, 0));
        for (name, from) in edges {
            let all = called(from);
            let (converted, leads) = (all.0 - above.0, all.1 - above.1);
            above = all;
            bands.push(BandPart {
                name: name.to_owned(),
                from: short(from).unwrap_or_default(),
                leads,
                conversion: share(converted, leads),
            });
        }
        let [converted, not, _] = scores.counts();
        let matured = converted.saturating_add(not);
        let hot = bands.first().filter(|_| matured > 0).map(|band| band.leads as f64 / matured as f64);
        Some(Business {
            bands,
            hot_share: hot.and_then(short),
            satisfaction: Satisfaction { counts: recent.ratings },
            human: self.human.cloned(),
        })
    }
}
