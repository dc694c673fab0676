//! What needs JavaScript's own values: how columns, settings, answers and failures cross. Run in node by
//! `cargo run -p xtask -- wasm-test`; the package as its users get it is tested in `tests/hosts`.

use js_sys::{Array, Float64Array, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::answer::{failure, object, settings};
use super::column::{Column, MISSING, Names, column};
use super::{report, window};

fn member(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn code(error: &JsValue) -> String {
    member(error, "code").as_string().unwrap_or_default()
}

fn parsed(text: &str) -> JsValue {
    JSON::parse(text).unwrap_or(JsValue::UNDEFINED)
}

#[wasm_bindgen_test]
fn numbers_and_texts_become_columns() {
    let mut names = Names::default();
    let numbers = Float64Array::from([1.0, f64::NAN, -0.0].as_slice());
    match column(&numbers, "x", &mut names) {
        Ok(Column::Numbers(values)) => {
            assert!(values.len() == 3 && values[1].is_nan() && values[2].to_bits() == (-0.0f64).to_bits())
        }
        _ => panic!("a Float64Array is numbers"),
    }
    let texts = Array::of3(&"b".into(), &JsValue::NULL, &"b".into());
    match column(&texts, "x", &mut names) {
        Ok(Column::Texts(codes)) => assert_eq!(codes, [0, MISSING, 0]),
        _ => panic!("texts are texts"),
    }
    assert_eq!(names.names, ["b"]);
    for odd in [Array::of1(&1.5.into()).into(), JsValue::from(3.0), JsValue::NULL, Object::new().into()] {
        assert_eq!(column(&odd, "x", &mut names).map(drop).map_err(|e| code(&e)), Err("SETTINGS_INVALID".to_owned()));
    }
}

#[wasm_bindgen_test]
fn failures_are_errors_with_a_code() {
    let error = failure("SOME_CODE", "what happened");
    assert!(error.is_instance_of::<js_sys::Error>());
    assert_eq!((code(&error), member(&error, "message").as_string()), ("SOME_CODE".to_owned(), Some("what happened".to_owned())));
    for slip in ["{\"lift\": 1}", "{\"baseline\": {\"rate\": 0.1}, \"lift\": 0.05, \"liftt\": 1}", "3", "null"] {
        let refused = settings::<plumbline_core::experiment::Plan>(&parsed(slip)).map(drop).map_err(|e| code(&e));
        assert_eq!(refused, Err("SETTINGS_INVALID".to_owned()), "{slip}");
    }
}

#[wasm_bindgen_test]
fn answers_are_plain_objects() {
    let map = std::collections::BTreeMap::from([("a", 1), ("b", 2)]);
    let text = object(&map).ok().and_then(|value| JSON::stringify(&value).ok()).map(String::from);
    assert_eq!(text.as_deref(), Some("{\"a\":1,\"b\":2}"));
}

#[wasm_bindgen_test]
fn a_report_takes_what_a_page_has() {
    let feature = Object::new();
    let values = Float64Array::from([1.0, 2.0, 3.0, f64::NAN].as_slice());
    for (name, value) in [("name", JsValue::from("visits")), ("reference", values.clone().into()), ("current", values.into())] {
        Reflect::set(&feature, &name.into(), &value).expect("an object takes members");
    }
    let report = report::drift_report(&Array::of1(&feature), JsValue::UNDEFINED).expect("a report");
    let first = Array::from(&member(&report, "features")).get(0);
    assert_eq!(
        (member(&first, "distance").as_f64(), member(&member(&first, "missing"), "current").as_f64()),
        (Some(0.0), Some(0.25))
    );
    let nameless = report::drift_report(&Array::of1(&Object::new()), JsValue::UNDEFINED);
    assert_eq!(nameless.map_err(|e| code(&e)), Err("SETTINGS_INVALID".to_owned()));
}

#[wasm_bindgen_test]
fn windows_cross_as_bytes() {
    let made = |score: &str| {
        let rows = parsed(&format!("{{\"timeMs\": [0, 3600000], \"score\": {score}, \"converted\": [0, 1]}}"));
        window::make_windows(rows, &Object::new(), None).expect("two hours")
    };
    let (made, other) = (made("[0.25, 0.75]"), made("[0.125, 0.5]"));
    let file = |bytes: &[u8]| js_sys::Uint8Array::from(bytes);
    let merged = window::merge_windows(&Array::of2(&file(&made), &file(&other))).expect("of one layout");
    let twice = window::merge_windows(&Array::of2(&file(&made), &file(&made)));
    assert_eq!(twice.map(drop).map_err(|e| code(&e)), Err("WINDOW_MERGED_BEFORE".to_owned()));
    let figures = window::read_windows(&merged, None, parsed("{\"nowMs\": 3600000}")).expect("figures");
    assert_eq!((member(&figures, "requests").as_f64(), member(&figures, "freshness_ms").as_f64()), (Some(4.0), Some(0.0)));
    assert_eq!(member(&member(&figures, "roc_auc"), "value").as_f64(), Some(1.0));
    let cut = window::read_windows(made.get(..20).unwrap_or_default(), None, parsed("{\"nowMs\": 0}"));
    assert_eq!(cut.map(drop).map_err(|e| code(&e)), Err("WINDOW_CHECKSUM".to_owned()));
}
