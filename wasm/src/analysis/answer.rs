//! The core's errors with their codes.

use plumbline_core::drift::DriftError;
use plumbline_core::evidence::InsufficientData;
use plumbline_core::metric::MetricError;
use wasm_bindgen::JsValue;

pub(super) use crate::boundary::{Answer, failure, object};
pub(super) use crate::settings::{declared, settings};

/// Too little data: the message says of what, how many there are and how many are needed.
pub(super) fn insufficient(lack: InsufficientData) -> JsValue {
    failure("INSUFFICIENT_DATA", &lack.to_string())
}

/// Values that cannot be compared.
pub(super) fn refused_drift(error: DriftError) -> JsValue {
    failure(error.code(), &error.to_string())
}

/// Scores, labels or weights that cannot be taken.
pub(super) fn refused(error: MetricError) -> JsValue {
    failure(error.code(), &error.to_string())
}
