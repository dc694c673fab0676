//! LightGBM models in text, versions 2 to 4.
//!
//! # Source
//! LightGBM 4.7.0: `gbdt_model_text.cpp`, `tree.cpp`, `tree.h`, `gbdt_prediction.cpp`.

mod category;
mod lists;
mod objective;
mod text;
mod tree;

use super::budget::Budget;
use super::error::{ImportError, excerpt};
use super::{Format, Imported, Limits};
use crate::model::{Arithmetic, Averaged, Body, Column, Ensemble, Link, Model};
use category::Tail;
use lists::Seen;
use text::{Entry, Lines, Section};

/// Reads the model in `bytes`, behind `skipped` lines.
pub(super) fn read(bytes: &[u8], skipped: usize, limits: &Limits) -> Result<Imported, ImportError> {
    let mut lines = Lines::new(bytes);
    lines.skip(skipped);
    let mut header = Section::default();
    let mut trees = Vec::new();
    let mut budget = Budget::of(limits);
    let (mut ended, mut is_early) = (false, false);
    // The header runs until the first tree; it may hold blank lines.
    while let Some(line) = lines.next()? {
        if line.text.starts_with("Tree=") || line.text == "end of trees" {
            lines.back(line);
            break;
        }
        header.push(line);
    }
    while let Some(line) = lines.next()? {
        if line.text == "end of trees" {
            ended = true;
            break;
        } else if line.text.starts_with("Tree=") {
            let section = lines.section(line.number)?;
            // Trees have had no parents of leaves since 2.0.7.
            is_early |= section.find("leaf_parent").is_some();
            trees.push(tree::read(&section, &mut budget)?);
        } else if line.text == "feature importances:" {
            // Before 2.2 nothing else ends the trees.
            lines.back(line);
            break;
        } else if !line.text.is_empty() {
            return Err(line.error(format!("expected a tree or `end of trees`, found {:?}", excerpt(line.text))));
        }
    }
    let head = Header::read(&header, is_early, limits)?;
    if let Some(at) = header.find("tree_sizes") {
        let expected = at.value.split_ascii_whitespace().count();
        if expected != trees.len() {
            return Err(lines.end(format!("the file has {} trees, but line {} announces {expected}", trees.len(), at.line)));
        }
    }
    if !ended && !matches!(head.version.as_str(), "" | "v2") {
        return Err(lines.end("the file ends before `end of trees`".to_owned()));
    }
    assemble(head, trees, &mut lines)
}

/// The part before the trees.
struct Header {
    version: String,
    outputs: usize,
    names: Vec<String>,
    /// What training saw of each column.
    seen: Vec<Seen>,
    objective: String,
    link: Averaged,
    average: bool,
}

impl Header {
    fn read(section: &Section<'_>, is_early: bool, limits: &Limits) -> Result<Header, ImportError> {
        let version = section.find("version").map_or("", |entry| entry.value).to_owned();
        let classes = section.get("num_class")?.number::<u16>()?;
        let outputs = section.find("num_tree_per_iteration").map_or(Ok(classes), |entry| entry.number::<u16>())?;
        let columns_at = section.get("max_feature_idx")?;
        let columns = columns_at.number::<u32>()? as usize + 1;
        if columns > limits.columns {
            return Err(ImportError::Limit {
                place: format!("line {}", columns_at.line),
                what: "the number of columns",
                setting: "columns",
                limit: limits.columns,
            });
        }
        let names: Vec<String> = section.get("feature_names")?.list(columns, |name| Some(name.to_owned()))?;
        let seen = match section.find("feature_infos") {
            Some(entry) => entry.list(columns, |info| Some(Seen::of(info).unwrap_or(Seen::Unknown)))?,
            None => vec![Seen::Unknown; columns],
        };
        let objective = section.find("objective");
        let link = objective.map_or(Ok(Averaged::Identity), |entry| objective::link(&entry, is_early))?;
        let objective = objective.map_or("", |entry| entry.value).to_owned();
        let average = section.find("average_output").is_some();
        if outputs == 0 {
            return Err(section.get("num_class")?.error("a model without outputs"));
        }
        Ok(Header { version, outputs: outputs.into(), names, seen, objective, link, average })
    }
}

fn assemble(head: Header, trees: Vec<crate::model::Tree>, lines: &mut Lines<'_>) -> Result<Imported, ImportError> {
    if !trees.len().is_multiple_of(head.outputs) {
        return Err(lines.end(format!("{} trees cannot be divided into rounds of {}", trees.len(), head.outputs)));
    }
    let rounds = trees.len() / head.outputs;
    let round_ends = (1..=rounds).map(|round| (round * head.outputs) as u32).collect();
    let mut trees = trees;
    for (index, tree) in trees.iter_mut().enumerate() {
        tree.output = (index % head.outputs) as u32;
    }
    let ensemble = Ensemble { arithmetic: Arithmetic::F64, base: vec![0.0; head.outputs], trees };
    let mut seen = head.seen;
    let mut categorical: Vec<bool> = seen.iter().map(|seen| matches!(seen, Seen::Codes(_))).collect();
    for split in ensemble.splits() {
        if !split.is_categorical() {
            continue;
        }
        if let Some((flag, seen)) = categorical.get_mut(split.column as usize).zip(seen.get_mut(split.column as usize)) {
            *flag = true;
            if *seen == Seen::Unknown {
                *seen = Seen::Codes(0);
            }
            if let (Seen::Codes(max), Some(top)) = (seen, split.test.top_code()) {
                *max = (top as u32).max(*max);
            }
        }
    }
    let tail = Tail::read(lines)?;
    tail.mark(&mut categorical);
    let columns: Vec<Column> =
        head.names.into_iter().zip(categorical).map(|(name, categorical)| Column { name, categorical }).collect();
    let link = if head.average { Link::Average { divisor: rounds as u32, then: head.link } } else { head.link.into() };
    let categories = vec![Vec::new(); columns.len()];
    let model = Model { columns, body: Body::Trees(ensemble), link, outputs: head.outputs as u32 };
    model.validate()?;
    let mut imported = Imported {
        format: Format::LightgbmText,
        version: head.version,
        objective: head.objective,
        model,
        categories,
        doubts: Vec::new(),
        codes_are_values: false,
        notes: Vec::new(),
        best_round: None,
        round_ends,
        constants: 0,
    };
    tail.place(&seen, &mut imported);
    Ok(imported)
}

impl Entry<'_> {
    /// The value as one number.
    fn number<T: std::str::FromStr>(&self) -> Result<T, ImportError> {
        self.value.trim().parse().map_err(|_| self.error(format!("{:?} is not a number in range", excerpt(self.value))))
    }
}
