//! Every route, once: the router, `Allow`, the answers to cross-origin questions, the headers a host hands in and the paths of
//! `openapi.json` are made from this table or checked against it.
//!
//! A new route is a row here, its handler, and its description in `openapi.json`. Rows of one path are neighbours; a path without
//! placeholders comes before one with placeholders that fits it too. Rows of the lifecycle have no handler here: control answers them by
//! their method and path, and where there is no lifecycle, the service says so.

use super::router::Call;
use super::{features, flags, health, inference, invocations, model, score};
use crate::access::{Need, Scope};
use crate::answer::Answer;
use crate::problem::Problem;
use crate::request::Response;

/// One route: who may call it, what it reads, and what answers.
#[derive(Debug)]
pub struct Route {
    /// The method; `GET` answers `HEAD` as well.
    pub method: Method,
    /// The path; a segment such as `{model}` stands for any one.
    pub path: &'static str,
    /// The scope a key needs; none: anyone may ask.
    pub scope: Option<Scope>,
    /// Names of the headers it reads, in lower case.
    pub headers: &'static [&'static str],
    /// Media types of the bodies it takes; none: it reads no body.
    pub bodies: &'static [&'static str],
    /// Who answers.
    pub place: Place,
    /// Whether a key that is published in a page may be used.
    pub is_publishable: bool,
    /// Bytes of the path before its first placeholder.
    pub(super) fixed: usize,
    /// The response that reports a problem, in the words of the route's protocol.
    pub(super) refusal: fn(&Problem) -> Response,
    pub(super) handler: Handler,
}

/// What answers; an error is reported in the words of the route.
pub(super) type Handler = fn(&Call<'_>) -> Result<Answer, Problem>;

/// Who answers a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The scoring service.
    Service,
    /// The scoring service; control where there is a lifecycle.
    Either,
    /// Control.
    Control,
    /// Control, by what every log shard says.
    Shards,
}

/// A method that routes take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads, and answers `HEAD` as well.
    Get,
    /// Scores, stores or commands.
    Post,
    /// Removes.
    Delete,
}

const JSON: &str = "application/json";
const LEAD: &[&str] = &["content-type", "x-request-id"];
const TENSOR: &[&str] = &["inference-header-content-length", "x-request-id"];
const LEADS: &[&str] = &[JSON, "application/x-ndjson"];
const TABLES: &[&str] = &[JSON, "text/csv"];
const TENSORS: &[&str] = &[JSON, OCTETS];
const OCTETS: &str = "application/octet-stream";
const COMMAND: &[&str] = &[JSON];
const REVISION: &[&str] = &["if-match"];
const HELD: &[&str] = &["if-none-match"];

use Method::{Delete, Get, Post};
use Scope::{Admin, Approve, Ingest, Operate, Read, Score};

/// All routes, the busiest first.
pub static ROUTES: &[Route] = &[
    Route::post("/v1/score", Score, LEADS, |call| score::score(call.serving, call.now, call.request)).reads(LEAD).publishable(),
    Route::post("/v1/features", Score, LEADS, |call| Ok(features::features(call.serving, call.now, call.request)?.into()))
        .reads(&["content-type"]),
    Route::post("/invocations", Score, TABLES, invocations).reads(LEAD).refuses(invocations::refusal).publishable(),
    Route::post("/serving-endpoints/{name}/invocations", Score, TABLES, invocations)
        .reads(LEAD)
        .refuses(invocations::refusal)
        .publishable(),
    Route::post("/v2/models/{model}/infer", Score, TENSORS, infer).reads(TENSOR).refuses(inference::refusal).publishable(),
    Route::post("/v2/models/{model}/versions/{version}/infer", Score, TENSORS, infer)
        .reads(TENSOR)
        .refuses(inference::refusal)
        .publishable(),
    Route::post("/ofrep/v1/evaluate/flags", Score, COMMAND, |call| Ok(flags::all(call.serving, call.request)?.into()))
        .reads(HELD)
        .refuses(flags::refusal)
        .publishable(),
    Route::post("/ofrep/v1/evaluate/flags/{key}", Score, COMMAND, flag).refuses(flags::refusal).publishable(),
    Route::public("/health/live", |_| Ok(health::live().into())),
    Route::public("/health/ready", |call| Ok(health::ready(call.serving, call.now).into())),
    Route::public("/health", |_| Ok(health::ping().into())),
    Route::public("/ping", |_| Ok(health::ping().into())),
    Route::public("/version", |_| Ok(health::version().into())),
    Route::get("/metrics", Read, |call| Ok(health::metrics(call.serving, call.now).into())),
    Route::get("/openapi.json", Read, |_| Ok(model::open_api().into())),
    Route::get("/v1/models", Read, |call| Ok(model::list(call.serving, call.request).into())).or_control().reads(HELD),
    Route::kept(Post, "/v1/models", Operate).takes(&[OCTETS]),
    Route::get("/v1/models/{version}/bundle", Score, bundle).or_control().reads(HELD).publishable(),
    Route::kept(Get, "/v1/models/{version}/card", Read).reads(HELD),
    Route::kept(Post, "/v1/models/{version}/approve", Approve).takes(COMMAND),
    Route::get("/v2", Score, |_| Ok(inference::server().into())).refuses(inference::refusal).publishable(),
    Route::get("/v2/", Score, |_| Ok(inference::server().into())).refuses(inference::refusal).publishable(),
    Route::public("/v2/health/live", |_| Ok(inference::live().into())).refuses(inference::refusal),
    Route::public("/v2/health/ready", |call| Ok(inference::ready(call.serving, call.now).into())).refuses(inference::refusal),
    Route::get("/v2/models/{model}", Score, metadata).refuses(inference::refusal).publishable(),
    Route::get("/v2/models/{model}/ready", Score, model_ready).refuses(inference::refusal).publishable(),
    Route::get("/v2/models/{model}/versions/{version}", Score, metadata).refuses(inference::refusal).publishable(),
    Route::get("/v2/models/{model}/versions/{version}/ready", Score, model_ready).refuses(inference::refusal).publishable(),
    Route::kept(Post, "/v1/outcomes", Ingest).takes(LEADS).of_shards(),
    Route::kept(Get, "/v1/feedback", Read).of_shards(),
    Route::kept(Post, "/v1/feedback", Ingest).takes(LEADS).of_shards().publishable(),
    Route::kept(Post, "/v1/exposures", Ingest).takes(LEADS).of_shards().publishable(),
    Route::kept(Get, "/v1/report", Read).reads(HELD),
    Route::kept(Get, "/v1/diagnose", Read).of_shards(),
    Route::kept(Get, "/v1/deployment", Score).reads(HELD).publishable(),
    Route::kept(Get, "/v1/me", Read),
    Route::kept(Get, "/v1/rollout", Read).reads(HELD),
    Route::kept(Get, "/v1/rollout/policy", Read).reads(HELD),
    Route::kept(Post, "/v1/rollout/policy", Approve).takes(COMMAND).reads(REVISION),
    Route::kept(Get, "/v1/plan", Read).reads(HELD),
    Route::kept(Get, "/v1/experiment", Read).reads(HELD),
    Route::kept(Post, "/v1/rollout/start", Approve).takes(COMMAND).reads(REVISION),
    Route::kept(Post, "/v1/rollout/approve", Approve).takes(COMMAND).reads(REVISION),
    Route::kept(Post, "/v1/rollout/waive", Approve).takes(COMMAND).reads(REVISION),
    Route::kept(Post, "/v1/rollout/hold", Operate).takes(COMMAND).reads(REVISION),
    Route::kept(Post, "/v1/rollout/resume", Operate).takes(COMMAND).reads(REVISION),
    Route::kept(Post, "/v1/rollout/rollback", Operate).takes(COMMAND).reads(REVISION),
    Route::kept(Get, "/v1/ledger", Read).reads(HELD),
    Route::kept(Get, "/v1/ledger/verify", Read).reads(HELD),
    Route::kept(Get, "/v1/ledger/served", Read).of_shards(),
    Route::kept(Get, "/v1/export", Read).of_shards(),
    Route::kept(Get, "/v1/changes", Read).of_shards(),
    Route::kept(Get, "/v1/rescore", Read).of_shards(),
    Route::kept(Post, "/v1/rescore", Operate).takes(COMMAND),
    Route::kept(Get, "/v1/leads", Read).of_shards(),
    Route::kept(Post, "/v1/leads", Ingest).takes(LEADS).reads(&["content-type"]).of_shards(),
    Route::kept(Get, "/v1/leads/{id}", Read).of_shards(),
    Route::kept(Delete, "/v1/leads/{id}", Operate).of_shards(),
    Route::kept(Post, "/v1/feedback/{id}/close", Operate).takes(COMMAND).of_shards(),
    Route::kept(Get, "/v1/alerts", Read),
    Route::kept(Post, "/v1/alerts/{id}/ack", Operate).takes(COMMAND),
    Route::kept(Get, "/v1/messages", Read),
    Route::kept(Post, "/v1/messages/resend", Operate).takes(COMMAND).of_shards(),
    Route::kept(Get, "/v1/incidents", Read),
    Route::kept(Post, "/v1/incidents/{id}/close", Operate).takes(COMMAND),
    Route::kept(Get, "/v1/reviews", Read),
    Route::kept(Get, "/v1/reviews/{id}", Read),
    Route::kept(Get, "/v1/notes", Read),
    Route::kept(Post, "/v1/notes", Ingest).takes(COMMAND),
    Route::kept(Get, "/v1/retrain", Read),
    Route::kept(Post, "/v1/retrain", Operate).takes(COMMAND),
    Route::kept(Get, "/v1/retrain/leads", Read).of_shards(),
    Route::kept(Post, "/v1/retrain/{id}", Operate).takes(&[OCTETS]),
    Route::post("/v1/capacity/score", Operate, LEADS, |call| score::load(call.serving, call.now, call.request)).reads(LEAD),
    Route::kept(Post, "/v1/capacity", Operate).takes(COMMAND),
    Route::kept(Get, "/v1/keys", Admin).reads(HELD),
    Route::kept(Post, "/v1/keys", Admin).takes(COMMAND),
    Route::kept(Delete, "/v1/keys/{id}", Admin),
];

/// The answer to a route of the lifecycle where there is none.
fn no_lifecycle(_: &Call<'_>) -> Result<Answer, Problem> {
    let detail = "this service keeps no lifecycle: start it with a store (plumbline serve --store FOLDER, or npm start)";
    Err(Problem::new(404, "NO_LIFECYCLE", detail))
}

fn invocations(call: &Call<'_>) -> Result<Answer, Problem> {
    invocations::invoke(call.serving, call.now, call.request, call.value("name"))
}

fn infer(call: &Call<'_>) -> Result<Answer, Problem> {
    inference::infer(call.serving, (call.value("model"), call.value("version")), call.now, call.request)
}

fn flag(call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(flags::one(call.serving, call.value("key").unwrap_or_default(), call.request).into())
}

fn bundle(call: &Call<'_>) -> Result<Answer, Problem> {
    model::bundle(call.serving, call.value("version").unwrap_or_default(), call.request).map(Answer::from)
}

fn metadata(call: &Call<'_>) -> Result<Answer, Problem> {
    inference::metadata(call.serving, call.value("model"), call.value("version")).map(Answer::from)
}

fn model_ready(call: &Call<'_>) -> Result<Answer, Problem> {
    inference::model_ready(call.serving, call.now, call.value("model"), call.value("version")).map(Answer::from)
}

impl Method {
    /// As HTTP writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Get => "GET",
            Post => "POST",
            Delete => "DELETE",
        }
    }

    /// Whether a request of method `name` is one of these.
    pub(crate) fn takes(self, name: &str) -> bool {
        name == self.name() || (self == Get && name == "HEAD")
    }
}

impl Route {
    pub(super) const fn new(method: Method, path: &'static str, scope: Option<Scope>, handler: Handler) -> Route {
        let fixed = fixed_bytes(path.as_bytes());
        let (place, refusal) = (Place::Service, Problem::response as fn(&Problem) -> Response);
        Route { method, path, scope, headers: &[], bodies: &[], place, is_publishable: false, fixed, refusal, handler }
    }

    /// One of the lifecycle.
    const fn kept(method: Method, path: &'static str, scope: Scope) -> Route {
        Route { place: Place::Control, ..Route::new(method, path, Some(scope), no_lifecycle) }
    }

    const fn public(path: &'static str, handler: Handler) -> Route {
        Route::new(Get, path, None, handler)
    }

    const fn get(path: &'static str, scope: Scope, handler: Handler) -> Route {
        Route::new(Get, path, Some(scope), handler)
    }

    const fn post(path: &'static str, scope: Scope, bodies: &'static [&'static str], handler: Handler) -> Route {
        Route { bodies, ..Route::new(Post, path, Some(scope), handler) }
    }

    pub(super) const fn reads(self, headers: &'static [&'static str]) -> Route {
        Route { headers, ..self }
    }

    const fn takes(self, bodies: &'static [&'static str]) -> Route {
        Route { bodies, ..self }
    }

    const fn of_shards(self) -> Route {
        Route { place: Place::Shards, ..self }
    }

    const fn or_control(self) -> Route {
        Route { place: Place::Either, ..self }
    }

    const fn publishable(self) -> Route {
        Route { is_publishable: true, ..self }
    }

    /// What it asks of its callers; none: anyone may ask.
    pub fn need(&self) -> Option<Need> {
        let changes = self.is_kept() && self.method != Get;
        self.scope.map(|scope| Need { scope, is_publishable: self.is_publishable, changes })
    }

    /// Whether the lifecycle answers it, where there is one.
    pub fn is_kept(&self) -> bool {
        self.place != Place::Service
    }

    const fn refuses(self, refusal: fn(&Problem) -> Response) -> Route {
        Route { refusal, ..self }
    }
}

const fn fixed_bytes(path: &[u8]) -> usize {
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        if *first == b'{' {
            break;
        }
        rest = tail;
    }
    path.len() - rest.len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::request::Request;
    use crate::sample::{ask, json};

    #[test]
    fn every_route_is_described_and_every_description_is_a_route() {
        let document = json(&ask("GET /openapi.json", &[], ""));
        assert_eq!(document["openapi"], "3.1.0");
        let parameters = |list: &Value, kind: &str| -> BTreeSet<String> {
            let of = list.as_array().into_iter().flatten().filter(|parameter| parameter["in"] == kind);
            of.map(|parameter| parameter["name"].as_str().unwrap().to_lowercase()).collect()
        };
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            let methods = item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters");
            for (method, operation) in methods {
                described.insert((path.clone(), method.to_uppercase()));
                let route = ROUTES.iter().find(|route| route.path == path && route.method.name() == method.to_uppercase());
                let route = route.unwrap_or_else(|| panic!("{method} {path} is no route"));
                let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
                assert_eq!(parameters(&item["parameters"], "path"), names.map(str::to_owned).collect(), "{path}");
                // A body's type is described with the body.
                let headers = route.headers.iter().filter(|name| **name != "content-type").map(|name| (*name).to_owned());
                assert_eq!(parameters(&operation["parameters"], "header"), headers.collect(), "{method} {path}");
                let bodies: Vec<&String> =
                    operation["requestBody"]["content"].as_object().into_iter().flat_map(|c| c.keys()).collect();
                assert_eq!(bodies, route.bodies, "{method} {path}");
                let scope = route.scope.map(Scope::name);
                assert_eq!(operation["x-plumbline-scope"].as_str(), scope, "{method} {path}");
                let is_publishable = operation["x-plumbline-publishable"] == true;
                assert_eq!(is_publishable, route.is_publishable, "{method} {path}");
            }
        }
        // `/v2/` is `/v2` as some clients write it.
        let table = ROUTES.iter().map(|route| (route.path.trim_end_matches('/').to_owned(), route.method.name().to_owned()));
        assert_eq!(described, table.collect());
    }

    #[test]
    fn every_problem_of_a_route_is_described_with_an_example_in_its_words() {
        let document = json(&ask("GET /openapi.json", &[], ""));
        for route in ROUTES.iter().filter(|route| route.path != "/v2/") {
            let responses = &document["paths"][route.path][route.method.name().to_lowercase()]["responses"];
            let described: BTreeSet<u16> = responses.as_object().unwrap().keys().map(|status| status.parse().unwrap()).collect();
            let mut expected = BTreeSet::from([405, 500]);
            if !route.bodies.is_empty() {
                expected.extend([400, 403, 408, 413, 415, 503]);
            }
            if route.path.contains('{') {
                expected.insert(404);
            }
            expected.extend(route.scope.iter().flat_map(|_| [401, 403]));
            expected.extend(route.is_publishable.then_some(429));
            if route.headers.contains(&"if-match") {
                expected.extend([409, 412, 428]);
            }
            assert!(expected.is_subset(&described), "{}: {described:?}", route.path);
            for status in described.into_iter().filter(|status| *status >= 400) {
                let response = &responses[status.to_string()];
                let name = response["$ref"].as_str().and_then(|path| path.strip_prefix("#/components/responses/"));
                let response = name.map_or(response, |name| &document["components"]["responses"][name]);
                let content = response["content"].as_object().unwrap();
                let made = (route.refusal)(&Problem::new(status, "X", "what is wrong"));
                let example = &content[made.header("content-type").unwrap()]["example"];
                let made: Value = serde_json::from_slice(&made.body).unwrap();
                // Whether a route is ready is no problem in the words of its protocol.
                if status == 503 && route.path.ends_with("/ready") && route.path.starts_with("/v2") {
                    continue;
                }
                let keys =
                    |value: &Value| value.as_object().unwrap().keys().filter(|key| *key != "errors").cloned().collect::<Vec<_>>();
                assert_eq!(keys(example), keys(&made), "{} {status}", route.path);
                assert!(response["headers"]["cache-control"].is_object(), "{} {status}", route.path);
            }
        }
    }

    #[test]
    fn hosts_hand_in_every_header_that_is_read_and_no_other() {
        let read: BTreeSet<&str> = ROUTES.iter().flat_map(|route| route.headers).copied().collect();
        // Every path may be asked for across origins; keys are read by all that need a scope.
        let asked = ["origin", "access-control-request-method", "authorization", "host"];
        assert_eq!(read.union(&asked.into()).copied().collect::<BTreeSet<_>>(), Request::HEADERS.iter().copied().collect());
        assert_eq!(Request::HEADERS.len(), read.len() + asked.len());
    }

    #[test]
    fn rows_are_in_order_and_scopes_are_those_of_their_kind() {
        let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
        let mut rows: Vec<_> = ROUTES.iter().map(|route| (route.path, route.method)).collect();
        paths.dedup();
        assert_eq!(paths.len(), paths.iter().collect::<BTreeSet<_>>().len(), "rows of one path are neighbours");
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), ROUTES.len(), "a path has one row a method");
        for route in ROUTES {
            assert_eq!(route.fixed, route.path.find('{').unwrap_or(route.path.len()), "{}", route.path);
            assert!(route.path.starts_with('/') && route.headers.is_sorted(), "{}", route.path);
            let open = route.path.contains("/health") || ["/ping", "/version"].contains(&route.path);
            assert_eq!(route.scope.is_none(), open, "{}", route.path);
            assert_eq!(route.bodies.is_empty(), route.method != Method::Post, "{}", route.path);
        }
        let named = |scope: Scope| ROUTES.iter().find(|route| route.scope == Some(scope)).map(|route| route.path);
        assert_eq!((named(Scope::Score), named(Scope::Read)), (Some("/v1/score"), Some("/metrics")));
    }

    #[test]
    fn a_body_of_a_type_in_the_table_is_taken_and_of_another_refused() {
        let of_service = |route: &&Route| !route.is_kept() && route.headers.contains(&"content-type");
        for route in ROUTES.iter().filter(of_service) {
            let line = format!("{} {}", route.method.name(), route.path.replace("{name}", "sample"));
            for body in route.bodies {
                assert_ne!(ask(&line, &[("content-type", body)], "{}").response.status, 415, "{line} {body}");
            }
            assert_eq!(ask(&line, &[("content-type", "application/xml")], "{}").response.status, 415, "{line}");
        }
    }
}
