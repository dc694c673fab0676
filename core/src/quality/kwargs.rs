//! Reading the kwargs of one expectation; what is wrong is collected with the place it stands at.

use serde_json::{Map, Value as Json};

use super::SuiteError;
use crate::table::Scalar;

/// The kwargs of expectation `index`.
pub(super) struct Kwargs<'a> {
    pub index: usize,
    pub expectation: &'a str,
    pub map: &'a Map<String, Json>,
}

type Read<T> = Result<T, SuiteError>;

impl Kwargs<'_> {
    /// An error about `kwarg`.
    pub fn wrong(&self, kwarg: &str, message: impl Into<String>) -> SuiteError {
        let (expectation, kwarg) = (self.expectation.to_owned(), kwarg.to_owned());
        SuiteError::Kwarg { index: self.index, expectation, kwarg, message: message.into() }
    }

    /// The value of `kwarg`; null is absent.
    pub fn get(&self, kwarg: &str) -> Option<&Json> {
        self.map.get(kwarg).filter(|value| !value.is_null())
    }

    fn need<T>(&self, kwarg: &str, value: Option<T>) -> Read<T> {
        let words = if self.map.contains_key(kwarg) { "none is not an allowed value" } else { "field required" };
        value.ok_or_else(|| self.wrong(kwarg, words))
    }

    pub fn text(&self, kwarg: &str) -> Read<String> {
        let text = self.opt_text(kwarg)?;
        self.need(kwarg, text)
    }

    pub fn opt_text(&self, kwarg: &str) -> Read<Option<String>> {
        let text = |value: &Json| value.as_str().map(str::to_owned).ok_or_else(|| self.wrong(kwarg, "expected a string"));
        self.get(kwarg).map(text).transpose()
    }

    pub fn flag(&self, kwarg: &str) -> Read<Option<bool>> {
        let flag = |value: &Json| value.as_bool().ok_or_else(|| self.wrong(kwarg, "expected true or false"));
        self.get(kwarg).map(flag).transpose()
    }

    pub fn opt_number(&self, kwarg: &str) -> Read<Option<f64>> {
        self.get(kwarg).map(|value| number(value).ok_or_else(|| self.wrong(kwarg, "expected a number"))).transpose()
    }

    pub fn number(&self, kwarg: &str) -> Read<f64> {
        let number = self.opt_number(kwarg)?;
        self.need(kwarg, number)
    }

    /// A share in [0, 1]; `default` when it is absent.
    pub fn share(&self, kwarg: &str, default: f64) -> Read<f64> {
        match self.opt_number(kwarg)? {
            Some(x) if x > 1.0 => Err(self.wrong(kwarg, format!("ensure this value is less than or equal to 1, not {x}"))),
            Some(x) if x >= 0.0 => Ok(x),
            Some(x) => Err(self.wrong(kwarg, format!("ensure this value is greater than or equal to 0, not {x}"))),
            None => Ok(default),
        }
    }

    pub fn mostly(&self) -> Read<f64> {
        self.share("mostly", 1.0)
    }

    pub fn integer(&self, kwarg: &str) -> Read<Option<i64>> {
        let whole = |value: &Json| match value.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < 9e15) {
            Some(x) => Ok(x as i64),
            None => Err(self.wrong(kwarg, format!("value is not a valid integer: {value}"))),
        };
        self.get(kwarg).map(whole).transpose()
    }

    pub fn needed_integer(&self, kwarg: &str) -> Read<i64> {
        let n = self.integer(kwarg)?;
        self.need(kwarg, n)
    }

    pub fn opt_list(&self, kwarg: &str) -> Read<Option<Vec<Scalar>>> {
        let list = |value: &Json| {
            let list = value.as_array().ok_or_else(|| self.wrong(kwarg, "expected a list"))?;
            Ok(list.iter().map(Scalar::of_json).collect())
        };
        self.get(kwarg).map(list).transpose()
    }

    pub fn list(&self, kwarg: &str) -> Read<Vec<Scalar>> {
        let list = self.opt_list(kwarg)?;
        self.need(kwarg, list)
    }

    pub fn opt_texts(&self, kwarg: &str) -> Read<Option<Vec<String>>> {
        let Some(list) = self.opt_list(kwarg)? else { return Ok(None) };
        let text = |value: Scalar| if let Scalar::Text(text) = value { Some(text) } else { None };
        let texts: Option<Vec<String>> = list.into_iter().map(text).collect();
        texts.map(Some).ok_or_else(|| self.wrong(kwarg, "expected a list of strings"))
    }

    pub fn texts(&self, kwarg: &str) -> Read<Vec<String>> {
        let texts = self.opt_texts(kwarg)?;
        self.need(kwarg, texts)
    }

    pub fn numbers(&self, kwarg: &str, value: Option<&Json>) -> Read<Option<Vec<f64>>> {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
        let list = value.as_array().and_then(|list| list.iter().map(number).collect::<Option<Vec<f64>>>());
        list.map(Some).ok_or_else(|| self.wrong(kwarg, "expected a list of numbers"))
    }

    /// One of `words`, the first when it is absent.
    pub fn choice(&self, kwarg: &str, words: &[&'static str]) -> Read<&'static str> {
        let Some(word) = self.opt_text(kwarg)? else { return Ok(words.first().copied().unwrap_or_default()) };
        let permitted = || format!("value {word:?} is not a valid enumeration member; permitted: {}", words.join(", "));
        words.iter().find(|own| **own == word).copied().ok_or_else(|| self.wrong(kwarg, permitted()))
    }
}

/// A number, or one of the words Python has for what JSON cannot say.
pub(super) fn number(value: &Json) -> Option<f64> {
    match value.as_str() {
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        _ => value.as_f64(),
    }
}
