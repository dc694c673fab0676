//! Why a host refuses a request without the service: worded once, for every host.

use crate::problem::Problem;
use crate::settings::Settings;

/// Why a request is refused before or after [`Service::handle`](crate::Service::handle); for
/// [`Service::refuse`](crate::Service::refuse).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The service panicked.
    Panic,
    /// The rows of its answer are not stored.
    LogUnavailable,
    /// The body did not arrive in time.
    BodyTimeout,
    /// Too many bodies are being received.
    Busy,
    /// The log's store cannot be opened.
    StoreUnavailable,
    /// The body broke off.
    BodyUnreadable,
    /// The body is, or is announced to be, longer than the limit.
    BodyTooLarge,
    /// The body is a bundle, and longer than [`bundle_bytes`].
    BundleTooLarge,
}

/// The largest bundle that a service with these settings takes, in bytes. A bundle may be larger than a request for scores; at the edge it
/// is held twice while it is verified, and an isolate has 128 MB.
pub fn bundle_bytes(settings: &Settings) -> u64 {
    settings.limits.body_bytes.max(16 << 20)
}

impl Refusal {
    /// The problem of a service with these settings.
    pub fn problem(self, settings: &Settings) -> Problem {
        match self {
            Refusal::Panic => Problem::new(500, "INTERNAL", "an internal error; the request was not scored"),
            Refusal::LogUnavailable => Problem::new(503, "LOG_UNAVAILABLE", "the prediction could not be stored"),
            Refusal::BodyTimeout => {
                Problem::new(408, "BODY_TIMEOUT", format!("the body did not arrive within {} ms", settings.body_ms))
            }
            Refusal::Busy => Problem::new(503, "BUSY", "too many bodies are being received; try again"),
            Refusal::StoreUnavailable => Problem::new(503, "STORE_UNAVAILABLE", "the prediction log cannot be opened"),
            Refusal::BodyUnreadable => Problem::new(400, "BODY_UNREADABLE", "the body ended prematurely"),
            Refusal::BodyTooLarge => {
                let limit = settings.limits.body_bytes;
                Problem::new(413, "BODY_TOO_LARGE", format!("the body exceeds the limit of {limit} bytes"))
            }
            Refusal::BundleTooLarge => {
                let limit = bundle_bytes(settings);
                Problem::new(413, "BUNDLE_TOO_LARGE", format!("the bundle exceeds the limit of {limit} bytes"))
            }
        }
    }
}
