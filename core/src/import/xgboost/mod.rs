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
use super::error::{ImportError, excerpt};
use super::{Doubt, Format, Imported, Limits};
use crate::model::{Arithmetic, Body, Column, Ensemble, Linear, Model, Tree};
use crate::name::Names;
use category::Texts;
use objective::Objective;
use release::Release;
use round::Best;

/// More outputs than the largest known files have.
const MAX_OUTPUTS: usize = 1 << 16;

/// Reads the model in `document`.
pub(super) fn read(document: &Document<'_>, format: Format, limits: &Limits) -> Result<Imported, ImportError> {
    let root = At::root(document);
    if let (None, Some(model), Some(_)) = (root.find("learner"), root.find("Model"), root.find("Config")) {
        let mut imported = read_model(&model, format, limits)?;
        imported.notes.push("the file is of xgb.serialize, pickle or R: its part `Model` is what save_model writes".to_owned());
        return Ok(imported);
    }
    read_model(&root, format, limits)
}

/// Why a document without a model is none.
fn refusal(root: &At<'_, '_>) -> Option<ImportError> {
    const OTHERS: [(&str, &str); 3] = [
        ("tree_info", "the JSON of LightGBM's dump_model: run booster.save_model(\"model.txt\")"),
        ("oblivious_trees", "the JSON of CatBoost, which is not supported"),
        ("nodeid", "one tree of XGBoost's dump_model, for people: run booster.save_model(\"model.json\")"),
    ];
    let learner = root.find("learner");
    let booster = learner.as_ref().and_then(|learner| learner.find("gradient_booster"));
    let what = match &booster {
        Some(booster) if booster.find("gbtree_train_param").is_some() && booster.find("model").is_none() => {
            Some("the output of save_config, which has parameters but no trees: run booster.save_model(\"model.json\")")
        }
        Some(_) => None,
        None => OTHERS.iter().find(|(key, _)| root.find(key).is_some()).map(|(_, what)| *what),
    };
    what.map(|what| ImportError::NotAModel(what.to_owned()))
}

fn read_model(root: &At<'_, '_>, format: Format, limits: &Limits) -> Result<Imported, ImportError> {
    if let Some(refusal) = refusal(root) {
        return Err(refusal);
    }
    let learner = root.get("learner")?;
    let parameters = learner.get("learner_model_param")?;
    let mut notes = Vec::new();

    let columns_at = parameters.get("num_feature")?;
    let column_count = columns_at.count(u32::MAX as usize)?;
    if column_count > limits.columns {
        return Err(ImportError::Limit {
            place: columns_at.to_string(),
            what: "the number of columns",
            setting: "columns",
            limit: limits.columns,
        });
    }
    let classes = parameters.get("num_class")?.count(MAX_OUTPUTS)?;
    let targets = parameters.find("num_target").map_or(Ok(1), |at| at.count(MAX_OUTPUTS))?;
    if classes > 1 && targets > 1 {
        return Err(parameters.error(format!("{classes} classes and {targets} targets at once")));
    }
    let outputs = classes.max(targets).max(1);
    let version = version(root);
    let release = Release::of(&version);
    let objective = Objective::read(&learner, (&version, release), &mut notes)?;
    let base = base_margins(&parameters, &objective, outputs)?;

    let booster = learner.get("gradient_booster")?;
    let name = booster.get("name")?.text()?;
    let may_count_characters = version.starts_with("3.1.") || version.starts_with("3.2.");
    let attributes = learner.find("attributes");
    let mut attribute = |key| -> Option<u32> {
        let at = attributes.as_ref()?.find(key)?;
        let value = at.int().ok().and_then(|value| u32::try_from(value).ok());
        if value.is_none() {
            let found = at.text().map_or_else(|_| "no text".to_owned(), |text| format!("{:?}", excerpt(text)));
            notes.push(format!("the attribute {key} of the file is {found}, not a number of rounds; it is not used"));
        }
        value
    };
    let best = Best { round: attribute("best_iteration"), trees: attribute("best_ntree_limit") };
    let Grown { mut body, cats, round_ends } = match name {
        "gblinear" => {
            Grown { body: Body::Linear(linear(&booster, column_count, &base)?), cats: Vec::new(), round_ends: Vec::new() }
        }
        "gbtree" => trees(&booster, None, base, (column_count, may_count_characters), (&best, &mut notes), limits)?,
        "dart" => {
            let weights = booster.get("weight_drop")?.floats()?;
            trees(
                &booster.get("gbtree")?,
                Some(&weights),
                base,
                (column_count, may_count_characters),
                (&best, &mut notes),
                limits,
            )?
        }
        other => return Err(ImportError::Unsupported { place: booster.to_string(), what: format!("booster {other:?}") }),
    };

    let constants = release.apply(&mut body, name == "dart");
    let columns = columns(&learner, column_count, &body, &mut notes)?;
    let (mut categories, mut doubts) = (vec![Vec::new(); columns.len()], Vec::new());
    for (i, (texts, (column, categories))) in cats.into_iter().zip(columns.iter().zip(&mut categories)).enumerate() {
        *categories = texts.list;
        doubts.extend(texts.doubt.map(|reason| Doubt { columns: vec![i], reason }));
        notes.extend(texts.note.map(|note| format!("column {:?}: {note}", column.name)));
    }
    let model = Model { columns, body, link: objective.link, outputs: outputs as u32 };
    model.validate()?;
    let objective = objective.name;
    Ok(Imported {
        format,
        version,
        objective,
        model,
        categories,
        doubts,
        codes_are_values: false,
        notes,
        best_round: best.round,
        round_ends,
        constants,
    })
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
    cats: Vec<Texts>,
    /// Per boosting round the number of trees up to its end.
    round_ends: Vec<u32>,
}

fn trees(
    gbtree: &At<'_, '_>,
    weights: Option<&[f32]>,
    base: Vec<f64>,
    (columns, may_count_characters): (usize, bool),
    (best, notes): (&Best, &mut Vec<String>),
    limits: &Limits,
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
    let mut budget = Budget::of(limits);
    for (index, at) in list.iter().enumerate() {
        let id = at.find("id").map_or(Ok(index), |at| at.count(list.len().saturating_sub(1)))?;
        let slot = slots.get_mut(id).filter(|slot| slot.is_empty()).ok_or_else(|| at.error(format!("two trees have id {id}")))?;
        let group = groups.get(id).copied().unwrap_or(0);
        let output = u32::try_from(group).ok().filter(|g| (*g as usize) < base.len());
        let output = output.ok_or_else(|| groups_at.error(format!("tree {id} belongs to group {group} of {}", base.len())))?;
        let weight = weights.and_then(|weights| weights.get(id)).map_or(1.0, |w| f64::from(*w));
        *slot = tree::read(at, output, (base.len(), columns), weight, &mut budget)?;
    }
    let cats = model.find("cats").map_or(Ok(Vec::new()), |at| category::read(&at, columns, may_count_characters))?;
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
    let places = Names::new(names.iter().map(String::as_str));
    if let Some((i, name)) = names.iter().enumerate().find(|(i, name)| places.find(name) != Some(*i)) {
        let first = places.find(name).unwrap_or(0);
        let at = learner.get("feature_names")?;
        return Err(at.error(format!(
            "columns {first} and {i} are both named {name:?}; XGBoost itself takes columns by position: rename one of them, or remove feature_names from the file, so that the columns are called f0, f1, …"
        )));
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
