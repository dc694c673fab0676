//! What a model says of itself, for the hosts that show it.

use super::Scorer;
use crate::bundle::Band;
use crate::json::Object;
use crate::schema::{Field, Role};

impl Scorer {
    /// Appends `{name, version, intended_use, columns, outputs, fields, bands}` to `out`. Members of a field that say nothing are
    /// left out, as in the manifest.
    #[inline(never)]
    pub fn write_card(&self, out: &mut Vec<u8>) {
        let (manifest, model) = (&self.bundle.manifest, self.bundle.model());
        let mut card = Object::begin(out);
        card.text("name", &manifest.name);
        card.text("version", &manifest.version);
        card.text("intended_use", &manifest.provenance.intended_use);
        card.list("columns", &model.columns, &mut |out, column| crate::json::text(out, &column.name));
        card.number("outputs", f64::from(model.outputs));
        card.list("fields", &manifest.schema.fields, &mut write_field);
        card.list("bands", &manifest.bands, &mut write_band);
        card.end();
    }
}

#[inline(never)]
fn write_field(out: &mut Vec<u8>, field: &Field) {
    let mut object = Object::begin(out);
    let said = |object: &mut Object<'_>, key: &'static str, text: &str| {
        if !text.is_empty() {
            object.text(key, text);
        }
    };
    object.text("name", &field.name);
    object.text("kind", field.kind.as_str());
    if field.role != Role::Feature {
        object.text("role", field.role.as_str());
    }
    if field.required {
        object.key("required").extend_from_slice(b"true");
    }
    if !field.categories.is_empty() {
        object.texts("categories", &field.categories);
    }
    said(&mut object, "label", &field.label);
    said(&mut object, "unit", &field.unit);
    for (key, limit) in [("min", field.min), ("max", field.max)] {
        if let Some(limit) = limit {
            object.number(key, limit);
        }
    }
    if !field.missing.is_empty() {
        object.texts("missing", &field.missing);
    }
    if let Some(number) = field.missing_number {
        object.number("missing_number", number);
    }
    said(&mut object, "reason", &field.reason);
    said(&mut object, "reason_missing", &field.reason_missing);
    said(&mut object, "reason_zero", &field.reason_zero);
    if !field.reason_of.is_empty() {
        let mut of = Object::begin(object.key("reason_of"));
        for (category, template) in field.reason_of.iter() {
            of.entry(category, template);
        }
        of.end();
    }
    object.end();
}

fn write_band(out: &mut Vec<u8>, band: &Band) {
    let mut object = Object::begin(out);
    object.text("name", &band.name);
    object.number("from", band.from);
    object.end();
}
