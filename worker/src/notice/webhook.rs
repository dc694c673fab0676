//! Signed webhooks.
//!
//! # Source
//! Standard Webhooks 1.0: headers `webhook-id`, `webhook-timestamp`, `webhook-signature`; `v1,` and Base64 of
//! HMAC-SHA-256(secret, id.timestamp.body); while a secret is exchanged, one signature for each.

use plumbline_core::alert::Message;
use plumbline_core::report::time_text;
use serde::Serialize;
use serde_json::json;

use super::Outgoing;
use crate::tally::{base64, hmac_sha256};

/// The request that posts `message`, named `id`, to `url` at `now_ms`, signed with each secret in `secrets`, which white space or
/// commas separate. A secret `whsec_…` is the Base64 of its bytes; of any other the text is.
pub fn signed(id: &str, url: &str, message: &Message, secrets: &str, now_ms: i64) -> Outgoing {
    signed_data((id, url), (&message.kind, &time_text(message.at_ms)), message, secrets, now_ms)
}

/// [`signed`] for any `data`, of a kind and time.
pub fn signed_data(
    (id, url): (&str, &str),
    (kind, time): (&str, &str),
    data: &impl Serialize,
    secrets: &str,
    now_ms: i64,
) -> Outgoing {
    let body = json!({ "type": kind, "timestamp": time, "data": data }).to_string();
    let timestamp = now_ms.div_euclid(1_000);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", sign(id, timestamp, &body, secrets)),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).into();
    Outgoing { id: id.to_owned(), url: url.to_owned(), headers, body }
}

/// The signatures of `body` sent as `id` at `timestamp`, in seconds, one for each of `secrets`.
pub fn sign(id: &str, timestamp: i64, body: &str, secrets: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let secrets = secrets.split(|c: char| c.is_whitespace() || c == ',').filter(|secret| !secret.is_empty());
    let signature = |secret: &str| {
        let bytes = secret.strip_prefix("whsec_").and_then(base64::decode).unwrap_or_else(|| secret.as_bytes().to_vec());
        format!("v1,{}", base64::encode(&hmac_sha256(&bytes, signed.as_bytes())))
    };
    secrets.map(signature).collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's reference libraries.
    #[test]
    fn the_example_of_the_standard() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let found = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#, secret);
        assert_eq!(found, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let both = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#, &format!("{secret}, other"));
        assert!(both.starts_with(&format!("{found} v1,")) && both.len() == 2 * found.len() + 1);
    }
}
