//! Connections: accepted, read within limits, answered by the service, drained at the end.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use plumbline_worker::{Answer, Counted, Effects, Refusal, Request, Response, Service, bundle_bytes};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::body;
use super::later::Later;
use super::lifecycle::Door;
use super::log::Log;
use super::page::{self, Page, takes_gzip};
use crate::output::terminal;
use crate::{clock, memory};

/// How long requests under way may take once the program is told to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How long a client may take to send the head of a request, from the start of its connection or from its last answer.
const HEAD: Duration = Duration::from_secs(30);

/// A body of so many bytes holds hundreds of leads: its request is answered beside the event loop.
const LARGE: usize = 256 << 10;

/// The largest body of a request to the lifecycle: thousands of events.
const LIFECYCLE_BYTES: u64 = 64 << 20;
/// Where bundles are sent, whose limit is their own.
const BUNDLES: &str = "/v1/models";

/// What all connections share.
#[derive(Clone)]
pub struct Host {
    /// Answers.
    pub service: Arc<Service>,
    /// Takes what is to be stored.
    pub log: Log,
    /// Scores what was answered by the versions that did not answer.
    pub later: Later,
    /// Answers what belongs to the lifecycle; none without a store.
    pub lifecycle: Option<Door>,
    /// What is served where the service has no route.
    pub page: Arc<Page>,
}

/// Accepts and answers connections on `listener` until `stopped` says so, then drains those that are open.
pub async fn accept(listener: std::net::TcpListener, host: Host, mut stopped: watch::Receiver<bool>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(e) => return terminal::note(&format!("error[LISTEN_FAILED]: {e}")),
    };
    let graceful = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    // A client of HTTP/2 that is gone answers no ping.
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD).keep_alive_timeout(HEAD);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, or the client is gone already: others may still come.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            },
            _ = stopped.changed() => break,
        };
        // Answers are small and whole; waiting to fill a packet would only delay them. It may fail: then they are delayed.
        drop(stream.set_nodelay(true));
        let host = host.clone();
        let has_asked = Arc::new(AtomicBool::new(false));
        let asked = has_asked.clone();
        let answer = service_fn(move |request| {
            asked.store(true, Relaxed);
            respond(request, host.clone())
        });
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), answer).into_owned());
        tokio::spawn(attend(connection, has_asked, HEAD));
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        terminal::note("some requests took too long and were aborted");
    }
}

/// Runs `connection` to its end, which comes after `patience` unless a request has begun by then: hyper's own limit for a head applies
/// once the first bytes have said which HTTP it is.
async fn attend(connection: impl Future, has_asked: Arc<AtomicBool>, patience: Duration) {
    let mut connection = pin!(connection);
    // A connection that breaks concerns its client alone.
    if tokio::time::timeout(patience, connection.as_mut()).await.is_err() && has_asked.load(Relaxed) {
        connection.await;
    }
}

type Answered = Result<hyper::Response<Full<Bytes>>, std::convert::Infallible>;

async fn respond(request: hyper::Request<Incoming>, Host { service, log, later, lifecycle, page }: Host) -> Answered {
    let began = clock::start();
    let (head, body) = request.into_parts();
    let mut values = values(&head.headers);
    // HTTP/2 names the host elsewhere.
    if let Some(authority) = head.uri.authority().filter(|_| !values.iter().any(|(name, _)| *name == "host")) {
        values.push(("host", Cow::Borrowed(authority.as_str())));
    }
    let headers: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    let request = request_of(&head, &headers, b"");
    let refuse = |refusal: Refusal| service.refuse(&request, &refusal.problem(service.settings()));
    if let Some(door) = lifecycle.filter(|_| Door::takes(request.method, request.path)) {
        let is_bundle = request.path == BUNDLES;
        let limit = if is_bundle { bundle_bytes(service.settings()) } else { LIFECYCLE_BYTES };
        let body = match body::read_within(body, service.settings(), limit).await {
            Ok(body) => body,
            Err(Refusal::BodyTooLarge) if is_bundle => return Ok(encode(refuse(Refusal::BundleTooLarge))),
            Err(refusal) => return Ok(encode(refuse(refusal))),
        };
        let headers = values.iter().map(|(name, value)| (*name, value.to_string())).collect();
        let is_shown = request.method == "GET" && takes_gzip(accepted(&head.headers));
        return Ok(match door.answer(&request, headers, body).await {
            Some(response) => encode(if is_shown { smaller(response) } else { response }),
            None => encode(refuse(Refusal::Panic)),
        });
    }
    let body = match body::read(body, service.settings()).await {
        Ok(body) => body,
        Err(refusal) => return Ok(encode(refuse(refusal))),
    };
    let attempt = if body.len() < LARGE {
        attempt(&service, &Request { body: &body, ..request })
    } else {
        beside(service.clone(), head.clone(), body.clone()).await
    };
    let mut answer = match attempt {
        Ok(answer) => answer,
        Err(failed) => {
            // Which model it was is kept, unless the writer is too busy to take more.
            log.try_take(failed, service.metrics());
            return Ok(encode(refuse(Refusal::Panic)));
        }
    };
    if body.len() >= LARGE || answer.response.body.len() >= LARGE {
        memory::give_back_later();
    }
    let duration_us = micros(began);
    for prediction in &mut answer.effects.predictions {
        prediction.duration_us = Some(u32::try_from(duration_us).unwrap_or(u32::MAX));
    }
    let counted = Counted::of(&answer);
    let response = if log.take(answer.effects, service.metrics()).await {
        service.metrics().answered(&counted);
        answer.response
    } else {
        refuse(Refusal::LogUnavailable)
    };
    service.metrics().observe(micros(began));
    let found = if answer.is_stray {
        page.answer(head.method.as_str(), head.uri.path(), takes_gzip(accepted(&head.headers)))
    } else {
        None
    };
    let response = found.unwrap_or_else(|| encode(response));
    if let Some(after) = answer.after {
        drop(headers);
        drop(values);
        later.take(head, body, after);
    }
    Ok(response)
}

/// The answer to `request`; where it panicked, what is noted of it. What a panic leaves half done is the thread's memory of leads, which
/// is made anew.
fn attempt(service: &Service, request: &Request<'_>) -> Result<Answer, Effects> {
    let answer = catch_unwind(AssertUnwindSafe(|| service.handle(clock::now(), request)));
    answer.map_err(|_| service.failed(clock::now()))
}

/// [`attempt`] for a large request, made on a thread beside the event loop: others do not wait for it, and with the thread ends the
/// memory that it took.
async fn beside(service: Arc<Service>, head: Parts, body: Bytes) -> Result<Answer, Effects> {
    let answer = move || {
        let values = values(&head.headers);
        let headers: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        let answer = attempt(&service, &request_of(&head, &headers, &body));
        memory::give_back();
        answer
    };
    tokio::task::spawn_blocking(answer).await.unwrap_or_else(|_| Err(Effects::default()))
}

pub(super) fn request_of<'a>(head: &'a Parts, headers: &'a [(&'a str, &'a str)], body: &'a [u8]) -> Request<'a> {
    let (method, path, query) = (head.method.as_str(), head.uri.path(), head.uri.query().unwrap_or(""));
    Request { method, path, query, headers, body }
}

/// The headers that the service reads. One that comes several times is one list, and bytes that are not UTF-8 are U+FFFD, as at
/// workerd.
pub(super) fn values(headers: &HeaderMap) -> Vec<(&'static str, Cow<'_, str>)> {
    let mut values = Vec::new();
    for name in Request::HEADERS {
        let mut given = headers.get_all(*name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let Some(mut value) = given.next() else { continue };
        for more in given {
            value.to_mut().push_str(", ");
            value.to_mut().push_str(&more);
        }
        values.push((*name, value));
    }
    values
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// What the client accepts, as it says.
fn accepted(headers: &HeaderMap) -> Option<&str> {
    headers.get("accept-encoding")?.to_str().ok()
}

/// From this size on a document of the lifecycle is sent as gzip: the report is a fifth of its size then.
const DOCUMENT: usize = 8_192;

/// A large document as gzip, for a client that takes it.
fn smaller(mut response: Response) -> Response {
    if response.body.len() >= DOCUMENT
        && let Some(zipped) = page::zipped(&response.body)
    {
        response.body = zipped.to_vec();
        response.headers.extend([("content-encoding", Cow::Borrowed("gzip")), ("vary", Cow::Borrowed("accept-encoding"))]);
    }
    response
}

fn encode(response: Response) -> hyper::Response<Full<Bytes>> {
    let mut encoded = hyper::Response::new(Full::new(Bytes::from(response.body)));
    *encoded.status_mut() = hyper::StatusCode::from_u16(response.status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        let value = match value {
            Cow::Borrowed(value) => HeaderValue::from_static(value),
            Cow::Owned(value) => match HeaderValue::try_from(value) {
                Ok(value) => value,
                // A value no header can carry is left out.
                Err(_) => continue,
            },
        };
        encoded.headers_mut().append(HeaderName::from_static(name), value);
    }
    encoded
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn repeated_headers_are_one_list_and_other_bytes_do_not_vanish() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-request-id", "é".as_bytes()), ("x-request-id", b"b"), ("origin", b"\xe9"), ("cookie", b"c")] {
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        let found: Vec<_> = values(&headers).into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(found, ["x-request-id: é, b", "origin: \u{fffd}"]);
    }

    #[test]
    fn a_connection_without_a_request_ends_when_its_time_is_over() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (bytes, is_answered) in [
            ("", false),
            ("P", false),
            ("PRI * HTTP/2.0", false),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nhost: x\r\n", false),
            ("GET / HTTP/1.1\r\nconnection: close\r\n\r\n", true),
        ] {
            let (mut client, server) = tokio::io::duplex(1 << 10);
            let has_asked = Arc::new(AtomicBool::new(false));
            let asked = has_asked.clone();
            // It is answered long after the time that a head has.
            let answer = service_fn(move |_| {
                asked.store(true, Relaxed);
                async {
                    tokio::time::sleep(Duration::from_millis(40)).await;
                    Ok::<_, std::convert::Infallible>(hyper::Response::new(Full::new(Bytes::new())))
                }
            });
            let builder = Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection(TokioIo::new(server), answer);
            let mut read = Vec::new();
            let talk = async {
                client.write_all(bytes.as_bytes()).await.unwrap();
                client.read_to_end(&mut read).await.unwrap();
            };
            runtime.block_on(async { tokio::join!(attend(connection, has_asked, Duration::from_millis(20)), talk) });
            assert_eq!(read.starts_with(b"HTTP/1.1 200"), is_answered, "{bytes:?} {read:?}");
        }
    }
}
