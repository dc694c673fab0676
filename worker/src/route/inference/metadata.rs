//! What the server and its models say of themselves.

use plumbline_core::schema::{Field, FieldKind};
use serde_json::{Value, json};

use crate::deployment::Served;
use crate::service::Serving;

/// Name and datatype of each output.
pub(super) const OUTPUTS: [(&str, &str); 3] = [("probability", "FP64"), ("margin", "FP64"), ("band", "BYTES")];

pub(super) fn server() -> Value {
    json!({ "name": "plumbline", "version": env!("CARGO_PKG_VERSION"), "extensions": ["binary_tensor_data"] })
}

pub(super) fn model(serving: Serving<'_>, served: &Served) -> Value {
    let id = served.scorer.id();
    let versions = serving.deployment.models().iter().map(|other| other.scorer.id()).filter(|other| other.name == id.name);
    let fields = served.scorer.bundle().manifest.schema.fields.iter();
    let input = |field: &Field| json!({ "name": field.name, "datatype": datatype(field.kind), "shape": [-1] });
    let output = |(name, datatype)| json!({ "name": name, "datatype": datatype, "shape": [-1] });
    json!({
        "name": id.name,
        "versions": versions.map(|id| id.version.as_str()).collect::<Vec<_>>(),
        "platform": "plumbline",
        "inputs": fields.filter(|field| field.role.is_readable()).map(input).collect::<Vec<_>>(),
        "outputs": OUTPUTS.map(output),
    })
}

fn datatype(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Number => "FP64",
        FieldKind::Flag => "BOOL",
        _ => "BYTES",
    }
}
