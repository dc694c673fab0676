//! What is served: the models, and the description of the API itself.

use plumbline_core::schema::Field;
use serde::Serialize;

use super::tagged;
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::service::Serving;
use crate::text::percent_encoded;

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
    /// SHA-256 of the bundle's bytes, in hex; its `ETag`, too.
    digest: &'a str,
    /// The path of the bundle.
    bundle: String,
    /// What it reads, in the order that positional inputs take.
    fields: &'a [Field],
    bands: Vec<&'a str>,
}

pub(super) fn list(serving: Serving<'_>, request: &Request<'_>) -> Response {
    let champion = serving.deployment.model(None, None).unwrap_or_default();
    let models = serving.deployment.models().iter().enumerate().map(|(i, served)| {
        let manifest = &served.scorer.bundle().manifest;
        Model {
            name: &manifest.name,
            version: &manifest.version,
            default: i == champion,
            digest: &served.file.digest,
            bundle: format!("/v1/models/{}/bundle", percent_encoded(&serving.deployment.key_of(served))),
            fields: &manifest.schema.fields,
            bands: manifest.bands.iter().map(|band| band.name.as_str()).collect(),
        }
    });
    let body = serde_json::to_vec(&Models { models: models.collect() }).unwrap_or_default();
    tagged(request, Response::new(200, "application/json", body))
}

/// The bytes of the bundle of the model `key`, a version or `name/version`; nothing but 304 where the caller has it.
pub(super) fn bundle(serving: Serving<'_>, key: &str, request: &Request<'_>) -> Result<Response, Problem> {
    let file = &serving.deployment.by_version(key)?.file;
    let tag = format!("\"{}\"", file.digest);
    let response = if request.holds(&tag) {
        Response { status: 304, ..Response::default() }
    } else {
        Response::new(200, "application/octet-stream", file.bytes.to_vec())
    };
    // A version may be deployed anew with other bytes.
    Ok(response.with("etag", tag).with("cache-control", "no-cache"))
}

/// OpenAPI 3.1, written by hand and checked against the table of routes.
pub(super) fn open_api() -> Response {
    Response::new(200, "application/json", include_bytes!("../openapi.json").to_vec())
}

#[cfg(test)]
mod tests {
    use crate::sample::{ask, ask_of, bytes_of, json, model_named, model_of};
    use plumbline_core::route::AllocationSettings;

    use crate::{Service, Settings};

    #[test]
    fn models_are_listed_with_their_fields() {
        let models = json(&ask("GET /v1/models", &[], ""));
        assert_eq!(models["models"][0]["name"], "sample");
        assert_eq!(models["models"][0]["fields"][1]["name"], "visits");
        assert_eq!(models["models"][0]["bundle"], "/v1/models/1/bundle");
    }

    #[test]
    fn a_bundle_is_served_as_it_was_loaded_and_only_to_those_who_have_it_not() {
        let service = Service::new(Settings::default(), vec![model_of("1", 0.5), model_of("2 β", 1.5)], "test").unwrap();
        let listed = json(&ask_of(&service, "GET /v1/models", &[], ""));
        for (model, bytes) in listed["models"].as_array().unwrap().iter().zip([bytes_of("1", 0.5), bytes_of("2 β", 1.5)]) {
            let line = format!("GET {}", model["bundle"].as_str().unwrap());
            let tag = format!("\"{}\"", model["digest"].as_str().unwrap());
            let whole = ask_of(&service, &line, &[], "").response;
            assert_eq!((whole.status, &whole.body, whole.header("etag")), (200, &bytes, Some(&*tag)));
            assert_eq!(whole.header("content-type"), Some("application/octet-stream"));
            for (held, status) in [
                (tag.clone(), 304),
                (format!("\"x\", W/{tag}"), 304),
                ("*".into(), 304),
                ("\"x\"".into(), 200),
                (String::new(), 200),
            ] {
                let answer = ask_of(&service, &line, &[("if-none-match", &held)], "").response;
                assert_eq!((answer.status, answer.body.is_empty()), (status, status == 304), "{held}");
                assert_eq!(answer.header("etag"), Some(&*tag));
            }
        }
        assert_eq!(listed["models"][1]["bundle"], "/v1/models/2%20%CE%B2/bundle");
        assert_eq!(ask_of(&service, "HEAD /v1/models/sample%2F1/bundle", &[], "").response.status, 200);
        for path in ["3", "sample", "sample%2F3", "", "..%2f1"] {
            assert_eq!(ask_of(&service, &format!("GET /v1/models/{path}/bundle"), &[], "").response.status, 404, "{path}");
        }
    }

    #[test]
    fn models_with_slashes_in_their_names_are_found_at_the_addresses_listed() {
        let models = vec![model_named("team/a", "1", 0.5), model_named("team/b", "1", 1.5)];
        let allocation = Some(AllocationSettings::champion_only("team/b/1"));
        let service = Service::new(Settings { allocation, ..Settings::default() }, models, "test").unwrap();
        let listed = json(&ask_of(&service, "GET /v1/models", &[], ""));
        for model in listed["models"].as_array().unwrap() {
            let answer = ask_of(&service, &format!("GET {}", model["bundle"].as_str().unwrap()), &[], "").response;
            let tag = format!("\"{}\"", model["digest"].as_str().unwrap());
            assert_eq!((answer.status, answer.header("etag")), (200, Some(&*tag)), "{model}");
        }
        assert_eq!(listed["models"][1]["default"], true);
        let shared = ask_of(&service, "GET /v1/models/1/bundle", &[], "");
        assert_eq!((shared.response.status, json(&shared)["code"].as_str()), (409, Some("AMBIGUOUS_MODEL")), "whose version 1?");
    }
}
