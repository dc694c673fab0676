//! The file itself: safetensors, as its owner specifies it, the few lines of it that a bundle needs.
//!
//! ```text
//! u64 little-endian: length of the header │ header, JSON, padded with spaces to 8 bytes │ tensors, end to end
//! ```
//! Source: <https://github.com/huggingface/safetensors#format>. Checked against the Python package in
//! `tests/python/read_bundle.py`.

use std::collections::BTreeMap;
use std::fmt;

use super::BundleError;
use crate::json::{Misfit, Node};

/// Element types a bundle uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dtype {
    U8,
    U32,
    U64,
    F64,
}

impl Dtype {
    const ALL: [Dtype; 4] = [Dtype::U8, Dtype::U32, Dtype::U64, Dtype::F64];

    fn name(self) -> &'static str {
        match self {
            Dtype::U8 => "U8",
            Dtype::U32 => "U32",
            Dtype::U64 => "U64",
            Dtype::F64 => "F64",
        }
    }

    fn width(self) -> usize {
        match self {
            Dtype::U8 => 1,
            Dtype::U32 => 4,
            Dtype::U64 | Dtype::F64 => 8,
        }
    }
}

/// One tensor: its type, its shape, its little-endian bytes in row-major order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tensor<'a> {
    pub dtype: Dtype,
    /// Rows and columns; a vector has one row.
    pub shape: [usize; 2],
    pub bytes: &'a [u8],
}

/// Collects tensors and writes the file.
#[derive(Debug, Default)]
pub(super) struct Writer {
    tensors: Vec<(&'static str, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Writer {
    pub fn put(&mut self, name: &'static str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) {
        self.tensors.push((name, dtype, shape.to_vec(), bytes));
    }

    /// The bytes of the file. Wide types come first, so that every tensor is aligned.
    pub fn finish(mut self, metadata: &BTreeMap<&'static str, String>) -> Result<Vec<u8>, serde_json::Error> {
        self.tensors.sort_by_key(|(_, dtype, _, _)| usize::MAX - dtype.width());
        let mut header = format!("{{\"__metadata__\":{}", serde_json::to_string(metadata)?);
        let mut end = 0;
        for (name, dtype, shape, bytes) in &self.tensors {
            let start = end;
            end += bytes.len();
            let (name, dtype, shape) = (serde_json::to_string(name)?, dtype.name(), serde_json::to_string(shape)?);
            header += &format!(",{name}:{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{start},{end}]}}");
        }
        header.push('}');
        header.extend(std::iter::repeat_n(' ', (8 - header.len() % 8) % 8));
        let mut file = Vec::with_capacity(8 + header.len() + end);
        file.extend_from_slice(&(header.len() as u64).to_le_bytes());
        file.extend_from_slice(header.as_bytes());
        for (_, _, _, bytes) in &self.tensors {
            file.extend_from_slice(bytes);
        }
        Ok(file)
    }
}

/// A file taken apart; tensors borrow from it.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, Tensor<'a>>,
}

impl<'a> Reader<'a> {
    /// Takes `file` apart. The tensors must lie end to end and fill it: no byte is hidden from the reader.
    pub fn new(file: &'a [u8]) -> Result<Reader<'a>, BundleError> {
        let found = file.len() as u64;
        let truncated = |expected| BundleError::Truncated { expected, found };
        let (length, rest) = file.split_first_chunk::<8>().ok_or_else(|| truncated(8))?;
        if rest.first().is_some_and(|first| *first != b'{') {
            return Err(malformed("there is no header at byte 8"));
        }
        let length = u64::from_le_bytes(*length);
        let split = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
        let (header, data) = split.ok_or_else(|| truncated(length.saturating_add(8)))?;
        let refused = |what: &dyn fmt::Display| malformed(format!("header: {what}"));
        let header = std::str::from_utf8(header).map_err(|_| refused(&"it is not UTF-8"))?;
        let header = Node::parse(header).map_err(|what| refused(&what))?;
        let metadata = header.texts_by_name("__metadata__").map_err(|misfit| refused(&misfit))?;
        let mut entries = BTreeMap::new();
        for (name, node) in header.members().iter().filter(|(name, _)| name != "__metadata__") {
            let entry = Entry::decode(node).map_err(|misfit| refused(&misfit))?;
            if entries.insert(name.clone(), entry).is_some() {
                return Err(refused(&"a tensor occurs twice"));
            }
        }

        let end = entries.values().map(|t| t.data_offsets[1]).max().unwrap_or(0);
        if end > data.len() as u64 {
            return Err(truncated((8 + length).saturating_add(end)));
        }
        let mut spans: Vec<[u64; 2]> = entries.values().map(|t| t.data_offsets).collect();
        spans.sort_unstable();
        let filled = spans.iter().try_fold(0, |at, [start, end]| (*start == at && end >= start).then_some(*end));
        if filled != Some(data.len() as u64) {
            return Err(malformed("the tensors do not fill the file end to end"));
        }
        let mut tensors = BTreeMap::new();
        for (name, entry) in entries {
            let tensor = entry.locate(data).ok_or_else(|| malformed(format!("tensor {name:?} contradicts its shape")))?;
            tensors.insert(name, tensor);
        }
        Ok(Reader { metadata, tensors })
    }

    /// The tensor `name`, if the file has it.
    pub fn tensor(&self, name: &str) -> Option<Tensor<'a>> {
        self.tensors.get(name).copied()
    }

    /// A metadata entry.
    pub fn text(&self, key: &str) -> Result<&str, BundleError> {
        self.metadata.get(key).map(String::as_str).ok_or_else(|| malformed(format!("the header has no {key:?}")))
    }
}

pub(super) fn malformed(what: impl Into<String>) -> BundleError {
    BundleError::Malformed(what.into())
}

struct Entry {
    dtype: Dtype,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

impl Entry {
    fn decode(node: &Node) -> Result<Entry, Misfit> {
        let whole = |key: &'static str| -> Result<Vec<u64>, Misfit> {
            let exact = |x: &f64| (*x >= 0.0 && *x as u64 as f64 == *x).then_some(*x as u64).ok_or(Misfit(key));
            node.get(key).as_numbers(key)?.iter().map(exact).collect()
        };
        let offsets = whole("data_offsets")?;
        let dtype = node.text("dtype")?;
        Ok(Entry {
            dtype: Dtype::ALL.into_iter().find(|d| d.name() == dtype).ok_or(Misfit("dtype"))?,
            shape: whole("shape")?,
            data_offsets: <[u64; 2]>::try_from(offsets).map_err(|_| Misfit("data_offsets"))?,
        })
    }

    fn locate<'a>(&self, data: &'a [u8]) -> Option<Tensor<'a>> {
        let [start, end] = self.data_offsets.map(|o| usize::try_from(o).ok());
        let bytes = data.get(start?..end?)?;
        let shape = match self.shape[..] {
            [columns] => [1, usize::try_from(columns).ok()?],
            [rows, columns] => [usize::try_from(rows).ok()?, usize::try_from(columns).ok()?],
            _ => return None,
        };
        let size = shape[0].checked_mul(shape[1])?.checked_mul(self.dtype.width())?;
        (size == bytes.len()).then_some(Tensor { dtype: self.dtype, shape, bytes })
    }
}
