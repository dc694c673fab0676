//! Declarations of a model, TOML.

use std::path::Path;

use plumbline_core::Declaration;

use super::model_file;
use crate::Failure;

/// What the TOML file at `path` declares.
pub fn read_declaration(path: &Path) -> Result<Declaration, Failure> {
    let place = path.display().to_string();
    declaration(&model_file::read(path)?, place)
}

/// What the TOML text `bytes`, called `place`, declares.
pub fn declaration(bytes: &[u8], place: String) -> Result<Declaration, Failure> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| Failure::input(&place, "SCHEMA_NOT_UTF8", "the text is not valid UTF-8"))?;
    let declaration: Declaration = toml::from_str(text).map_err(|e| {
        let line = e.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
        Failure::input(format!("{place}, line {line}"), "SCHEMA_INVALID", e.message().to_owned())
    })?;
    declaration.check().map_err(|e| Failure::input(place, e.code(), e.to_string()))?;
    Ok(declaration)
}
