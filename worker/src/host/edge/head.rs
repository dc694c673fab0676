//! The heads of requests and responses, as they cross to the shell and back: before each text stands its length, so that no byte
//! of a text can end it and begin another.
//!
//! A request: method, URL, then for each header one byte, its number among [`Request::HEADERS`], and its value. A response: name and
//! value of each header. Lengths are little-endian `u32`.

use std::borrow::Cow;

use plumbline_core::Timestamp;

use crate::answer::{After, Answer, Effects};
use crate::problem::Problem;
use crate::request::{Request, Response};
use crate::service::Service;

/// Headers a request may have.
const MOST: usize = Request::HEADERS.len();

/// A request's head, borrowed from the input.
pub(super) struct Head<'a> {
    method: &'a str,
    url: &'a str,
    headers: [(&'static str, &'a str); MOST],
    count: usize,
}

/// Answers the request written as `head` and `body`.
pub(super) fn answer(service: &Service, now: Timestamp, head: &[u8], body: &[u8]) -> Answer {
    let Some(head) = read(head) else {
        let problem = Problem::new(500, "HEAD_MALFORMED", "the host passed a request head with inconsistent lengths");
        return problem.response().into();
    };
    service.handle(now, &head.request(body))
}

/// The rows of the versions that did not answer the request written as `head` and `body`.
pub(super) fn after(service: &Service, head: &[u8], body: &[u8], after: &After) -> Effects {
    read(head).map_or_else(Effects::default, |head| service.after(&head.request(body), after))
}

/// The response that reports `problem` to the request whose head is `head`; it is counted.
pub(super) fn refuse(service: &Service, head: &[u8], problem: &Problem) -> Response {
    read(head).map_or_else(|| problem.response(), |head| service.refuse(&head.request(b""), problem))
}

impl<'a> Head<'a> {
    /// The request with this head and `body`.
    pub(super) fn request<'r>(&'r self, body: &'r [u8]) -> Request<'r>
    where
        'a: 'r,
    {
        let (path, query) = self.url.split_once('?').unwrap_or((self.url, ""));
        Request { method: self.method, path, query, headers: self.headers.get(..self.count).unwrap_or_default(), body }
    }
}

/// The head written in `bytes`; none when its lengths or numbers are wrong. A method or URL that is not UTF-8 is read as empty, a
/// header that no host would hand on is left out.
pub(super) fn read(bytes: &[u8]) -> Option<Head<'_>> {
    let (method, rest) = text(bytes)?;
    let (url, mut rest) = text(rest)?;
    let [method, url] = [method, url].map(|bytes| std::str::from_utf8(bytes).unwrap_or_default());
    let mut head = Head { method, url, headers: [("", ""); MOST], count: 0 };
    while let Some((number, tail)) = rest.split_first() {
        let name = Request::HEADERS.get(usize::from(*number))?;
        let (value, tail) = text(tail)?;
        rest = tail;
        if let Some(value) = std::str::from_utf8(value).ok().filter(|value| !value.contains(is_control)) {
            *head.headers.get_mut(head.count)? = (name, value);
            head.count += 1;
        }
    }
    Some(head)
}

/// The text at the start of `bytes`, and what follows it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

/// Whether no header's value can contain `c`.
fn is_control(c: char) -> bool {
    c.is_ascii_control() && c != '\t'
}

/// Whether `value` is of the bytes that any client takes in a header: visible ASCII, spaces, tabs.
fn is_plain(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
}

/// Writes a response's headers; one whose value no header can carry is left out.
pub(super) fn write(headers: &[(&'static str, Cow<'static, str>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in headers.iter().filter(|(_, value)| is_plain(value.as_bytes())) {
        for text in [*name, value.as_ref()] {
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_core::route::AllocationSettings;

    use crate::sample::{NOW, json, model_of, service};
    use crate::settings::Settings;

    fn sized(text: &[u8]) -> Vec<u8> {
        [&(text.len() as u32).to_le_bytes()[..], text].concat()
    }

    fn head(method: &str, url: &[u8], headers: &[(&str, &[u8])]) -> Vec<u8> {
        let number = |name: &str| Request::HEADERS.iter().position(|known| *known == name).unwrap() as u8;
        let mut head = [sized(method.as_bytes()), sized(url)].concat();
        for (name, value) in headers {
            head.push(number(name));
            head.extend(sized(value));
        }
        head
    }

    #[test]
    fn a_value_cannot_end_itself_and_forge_another() {
        let settings = Settings { cors_origins: vec!["*".into()], ..Settings::default() };
        let service = service(settings);
        let lead = br#"{"visits":4}"#;
        let hostile: &[&[u8]] = &[
            b"a\norigin\nhttps://crm.example",
            b"a\r\norigin: https://crm.example",
            b"a\x00b",
            b"a\x04\x00\x00\x00abcd",
            b"\xff",
            b"\x7f",
        ];
        for value in hostile {
            let answer = answer(&service, NOW, &head("POST", b"/v1/score", &[("x-request-id", value)]), lead);
            assert_eq!(answer.response.status, 200, "{value:?}");
            assert_eq!(answer.response.header("access-control-allow-origin"), None, "{value:?}");
            assert_eq!(answer.effects.predictions[0].client_request_id, None, "{value:?}");
        }
        for value in ["\u{10a}origin", "größer", "\u{100}\u{0113}\u{1f600}"] {
            let answer = answer(&service, NOW, &head("POST", b"/v1/score", &[("x-request-id", value.as_bytes())]), lead);
            assert_eq!((answer.response.status, answer.effects.predictions[0].client_request_id.as_deref()), (200, Some(value)));
            assert_eq!(answer.response.header("access-control-allow-origin"), None, "{value:?}");
        }
        let headers: &[(&str, &[u8])] = &[("x-request-id", b"\xff"), ("origin", b"https://crm.example")];
        let answer = answer(&service, NOW, &head("POST", b"/v1/score", headers), lead);
        assert_eq!(answer.response.header("access-control-allow-origin"), Some("*"), "what follows a bad value is read");
    }

    #[test]
    fn what_other_versions_score_after_the_answer_is_of_the_same_request() {
        let allocation = AllocationSettings { shadow: vec!["2".into()], ..AllocationSettings::champion_only("1") };
        let settings = Settings { allocation: Some(allocation), ..Settings::default() };
        let service = Service::new(settings, vec![model_of("1", 0.5), model_of("2", 1.0)], "test").unwrap();
        let (head, lead) = (head("POST", b"/v1/score", &[("x-request-id", b"mine")]), br#"{"lead_id":"a","visits":4}"#);
        let answered = answer(&service, NOW, &head, lead);
        let rows = after(&service, &head, lead, answered.after.as_ref().unwrap()).predictions;
        assert_eq!((rows.len(), rows[0].margin, rows[0].client_request_id.as_deref()), (1, Some(3.0), Some("mine")));
        assert_eq!(rows[0].request_id, answered.effects.predictions[0].request_id);
    }

    #[test]
    fn what_fails_in_the_shell_is_refused_in_the_words_of_the_route_and_counted() {
        let service = service(Settings { cors_origins: vec!["https://crm.example".into()], ..Settings::default() });
        let problem = Problem::new(503, "LOG_UNAVAILABLE", "the prediction could not be stored");
        for (url, member) in [("/v1/score", "code"), ("/invocations", "error_code"), ("/v2/models/m/infer", "error")] {
            let head = head("POST", url.as_bytes(), &[("origin", b"https://crm.example")]);
            let response = refuse(&service, &head, &problem);
            assert_eq!((response.status, response.header("retry-after")), (503, Some("1")));
            assert_eq!(response.header("access-control-allow-origin"), Some("https://crm.example"));
            let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
            assert!(body[member].as_str().unwrap().starts_with("LOG_UNAVAILABLE"), "{body}");
        }
        assert!(service.metrics().text().contains("plumbline_requests_total{status=\"5xx\"} 3\n"));
        assert_eq!(refuse(&service, b"cut", &problem).status, 503);
    }

    #[test]
    fn a_url_is_a_url_whatever_is_in_it() {
        let service = service(Settings::default());
        let urls: [&[u8]; 5] = [b"/v1/score\nx-request-id\nforged", b"/v1/score\0", b"/\xff", b"", b"/v1/score\r\n\r\n{}"];
        for url in urls {
            let answer = answer(&service, NOW, &head("POST", url, &[]), b"{}");
            assert_eq!((answer.response.status, json(&answer)["code"].as_str()), (404, Some("NO_SUCH_PATH")), "{url:?}");
        }
        let answer = answer(&service, NOW, &head("POST", b"/v1/score?reasons=0&x=%0Ay", &[("x-request-id", b"mine")]), b"{}");
        assert_eq!(answer.effects.predictions[0].client_request_id.as_deref(), Some("mine"));
    }

    #[test]
    fn a_head_that_does_not_add_up_is_refused_wherever_it_is_cut() {
        let service = service(Settings::default());
        let whole = head("POST", b"/v1/score", &[("content-type", b"application/json"), ("x-request-id", b"r")]);
        assert_eq!(read(&whole).unwrap().count, 2);
        let ends = [4 + 4 + 4 + 9, 4 + 4 + 4 + 9 + 1 + 4 + 16, whole.len()];
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]).is_some(), ends.contains(&end), "{end}");
        }
        let unknown = [&whole[..], &[MOST as u8], &sized(b"x")].concat();
        let many = [whole.clone(), whole[4 + 4 + 4 + 9..].repeat(4)].concat();
        let long = [&sized(b"POST")[..], &u32::MAX.to_le_bytes(), b"/"].concat();
        for bytes in [unknown, many, long] {
            assert!(read(&bytes).is_none());
            assert_eq!(json(&answer(&service, NOW, &bytes, b""))["code"], "HEAD_MALFORMED");
        }
    }

    #[test]
    fn response_headers_come_with_their_lengths_and_none_that_would_split() {
        let list = [("a", "b c".into()), ("x", "1\nset-cookie: y".into()), ("y", "\u{10a}".into()), ("z", "".into())];
        assert_eq!(write(&list), [sized(b"a"), sized(b"b c"), sized(b"z"), sized(b"")].concat());
    }
}
