//! A small service for the tests of this crate.

use plumbline_core::bundle::{Distribution, FieldReference, Reference};
use plumbline_core::histogram::{Bins, CategoryCounts, Histogram};
use plumbline_core::model::{Arithmetic, Body, Column, Linear, Link, Model};
use plumbline_core::schema::{Field, FieldKind, Role, Schema};
use plumbline_core::{Bundle, Manifest, Timestamp};

use crate::{Answer, Effects, Request, Service, Settings};

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// logit p = −1 + 0.5·visits + 2·plan(0 free, 1 paid).
pub(crate) fn model() -> crate::Model {
    model_of("1", 0.5)
}

/// [`model`] of another version, with `weight` for visits.
pub(crate) fn model_of(version: &str, weight: f64) -> crate::Model {
    crate::Model::read(bytes_of(version, weight)).unwrap()
}

/// [`model_of`] with a field more, `seats`, of weight 10.
pub(crate) fn wider_model(version: &str, weight: f64) -> crate::Model {
    crate::Model::read(bundle(version, weight, true).write().unwrap()).unwrap()
}

/// [`model_of`] under another name.
pub(crate) fn model_named(name: &str, version: &str, weight: f64) -> crate::Model {
    let mut bundle = bundle(version, weight, false);
    bundle.manifest.name = name.into();
    crate::Model::read(bundle.write().unwrap()).unwrap()
}

/// [`model_of`] with the distributions of its training data.
pub(crate) fn counted_model(version: &str, weight: f64) -> crate::Model {
    let mut bundle = bundle(version, weight, false);
    bundle.reference = Some(reference());
    crate::Model::read(bundle.write().unwrap()).unwrap()
}

/// Visits up to 5 and beyond; plans.
pub(crate) fn reference() -> Reference {
    let visits = Histogram::with_counts(Bins::new(vec![5.0]).unwrap(), vec![50, 50], 0).unwrap();
    let plans = CategoryCounts::with_counts(vec!["free".into(), "paid".into()], vec![60, 40], 0, 0).unwrap();
    let fields = [("visits", Distribution::Number(visits)), ("plan", Distribution::Category(plans))];
    let fields = fields.map(|(name, distribution)| FieldReference { name: name.into(), distribution });
    Reference { fields: fields.into(), ..Reference::default() }
}

/// The file of [`model_of`].
pub(crate) fn bytes_of(version: &str, weight: f64) -> Vec<u8> {
    bundle(version, weight, false).write().unwrap()
}

fn bundle(version: &str, weight: f64, is_wider: bool) -> Bundle {
    let id = Field { name: "lead_id".into(), kind: FieldKind::Text, role: Role::Id, ..Field::default() };
    let visits = Field { name: "visits".into(), ..Field::default() };
    let categories = vec!["free".into(), "paid".into()];
    let plan = Field { name: "plan".into(), kind: FieldKind::Category, categories, ..Field::default() };
    let (mut fields, mut names, mut weights) = (vec![id, visits, plan], vec!["visits", "plan"], vec![weight, 2.0]);
    if is_wider {
        fields.push(Field { name: "seats".into(), ..Field::default() });
        names.push("seats");
        weights.push(10.0);
    }
    let schema = Schema { fields };
    let columns = names.into_iter().map(|name| Column { name: name.into(), categorical: false }).collect();
    let linear = Linear { arithmetic: Arithmetic::F64, base: vec![-1.0], weights, means: vec![] };
    let model = Model { columns, body: Body::Linear(linear), link: Link::Logistic { scale: 1.0 }, outputs: 1 };
    let manifest = Manifest { name: "sample".into(), version: version.into(), schema, ..Manifest::default() };
    Bundle::new(manifest, model)
}

pub(crate) fn service(settings: Settings) -> Service {
    Service::new(settings, vec![model()], "test").unwrap()
}

/// The answer of a fresh default service to a request written as `POST /path?query`.
pub(crate) fn ask(line: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    ask_of(&service(Settings::default()), line, headers, body)
}

/// The answer of `service`, with the rows of the versions that scored after it behind its own.
pub(crate) fn ask_of(service: &Service, line: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let (method, url) = line.split_once(' ').unwrap();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let request = Request { method, path, query, headers, body: body.as_ref() };
    let mut answer = service.handle(NOW, &request);
    service.answered(&answer);
    if let Some(after) = &answer.after {
        let Effects { predictions, .. } = service.after(&request, after);
        answer.effects.predictions.extend(predictions);
    }
    answer
}

pub(crate) fn json(answer: &Answer) -> serde_json::Value {
    serde_json::from_slice(&answer.response.body).unwrap()
}
