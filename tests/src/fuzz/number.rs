//! Numbers: text to doubles as std rounds them, by both readers; doubles to text that reads back to the same bits.

use plumbline::harness::shortest;
use plumbline_core::harness::{nearest, write_number};
use plumbline_core::json::{MAX_SAFE_INTEGER, NumberFault, parse_number};
use serde::de::IgnoredAny;

pub(super) fn number(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        read(text);
    }
    if let Some(bits) = data.first_chunk::<8>() {
        written(f64::from_le_bytes(*bits));
    }
}

fn read(text: &str) {
    let ours = parse_number(text);
    let bare = text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && text.trim() == text;
    if !bare || serde_json::from_str::<IgnoredAny>(text).is_err() {
        assert_eq!(ours, Err(NumberFault::Malformed), "{text}");
        return;
    }
    let std: f64 = text.parse().expect("a number of JSON is one of Rust");
    assert_eq!(nearest(text.as_bytes()).to_bits(), std.to_bits(), "{text}");
    let expected = if !text.contains(['.', 'e', 'E']) {
        let size: Option<u64> = text.trim_start_matches('-').parse().ok();
        if size.is_some_and(|n| n <= MAX_SAFE_INTEGER) { Ok(std.to_bits()) } else { Err(NumberFault::UnsafeInteger) }
    } else if std.is_finite() {
        Ok(std.to_bits())
    } else {
        Err(NumberFault::NotFinite)
    };
    assert_eq!(ours.map(f64::to_bits), expected, "{text}");
}

fn written(x: f64) {
    let mut text = String::new();
    shortest(x, &mut text);
    let back: f64 = text.parse().expect("a number");
    assert!(back.to_bits() == x.to_bits() || (back.is_nan() && x.is_nan()), "{text}");
    let mut json = Vec::new();
    write_number(&mut json, x);
    let json = String::from_utf8(json).expect("UTF-8");
    if x.is_finite() {
        assert_eq!(json.parse().map(f64::to_bits), Ok(x.to_bits()), "{json}");
        assert!(serde_json::from_str::<IgnoredAny>(&json).is_ok(), "{json}");
    } else {
        assert_eq!(json, "null");
    }
}
