//! The frozen reference of a model: how a lead's fields and its score were distributed in training, to measure drift against.
//!
//! ```text
//! metadata "reference"  JSON: a list of {"name", "edges": how many} or {"name", "categories": [texts]}; the last entry is the score's
//! reference.bin.edge    F64: the edges of all entries, in their order
//! reference.bin.count   U64: the counts of all entries: per bin, or per category and of all others; after them the missing values
//! ```

mod by_column;

use serde::Serialize;

use super::container::{Dtype, Reader, Writer, malformed};
use super::decode::each;
use super::header;
use super::plane::Numbers;
use super::{BundleError, Manifest};
use crate::histogram::{Bins, CategoryCounts, Histogram};
use crate::json::{Misfit, Node};
use crate::model::Model;
use crate::schema::Schema;

/// Distributions at training time. Bins are frozen, so windows of any time can be compared with them and merged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reference {
    /// Of the lead's fields, each at most once; a field that is not here is unknown.
    pub fields: Vec<FieldReference>,
    /// Of the calibrated probability; nothing counted when unknown.
    pub score: Histogram,
}

/// The distribution of one field of the schema.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldReference {
    /// The field's name.
    pub name: String,
    /// How its values were distributed.
    pub distribution: Distribution,
}

/// How values were distributed.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// Numbers.
    Number(Histogram),
    /// Categories.
    Category(CategoryCounts),
}

/// What the numbers of one distribution are of: the field, its categories, and how many edges it has.
#[derive(Serialize)]
pub(super) struct Entry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    categories: Option<Vec<String>>,
    edges: u64,
}

impl Reference {
    /// Whether each entry is of a field of `schema`, and none occurs twice.
    pub(super) fn fits(&self, schema: &Schema) -> bool {
        let mut names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        names.sort_unstable();
        let distinct = names.windows(2).all(|pair| matches!(pair, [a, b] if a != b));
        distinct && names.iter().all(|name| schema.field(name).is_some())
    }
}

/// Adds the numbers of `reference` to `file`; returns what they are of, for the metadata.
pub(super) fn write(reference: &Reference, file: &mut Writer) -> Vec<Entry> {
    let (mut entries, mut edges, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    let mut number = |name: &str, histogram: &Histogram, counts: &mut Vec<u64>| {
        edges.extend_from_slice(histogram.bins().edges());
        counts.extend_from_slice(histogram.counts());
        counts.push(histogram.missing());
        Entry { name: name.to_owned(), categories: None, edges: histogram.bins().edges().len() as u64 }
    };
    for FieldReference { name, distribution } in &reference.fields {
        entries.push(match distribution {
            Distribution::Number(histogram) => number(name, histogram, &mut counts),
            Distribution::Category(found) => {
                counts.extend_from_slice(found.counts());
                counts.extend([found.other(), found.missing()]);
                Entry { name: name.clone(), categories: Some(found.known().to_vec()), edges: 0 }
            }
        });
    }
    entries.push(number("", &reference.score, &mut counts));
    file.plain(EDGES, &edges);
    file.put(COUNTS, Dtype::U64, &[counts.len()], counts.iter().flat_map(|count| count.to_le_bytes()).collect());
    entries
}

const EDGES: &str = "reference.bin.edge";
const COUNTS: &str = "reference.bin.count";

/// The reference in `file`, in either form, if it has one; each of its entries is of a field of the manifest's schema.
pub(super) fn of(file: &Reader<'_>, manifest: &Manifest, model: &Model) -> Result<Option<Reference>, BundleError> {
    let reference = match read(file)? {
        None => by_column::read(file, manifest, &model.columns)?,
        found => found,
    };
    if reference.as_ref().is_some_and(|reference| !reference.fits(&manifest.schema)) { Err(unsound()) } else { Ok(reference) }
}

/// The reference in `file`, if it has one of this form.
fn read(file: &Reader<'_>) -> Result<Option<Reference>, BundleError> {
    if file.tensor(EDGES).is_some() { read_entries(file).map(Some) } else { Ok(None) }
}

#[inline(never)]
fn read_entries(file: &Reader<'_>) -> Result<Reference, BundleError> {
    let mut entries = header::json(file, "reference", |node, misfit| each(node.as_items("reference", misfit), misfit, entry))?;
    let mut numbers = Numbers::of(file);
    let (edges, counts) = (numbers.plain(EDGES), numbers.counts(COUNTS));
    numbers.finish()?;
    let (mut edges, mut counts) = (edges.into_iter(), counts.into_iter());
    let last = entries.pop();
    let mut fields = Vec::with_capacity(entries.len());
    for Entry { name, categories, edges: length } in entries {
        let found = match categories {
            Some(known) => category(known, &mut counts).map(Distribution::Category),
            None => histogram(length, &mut edges, &mut counts).map(Distribution::Number),
        };
        let distribution = found.ok_or_else(unsound)?;
        fields.push(FieldReference { name, distribution });
    }
    let score = last.and_then(|score| histogram(score.edges, &mut edges, &mut counts)).ok_or_else(unsound)?;
    if edges.next().is_some() || counts.next().is_some() { Err(unsound()) } else { Ok(Reference { fields, score }) }
}

fn entry(node: &Node, misfit: &mut Misfit) -> Entry {
    let categories = (*node.get("categories") != Node::Null).then(|| node.texts("categories", misfit));
    Entry { name: node.text("name", misfit), categories, edges: node.whole("edges", misfit) }
}

fn histogram(length: u64, edges: &mut impl Iterator<Item = f64>, counts: &mut impl Iterator<Item = u64>) -> Option<Histogram> {
    let length = usize::try_from(length).ok()?;
    let bins = Bins::new(edges.take(length).collect()).ok().filter(|bins| bins.edges().len() == length)?;
    let found: Vec<u64> = counts.take(bins.count()).collect();
    Histogram::with_counts(bins, found, counts.next()?)
}

fn category(known: Vec<String>, counts: &mut impl Iterator<Item = u64>) -> Option<CategoryCounts> {
    let found: Vec<u64> = counts.take(known.len()).collect();
    CategoryCounts::with_counts(known, found, counts.next()?, counts.next()?)
}

pub(super) fn unsound() -> BundleError {
    malformed("the reference distributions are invalid")
}
