//! Numbers by integer arithmetic: native and wasm print the same bytes, and the float formatter stays out of the module.

use super::time::Calendar;
use crate::read::{field, parse};

/// How a reader writes numbers and times; the page asks `Intl` once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale {
    /// Before the decimals.
    pub decimal: String,
    /// Between groups of three digits.
    pub group: String,
    /// After a percentage, with its space where the language has one.
    pub percent: String,
    /// Before a sign: the mark that keeps it left of its number where text runs from the right, else nothing.
    pub mark: String,
    /// Dates and the clock.
    pub calendar: Calendar,
}

impl Default for Locale {
    fn default() -> Locale {
        let [decimal, group, percent] = [".", ",", "\u{202f}%"].map(str::to_owned);
        Locale { decimal, group, percent, mark: String::new(), calendar: Calendar::default() }
    }
}

/// What stands for an unknown number.
pub const UNKNOWN: &str = "–";

impl Locale {
    /// The locale that the JSON `text` describes; the default one for what it lacks.
    pub fn read(text: &str) -> Locale {
        let value = parse(text).unwrap_or_default();
        let of = |name: &str, other: String| field::<Option<String>>(&value, name).unwrap_or(other);
        let own = Locale::default();
        Locale {
            decimal: of("decimal", own.decimal),
            group: of("group", own.group),
            percent: of("percent", own.percent),
            mark: of("mark", own.mark),
            calendar: Calendar::of(&value),
        }
    }

    /// `n` with groups of three digits.
    pub fn whole(&self, n: u64) -> String {
        let mut out = String::new();
        whole(&mut out, n, &self.group);
        out
    }

    /// `x` with `places` decimals; the minus sign is −.
    pub fn fixed(&self, x: f64, places: u32) -> String {
        if !x.is_finite() || x.abs() > 1e15 {
            return UNKNOWN.to_owned();
        }
        let scale = 10u64.pow(places);
        let scaled = (x.abs() * scale as f64 + 0.5) as u64;
        let mut out = String::new();
        if x < 0.0 && scaled > 0 {
            out.push_str(&self.mark);
            out.push('−');
        }
        whole(&mut out, scaled / scale, &self.group);
        if places > 0 {
            out.push_str(&self.decimal);
            let mut digits = String::new();
            whole(&mut digits, scaled % scale, "");
            (digits.len()..places as usize).for_each(|_| out.push('0'));
            out.push_str(&digits);
        }
        out
    }

    /// The part `x` in per cent: one decimal, two below 1 %; never 0 % or 100 % where it is neither.
    pub fn percent(&self, x: f64) -> String {
        let percent = 100.0 * x;
        let mut places = if percent.abs() < 1.0 && percent != 0.0 { 2 } else { 1 };
        let rounds_to_an_end = |places: u32| {
            let unit = f64::from(10u32.pow(places));
            let shown = (percent * unit).round() / unit;
            (shown == 100.0 && percent != 100.0) || (shown == 0.0 && percent != 0.0)
        };
        while places < 4 && rounds_to_an_end(places) {
            places += 1;
        }
        if rounds_to_an_end(places) {
            let (sign, end) = if percent > 50.0 { (">", 99.99) } else { ("<", 0.01) };
            return format!("{sign} {}{}", self.fixed(end, 2), self.percent);
        }
        if percent == 100.0 || percent == 0.0 {
            places = 0;
        }
        format!("{}{}", self.fixed(percent, places), self.percent)
    }

    /// `x` as a whole number with its sign.
    pub fn signed(&self, x: f64) -> String {
        format!("{}{}", self.plus(x >= 0.5), self.fixed(x, 0))
    }

    /// The part `x` in per cent without decimals, for an axis.
    pub fn percent_tick(&self, x: f64) -> String {
        let percent = 100.0 * x;
        let places = if (percent - percent.round()).abs() < 0.001 { 0 } else { 1 };
        format!("{}{}", self.fixed(percent, places), self.percent)
    }

    /// The part `x` in per cent, with its sign.
    pub fn signed_percent(&self, x: f64) -> String {
        format!("{}{}{}", self.plus(x > 0.0), self.fixed(100.0 * x, 1), self.percent)
    }

    fn plus(&self, is_more: bool) -> String {
        if is_more { format!("{}+", self.mark) } else { String::new() }
    }

    /// Money: whole below 10,000, then in thousands and millions.
    pub fn money(&self, x: f64, currency: &str) -> String {
        let (x, unit) = match x.abs() {
            size if size >= 999_500.0 => (x / 1e6, "M"),
            size if size >= 10_000.0 => (x / 1e3, "K"),
            _ => (x, ""),
        };
        let places = if !unit.is_empty() && x.abs() < 100.0 { 1 } else { 0 };
        format!("{}{unit} {currency}", self.fixed(x, places))
    }

    /// `x` with as few decimals as show it, at most three.
    pub fn shortest(&self, x: f64) -> String {
        let places = (0..3).find(|places| {
            let scaled = x * f64::from(10u32.pow(*places));
            (scaled - scaled.round()).abs() < 1e-9 * scaled.abs().max(1.0)
        });
        self.fixed(x, places.unwrap_or(3))
    }
}

fn whole(out: &mut String, n: u64, group: &str) {
    let digits: Vec<u8> =
        std::iter::successors(Some(n), |n| (*n >= 10).then_some(n / 10)).map(|n| b'0' + (n % 10) as u8).collect();
    for (place, digit) in digits.iter().enumerate().rev() {
        out.push(*digit as char);
        if place > 0 && place % 3 == 0 {
            out.push_str(group);
        }
    }
}

/// A coordinate of a drawing: one decimal at most.
pub fn coordinate(x: f64) -> String {
    let tenths = (x * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let tenths = tenths.unsigned_abs();
    if tenths.is_multiple_of(10) { format!("{sign}{}", tenths / 10) } else { format!("{sign}{}.{}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_readers_expect() {
        let locale = Locale { percent: "%".into(), ..Locale::default() };
        assert_eq!(locale.whole(1_234_567), "1,234,567");
        assert_eq!(
            (locale.fixed(-0.0449, 3), locale.fixed(12.5, 0), locale.fixed(-0.0001, 2)),
            ("−0.045".into(), "13".into(), "0.00".into())
        );
        let percents =
            [(0.0, "0%"), (1.0, "100%"), (0.9996, "99.96%"), (0.0002, "0.02%"), (0.124, "12.4%"), (0.999_999_9, "> 99.99%")];
        for (x, shown) in percents {
            assert_eq!(locale.percent(x), shown, "{x}");
        }
        assert_eq!(locale.signed_percent(0.061), "+6.1%");
        assert_eq!(
            (locale.money(18_400.0, "USD"), locale.money(212_000.0, "USD"), locale.money(-1.5e6, "USD")),
            ("18.4K USD".into(), "212K USD".into(), "−1.5M USD".into())
        );
        assert_eq!((coordinate(-1.25), coordinate(3.0), coordinate(0.04)), ("-1.3".into(), "3".into(), "0".into()));
        assert_eq!(locale.fixed(f64::NAN, 1), UNKNOWN);
    }
}
