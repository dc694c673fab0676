//! What the page says: words of one file, numbers and times as the reader's locale writes them.

mod number;
mod safe;
mod time;
mod unit;

use std::collections::BTreeMap;

use plumbline_core::sentence::Sentence;
use serde_json::Value;

pub use number::{Locale, coordinate};
pub use safe::{Safe, shown};
pub use time::{date_of, day_of, moment, ms_of};
pub use unit::{Unit, id_of};

/// English, which is built in.
const ENGLISH: &str = include_str!("../../text/en.json");

/// The words of a language and how its readers write numbers.
pub struct Text {
    /// By key; plural forms by key and category, as `days.one`.
    words: BTreeMap<String, String>,
    /// Separators and signs.
    pub locale: Locale,
    plural: fn(u64) -> &'static str,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} words)", self.words.len())
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::new(ENGLISH, Locale::default())
    }
}

impl Text {
    /// The language of the JSON `file`, which maps keys to texts with `{slots}`, or to texts by plural category. What it lacks, and all of an empty one, is English.
    pub fn new(file: &str, locale: Locale) -> Text {
        let mut words = read(ENGLISH);
        if !file.is_empty() && file != ENGLISH {
            for (key, word) in read(file) {
                words.insert(key, word);
            }
        }
        Text { words, locale, plural: |n| if n == 1 { "one" } else { "other" } }
    }

    /// With the plural categories of the language.
    #[must_use]
    pub fn with_plurals(self, plural: fn(u64) -> &'static str) -> Text {
        Text { plural, ..self }
    }

    /// The text of `key`; the key itself where there is none.
    pub fn of<'a>(&'a self, key: &'a str) -> &'a str {
        self.words.get(key).map_or(key, String::as_str)
    }

    /// Whether there is a text of `key`.
    pub fn has(&self, key: &str) -> bool {
        self.words.contains_key(key)
    }

    /// Whether any key begins with `group` and a dot.
    pub fn has_group(&self, group: &str) -> bool {
        self.words.keys().any(|key| key.split_once('.').is_some_and(|(own, _)| own == group))
    }

    /// The text of `key` with its slots filled.
    pub fn fill(&self, key: &str, slots: &[(&str, &str)]) -> String {
        filled(self.of(key), slots)
    }

    /// The text of `key` in the plural form of `n`, with `{n}` and its other slots filled.
    pub fn count(&self, key: &str, n: u64, slots: &[(&str, &str)]) -> String {
        let form = |category: &str| self.words.get(&format!("{key}.{category}"));
        let text = form((self.plural)(n)).or_else(|| form("other")).map_or_else(|| self.of(key), String::as_str);
        let shown = self.locale.whole(n);
        let mut slots = slots.to_vec();
        slots.push(("n", &shown));
        filled(text, &slots)
    }

    /// A sentence of the report: in this language where it has a text for the sentence's code, else as it came.
    pub fn sentence(&self, sentence: &Sentence) -> String {
        let key = format!("sentence.{}", sentence.code);
        let Some(text) = self.words.get(&key) else { return sentence.text.clone() };
        let shown = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.as_f64().map_or_else(String::new, |x| self.locale.shortest(x)),
            Value::Array(entries) => entries.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            _ => String::new(),
        };
        let values: Vec<(&str, String)> = sentence.values.iter().map(|(name, value)| (name.as_str(), shown(value))).collect();
        let slots: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        filled(text, &slots)
    }

    /// `ltr` or `rtl`.
    pub fn direction(&self) -> &str {
        if self.of("_dir") == "rtl" { "rtl" } else { "ltr" }
    }
}

fn read(file: &str) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    let Some(Value::Object(members)) = crate::read::parse(file) else { return words };
    for (key, value) in members {
        match value {
            Value::String(text) => drop(words.insert(key, text)),
            Value::Object(forms) => {
                for (category, text) in forms {
                    if let Value::String(text) = text {
                        words.insert(format!("{key}.{category}"), text);
                    }
                }
            }
            _ => {}
        }
    }
    words
}

/// `text` with each `{name}` replaced by the slot of that name; other braces stay.
fn filled(text: &str, slots: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let slot = after
            .split_once('}')
            .and_then(|(name, after)| slots.iter().find(|(slot, _)| *slot == name).map(|(_, value)| (*value, after)));
        match slot {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_filled_and_other_braces_stay() {
        assert_eq!(filled("{a} of {b}, {c}", &[("a", "1"), ("b", "2")]), "1 of 2, {c}");
        assert_eq!(filled("}{", &[]), "}{");
    }

    #[test]
    fn a_sentence_is_told_in_the_language_of_the_file() {
        let german =
            Text::new(r#"{"sentence.LATE":"{days} Tage zu spät","n":{"one":"{n} Tag","other":"{n} Tage"}}"#, Locale::default());
        assert_eq!(german.sentence(&Sentence::new("LATE", "3 days late").with("days", 3)), "3 Tage zu spät");
        assert_eq!(german.sentence(&Sentence::new("EARLY", "early")), "early");
        assert_eq!((german.count("n", 1, &[]), german.count("n", 2_000, &[])), ("1 Tag".to_owned(), "2,000 Tage".to_owned()));
    }
}
