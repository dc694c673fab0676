//! The header's JSON to its types, by hand: derived readers would be a third of the scorer that travels to a page. A test holds
//! this against the derived writers, member by member. Members we do not know are ignored.

use super::{Band, Checked, Expected, Manifest, Provenance};
use crate::feature::{DatePart, DomainClass, Impute, Make, Step, Transform};
use crate::json::{Misfit, Node};
use crate::model::{Arithmetic, Averaged, Calibration, Column, Link, Scale};
use crate::schema::{Field, FieldKind, Role, Schema};
use crate::table::Epoch;

/// Every item of a list.
pub(super) fn each<T>(nodes: &[Node], misfit: &mut Misfit, decode: fn(&Node, &mut Misfit) -> T) -> Vec<T> {
    let mut items = Vec::with_capacity(nodes.len());
    for node in nodes {
        items.push(decode(node, misfit));
    }
    items
}

pub(super) fn manifest(node: &Node, misfit: &mut Misfit) -> Manifest {
    Manifest {
        name: node.text("name", misfit),
        version: node.text("version", misfit),
        schema: Schema { fields: each(node.get("schema").items("fields", misfit), misfit, field) },
        transforms: each(node.items("transforms", misfit), misfit, transform),
        bands: each(node.items("bands", misfit), misfit, |node, misfit| Band {
            name: node.text("name", misfit),
            from: node.number("from", misfit),
        }),
        outputs: node.texts("outputs", misfit),
        positive: node.text_or_empty("positive", misfit),
        calibration: calibration(node.get("calibration"), misfit),
        provenance: provenance(node.get("provenance"), misfit),
        checked: match node.get("checked") {
            Node::Null => None,
            checked => Some(Checked {
                rows: checked.whole("rows", misfit),
                differing: checked.whole("differing", misfit),
                largest: checked.number("largest", misfit),
            }),
        },
    }
}

fn provenance(node: &Node, misfit: &mut Misfit) -> Provenance {
    Provenance {
        snapshot_uri: node.text_or_empty("snapshot_uri", misfit),
        table_version: node.text_or_empty("table_version", misfit),
        snapshot_sha256: node.text_or_empty("snapshot_sha256", misfit),
        rows: if *node.get("rows") == Node::Null { None } else { Some(node.whole("rows", misfit)) },
        window: node.text_or_empty("window", misfit),
        hyperparameters: node.by_name("hyperparameters", misfit, Node::as_text),
        code_revision: node.text_or_empty("code_revision", misfit),
        settings_sha256: node.text_or_empty("settings_sha256", misfit),
        schema_sha256: node.text_or_empty("schema_sha256", misfit),
        baseline: node.by_name("baseline", misfit, Node::as_number),
        intended_use: node.text_or_empty("intended_use", misfit),
        notes: node.texts("notes", misfit),
    }
}

fn field(node: &Node, misfit: &mut Misfit) -> Field {
    use FieldKind::{Category, Date, Flag, List, Number, Text};
    use Role::{Feature, HumanScore, Id, Segment};
    let kinds = [Number, Category, Text, Flag, List, Date].map(|kind| (kind.as_str(), kind));
    let roles = [Feature, Id, Segment, HumanScore].map(|role| (role.as_str(), role));
    let epochs = [Epoch::Milliseconds, Epoch::Seconds, Epoch::Microseconds, Epoch::SpreadsheetDays, Epoch::Yyyymmdd];
    let epochs = epochs.map(|epoch| (epoch.as_str(), epoch));
    Field {
        name: node.text("name", misfit),
        kind: named(node, "kind", misfit, &kinds),
        role: named(node, "role", misfit, &roles),
        required: node.flag("required", misfit),
        categories: node.texts("categories", misfit),
        codes: node.flag("codes", misfit),
        label: node.text_or_empty("label", misfit),
        unit: node.text_or_empty("unit", misfit),
        min: node.optional_number("min", misfit),
        max: node.optional_number("max", misfit),
        missing: node.texts("missing", misfit),
        missing_number: node.optional_number("missing_number", misfit),
        epoch: named(node, "epoch", misfit, &epochs),
        reason: node.text_or_empty("reason", misfit),
        reason_missing: node.text_or_empty("reason_missing", misfit),
        reason_zero: node.text_or_empty("reason_zero", misfit),
        reason_of: node.by_name("reason_of", misfit, Node::as_text),
    }
}

/// The alternative whose name stands at `key`; the default when nothing does.
fn named<T: Copy + Default>(node: &Node, key: &'static str, misfit: &mut Misfit, known: &[(&str, T)]) -> T {
    let (name, _) = node.get(key).variant();
    let found = known.iter().find(|(known, _)| *known == name);
    if found.is_none() && *node.get(key) != Node::Null {
        misfit.note(key);
    }
    found.map_or(T::default(), |(_, value)| *value)
}

#[inline(never)]
fn transform(node: &Node, misfit: &mut Misfit) -> Transform {
    Transform {
        name: node.text("name", misfit),
        from: node.text("from", misfit),
        make: make(node.get("make"), misfit),
        one_hot: node.flag("one_hot", misfit),
        columns: node.texts("columns", misfit),
        then: each(node.items("then", misfit), misfit, step),
    }
}

#[inline(never)]
fn make(node: &Node, misfit: &mut Misfit) -> Make {
    use DatePart::{Day, DayOfYear, Hour, Month, Quarter, Weekday, Year};
    let (name, content) = node.variant();
    match name {
        "value" => Make::Value,
        "missing" => Make::Missing,
        "bucket" => Make::Bucket(content.as_numbers("bucket", misfit)),
        "ordinal" => Make::Ordinal(content.as_texts("ordinal", misfit)),
        "target" => Make::Target {
            values: content.by_name("values", misfit, Node::as_number),
            default: content.number("default", misfit),
        },
        "multi_hot" => Make::MultiHot(content.as_texts("multi_hot", misfit)),
        "count" => Make::Count,
        "date_part" => {
            let parts = [
                ("year", Year),
                ("quarter", Quarter),
                ("month", Month),
                ("day", Day),
                ("weekday", Weekday),
                ("day_of_year", DayOfYear),
                ("hour", Hour),
            ];
            let part = content.as_text("date_part", misfit);
            match parts.iter().find(|(name, _)| *name == part) {
                Some((_, part)) => Make::DatePart(*part),
                None => unknown("date_part", misfit, Make::Value),
            }
        }
        "days_since" => Make::DaysSince,
        "email_domain" => Make::EmailDomain(each(content.as_items("email_domain", misfit), misfit, |node, misfit| DomainClass {
            name: node.text("name", misfit),
            domains: node.texts("domains", misfit),
        })),
        "ratio" => Make::Ratio(content.as_text("ratio", misfit)),
        _ if *node == Node::Null => Make::Value,
        _ => unknown("make", misfit, Make::Value),
    }
}

/// Notes an alternative that is unknown; something stands in its place until the whole is refused.
fn unknown<T>(key: &'static str, misfit: &mut Misfit, instead: T) -> T {
    misfit.note(key);
    instead
}

#[inline(never)]
fn step(node: &Node, misfit: &mut Misfit) -> Step {
    let (name, content) = node.variant();
    match name {
        "impute" => match content.variant() {
            ("constant", x) => Step::Impute(Impute::Constant(x.as_number("impute", misfit))),
            ("mean", x) => Step::Impute(Impute::Mean(x.as_number("impute", misfit))),
            _ => unknown("impute", misfit, Step::Log1p),
        },
        "clip" => Step::Clip { min: content.number("min", misfit), max: content.number("max", misfit) },
        "log1p" => Step::Log1p,
        "standard" => Step::Standard { mean: content.number("mean", misfit), std: content.number("std", misfit) },
        "min_max" => Step::MinMax { min: content.number("min", misfit), max: content.number("max", misfit) },
        _ => unknown("then", misfit, Step::Log1p),
    }
}

#[inline(never)]
fn calibration(node: &Node, misfit: &mut Misfit) -> Calibration {
    let (name, content) = node.variant();
    match name {
        "none" => Calibration::None,
        "sigmoid" => {
            let (slope, intercept) = (content.number("slope", misfit), content.number("intercept", misfit));
            Calibration::Sigmoid { slope, intercept, on: scale(content, Scale::Margin, misfit) }
        }
        "isotonic" => {
            let (x, y) = (content.get("x").as_numbers("x", misfit), content.get("y").as_numbers("y", misfit));
            Calibration::Isotonic { x, y, on: scale(content, Scale::Probability, misfit) }
        }
        "average" => {
            Calibration::Average(each(content.as_items("average", misfit), misfit, |node, misfit| match node.variant().0 {
                // One level only, so that no file makes this recurse.
                "average" => unknown("average", misfit, Calibration::None),
                _ => calibration(node, misfit),
            }))
        }
        _ if *node == Node::Null => Calibration::None,
        _ => unknown("calibration", misfit, Calibration::None),
    }
}

fn scale(node: &Node, default: Scale, misfit: &mut Misfit) -> Scale {
    match node.get("on").variant().0 {
        "margin" => Scale::Margin,
        "probability" => Scale::Probability,
        _ if *node.get("on") == Node::Null => default,
        _ => unknown("on", misfit, default),
    }
}

pub(super) fn arithmetic(node: &Node, misfit: &mut Misfit) -> Arithmetic {
    match node.get("arithmetic").variant().0 {
        "F32" => Arithmetic::F32,
        "F64" => Arithmetic::F64,
        _ => unknown("arithmetic", misfit, Arithmetic::F64),
    }
}

pub(super) fn column(node: &Node, misfit: &mut Misfit) -> Column {
    Column { name: node.text("name", misfit), categorical: node.flag("categorical", misfit) }
}

pub(super) fn expected(node: &Node, misfit: &mut Misfit) -> Expected {
    Expected { margins: node.texts("margins", misfit), probability: node.text("probability", misfit) }
}

pub(super) fn link(node: &Node, misfit: &mut Misfit) -> Link {
    let (name, content) = node.get("link").variant();
    match name {
        "identity" => Link::Identity,
        "logistic" => Link::Logistic { scale: content.number("scale", misfit) },
        "logistic_f32" => Link::LogisticF32,
        "softmax" => Link::Softmax,
        "softmax_f32" => Link::SoftmaxF32,
        "exp" => Link::Exp,
        "exp_f32" => Link::ExpF32,
        "log1p_exp" => Link::Log1pExp,
        "signed_square" => Link::SignedSquare,
        "step" => Link::Step,
        "average" => Link::Average { divisor: small("divisor", content, misfit), then: averaged(content.get("then"), misfit) },
        _ => unknown("link", misfit, Link::Identity),
    }
}

/// The whole number of at most 32 bits at `key`.
pub(super) fn small(key: &'static str, node: &Node, misfit: &mut Misfit) -> u32 {
    u32::try_from(node.whole(key, misfit)).unwrap_or_else(|_| unknown(key, misfit, 0))
}

#[inline(never)]
fn averaged(node: &Node, misfit: &mut Misfit) -> Averaged {
    let (name, content) = node.variant();
    match name {
        "identity" => Averaged::Identity,
        "logistic" => Averaged::Logistic { scale: content.number("scale", misfit) },
        "softmax" => Averaged::Softmax,
        "exp" => Averaged::Exp,
        "log1p_exp" => Averaged::Log1pExp,
        "signed_square" => Averaged::SignedSquare,
        _ => unknown("then", misfit, Averaged::Identity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Declaration;

    /// What the derived writer of `value` writes, as a tree.
    fn written<T: serde::Serialize>(value: &T) -> Node {
        Node::parse(&serde_json::to_string(value).unwrap()).unwrap()
    }

    #[test]
    fn what_the_derived_writers_write_is_read() {
        let declaration: Declaration = serde_json::from_str(
            r#"{"model": {"name": "n", "version": "v", "intended_use": "u", "outputs": ["a", "b"], "positive": "a"},
            "band": [{"name": "hot", "from": 0.3}, {"name": "cold", "from": 0}],
            "field": [
                {"name": "a", "kind": "category", "role": "segment", "required": true, "missing": ["-", "@pandas"], "categories": ["x", "y\"\\\u00e9"], "label": "A",
                 "reason": "r", "reason_missing": "m", "reason_of": {"x": "X"}},
                {"name": "b", "unit": "EUR", "min": -1.5, "max": 1e300, "reason_zero": "z"},
                {"name": "c", "kind": "text", "role": "id"}, {"name": "d", "kind": "flag"}, {"name": "e", "kind": "list"},
                {"name": "f", "kind": "date"}, {"name": "g", "role": "human_score"}],
            "feature": [
                {"name": "1", "from": "b", "then": [{"impute": {"constant": 1}}, {"impute": {"mean": 0.1}}, {"clip": {"min": 0, "max": 5}},
                 "log1p", {"standard": {"mean": 1, "std": 2}}, {"min_max": {"min": 0, "max": 9}}]},
                {"name": "2", "from": "b", "make": "missing"}, {"name": "3", "from": "b", "make": {"bucket": [1, 2]}, "one_hot": true},
                {"name": "4", "from": "a", "make": {"ordinal": ["x"]}}, {"name": "5", "from": "e", "make": {"multi_hot": ["p"]}, "columns": ["e_p"]},
                {"name": "6", "from": "a", "make": {"target": {"values": {"x": 0.25}, "default": 0.5}}},
                {"name": "7", "from": "e", "make": "count"}, {"name": "8", "from": "f", "make": "days_since"},
                {"name": "9", "from": "c", "make": {"email_domain": [{"name": "free", "domains": ["a.b"]}]}},
                {"name": "10", "from": "b", "make": {"ratio": "b"}}, {"name": "11", "from": "f", "make": {"date_part": "year"}},
                {"name": "12", "from": "f", "make": {"date_part": "quarter"}}, {"name": "13", "from": "f", "make": {"date_part": "month"}},
                {"name": "14", "from": "f", "make": {"date_part": "day"}}, {"name": "15", "from": "f", "make": {"date_part": "weekday"}},
                {"name": "16", "from": "f", "make": {"date_part": "day_of_year"}}, {"name": "17", "from": "f", "make": {"date_part": "hour"}}],
            "calibration": {"sigmoid": {"slope": -1.1, "intercept": 0.1}},
            "provenance": {"snapshot_uri": "s", "table_version": "t", "snapshot_sha256": "d", "rows": 7, "window": "w",
                "hyperparameters": {"h": "1"}, "code_revision": "c", "settings_sha256": "e", "schema_sha256": "f", "baseline": {"auc": 0.87}, "notes": ["one", "two"]}}"#,
        )
        .unwrap();
        let checked = Some(Checked { rows: 9240, differing: 1, largest: 1.5e-7 });
        let full = Manifest { checked, ..Manifest::declared(declaration, &[], &[]) };
        assert_eq!(Misfit::unless(|misfit| manifest(&written(&full), misfit)), Ok(full.clone()));
        let plain = Manifest { name: "n".into(), version: "v".into(), ..Manifest::default() };
        assert_eq!(Misfit::unless(|misfit| manifest(&written(&plain), misfit)), Ok(plain));
        let isotonic = |on| Calibration::Isotonic { x: vec![0.0, 1.0], y: vec![0.1, 0.9], on };
        let sigmoid = |on| Calibration::Sigmoid { slope: -1.5, intercept: 0.5, on };
        let members = vec![
            Calibration::None,
            sigmoid(Scale::Margin),
            sigmoid(Scale::Probability),
            isotonic(Scale::Margin),
            isotonic(Scale::Probability),
        ];
        for calibration in members.clone().into_iter().chain([Calibration::Average(members)]) {
            let full = Manifest { calibration, ..full.clone() };
            assert_eq!(Misfit::unless(|misfit| manifest(&written(&full), misfit)), Ok(full));
        }
    }

    #[test]
    fn every_link_is_read() {
        use Averaged as A;
        let averaged = [A::Identity, A::Logistic { scale: 0.7 }, A::Softmax, A::Exp, A::Log1pExp, A::SignedSquare];
        let averaged = averaged.map(|then| Link::Average { divisor: 3, then });
        let plain = [
            Link::Identity,
            Link::Logistic { scale: 1.5 },
            Link::LogisticF32,
            Link::Softmax,
            Link::SoftmaxF32,
            Link::Exp,
            Link::ExpF32,
            Link::Log1pExp,
            Link::SignedSquare,
            Link::Step,
        ];
        for wanted in plain.into_iter().chain(averaged) {
            let node = Node::Object(vec![("link".into(), written(&wanted))]);
            assert_eq!(Misfit::unless(|misfit| link(&node, misfit)), Ok(wanted));
        }
    }

    #[test]
    fn each_misfit_is_refused() {
        let refused = |text: &str| Misfit::unless(|misfit| manifest(&Node::parse(text).unwrap(), misfit)).is_err();
        let with = |member: &str| format!(r#"{{"name": "n", "version": "v", {member}}}"#);
        assert!(!refused(&with(r#""unheard": 1"#)));
        for member in [
            r#""bands": {}"#,
            r#""bands": [{"name": "b"}]"#,
            r#""positive": 1"#,
            r#""calibration": "unheard""#,
            r#""calibration": {"isotonic": {"x": [1]}}"#,
            r#""calibration": {"sigmoid": {"slope": -1, "intercept": 0, "on": "logit"}}"#,
            r#""calibration": {"average": [{"average": []}]}"#,
            r#""provenance": {"notes": "one"}"#,
            r#""provenance": {"rows": -1}"#,
            r#""provenance": {"rows": 1.5}"#,
            r#""provenance": {"baseline": {"auc": "high"}}"#,
            r#""provenance": {"baseline": {"b": 1, "a": 2}}"#,
            r#""schema": {"fields": [{"kind": "number"}]}"#,
            r#""schema": {"fields": [{"name": "a", "kind": "unheard"}]}"#,
            r#""schema": {"fields": [{"name": "a", "role": 7}]}"#,
            r#""schema": {"fields": [{"name": "a", "required": "yes"}]}"#,
            r#""schema": {"fields": [{"name": "a", "min": "low"}]}"#,
            r#""schema": {"fields": [{"name": "a", "categories": ["x", 1]}]}"#,
            r#""transforms": [{"name": "t"}]"#,
            r#""transforms": [{"name": "t", "from": "a", "make": "unheard"}]"#,
            r#""transforms": [{"name": "t", "from": "a", "make": {"date_part": "aeon"}}]"#,
            r#""transforms": [{"name": "t", "from": "a", "make": {"bucket": "x"}}]"#,
            r#""transforms": [{"name": "t", "from": "a", "then": ["unheard"]}]"#,
            r#""transforms": [{"name": "t", "from": "a", "then": [{"clip": {"min": 0}}]}]"#,
            r#""transforms": [{"name": "t", "from": "a", "then": [{"impute": {"constant": "x"}}]}]"#,
        ] {
            assert!(refused(&with(member)), "{member}");
        }
        assert!(Misfit::unless(|misfit| link(&Node::parse(r#"{"link": "unheard"}"#).unwrap(), misfit)).is_err());
    }
}
