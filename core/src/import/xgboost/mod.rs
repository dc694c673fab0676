//! XGBoost models, from 1.0 on: gbtree, dart, gblinear.
//!
//! # Source
//! XGBoost 3.2.0: `learner.cc`, `gbtree_model.cc`, `tree_model.cc`, `multi_target_tree_model.cc`, `gblinear.cc`.

mod category;
mod objective;
mod release;
mod round;
mod tree;

use super::budget::Budget;
use super::document::{At, Node as Document};
use super::error::ImportError;
use super::{Format, Imported};
use crate::model::{Arithmetic, Body, Column, Ensemble, Linear, Model, Tree};
use objective::Objective;
use release::Release;
use round::Best;

/// More columns than this must be paid for with bytes: one byte each.
const FREE_COLUMNS: usize = 1 << 16;

/// More outputs than the largest known files have.
const MAX_OUTPUTS: usize = 1 << 16;

/// Reads the model in `document`, a file of `size` bytes.
pub(super) fn read(document: &Document<'_>, format: Format, size: usize) -> Result<Imported, ImportError> {
    let root = At::root(document);
    if root.find("learner").is_none() {
        let others =
            [("tree_info", "LightGBM's dump_model (import the text that save_model writes)"), ("oblivious_trees", "CatBoost")];
        let other = others.iter().find(|(key, _)| root.find(key).is_some());
        if let Some((_, what)) = other {
            return Err(ImportError::Unsupported { place: "the document".to_owned(), what: format!("the JSON form of {what}") });
        }
    }
    let learner = root.get("learner")?;
    let parameters = learner.get("learner_model_param")?;
    let mut notes = Vec::new();

    let column_count = parameters.get("num_feature")?.count(FREE_COLUMNS.max(size))?;
    let classes = parameters.get("num_class")?.count(MAX_OUTPUTS)?;
    let targets = parameters.find("num_target").map_or(Ok(1), |at| at.count(MAX_OUTPUTS))?;
    if classes > 1 && targets > 1 {
        return Err(parameters.error(format!("{classes} classes and {targets} targets at once")));
    }
    let outputs = classes.max(targets).max(1);
    let version = version(&root);
    let release = Release::of(&version);
    let objective = Objective::read(&learner, (&version, release), &mut notes)?;
    let base = base_margins(&parameters, &objective, outputs)?;

    let booster = learner.get("gradient_booster")?;
    let name = booster.get("name")?.text()?;
    let attributes = learner.find("attributes");
    let attribute = |key| attributes.as_ref().and_then(|a| a.find(key)?.int().ok()).and_then(|value| u32::try_from(value).ok());
    let best = Best { round: attribute("best_iteration"), trees: attribute("best_ntree_limit") };
    let Grown { mut body, cats, round_ends } = match name {
        "gblinear" => {
            Grown { body: Body::Linear(linear(&booster, column_count, &base)?), cats: Vec::new(), round_ends: Vec::new() }
        }
        "gbtree" => trees(&booster, None, base, column_count, (&best, &mut notes))?,
        "dart" => {
            let weights = booster.get("weight_drop")?.floats()?;
            trees(&booster.get("gbtree")?, Some(&weights), base, column_count, (&best, &mut notes))?
        }
        other => return Err(ImportError::Unsupported { place: booster.to_string(), what: format!("booster {other:?}") }),
    };

    let constants = release.apply(&mut body, name == "dart");
    let columns = columns(&learner, column_count, &body, &mut notes)?;
    let categories = match cats.len() {
        0 => vec![Vec::new(); columns.len()],
        _ => cats,
    };
    let model = Model { columns, body, link: objective.link, outputs: outputs as u32 };
    model.validate()?;
    let objective = objective.name;
    Ok(Imported { format, version, objective, model, categories, notes, best_round: best.round, round_ends, constants })
}

/// The start of each output's sum: `base_score` carried to the margin scale in f32, as XGBoost does.
fn base_margins(parameters: &At<'_, '_>, objective: &Objective, outputs: usize) -> Result<Vec<f64>, ImportError> {
    let at = parameters.get("base_score")?;
    let text = at.text()?;
    let list = text.trim().trim_start_matches('[').trim_end_matches(']');
    let mut scores = Vec::new();
    for item in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let score: f32 = item.parse().map_err(|_| at.error(format!("{item:?} is not a number")))?;
        let margin = objective.base.margin(score);
        if !margin.is_finite() {
            return Err(at.error(format!("{item} is outside the range of {}", objective.name)));
        }
        scores.push(f64::from(margin));
    }
    match (scores.as_slice(), outputs) {
        // Before 3.1 the intercept was one number, whatever the number of outputs.
        ([one], _) => Ok(vec![*one; outputs]),
        (scores, _) if scores.len() == outputs => Ok(scores.to_vec()),
        (scores, _) => Err(at.error(format!("{} values for {outputs} outputs", scores.len()))),
    }
}

/// What a booster holds.
struct Grown {
    body: Body,
    cats: Vec<Vec<String>>,
    /// Per boosting round the number of trees up to its end.
    round_ends: Vec<u32>,
}

fn trees(
    gbtree: &At<'_, '_>,
    weights: Option<&[f32]>,
    base: Vec<f64>,
    columns: usize,
    (best, notes): (&Best, &mut Vec<String>),
) -> Result<Grown, ImportError> {
    let model = gbtree.get("model")?;
    let list = model.get("trees")?;
    let list = list.items()?;
    let groups_at = model.get("tree_info")?;
    let groups = groups_at.ints()?;
    if groups.len() != list.len() {
        return Err(groups_at.error(format!("{} groups for {} trees", groups.len(), list.len())));
    }
    if let Some(weights) = weights.filter(|weights| weights.len() != list.len()) {
        return Err(model.error(format!("{} dropout weights for {} trees", weights.len(), list.len())));
    }
    let mut slots: Vec<Vec<Tree>> = vec![Vec::new(); list.len()];
    let mut budget = Budget::of_a_model();
    for (index, at) in list.iter().enumerate() {
        let id = at.find("id").map_or(Ok(index), |at| at.count(list.len().saturating_sub(1)))?;
        let slot = slots.get_mut(id).filter(|slot| slot.is_empty()).ok_or_else(|| at.error(format!("two trees have id {id}")))?;
        let group = groups.get(id).copied().unwrap_or(0);
        let output = u32::try_from(group).ok().filter(|g| (*g as usize) < base.len());
        let output = output.ok_or_else(|| groups_at.error(format!("tree {id} belongs to group {group} of {}", base.len())))?;
        let weight = weights.and_then(|weights| weights.get(id)).map_or(1.0, |w| f64::from(*w));
        *slot = tree::read(at, output, (base.len(), columns), weight, &mut budget)?;
    }
    let cats = model.find("cats").map_or(Ok(Vec::new()), |at| category::read(&at, columns))?;
    let round_ends = round::ends(&model, &slots, base.len(), best, notes)?;
    let ensemble = Ensemble { arithmetic: Arithmetic::F32, base, trees: slots.into_iter().flatten().collect() };
    Ok(Grown { body: Body::Trees(ensemble), cats, round_ends })
}

/// gblinear: weights are feature-major, the last row holds the biases. XGBoost starts every output with the first base score.
fn linear(booster: &At<'_, '_>, columns: usize, base: &[f64]) -> Result<Linear, ImportError> {
    let model = booster.get("model")?;
    let at = model.get("weights")?;
    let weights = at.floats()?;
    let outputs = base.len();
    if weights.len() != (columns + 1) * outputs {
        return Err(at.error(format!("{} weights for {columns} columns, a bias and {outputs} outputs", weights.len())));
    }
    let first = base.first().copied().unwrap_or(0.0) as f32;
    let weight = |column: usize, output: usize| weights.get(column * outputs + output).copied().unwrap_or(0.0);
    Ok(Linear {
        arithmetic: Arithmetic::F32,
        base: (0..outputs).map(|k| f64::from(weight(columns, k) + first)).collect(),
        weights: (0..outputs).flat_map(|k| (0..columns).map(move |c| (c, k))).map(|(c, k)| f64::from(weight(c, k))).collect(),
        means: Vec::new(),
    })
}

/// Names and kinds of the columns; both lists are absent in files before 1.4 and for plain matrices.
fn columns(learner: &At<'_, '_>, count: usize, body: &Body, notes: &mut Vec<String>) -> Result<Vec<Column>, ImportError> {
    let texts = |key| -> Result<Vec<String>, ImportError> {
        let Some(at) = learner.find(key) else { return Ok(Vec::new()) };
        let texts = at.items()?.iter().map(|at| at.text().map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
        if texts.is_empty() || texts.len() == count {
            Ok(texts)
        } else {
            Err(at.error(format!("{} entries for {count} columns", texts.len())))
        }
    };
    let mut names = texts("feature_names")?;
    if names.is_empty() {
        names = (0..count).map(|i| format!("f{i}")).collect();
        if count > 0 {
            notes.push("the file has no feature names; columns are named f0, f1, …".to_owned());
        }
    }
    let types = texts("feature_types")?;
    let mut categorical: Vec<bool> = types.iter().map(|t| t == "c").collect();
    categorical.resize(count, false);
    if let Body::Trees(ensemble) = body {
        for split in ensemble.splits().filter(|split| split.is_categorical()) {
            if let Some(flag) = categorical.get_mut(split.column as usize) {
                *flag = true;
            }
        }
    }
    Ok(names.into_iter().zip(categorical).map(|(name, categorical)| Column { name, categorical }).collect())
}

/// `[3,2,0]` as `3.2.0`.
fn version(root: &At<'_, '_>) -> String {
    let numbers = root.find("version").and_then(|at| at.ints().map(|v| v.into_owned()).ok()).unwrap_or_default();
    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(".")
}
