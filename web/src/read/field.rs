//! Values of JSON as Rust's, by hand and small: code derived for all parts of the report was a third of the page's module. A value of another
//! shape reads as an empty one and is remembered as a fault, so that reading a part has one way out.

use std::collections::BTreeMap;

use serde_json::Value;

/// The first value of another shape than was asked for, by its name; none while all fit.
#[derive(Debug, Default)]
pub struct Misfit(pub Option<String>);

impl Misfit {
    fn note<T: Default>(&mut self) -> T {
        self.0.get_or_insert_default();
        T::default()
    }
}

/// A type that is read from JSON.
pub trait Read: Sized {
    /// What `value` holds, where an absent value is null; an empty one with a note in `misfit` where it has another shape.
    fn read(value: &Value, misfit: &mut Misfit) -> Self;
}

/// The member `name` of `value`; of null where there is none.
#[inline(never)]
pub fn member<T: Read>(value: &Value, name: &str, misfit: &mut Misfit) -> T {
    let is_new = misfit.0.is_none();
    let read = T::read(value.get(name).unwrap_or(&Value::Null), misfit);
    if let (true, Some(at)) = (is_new, &mut misfit.0) {
        if !at.is_empty() {
            at.insert(0, '.');
        }
        at.insert_str(0, name);
    }
    read
}

/// The member `name` of `value`; an empty one where it is absent or has another shape.
pub fn field<T: Read>(value: &Value, name: &str) -> T {
    member(value, name, &mut Misfit::default())
}

/// What all of `value` holds; the name of what has another shape where something has.
///
/// # Errors
/// The path of that value.
pub fn whole<T: Read>(value: &Value) -> Result<T, String> {
    let mut misfit = Misfit::default();
    let read = T::read(value, &mut misfit);
    misfit.0.map_or(Ok(read), Err)
}

impl Read for String {
    fn read(value: &Value, misfit: &mut Misfit) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            _ => misfit.note(),
        }
    }
}

impl Read for f64 {
    fn read(value: &Value, misfit: &mut Misfit) -> f64 {
        value.as_f64().unwrap_or_else(|| misfit.note())
    }
}

impl Read for u64 {
    fn read(value: &Value, misfit: &mut Misfit) -> u64 {
        value.as_u64().unwrap_or_else(|| misfit.note())
    }
}

impl Read for u32 {
    fn read(value: &Value, misfit: &mut Misfit) -> u32 {
        // Counts that older reports do not have.
        if value.is_null() {
            return 0;
        }
        u32::try_from(u64::read(value, misfit)).unwrap_or_else(|_| misfit.note())
    }
}

impl Read for bool {
    fn read(value: &Value, misfit: &mut Misfit) -> bool {
        match value {
            Value::Bool(flag) => *flag,
            Value::Null => false,
            _ => misfit.note(),
        }
    }
}

impl Read for Value {
    fn read(value: &Value, _: &mut Misfit) -> Value {
        value.clone()
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: &Value, misfit: &mut Misfit) -> Option<T> {
        if value.is_null() { None } else { Some(T::read(value, misfit)) }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: &Value, misfit: &mut Misfit) -> Vec<T> {
        match value {
            Value::Array(entries) => entries.iter().map(|entry| T::read(entry, misfit)).collect(),
            Value::Null => Vec::new(),
            _ => misfit.note(),
        }
    }
}

impl<T: Read + Default, const N: usize> Read for [T; N] {
    fn read(value: &Value, misfit: &mut Misfit) -> [T; N] {
        let mut read = std::array::from_fn(|_| T::default());
        match value {
            Value::Array(entries) if entries.len() == N => {
                for (place, entry) in read.iter_mut().zip(entries) {
                    *place = T::read(entry, misfit);
                }
            }
            _ => misfit.note(),
        }
        read
    }
}

impl<A: Read, B: Read> Read for (A, B) {
    fn read(value: &Value, misfit: &mut Misfit) -> (A, B) {
        let entry = |place: usize| value.get(place).unwrap_or(&Value::Null);
        if value.as_array().map(Vec::len) != Some(2) {
            misfit.note::<()>();
        }
        (A::read(entry(0), misfit), B::read(entry(1), misfit))
    }
}

impl<T: Read> Read for BTreeMap<String, T> {
    fn read(value: &Value, misfit: &mut Misfit) -> BTreeMap<String, T> {
        let mut read = BTreeMap::new();
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    read.insert(name.clone(), T::read(value, misfit));
                }
            }
            Value::Null => {}
            _ => misfit.note(),
        }
        read
    }
}
