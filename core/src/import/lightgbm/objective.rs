//! LightGBM's objectives: `ConvertOutput` of each.

use super::super::error::{ImportError, excerpt};
use super::text::Entry;
use crate::model::Averaged;

/// The link of an `objective=` line, such as `binary sigmoid:1`.
pub(super) fn link(entry: &Entry<'_>) -> Result<Averaged, ImportError> {
    let mut words = entry.value.split_ascii_whitespace();
    let name = words.next().unwrap_or("custom");
    let options: Vec<&str> = words.collect();
    let squared = options.contains(&"sqrt");
    match name {
        "binary" | "multiclassova" => {
            let text = options.iter().find_map(|option| option.strip_prefix("sigmoid:"));
            let text = text.ok_or_else(|| entry.error(format!("objective {name} without `sigmoid:`")))?;
            let scale = text.parse().ok().filter(|scale: &f64| *scale > 0.0 && scale.is_finite());
            let scale = scale.ok_or_else(|| entry.error(format!("sigmoid {:?} must be a positive number", excerpt(text))))?;
            Ok(Averaged::Logistic { scale })
        }
        "cross_entropy" => Ok(Averaged::Logistic { scale: 1.0 }),
        "cross_entropy_lambda" => Ok(Averaged::Log1pExp),
        "multiclass" => Ok(Averaged::Softmax),
        "poisson" | "gamma" | "tweedie" => Ok(Averaged::Exp),
        "regression" | "regression_l1" | "quantile" | "fair" | "mape" if squared => Ok(Averaged::SignedSquare),
        "regression" | "regression_l1" | "quantile" | "fair" | "mape" | "huber" | "lambdarank" | "rank_xendcg" | "custom" => {
            Ok(Averaged::Identity)
        }
        other => Err(ImportError::Unsupported {
            place: format!("line {}", entry.line),
            what: format!("objective {:?}", excerpt(other)),
        }),
    }
}
