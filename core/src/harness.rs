//! What the harness in `tests` needs for its proofs; not a public interface.

use crate::{Bundle, BundleError, json};

/// The double nearest to `text`, a number of JSON's grammar, as wasm reads it.
pub fn nearest(text: &[u8]) -> f64 {
    json::nearest(text)
}

/// Appends `x` as the answers of the service write it.
pub fn write_number(out: &mut Vec<u8>, x: f64) {
    json::number(out, x);
}

/// [`Bundle::read`] without scoring the golden leads, which reject nearly every random change.
///
/// # Errors
/// [`BundleError`] with the reason.
pub fn read_unverified(bytes: &[u8]) -> Result<Bundle, BundleError> {
    Bundle::take_apart(bytes, &crate::bundle::Limits::default()).map(|(bundle, _)| bundle)
}

/// `bytes` with the digest they should have, so that what is altered at random gets past it; `None` when there is no place for it.
pub fn sealed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut sealed = bytes.to_vec();
    crate::bundle::seal(&mut sealed).ok()?;
    Some(sealed)
}
