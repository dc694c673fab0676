//! The texts of categories: `pandas_categorical` at the end of a file.

use super::super::error::ImportError;
use super::super::{Doubt, Imported};
use super::lists::{Seen, is_contested, place};
use super::text::Lines;

/// What a file says of categories after its trees.
pub(super) struct Tail {
    /// Columns trained as categories by the parameters, where the file has them.
    declared: Vec<usize>,
    /// The lists of `pandas_categorical`; none without that line.
    lists: Option<Vec<Vec<String>>>,
    is_cut: bool,
}

impl Tail {
    /// Reads the lines behind the trees.
    pub fn read(lines: &mut Lines<'_>) -> Result<Tail, ImportError> {
        let mut tail = Tail { declared: Vec::new(), lists: None, is_cut: false };
        while let Some(line) = lines.next()? {
            match line.text {
                "parameters:" => tail.is_cut = true,
                "end of parameters" => tail.is_cut = false,
                text => {
                    if let Some(list) = text.strip_prefix("[categorical_feature: ").and_then(|rest| rest.strip_suffix(']')) {
                        tail.declared = list.split(',').filter_map(|index| index.trim().parse().ok()).collect();
                    } else if let Some(json) = text.strip_prefix("pandas_categorical:") {
                        let lists: Option<Vec<Vec<serde_json::Value>>> =
                            serde_json::from_str(json).map_err(|e| line.error(format!("pandas_categorical: {e}")))?;
                        let texts = |list: Vec<serde_json::Value>| list.into_iter().map(text_of).collect();
                        tail.lists = Some(lists.unwrap_or_default().into_iter().map(texts).collect());
                    }
                }
            }
        }
        Ok(tail)
    }

    /// Marks the columns that the parameters declare as categories.
    pub fn mark(&self, categorical: &mut [bool]) {
        for column in &self.declared {
            if let Some(flag) = categorical.get_mut(*column) {
                *flag = true;
            }
        }
    }

    /// Gives the lists to the columns of `imported` they belong to, by what training has `seen` of each.
    pub fn place(self, seen: &[Seen], imported: &mut Imported) {
        if self.is_cut {
            imported.notes.push("the file ends inside its parameters".to_owned());
        }
        imported.codes_are_values = self.lists.is_some();
        let lists = self.lists.unwrap_or_default();
        if lists.is_empty() {
            return;
        }
        let categorical: Vec<bool> = imported.model.columns.iter().map(|column| column.categorical).collect();
        let sizes: Vec<usize> = lists.iter().map(Vec::len).collect();
        let Some(columns) = place(&sizes, seen, &categorical) else {
            let columns: Vec<usize> = (0..categorical.len()).filter(|i| categorical.get(*i) == Some(&true)).collect();
            let reason = format!(
                "pandas_categorical has {} lists for {} categorical columns, and which list belongs to which column cannot be derived",
                sizes.len(),
                columns.len()
            );
            imported.doubts.push(Doubt { columns, reason });
            return;
        };
        let are_numbers = lists.iter().any(|list| list.iter().all(|text| text.parse::<f64>().is_ok()));
        if are_numbers && is_contested(&sizes, seen, &columns) {
            let named = |column: &usize| imported.model.columns.get(*column).map_or("", |column| column.name.as_str());
            let names: Vec<String> = columns.iter().map(|column| format!("{:?}", named(column))).collect();
            imported.notes.push(format!(
                "the file does not name the columns of its category lists; they are taken for those of {}, the categorical columns, though others would fit too",
                names.join(", ")
            ));
        }
        for (column, list) in columns.into_iter().zip(lists) {
            if let Some(slot) = imported.categories.get_mut(column) {
                *slot = list;
            }
        }
    }
}

/// A category as text; numbers and flags are written as in JSON.
fn text_of(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}
