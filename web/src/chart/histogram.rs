//! Scores against outcomes in a hundred bins, from which ROC, PR, gain, reliability and what-if come: they cannot disagree.

use plumbline_core::report::ScoreHistogram;

/// The histogram of one version.
#[derive(Debug, Clone, Copy)]
pub struct Histogram<'a> {
    n: &'a [u64],
    positive: &'a [u64],
}

/// What a threshold does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tried {
    /// Of the leads that are called, the part that converted.
    pub precision: Option<f64>,
    /// Of the leads that converted, the part that is called.
    pub recall: Option<f64>,
    /// Of the leads that did not convert, the part that is called.
    pub false_alarms: Option<f64>,
    /// The part of all leads that is called.
    pub called: Option<f64>,
}

/// A bin of the reliability chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reliable {
    /// The first hundredth, and the one after the last.
    pub from: usize,
    /// One past the last hundredth.
    pub to: usize,
    /// Leads.
    pub n: u64,
    /// Of those, the ones that converted.
    pub positive: u64,
    /// Mean score, each lead counted at the middle of its hundredth.
    pub score: f64,
}

impl<'a> Histogram<'a> {
    /// The histogram in `counts`; none without leads, or where its two lists do not fit.
    pub fn new(counts: &'a ScoreHistogram) -> Option<Histogram<'a>> {
        let fits =
            counts.n.len() == 100 && counts.positive.len() == 100 && counts.n.iter().zip(&counts.positive).all(|(n, p)| p <= n);
        (fits && counts.n.iter().any(|n| *n > 0)).then_some(Histogram { n: &counts.n, positive: &counts.positive })
    }

    /// All leads, and those that converted.
    pub fn totals(&self) -> (u64, u64) {
        (self.n.iter().sum(), self.positive.iter().sum())
    }

    /// Leads called, and of those the ones that converted, from each hundredth on, from 0 to 100.
    fn above(&self) -> Vec<(u64, u64)> {
        let mut sums = vec![(0, 0)];
        for (n, positive) in self.n.iter().zip(self.positive).rev() {
            let (all, hits) = sums.last().copied().unwrap_or_default();
            sums.push((all + n, hits + positive));
        }
        sums.reverse();
        sums
    }

    /// What calling leads from `hundredths` on does.
    pub fn at(&self, hundredths: u32) -> Tried {
        let (called, hits) = self.above().get(hundredths as usize).copied().unwrap_or_default();
        let (leads, positive) = self.totals();
        let part = |a: u64, b: u64| (b > 0).then(|| a as f64 / b as f64);
        Tried {
            precision: part(hits, called),
            recall: part(hits, positive),
            false_alarms: part(called - hits, leads - positive),
            called: part(called, leads),
        }
    }

    /// The ROC curve: false alarms and recall, from calling no lead to calling every lead.
    pub fn roc(&self) -> Vec<(f64, f64)> {
        let (leads, positive) = self.totals();
        let (negative, positive) = ((leads - positive).max(1) as f64, positive.max(1) as f64);
        self.above().iter().rev().map(|(called, hits)| ((called - hits) as f64 / negative, *hits as f64 / positive)).collect()
    }

    /// The precision-recall curve: recall and precision, from calling few to calling all.
    pub fn precision_recall(&self) -> Vec<(f64, f64)> {
        let positive = self.totals().1.max(1) as f64;
        let points = self.above();
        let called = points.iter().rev().filter(|(called, _)| *called > 0);
        called.map(|(called, hits)| (*hits as f64 / positive, *hits as f64 / *called as f64)).collect()
    }

    /// The gain curve: part of leads called and part of conversions among them.
    pub fn gain(&self) -> Vec<(f64, f64)> {
        let (leads, positive) = self.totals();
        let (leads, positive) = (leads.max(1) as f64, positive.max(1) as f64);
        self.above().iter().rev().map(|(called, hits)| (*called as f64 / leads, *hits as f64 / positive)).collect()
    }

    /// The part of leads in each tenth of the scores.
    pub fn tenths(&self) -> Vec<f64> {
        let all = self.totals().0.max(1) as f64;
        self.n.chunks(10).map(|bins| bins.iter().sum::<u64>() as f64 / all).collect()
    }

    /// At most ten bins that hold about equally many leads.
    pub fn reliability(&self) -> Vec<Reliable> {
        let (leads, _) = self.totals();
        let (mut bins, mut passed): (Vec<Reliable>, u64) = (Vec::new(), 0);
        let mut open: Option<Reliable> = None;
        for (place, (n, positive)) in self.n.iter().zip(self.positive).enumerate() {
            let bin = open.get_or_insert(Reliable { from: place, to: place, n: 0, positive: 0, score: 0.0 });
            bin.to = place + 1;
            bin.n += n;
            bin.positive += positive;
            bin.score += *n as f64 * (place as f64 + 0.5) / 100.0;
            passed += n;
            let is_full = passed * 10 >= leads * (bins.len() as u64 + 1) && bin.n > 0;
            if (is_full || place == 99)
                && let Some(bin) = open.take().filter(|bin| bin.n > 0)
            {
                bins.push(Reliable { score: bin.score / bin.n as f64, ..bin });
            }
        }
        bins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_one_histogram_agree() {
        let mut counts = ScoreHistogram { n: vec![0; 100], positive: vec![0; 100] };
        for (bin, n, positive) in [(5, 60, 3), (45, 20, 10), (80, 20, 18)] {
            counts.n[bin] = n;
            counts.positive[bin] = positive;
        }
        let histogram = Histogram::new(&counts).unwrap();
        let tried = histogram.at(50);
        assert_eq!((tried.precision, tried.recall, tried.called), (Some(0.9), Some(18.0 / 31.0), Some(0.2)));
        assert!(histogram.roc().contains(&(tried.false_alarms.unwrap(), tried.recall.unwrap())));
        assert_eq!(histogram.gain().last(), Some(&(1.0, 1.0)));
        let bins = histogram.reliability();
        assert_eq!(bins.iter().map(|bin| bin.n).sum::<u64>(), 100);
        assert_eq!((bins[0].score, bins.len()), (0.055, 3));
        counts.positive[5] = 61;
        assert!(Histogram::new(&counts).is_none());
    }
}
