//! Values of JSON as Rust's. By hand and small: code derived for all parts of the report was a third of the page's module.

use std::collections::BTreeMap;

use serde_json::Value;

/// A type that is read from JSON; the error is the path of what does not fit.
pub trait Read: Sized {
    /// The value in `value`, where an absent one is null.
    ///
    /// # Errors
    /// The path of the value that has another shape; empty for `value` itself.
    fn read(value: &Value) -> Result<Self, String>;
}

/// The member `name` of `value`; null where there is none.
pub fn field<T: Read>(value: &Value, name: &str) -> Result<T, String> {
    T::read(value.get(name).unwrap_or(&Value::Null)).map_err(|path| join(name, &path))
}

fn join(name: &str, path: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{name}.{path}") }
}

impl Read for String {
    fn read(value: &Value) -> Result<String, String> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Null => Ok(String::new()),
            _ => Err(String::new()),
        }
    }
}

impl Read for f64 {
    fn read(value: &Value) -> Result<f64, String> {
        value.as_f64().filter(|x| x.is_finite()).ok_or_else(String::new)
    }
}

impl Read for u64 {
    fn read(value: &Value) -> Result<u64, String> {
        value.as_u64().ok_or_else(String::new)
    }
}

impl Read for u32 {
    fn read(value: &Value) -> Result<u32, String> {
        u64::read(value).and_then(|n| u32::try_from(n).map_err(|_| String::new()))
    }
}

impl Read for bool {
    fn read(value: &Value) -> Result<bool, String> {
        value.as_bool().ok_or_else(String::new)
    }
}

impl Read for Value {
    fn read(value: &Value) -> Result<Value, String> {
        Ok(value.clone())
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: &Value) -> Result<Option<T>, String> {
        if value.is_null() { Ok(None) } else { T::read(value).map(Some) }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: &Value) -> Result<Vec<T>, String> {
        let entries = match value {
            Value::Array(entries) => entries.as_slice(),
            Value::Null => &[],
            _ => return Err(String::new()),
        };
        let mut read = Vec::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            read.push(T::read(entry).map_err(|path| join(&place.to_string(), &path))?);
        }
        Ok(read)
    }
}

impl<T: Read, const N: usize> Read for [T; N] {
    fn read(value: &Value) -> Result<[T; N], String> {
        Vec::read(value)?.try_into().map_err(|_| String::new())
    }
}

impl<A: Read, B: Read> Read for (A, B) {
    fn read(value: &Value) -> Result<(A, B), String> {
        match value.as_array().map(Vec::as_slice) {
            Some([a, b]) => Ok((A::read(a)?, B::read(b)?)),
            _ => Err(String::new()),
        }
    }
}

impl<T: Read> Read for BTreeMap<String, T> {
    fn read(value: &Value) -> Result<BTreeMap<String, T>, String> {
        let mut read = BTreeMap::new();
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    read.insert(name.clone(), T::read(value).map_err(|path| join(name, &path))?);
                }
                Ok(read)
            }
            Value::Null => Ok(read),
            _ => Err(String::new()),
        }
    }
}
