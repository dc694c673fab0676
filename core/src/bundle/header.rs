//! The header's `__metadata__`: format, digest, manifest, shape of the model, golden leads. All strings, as safetensors wants.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::container::{Reader, Writer, malformed};
use super::decode;
use super::plane::required;
use super::{BundleError, Expected, FORMAT, Golden, Manifest, limit};
use crate::json::{Misfit, Node};
use crate::model::{Arithmetic, Column, Link, Model};

/// What stands in the place of the digest while it is computed.
const BLANK: [u8; 64] = [b'0'; 64];

/// The model but for its numbers.
#[derive(Debug, Serialize)]
pub(super) struct Shape {
    pub kind: ShapeKind,
    pub arithmetic: Arithmetic,
    pub link: Link,
    pub outputs: u32,
    pub columns: Vec<Column>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ShapeKind {
    Trees,
    Linear,
}

impl Shape {
    pub fn decode(node: &Node) -> Result<Shape, Misfit> {
        Ok(Shape {
            kind: match node.get("kind").variant().0 {
                "trees" => ShapeKind::Trees,
                "linear" => ShapeKind::Linear,
                _ => return Err(Misfit("kind")),
            },
            arithmetic: decode::arithmetic(node)?,
            link: decode::link(node)?,
            outputs: u32::try_from(node.whole("outputs")?).map_err(|_| Misfit("outputs"))?,
            columns: node.items("columns")?.iter().map(decode::column).collect::<Result<_, _>>()?,
        })
    }

    pub fn of(model: &Model, (kind, arithmetic): (ShapeKind, Arithmetic)) -> Shape {
        Shape { kind, arithmetic, link: model.link, outputs: model.outputs, columns: model.columns.clone() }
    }
}

/// Adds golden leads and metadata and seals the file with its digest.
pub(super) fn finish(mut file: Writer, manifest: &Manifest, shape: &Shape, goldens: &[Golden]) -> Result<Vec<u8>, BundleError> {
    file.plain("golden.row", &goldens.iter().flat_map(|g| g.row.iter().copied()).collect::<Vec<_>>());
    let expected: Vec<&Expected> = goldens.iter().map(|g| &g.expected).collect();
    let text = |json: serde_json::Result<String>| json.map_err(|e| malformed(e.to_string()));
    let metadata = BTreeMap::from([
        ("digest", String::from_utf8_lossy(&BLANK).into_owned()),
        ("format", FORMAT.to_string()),
        ("goldens", text(serde_json::to_string(&expected))?),
        ("manifest", text(serde_json::to_string(manifest))?),
        ("model", text(serde_json::to_string(shape))?),
    ]);
    let mut bytes = file.finish(&metadata).map_err(|e| malformed(e.to_string()))?;
    seal(&mut bytes)?;
    Ok(bytes)
}

/// Writes the digest of `bytes` into its place.
pub(super) fn seal(bytes: &mut [u8]) -> Result<(), BundleError> {
    let digits = |bytes| place_of_digest(bytes).map(|start| start..start + BLANK.len());
    let place = digits(bytes).ok_or_else(|| malformed("the header has no digest"))?;
    let blank = |bytes: &mut [u8], with: &[u8]| bytes.get_mut(place.clone()).map(|digits| digits.copy_from_slice(with));
    blank(bytes, &BLANK).ok_or_else(|| malformed("the header has no digest"))?;
    let digest = hex(&Sha256::digest(&*bytes));
    blank(bytes, digest.as_bytes()).ok_or_else(|| malformed("the header has no digest"))
}

/// Refuses a file of a later format.
pub(super) fn check_format(file: &Reader<'_>) -> Result<(), BundleError> {
    let found = file.text("format")?.parse().map_err(|_| malformed("its format is not a number"))?;
    match found {
        0 => Err(malformed("its format is 0")),
        1..=FORMAT => Ok(()),
        _ => Err(BundleError::Newer { found, known: FORMAT }),
    }
}

/// Refuses a file whose bytes do not have the digest it claims: SHA-256 of the file with the digest's own 64 digits set to `0`.
pub(super) fn check_digest(file: &Reader<'_>, bytes: &[u8]) -> Result<(), BundleError> {
    let claimed = file.text("digest")?;
    let start = place_of_digest(bytes).filter(|_| claimed.len() == BLANK.len());
    let (before, rest) = start.and_then(|s| bytes.split_at_checked(s)).ok_or_else(|| malformed("the header has no digest"))?;
    let (digits, after) = rest.split_at_checked(BLANK.len()).ok_or_else(|| malformed("the header has no digest"))?;
    let found = hex(&Sha256::new().chain_update(before).chain_update(BLANK).chain_update(after).finalize());
    if found.as_bytes() != digits || found != claimed {
        return Err(BundleError::Altered { claimed: claimed.to_owned(), found });
    }
    Ok(())
}

/// Where the digest's digits begin: it is the first entry of the metadata, which is the first entry of the header.
fn place_of_digest(bytes: &[u8]) -> Option<usize> {
    const LEAD: &[u8] = b"{\"__metadata__\":{\"digest\":\"";
    bytes.get(8..)?.starts_with(LEAD).then_some(8 + LEAD.len())
}

/// The metadata entry `key`, parsed.
pub(super) fn json<T>(file: &Reader<'_>, key: &str, decode: fn(&Node) -> Result<T, Misfit>) -> Result<T, BundleError> {
    let node = Node::parse(file.text(key)?).map_err(|what| malformed(format!("{key}: {what}")))?;
    decode(&node).map_err(|misfit| malformed(format!("{key}: {misfit}")))
}

/// The golden leads: rows from their tensor, expectations from the metadata.
pub(super) fn read_goldens(file: &Reader<'_>, columns: usize, at_most: u64) -> Result<Vec<Golden>, BundleError> {
    let expected: Vec<Expected> = json(file, "goldens", |node| match node {
        Node::List(items) => items.iter().map(decode::expected).collect(),
        _ => Err(Misfit("goldens")),
    })?;
    limit("the number of golden leads", expected.len() as u64, at_most)?;
    if expected.is_empty() {
        return Err(malformed("there are no golden leads"));
    }
    let values = required("golden.row", file.plain("golden.row"))?;
    if Some(values.len()) != expected.len().checked_mul(columns) {
        return Err(malformed("tensor \"golden.row\" has not one row per golden lead"));
    }
    let mut values = values.into_iter();
    Ok(expected.into_iter().map(|expected| Golden { row: values.by_ref().take(columns).collect(), expected }).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
