//! Patterns: regular expressions as Python writes them, and SQL's LIKE.
//!
//! Expressions run on the `regex` crate: time linear in the text whatever the expression, which Python's own engine does not
//! promise. What that crate has not (look-around, back-references, possessive and conditional groups) is refused when the suite is
//! read. Where both have a construct but mean different things it is rewritten: `$` also matches before a last line feed, `\Z` is
//! the end, and inside brackets `[`, `&&`, `--` and `~~` are plain characters.

use regex::{Regex, RegexBuilder};

/// The most bytes a compiled expression may take.
const SIZE: usize = 1 << 20;

/// The expression, ready to search as `re.search` does.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = translate(pattern)
        .ok_or_else(|| format!("the regular expression {pattern:?} is not supported: Python has no escape \\p"))?;
    let build = RegexBuilder::new(&translated).size_limit(SIZE).dfa_size_limit(SIZE).nest_limit(100).build();
    build.map_err(|e| {
        let words = e.to_string();
        let last = words.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("the regular expression {pattern:?} is not supported: {last}")
    })
}

/// The expression as the crate writes it; `None` where it has what only the crate knows.
fn translate(pattern: &str) -> Option<String> {
    let multiline = pattern.starts_with("(?m)") || pattern.starts_with("(?im)") || pattern.starts_with("(?mi)");
    let (mut out, mut chars, mut in_class) = (String::with_capacity(pattern.len() + 8), pattern.chars().peekable(), false);
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('Z') if !in_class => out.push_str("\\z"),
                Some('p' | 'P') => return None,
                Some(next) => {
                    out.push('\\');
                    out.push(next);
                }
                None => out.push('\\'),
            },
            '$' if !in_class && !multiline => out.push_str("(?:\\n?\\z)"),
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                // A bracket that comes first is a plain character.
                if chars.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
            }
            '[' => out.push_str("\\["),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            '-' if in_class && chars.peek() == Some(&'-') => out.push_str("\\-"),
            c => out.push(c),
        }
    }
    Some(out)
}

/// A pattern of SQL's LIKE: `%` is any text, `_` any character; with `brackets`, as in SQL Server, `[abc]` is one of a set.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Like(Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Any,
    One,
    Char(char),
    Set { negated: bool, ranges: Vec<(char, char)> },
}

impl Like {
    pub fn new(pattern: &str, brackets: bool) -> Like {
        let (mut parts, mut chars) = (Vec::new(), pattern.chars());
        while let Some(c) = chars.next() {
            parts.push(match c {
                '%' if parts.last() == Some(&Part::Any) => continue,
                '%' => Part::Any,
                '_' => Part::One,
                '\\' if !brackets => chars.next().map_or(Part::Char('\\'), Part::Char),
                '[' if brackets && chars.as_str().contains(']') => {
                    let (inside, rest) = chars.as_str().split_once(']').unwrap_or_default();
                    let (negated, inside) = inside.strip_prefix('^').map_or((false, inside), |inside| (true, inside));
                    chars = rest.chars();
                    Part::Set { negated, ranges: ranges(inside) }
                }
                c => Part::Char(c),
            });
        }
        Like(parts)
    }

    /// Whether the whole of `text` has the form; time at most the product of both lengths.
    pub fn matches(&self, text: &str) -> bool {
        let (mut part, mut rest, mut back) = (0, text.chars(), None);
        loop {
            if self.0.get(part) == Some(&Part::Any) {
                part += 1;
                back = Some((part, rest.clone()));
                continue;
            }
            let mut ahead = rest.clone();
            match (self.0.get(part), ahead.next()) {
                (None, None) => return true,
                (Some(form), Some(c)) if form.takes(c) => {
                    part += 1;
                    rest = ahead;
                    continue;
                }
                _ => {}
            }
            let Some((from, text)) = &mut back else { return false };
            if text.next().is_none() {
                return false;
            }
            (part, rest) = (*from, text.clone());
        }
    }
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Part::Any => false,
            Part::One => true,
            Part::Char(own) => *own == c,
            Part::Set { negated, ranges } => ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated,
        }
    }
}

fn ranges(inside: &str) -> Vec<(char, char)> {
    let chars: Vec<char> = inside.chars().collect();
    let (mut ranges, mut i) = (Vec::new(), 0);
    while let Some(low) = chars.get(i).copied() {
        match (chars.get(i + 1), chars.get(i + 2)) {
            (Some('-'), Some(high)) => {
                ranges.push((low, *high));
                i += 3;
            }
            _ => {
                ranges.push((low, low));
                i += 1;
            }
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `bool(re.search(pattern, text))` of Python 3.11 says.
    #[test]
    fn expressions_mean_what_python_means() {
        let rows = [
            ("a$", "a\n", true),
            ("a$", "a\nb", false),
            (r"a\Z", "a\n", false),
            ("[[]x", "[x", true),
            ("[]]", "]", true),
            ("[^]]", "]", false),
            ("[a&&b]", "&", true),
            ("[a--]", "-", true),
            (r"\d", "٣", true),
            (r"(?i)^\w+$", "Ärger", true),
            (r"(?i)ä", "Ä", true),
            ("^[^@\\s]+@[^@\\s]+\\.[a-z]+$", "user0@example.com", true),
            ("^[^@\\s]+@[^@\\s]+\\.[a-z]+$", "not-an-email", false),
            ("", "", true),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(compile(pattern).unwrap().is_match(text), expected, "{pattern} on {text:?}");
        }
        assert!(compile(r"\\p\\\\P").unwrap().is_match(r"\p\\P"));
        for pattern in ["(?=a)b", r"(a)\1", "(", "a{1000}{1000}{1000}", r"\p{L}"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn like_is_that_of_sql() {
        let rows = [
            ("%a%", "canal", false, true),
            ("b%t", "boat", false, true),
            ("b_t", "boat", false, false),
            ("[a]%", "abb", true, true),
            ("[a]%", "abb", false, false),
            ("[^a]%", "abb", true, false),
            ("[a-c]_", "b1", true, true),
            ("%", "", false, true),
            ("", "x", false, false),
            ("%a%b%c", "xaxbxbxc", false, true),
            (r"10\%", "10%", false, true),
        ];
        for (pattern, text, brackets, expected) in rows {
            assert_eq!(Like::new(pattern, brackets).matches(text), expected, "{pattern} on {text}");
        }
    }
}
