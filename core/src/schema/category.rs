//! The listed categories of a field, compiled for look-up in every spelling that libraries and file formats give them.
//!
//! A text that is listed as it stands comes first. Otherwise spellings of one value are the same category: white space on both sides
//! does not count, `2`, `2.0` and `2e0` are one number, `True`, `TRUE` and `true` one flag, `1` and `0` are the flags where there are no other
//! categories. A category of single precision also has the
//! short decimal that pandas writes for it (`0.1` for 0.10000000149011612). A spelling that two categories share belongs to neither.

use std::collections::BTreeMap;

use crate::json::{Decimal, parse_number};
use crate::name::Names;

/// Stands in a listed category for a character that the model's file has lost.
pub const LOST: char = char::REPLACEMENT_CHARACTER;

/// The listed categories of a field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Categories {
    names: Names,
    /// Other spellings, and the code of each.
    spellings: Names,
    codes: Vec<u32>,
    /// Categories whose end the file has lost: what is left, the length in characters, the code.
    cut: Vec<(Box<str>, usize, u32)>,
}

impl Categories {
    /// Compiles `list`, in code order.
    pub fn new(list: &[String]) -> Categories {
        let mut spellings: BTreeMap<String, Option<u32>> = BTreeMap::new();
        let mut cut = Vec::new();
        let are_flags = list.len() == 2 && list.iter().all(|category| digit(category).is_some());
        for (code, category) in list.iter().enumerate() {
            let digit = digit(category).filter(|_| are_flags).map(str::to_owned);
            for spelling in spellings_of(category).chain(digit) {
                let code = code as u32;
                spellings.entry(spelling).and_modify(|of| *of = of.filter(|of| *of == code)).or_insert(Some(code));
            }
            if let Some((known, _)) = category.split_once(LOST)
                && category.ends_with(LOST)
            {
                cut.push((known.into(), category.chars().count(), code as u32));
            }
        }
        let unique: Vec<(&str, u32)> = spellings.iter().filter_map(|(text, code)| Some((text.as_str(), (*code)?))).collect();
        Categories {
            names: Names::new(list.iter().map(String::as_str)),
            spellings: Names::new(unique.iter().map(|(text, _)| *text)),
            codes: unique.iter().map(|(_, code)| *code).collect(),
            cut,
        }
    }

    /// How many categories are listed.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether none is listed.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The code of `text`.
    #[inline]
    pub fn find(&self, text: &str) -> Option<usize> {
        self.names.find(text).or_else(|| self.find_spelling(text))
    }

    /// The code of `text`, which is not listed as it stands.
    #[inline(never)]
    fn find_spelling(&self, text: &str) -> Option<usize> {
        let of = |text: &str| self.spellings.find(text).and_then(|at| self.codes.get(at));
        let trimmed = text.trim();
        let found = of(trimmed).or_else(|| of(&plain(trimmed)?));
        found.copied().or_else(|| self.find_cut(trimmed)).map(|code| code as usize)
    }

    /// The one category that `text` is as far as the model's file has kept it.
    fn find_cut(&self, text: &str) -> Option<u32> {
        let mut fits = self.cut.iter().filter(|(known, length, _)| text.starts_with(&**known) && text.chars().count() == *length);
        let (_, _, code) = fits.next()?;
        fits.next().is_none().then_some(*code)
    }
}

/// Whether `a` and `b` spell one category.
pub(crate) fn is_same(a: &str, b: &str) -> bool {
    a == b || spellings_of(a).any(|a| spellings_of(b).any(|b| a == b))
}

/// The spellings by which `category` is found though a lead spells it otherwise.
fn spellings_of(category: &str) -> impl Iterator<Item = String> + use<> {
    let trimmed = category.trim();
    // A number of single precision gives itself away by the digits of its double.
    let short = parse_number(trimmed)
        .ok()
        .filter(|x| f64::from(*x as f32) == *x)
        .and_then(|x| plain(zmij::Buffer::new().format(x as f32)));
    let short = short.filter(|short| trimmed.contains('.') && trimmed.len() > short.len() + 4);
    [Some(plain(trimmed).unwrap_or_else(|| trimmed.to_owned())), short].into_iter().flatten()
}

/// `1` or `0` for a category that is a flag, as Python counts them.
fn digit(category: &str) -> Option<&'static str> {
    match category.trim() {
        "True" | "TRUE" | "true" => Some("1"),
        "False" | "FALSE" | "false" => Some("0"),
        _ => None,
    }
}

/// The one spelling of a number or a flag; none for other texts.
fn plain(text: &str) -> Option<String> {
    match text {
        "True" | "TRUE" | "true" => Some("true".to_owned()),
        "False" | "FALSE" | "false" => Some("false".to_owned()),
        _ => parse_number(text).ok().map(|x| Decimal(x).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_found_in_every_spelling() {
        let found =
            |list: &[&str], text: &str| Categories::new(&list.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>()).find(text);
        let rows: &[(&[&str], &str, Option<usize>)] = &[
            (&["false", "true"], "True", Some(1)),
            (&["False", "True"], "false", Some(0)),
            (&["false", "true"], "yes", None),
            (&["false", "true"], "1.0", Some(1)),
            (&["True", "False"], "0", Some(1)),
            (&["false", "true"], "2", None),
            (&["false", "true", "maybe"], "1", None),
            (&["a", "b"], "1", None),
            (&["10", "20"], "20.0", Some(1)),
            (&["10", "20"], " 2e1", Some(1)),
            (&["10", "20"], "020", None),
            (&["1.0", "2.5"], "1", Some(0)),
            (&["1.0", "2.5"], "2.50", Some(1)),
            (&["1e20", "2e20"], "1e+20", Some(0)),
            (&["1e+20", "2e+20"], "100000000000000000000", Some(0)),
            (&["0.10000000149011612", "0.5"], "0.1", Some(0)),
            (&["0.1", "0.5"], "0.10000000149011612", None),
            (&["01", "1"], "1.0", Some(1)),
            (&["01", "02"], "1", None),
            (&["9007199254740993"], "9007199254740993", Some(0)),
            (&["9007199254740993"], "9007199254740992", None),
            (&[" Private", " ?"], "Private", Some(0)),
            (&[" Private", "Private"], " Private", Some(0)),
            (&[" Private", "Private"], "Private", Some(1)),
            (&[" Private", "Private"], "Private ", None),
            (&["a", ""], " ", Some(1)),
            (&["a"], "A", None),
            (&["Basel", "Züri\u{fffd}\u{fffd}"], "Zürich", Some(1)),
            (&["Basel", "Züri\u{fffd}\u{fffd}"], "Zürichs", None),
            (&["Züri\u{fffd}\u{fffd}", "Zür\u{fffd}\u{fffd}\u{fffd}"], "Zürich", None),
        ];
        for (list, text, code) in rows {
            assert_eq!(found(list, text), *code, "{text:?} of {list:?}");
        }
    }
}
