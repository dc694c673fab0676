//! The frozen reference of a model: how its features and its score were distributed in training, to measure drift against.

use super::BundleError;
use super::container::{Dtype, Reader, Writer, malformed};
use super::plane::Numbers;
use super::tree::total;

/// Binned distributions at training time. Bins are frozen, so windows of any time can be compared and merged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reference {
    /// One per column of the model, in its order; empty when unknown.
    pub features: Vec<Bins>,
    /// Of the calibrated probability.
    pub score: Bins,
}

/// A histogram with fixed edges.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bins {
    /// Inner edges, strictly rising: bin i holds `edges[i − 1] ≤ x < edges[i]`; the first and last bins are open.
    pub edges: Vec<f64>,
    /// Rows per bin, one more than `edges`, then the rows where the value was missing.
    pub counts: Vec<u64>,
}

impl Bins {
    fn is_sound(&self) -> bool {
        let rising = self.edges.windows(2).all(|w| matches!(w, [a, b] if a < b)) && self.edges.iter().all(|e| e.is_finite());
        let unknown = self.edges.is_empty() && self.counts.is_empty();
        rising && (unknown || self.counts.len() == self.edges.len() + 2)
    }
}

impl Reference {
    /// Whether the edges rise and each histogram has a count per bin and one for missing, or is empty throughout.
    pub(super) fn is_sound(&self, columns: usize) -> bool {
        (self.features.is_empty() || self.features.len() == columns) && self.all().all(Bins::is_sound)
    }

    fn all(&self) -> impl Iterator<Item = &Bins> {
        self.features.iter().chain([&self.score])
    }
}

/// Adds `reference`: features first, the score last.
pub(super) fn write(reference: &Reference, file: &mut Writer) {
    let flat = |part: fn(&Bins) -> usize| reference.all().map(|b| part(b) as u64).collect::<Vec<_>>();
    file.plain("reference.edge", &reference.all().flat_map(|b| b.edges.iter().copied()).collect::<Vec<_>>());
    file.integers("reference.edges", &flat(|b| b.edges.len()));
    let counts: Vec<u8> = reference.all().flat_map(|b| &b.counts).flat_map(|c| c.to_le_bytes()).collect();
    file.put("reference.count", Dtype::U64, &[counts.len() / 8], counts);
    file.integers("reference.counts", &flat(|b| b.counts.len()));
}

/// The reference in `file`, if it has one.
pub(super) fn read(file: &Reader<'_>) -> Result<Option<Reference>, BundleError> {
    if file.tensor("reference.edge").is_some() { read_bins(file).map(Some) } else { Ok(None) }
}

#[inline(never)]
fn read_bins(file: &Reader<'_>) -> Result<Reference, BundleError> {
    let mut numbers = Numbers::of(file);
    let (edges, counts) = (numbers.plain("reference.edge"), numbers.counts("reference.count"));
    let (edge_counts, count_counts) = (numbers.integers("reference.edges"), numbers.integers("reference.counts"));
    numbers.finish()?;
    if [total(&edge_counts), total(&count_counts)] != [edges.len(), counts.len()] || edge_counts.len() != count_counts.len() {
        return Err(malformed("the reference tensors differ in length"));
    }
    let (mut edges, mut counts) = (edges.into_iter(), counts.into_iter());
    let mut features = Vec::with_capacity(edge_counts.len());
    for (edge_count, count_count) in edge_counts.into_iter().zip(count_counts) {
        features.push(Bins {
            edges: edges.by_ref().take(edge_count as usize).collect(),
            counts: counts.by_ref().take(count_count as usize).collect(),
        });
    }
    let score = features.pop().ok_or_else(|| malformed("the reference is empty"))?;
    Ok(Reference { features, score })
}
