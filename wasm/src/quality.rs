//! Suites of Great Expectations over columns, as `plumbline quality` checks them: the module of `plumbline/quality`.
//!
//! Apart from the statistics, because the engine of the suites, with its regular expressions, is larger than all of them.

use js_sys::{
    Array, BigInt64Array, Date, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, JSON, Object, Uint8Array,
    Uint16Array, Uint32Array,
};
use plumbline_core::json::MAX_SAFE_INTEGER;
use plumbline_core::quality::{Profile, ResultFormat, Suite, Validation, generate};
use plumbline_core::table::{Cell, Column, Kind, Moment};
use serde_json::Value as Json;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::boundary::{Answer, failure, object};

/// Judges the table of `columns` (an object of columns of one length, by name) by the `suite`, a JSON text. `format` is a JSON text
/// of a result format.
#[wasm_bindgen(js_name = validate)]
pub fn validate(suite: &str, columns: &Object, format: &str) -> Answer {
    let suite = Suite::read(suite).map_err(|e| failure(e.code(), &e.to_string()))?;
    let format = serde_json::from_str(format).map_err(|e| e.to_string()).and_then(|format| ResultFormat::read(&format));
    let format = format.map_err(|e| failure("SETTINGS_INVALID", &format!("resultFormat: {e}")))?;
    let table = Table::of(columns)?;
    let mut validation = Validation::new(&suite, &table.names, &table.kinds(), &format);
    validation.push(&table.columns);
    let result = serde_json::to_value(validation.finish().document(None)).map_err(|e| failure("INTERNAL", &e.to_string()))?;
    object(&narrowed(result))
}

/// A suite that the table of `columns` meets.
#[wasm_bindgen(js_name = generateSuite)]
pub fn generate_suite(columns: &Object, name: &str) -> Answer {
    let table = Table::of(columns)?;
    let mut profile = Profile::new(&table.names, &table.kinds());
    profile.push(&table.columns);
    object(&narrowed(generate(&profile, name)))
}

/// Whole numbers that JavaScript does not have, as the nearest that it has.
fn narrowed(json: Json) -> Json {
    match json {
        Json::Number(n) if n.as_f64().is_some_and(|x| x.abs() > MAX_SAFE_INTEGER as f64) => {
            n.as_f64().map_or(Json::Null, Json::from)
        }
        Json::Array(items) => items.into_iter().map(narrowed).collect(),
        Json::Object(members) => members.into_iter().map(|(name, value)| (name, narrowed(value))).collect(),
        other => other,
    }
}

/// Columns by name, of one length.
struct Table {
    names: Vec<String>,
    columns: Vec<Column>,
}

impl Table {
    fn of(columns: &Object) -> Result<Table, JsValue> {
        let mut table = Table { names: Vec::new(), columns: Vec::new() };
        for entry in Object::entries(columns).iter() {
            let entry: Array = entry.unchecked_into();
            let name = entry.get(0).as_string().unwrap_or_default();
            let column = typed(&entry.get(1), &name)?;
            let first = table.columns.first().map_or(column.len(), Column::len);
            if first != column.len() {
                let message = format!("{name} has {} values, but the columns before it have {first}", column.len());
                return Err(failure("LENGTH_MISMATCH", &message));
            }
            table.names.push(name);
            table.columns.push(column);
        }
        Ok(table)
    }

    fn kinds(&self) -> Vec<Kind> {
        self.columns.iter().map(Column::kind).collect()
    }
}

/// A column, typed as pandas types what it would be given in its place.
fn typed(value: &JsValue, name: &str) -> Result<Column, JsValue> {
    macro_rules! ints {
        ($($array:ty),*) => {
            $(if let Some(values) = value.dyn_ref::<$array>() {
                return Ok(Column::Int(values.to_vec().into_iter().map(i64::from).collect()));
            })*
        };
    }
    if let Some(values) = value.dyn_ref::<Float64Array>() {
        return Ok(Column::Float(values.to_vec()));
    }
    if let Some(values) = value.dyn_ref::<Float32Array>() {
        return Ok(Column::Float(values.to_vec().into_iter().map(f64::from).collect()));
    }
    ints!(BigInt64Array, Int32Array, Uint32Array, Int16Array, Uint16Array, Int8Array, Uint8Array);
    let wrong = |what: &str| failure("SETTINGS_INVALID", &format!("{name} {what}"));
    let kinds = "is not a column: pass an array or a typed array (BigUint64Array is not supported)";
    let values = value.dyn_ref::<Array>().ok_or_else(|| wrong(kinds))?;
    if values.iter().any(|value| value.is_instance_of::<Date>()) {
        return moments(values).map_err(wrong);
    }
    // JSON has no word for what is infinite.
    if values.iter().any(|value| value.as_f64().is_some_and(f64::is_infinite)) {
        let number = |x: JsValue| x.as_f64().or((x.is_null() || x.is_undefined()).then_some(f64::NAN));
        let numbers: Option<Vec<f64>> = values.iter().map(number).collect();
        return numbers.map(Column::Float).ok_or_else(|| wrong("mixes infinite numbers with other values"));
    }
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    let text = text.ok_or_else(|| wrong("has a value that JSON cannot represent"))?;
    let values: Vec<Json> = serde_json::from_str(&text).map_err(|e| wrong(&e.to_string()))?;
    Ok(Column::of_json(&values))
}

/// A column of moments, where a missing one is null or no moment; or what is wrong with it.
fn moments(values: &Array) -> Result<Column, &'static str> {
    let mut column = Column::new(Kind::Time);
    for value in values.iter() {
        match value.dyn_ref::<Date>().map(Date::get_time) {
            Some(ms) if !ms.is_nan() => {
                column.push(Cell::Time(Moment::from_ms(ms as i64)));
            }
            None if !(value.is_null() || value.is_undefined()) => return Err("mixes dates with other values"),
            _ => column.push(Cell::Missing),
        }
    }
    Ok(column)
}
