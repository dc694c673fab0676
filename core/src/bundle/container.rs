//! The file itself: safetensors, as its owner specifies it, the few lines of it that a bundle needs.
//!
//! ```text
//! u64 little-endian: length of the header │ header, JSON, padded with spaces to 8 bytes │ tensors, end to end
//! ```
//! Source: <https://github.com/huggingface/safetensors#format>. Checked against the Python package in
//! `tests/python/read_bundle.py`.

use super::BundleError;
use crate::json::{ByName, Misfit, Node};

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

/// More than any bundle has, few enough that looking through them takes no time.
const MOST_TENSORS: usize = 256;

/// Collects tensors and writes the file.
#[derive(Debug, Default)]
pub(super) struct Writer {
    tensors: Vec<(&'static str, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Writer {
    pub fn put(&mut self, name: &'static str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) {
        self.tensors.push((name, dtype, shape.to_vec(), bytes));
    }

    /// Whether a tensor has this name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.iter().any(|(known, ..)| *known == name)
    }

    /// The bytes of the file. Wide types come first, so that every tensor is aligned.
    pub fn finish(mut self, metadata: &ByName<String>) -> Result<Vec<u8>, serde_json::Error> {
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
    metadata: ByName<String>,
    /// In the order of the file.
    tensors: Vec<(String, Tensor<'a>)>,
}

impl<'a> Reader<'a> {
    /// Takes `file` apart. The tensors must lie end to end, in the header's order, and fill it: no byte is hidden from the reader.
    #[inline(never)]
    pub fn new(file: &'a [u8]) -> Result<Reader<'a>, BundleError> {
        let found = file.len() as u64;
        let truncated = |expected| BundleError::Truncated { expected, found };
        let (length, rest) = file.split_first_chunk::<8>().ok_or_else(|| truncated(8))?;
        if rest.first().is_some_and(|first| *first != b'{') {
            return Err(malformed("no header at byte 8"));
        }
        let length = u64::from_le_bytes(*length);
        let split = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
        let (header, data) = split.ok_or_else(|| truncated(length.saturating_add(8)))?;
        let refused = |what: &str| malformed(["header: ", what].concat());
        let header = std::str::from_utf8(header).map_err(|_| refused("its header is not valid UTF-8"))?;
        let header = Node::parse(header).map_err(refused)?;
        let read = |misfit: &mut Misfit| {
            let metadata = header.by_name("__metadata__", misfit, Node::as_text);
            let tensors = header.members().iter().filter(|(name, _)| name != "__metadata__");
            let mut entries = Vec::new();
            for (name, node) in tensors {
                entries.push((name, Entry::decode(node, misfit)));
            }
            (metadata, entries)
        };
        let (metadata, entries) = Misfit::unless(read).map_err(|misfit| refused(&misfit))?;
        if entries.len() > MOST_TENSORS {
            return Err(refused("it has more than 256 tensors"));
        }

        let mut tensors: Vec<(String, Tensor<'_>)> = Vec::with_capacity(entries.len());
        let (mut end, mut gap) = (0, false);
        for (_, entry) in &entries {
            gap |= entry.start != end || entry.end < entry.start;
            end = end.max(entry.end);
        }
        if end > data.len() as u64 {
            return Err(truncated((8 + length).saturating_add(end)));
        }
        if gap || end != data.len() as u64 {
            return Err(malformed("the tensors do not cover the file without gaps or overlap"));
        }
        for (name, entry) in entries {
            let tensor = entry.locate(data).ok_or_else(|| about(name, "does not match its shape"))?;
            if tensors.iter().any(|(known, _)| known == name) {
                return Err(about(name, "appears more than once"));
            }
            tensors.push((name.clone(), tensor));
        }
        Ok(Reader { metadata, tensors })
    }

    /// The tensor `name`, if the file has it.
    pub fn tensor(&self, name: &str) -> Option<Tensor<'a>> {
        self.tensors.iter().find(|(known, _)| known == name).map(|(_, tensor)| *tensor)
    }

    /// Whether the metadata has an entry `key`.
    pub fn has_text(&self, key: &str) -> bool {
        self.metadata.get(key).is_some()
    }

    /// A metadata entry.
    pub fn text(&self, key: &str) -> Result<&str, BundleError> {
        self.metadata.get(key).map(String::as_str).ok_or_else(|| malformed(["the header has no \"", key, "\""].concat()))
    }
}

pub(super) fn malformed(what: impl Into<String>) -> BundleError {
    BundleError::Malformed(what.into())
}

/// A refusal because of the tensor `name`.
#[cold]
pub(super) fn about(name: &str, what: &str) -> BundleError {
    malformed(["tensor \"", name, "\" ", what].concat())
}

struct Entry {
    dtype: Dtype,
    shape: [u64; 2],
    start: u64,
    end: u64,
}

impl Entry {
    fn decode(node: &Node, misfit: &mut Misfit) -> Entry {
        // One number or two; a vector is a matrix of one row.
        let mut pair = |key: &'static str| match node.get(key).as_numbers(key, misfit)[..] {
            [one] => [1.0, one],
            [one, two] => [one, two],
            _ => [f64::NAN; 2],
        };
        let (shape, offsets) = (pair("shape"), pair("data_offsets"));
        let mut exact = |x: f64| {
            if !(x >= 0.0 && x as u64 as f64 == x) {
                misfit.note("shape or data_offsets");
            }
            x as u64
        };
        let (shape, [start, end]) = (shape.map(&mut exact), offsets.map(&mut exact));
        let dtype = node.text("dtype", misfit);
        let dtype = Dtype::ALL.into_iter().find(|d| d.name() == dtype).unwrap_or_else(|| {
            misfit.note("dtype");
            Dtype::U8
        });
        Entry { dtype, shape, start, end }
    }

    fn locate<'a>(&self, data: &'a [u8]) -> Option<Tensor<'a>> {
        let bytes = data.get(usize::try_from(self.start).ok()?..usize::try_from(self.end).ok()?)?;
        let shape = [usize::try_from(self.shape[0]).ok()?, usize::try_from(self.shape[1]).ok()?];
        let size = shape[0].checked_mul(shape[1])?.checked_mul(self.dtype.width())?;
        (size == bytes.len()).then_some(Tensor { dtype: self.dtype, shape, bytes })
    }
}
