//! Declared fields that the model does not read: misspelt most often.

use plumbline_core::feature::Make;
use plumbline_core::schema::{Field, Role};
use plumbline_core::{Manifest, Model};

use crate::Failure;
use crate::output::terminal::listed;

/// A note that names the declared fields that no column and no feature of `model` is made of.
///
/// # Errors
/// Such a field has the name of a column but for its spelling.
pub fn check(manifest: &Manifest, model: &Model, place: &str) -> Result<Option<String>, Failure> {
    let columns = || model.columns.iter().map(|column| column.name.as_str());
    let is_read = |field: &&Field| {
        let of_feature = manifest
            .transforms
            .iter()
            .any(|transform| transform.from == field.name || matches!(&transform.make, Make::Ratio(per) if *per == field.name));
        of_feature || columns().any(|column| column == field.name)
    };
    // Ids, segments and a person's score are declared for themselves.
    let unread: Vec<&Field> =
        manifest.schema.fields.iter().filter(|field| field.role == Role::Feature && !is_read(field)).collect();
    let declared = |name: &str| manifest.transforms.iter().any(|transform| transform.name == name);
    for field in &unread {
        if let Some(column) = columns().find(|column| !declared(column) && is_misspelt(&field.name, column)) {
            let message = format!(
                "the model has no column {:?}; did you mean {column:?}? Rename the [[field]], or give it role = \"segment\" if the model \
                 shall not read it",
                field.name
            );
            return Err(Failure::input(place, "FIELD_MISSPELT", message));
        }
    }
    let names: Vec<String> = unread.iter().map(|field| format!("{:?}", field.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Ok((!names.is_empty()).then(|| format!("the schema declares fields that the model does not read: {}", listed(&names))))
}

/// Whether `name` is `other` but for its spelling: case, white space and punctuation, or a letter or two. Digits name another column:
/// `visits_7d` and `visits_9d`.
fn is_misspelt(name: &str, other: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (name, other) = (plain(name), plain(other));
    let tolerated = match name.chars().count().min(other.chars().count()) {
        ..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    digits(&name) == digits(&other) && strsim::osa_distance(&name, &other) <= tolerated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_misspelt_by_its_letters_only() {
        for (name, other) in
            [("emplyees", "employees"), ("Total Visits", "total_visits"), ("sorce", "source"), ("soucre", "source")]
        {
            assert!(is_misspelt(name, other), "{name} {other}");
        }
        for (name, other) in
            [("visits_7d", "visits_9d"), ("city", "plan"), ("age", "ape"), ("email", "emails_opened"), ("f1", "f2")]
        {
            assert!(!is_misspelt(name, other), "{name} {other}");
        }
    }
}
