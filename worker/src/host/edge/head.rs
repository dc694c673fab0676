//! A request's head as the shell writes it: `METHOD\nurl`, then `\nname\nvalue` for each header.

use plumbline_core::Timestamp;

use crate::request::Request;
use crate::service::{Answer, Service};

/// More headers than this are not read.
const MOST: usize = 8;

/// Answers the request written as `head` and `body`.
pub(super) fn answer(service: &Service, now: Timestamp, head: &[u8], body: &[u8]) -> Answer {
    let mut words = std::str::from_utf8(head).unwrap_or_default().split('\n');
    let method = words.next().unwrap_or_default();
    let url = words.next().unwrap_or_default();
    let mut headers = [("", ""); MOST];
    let mut count = 0;
    while let (Some(slot), Some(name), Some(value)) = (headers.get_mut(count), words.next(), words.next()) {
        *slot = (name, value);
        count += 1;
    }
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let headers = headers.get(..count).unwrap_or_default();
    service.handle(now, &Request { method, path, query, headers, body })
}
