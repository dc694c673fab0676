//! The frozen reference of a model: how its features and its score were distributed in training, to measure drift against.

use super::BundleError;
use super::container::{Dtype, Reader, Writer, malformed};
use super::plane::required;

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
    let Some(edges) = file.plain("reference.edge")? else { return Ok(None) };
    let lengths = required("reference.edges", file.integers("reference.edges"))?;
    let count_lengths = required("reference.counts", file.integers("reference.counts"))?;
    let counts = file.tensor("reference.count").filter(|t| t.dtype == Dtype::U64);
    let counts = counts.ok_or_else(|| malformed("there is no U64 tensor \"reference.count\""))?.bytes.as_chunks::<8>().0;
    let edges = super::tree::parts("reference.edge", &lengths, edges)?;
    let counts = super::tree::parts("reference.count", &count_lengths, counts.iter().map(|c| u64::from_le_bytes(*c)).collect())?;
    if edges.len() != counts.len() {
        return Err(malformed("the reference tensors differ in length"));
    }
    let mut features: Vec<Bins> = edges.into_iter().zip(counts).map(|(edges, counts)| Bins { edges, counts }).collect();
    let score = features.pop().ok_or_else(|| malformed("the reference is empty"))?;
    Ok(Some(Reference { features, score }))
}
