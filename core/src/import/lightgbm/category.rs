//! The texts of categories: `pandas_categorical` at the end of a file.

use super::super::error::ImportError;
use super::text::Lines;

/// Per column its categories in code order. `pandas_categorical` lists them by categorical column of the data frame; the
/// parameters say which columns these were.
pub(super) fn read(
    lines: &mut Lines<'_>,
    categorical: &[bool],
    notes: &mut Vec<String>,
) -> Result<Vec<Vec<String>>, ImportError> {
    let mut categories = vec![Vec::new(); categorical.len()];
    let mut declared: Option<Vec<usize>> = None;
    let mut parameters = 0;
    while let Some(line) = lines.next()? {
        match line.text {
            "parameters:" => parameters += 1,
            "end of parameters" => parameters -= 1,
            text => {
                if let Some(list) = text.strip_prefix("[categorical_feature: ").and_then(|rest| rest.strip_suffix(']')) {
                    declared = list.split(',').map(|index| index.trim().parse().ok()).collect();
                } else if let Some(json) = text.strip_prefix("pandas_categorical:") {
                    let lists: Option<Vec<Vec<serde_json::Value>>> =
                        serde_json::from_str(json).map_err(|e| line.error(format!("pandas_categorical: {e}")))?;
                    let Some(lists) = lists.filter(|lists| !lists.is_empty()) else { continue };
                    let coded = || categorical.iter().enumerate().filter(|(_, c)| **c).map(|(i, _)| i).collect();
                    let columns: Vec<usize> = declared.take().unwrap_or_else(coded);
                    if columns.len() != lists.len() {
                        notes.push(format!(
                            "pandas_categorical has {} lists for {} categorical columns; category names are not imported",
                            lists.len(),
                            columns.len()
                        ));
                        continue;
                    }
                    for (column, list) in columns.into_iter().zip(lists) {
                        if let Some(slot) = categories.get_mut(column) {
                            *slot = list.into_iter().map(text_of).collect();
                        }
                    }
                }
            }
        }
    }
    if parameters != 0 {
        notes.push("the file ends inside its parameters".to_owned());
    }
    Ok(categories)
}

/// A category as text; numbers and flags are written as in JSON.
fn text_of(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}
