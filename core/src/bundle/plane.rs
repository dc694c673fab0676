//! Numbers as byte planes: a `U8` tensor of shape [k, n] holds n numbers of k bytes, plane 0 the lowest bytes of all of them.
//!
//! Bytes of the same rank resemble each other, so a bundle compresses well without any compression of its own. A float is
//! stored as its bits rotated left by one: sign in the lowest bit, the exponent whole in the highest plane(s).

use super::BundleError;
use super::container::{Dtype, Reader, Tensor, Writer, malformed};

impl Writer {
    /// `values` in as few planes as hold the largest.
    pub fn integers(&mut self, name: &'static str, values: &[u64]) {
        let largest = values.iter().copied().max().unwrap_or(0);
        let planes = (8 - largest.leading_zeros() as usize / 8).max(1);
        self.planes(name, values, planes);
    }

    /// `values` as f32 when that keeps every bit of every one, else as f64.
    pub fn floats(&mut self, name: &'static str, values: &[f64]) {
        if values.iter().all(|v| f64::from(*v as f32).to_bits() == v.to_bits()) {
            let bits: Vec<u64> = values.iter().map(|v| u64::from((*v as f32).to_bits().rotate_left(1))).collect();
            self.planes(name, &bits, 4);
        } else {
            let bits: Vec<u64> = values.iter().map(|v| v.to_bits().rotate_left(1)).collect();
            self.planes(name, &bits, 8);
        }
    }

    /// `values` as they are, `F64` [n]; for tensors too small to be worth planes.
    pub fn plain(&mut self, name: &'static str, values: &[f64]) {
        self.put(name, Dtype::F64, &[values.len()], values.iter().flat_map(|v| v.to_le_bytes()).collect());
    }

    fn planes(&mut self, name: &'static str, values: &[u64], planes: usize) {
        let bytes = (0..planes).flat_map(|p| values.iter().map(move |v| (v >> (8 * p)) as u8)).collect();
        self.put(name, Dtype::U8, &[planes, values.len()], bytes);
    }
}

impl Reader<'_> {
    /// The numbers of the planes `name`; none when the file has no such tensor.
    pub fn integers(&self, name: &str) -> Result<Option<Vec<u64>>, BundleError> {
        let Some(tensor) = self.tensor(name) else { return Ok(None) };
        let [planes, n] = tensor.shape;
        if tensor.dtype != Dtype::U8 || planes == 0 || planes > 8 {
            return Err(malformed(format!("tensor {name:?} is not 1 to 8 byte planes")));
        }
        Ok(Some(join(&tensor, n)))
    }

    /// The floats of the planes `name` with the same contract.
    pub fn floats(&self, name: &str) -> Result<Option<Vec<f64>>, BundleError> {
        let Some(tensor) = self.tensor(name) else { return Ok(None) };
        match (tensor.dtype, tensor.shape) {
            (Dtype::U8, [4, n]) => {
                Ok(Some(join(&tensor, n).into_iter().map(|b| f64::from(f32::from_bits((b as u32).rotate_right(1)))).collect()))
            }
            (Dtype::U8, [8, n]) => Ok(Some(join(&tensor, n).into_iter().map(|b| f64::from_bits(b.rotate_right(1))).collect())),
            _ => Err(malformed(format!("tensor {name:?} is not 4 or 8 byte planes"))),
        }
    }

    /// The numbers of the `F64` tensor `name`, row-major.
    pub fn plain(&self, name: &str) -> Result<Option<Vec<f64>>, BundleError> {
        let Some(tensor) = self.tensor(name) else { return Ok(None) };
        if tensor.dtype != Dtype::F64 {
            return Err(malformed(format!("tensor {name:?} is not F64")));
        }
        Ok(Some(tensor.bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect()))
    }
}

fn join(tensor: &Tensor<'_>, n: usize) -> Vec<u64> {
    let mut values = vec![0; n];
    for (p, plane) in tensor.bytes.chunks_exact(n.max(1)).enumerate() {
        for (value, byte) in values.iter_mut().zip(plane) {
            *value |= u64::from(*byte) << (8 * p);
        }
    }
    values
}

/// What the file must have.
pub(super) fn required<T>(name: &str, found: Result<Option<T>, BundleError>) -> Result<T, BundleError> {
    found?.ok_or_else(|| malformed(format!("there is no tensor {name:?}")))
}
