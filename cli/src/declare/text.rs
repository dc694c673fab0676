//! The declaration as a person reads and edits it.

use std::path::Path;

use plumbline_core::schema::FieldKind;

use super::derive::{FeatureSketch, FieldSketch, Sketch};
use crate::output::terminal::thousands;

/// The first lines: what it was made of.
pub fn title(model: &Path, data: Option<&Path>, rows: Option<usize>) -> String {
    let leads = data.zip(rows).map(|(data, rows)| format!(" and {} ({} leads)", data.display(), thousands(rows as u64)));
    format!(
        "# Made by `plumbline schema init` from {}{}.\n\
         # Change what you like; lines marked `# check` could not be derived. Import the model with\n\
         #   plumbline import {} --schema THIS.toml -o M.plumb --check predictions.csv\n\
         # docs/FORMATS.md describes every key.\n",
        model.display(),
        leads.unwrap_or_default(),
        model.display()
    )
}

/// The declaration.
pub fn written(sketch: &Sketch, title: &str, bands: &[(String, f64)]) -> String {
    let mut out = title.to_owned();
    out.push_str("\n[model]\nintended_use = \"\"   # what the model is for, and what it is not for\n");
    out.push_str("\n# What a lead contains. Templates: {value} is the value, {one|many} the word for one and for many.\n");
    sketch.fields.iter().for_each(|field| push_field(&mut out, field));
    if !sketch.features.is_empty() {
        out.push_str("\n# How the model's other columns are computed from fields.\n");
        sketch.features.iter().for_each(|feature| push_feature(&mut out, feature));
    }
    push_bands(&mut out, bands);
    out.push_str(
        "\n# For a calibrated model, with the numbers of the calibrator (scikit-learn: a_ and b_; on the margin if the classifier has\n\
         # decision_function, as LGBMClassifier from 4.7, otherwise on the probability):\n\
         # [calibration.sigmoid]\n# slope = -5.1\n# intercept = 2.4\n# on = \"probability\"\n",
    );
    out
}

fn push_field(out: &mut String, field: &FieldSketch) {
    let parts = [if field.check.is_empty() { String::new() } else { format!("check: {}", field.check) }, field.comment.clone()];
    let note = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    // A comment ends with its line.
    let note: String = note.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let comment = if note.is_empty() { note } else { format!("   # {note}") };
    out.push_str(&format!("\n[[field]]\nname = {}\nkind = \"{}\"{comment}\n", quoted(&field.name), field.kind.as_str()));
    if field.is_id {
        out.push_str("role = \"id\"\n");
        return;
    }
    if !field.categories.is_empty() {
        out.push_str(&format!("categories = {}\n", list(&field.categories)));
    }
    let label = label(&field.name);
    out.push_str(&format!("label = {}\n", quoted(&label)));
    // Braces are placeholders of a template.
    let plain: String = label.chars().filter(|c| !"{}".contains(*c)).collect();
    match field.kind {
        FieldKind::Flag => {
            out.push_str(&format!("reason = {}\n", quoted(&format!("{plain}: yes"))));
            out.push_str(&format!("reason_zero = {}\n", quoted(&format!("{plain}: no"))));
        }
        _ => out.push_str(&format!("reason = {}\n", quoted(&format!("{plain}: {{value}}")))),
    }
    out.push_str(&format!("reason_missing = {}\n", quoted(&format!("{plain}: not known"))));
}

fn push_feature(out: &mut String, feature: &FeatureSketch) {
    out.push_str(&format!("\n[[feature]]\nname = {}\nfrom = {}\n", quoted(&feature.name), quoted(&feature.from)));
    if feature.is_missing {
        out.push_str("make = \"missing\"\n");
    } else if !feature.columns.is_empty() {
        out.push_str(&format!("one_hot = true\ncolumns = {}\n", list(&feature.columns)));
        out.push_str("then = [{ impute = { constant = 0 } }]   # pandas and scikit-learn write 0 for a missing value\n");
    }
}

fn push_bands(out: &mut String, bands: &[(String, f64)]) {
    if bands.is_empty() {
        out.push_str("\n# Names for ranges of the probability; one starts at 0.\n# [[band]]\n# name = \"hot\"\n# from = 0.6\n");
        out.push_str("# [[band]]\n# name = \"cold\"\n# from = 0\n");
        return;
    }
    out.push_str("\n# Names for ranges of the probability: the upper 10 % and 30 % of the leads, before calibration.\n");
    for (name, from) in bands {
        out.push_str(&format!("\n[[band]]\nname = {}\nfrom = {from}\n", quoted(name)));
    }
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    let line = format!("[{}]", texts.join(", "));
    if line.len() <= 100 { line } else { format!("[\n    {},\n]", texts.join(",\n    ")) }
}

/// A basic string of TOML.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `pages_viewed` as `Pages viewed`.
fn label(name: &str) -> String {
    let spaced: String = name.chars().map(|c| if c == '_' { ' ' } else { c }).collect();
    let mut chars = spaced.trim().chars();
    chars.next().map_or_else(|| name.to_owned(), |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_string_of_toml() {
        for text in ["plain", "a \"b\" \\c", "tab\tline\nend", "bell \u{7} é 日本", "'''", "\"\"\""] {
            let read: toml::Table = toml::from_str(&format!("x = {}", quoted(text))).unwrap();
            assert_eq!(read["x"].as_str(), Some(text));
        }
        assert_eq!(label("pages_viewed"), "Pages viewed");
    }
}
