//! `strptime` of Python: a format as a regular expression, then a calendar check.

use regex::Regex;

use super::moment::{assemble, month_length};
use super::pattern;

/// A compiled format.
#[derive(Debug, Clone)]
pub(super) struct Format(Regex);

const NAMES: [(char, &str); 25] = [
    ('d', "(?P<d>3[0-1]|[1-2][0-9]|0[1-9]|[1-9]| [1-9])"),
    ('f', "(?P<f>[0-9]{1,6})"),
    ('H', "(?P<H>2[0-3]|[0-1][0-9]|[0-9])"),
    ('I', "(?P<I>1[0-2]|0[1-9]|[1-9])"),
    ('G', "(?P<G>[0-9]{4})"),
    ('j', "(?P<j>36[0-6]|3[0-5][0-9]|[1-2][0-9]{2}|0[1-9][0-9]|00[1-9]|[1-9][0-9]|0[1-9]|[1-9])"),
    ('m', "(?P<m>1[0-2]|0[1-9]|[1-9])"),
    ('M', "(?P<M>[0-5][0-9]|[0-9])"),
    ('S', "(?P<S>6[0-1]|[0-5][0-9]|[0-9])"),
    ('U', "(?P<U>5[0-3]|[0-4][0-9]|[0-9])"),
    ('W', "(?P<W>5[0-3]|[0-4][0-9]|[0-9])"),
    ('V', "(?P<V>5[0-3]|0[1-9]|[1-4][0-9]|[0-9])"),
    ('w', "(?P<w>[0-6])"),
    ('u', "(?P<u>[1-7])"),
    ('y', "(?P<y>[0-9]{2})"),
    ('Y', "(?P<Y>[0-9]{4})"),
    ('z', "(?P<z>[+-][0-9]{2}:?[0-5][0-9](?::?[0-5][0-9](?:\\.[0-9]{1,6})?)?|Z)"),
    ('A', "(?P<A>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"),
    ('a', "(?P<a>mon|tue|wed|thu|fri|sat|sun)"),
    ('B', "(?P<B>january|february|march|april|may|june|july|august|september|october|november|december)"),
    ('b', "(?P<b>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"),
    ('p', "(?P<p>am|pm)"),
    ('Z', "(?P<Z>utc|gmt)"),
    ('h', "(?P<b>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"),
    ('%', "%"),
];

impl Format {
    /// Compiles `format`. `%c`, `%x` and `%X` mean what they mean in the C locale.
    pub fn new(format: &str) -> Result<Format, String> {
        let format = format.replace("%c", "%a %b %d %H:%M:%S %Y").replace("%x", "%m/%d/%y").replace("%X", "%H:%M:%S");
        let (mut expression, mut chars) = ("(?i)^".to_owned(), format.chars().peekable());
        while let Some(c) = chars.next() {
            if c.is_whitespace() {
                while chars.next_if(|c| c.is_whitespace()).is_some() {}
                expression.push_str("\\s+");
                continue;
            }
            if c != '%' {
                expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
                continue;
            }
            let directive = chars.next().ok_or("the format ends in a single %")?;
            let part = NAMES.iter().find(|(name, _)| *name == directive).map(|(_, part)| *part);
            expression.push_str(part.ok_or_else(|| format!("unknown strptime directive {directive:?}"))?);
        }
        expression.push_str("\\z");
        // Twice the same directive is an error of Python's too: a group cannot be named twice.
        pattern::compile(&expression).map(Format)
    }

    /// Whether `text` is of this form and names a day that exists.
    pub fn accepts(&self, text: &str) -> bool {
        let Some(found) = self.0.captures(text) else { return false };
        let number = |name: &str| found.name(name).and_then(|part| part.as_str().trim().parse::<i64>().ok());
        let month = |name: &str| {
            let words = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
            let word = found.name(name)?.as_str().get(..3)?.to_ascii_lowercase();
            words.iter().position(|own| *own == word).map(|at| at as i64 + 1)
        };
        let year = number("Y").or(number("y").map(|y| if y <= 68 { y + 2000 } else { y + 1900 }));
        let month = number("m").or(month("B")).or(month("b")).unwrap_or(1);
        let day = number("d").unwrap_or(1);
        // Without a year Python checks against 1900, 29 February against a leap year.
        let year = year.unwrap_or(if month == 2 && day == 29 { 1904 } else { 1900 });
        if number("j") == Some(366) && month_length(year, 2) == 28 && found.name("Y").is_some() {
            return false;
        }
        // A leap second is taken as the second before it.
        let second = number("S").unwrap_or(0);
        second < 62 && assemble(year, month, day, [0; 4]).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether Python 3.11's `datetime.strptime` takes it.
    #[test]
    fn formats_take_what_python_takes() {
        let rows = [
            ("%Y-%m-%d %H:%M:%S", "2026-01-01 00:00:00", true),
            ("%Y-%m-%d %H:%M:%S", "2026/13/45", false),
            ("%Y-%m-%d", "2026-2-3", true),
            ("%Y-%m-%d", "2026-02-30", false),
            ("%Y-%m-%d", "2024-02-29", true),
            ("%d %b %Y", "03 FEB 2024", true),
            ("%I:%M %p", "11:59 PM", true),
            ("%H:%M", "24:00", false),
            ("%Y-%m-%dT%H:%M:%S.%f%z", "2026-01-01T00:00:00.123+05:30", true),
            ("%d/%m/%y", "31/04/21", false),
            ("%Y  %m", "2020 \t 5", true),
            ("100%%", "100%", true),
        ];
        for (format, text, expected) in rows {
            assert_eq!(Format::new(format).unwrap().accepts(text), expected, "{format} on {text}");
        }
        assert!(Format::new("%Q").is_err() && Format::new("%Y %Y").is_err());
    }
}
