//! Whether the service lives, and how it fares.

use crate::request::Response;
use crate::service::Serving;
use crate::settings::LogMode;

pub(super) fn live() -> Response {
    Response::new(200, "application/json", br#"{"live":true}"#.to_vec())
}

/// A service exists only with its models read and verified, so one that answers is ready, unless it has to store rows and cannot.
pub(super) fn ready(serving: Serving<'_>) -> Response {
    let (status, body) = match (serving.service.metrics().is_storable(), is_ready(serving)) {
        (true, _) => (200, r#"{"ready":true}"#),
        (false, true) => (200, r#"{"ready":true,"log":"rows are being lost: the store rejects them"}"#),
        (false, false) => (503, r#"{"ready":false,"log":"the store rejects rows"}"#),
    };
    Response::new(status, "application/json", body.into())
}

/// Whether requests can be scored as the settings promise.
pub(super) fn is_ready(serving: Serving<'_>) -> bool {
    serving.service.metrics().is_storable() || serving.service.settings().log == LogMode::Batched
}

/// What MLflow's scoring server says at `/ping` and `/health`.
pub(super) fn ping() -> Response {
    Response::new(200, "application/json", b"\n".to_vec())
}

pub(super) fn version() -> Response {
    Response::new(200, "text/plain; charset=utf-8", env!("CARGO_PKG_VERSION").into())
}

pub(super) fn metrics(serving: Serving<'_>) -> Response {
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Response::new(200, media_type, serving.service.metrics().text().into_bytes())
}
