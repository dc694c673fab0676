//! Which path is answered by what.

mod csv;
mod health;
mod inference;
mod invocations;
mod model;
mod raw;
mod score;
mod table;
mod tensor;

use plumbline_core::Timestamp;

use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::service::{Answer, Service};
use crate::text::percent_decoded;

/// What a path leads to.
enum Page {
    Score,
    Invocations(Option<String>),
    Inference(inference::Page),
    Models,
    OpenApi,
    Live,
    Ready,
    Ping,
    Version,
    Metrics,
}

impl Page {
    fn of(path: &str) -> Option<Page> {
        if path == "/v1/score" {
            return Some(Page::Score);
        }
        let parts: Vec<String> = path.split('/').skip(1).map(percent_decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Some(match parts.as_slice() {
            // Written otherwise, such as /v1/%73core.
            ["v1", "score"] => Page::Score,
            ["v1", "models"] => Page::Models,
            ["invocations"] => Page::Invocations(None),
            ["serving-endpoints", name, "invocations"] => Page::Invocations(Some((*name).to_owned())),
            ["v2", rest @ ..] => Page::Inference(inference::Page::of(rest)?),
            ["health", "live"] => Page::Live,
            ["health", "ready"] => Page::Ready,
            ["ping" | "health"] => Page::Ping,
            ["version"] => Page::Version,
            ["openapi.json"] => Page::OpenApi,
            ["metrics"] => Page::Metrics,
            _ => return None,
        })
    }

    /// `problem` in the words of the protocol that the path belongs to.
    fn refusal(&self, problem: &Problem) -> Response {
        match self {
            Page::Invocations(_) => invocations::refusal(problem),
            Page::Inference(_) => inference::refusal(problem),
            _ => problem.response(),
        }
    }

    fn is_post(&self) -> bool {
        matches!(self, Page::Score | Page::Invocations(_) | Page::Inference(inference::Page::Infer(_)))
    }

    fn answer(&self, service: &Service, now: Timestamp, request: &Request<'_>) -> Result<Answer, Problem> {
        match self {
            Page::Score => score::score(service, now, request),
            Page::Invocations(name) => Ok(invocations::invoke(service, now, request, name.as_deref())),
            Page::Inference(page) => Ok(inference::answer(service, now, request, page)),
            Page::Models => Ok(model::list(service).into()),
            Page::OpenApi => Ok(model::open_api().into()),
            Page::Live => Ok(health::live().into()),
            Page::Ready => Ok(health::ready().into()),
            Page::Ping => Ok(health::ping().into()),
            Page::Version => Ok(health::version().into()),
            Page::Metrics => Ok(health::metrics(service).into()),
        }
    }
}

/// The answer to `request`, whatever it is.
pub(crate) fn answer(service: &Service, now: Timestamp, request: &Request<'_>) -> Answer {
    let mut answer = routed(service, now, request).unwrap_or_else(|problem| problem.response().into());
    if request.method == "HEAD" {
        answer.response.body.clear();
    }
    if let Some(origin) = allowed_origin(service, request) {
        answer.response.headers.push(("access-control-allow-origin", origin.into()));
        answer.response.headers.push(("vary", "origin".into()));
    }
    answer
}

/// The response to a request for `path` that came to nothing, for hosts that learn so outside of the service.
pub(crate) fn refusal(path: &str, problem: &Problem) -> Response {
    Page::of(path).map_or_else(|| problem.response(), |page| page.refusal(problem))
}

fn routed(service: &Service, now: Timestamp, request: &Request<'_>) -> Result<Answer, Problem> {
    let page = Page::of(request.path);
    let page = page.ok_or_else(|| Problem::new(404, "NO_SUCH_PATH", "this path does not exist"))?;
    let (method, allow) = if page.is_post() { ("POST", "POST, OPTIONS") } else { ("GET", "GET, HEAD, OPTIONS") };
    if request.method == "OPTIONS" {
        let response = Response { status: 204, ..Response::default() }.with("allow", allow);
        return Ok(if request.header("access-control-request-method").is_some() && allowed_origin(service, request).is_some() {
            response
                .with("access-control-allow-methods", allow)
                .with("access-control-allow-headers", "content-type, x-request-id")
                .with("access-control-max-age", "86400")
                .into()
        } else {
            response.into()
        });
    }
    if request.method != method && !(request.method == "HEAD" && method == "GET") {
        let problem = Problem::new(405, "METHOD_NOT_ALLOWED", format!("this path accepts only {method}"));
        return Ok(page.refusal(&problem).with("allow", allow).into());
    }
    let limit = service.settings.limits.body_bytes;
    if request.body.len() as u64 > limit {
        let problem = Problem::new(413, "BODY_TOO_LARGE", format!("the body exceeds the limit of {limit} bytes"));
        return Ok(page.refusal(&problem).into());
    }
    // Some clients compress without asking. No text in UTF-8 begins so.
    if page.is_post() && [[0x1f_u8, 0x8b], [0x78, 0x9c], [0x78, 0xda]].iter().any(|magic| request.body.starts_with(magic)) {
        let problem =
            Problem::new(415, "UNSUPPORTED_CONTENT_ENCODING", "compressed bodies are not supported; send the body uncompressed");
        return Ok(page.refusal(&problem).into());
    }
    page.answer(service, now, request)
}

fn allowed_origin(service: &Service, request: &Request<'_>) -> Option<String> {
    let allowed = &service.settings.cors_origins;
    let origin = if allowed.is_empty() { return None } else { request.header("origin")? };
    let found = allowed.iter().find(|known| *known == "*" || *known == origin)?;
    Some(if found == "*" { "*".to_owned() } else { origin.to_owned() })
}

impl From<Response> for Answer {
    fn from(response: Response) -> Answer {
        Answer { response, predictions: Vec::new() }
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
            assert_eq!(answer.response.header("allow").is_some(), matches!(status, 405 | 204), "{line}");
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
        let foreign = ask_of(&service, "POST /v1/score", &headers("https://evil.example"), "{}").response;
        assert_eq!((foreign.status, foreign.header("access-control-allow-origin")), (200, None));
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
