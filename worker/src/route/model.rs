//! What is served: the models, and the description of the API itself.

use plumbline_core::schema::Field;
use serde::Serialize;

use crate::request::Response;
use crate::service::Serving;

#[derive(Serialize)]
struct Models<'a> {
    models: Vec<Model<'a>>,
}

/// A model as a caller needs to know it.
#[derive(Serialize)]
struct Model<'a> {
    name: &'a str,
    version: &'a str,
    /// It answers when a request names none.
    default: bool,
    /// What it reads, in the order that positional inputs take.
    fields: &'a [Field],
    bands: Vec<&'a str>,
}

pub(super) fn list(serving: Serving<'_>) -> Response {
    let champion = serving.deployment.model(None, None).unwrap_or_default();
    let models = serving.deployment.models().iter().enumerate().map(|(i, served)| {
        let manifest = &served.scorer.bundle().manifest;
        Model {
            name: &manifest.name,
            version: &manifest.version,
            default: i == champion,
            fields: &manifest.schema.fields,
            bands: manifest.bands.iter().map(|band| band.name.as_str()).collect(),
        }
    });
    Response::new(200, "application/json", serde_json::to_vec(&Models { models: models.collect() }).unwrap_or_default())
}

/// OpenAPI 3.1, written by hand and checked against the table of routes.
pub(super) fn open_api() -> Response {
    Response::new(200, "application/json", include_bytes!("../openapi.json").to_vec())
}

#[cfg(test)]
mod tests {
    use crate::sample::{ask, json};

    #[test]
    fn models_are_listed_with_their_fields() {
        let models = json(&ask("GET /v1/models", &[], ""));
        assert_eq!(models["models"][0]["name"], "sample");
        assert_eq!(models["models"][0]["fields"][1]["name"], "visits");
    }
}
