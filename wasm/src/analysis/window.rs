//! Hourly windows over bytes: the files `plumbline window` makes, made, merged and read in a page.

use js_sys::{Array, Object, Uint8Array};
use plumbline_core::drift::Sample;
use plumbline_core::histogram::Bins;
use plumbline_core::window::{FeatureLayout, Layout, Series, Summary, Window};
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::answer::{Answer, declared, failure, object, refused_drift, settings};
use super::column::{Column, MISSING, Names, column};

/// Bins of a number whose layout is learnt.
const BINS: usize = 50;

fn read(bytes: &[u8]) -> Result<Series, JsValue> {
    Series::read(bytes).map_err(|e| failure(e.code(), &e.to_string()))
}

#[wasm_bindgen(js_name = mergeWindows)]
pub fn merge_windows(files: &Array) -> Result<Vec<u8>, JsValue> {
    let mut all: Option<Series> = None;
    for file in files.iter() {
        let bytes =
            file.dyn_ref::<Uint8Array>().ok_or_else(|| failure("WINDOW_NOT_A_WINDOW", "each file must be a Uint8Array"))?;
        let one = read(&bytes.to_vec())?;
        match &mut all {
            None => all = Some(one),
            Some(all) => all.merge(&one).map_err(|e| failure(e.code(), &e.to_string()))?,
        }
    }
    all.map(|all| all.write()).ok_or_else(|| failure("INSUFFICIENT_DATA", "found 0 files, need at least 1"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wish {
    now_ms: f64,
    #[serde(default)]
    from_ms: Option<f64>,
    #[serde(default)]
    to_ms: Option<f64>,
}

#[wasm_bindgen(js_name = readWindows)]
pub fn read_windows(file: &[u8], reference: Option<Vec<u8>>, wish: JsValue) -> Answer {
    let Wish { now_ms, from_ms, to_ms } = settings(&wish)?;
    let mut series = read(file)?;
    series.keep(from_ms.map_or(i64::MIN, |ms| ms as i64), to_ms.map_or(i64::MAX, |ms| ms as i64));
    let reference = match reference {
        None => None,
        Some(bytes) => {
            let mut same = Series::new(series.layout().clone());
            same.merge(&read(&bytes)?).map_err(|e| failure(e.code(), &e.to_string()))?;
            Some(same.total())
        }
    };
    object(&Summary::new(&series.total(), series.layout(), reference.as_ref(), now_ms as i64))
}

/// One value per row; NaN is missing, an outcome that is open, a row without a score.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[derive(Default)]
struct Rows {
    time_ms: Vec<f64>,
    score: Vec<f64>,
    converted: Vec<f64>,
    explored: Vec<f64>,
    latency_us: Vec<f64>,
    failed: Vec<f64>,
}

impl Rows {
    fn check(&self) -> Result<(), JsValue> {
        let wrong = |code: &str, message: String| Err(failure(code, &message));
        let columns = [
            ("score", &self.score),
            ("converted", &self.converted),
            ("explored", &self.explored),
            ("latencyUs", &self.latency_us),
            ("failed", &self.failed),
        ];
        for (name, column) in columns {
            if !column.is_empty() && column.len() != self.time_ms.len() {
                return wrong(
                    "LENGTH_MISMATCH",
                    format!("{name} has {} values, but timeMs has {}", column.len(), self.time_ms.len()),
                );
            }
        }
        if let Some(row) = self.time_ms.iter().position(|ms| !(-8.64e15..=8.64e15).contains(ms)) {
            return wrong("VALUE_NOT_A_TIME", format!("timeMs in row {row} is not a time in milliseconds"));
        }
        if let Some(row) = self.score.iter().position(|score| !score.is_nan() && !(0.0..=1.0).contains(score)) {
            return wrong("NOT_A_PROBABILITY", format!("the score in row {row} is not in [0, 1]"));
        }
        if let Some(row) = self.latency_us.iter().position(|micros| *micros < 0.0 || micros.is_infinite()) {
            return wrong("BAD_LATENCY", format!("latencyUs in row {row} is negative or infinite"));
        }
        for (name, column) in [("converted", &self.converted), ("explored", &self.explored), ("failed", &self.failed)] {
            if let Some(row) = column.iter().position(|flag| !(flag.is_nan() || *flag == 0.0 || *flag == 1.0)) {
                return wrong("NOT_A_LABEL", format!("{name} in row {row} must be 0 or 1"));
            }
        }
        Ok(())
    }
}

/// Counts rows hour by hour. `features` are columns by name; their bins are those of `like`, a file, or learnt from them.
#[wasm_bindgen(js_name = makeWindows)]
pub fn make_windows(rows: JsValue, features: &Object, like: Option<Vec<u8>>) -> Result<Vec<u8>, JsValue> {
    let rows: Rows = declared(rows)?;
    rows.check()?;
    let mut columns: Vec<(String, Column, Names)> = Vec::new();
    for entry in Object::entries(features).iter() {
        let entry: Array = entry.unchecked_into();
        let (name, mut names) = (entry.get(0).as_string().unwrap_or_default(), Names::default());
        let values = column(&entry.get(1), &name, &mut names)?;
        let found = match &values {
            Column::Numbers(values) => values.len(),
            Column::Texts(codes) => codes.len(),
        };
        if found != rows.time_ms.len() {
            let message = format!("{name} has {found} values, but timeMs has {}", rows.time_ms.len());
            return Err(failure("LENGTH_MISMATCH", &message));
        }
        columns.push((name, values, names));
    }
    let layout = match like {
        Some(bytes) => read(&bytes)?.layout().clone(),
        None => Layout::new(columns.iter().map(learnt).collect::<Result<Vec<FeatureLayout>, JsValue>>()?),
    };
    let places: Vec<Option<&(String, Column, Names)>> =
        layout.features().iter().map(|feature| columns.iter().find(|(name, ..)| name == feature.name())).collect();
    let mut series = Series::new(layout.clone());
    for (row, ms) in rows.time_ms.iter().enumerate() {
        let count = |layout: &Layout, hour: &mut Window| {
            rows.count(row, hour);
            for (place, column) in places.iter().enumerate() {
                let Some((_, column, names)) = column else {
                    hour.count_number(layout, place, None);
                    hour.count_category(layout, place, None);
                    continue;
                };
                match column {
                    Column::Numbers(values) => hour.count_number(layout, place, values.get(row).copied()),
                    Column::Texts(codes) => {
                        let code = codes.get(row).copied().filter(|code| *code != MISSING);
                        let text = code.and_then(|code| names.names.get(code as usize)).map(String::as_str);
                        hour.count_category(layout, place, text);
                    }
                }
            }
        };
        series.count(*ms as i64, count).map_err(|e| failure(e.code(), &e.to_string()))?;
    }
    Ok(series.write())
}

fn learnt((name, column, names): &(String, Column, Names)) -> Result<FeatureLayout, JsValue> {
    let name = name.clone();
    match column {
        Column::Numbers(values) => {
            let present: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
            let sample = Sample::reference(&present).map_err(refused_drift)?;
            Ok(FeatureLayout::Number {
                name,
                bins: Bins::of_quantiles(sample.values(), BINS).map_err(super::answer::insufficient)?,
            })
        }
        Column::Texts(_) => {
            let mut known = names.names.clone();
            known.sort_unstable();
            Ok(FeatureLayout::Category { name, known })
        }
    }
}

impl Rows {
    fn count(&self, row: usize, hour: &mut Window) {
        let of = |column: &[f64]| column.get(row).copied().filter(|x| !x.is_nan());
        let yes = |column: &[f64]| of(column) == Some(1.0);
        hour.counters.requests += 1;
        hour.counters.failed += u64::from(yes(&self.failed));
        of(&self.latency_us).into_iter().for_each(|micros| hour.latency.add(micros as u64));
        hour.counters.leads += 1;
        if let Some(score) = of(&self.score) {
            let converted = of(&self.converted).map(|converted| converted == 1.0);
            hour.counters.scored += 1;
            hour.scores.add(score, converted);
            if yes(&self.explored) {
                hour.explored.add(score, converted);
            }
        }
    }
}
