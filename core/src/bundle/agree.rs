//! What a declaration and a model's file say of the same categories, brought into line before a bundle is written.
//!
//! A category's code is its place in the list that the model was trained on. A schema that lists other texts, or the same in another
//! order, would score every lead wrong without a word; so the file's list decides the order, and other texts are refused.

use super::Manifest;
use crate::feature::Make;
use crate::json::Quoted;
use crate::model::{Body, Column, Model};
use crate::schema::{Categories, ConfigErrors, Field, FieldKind, is_same};

/// What a model's file says of the categories of its columns.
#[derive(Debug, Clone, Copy)]
pub struct FileCategories<'a> {
    /// Per column its texts in code order; empty when the file has none.
    pub texts: &'a [Vec<String>],
    /// Columns whose texts the file leaves open, and why.
    pub doubts: &'a [(usize, &'a str)],
    /// A column without texts was trained on its codes as they are.
    pub codes_are_values: bool,
}

impl Manifest {
    /// Gives the schema's category fields the texts of the model's `file`, in its order. Returns what to know of it.
    ///
    /// # Errors
    /// A field that lists other texts than the file; one that must list its texts, because the file leaves them open.
    pub fn agree(&mut self, model: &Model, file: FileCategories<'_>) -> Result<Vec<String>, ConfigErrors> {
        let (mut notes, mut errors) = (Vec::new(), ConfigErrors::default());
        let mut codes: Vec<&str> = Vec::new();
        for (at, column) in model.columns.iter().enumerate() {
            let texts = file.texts.get(at).map_or(&[][..], Vec::as_slice);
            let doubt = file.doubts.iter().find(|(of, _)| *of == at).map(|(_, reason)| *reason);
            if texts.is_empty() && doubt.is_none() && !column.categorical {
                continue;
            }
            let Some(index) = self.feeds(column) else { continue };
            let Some(field) = self.schema.fields.get_mut(index) else { continue };
            let path = format!("field[{index}].categories");
            let agreed = match (field.kind, texts, doubt) {
                (FieldKind::Category, _, Some(reason)) => take_declared(field, texts, reason),
                (FieldKind::Category, [], None) => {
                    if field.categories.is_empty() {
                        codes.push(&column.name);
                    }
                    reaches(field, top_code(model, at))
                }
                (FieldKind::Category, _, None) => take_file(field, texts, &mut notes),
                (FieldKind::Flag, [_, ..], _) if !is_flag(texts) => {
                    Err(format!("the model has other categories than no and yes for {}: {}", Quoted(&field.name), quoted(texts)))
                }
                (FieldKind::Number, [_, ..], _) => {
                    notes.push(format!("{} is declared as a number: leads give its codes, not its texts", Quoted(&field.name)));
                    Ok(())
                }
                _ => Ok(()),
            };
            if let Err(message) = agreed {
                errors.add("CATEGORIES_DIFFER", path.clone(), message);
            }
            if let Some(word) = field.missing.iter().find(|word| field.categories.contains(word)) {
                let message = format!(
                    "{} cannot mean missing in {}: the model was trained with it as a category. Remove it from `missing`, or train the model with missing values there",
                    Quoted(word),
                    Quoted(&field.name)
                );
                errors.add("FIELD_MISSING_CATEGORY", format!("field[{index}].missing"), message);
            }
            for (category, _) in field.reason_of.iter().filter(|(category, _)| !field.categories.iter().any(|c| c == category)) {
                let message = format!("{} is not a category of {}", Quoted(category), Quoted(&field.name));
                errors.add("TEMPLATE_CATEGORY_UNKNOWN", format!("field[{index}].reason_of.{category}"), message);
            }
        }
        if !codes.is_empty() && !file.codes_are_values {
            notes.push(format!(
                "the file has no category texts for {}: leads give codes 0, 1, 2 …; where training had other values (pandas categories), list these in code order in a schema (kind = \"category\", categories = […]), or leads score wrong",
                codes.iter().map(|name| Quoted(name).to_string()).collect::<Vec<_>>().join(", ")
            ));
        }
        errors.into_result().map(|()| notes)
    }

    /// The field whose category code is `column` as it stands.
    fn feeds(&self, column: &Column) -> Option<usize> {
        let mut made = self.transforms.iter().filter(|t| t.name == column.name);
        let from = match made.next() {
            None => &column.name,
            Some(t) if t.make == Make::Value && !t.one_hot && t.then.is_empty() => &t.from,
            Some(_) => return None,
        };
        self.schema.field(from).map(|(index, _)| index)
    }
}

/// Brings the categories of `field` into line with the `texts` of the file.
fn take_file(field: &mut Field, texts: &[String], notes: &mut Vec<String>) -> Result<(), String> {
    if field.categories.is_empty() {
        field.categories = texts.to_vec();
        return Ok(());
    }
    let file = Categories::new(texts);
    let mut ordered: Vec<Option<String>> = vec![None; texts.len()];
    let mut strange = Vec::new();
    for category in &field.categories {
        match file.find(category).and_then(|code| ordered.get_mut(code)).filter(|slot| slot.is_none()) {
            Some(slot) => *slot = Some(category.clone()),
            None => strange.push(category.clone()),
        }
    }
    let absent: Vec<String> =
        texts.iter().zip(&ordered).filter(|(_, slot)| slot.is_none()).map(|(text, _)| text.clone()).collect();
    if strange.is_empty() && absent.is_empty() {
        let ordered: Vec<String> = ordered.into_iter().flatten().collect();
        if ordered != field.categories {
            notes.push(format!(
                "the schema lists the categories of {} in another order than the model's file: their codes follow the file",
                Quoted(&field.name)
            ));
            field.categories = ordered;
        }
        return Ok(());
    }
    let mut parts = Vec::new();
    if !strange.is_empty() {
        parts.push(format!("the model's file does not have {}", quoted(&strange)));
    }
    if !absent.is_empty() {
        parts.push(format!("the schema does not list {}", quoted(&absent)));
    }
    Err(format!(
        "the categories of {} are not those the model was trained on: {}. Remove `categories` to take those of the file",
        Quoted(&field.name),
        parts.join("; ")
    ))
}

/// Checks the declared categories of `field` against what the file has kept of its `texts`.
fn take_declared(field: &Field, texts: &[String], reason: &str) -> Result<(), String> {
    let name = Quoted(&field.name);
    if field.categories.is_empty() || field.categories == texts {
        return Err(format!(
            "the categories of {name} cannot be read from the model's file: {reason}. List them in a schema, in the order of their codes: [[field]] name = {name}, kind = \"category\", categories = […]"
        ));
    }
    let differs = |(listed, kept): &(&String, &String)| {
        let kept_whole = !kept.contains(crate::schema::LOST);
        if kept_whole { !is_same(listed, kept) } else { Categories::new(std::slice::from_ref(*kept)).find(listed).is_none() }
    };
    if !texts.is_empty() && texts.len() != field.categories.len() {
        return Err(format!(
            "{} categories of {name} are listed; the model was trained on {}",
            field.categories.len(),
            texts.len()
        ));
    }
    match field.categories.iter().zip(texts).find(differs) {
        Some((listed, kept)) => {
            Err(format!("the schema lists {} of {name} where the model's file has {}", Quoted(listed), Quoted(kept)))
        }
        None => Ok(()),
    }
}

/// Whether a list is long enough for the codes that the model tests.
fn reaches(field: &Field, top: Option<usize>) -> Result<(), String> {
    match top {
        Some(top) if !field.categories.is_empty() && top >= field.categories.len() => Err(format!(
            "{} lists {} categories, but the model tests for code {top}: the list must have all categories of the training data, in code order",
            Quoted(&field.name),
            field.categories.len()
        )),
        _ => Ok(()),
    }
}

/// The largest code that the model tests for in column `at`.
fn top_code(model: &Model, at: usize) -> Option<usize> {
    let Body::Trees(ensemble) = &model.body else { return None };
    ensemble.splits().filter(|split| split.column as usize == at).filter_map(|split| split.test.top_code()).max()
}

/// Whether code 0 is no and code 1 yes.
fn is_flag(texts: &[String]) -> bool {
    let [no, yes] = texts else { return false };
    use crate::table::word::flag;
    flag(no.trim()) == Some(false) && flag(yes.trim()) == Some(true)
}

/// Up to five of `texts`, in quotes.
fn quoted(texts: &[String]) -> String {
    let shown: Vec<String> = texts.iter().take(5).map(|text| Quoted(text).to_string()).collect();
    let more = texts.len().saturating_sub(5);
    shown.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Declaration;
    use crate::model::{Arithmetic, Ensemble, Leaf, Link, Missing, Node, Split, Test, Tree};

    fn model() -> Model {
        let leaf = |value| Node::Leaf(Leaf { value, cover: 1.0, linear: None });
        let test = Test::In(vec![0b101]);
        let split = Split { column: 0, test, missing: Missing::Nan, default_left: false, left: 1, right: 2, cover: 2.0 };
        let nodes = vec![Node::Split(split), leaf(1.0), leaf(0.0)];
        let trees = vec![Tree { output: 0, weight: 1.0, nodes }];
        let body = Body::Trees(Ensemble { arithmetic: Arithmetic::F64, base: vec![0.0], trees });
        Model { columns: vec![Column { name: "plan".into(), categorical: true }], body, link: Link::Identity, outputs: 1 }
    }

    fn agreed(declared: &str, texts: &[&str], doubt: Option<&str>) -> Result<(Vec<String>, Vec<String>), String> {
        let model = model();
        let declaration: Declaration = serde_json::from_str(&format!(r#"{{"field": [{declared}]}}"#)).unwrap();
        let texts = [texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()];
        let mut manifest = Manifest::declared(declaration, &model.columns, &texts);
        let doubts: Vec<(usize, &str)> = doubt.into_iter().map(|doubt| (0, doubt)).collect();
        let file = FileCategories { texts: &texts, doubts: &doubts, codes_are_values: false };
        let notes = manifest.agree(&model, file).map_err(|e| e.to_string())?;
        Ok((manifest.schema.fields[0].categories.clone(), notes))
    }

    #[test]
    fn the_file_decides_the_order_and_the_members() {
        let file = &["free", "pro", "team"];
        let field = |more: &str| format!(r#"{{"name": "plan", "kind": "category"{more}}}"#);
        let listed = |list: &str| field(&format!(r#", "categories": {list}"#));
        let (plain, notes) = agreed("", file, None).unwrap();
        assert_eq!((plain, notes.len()), (vec!["free".to_owned(), "pro".into(), "team".into()], 0));
        assert_eq!(agreed(&field(""), file, None).unwrap().0, file);
        let (turned, notes) = agreed(&listed(r#"["team", "pro", "free"]"#), file, None).unwrap();
        assert_eq!(turned, file);
        assert!(notes[0].contains("another order") && notes[0].contains("plan"), "{notes:?}");
        let (spelt, notes) = agreed(&listed(r#"["False", "True"]"#), &["false", "true"], None).unwrap();
        assert_eq!((spelt, notes.len()), (vec!["False".to_owned(), "True".into()], 0));
        for (list, expected) in [
            (r#"["free", "pro", "gold"]"#, r#"does not have "gold"; the schema does not list "team""#),
            (r#"["free", "pro"]"#, r#"does not list "team""#),
            (r#"["free", "pro", "team", "x"]"#, r#"does not have "x""#),
        ] {
            let error = agreed(&listed(list), file, None).unwrap_err();
            assert!(error.contains(expected) && error.contains("CATEGORIES_DIFFER"), "{error}");
        }
        let unknown = field(r#", "reason_of": {"gold": "Gold"}"#);
        assert!(agreed(&unknown, file, None).unwrap_err().contains("gold"));
    }

    #[test]
    fn a_file_without_texts_leaves_codes_or_a_list_that_reaches_them() {
        let (none, notes) = agreed("", &[], None).unwrap();
        assert!(none.is_empty() && notes[0].contains("\"plan\"") && notes[0].contains("codes 0, 1, 2"), "{notes:?}");
        let listed = |list: &str| agreed(&format!(r#"{{"name": "plan", "kind": "category", "categories": {list}}}"#), &[], None);
        assert_eq!(listed(r#"["1", "2", "3"]"#).unwrap().1.len(), 0);
        assert!(listed(r#"["1", "2"]"#).unwrap_err().contains("code 2"));
    }

    #[test]
    fn texts_that_the_file_leaves_open_are_declared() {
        let texts = &["Bern", "Z\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}"];
        assert!(agreed("", texts, Some("lost")).unwrap_err().contains("lost. List them"));
        let listed =
            |list: &str| agreed(&format!(r#"{{"name": "plan", "kind": "category", "categories": {list}}}"#), texts, Some("lost"));
        assert_eq!(listed(r#"["Bern", "Zürich"]"#).unwrap().0, ["Bern", "Zürich"]);
        assert!(listed(r#"["Basel", "Zürich"]"#).unwrap_err().contains("\"Basel\""));
        assert!(listed(r#"["Bern"]"#).unwrap_err().contains("trained on 2"));
    }

    #[test]
    fn a_flag_takes_no_and_yes_only() {
        let flag = r#"{"name": "plan", "kind": "flag"}"#;
        assert!(agreed(flag, &["false", "true"], None).is_ok());
        assert!(agreed(flag, &["true", "false"], None).is_err());
        assert!(agreed(r#"{"name": "plan", "max": 9}"#, &["a", "b"], None).unwrap().1[0].contains("codes"));
    }
}
