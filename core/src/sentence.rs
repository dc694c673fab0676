//! A sentence for people, with the code and the values that programs read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A sentence in plain English, the stable code of its kind, and the values in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sentence {
    /// The kind of statement, in capitals: the same text pattern always has the same code.
    pub code: String,
    /// The sentence.
    pub text: String,
    /// The values in it, by name: numbers unrounded, times as milliseconds since 1970.
    #[serde(default)]
    pub values: BTreeMap<String, Value>,
}

impl Sentence {
    /// A sentence without values.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::sentence::Sentence;
    /// let sentence = Sentence::new("DAYS_MISSING", "Shadow needs 3 more days.").with("days", 3);
    /// assert_eq!(sentence.values["days"], 3);
    /// ```
    pub fn new(code: &str, text: impl Into<String>) -> Sentence {
        Sentence { code: code.to_owned(), text: text.into(), values: BTreeMap::new() }
    }

    /// The sentence with one more value. A number that is not finite is null.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Sentence {
        self.values.insert(name.to_owned(), value.into());
        self
    }
}
