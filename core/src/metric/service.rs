//! How well scoring is served: shares and rates of counts. Pure: times come in as milliseconds.

use crate::evidence::InsufficientData;

/// The part of `leads` that have a score.
///
/// # Errors
/// [`InsufficientData`] without leads.
pub fn coverage(scored: u64, leads: u64) -> Result<f64, InsufficientData> {
    part(scored, leads, "leads")
}

/// The part of `requests` that failed.
///
/// # Errors
/// [`InsufficientData`] without requests.
pub fn error_rate(failed: u64, requests: u64) -> Result<f64, InsufficientData> {
    part(failed, requests, "requests")
}

/// The part of `checks` that found the service up.
///
/// # Errors
/// [`InsufficientData`] without checks.
pub fn uptime(up: u64, checks: u64) -> Result<f64, InsufficientData> {
    part(up, checks, "checks")
}

/// The age of the newest record in milliseconds; a record from the future is 0 old.
///
/// # Errors
/// [`InsufficientData`] without a record.
pub fn freshness_ms(newest_ms: Option<i64>, now_ms: i64) -> Result<u64, InsufficientData> {
    let newest = newest_ms.ok_or(InsufficientData { of: "records", found: 0, needed: 1 })?;
    Ok(u64::try_from(now_ms.saturating_sub(newest)).unwrap_or(0))
}

/// Requests per second over `span_ms`.
///
/// # Errors
/// [`InsufficientData`] over no time.
pub fn throughput(requests: u64, span_ms: u64) -> Result<f64, InsufficientData> {
    InsufficientData::unless(span_ms, 1, "milliseconds")?;
    Ok(requests as f64 * 1000.0 / span_ms as f64)
}

fn part(some: u64, all: u64, of: &'static str) -> Result<f64, InsufficientData> {
    InsufficientData::unless(all, 1, of)?;
    Ok(some.min(all) as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_counted_is_no_rate() {
        assert_eq!((coverage(95, 100), error_rate(1, 1000), uptime(3, 3)), (Ok(0.95), Ok(0.001), Ok(1.0)));
        assert!(coverage(0, 0).is_err() && error_rate(0, 0).is_err() && uptime(0, 0).is_err());
        assert_eq!((freshness_ms(Some(100), 350), freshness_ms(Some(400), 350)), (Ok(250), Ok(0)));
        assert_eq!(freshness_ms(None, 1).unwrap_err().of, "records");
        assert_eq!((throughput(3000, 1500), throughput(1, 0).is_err()), (Ok(2000.0), true));
    }
}
