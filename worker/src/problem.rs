//! Errors as RFC 9457 problem documents: coded, naming the field and place, never the schema or a stack.

use plumbline_core::lead::LeadError;
use plumbline_core::sentence::Sentence;
use serde::Serialize;

use crate::request::Response;

/// Why a request, or one lead of it, was refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Problem {
    /// `urn:plumbline:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// The status in words.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// A stable name of the kind of error.
    pub code: &'static str,
    /// What is wrong with this very request, in a sentence.
    pub detail: String,
    /// Everything that is wrong with a lead, each with its field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<LeadError>,
    /// What is wrong, as the lifecycle says it: the sentence with its values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<Box<Sentence>>,
    /// In how many seconds the request may be sent again.
    #[serde(skip)]
    pub retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem of `status` and `code`.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("urn:plumbline:problem:{code}").into(),
            title: title(status),
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            sentence: None,
            retry_after_s: None,
        }
    }

    /// The problem of `status` that `sentence` says.
    pub fn of(status: u16, code: &'static str, sentence: Sentence) -> Problem {
        Problem { sentence: Some(Box::new(sentence.clone())), ..Problem::new(status, code, sentence.text) }
    }

    /// The response that says so.
    pub fn response(&self) -> Response {
        let response = Response::new(self.status, "application/problem+json", serde_json::to_vec(self).unwrap_or_default());
        let response = if self.status == 401 { response.with("www-authenticate", "Bearer") } else { response };
        match self.retry_after_s {
            Some(seconds) => response.with("retry-after", seconds.to_string()),
            None => response,
        }
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        408 => "Request Timeout",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}
