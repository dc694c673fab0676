//! The texts of categories: the `cats` container that XGBoost writes since 3.1 for data frames.

use super::super::document::At;
use super::super::error::ImportError;

/// Per column its categories in code order; empty when the model was trained on codes.
pub(super) fn read(cats: &At<'_, '_>, columns: usize) -> Result<Vec<Vec<String>>, ImportError> {
    let encodings = cats.get("enc")?;
    let encodings = encodings.items()?;
    if encodings.is_empty() {
        return Ok(Vec::new());
    }
    if encodings.len() != columns {
        return Err(cats.error(format!("{} encodings for {columns} columns", encodings.len())));
    }
    encodings.iter().map(column).collect()
}

fn column(at: &At<'_, '_>) -> Result<Vec<String>, ImportError> {
    let values_at = at.get("values")?;
    let values = values_at.ints()?;
    let Some(offsets_at) = at.find("offsets") else {
        // Categories that are numbers themselves.
        return Ok(values.iter().map(i64::to_string).collect());
    };
    // Texts are stored one after the other, as signed bytes.
    let bytes: Vec<u8> = values.iter().map(|b| *b as u8).collect();
    let offsets = offsets_at.ints()?;
    let mut texts = Vec::new();
    for pair in offsets.windows(2) {
        let &[from, to] = pair else { continue };
        let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
        let text = range.and_then(|(from, to)| bytes.get(from..to));
        let text = text.ok_or_else(|| offsets_at.error(format!("{from}..{to} is outside {} bytes", bytes.len())))?;
        texts.push(String::from_utf8_lossy(text).into_owned());
    }
    Ok(texts)
}
