//! The header's `__metadata__`: format, digest, manifest, shape of the model, golden leads. All strings, as safetensors wants.

use serde::Serialize;

use super::container::{Reader, Writer, malformed};
use super::decode::{self, small};
use super::digest::xxh64;
use super::plane::Numbers;
use super::reference::Entry;
use super::{BundleError, Expected, FORMAT, Golden, Manifest, limit};
use crate::json::{ByName, Misfit, Node};
use crate::model::{Arithmetic, Column, Link, Model};

/// What stands in the place of the digest while it is computed.
const BLANK: [u8; 16] = [b'0'; 16];

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
    pub fn decode(node: &Node, misfit: &mut Misfit) -> Shape {
        Shape {
            kind: match node.get("kind").variant().0 {
                "trees" => ShapeKind::Trees,
                "linear" => ShapeKind::Linear,
                _ => {
                    misfit.note("kind");
                    ShapeKind::Linear
                }
            },
            arithmetic: decode::arithmetic(node, misfit),
            link: decode::link(node, misfit),
            outputs: small("outputs", node, misfit),
            columns: decode::each(node.items("columns", misfit), misfit, decode::column),
        }
    }

    pub fn of(model: &Model, (kind, arithmetic): (ShapeKind, Arithmetic)) -> Shape {
        Shape { kind, arithmetic, link: model.link, outputs: model.outputs, columns: model.columns.clone() }
    }
}

/// Adds golden leads and metadata and seals the file with its digest.
pub(super) fn finish(
    mut file: Writer,
    manifest: &Manifest,
    shape: &Shape,
    (reference, baseline): (Option<&[Entry]>, Option<String>),
    goldens: &[Golden],
) -> Result<Vec<u8>, BundleError> {
    file.plain("golden.row", &goldens.iter().flat_map(|g| g.row.iter().copied()).collect::<Vec<_>>());
    let expected: Vec<&Expected> = goldens.iter().map(|g| &g.expected).collect();
    let text = |json: serde_json::Result<String>| json.map_err(|e| malformed(e.to_string()));
    let mut metadata = ByName::default();
    let mut put = |key: &str, text: String| metadata.insert(key.to_owned(), text);
    put("digest", String::from_utf8_lossy(&BLANK).into_owned());
    // What an older reader would take for something else gets a number it rejects.
    let is_plain = manifest.calibration.is_plain() && manifest.schema.is_plain();
    let format = match (is_plain, file.has("code.words")) {
        (false, _) => "3",
        (true, true) => "2",
        (true, false) => "1",
    };
    put("format", format.to_owned());
    put("goldens", text(serde_json::to_string(&expected))?);
    put("manifest", text(serde_json::to_string(manifest))?);
    put("model", text(serde_json::to_string(shape))?);
    if let Some(entries) = reference {
        put("reference", text(serde_json::to_string(entries))?);
    }
    if let Some(baseline) = baseline {
        put(super::baseline::KEY, baseline);
    }
    let mut bytes = file.finish(&metadata).map_err(|e| malformed(e.to_string()))?;
    seal(&mut bytes)?;
    Ok(bytes)
}

/// Writes the digest of `bytes` into its place.
pub(crate) fn seal(bytes: &mut [u8]) -> Result<(), BundleError> {
    let digest = parts(bytes).map(|(_, digest)| digest);
    let place = bytes.get_mut(PLACE..PLACE + BLANK.len()).zip(digest);
    let (digits, digest) = place.ok_or_else(|| malformed("the header has no digest"))?;
    digits.copy_from_slice(digest.as_bytes());
    Ok(())
}

/// Refuses a file of a later format.
#[inline(never)]
pub(super) fn check_format(file: &Reader<'_>) -> Result<(), BundleError> {
    let found = file.text("format")?.parse().map_err(|_| malformed("its format number is not a number"))?;
    match found {
        0 => Err(malformed("its format is 0")),
        1..=FORMAT => Ok(()),
        _ => Err(BundleError::Newer { found, known: FORMAT }),
    }
}

/// Refuses a file whose bytes do not have the digest it claims.
#[inline(never)]
pub(super) fn check_digest(file: &Reader<'_>, bytes: &[u8]) -> Result<(), BundleError> {
    let claimed = file.text("digest")?;
    let (digits, found) = parts(bytes).ok_or_else(|| malformed("the header has no digest"))?;
    if found.as_bytes() != digits || found != claimed {
        return Err(BundleError::Altered { claimed: claimed.to_owned(), found });
    }
    Ok(())
}

/// What every file has before the digest's digits, after the header's length: they are the first entry of the metadata, which is
/// the first entry of the header.
const LEAD: &[u8] = b"{\"__metadata__\":{\"digest\":\"";
/// Where the digest's digits begin.
const PLACE: usize = 8 + LEAD.len();

/// The digits of the digest in `bytes`, and what they should be: the digest of all that follows them, with the header's length
/// for a seed. What comes before is always the same.
fn parts(bytes: &[u8]) -> Option<(&[u8], String)> {
    let (length, header) = bytes.split_first_chunk::<8>()?;
    let (digits, rest) = header.strip_prefix(LEAD)?.split_at_checked(BLANK.len())?;
    Some((digits, hex(&xxh64(rest, u64::from_le_bytes(*length)).to_be_bytes())))
}

/// The metadata entry `key`, parsed.
pub(super) fn json<T>(file: &Reader<'_>, key: &str, decode: fn(&Node, &mut Misfit) -> T) -> Result<T, BundleError> {
    let refused = |what: &str| malformed([key, ": ", what].concat());
    let node = Node::parse(file.text(key)?).map_err(refused)?;
    Misfit::unless(|misfit| decode(&node, misfit)).map_err(|what| refused(&what))
}

/// The golden leads: rows from their tensor, expectations from the metadata.
pub(super) fn read_goldens(file: &Reader<'_>, columns: usize, at_most: u64) -> Result<Vec<Golden>, BundleError> {
    let expected =
        json(file, "goldens", |node, misfit| decode::each(node.as_items("goldens", misfit), misfit, decode::expected))?;
    limit("the number of golden leads", expected.len() as u64, at_most)?;
    if expected.is_empty() {
        return Err(malformed("it has no golden leads"));
    }
    let mut numbers = Numbers::of(file);
    let values = numbers.plain("golden.row");
    numbers.finish()?;
    if Some(values.len()) != expected.len().checked_mul(columns) {
        return Err(malformed("tensor \"golden.row\" must have one row per golden lead"));
    }
    let mut values = values.into_iter();
    Ok(expected.into_iter().map(|expected| Golden { row: values.by_ref().take(columns).collect(), expected }).collect())
}

/// Lower-case hexadecimal, two digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' - 10 + value });
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}
