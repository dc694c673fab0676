//! What every request goes through: its route is found, its method and body are checked, its handler answers.

mod csv;
mod features;
mod flags;
mod health;
mod inference;
mod invocations;
mod json;
mod model;
mod router;
mod routes;
mod score;
mod table;
mod tensor;

use plumbline_core::Timestamp;

use crate::access::Access;
use crate::answer::Answer;
use crate::model::digest;
use crate::problem::Problem;
use crate::refusal::Refusal;
use crate::request::{Request, Response};
use crate::scoring::check_id;
use crate::service::Serving;

pub use router::{Routed, lifecycle_route};
pub use routes::{Method, Place, ROUTES, Route};
pub(crate) use score::form;

use router::{Call, find};

/// Headers that a page of another origin may send to any path.
const CROSS_ORIGIN: [&str; 3] = ["content-type", "x-request-id", "authorization"];

/// The answer to `request`, whatever it is.
pub(crate) fn answer(serving: Serving<'_>, now: Timestamp, request: &Request<'_>) -> Answer {
    let mut answer = routed(serving, now, request);
    complete(allowed_origin(serving, request), request, &mut answer.response);
    answer
}

/// The answer that reports `problem` to `request`, for hosts that learn of it outside of the service.
pub(crate) fn refusal(serving: Serving<'_>, request: &Request<'_>, problem: &Problem) -> Answer {
    let found = find(request.path);
    let route = found.as_ref().and_then(|found| {
        let taken = found.routes.iter().find(|route| route.method.takes(request.method));
        taken.or(found.routes.first())
    });
    let mut response = route.map_or_else(|| problem.response(), |route| (route.refusal)(problem));
    complete(allowed_origin(serving, request), request, &mut response);
    Answer { is_stray: route.is_none(), ..response.into() }
}

/// [`complete`] for a response of the lifecycle, whose callers `access` knows.
pub(crate) fn finish(access: &Access, request: &Request<'_>, response: &mut Response) {
    let origin = request.header("origin").filter(|origin| access.allows(origin));
    complete(origin.map(str::to_owned), request, response);
}

/// What is read, with the tag of its content; nothing but 304 where the caller has it.
pub(crate) fn tagged(request: &Request<'_>, response: Response) -> Response {
    let response = match response.header("etag") {
        Some(_) => response,
        None => {
            let tag = format!("\"{}\"", digest(&response.body).get(..32).unwrap_or_default());
            response.with("etag", tag)
        }
    };
    let response = response.with("cache-control", "no-cache");
    if !response.header("etag").is_some_and(|tag| request.holds(tag)) {
        return response;
    }
    let headers = response.headers.into_iter().filter(|(name, _)| *name != "content-type").collect();
    Response { status: 304, headers, body: Vec::new() }
}

/// What every response has, and every problem: the one place where they get it.
fn complete(origin: Option<String>, request: &Request<'_>, response: &mut Response) {
    if request.method == "HEAD" {
        response.body.clear();
    }
    if response.status >= 400 {
        response.headers.push(("cache-control", "no-store".into()));
        response.headers.push(("x-content-type-options", "nosniff".into()));
    }
    if matches!(response.status, 429 | 503) && response.header("retry-after").is_none() {
        response.headers.push(("retry-after", "1".into()));
    }
    if let Some(origin) = origin {
        response.headers.push(("access-control-allow-origin", origin.into()));
        response.headers.push(("vary", "origin".into()));
    }
}

fn routed(serving: Serving<'_>, now: Timestamp, request: &Request<'_>) -> Answer {
    let Some(found) = find(request.path) else {
        let response = Problem::new(404, "NO_SUCH_PATH", "this path does not exist").response();
        return Answer { is_stray: true, ..response.into() };
    };
    let routes = found.routes;
    if request.method == "OPTIONS" {
        return options(routes, request, allowed_origin(serving, request).is_some()).into();
    }
    let Some(route) = routes.iter().find(|route| route.method.takes(request.method)) else {
        return not_allowed(routes).into();
    };
    let admitted = admit(serving, now, route, request).and_then(|()| readable(serving, route, request));
    let answered = admitted.and_then(|()| (route.handler)(&Call::new(serving, now, request, found)));
    answered.unwrap_or_else(|problem| (route.refusal)(&problem).into())
}

/// Whether who sends `request` may, where keys are kept. A request is asked once, also if other versions score it later.
fn admit(serving: Serving<'_>, now: Timestamp, route: &Route, request: &Request<'_>) -> Result<(), Problem> {
    let guard = serving.service.guard();
    match (guard.as_ref(), route.need()) {
        (Some(guard), Some(need)) if serving.again.is_none() => {
            guard.access.admit(now.0, need, request, guard.is_local).map(drop)
        }
        _ => Ok(()),
    }
}

/// Whether `route` can take `request`: its name, its body and who sends it.
fn readable(serving: Serving<'_>, route: &Route, request: &Request<'_>) -> Result<(), Problem> {
    let settings = serving.service.settings();
    let limits = &settings.limits;
    if let Some(id) = request.header("x-request-id").filter(|_| route.headers.contains(&"x-request-id")) {
        check_id(id, limits.id_bytes)?;
    }
    if request.body.len() as u64 > limits.body_bytes {
        return Err(Refusal::BodyTooLarge.problem(settings));
    }
    if !route.bodies.is_empty() && is_foreign(serving, request) {
        let detail = "a page of an origin that is not listed in cors_origins must send a content type that browsers ask about first, \
            such as application/json";
        return Err(Problem::new(403, "FOREIGN_ORIGIN", detail));
    }
    // Some clients compress without asking. No text in UTF-8 begins so.
    let compressed = [[0x1f_u8, 0x8b], [0x78, 0x9c], [0x78, 0xda]];
    if !route.bodies.is_empty() && compressed.iter().any(|magic| request.body.starts_with(magic)) {
        let detail = "compressed bodies are not supported; send the body uncompressed";
        return Err(Problem::new(415, "UNSUPPORTED_CONTENT_ENCODING", detail));
    }
    Ok(())
}

/// The answer to `OPTIONS`; with what a page may send, where its origin is allowed and it asks.
fn options(routes: &[Route], request: &Request<'_>, allowed: bool) -> Response {
    let methods = methods(routes);
    let response = Response { status: 204, ..Response::default() }.with("allow", methods.clone());
    if !allowed || request.header("access-control-request-method").is_none() {
        return response;
    }
    let mut headers = CROSS_ORIGIN.to_vec();
    for name in routes.iter().flat_map(|route| route.headers) {
        if !headers.contains(name) {
            headers.push(name);
        }
    }
    response
        .with("access-control-allow-methods", methods)
        .with("access-control-allow-headers", headers.join(", "))
        .with("access-control-max-age", "86400")
}

fn not_allowed(routes: &[Route]) -> Response {
    let names: Vec<&str> = routes.iter().map(|route| route.method.name()).collect();
    let problem = Problem::new(405, "METHOD_NOT_ALLOWED", format!("this path accepts only {}", names.join(" or ")));
    let refusal = routes.first().map_or(Problem::response as fn(&Problem) -> Response, |route| route.refusal);
    refusal(&problem).with("allow", methods(routes))
}

/// The methods of `routes`, as `Allow` lists them.
fn methods(routes: &[Route]) -> String {
    let mut list = String::new();
    for route in routes {
        list.push_str(route.method.name());
        list.push_str(if route.method == Method::Get { ", HEAD, " } else { ", " });
    }
    list + "OPTIONS"
}

/// Whether a browser sends `request` for a page of an origin that is not listed, without having asked whether it may: what such a
/// page sends must not become rows of the log.
fn is_foreign(serving: Serving<'_>, request: &Request<'_>) -> bool {
    const UNASKED: [&str; 4] = ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];
    request.header("origin").is_some() && UNASKED.contains(&&*request.media_type()) && allowed_origin(serving, request).is_none()
}

fn allowed_origin(serving: Serving<'_>, request: &Request<'_>) -> Option<String> {
    let allowed = &serving.service.settings().cors_origins;
    let guard = serving.service.guard();
    let origin = if allowed.is_empty() && guard.is_none() { return None } else { request.header("origin")? };
    match allowed.iter().find(|known| *known == "*" || *known == origin) {
        Some(found) => Some(if found == "*" { "*".to_owned() } else { origin.to_owned() }),
        None => guard.as_ref().filter(|guard| guard.access.allows(origin)).map(|_| origin.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::{ask, ask_of, service};
    use crate::settings::Settings;

    #[test]
    fn paths_and_methods_answer_as_http_asks() {
        let cases = [
            ("GET /nothing", 404),
            ("GET /", 404),
            ("GET //v1/score", 404),
            ("POST /v2/models/sample/infer/x", 404),
            ("GET /v1/score", 405),
            ("PUT /v1/score", 405),
            ("DELETE /metrics", 405),
            ("POST /metrics", 405),
            ("OPTIONS /v1/score", 204),
            ("HEAD /metrics", 200),
            ("GET /v1/models", 200),
            ("GET /openapi.json", 200),
            ("GET /health/live", 200),
            ("GET /health/ready", 200),
            ("GET /ping", 200),
            ("GET /version", 200),
        ];
        for (line, status) in cases {
            let answer = ask(line, &[], "");
            assert_eq!(answer.response.status, status, "{line}");
            let allow = if line.contains("/v1/score") { "POST, OPTIONS" } else { "GET, HEAD, OPTIONS" };
            assert_eq!(answer.response.header("allow"), matches!(status, 405 | 204).then_some(allow), "{line}");
            assert_eq!(answer.response.body.is_empty(), line.starts_with("HEAD") || status == 204, "{line}");
        }
    }

    #[test]
    fn a_page_of_an_allowed_origin_may_ask() {
        let settings = Settings { cors_origins: vec!["https://crm.example".into()], ..Settings::default() };
        let service = service(settings);
        let headers = |origin| [("origin", origin), ("access-control-request-method", "POST")];
        let allowed = ask_of(&service, "OPTIONS /v1/score", &headers("https://crm.example"), "").response;
        assert_eq!(allowed.header("access-control-allow-origin"), Some("https://crm.example"));
        assert_eq!(allowed.header("access-control-allow-methods"), Some("POST, OPTIONS"));
        assert_eq!(allowed.header("access-control-allow-headers"), Some("content-type, x-request-id, authorization"));
        let tensors = ask_of(&service, "OPTIONS /v2/models/sample/infer", &headers("https://crm.example"), "").response;
        let named = "content-type, x-request-id, authorization, inference-header-content-length";
        assert_eq!(tensors.header("access-control-allow-headers"), Some(named));
        assert_eq!(tensors.header("allow"), Some("POST, OPTIONS"));
        let foreign = ask_of(&service, "POST /v1/score", &headers("https://evil.example"), "{}").response;
        assert_eq!((foreign.status, foreign.header("access-control-allow-origin")), (403, None));
    }

    #[test]
    fn a_foreign_page_writes_no_rows() {
        let service = service(Settings { cors_origins: vec!["https://crm.example".into()], ..Settings::default() });
        let tensor = r#"{"inputs":[{"name":"visits","shape":[1],"datatype":"FP64","data":[4]}]}"#;
        let table = r#"{"instances":[[1,0]]}"#;
        for (path, body) in [("/v1/score", "{}"), ("/invocations", table), ("/v2/models/sample/infer", tensor)] {
            let ask = |headers: &[(&str, &str)]| {
                let answer = ask_of(&service, &format!("POST {path}"), headers, body);
                (answer.response.status, answer.effects.predictions.len())
            };
            for media in
                ["", "text/plain", "Text/Plain; charset=utf-8", "application/x-www-form-urlencoded", "multipart/form-data"]
            {
                for origin in ["https://evil.example", "null"] {
                    assert_eq!(ask(&[("origin", origin), ("content-type", media)]), (403, 0), "{path} {media}");
                }
            }
            assert_eq!(ask(&[("origin", "https://evil.example")]), (403, 0));
            // What a browser asks about first, it does not send without leave; an allowed page and a program send what they like.
            assert_eq!(ask(&[("origin", "https://evil.example"), ("content-type", "application/json")]), (200, 1));
            let own = ask(&[("origin", "https://crm.example"), ("content-type", "text/plain")]);
            assert!(own == (200, 1) || (path == "/invocations" && own == (415, 0)), "{own:?}");
        }
        assert_eq!(ask("POST /v1/score", &[], "{}").response.status, 200);
    }

    #[test]
    fn every_problem_is_made_alike() {
        let settings = Settings { cors_origins: vec!["https://crm.example".into()], ..Settings::default() };
        let service = service(settings);
        for line in [
            "POST /v1/score",
            "POST /invocations",
            "POST /v2/models/sample/infer",
            "PUT /v1/score",
            "GET /none",
            "GET /v2/models/x",
        ] {
            let response = ask_of(&service, line, &[("origin", "https://crm.example")], "{").response;
            assert!(response.status >= 400, "{line}");
            for (name, value) in [
                ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"),
                ("access-control-allow-origin", "https://crm.example"),
            ] {
                assert_eq!(response.header(name), Some(value), "{line}: {name}");
            }
        }
    }

    #[test]
    fn a_compressed_body_is_told_so() {
        for path in ["/v1/score", "/invocations", "/v2/models/sample/infer"] {
            for magic in [[0x1f_u8, 0x8b], [0x78, 0x9c]] {
                let response = ask(&format!("POST {path}"), &[], [&magic[..], b"rest"].concat()).response;
                assert_eq!(response.status, 415, "{path}");
                assert!(String::from_utf8_lossy(&response.body).contains("compressed"), "{path}");
            }
        }
    }

    #[test]
    fn a_large_body_is_refused_with_its_limit() {
        let mut settings = Settings::default();
        settings.limits.body_bytes = 10;
        let service = service(settings);
        for path in ["/v1/score", "/invocations", "/v2/models/sample/infer"] {
            assert_eq!(ask_of(&service, &format!("POST {path}"), &[], [b'x'; 11]).response.status, 413, "{path}");
        }
    }
}
