//! Adjusted p-values as statsmodels computes them.

use std::path::Path;

use plumbline_core::stats::multiple::{Method, adjust};
use serde_json::Value;

use super::super::Suite;
use super::case::{Case, File};

const CLOSED: f64 = 1e-12;

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    File::read(folder, "multiple_testing.json")?.suite("multiple testing (statsmodels)", compare)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    let (p_values, alpha) = (case.numbers("pvalues")?, case.number("alpha")?);
    for (figure, answer) in case.figures()? {
        let method = match figure {
            "bonferroni" => Method::Bonferroni,
            "sidak" => Method::Sidak,
            "holm" => Method::Holm,
            "holm-sidak" => Method::HolmSidak,
            "simes-hochberg" => Method::SimesHochberg,
            "hommel" => Method::Hommel,
            "fdr_bh" => Method::BenjaminiHochberg,
            "fdr_by" => Method::BenjaminiYekutieli,
            _ => return Err(format!("multiple_testing.json holds {figure}, which nothing compares")),
        };
        let adjusted = adjust(&p_values, method).map_err(|e| e.to_string())?;
        case.all_close(suite, &format!("/{figure}/adjusted"), &adjusted, CLOSED);
        let rejected: Vec<Value> = adjusted.iter().map(|p| (*p <= alpha).into()).collect();
        let agrees = answer.get("reject").and_then(Value::as_array) == Some(&rejected);
        case.holds(suite, &format!("/{figure}/reject"), agrees, || format!("ours {rejected:?}, theirs {answer}"));
    }
    Ok(())
}
