//! Numbers as people read them.

/// `points` with its sign, a true minus, such as `+12` or `−3`; zero has no sign.
pub fn signed(points: i64) -> String {
    match points {
        0 => "0".to_owned(),
        p if p > 0 => format!("+{p}"),
        p => format!("\u{2212}{}", p.unsigned_abs()),
    }
}

/// A number with its sign and three decimals, a true minus, such as `+0.412` or `−1.050`.
pub fn decimal(x: f64) -> String {
    format!("{x:+.3}").replace('-', "\u{2212}")
}

/// A probability in [0, 1] as percent with one decimal, such as `73.4 %`.
pub fn percent(p: f64) -> String {
    format!("{:.1}\u{a0}%", p * 100.0)
}

/// A probability in [0, 1] as whole points of 100, rounded half away from zero.
pub fn whole(p: f64) -> i64 {
    (p * 100.0).round() as i64
}

/// A duration in milliseconds in the unit that suits it, such as `4.2 µs` or `1.3 ms`.
pub fn duration(ms: f64) -> String {
    let (value, unit) = if ms < 1.0 { (ms * 1000.0, "µs") } else { (ms, "ms") };
    if value < 10.0 { format!("{value:.1}\u{a0}{unit}") } else { format!("{value:.0}\u{a0}{unit}") }
}

/// A count of bytes, such as `141 KB` (1 KB = 1,000 bytes).
pub fn bytes(n: usize) -> String {
    if n < 1000 { format!("{n}\u{a0}bytes") } else { format!("{:.0}\u{a0}KB", n as f64 / 1000.0) }
}

/// `text` with its first letter in upper case.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([signed(12), signed(-3), signed(0)], ["+12", "\u{2212}3", "0"]);
        assert_eq!([decimal(0.4121), decimal(-1.05)], ["+0.412", "\u{2212}1.050"]);
        assert_eq!([percent(0.7342), percent(1.0)], ["73.4\u{a0}%", "100.0\u{a0}%"]);
        assert_eq!(
            [duration(0.0042), duration(0.0123), duration(1.26), duration(18.4)],
            ["4.2\u{a0}µs", "12\u{a0}µs", "1.3\u{a0}ms", "18\u{a0}ms"]
        );
        assert_eq!([capital("écru"), capital("")], ["Écru", ""]);
        assert_eq!([bytes(812), bytes(141_499)], ["812\u{a0}bytes", "141\u{a0}KB"]);
    }
}
