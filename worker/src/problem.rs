//! Errors as RFC 9457 problem documents: coded, naming the field and place, never the schema or a stack.

use plumbline_core::lead::LeadError;
use serde::Serialize;

use crate::request::Response;

/// Why a request, or one lead of it, was refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Problem {
    /// `urn:plumbline:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
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
}

impl Problem {
    /// A problem of `status` and `code`.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("urn:plumbline:problem:{code}"),
            title: title(status),
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// The response that says so.
    pub fn response(&self) -> Response {
        Response::new(self.status, "application/problem+json", serde_json::to_vec(self).unwrap_or_default())
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        408 => "Request Timeout",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}
