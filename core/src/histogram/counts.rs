//! Counts in bins, and counts by category.

use super::Bins;

/// How many numbers fell into each bin.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    bins: Bins,
    counts: Vec<u64>,
    missing: u64,
}

/// How often each category occurred.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CategoryCounts {
    known: Vec<String>,
    counts: Vec<u64>,
    other: u64,
    missing: u64,
}

impl Default for Histogram {
    /// One bin for all numbers, nothing counted.
    fn default() -> Histogram {
        Histogram::new(Bins::default())
    }
}

impl Histogram {
    /// Nothing counted.
    pub fn new(bins: Bins) -> Histogram {
        Histogram { counts: vec![0; bins.count()], bins, missing: 0 }
    }

    /// These counts; none unless there is one per bin.
    pub fn with_counts(bins: Bins, counts: Vec<u64>, missing: u64) -> Option<Histogram> {
        (counts.len() == bins.count()).then_some(Histogram { bins, counts, missing })
    }

    /// Counts a number; one that is not finite is missing.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::histogram::{Bins, Histogram};
    /// let mut visits = Histogram::new(Bins::new(vec![0.0, 5.0])?);
    /// [0.0, 1.0, 5.0, 9.0, f64::NAN].into_iter().for_each(|x| visits.add(x));
    /// assert_eq!((visits.counts(), visits.missing()), ([1, 2, 1].as_slice(), 1));
    /// # Ok::<(), plumbline_core::histogram::BadEdge>(())
    /// ```
    pub fn add(&mut self, value: f64) {
        let count = match value.is_finite() {
            true => self.counts.get_mut(self.bins.of(value)),
            false => Some(&mut self.missing),
        };
        if let Some(count) = count {
            *count = count.saturating_add(1);
        }
    }

    /// The bins.
    pub fn bins(&self) -> &Bins {
        &self.bins
    }

    /// Numbers per bin.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Values that were missing or not finite.
    pub fn missing(&self) -> u64 {
        self.missing
    }
}

impl CategoryCounts {
    /// These counts; none unless there is one per category and no category is listed twice.
    pub fn with_counts(known: Vec<String>, counts: Vec<u64>, other: u64, missing: u64) -> Option<CategoryCounts> {
        let mut names: Vec<&str> = known.iter().map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        let sound = names.len() == known.len() && counts.len() == known.len();
        sound.then_some(CategoryCounts { known, counts, other, missing })
    }

    /// The categories that have a count of their own.
    pub fn known(&self) -> &[String] {
        &self.known
    }

    /// Values of each of them.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Values of all other categories together.
    pub fn other(&self) -> u64 {
        self.other
    }

    /// Values that were missing.
    pub fn missing(&self) -> u64 {
        self.missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_fit_their_bins_and_categories() {
        let bins = Bins::new(vec![1.0]).unwrap();
        assert!(Histogram::with_counts(bins.clone(), vec![1, 2], 3).is_some());
        assert_eq!(Histogram::with_counts(bins, vec![1], 3), None);
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(CategoryCounts::with_counts(names(&["web", "fair"]), vec![1, 2], 3, 4).is_some());
        assert_eq!(CategoryCounts::with_counts(names(&["web", "web"]), vec![1, 2], 3, 4), None);
        assert_eq!(CategoryCounts::with_counts(names(&["web", "fair"]), vec![1], 3, 4), None);
    }
}
