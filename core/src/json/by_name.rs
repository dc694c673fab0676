//! Values by name in a sorted list: for the handful of them that a declaration has, smaller and as quick as a tree.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Values by name, in the order of the names. Written as a map.
#[derive(Debug, Clone, PartialEq)]
pub struct ByName<T>(Vec<(String, T)>);

impl<T> ByName<T> {
    /// The value of `name`.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::json::ByName;
    /// let mut rates = ByName::default();
    /// rates.insert("b".to_owned(), 0.5);
    /// rates.insert("a".to_owned(), 0.1);
    /// assert_eq!(rates.insert("a".to_owned(), 0.2), Some(0.1));
    /// assert_eq!((rates.get("a"), rates.get("c")), (Some(&0.2), None));
    /// assert_eq!(rates.iter().map(|(name, _)| name).collect::<String>(), "ab");
    /// ```
    pub fn get(&self, name: &str) -> Option<&T> {
        let at = self.0.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Puts `value` in its place; what stood there before.
    pub fn insert(&mut self, name: String, value: T) -> Option<T> {
        let at = self.0.partition_point(|(known, _)| *known < name);
        match self.0.get_mut(at) {
            Some((known, old)) if *known == name => Some(std::mem::replace(old, value)),
            _ => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for ByName<T> {
    fn default() -> ByName<T> {
        ByName(Vec::new())
    }
}

impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ByName<T>, D::Error> {
        deserializer.deserialize_map(Members(PhantomData))
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = ByName<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of named values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByName<T>, A::Error> {
        let mut values = ByName::default();
        while let Some((name, value)) = map.next_entry()? {
            values.insert(name, value);
        }
        Ok(values)
    }
}
