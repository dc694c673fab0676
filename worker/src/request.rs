//! What the host hands in and gets back.

use std::borrow::Cow;

use crate::text::percent_decoded;

/// A request, borrowed from the host.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Such as `POST`, in capitals.
    pub method: &'a str,
    /// Percent-encoded path, from the first `/`, without the query.
    pub path: &'a str,
    /// The query without `?`; empty when there is none.
    pub query: &'a str,
    /// Names in lower case. The service reads those of [`Request::HEADERS`] only; a host may leave out all others.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, whole.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The headers the service reads.
    pub const HEADERS: &'static [&'static str] = &[
        "content-type",
        "inference-header-content-length",
        "x-request-id",
        "if-none-match",
        "origin",
        "access-control-request-method",
        "authorization",
        "if-match",
        "host",
    ];

    /// [`Request::parameter`], decoded: `+` and `%20` are spaces.
    pub fn decoded(&self, name: &str) -> Option<Cow<'a, str>> {
        self.parameter(name).map(|text| match text.contains('+') {
            true => Cow::Owned(percent_decoded(&text.replace('+', " ")).into_owned()),
            false => percent_decoded(text),
        })
    }

    /// Whether the caller already has what the entity tag `tag`, with its quotes, names (`if-none-match`).
    pub fn holds(&self, tag: &str) -> bool {
        let held = |tags: &str| tags.split(',').map(str::trim).any(|held| held == "*" || held.trim_start_matches("W/") == tag);
        self.header("if-none-match").is_some_and(held)
    }

    /// The value of header `name` (lower case), if present.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }

    /// The media type of the body in lower case, without parameters; empty when none is given.
    pub fn media_type(&self) -> Cow<'a, str> {
        let value = self.header("content-type").unwrap_or("");
        let value = value.split(';').next().unwrap_or("").trim();
        if value.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(value.to_ascii_lowercase()) } else { Cow::Borrowed(value) }
    }

    /// The first value of query parameter `name`, as written (not percent-decoded).
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        self.query.split('&').find_map(|pair| match pair.split_once('=') {
            Some((key, value)) if key == name => Some(value),
            None if pair == name => Some(""),
            _ => None,
        })
    }
}

/// A response, owned by the host from here on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Response {
    /// A response of `status` with a body of `media_type`.
    pub fn new(status: u16, media_type: &'static str, body: Vec<u8>) -> Response {
        Response { status, headers: vec![("content-type", Cow::Borrowed(media_type))], body }
    }

    /// The same response with one header more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Response {
        self.headers.push((name, value.into()));
        self
    }

    /// The value of header `name` (lower case), if set.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_media_type_and_parameters() {
        let request = Request {
            method: "POST",
            path: "/",
            query: "reasons=2&raw",
            headers: &[("content-type", "Application/JSON; charset=utf-8")],
            body: b"",
        };
        assert_eq!(request.media_type(), "application/json");
        assert_eq!(request.parameter("reasons"), Some("2"));
        assert_eq!(request.parameter("raw"), Some(""));
        assert_eq!(request.parameter("none"), None);
    }
}
