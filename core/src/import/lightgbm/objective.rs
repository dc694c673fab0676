//! LightGBM's objectives: `ConvertOutput` of each.

use super::super::error::{ImportError, excerpt};
use super::text::Entry;
use crate::model::Averaged;

/// The link of an `objective=` line, such as `binary sigmoid:1`, in a file of a version before 2.0.7 (`is_early`) or a later one.
pub(super) fn link(entry: &Entry<'_>, is_early: bool) -> Result<Averaged, ImportError> {
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
        "cross_entropy" | "xentropy" => Ok(Averaged::Logistic { scale: 1.0 }),
        "cross_entropy_lambda" | "xentlambda" => Ok(Averaged::Log1pExp),
        "multiclass" => Ok(Averaged::Softmax),
        // Its margins were the predictions, before there was a logarithm.
        "poisson" if is_early => Ok(Averaged::Identity),
        // 2.0 squares before the exponential, later versions do not.
        "poisson" if squared => Err(ImportError::Unsupported {
            place: format!("line {}", entry.line),
            what: "objective poisson with sqrt, which versions of LightGBM predict differently,".to_owned(),
        }),
        "poisson" | "gamma" | "tweedie" => Ok(Averaged::Exp),
        "regression" | "regression_l1" | "quantile" | "quantile_l2" | "fair" | "mape" | "huber" if squared => {
            Ok(Averaged::SignedSquare)
        }
        "regression" | "regression_l1" | "quantile" | "quantile_l2" | "fair" | "mape" | "huber" | "lambdarank"
        | "rank_xendcg" | "custom" => Ok(Averaged::Identity),
        other => Err(ImportError::Unsupported {
            place: format!("line {}", entry.line),
            what: format!("objective {:?}", excerpt(other)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_since_2_0_has_its_link() {
        let of = |value: &str, is_early: bool| link(&Entry { line: 7, value }, is_early).ok();
        let rows = [
            ("binary sigmoid:2", Some(Averaged::Logistic { scale: 2.0 })),
            ("multiclassova num_class:3 sigmoid:1", Some(Averaged::Logistic { scale: 1.0 })),
            ("multiclass num_class:3", Some(Averaged::Softmax)),
            ("xentropy", Some(Averaged::Logistic { scale: 1.0 })),
            ("cross_entropy", Some(Averaged::Logistic { scale: 1.0 })),
            ("xentlambda", Some(Averaged::Log1pExp)),
            ("quantile_l2", Some(Averaged::Identity)),
            ("huber sqrt", Some(Averaged::SignedSquare)),
            ("quantile_l2 sqrt", Some(Averaged::SignedSquare)),
            ("poisson", Some(Averaged::Exp)),
            ("poisson sqrt", None),
            ("lambdarank", Some(Averaged::Identity)),
            ("unheard", None),
        ];
        for (value, expected) in rows {
            assert_eq!(of(value, false), expected, "{value}");
        }
        assert_eq!(of("poisson", true), Some(Averaged::Identity));
    }
}
