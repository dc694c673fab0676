//! One row of the prediction log: what was asked of which model, and what it answered.

use std::sync::Arc;

use plumbline_core::score::ModelId;

/// One lead of one request, scored or refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// When the request was handled, ms since 1970.
    pub timestamp_ms: i64,
    /// Unique to the request.
    pub request_id: Arc<str>,
    /// What the caller named the request (`client_request_id`, v2 `id`, header `x-request-id`).
    pub client_request_id: Option<Arc<str>>,
    /// The lead's position in its request, from 0.
    pub position: u32,
    /// Leads in the request.
    pub batch_size: u32,
    /// The lead's own id; `<request_id>/<position>` when it has none.
    pub lead_id: String,
    /// The model that answered.
    pub model: Arc<ModelId>,
    /// Which variant of the allocation; `champion` where none is set.
    pub variant: Arc<str>,
    /// `champion`, `challenger`, `shadow`, or `named` when the caller chose the model.
    pub role: &'static str,
    /// The score is hidden from ranking, so that how good it is can be measured on leads worked regardless of it.
    pub explores: bool,
    /// 200, or the status of the lead's problem.
    pub status: u16,
    /// The problem's code; none when scored.
    pub code: Option<&'static str>,
    /// Margin, none when refused.
    pub margin: Option<f64>,
    /// Probability in [0, 1], none when refused.
    pub probability: Option<f64>,
    /// Band; empty when the bundle declares none.
    pub band: String,
    /// What the suite has to say of a lead that was scored all the same: a JSON array of `{expectation, fields, detail}`.
    pub flags: Option<Arc<str>>,
    /// Time the request took so far, µs, where the host can measure it (never inside pure computation at the edge).
    pub duration_us: Option<u32>,
}

impl Prediction {
    /// The shard of `lead_id` among `shards`: FNV-1a of its bytes, mixed, scaled down. The same on every host, for ever.
    pub fn shard(lead_id: &str, shards: u32) -> u32 {
        let hash = lead_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        (((hash >> 32) * u64::from(shards.max(1))) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_even_and_stay() {
        let mut counts = [0u32; 4];
        for i in 0..10_000 {
            counts[Prediction::shard(&format!("lead-{i}"), 4) as usize] += 1;
        }
        assert!(counts.iter().all(|n| (2_300..2_700).contains(n)), "{counts:?}");
        assert_eq!(Prediction::shard("lead-1", 1), 0);
        assert_eq!([Prediction::shard("a", 1024), Prediction::shard("", 1024), Prediction::shard("Zoë", 1024)], [950, 946, 178]);
    }
}
