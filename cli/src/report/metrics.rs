//! The measures of scores as a person reads them.

use serde_json::{Map, Value};

use crate::output::terminal;

/// A number for people; a reason where there is none.
pub fn shown(value: Option<&Value>) -> String {
    match value {
        Some(Value::Number(n)) => {
            n.as_f64().map_or_else(String::new, |x| if n.is_f64() { format!("{x:.4}") } else { n.to_string() })
        }
        Some(Value::Object(reason)) => {
            format!("no answer: {}", reason.get("insufficient").and_then(Value::as_str).unwrap_or("too little data"))
        }
        _ => "no answer".to_owned(),
    }
}

/// All measures.
pub fn page(all: &Map<String, Value>, slices: Option<&Value>, threshold: f64) -> String {
    let get = |name: &str| shown(all.get(name));
    let at = |name: &str| shown(all.get("at_threshold").and_then(|at| at.get(name)));
    let interval = match all.get("roc_auc_interval").and_then(Value::as_array).map(Vec::as_slice) {
        Some([low, high]) => format!("  (95 %: {} to {})", shown(Some(low)), shown(Some(high))),
        _ => String::new(),
    };
    let count = |name: &str| all.get(name).and_then(Value::as_u64).map_or_else(String::new, terminal::thousands);
    let called = format!("at {threshold}");
    let mut rows: Vec<(&str, String)> = vec![
        (
            "leads",
            format!(
                "{}, of which {} converted; {} open, {} without a score",
                count("leads"),
                count("positives"),
                count("open"),
                count("unscored")
            ),
        ),
        ("ROC AUC", format!("{}{interval}", get("roc_auc"))),
        ("  up to 10 % false positives", get("roc_auc_max_fpr_0.1")),
        ("average precision", get("average_precision")),
        ("KS of the classes", get("ks")),
    ];
    rows.push((called.as_str(), format!("precision {}, recall {}, F1 {}", at("precision"), at("recall"), at("f1"))));
    if all.contains_key("brier") {
        rows.push(("log loss", get("log_loss")));
        rows.push(("Brier score", get("brier")));
        rows.push(("calibration error", format!("{}, at most {}", get("calibration_error"), get("calibration_error_maximum"))));
    } else {
        rows.push(("calibration", "no answer: scores are not probabilities in [0, 1]".to_owned()));
    }
    let mut text = terminal::aligned(&rows);
    if let Some(slices) = slices {
        let of = |name: &str| {
            slices.get(name).map_or_else(String::new, |slice| {
                format!("{} of {} leads", shown(slice.get("roc_auc").or(Some(slice))), shown(slice.get("leads")))
            })
        };
        let rows = [("AUC of explored leads", of("explored")), ("AUC of worked leads", of("worked"))];
        text.push_str(&format!("\n\n{}", terminal::aligned(&rows)));
    }
    if let Some(bands) = all.get("bands").and_then(Value::as_array) {
        let rows = bands.iter().rev().map(|band| {
            let from = band.get("from").filter(|from| !from.is_null()).map_or("lowest".to_owned(), |from| shown(Some(from)));
            let cells = ["leads", "positives", "rate", "lift"].map(|name| shown(band.get(name)));
            std::iter::once(from).chain(cells).collect()
        });
        let head = ["band from", "leads", "converted", "rate", "lift"];
        text.push_str(&format!("\n\n{}", terminal::columns(&head, rows)));
    }
    text
}
