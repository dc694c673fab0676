//! The champion's figure of each measure over its window, with the interval that decides.

use super::{Facts, Recent};
use crate::metric::Confusion;
use crate::report::day::known;
use crate::report::measure::{MeasureId, Tab};
use crate::report::value::{Estimate, Z};
use crate::stats::level::Level;
use crate::stats::proportion::Proportion;
use crate::window::{Layout, Summary};

/// Days of traffic that a measure covers.
const TRAFFIC_DAYS: u32 = 7;

/// The figures of the champion's windows, which measures and other parts of the report share.
pub(super) struct Seen {
    /// Of the traffic, beside the training data.
    pub traffic: Summary,
    /// Of the outcomes.
    pub outcomes: Summary,
}

impl Facts<'_> {
    /// The champion's windows in figures; none before it has any.
    pub(super) fn seen(&self) -> Option<Seen> {
        let recent = self.of_version(&self.state.champion)?;
        Some(Seen {
            traffic: Summary::new(&recent.traffic, &recent.layout, recent.reference.as_ref(), self.now_ms),
            outcomes: Summary::new(&recent.outcomes, &Layout::default(), None, self.now_ms),
        })
    }

    /// The champion's figure over its window, and the window's days.
    pub(super) fn estimate(&self, id: MeasureId, seen: Option<&Seen>) -> (Estimate, u32) {
        if id == MeasureId::Freshness {
            return (Estimate::of(self.data_until_ms.map(|newest| (self.now_ms - newest).max(0) as f64 / 3.6e6)), 1);
        }
        let Some((recent, seen)) = self.of_version(&self.state.champion).zip(seen) else {
            return (Estimate::default(), TRAFFIC_DAYS);
        };
        let is_outcome = matches!(id.tab(), Tab::Performance)
            || matches!(id, MeasureId::Conversion | MeasureId::DealSize | MeasureId::Satisfaction);
        let estimate =
            if is_outcome { recent.of_outcomes(id, self, &seen.outcomes) } else { recent.of_traffic(id, &seen.traffic) };
        (estimate, if is_outcome { recent.outcome_days } else { TRAFFIC_DAYS })
    }
}

impl Recent {
    fn of_traffic(&self, id: MeasureId, figures: &Summary) -> Estimate {
        let counters = &self.traffic.counters;
        match id {
            MeasureId::P50Ms => Estimate::of(self.latency_ms(0.5)).from_cases(counters.requests),
            MeasureId::P99Ms => {
                // Between these order statistics lies the quantile with 95 %, by the normal approximation of the binomial distribution.
                let n = self.traffic.latency.count().max(1) as f64;
                let reach = Z * (0.99 * 0.01 / n).sqrt();
                let ends = self.latency_ms(0.99 - reach).zip(self.latency_ms((0.99 + reach).min(1.0)));
                Estimate::of(self.latency_ms(0.99)).within(ends).from_cases(counters.requests)
            }
            MeasureId::Throughput => {
                let seconds = f64::from(TRAFFIC_DAYS) * 86_400.0;
                Estimate::of((counters.requests > 0).then_some(counters.requests as f64 / seconds))
            }
            MeasureId::ErrorRate => share(counters.failed, counters.requests).needing(3_700),
            MeasureId::Uptime => Estimate::of(known(figures.uptime.clone())),
            MeasureId::Coverage => share(counters.scored, counters.leads).needing(100),
            MeasureId::ScoresPerDay => {
                Estimate::of((counters.requests > 0).then_some(counters.scored as f64 / f64::from(TRAFFIC_DAYS)))
            }
            MeasureId::Missing => {
                let fields = self.traffic.features().iter().map(|feature| {
                    let (counts, missing) = feature.counts();
                    (missing, counts.iter().fold(missing, |sum, count| sum.saturating_add(*count)))
                });
                let part = |(missing, all): &(u64, u64)| *missing as f64 / (*all).max(1) as f64;
                let worst = fields.filter(|(_, all)| *all > 0).max_by(|a, b| part(a).total_cmp(&part(b)));
                worst.map(|(missing, all)| share(missing, all).needing(400)).unwrap_or_default()
            }
            MeasureId::DriftKs => {
                let distances =
                    figures.features.iter().filter_map(|feature| Some((known(feature.drift.clone()?)?, feature.values)));
                let most = distances.max_by(|(a, _), (b, _)| a.at_least.total_cmp(&b.at_least));
                let of = |(distance, n): (crate::window::Distance, u64)| {
                    let ends = (distance.at_least, distance.at_most);
                    Estimate::of(Some(distance.at_least)).between(ends).from_cases(n).needing(500)
                };
                most.map(of).unwrap_or_default()
            }
            _ => Estimate::default(),
        }
    }

    fn of_outcomes(&self, id: MeasureId, facts: &Facts<'_>, figures: &Summary) -> Estimate {
        let scores = &self.outcomes.scores;
        let [converted, not, _] = scores.counts();
        let matured = converted.saturating_add(not);
        let Confusion { true_positive, false_positive, false_negative, .. } = scores.confusion_at(facts.policy.outcome.threshold);
        let count = |x: f64| x as u64;
        match id {
            MeasureId::Auc => {
                let area = known(figures.roc_auc.clone());
                let ends = area.and_then(|area| area.interval);
                Estimate::of(area.map(|area| area.area.value)).within(ends).from_cases(matured).needing(200)
            }
            MeasureId::Precision => share(count(true_positive), count(true_positive + false_positive)).needing(50),
            MeasureId::Recall => share(count(true_positive), count(true_positive + false_negative)).needing(50),
            MeasureId::CalibrationError => {
                let error = scores.calibration_error().ok().map(|error| error.value);
                // Chance alone makes an error of the size of the bias; the lower end leaves it out.
                let ends = error.zip(scores.calibration_noise()).map(|(error, noise)| {
                    let reach = Z * noise.standard_error;
                    ((error - reach - noise.bias).max(0.0), error + reach)
                });
                Estimate::of(error).within(ends).from_cases(matured).needing(500)
            }
            MeasureId::Conversion => share(converted, matured),
            MeasureId::DealSize => mean(self.deals),
            MeasureId::Satisfaction => {
                let sums = (1u32..).zip(self.ratings).fold((0, 0.0, 0.0), |(n, sum, squares), (rating, count)| {
                    let (rating, times) = (f64::from(rating), count as f64);
                    (n + count, sum + times * rating, squares + times * rating * rating)
                });
                let estimate = mean(sums).needing(20);
                let least = |x: Option<f64>| x.map(|x| x.clamp(1.0, 10.0));
                Estimate { low: least(estimate.low), high: least(estimate.high), ..estimate }
            }
            _ => Estimate::default(),
        }
    }

    /// The latency that the part `q` of requests does not exceed, in milliseconds.
    fn latency_ms(&self, q: f64) -> Option<f64> {
        self.traffic.latency.quantile(q).ok().map(|us| us as f64 / 1e3)
    }
}

/// The part `hits` of `n` with Wilson's interval of 95 %.
pub(super) fn share(hits: u64, n: u64) -> Estimate {
    let interval = Proportion::new(hits, n).map(|part| part.wilson(Level::FIVE_PERCENT));
    let ends = interval.ok().map(|interval| (interval.lower, interval.upper)).filter(|_| n > 0);
    Estimate::of((n > 0).then_some(hits as f64 / n.max(1) as f64)).within(ends).from_cases(n)
}

/// The mean of `n` numbers of these sums, with its interval of 95 % (normal approximation).
pub(super) fn mean((n, sum, squares): (u64, f64, f64)) -> Estimate {
    if n == 0 {
        return Estimate::default();
    }
    let count = n as f64;
    let mean = sum / count;
    let variance = (squares / count - mean * mean).max(0.0) * count / (count - 1.0);
    let error = (n > 1).then(|| (variance / count).sqrt());
    let estimate = error.map_or(Estimate::of(Some(mean)), |error| Estimate::by_error(mean, error));
    estimate.from_cases(n)
}
