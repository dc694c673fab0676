//! The browser's clocks. Scoring never asks them; the page passes the time in.

use plumbline_core::Timestamp;

/// Milliseconds since the page began, with fractions; the browser rounds them (Chromium to 0.1 ms).
pub fn elapsed_ms() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
}

/// The moment it is.
pub fn now() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}
