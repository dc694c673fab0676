//! Everything that can be wrong with declared fields.

use std::collections::BTreeSet;

use super::{ConfigErrors, Field, FieldKind, Role, Schema, template};
use crate::table::Epoch;

impl Schema {
    /// Checks names, kinds, limits and templates.
    ///
    /// # Errors
    /// All problems, each with its path.
    pub fn check(&self) -> Result<(), ConfigErrors> {
        let mut errors = ConfigErrors::default();
        check_fields(&self.fields, &mut errors);
        errors.into_result()
    }
}

pub(crate) fn check_fields(fields: &[Field], errors: &mut ConfigErrors) {
    let (mut names, mut has_id) = (BTreeSet::new(), false);
    for (i, field) in fields.iter().enumerate() {
        let path = |key: &str| format!("field[{i}]{}{key}", if key.is_empty() { "" } else { "." });
        let name = &field.name;
        if name.is_empty() {
            errors.add("FIELD_NAME_EMPTY", path("name"), "a field has no name".into());
        }
        if !names.insert(name) {
            errors.add("FIELD_DUPLICATE", path("name"), format!("the field {name:?} is declared twice"));
        }
        if field.role == Role::Id && std::mem::replace(&mut has_id, true) {
            errors.add("FIELD_SECOND_ID", path("role"), format!("the field {name:?} is a second id; a schema can have only one"));
        }
        check_kind(field, &path, errors);
        check_templates(field, &path, errors);
    }
}

fn check_kind(field: &Field, path: &dyn Fn(&str) -> String, errors: &mut ConfigErrors) {
    let name = &field.name;
    if field.role == Role::Id && !matches!(field.kind, FieldKind::Text | FieldKind::Number) {
        let kind = field.kind.as_str();
        errors.add("FIELD_ID_KIND", path("kind"), format!("the id {name:?} is a {kind}; an id must be text or a number"));
    }
    if field.role == Role::HumanScore && field.kind != FieldKind::Number {
        let kind = field.kind.as_str();
        errors.add("FIELD_HUMAN_SCORE_KIND", path("kind"), format!("the human score {name:?} is a {kind}; it must be a number"));
    }
    if !field.categories.is_empty() && field.kind != FieldKind::Category {
        let kind = field.kind.as_str();
        errors.add(
            "FIELD_CATEGORIES_UNUSED",
            path("categories"),
            format!("{name:?} is a {kind}; only a category field can list categories"),
        );
    }
    let mut categories = BTreeSet::new();
    for (j, category) in field.categories.iter().enumerate() {
        if !categories.insert(category) {
            let message = format!("the category {category:?} of {name:?} is listed twice");
            errors.add("FIELD_CATEGORY_DUPLICATE", path(&format!("categories[{j}]")), message);
        }
    }
    for (j, word) in field.missing.iter().enumerate().filter(|(_, word)| field.categories.contains(word)) {
        let message = format!("{word:?} is a category of {name:?}; it cannot mean missing too");
        errors.add("FIELD_MISSING_CATEGORY", path(&format!("missing[{j}]")), message);
    }
    match field.missing_number {
        Some(_) if field.kind != FieldKind::Number => {
            let kind = field.kind.as_str();
            let message = format!("{name:?} is a {kind}; only a number field can have a number that means missing");
            errors.add("FIELD_MISSING_NUMBER_UNUSED", path("missing_number"), message);
        }
        Some(x) if !x.is_finite() => {
            errors.add("FIELD_MISSING_NUMBER_NOT_FINITE", path("missing_number"), format!("that of {name:?} is not finite"));
        }
        _ => {}
    }
    if field.epoch != Epoch::Milliseconds && field.kind != FieldKind::Date {
        let message = format!("{name:?} is a {}; only a date field can have an epoch", field.kind.as_str());
        errors.add("FIELD_EPOCH_UNUSED", path("epoch"), message);
    }
    for (key, limit) in [("min", field.min), ("max", field.max)] {
        let Some(limit) = limit else { continue };
        if field.kind != FieldKind::Number {
            let kind = field.kind.as_str();
            errors.add("FIELD_LIMIT_UNUSED", path(key), format!("{name:?} is a {kind}; only a number field can have limits"));
        } else if !limit.is_finite() {
            errors.add("FIELD_LIMIT_NOT_FINITE", path(key), format!("a limit of {name:?} is not finite"));
        }
    }
    if let (Some(min), Some(max)) = (field.min, field.max)
        && min > max
    {
        errors.add("FIELD_LIMITS_CROSSED", path("min"), format!("the minimum {min} of {name:?} is above its maximum {max}"));
    }
}

fn check_templates(field: &Field, path: &dyn Fn(&str) -> String, errors: &mut ConfigErrors) {
    let whole = [("reason", &field.reason), ("reason_missing", &field.reason_missing), ("reason_zero", &field.reason_zero)];
    for (key, template) in whole {
        if let Err(message) = template::check(template, field.kind) {
            errors.add("TEMPLATE_INVALID", path(key), message);
        }
    }
    for (category, template) in field.reason_of.iter() {
        let key = format!("reason_of.{category}");
        if let Err(message) = template::check(template, field.kind) {
            errors.add("TEMPLATE_INVALID", path(&key), message);
        }
        // Without a list the texts are those of the model's file, and are checked against it.
        let of_the_file = field.categories.is_empty() && field.kind == FieldKind::Category;
        if !of_the_file && !field.categories.iter().any(|known| known == category) {
            let message = format!("{category:?} is not a category of {:?}", field.name);
            errors.add("TEMPLATE_CATEGORY_UNKNOWN", path(&key), message);
        }
    }
}
