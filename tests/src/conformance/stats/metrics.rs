//! Metrics of scores against outcomes, as scikit-learn computes them: every figure of every case.
//!
//! Three differences are by design and are asserted as such. scikit-learn gives 0 for a ratio without a denominator (precision when
//! nothing is called, MCC of one class, average precision without conversions), NaN for the area and kappa of one class, and the
//! remaining rate for the balanced accuracy of one class; we give no answer.

use std::path::Path;

use plumbline_core::drift::{KolmogorovSmirnov, Sample};
use plumbline_core::metric::{Area, Binning, Comparison, Confusion, Labelled, Ranking, Reliability, brier, lift_table, log_loss};
use serde_json::Value;

use super::super::Suite;
use super::case::{Case, File, number};

/// Both sides sum doubles of one size in another order.
const SUMS: f64 = 1e-12;
/// The edge of a logit interval goes through two transcendental functions of a variance near 0.
const LOGIT: f64 = 1e-11;

pub(super) fn run(folder: &Path) -> Result<Suite, String> {
    File::read(folder, "classification_metrics.json")?.suite("metrics (scikit-learn)", compare)
}

fn compare(case: &Case<'_>, suite: &mut Suite) -> Result<(), String> {
    let keys: Vec<&String> = case.expected.as_object().into_iter().flat_map(|answers| answers.keys()).collect();
    let scores = case.numbers("p")?;
    let converted: Vec<bool> = case.numbers("y")?.iter().map(|y| *y == 1.0).collect();
    let weights = if case.inputs.get("w").is_some() { Some(case.numbers("w")?) } else { None };
    let mut data = Labelled::new(&scores, &converted).map_err(|e| e.to_string())?;
    if let Some(weights) = &weights {
        data = data.weighted(weights).map_err(|e| e.to_string())?;
    }
    let ranking = Ranking::new(&data);
    for key in keys {
        figure(key, case, &data, &ranking, suite)?;
    }
    Ok(())
}

/// Compares the figure scikit-learn's answers call `key`.
fn figure(key: &str, case: &Case<'_>, data: &Labelled<'_>, ranking: &Ranking, suite: &mut Suite) -> Result<(), String> {
    let pointer = format!("/{key}");
    let text = |e: plumbline_core::metric::MetricError| e.to_string();
    match key {
        "roc_auc" => case.close(suite, &pointer, ranking.roc_auc().unwrap_or(f64::NAN), SUMS),
        "average_precision" => case.close(suite, &pointer, ranking.average_precision().unwrap_or(0.0), SUMS),
        "log_loss" => case.close(suite, &pointer, log_loss(data).map_err(text)?.unwrap_or(f64::NAN), SUMS),
        "brier" => case.close(suite, &pointer, brier(data).map_err(text)?.unwrap_or(f64::NAN), SUMS),
        "threshold_p_ge_t" => thresholds(case, data, ranking, suite)?,
        "roc_curve_drop_intermediate" => {
            let curve = ranking.roc_curve().unwrap_or_default();
            let list = |of: fn(&plumbline_core::metric::RocPoint) -> f64| curve.iter().map(of).collect::<Vec<f64>>();
            case.all_close(suite, &format!("{pointer}/fpr"), &list(|point| point.false_positive_rate), SUMS);
            case.all_close(suite, &format!("{pointer}/tpr"), &list(|point| point.true_positive_rate), SUMS);
            case.all_close(suite, &format!("{pointer}/thresholds"), &list(|point| point.threshold), 0.0);
        }
        // Too long for the file.
        "pr_curve" if case.answer(&pointer).and_then(Value::as_str) == Some("omitted") => {}
        "pr_curve" => {
            let curve = ranking.precision_recall_curve().unwrap_or_default();
            // The point where nothing is called is scikit-learn's convention.
            let precision: Vec<f64> = curve.iter().map(|point| point.precision).chain([1.0]).collect();
            let recall: Vec<f64> = curve.iter().map(|point| point.recall).chain([0.0]).collect();
            let thresholds: Vec<f64> = curve.iter().map(|point| point.threshold).collect();
            case.all_close(suite, &format!("{pointer}/precision"), &precision, SUMS);
            case.all_close(suite, &format!("{pointer}/recall"), &recall, SUMS);
            case.all_close(suite, &format!("{pointer}/thresholds"), &thresholds, 0.0);
        }
        "delong" => {
            let area = Area::new(data).map_err(|e| e.to_string())?;
            case.close(suite, "/delong/auc", area.auc, SUMS);
            case.close(suite, "/delong/variance", area.variance, SUMS);
            case.close(suite, "/delong/se", area.variance.sqrt(), SUMS);
            let (low, high) = area.interval_normal(0.95);
            case.all_close(suite, "/delong/ci95_normal", &[low, high], SUMS);
            match area.interval(0.95) {
                Some((low, high)) => case.all_close(suite, "/delong/ci95_logit", &[low, high], LOGIT),
                None => {
                    let theirs = case.answer("/delong/ci95_logit");
                    case.holds(suite, "/delong/ci95_logit", theirs.is_some_and(Value::is_null), || {
                        format!("ours none, theirs {theirs:?}")
                    });
                }
            }
        }
        "delong_paired" => {
            let other = case.numbers("p2")?;
            let other = Labelled::new(&other, data.converted()).map_err(text)?;
            let pair = Comparison::new(data, &other).map_err(text)?.map_err(|e| e.to_string())?;
            let [one, two] = pair.areas;
            case.all_close(suite, "/delong_paired/auc", &[one.auc, two.auc], SUMS);
            case.all_close(suite, "/delong_paired/cov/0", &[one.variance, pair.covariance], SUMS);
            case.all_close(suite, "/delong_paired/cov/1", &[pair.covariance, two.variance], SUMS);
            case.close(suite, "/delong_paired/diff", pair.difference, SUMS);
            case.close(suite, "/delong_paired/z", pair.z.unwrap_or(f64::NAN), SUMS);
            case.close(suite, "/delong_paired/p_value", pair.p_value.unwrap_or(f64::NAN), SUMS);
        }
        "ks_lift" => lift(case, data, ranking, suite)?,
        _ => match (key.strip_prefix("roc_auc_max_fpr_"), key.strip_prefix("ece_"), key.strip_prefix("calibration_curve_")) {
            (Some(limit), ..) => {
                let limit: f64 = limit.parse().map_err(|_| format!("{key} names no rate"))?;
                case.close(suite, &pointer, ranking.partial_auc(limit).unwrap_or(f64::NAN), SUMS);
            }
            (_, Some(rule), _) => calibration_error(rule, &pointer, case, data, suite)?,
            (.., Some(rule)) => {
                let bins = reliability(rule, data)?.bins;
                let list = |of: fn(&plumbline_core::metric::Bin) -> f64| bins.iter().map(of).collect::<Vec<f64>>();
                case.all_close(suite, &format!("{pointer}/prob_true"), &list(|bin| bin.rate), SUMS);
                case.all_close(suite, &format!("{pointer}/prob_pred"), &list(|bin| bin.mean_probability), SUMS);
            }
            _ => return Err(format!("classification_metrics.json holds a figure nobody compares: {key}")),
        },
    }
    Ok(())
}

fn thresholds(case: &Case<'_>, data: &Labelled<'_>, ranking: &Ranking, suite: &mut Suite) -> Result<(), String> {
    let answers = case.answer("/threshold_p_ge_t").and_then(Value::as_object).ok_or("no thresholds")?;
    for (threshold, answer) in answers {
        let at: f64 = threshold.parse().map_err(|_| format!("{threshold} is no threshold"))?;
        let counts = Confusion::at(data, at);
        let read = ranking.confusion(at);
        let near = |a: f64, b: f64| (a - b).abs() <= SUMS * counts.total();
        let same = near(read.true_positive, counts.true_positive) && near(read.false_negative, counts.false_negative);
        case.holds(suite, "/threshold_p_ge_t", same, || {
            format!("{threshold}: counted {counts:?}, read off the ranking {read:?}")
        });
        let of_one_class = counts.recall().or(counts.specificity()).unwrap_or(f64::NAN);
        for name in answer.as_object().into_iter().flat_map(|answer| answer.keys()) {
            let ours = match name.as_str() {
                "tp" => counts.true_positive,
                "fp" => counts.false_positive,
                "fn" => counts.false_negative,
                "tn" => counts.true_negative,
                "precision" => counts.precision().unwrap_or(0.0),
                "recall" => counts.recall().unwrap_or(0.0),
                "f1" => counts.f_score(1.0).unwrap_or(0.0),
                "f2" => counts.f_score(2.0).unwrap_or(0.0),
                "accuracy" => counts.accuracy().unwrap_or(f64::NAN),
                "balanced_accuracy" => counts.balanced_accuracy().unwrap_or(of_one_class),
                "mcc" => counts.matthews().unwrap_or(0.0),
                "kappa" => counts.kappa().unwrap_or(f64::NAN),
                _ => return Err(format!("classification_metrics.json holds a rate nobody compares: {name}")),
            };
            // A threshold is a key with a dot, which a pointer takes as it stands.
            let theirs = answer.get(name).and_then(number).unwrap_or(f64::NAN);
            // What cancels to 0 is compared on the scale of 1.
            let agrees =
                ours == theirs || ours.is_nan() && theirs.is_nan() || (ours - theirs).abs() <= SUMS * theirs.abs().max(1.0);
            case.holds(suite, &format!("/threshold_p_ge_t/{threshold}/{name}"), agrees, || {
                format!("ours {ours:?}, theirs {theirs:?}")
            });
        }
    }
    Ok(())
}

fn reliability(rule: &str, data: &Labelled<'_>) -> Result<Reliability, String> {
    let (kind, count) = rule.rsplit_once('_').ok_or_else(|| format!("{rule} is no binning"))?;
    let count: usize = count.parse().map_err(|_| format!("{rule} names no number of bins"))?;
    let binning = match kind {
        "uniform" => Binning::Uniform(count),
        "quantile" => Binning::Quantile(count),
        _ => return Err(format!("{rule}: unknown binning")),
    };
    Reliability::new(data, binning).map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

fn calibration_error(rule: &str, pointer: &str, case: &Case<'_>, data: &Labelled<'_>, suite: &mut Suite) -> Result<(), String> {
    let found = reliability(rule, data)?;
    // An error of 0 is a difference of equal means: compared on the scale of 1.
    for (name, ours) in [("ece", found.expected_error), ("mce", found.maximum_error)] {
        let theirs = case.answer(&format!("{pointer}/{name}")).and_then(number).unwrap_or(f64::NAN);
        case.holds(suite, &format!("{pointer}/{name}"), (ours - theirs).abs() <= SUMS, || {
            format!("ours {ours:?}, theirs {theirs:?}")
        });
    }
    let list = |pointer: String| case.answer(&pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    let (bins, edges) = (list(format!("{pointer}/bins")), list(format!("{pointer}/edges")));
    case.holds(suite, &format!("{pointer}/bins"), bins.len() == found.bins.len(), || {
        format!("{} bins, theirs {}", found.bins.len(), bins.len())
    });
    for (i, bin) in found.bins.iter().enumerate() {
        case.all_close(
            suite,
            &format!("{pointer}/bins/{i}"),
            &[bin.index as f64, bin.count as f64, bin.mean_probability, bin.rate],
            SUMS,
        );
    }
    let theirs: Option<Vec<f64>> = edges.iter().map(number).collect();
    let theirs = theirs.unwrap_or_default();
    // Theirs name the outer edges too.
    let inner = theirs.get(1..theirs.len().max(2) - 1).unwrap_or_default();
    let agrees = inner.len() == found.edges.len() && inner.iter().zip(&found.edges).all(|(a, b)| (a - b).abs() <= SUMS * b.abs());
    case.holds(suite, &format!("{pointer}/edges"), agrees, || format!("ours {:?}, theirs {inner:?}", found.edges));
    Ok(())
}

fn lift(case: &Case<'_>, data: &Labelled<'_>, ranking: &Ranking, suite: &mut Suite) -> Result<(), String> {
    case.close(suite, "/ks_lift/ks", ranking.separation().map_or(f64::NAN, |separation| separation.ks), SUMS);
    let class = |wanted: bool| -> Vec<f64> {
        data.scores()
            .iter()
            .zip(data.converted())
            .filter(|(_, converted)| **converted == wanted)
            .map(|(score, _)| *score)
            .collect()
    };
    let sample = |values: Vec<f64>| Sample::reference(&values).map_err(|e| e.to_string());
    // scipy names the score up to which the classes lie farthest apart, we the one from which on.
    let test = KolmogorovSmirnov::new(&sample(class(true))?, &sample(class(false))?).map_err(|e| e.to_string())?;
    case.close(suite, "/ks_lift/ks_location", test.worse().location, 0.0);
    let table = lift_table(data, 10).map_err(|e| e.to_string())?;
    let theirs = case.answer("/ks_lift/deciles").and_then(Value::as_array).cloned().unwrap_or_default();
    for (i, decile) in theirs.iter().enumerate() {
        let Some(part) = table.get(i) else {
            // A part without leads has no rate; scikit-learn's table has NaN.
            let empty = decile.get("n").and_then(Value::as_u64) == Some(0)
                && decile.get("rate").and_then(number).is_some_and(f64::is_nan);
            case.holds(suite, "/ks_lift/deciles", empty, || format!("ours ends before part {i}"));
            continue;
        };
        let place = format!("/ks_lift/deciles/{i}");
        case.close(suite, &format!("{place}/decile"), i as f64 + 1.0, 0.0);
        case.close(suite, &format!("{place}/n"), part.leads, 0.0);
        case.close(suite, &format!("{place}/positives"), part.positives, 0.0);
        case.close(suite, &format!("{place}/rate"), part.positives / part.leads, SUMS);
        case.close(suite, &format!("{place}/lift"), part.lift, SUMS);
        case.close(suite, &format!("{place}/cum_gain"), part.gain, SUMS);
        case.close(suite, &format!("{place}/cum_lift"), part.cumulative_lift, SUMS);
    }
    Ok(())
}
