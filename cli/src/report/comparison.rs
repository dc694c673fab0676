//! Two models' scores of the same leads, by DeLong's test.

use plumbline_core::metric::{Comparison, Labelled, MetricError};
use serde_json::{Value, json};

use super::metrics::shown;
use crate::Failure;
use crate::output::terminal::aligned;
use crate::table::columns::Columns;
use crate::table::leads::Leads;

/// The scores of `leads` against those in column `against`, on the leads that have both.
pub fn compare(table: &Columns, leads: &Leads, against: &str) -> Result<Value, Failure> {
    let others = table.numbers(against)?;
    let other = |row: &usize| others.get(*row).copied().filter(|score| !score.is_nan());
    let rows = leads.rows.iter().zip(leads.scores.iter().zip(&leads.converted));
    let both: Vec<(f64, f64, bool)> = rows.filter_map(|(row, (one, converted))| Some((*one, other(row)?, *converted))).collect();
    let (first, second): (Vec<f64>, Vec<f64>) = both.iter().map(|(one, two, _)| (*one, *two)).unzip();
    let converted: Vec<bool> = both.iter().map(|(.., converted)| *converted).collect();
    let refuse = |e: MetricError| Failure::input(&table.place, e.code(), format!("{against}: {e}"));
    let [first, second] = [&first, &second].map(|scores| Labelled::new(scores, &converted));
    let (first, second) = (first.map_err(refuse)?, second.map_err(refuse)?);
    Ok(match Comparison::new(&first, &second).map_err(refuse)? {
        Ok(found) => {
            let interval = |at: usize| found.areas.get(at).and_then(|area| area.interval(0.95)).map(|(low, high)| [low, high]);
            json!({ "against": against, "leads": both.len(), "roc_auc": found.areas.map(|area| area.auc),
                    "intervals": [interval(0), interval(1)], "difference": found.difference, "z": found.z, "p_value": found.p_value })
        }
        Err(reason) => json!({ "against": against, "leads": both.len(), "insufficient": reason.to_string() }),
    })
}

/// It for people.
pub fn page(found: &Value) -> String {
    let against = found.get("against").and_then(Value::as_str).unwrap_or_default();
    let label = format!("AUC against {against}");
    let told = match found.get("roc_auc").and_then(Value::as_array).map(Vec::as_slice) {
        Some([one, two]) => format!(
            "{} against {} on {} leads with both; difference {}, p {}",
            shown(Some(one)),
            shown(Some(two)),
            shown(found.get("leads")),
            shown(found.get("difference")),
            shown(found.get("p_value"))
        ),
        _ => shown(Some(found)),
    };
    aligned(&[(label.as_str(), told)])
}
