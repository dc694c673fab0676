//! References of older bundles: histograms by column of the model, bins closed below.

use super::super::container::{Reader, malformed};
use super::super::plane::Numbers;
use super::super::tree::total;
use super::super::{BundleError, Manifest};
use super::{Distribution, FieldReference, Reference, unsound};
use crate::histogram::{Bins, Histogram};
use crate::model::Column;
use crate::schema::FieldKind;

/// The reference in `file`, if it has one by column: of each number field that is a column as it is. What other columns are made of
/// cannot be known from their values. Edges become those of the bins in use now, so that every count stays where it was.
pub(super) fn read(file: &Reader<'_>, manifest: &Manifest, columns: &[Column]) -> Result<Option<Reference>, BundleError> {
    if file.tensor("reference.edge").is_some() { read_columns(file, manifest, columns).map(Some) } else { Ok(None) }
}

#[inline(never)]
fn read_columns(file: &Reader<'_>, manifest: &Manifest, columns: &[Column]) -> Result<Reference, BundleError> {
    let mut numbers = Numbers::of(file);
    let (edges, counts) = (numbers.plain("reference.edge"), numbers.counts("reference.count"));
    let (edge_counts, count_counts) = (numbers.integers("reference.edges"), numbers.integers("reference.counts"));
    numbers.finish()?;
    if [total(&edge_counts), total(&count_counts)] != [edges.len(), counts.len()] || edge_counts.len() != count_counts.len() {
        return Err(malformed("the reference tensors differ in length"));
    }
    let (mut edges, mut counts) = (edges.into_iter(), counts.into_iter());
    let mut histograms = Vec::with_capacity(edge_counts.len());
    for (edge_count, count_count) in edge_counts.into_iter().zip(count_counts) {
        let cuts: Vec<f64> = edges.by_ref().take(edge_count as usize).collect();
        let found: Vec<u64> = counts.by_ref().take(count_count as usize).collect();
        histograms.push(histogram(cuts, found).ok_or_else(unsound)?);
    }
    let score = histograms.pop().ok_or_else(|| malformed("the reference is empty"))?;
    if !(histograms.is_empty() || histograms.len() == columns.len()) {
        return Err(unsound());
    }
    let is_field = |name: &str| {
        let field = |name: &str| manifest.schema.field(name).map(|(_, field)| field);
        let made = || manifest.transforms.iter().flat_map(|transform| transform.columns_of(field(&transform.from)));
        field(name).is_some_and(|field| field.kind == FieldKind::Number) && !made().any(|made| made == name)
    };
    let fields = columns.iter().zip(histograms).filter_map(|(column, histogram)| {
        let histogram = histogram.filter(|_| is_field(&column.name))?;
        Some(FieldReference { name: column.name.clone(), distribution: Distribution::Number(histogram) })
    });
    Ok(Reference { fields: fields.collect(), score: score.unwrap_or_default() })
}

/// The histogram of bins between `cuts`; the inner `None` when it was unknown, the outer when it is not sound.
fn histogram(cuts: Vec<f64>, mut counts: Vec<u64>) -> Option<Option<Histogram>> {
    if cuts.is_empty() && counts.is_empty() {
        return Some(None);
    }
    let missing = counts.pop()?;
    Histogram::with_counts(Bins::below(cuts).ok()?, counts, missing).map(Some)
}
