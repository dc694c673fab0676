//! Two models' calls of the same leads: eight counts, from which the ratios of their precision and of their recall come with intervals
//! that know how much the two agree.
//!
//! Judged apart, as if each model had leads of its own, an equal model would pass a limit of "no worse by 10 %" in a fifth of the cases
//! in which it passes here. Counts add up, so days and shards merge exactly.

use serde::{Deserialize, Serialize};

use crate::math;

/// How many leads were called by the champion or not, by the challenger or not, and converted or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CallPairs"))]
#[serde(transparent)]
pub struct Pairs {
    /// In the order of the number `4 · champion + 2 · challenger + converted`, each 0 or 1.
    counts: [u64; 8],
}

/// Challenger over champion, on the same leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedRatio {
    /// The challenger's figure.
    pub challenger: f64,
    /// The champion's figure.
    pub champion: f64,
    /// The first over the second.
    pub ratio: f64,
    /// The standard error of the ratio's logarithm; 0 where the two models agree in every lead that counts.
    pub log_error: f64,
}

impl PairedRatio {
    /// The ratio moved by `errors` standard errors on the scale of logarithms.
    pub fn moved(&self, errors: f64) -> f64 {
        self.ratio * math::exp(errors * self.log_error)
    }
}

impl Pairs {
    /// Counts `leads` leads.
    pub fn add(&mut self, champion: bool, challenger: bool, converted: bool, leads: u64) {
        let place = 4 * usize::from(champion) + 2 * usize::from(challenger) + usize::from(converted);
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(leads);
        }
    }

    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Pairs) {
        self.counts.iter_mut().zip(other.counts).for_each(|(count, more)| *count = count.saturating_add(more));
    }

    /// Takes out what `was` counted and puts in what `is` counted. False, and nothing is changed: it does not hold what `was` counted.
    pub fn exchange(&mut self, was: &Pairs, is: &Pairs) -> bool {
        let mut moved = self.counts;
        for ((count, was), is) in moved.iter_mut().zip(was.counts).zip(is.counts) {
            let Some(left) = count.checked_sub(was) else { return false };
            *count = left.saturating_add(is);
        }
        self.counts = moved;
        true
    }

    /// Leads for which `wanted` of (called by the champion, called by the challenger, converted) holds.
    pub fn count(&self, wanted: impl Fn(bool, bool, bool) -> bool) -> u64 {
        let kinds = (0usize..).zip(self.counts);
        let of = kinds.filter(|(place, _)| wanted(place & 4 > 0, place & 2 > 0, place & 1 > 0));
        of.fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// All leads.
    pub fn leads(&self) -> u64 {
        self.count(|_, _, _| true)
    }

    /// The ratio of the two precisions; none where either called no lead that converted.
    ///
    /// # Formula
    /// With T the leads a model called that converted and C those it called: ln ratio = ln T₂ − ln C₂ − ln T₁ + ln C₁, and by the delta
    /// method of a multinomial its variance is Σ over the eight kinds of count · (1{T₂}/T₂ − 1{C₂}/C₂ − 1{T₁}/T₁ + 1{C₁}/C₁)².
    ///
    /// # Example
    /// ```
    /// use plumbline_core::metric::Pairs;
    /// let mut pairs = Pairs::default();
    /// pairs.add(true, true, true, 60);
    /// pairs.add(true, true, false, 20);
    /// pairs.add(false, true, false, 20);
    /// let ratio = pairs.precision().expect("both called leads that converted");
    /// assert_eq!((ratio.champion, ratio.challenger), (0.75, 0.6));
    /// assert!((ratio.ratio - 0.8).abs() < 1e-12);
    /// ```
    pub fn precision(&self) -> Option<PairedRatio> {
        self.ratio(|called, _| called)
    }

    /// The ratio of the two recalls; none where either called no lead that converted.
    ///
    /// # Formula
    /// Of the leads that converted, b called by the champion alone and c by the challenger alone: the variance of ln ratio is
    /// (b + c) / (T₁ T₂).
    ///
    /// # Source
    /// Nam & Blackwelder (2002) for paired rates; the delta method of [`Pairs::precision`] gives the same.
    pub fn recall(&self) -> Option<PairedRatio> {
        self.ratio(|_, converted| converted)
    }

    /// The ratio of the shares of leads that were called and converted among those of which `whole` (called, converted) holds.
    fn ratio(&self, whole: impl Fn(bool, bool) -> bool) -> Option<PairedRatio> {
        let hits = [self.count(|one, _, converted| one && converted), self.count(|_, two, converted| two && converted)];
        let of = [self.count(|one, _, converted| whole(one, converted)), self.count(|_, two, converted| whole(two, converted))];
        let ([t1, t2], [c1, c2]) = (hits.map(|n| n as f64), of.map(|n| n as f64));
        if hits.contains(&0) {
            return None;
        }
        let part = |holds: bool, n: f64| if holds { 1.0 / n } else { 0.0 };
        let mut variance = 0.0;
        for (place, count) in (0usize..).zip(self.counts) {
            let (one, two, converted) = (place & 4 > 0, place & 2 > 0, place & 1 > 0);
            // Those without either term cancel exactly where the wholes are the same leads.
            let wholes = if c1 == c2 && whole(one, converted) == whole(two, converted) {
                0.0
            } else {
                part(whole(one, converted), c1) - part(whole(two, converted), c2)
            };
            let influence = part(two && converted, t2) - part(one && converted, t1) + wholes;
            variance += count as f64 * (influence * influence);
        }
        let (champion, challenger) = (t1 / c1, t2 / c2);
        Some(PairedRatio { challenger, champion, ratio: challenger / champion, log_error: variance.sqrt() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn of(counts: [u64; 8]) -> Pairs {
        Pairs { counts }
    }

    #[test]
    fn recall_has_the_published_variance() {
        // Converted leads: 40 called by both, 7 by the champion alone, 12 by the challenger alone, 5 by neither.
        let ratio = of([100, 5, 9, 12, 8, 7, 30, 40]).recall().unwrap();
        let (b, c, t1, t2) = (7.0, 12.0, 47.0, 52.0);
        assert!((ratio.ratio - t2 / t1).abs() < 1e-12);
        assert!((ratio.log_error - f64::sqrt((b + c) / (t1 * t2))).abs() < 1e-12, "{ratio:?}");
        assert!((ratio.moved(0.0) - ratio.ratio).abs() < 1e-12 && ratio.moved(-1.0) < ratio.ratio);
    }

    #[test]
    fn models_that_agree_have_no_error_and_models_without_a_hit_no_ratio() {
        let same = of([900, 30, 0, 0, 0, 0, 30, 40]);
        let (precision, recall) = (same.precision().unwrap(), same.recall().unwrap());
        assert_eq!((precision.ratio, precision.log_error, recall.ratio, recall.log_error), (1.0, 0.0, 1.0, 0.0));
        assert_eq!(of([900, 30, 0, 0, 9, 9, 0, 0]).recall(), None);
        assert_eq!(of([0; 8]).precision(), None);
        assert_eq!(same.leads(), 1_000);
    }

    #[test]
    fn counts_add_up_wherever_they_were_counted() {
        let (mut whole, mut parts) = (Pairs::default(), [Pairs::default(); 2]);
        for lead in 0..100u64 {
            let (one, two, converted) = (lead % 3 == 0, lead % 5 == 0, lead % 7 == 0);
            whole.add(one, two, converted, 1);
            parts[(lead % 2) as usize].add(one, two, converted, 1);
        }
        let mut merged = parts[0];
        merged.merge(&parts[1]);
        assert_eq!(merged, whole);
        assert_eq!(whole.count(|one, two, converted| one && two && converted), 1);
        let json = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<Pairs>(&json).unwrap(), whole);
    }

    /// 2,000 samples of 2,000 leads: 95 % intervals of both ratios cover the true ratio. Bounds are four standard errors of the share.
    #[test]
    fn intervals_cover_the_true_ratio() {
        // Chances of the eight kinds, in thousandths.
        let chances: [u64; 8] = [760, 35, 30, 10, 35, 12, 60, 58];
        let truth = of(chances);
        let (mut random, mut covered) = (Random::new(11), [0u32; 2]);
        for _ in 0..2_000 {
            let mut counts = [0u64; 8];
            for _ in 0..2_000 {
                let mut draw = random.below(1_000);
                let kind = chances.iter().position(|chance| {
                    let here = draw < *chance;
                    draw = draw.saturating_sub(*chance);
                    here
                });
                counts[kind.unwrap()] += 1;
            }
            let sample = of(counts);
            let figures = [(sample.precision(), truth.precision()), (sample.recall(), truth.recall())];
            for (covered, (found, truth)) in covered.iter_mut().zip(figures) {
                let (found, truth) = (found.unwrap(), truth.unwrap().ratio);
                *covered += u32::from(found.moved(-1.96) <= truth && truth <= found.moved(1.96));
            }
        }
        for covered in covered {
            assert!((1_861..=1_939).contains(&covered), "{covered} of 2,000");
        }
    }
}
