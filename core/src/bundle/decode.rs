//! The header's JSON to its types, by hand: derived readers would be a third of the scorer that travels to a page. A test holds
//! this against the derived writers, member by member. Members we do not know are ignored.

use super::{Expected, Manifest, Provenance};
use crate::feature::{DatePart, DomainClass, Impute, Make, Step, Transform};
use crate::json::{Misfit, Node};
use crate::model::{Arithmetic, Averaged, Calibration, Column, Link};
use crate::schema::{Band, Field, FieldKind, Role, Schema};

type Decoded<T> = Result<T, Misfit>;

fn each<T>(nodes: &[Node], decode: fn(&Node) -> Decoded<T>) -> Decoded<Vec<T>> {
    nodes.iter().map(decode).collect()
}

/// The alternative at `key`: `default` when absent, else what `named` makes of it.
fn one_of<T>(node: &Node, key: &'static str, default: Option<T>, named: fn(&str, &Node) -> Decoded<Option<T>>) -> Decoded<T> {
    let value = node.get(key);
    let found = if *value == Node::Null { default } else { named(value.variant().0, value.variant().1)? };
    found.ok_or(Misfit(key))
}

pub(super) fn manifest(node: &Node) -> Decoded<Manifest> {
    Ok(Manifest {
        name: node.text("name")?,
        version: node.text("version")?,
        schema: Schema { fields: each(node.get("schema").items("fields")?, field)? },
        transforms: each(node.items("transforms")?, transform)?,
        bands: each(node.items("bands")?, |n| Ok(Band { name: n.text("name")?, from: n.number("from")? }))?,
        outputs: node.texts("outputs")?,
        positive: node.text_or_empty("positive")?,
        calibration: one_of(node, "calibration", Some(Calibration::None), calibration)?,
        provenance: provenance(node.get("provenance"))?,
    })
}

fn provenance(node: &Node) -> Decoded<Provenance> {
    Ok(Provenance {
        snapshot_uri: node.text_or_empty("snapshot_uri")?,
        table_version: node.text_or_empty("table_version")?,
        snapshot_sha256: node.text_or_empty("snapshot_sha256")?,
        rows: if *node.get("rows") == Node::Null { None } else { Some(node.whole("rows")?) },
        window: node.text_or_empty("window")?,
        hyperparameters: node.texts_by_name("hyperparameters")?,
        code_revision: node.text_or_empty("code_revision")?,
        baseline: node.numbers_by_name("baseline")?,
        intended_use: node.text_or_empty("intended_use")?,
    })
}

fn field(node: &Node) -> Decoded<Field> {
    Ok(Field {
        name: node.text("name")?,
        kind: one_of(node, "kind", Some(FieldKind::Number), |name, _| {
            use FieldKind::{Category, Date, Flag, List, Number, Text};
            Ok([Number, Category, Text, Flag, List, Date].into_iter().find(|kind| kind.as_str() == name))
        })?,
        role: one_of(node, "role", Some(Role::Feature), |name, _| {
            Ok(match name {
                "feature" => Some(Role::Feature),
                "id" => Some(Role::Id),
                "segment" => Some(Role::Segment),
                "human_score" => Some(Role::HumanScore),
                _ => None,
            })
        })?,
        required: node.flag("required")?,
        categories: node.texts("categories")?,
        label: node.text_or_empty("label")?,
        unit: node.text_or_empty("unit")?,
        min: node.optional_number("min")?,
        max: node.optional_number("max")?,
        reason: node.text_or_empty("reason")?,
        reason_missing: node.text_or_empty("reason_missing")?,
        reason_zero: node.text_or_empty("reason_zero")?,
        reason_of: node.texts_by_name("reason_of")?,
    })
}

fn transform(node: &Node) -> Decoded<Transform> {
    Ok(Transform {
        name: node.text("name")?,
        from: node.text("from")?,
        make: one_of(node, "make", Some(Make::Value), make)?,
        one_hot: node.flag("one_hot")?,
        then: each(node.items("then")?, step)?,
    })
}

fn make(name: &str, content: &Node) -> Decoded<Option<Make>> {
    let text = |key| if let Node::Text(text) = content { Ok(text.clone()) } else { Err(Misfit(key)) };
    Ok(Some(match name {
        "value" => Make::Value,
        "missing" => Make::Missing,
        "bucket" => Make::Bucket(content.as_numbers("bucket")?),
        "ordinal" => Make::Ordinal(content.as_texts("ordinal")?),
        "target" => Make::Target { values: content.numbers_by_name("values")?, default: content.number("default")? },
        "multi_hot" => Make::MultiHot(content.as_texts("multi_hot")?),
        "count" => Make::Count,
        "date_part" => Make::DatePart(match text("date_part")?.as_str() {
            "year" => DatePart::Year,
            "quarter" => DatePart::Quarter,
            "month" => DatePart::Month,
            "day" => DatePart::Day,
            "weekday" => DatePart::Weekday,
            "day_of_year" => DatePart::DayOfYear,
            "hour" => DatePart::Hour,
            _ => return Err(Misfit("date_part")),
        }),
        "days_since" => Make::DaysSince,
        "email_domain" => {
            let Node::List(classes) = content else { return Err(Misfit("email_domain")) };
            Make::EmailDomain(each(classes, |n| Ok(DomainClass { name: n.text("name")?, domains: n.texts("domains")? }))?)
        }
        "ratio" => Make::Ratio(text("ratio")?),
        _ => return Ok(None),
    }))
}

fn step(node: &Node) -> Decoded<Step> {
    let (name, content) = node.variant();
    let range = || Ok((content.number("min")?, content.number("max")?));
    Ok(match name {
        "impute" => match content.variant() {
            ("constant", Node::Number(x)) => Step::Impute(Impute::Constant(*x)),
            ("mean", Node::Number(x)) => Step::Impute(Impute::Mean(*x)),
            _ => return Err(Misfit("impute")),
        },
        "clip" => range().map(|(min, max)| Step::Clip { min, max })?,
        "log1p" => Step::Log1p,
        "standard" => Step::Standard { mean: content.number("mean")?, std: content.number("std")? },
        "min_max" => range().map(|(min, max)| Step::MinMax { min, max })?,
        _ => return Err(Misfit("then")),
    })
}

fn calibration(name: &str, content: &Node) -> Decoded<Option<Calibration>> {
    Ok(match name {
        "none" => Some(Calibration::None),
        "sigmoid" => Some(Calibration::Sigmoid { slope: content.number("slope")?, intercept: content.number("intercept")? }),
        "isotonic" => Some(Calibration::Isotonic { x: content.get("x").as_numbers("x")?, y: content.get("y").as_numbers("y")? }),
        _ => None,
    })
}

pub(super) fn arithmetic(node: &Node) -> Decoded<Arithmetic> {
    one_of(node, "arithmetic", None, |name, _| {
        Ok(match name {
            "F32" => Some(Arithmetic::F32),
            "F64" => Some(Arithmetic::F64),
            _ => None,
        })
    })
}

pub(super) fn column(node: &Node) -> Decoded<Column> {
    Ok(Column { name: node.text("name")?, categorical: node.flag("categorical")? })
}

pub(super) fn expected(node: &Node) -> Decoded<Expected> {
    Ok(Expected { margins: node.texts("margins")?, probability: node.text("probability")? })
}

pub(super) fn link(node: &Node) -> Decoded<Link> {
    one_of(node, "link", None, |name, content| {
        Ok(Some(match name {
            "identity" => Link::Identity,
            "logistic" => Link::Logistic { scale: content.number("scale")? },
            "logistic_f32" => Link::LogisticF32,
            "softmax" => Link::Softmax,
            "softmax_f32" => Link::SoftmaxF32,
            "exp" => Link::Exp,
            "exp_f32" => Link::ExpF32,
            "log1p_exp" => Link::Log1pExp,
            "signed_square" => Link::SignedSquare,
            "step" => Link::Step,
            "average" => Link::Average {
                divisor: u32::try_from(content.whole("divisor")?).map_err(|_| Misfit("divisor"))?,
                then: one_of(content, "then", None, averaged)?,
            },
            _ => return Ok(None),
        }))
    })
}

fn averaged(name: &str, content: &Node) -> Decoded<Option<Averaged>> {
    Ok(Some(match name {
        "identity" => Averaged::Identity,
        "logistic" => Averaged::Logistic { scale: content.number("scale")? },
        "softmax" => Averaged::Softmax,
        "exp" => Averaged::Exp,
        "log1p_exp" => Averaged::Log1pExp,
        "signed_square" => Averaged::SignedSquare,
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Declaration;

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
                {"name": "a", "kind": "category", "role": "segment", "required": true, "categories": ["x", "y\"\\\u00e9"], "label": "A",
                 "reason": "r", "reason_missing": "m", "reason_of": {"x": "X"}},
                {"name": "b", "unit": "EUR", "min": -1.5, "max": 1e300, "reason_zero": "z"},
                {"name": "c", "kind": "text", "role": "id"}, {"name": "d", "kind": "flag"}, {"name": "e", "kind": "list"},
                {"name": "f", "kind": "date"}, {"name": "g", "role": "human_score"}],
            "feature": [
                {"name": "1", "from": "b", "then": [{"impute": {"constant": 1}}, {"impute": {"mean": 0.1}}, {"clip": {"min": 0, "max": 5}},
                 "log1p", {"standard": {"mean": 1, "std": 2}}, {"min_max": {"min": 0, "max": 9}}]},
                {"name": "2", "from": "b", "make": "missing"}, {"name": "3", "from": "b", "make": {"bucket": [1, 2]}, "one_hot": true},
                {"name": "4", "from": "a", "make": {"ordinal": ["x"]}}, {"name": "5", "from": "e", "make": {"multi_hot": ["p"]}},
                {"name": "6", "from": "a", "make": {"target": {"values": {"x": 0.25}, "default": 0.5}}},
                {"name": "7", "from": "e", "make": "count"}, {"name": "8", "from": "f", "make": "days_since"},
                {"name": "9", "from": "c", "make": {"email_domain": [{"name": "free", "domains": ["a.b"]}]}},
                {"name": "10", "from": "b", "make": {"ratio": "b"}}, {"name": "11", "from": "f", "make": {"date_part": "year"}},
                {"name": "12", "from": "f", "make": {"date_part": "quarter"}}, {"name": "13", "from": "f", "make": {"date_part": "month"}},
                {"name": "14", "from": "f", "make": {"date_part": "day"}}, {"name": "15", "from": "f", "make": {"date_part": "weekday"}},
                {"name": "16", "from": "f", "make": {"date_part": "day_of_year"}}, {"name": "17", "from": "f", "make": {"date_part": "hour"}}],
            "calibration": {"sigmoid": {"slope": -1.1, "intercept": 0.1}},
            "provenance": {"snapshot_uri": "s", "table_version": "t", "snapshot_sha256": "d", "rows": 7, "window": "w",
                "hyperparameters": {"h": "1"}, "code_revision": "c", "baseline": {"auc": 0.87}}}"#,
        )
        .unwrap();
        let full = Manifest::declared(declaration, &[], &[]);
        assert_eq!(manifest(&written(&full)), Ok(full.clone()));
        let plain = Manifest { name: "n".into(), version: "v".into(), ..Manifest::default() };
        assert_eq!(manifest(&written(&plain)), Ok(plain));
        let isotonic = Calibration::Isotonic { x: vec![0.0, 1.0], y: vec![0.1, 0.9] };
        let full = Manifest { calibration: isotonic, ..full };
        assert_eq!(manifest(&written(&full)), Ok(full));
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
            assert_eq!(link(&node), Ok(wanted));
        }
        assert!(link(&Node::parse(r#"{"link": "unheard"}"#).unwrap()).is_err());
    }
}
