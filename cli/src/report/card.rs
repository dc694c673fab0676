//! What a bundle is, for a person or a program.

use plumbline_core::Bundle;
use plumbline_core::bundle::{Band, Packing};
use plumbline_core::model::{Body, Calibration, Link, Missing, Model, Node, Scale, Tree};
use plumbline_core::schema::{Field, FieldKind};
use serde::Serialize;

use super::baseline::BaselineCard;
use crate::output::terminal::{aligned, thousands};

/// What a bundle is.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ModelCard"))]
pub struct Card {
    /// The model's name.
    name: String,
    /// Its version.
    version: String,
    /// What it is, such as `tree ensemble`.
    kind: &'static str,
    /// The columns it reads, in order.
    columns: Vec<ColumnCard>,
    /// The fields of a lead.
    fields: Vec<FieldCard>,
    /// How many outputs it has.
    outputs: u32,
    /// How margins become probabilities.
    link: Link,
    /// Trees; 0 of a linear model.
    trees: usize,
    /// Leaves of all trees.
    leaves: usize,
    /// Splits on the longest path.
    depth: usize,
    /// The map from the model's output to the observed rate.
    calibration: Calibration,
    /// Bands of calibrated probabilities.
    bands: Vec<Band>,
    /// Declared features.
    transforms: usize,
    /// Where it comes from.
    provenance: plumbline_core::bundle::Provenance,
    /// Whether training weights are rounded, see docs/FORMATS.md.
    compact: bool,
    /// Size of the file, bytes.
    bytes: u64,
    /// The comparison with the training library's own predictions.
    checked: Option<plumbline_core::bundle::Checked>,
    /// What the model was when it was trained; null without a baseline.
    baseline: Option<BaselineCard>,
    /// Golden leads, all scored and compared bit for bit when the file was read.
    goldens: usize,
}

/// A column of a model.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct ColumnCard {
    /// Its name.
    name: String,
    /// Whether its values are codes of categories.
    categorical: bool,
}

/// A field of a lead.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct FieldCard {
    /// Its key in a lead.
    name: String,
    /// What it holds, such as `number`.
    kind: &'static str,
    /// Whether a lead without it is rejected.
    required: bool,
    /// Of a category: how many are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    categories: Option<usize>,
}

impl Card {
    /// The card of a verified bundle whose file has `bytes` bytes.
    pub fn of(bundle: &Bundle, bytes: u64) -> Card {
        let model = bundle.model();
        let manifest = &bundle.manifest;
        let shape = Shape::of(model);
        Card {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            kind: shape.kind,
            columns: model.columns.iter().map(|c| ColumnCard { name: c.name.clone(), categorical: c.categorical }).collect(),
            fields: manifest.schema.fields.iter().map(field_card).collect(),
            outputs: model.outputs,
            link: model.link,
            trees: shape.trees,
            leaves: shape.leaves,
            depth: shape.depth,
            calibration: manifest.calibration.clone(),
            bands: manifest.bands.clone(),
            transforms: manifest.transforms.len(),
            provenance: manifest.provenance.clone(),
            compact: bundle.packing() == Packing::Compact,
            bytes,
            checked: manifest.checked.clone(),
            baseline: BaselineCard::of(bundle),
            goldens: bundle.goldens().len(),
        }
    }

    /// A few lines, as after an import.
    pub fn short(&self) -> String {
        aligned(&[
            ("model", format!("{} {}", self.name, self.version)),
            ("body", self.body()),
            ("columns", self.columns_line()),
            ("size", size(self.bytes)),
        ])
    }

    /// The whole card.
    pub fn full(&self) -> String {
        let mut rows = vec![("model", self.name.clone()), ("version", self.version.clone())];
        rows.extend(self.facts());
        rows.push(("fields", self.fields_table()));
        rows.push(("transforms", self.transforms.to_string()));
        rows.extend(self.provenance_rows());
        if self.compact {
            let note =
                "compact: training weights are rounded to three leading bits; scores are exact, contributions are approximate";
            rows.push(("packing", note.to_owned()));
        }
        match &self.baseline {
            Some(baseline) => rows.extend(baseline.rows()),
            None => rows.push(("baseline", "none (plumbline baseline adds one)".to_owned())),
        }
        rows.push(("size", size(self.bytes)));
        rows.push(("checked", self.checked_line()));
        rows.push(("verified", format!("structure, digest and {} golden leads, bit for bit", self.goldens)));
        aligned(&rows)
    }

    /// What the model is, each with its name: the rows that a printed card and a written one share.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("body", self.body()),
            ("columns", self.columns_line()),
            ("link", self.link_line()),
            ("calibration", self.calibration_line()),
            ("bands", self.bands_line()),
        ]
    }

    fn body(&self) -> String {
        match self.trees {
            0 => self.kind.to_owned(),
            trees => format!(
                "{}: {} trees, {} leaves, at most {} splits deep",
                self.kind,
                thousands(trees as u64),
                thousands(self.leaves as u64),
                self.depth
            ),
        }
    }

    fn columns_line(&self) -> String {
        let categorical = self.columns.iter().filter(|c| c.categorical).count();
        let outputs = if self.outputs == 1 { String::new() } else { format!("; {} outputs", self.outputs) };
        match categorical {
            0 => format!("{}, all numeric{outputs}", self.columns.len()),
            n => format!("{}, {n} of them categorical{outputs}", self.columns.len()),
        }
    }

    fn link_line(&self) -> String {
        match self.link {
            Link::Identity => "identity: the prediction is the margin".to_owned(),
            Link::Logistic { scale: 1.0 } => "logistic: 1 / (1 + e^(−margin))".to_owned(),
            Link::Logistic { scale } => format!("logistic: 1 / (1 + e^(−{scale}·margin))"),
            Link::LogisticF32 => "logistic, in single precision".to_owned(),
            Link::Softmax => "softmax over the outputs".to_owned(),
            Link::SoftmaxF32 => "softmax over the outputs, in single precision".to_owned(),
            Link::Average { divisor, .. } => format!("{:?}, of the sum over trees divided by {divisor}", self.link),
            _ => format!("{:?}", self.link),
        }
    }

    fn calibration_line(&self) -> String {
        let of = |on: &Scale| if *on == Scale::Margin { "margin" } else { "probability" };
        let line = |calibration: &Calibration| match calibration {
            Calibration::None => "none: the model's own probability".to_owned(),
            Calibration::Sigmoid { slope, intercept, on } => {
                format!("sigmoid of the {0}: 1 / (1 + e^({slope}·{0} + {intercept}))", of(on))
            }
            Calibration::Isotonic { x, on, .. } => format!("isotonic of the {}, {} knots", of(on), x.len()),
            _ => "yes".to_owned(),
        };
        let members: Vec<String> = self.calibration.members().iter().map(line).collect();
        if self.calibration.is_average() {
            return format!("average of {} models, one per output:\n{}", members.len(), members.join("\n"));
        }
        members.join("\n")
    }

    fn checked_line(&self) -> String {
        let Some(checked) = &self.checked else {
            return "not checked against predictions of the training library (import --check)".to_owned();
        };
        let largest = if checked.largest == 0.0 { "0".to_owned() } else { format!("{:.1e}", checked.largest) };
        let differ = if checked.differing == 0 { String::new() } else { format!("{} differ, ", thousands(checked.differing)) };
        format!("against {} predictions, {differ}largest difference {largest}", thousands(checked.rows))
    }

    fn bands_line(&self) -> String {
        let mut bands: Vec<&Band> = self.bands.iter().collect();
        bands.sort_by(|a, b| b.from.total_cmp(&a.from));
        match bands.is_empty() {
            true => "none".to_owned(),
            false => bands.iter().map(|band| format!("{} from {}", band.name, band.from)).collect::<Vec<_>>().join(", "),
        }
    }

    fn fields_table(&self) -> String {
        let width = self.fields.iter().map(|f| f.name.chars().count()).max().unwrap_or(0);
        let line = |f: &FieldCard| {
            let categories = f.categories.map_or(String::new(), |n| if n == 0 { " code".into() } else { format!(" of {n}") });
            let required = if f.required { ", required" } else { "" };
            format!("{:width$}  {}{categories}{required}", f.name, f.kind)
        };
        self.fields.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn provenance_rows(&self) -> Vec<(&'static str, String)> {
        let p = &self.provenance;
        let pairs = |pairs: Vec<String>| pairs.join("\n");
        [
            ("intended use", p.intended_use.clone()),
            ("trained on", [&*p.snapshot_uri, &*p.table_version].join(" ").trim().to_owned()),
            ("snapshot", p.snapshot_sha256.clone()),
            ("rows", p.rows.map(thousands).unwrap_or_default()),
            ("window", p.window.clone()),
            ("code", p.code_revision.clone()),
            ("settings", p.settings_sha256.clone()),
            ("schema", p.schema_sha256.clone()),
            ("declared", pairs(p.baseline.iter().map(|(k, v)| format!("{k} {v}")).collect())),
            ("parameters", pairs(p.hyperparameters.iter().map(|(k, v)| format!("{k} {v}")).collect())),
            ("notes", pairs(p.notes.clone())),
        ]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect()
    }
}

fn field_card(field: &Field) -> FieldCard {
    let categories = (field.kind == FieldKind::Category).then_some(field.categories.len());
    FieldCard { name: field.name.clone(), kind: field.kind.as_str(), required: field.required, categories }
}

/// 12345 as `12.3 kB (12,345 bytes)`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{:.1} kB ({} bytes)", bytes as f64 / 1e3, thousands(bytes)),
        _ => format!("{:.2} MB ({} bytes)", bytes as f64 / 1e6, thousands(bytes)),
    }
}

/// The size of a model's body.
struct Shape {
    kind: &'static str,
    trees: usize,
    leaves: usize,
    depth: usize,
}

impl Shape {
    fn of(model: &Model) -> Shape {
        let Body::Trees(ensemble) = &model.body else {
            return Shape { kind: "linear", trees: 0, leaves: 0, depth: 0 };
        };
        let nodes = || ensemble.trees.iter().flat_map(|t| &t.nodes);
        let linear = nodes().any(|n| matches!(n, Node::Leaf(leaf) if leaf.linear.is_some()));
        let zero = nodes().any(|n| matches!(n, Node::Split(split) if split.missing == Missing::Zero));
        let kind = match (linear, zero) {
            (true, _) => "tree ensemble with linear leaves",
            (_, true) => "tree ensemble, zero is missing",
            _ => "tree ensemble",
        };
        let leaves = nodes().filter(|n| matches!(n, Node::Leaf(_))).count();
        Shape { kind, trees: ensemble.trees.len(), leaves, depth: ensemble.trees.iter().map(depth).max().unwrap_or(0) }
    }
}

/// Splits on the longest path. Children come after their parent, so one pass in order is enough.
fn depth(tree: &Tree) -> usize {
    let mut depths = vec![0usize; tree.nodes.len()];
    let mut deepest = 0;
    for (at, node) in tree.nodes.iter().enumerate() {
        let here = depths.get(at).copied().unwrap_or(0);
        deepest = deepest.max(here);
        if let Node::Split(split) = node {
            for child in [split.left, split.right] {
                if let Some(depth) = depths.get_mut(child as usize) {
                    *depth = here + 1;
                }
            }
        }
    }
    deepest
}
