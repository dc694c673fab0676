//! Numbers as byte planes: a `U8` tensor of shape [k, n] holds n numbers of k bytes, plane 0 the lowest bytes of all of them.
//!
//! Bytes of the same rank resemble each other, so a bundle compresses well without any compression of its own. A float is
//! stored as its bits rotated left by one: sign in the lowest bit, the exponent whole in the highest plane(s).

use super::BundleError;
use super::container::{Dtype, Reader, Tensor, Writer, about};

impl Writer {
    /// `values` in as few planes as hold the largest.
    pub fn integers(&mut self, name: &'static str, values: &[u64]) {
        let largest = values.iter().copied().max().unwrap_or(0);
        let planes = (8 - largest.leading_zeros() as usize / 8).max(1);
        self.planes(name, values, planes);
    }

    /// `values` as f32 when that keeps every bit of every one, else as f64.
    pub fn floats(&mut self, name: &'static str, values: &[f64]) {
        self.floats_in(name, values, is_single(values.iter().copied()));
    }

    /// `values` as f32 if `single`, else as f64.
    pub fn floats_in(&mut self, name: &'static str, values: &[f64], single: bool) {
        let bits: Vec<u64> = values.iter().map(|value| rotated(*value, single)).collect();
        self.planes(name, &bits, if single { 4 } else { 8 });
    }

    /// `values` as they are, `F64` [n]; for tensors too small to be worth planes.
    pub fn plain(&mut self, name: &'static str, values: &[f64]) {
        self.put(name, Dtype::F64, &[values.len()], values.iter().flat_map(|v| v.to_le_bytes()).collect());
    }

    /// The `planes` low planes of `values`.
    pub fn planes(&mut self, name: &'static str, values: &[u64], planes: usize) {
        let bytes = (0..planes).flat_map(|p| values.iter().map(move |v| (v >> (8 * p)) as u8)).collect();
        self.put(name, Dtype::U8, &[planes, values.len()], bytes);
    }
}

/// Whether single precision keeps every bit of every one of `values`.
pub(super) fn is_single(mut values: impl Iterator<Item = f64>) -> bool {
    values.all(|v| f64::from(v as f32).to_bits() == v.to_bits())
}

/// The bits of `value`, as f32 if `single`, with the sign in the lowest.
pub(super) fn rotated(value: f64, single: bool) -> u64 {
    if single { (value as f32).to_bits().rotate_left(1).into() } else { value.to_bits().rotate_left(1) }
}

/// The value whose bits, of an f32 if `single`, have the sign in the lowest.
pub(super) fn unrotated(bits: u64, single: bool) -> f64 {
    if single { f32::from_bits((bits as u32).rotate_right(1)).into() } else { f64::from_bits(bits.rotate_right(1)) }
}

/// Reads the numbers of a file's tensors and notes the first that is absent or of another kind; reading goes on with none.
pub(super) struct Numbers<'r, 'a> {
    file: &'r Reader<'a>,
    fault: Option<BundleError>,
}

impl<'r, 'a> Numbers<'r, 'a> {
    pub fn of(file: &'r Reader<'a>) -> Numbers<'r, 'a> {
        Numbers { file, fault: None }
    }

    /// What was noted.
    pub fn finish(self) -> Result<(), BundleError> {
        self.fault.map_or(Ok(()), Err)
    }

    /// The tensor `name`, of `dtype` and of `planes` rows.
    fn tensor(&mut self, name: &str, dtype: Dtype, planes: &[usize]) -> Tensor<'a> {
        let found = self.file.tensor(name);
        if let Some(tensor) = found
            && tensor.dtype == dtype
            && planes.contains(&tensor.shape[0])
        {
            return tensor;
        }
        let why = if found.is_some() { "has the wrong element type" } else { "is missing" };
        self.fault.get_or_insert_with(|| about(name, why));
        Tensor { dtype, shape: [1, 0], bytes: &[] }
    }

    /// The bytes of the `U8` vector `name`.
    pub fn bytes(&mut self, name: &str) -> &'a [u8] {
        self.tensor(name, Dtype::U8, &[1]).bytes
    }

    /// The numbers of the one to four planes `name`.
    pub fn integers(&mut self, name: &str) -> Vec<u32> {
        join(&self.tensor(name, Dtype::U8, &[1, 2, 3, 4]))
    }

    /// The numbers of the one to eight planes `name`.
    pub fn wide(&mut self, name: &str) -> Vec<u64> {
        self.noise(name, &[1, 2, 3, 4, 5, 6, 7, 8]).0
    }

    /// The numbers of the low planes `name`, of which there is one of the numbers of `planes`, and that number.
    pub fn noise(&mut self, name: &str, planes: &[usize]) -> (Vec<u64>, usize) {
        let tensor = self.tensor(name, Dtype::U8, planes);
        let (low, high) = tensor.bytes.split_at(tensor.bytes.len().min(4 * tensor.shape[1]));
        let mut values: Vec<u64> = join(&Tensor { bytes: low, ..tensor }).into_iter().map(u64::from).collect();
        for (value, high) in values.iter_mut().zip(join(&Tensor { bytes: high, ..tensor })) {
            *value |= u64::from(high) << 32;
        }
        (values, tensor.shape[0])
    }

    /// The floats of the planes `name`, and how many bytes each has.
    pub fn floats(&mut self, name: &str) -> (Vec<f64>, usize) {
        let tensor = self.tensor(name, Dtype::U8, &[4, 8]);
        let width = tensor.shape[0];
        let values = if width == 4 {
            join(&tensor).into_iter().map(|bits| f32::from_bits(bits.rotate_right(1)).into()).collect()
        } else {
            self.wide(name).into_iter().map(|bits| f64::from_bits(bits.rotate_right(1))).collect()
        };
        (values, width)
    }

    /// The numbers of the `F64` tensor `name`, row-major.
    pub fn plain(&mut self, name: &str) -> Vec<f64> {
        let rows: Option<usize> = self.file.tensor(name).map(|tensor| tensor.shape[0]);
        let tensor = self.tensor(name, Dtype::F64, rows.as_slice());
        tensor.bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect()
    }

    /// The numbers of the `U64` tensor `name`.
    pub fn counts(&mut self, name: &str) -> Vec<u64> {
        let tensor = self.tensor(name, Dtype::U64, &[1]);
        tensor.bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)).collect()
    }
}

/// The numbers of at most four planes.
fn join(tensor: &Tensor<'_>) -> Vec<u32> {
    let n = tensor.shape[1];
    let mut values = vec![0; n];
    for (p, plane) in tensor.bytes.chunks_exact(n.max(1)).enumerate() {
        for (value, byte) in values.iter_mut().zip(plane) {
            *value |= u32::from(*byte) << (8 * p);
        }
    }
    values
}
