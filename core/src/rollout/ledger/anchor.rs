//! Heads of a chain that were sent elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Head, bytes_of, hex};

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The head of a chain at one time, as a text of three lines: `plumbline`, the entry's number, and its hash in base64. It is sent to
/// every channel; a message that was sent cannot be taken back, so that it needs no signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LedgerAnchor"))]
pub struct Anchor {
    /// The entry's number.
    pub seq: u64,
    /// Its hash, in hexadecimal.
    pub hash: String,
}

impl From<&Head> for Anchor {
    fn from(head: &Head) -> Anchor {
        Anchor { seq: head.seq, hash: head.hash.clone() }
    }
}

impl Anchor {
    /// All anchors in a text, such as an exported channel: wherever a line `plumbline` is followed by a number and a hash. Lines may be
    /// those of a text in JSON.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::rollout::ledger::Anchor;
    /// let anchor = Anchor { seq: 118, hash: "9f".repeat(32) };
    /// let text = format!("09:00 bot\n{anchor}\nthanks\n");
    /// assert_eq!(Anchor::find(&text), [anchor.clone()]);
    /// let exported = format!("{:?}", format!("The head:\n{anchor}"));
    /// assert_eq!(Anchor::find(&exported), [anchor]);
    /// ```
    pub fn find(text: &str) -> Vec<Anchor> {
        let text = text.replace("\\n", "\n").replace("\\/", "/");
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let anchor = |window: &[&str]| match window {
            ["plumbline", seq, hash] => Some(Anchor { seq: seq.parse().ok()?, hash: hex(&decode(hash)?) }),
            _ => None,
        };
        lines.windows(3).filter_map(anchor).collect()
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plumbline\n{}\n{}", self.seq, encode(&bytes_of(&self.hash).unwrap_or_default()))
    }
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().chain([&0, &0]).take(3).fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        for place in 0..4usize {
            let digit = DIGITS.get((word >> (18 - 6 * place)) as usize & 63).copied().unwrap_or(b'=');
            text.push(if place <= chunk.len() { digit as char } else { '=' });
        }
    }
    text
}

/// The 32 bytes of a hash in base64; none for another length or another text.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_suffix('=').filter(|digits| digits.len() == 43)?;
    let (mut word, mut bits, mut bytes) = (0u32, 0u32, Vec::new());
    for byte in text.bytes() {
        let digit = DIGITS.iter().position(|digit| *digit == byte)? as u32;
        (word, bits) = (word << 6 | digit, bits + 6);
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    (word == 0).then_some(bytes)
}
