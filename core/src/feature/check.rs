//! Checking declared transforms.

use std::collections::{BTreeMap, BTreeSet};

use super::{Impute, Make, Step, Transform};
use crate::schema::{ConfigErrors, Field, FieldKind, Schema};

/// Fields by name.
type Fields<'a> = BTreeMap<&'a str, &'a Field>;

/// Adds every problem of `transforms` over `schema`.
pub(crate) fn check(transforms: &[Transform], schema: &Schema, errors: &mut ConfigErrors) {
    let fields: Fields<'_> = schema.fields.iter().rev().map(|field| (field.name.as_str(), field)).collect();
    let mut names = BTreeSet::new();
    for (i, transform) in transforms.iter().enumerate() {
        let mut add = |code, key: &str, message| errors.add(code, format!("feature[{i}].{key}"), message);
        let name = &transform.name;
        if !names.insert(name) || name.is_empty() {
            add("FEATURE_NAME", "name", format!("the feature name {name:?} is empty or already used"));
        }
        let Some(field) = fields.get(transform.from.as_str()) else {
            add("FEATURE_FIELD_UNKNOWN", "from", format!("{name:?} uses {:?}, which is not a field", transform.from));
            continue;
        };
        if !field.role.is_readable() {
            let message = format!("{name:?} uses {:?}; a model must not use an id or a human score", field.name);
            add("FEATURE_ROLE", "from", message);
        }
        let (make, kind) = (transform.make.as_str(), field.kind);
        if !transform.make.fits(kind) {
            let message = format!("{make} cannot be computed from {:?}, a {}", field.name, kind.as_str());
            add("FEATURE_KIND", "make", message);
        }
        let has_codes = match &transform.make {
            Make::Bucket(_) | Make::Ordinal(_) | Make::EmailDomain(_) => true,
            Make::Value => kind == FieldKind::Category && !field.categories.is_empty(),
            _ => false,
        };
        if transform.one_hot && !has_codes {
            let message = format!("{name:?} cannot be one-hot encoded: {make} of {:?} has no fixed list of codes", field.name);
            add("FEATURE_ONE_HOT", "one_hot", message);
        }
        let spread = transform.one_hot || matches!(transform.make, Make::MultiHot(_));
        let (named, made) = (transform.columns.len(), transform.default_columns(Some(field)).len());
        if named > 0 && !(spread && named == made) {
            let several = if spread { made } else { 0 };
            let message = format!("{name:?} names {named} columns, but it makes {several} that can be named");
            add("FEATURE_COLUMNS", "columns", message);
        }
        check_make(&transform.make, &field.categories, &fields, &mut add);
        for (j, step) in transform.then.iter().enumerate() {
            if let Some(message) = problem_of(step) {
                add("STEP_INVALID", &format!("then[{j}]"), message.into());
            }
        }
    }
}

fn check_make(make: &Make, categories: &[String], fields: &Fields<'_>, add: &mut dyn FnMut(&'static str, &str, String)) {
    let repeated = |items: &[String]| items.iter().collect::<BTreeSet<_>>().len() < items.len();
    let categories = || categories.iter().map(String::as_str).collect::<BTreeSet<_>>();
    match make {
        Make::Bucket(edges) => {
            let rising = edges.iter().zip(edges.iter().skip(1)).all(|(a, b)| a < b);
            if edges.is_empty() || !rising || edges.iter().any(|e| !e.is_finite()) {
                add("BUCKET_EDGES", "make.bucket", "give at least one edge; edges must be finite and strictly increasing".into());
            }
        }
        Make::Ordinal(order) => {
            if order.is_empty() || repeated(order) {
                add("ORDINAL_ORDER", "make.ordinal", "give at least one category, each only once".into());
            }
            let known = categories();
            for item in order.iter().filter(|item| !known.contains(item.as_str())) {
                add("CATEGORY_UNKNOWN", "make.ordinal", format!("{item:?} is not a category of the field"));
            }
        }
        Make::Target { values, default } => {
            if !default.is_finite() || values.iter().any(|(_, v)| !v.is_finite()) {
                add("TARGET_NOT_FINITE", "make.target", "every value and the default must be finite".into());
            }
            let known = categories();
            for (item, _) in values.iter().filter(|(item, _)| !known.contains(item)) {
                add("CATEGORY_UNKNOWN", "make.target.values", format!("{item:?} is not a category of the field"));
            }
        }
        Make::MultiHot(items) if items.is_empty() || repeated(items) => {
            add("MULTI_HOT_ITEMS", "make.multi_hot", "give at least one item, each only once".into());
        }
        Make::EmailDomain(classes) => {
            let mut taken = BTreeSet::from(["", "other", "invalid"]);
            for (i, class) in classes.iter().enumerate() {
                if !taken.insert(&class.name) {
                    let message = format!("the class name {:?} is empty or already used", class.name);
                    add("DOMAIN_CLASS_NAME", &format!("make.email_domain[{i}].name"), message);
                }
                for domain in class.domains.iter().filter(|d| d.is_empty() || d.to_lowercase() != **d || d.contains('@')) {
                    let message = format!("{domain:?} is not a lower-case domain name");
                    add("DOMAIN_SPELLING", &format!("make.email_domain[{i}].domains"), message);
                }
            }
        }
        Make::Ratio(per) => match fields.get(per.as_str()) {
            None => add("FEATURE_FIELD_UNKNOWN", "make.ratio", format!("{per:?} is not a field")),
            Some(field) if !make.fits(field.kind) || !field.role.is_readable() => {
                add("FEATURE_KIND", "make.ratio", format!("{per:?} is a {}; a ratio needs numbers", field.kind.as_str()));
            }
            Some(_) => {}
        },
        _ => {}
    }
}

fn problem_of(step: &Step) -> Option<&'static str> {
    let (ok, message) = match *step {
        Step::Impute(Impute::Constant(x) | Impute::Mean(x)) => (x.is_finite(), "the imputed value must be finite"),
        Step::Clip { min, max } => (min <= max && min.is_finite() && max.is_finite(), "clip needs finite limits with min ≤ max"),
        Step::Log1p => (true, ""),
        Step::Standard { mean, std } => {
            (mean.is_finite() && std.is_finite() && std > 0.0, "standard needs a finite mean and a finite std above 0")
        }
        Step::MinMax { min, max } => (min < max && (max - min).is_finite(), "min_max needs finite limits with min < max"),
    };
    (!ok).then_some(message)
}
