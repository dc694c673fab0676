//! Messages to people and programs: sent from threads of their own, so that a slow receiver delays neither scoring nor the lifecycle.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use plumbline_core::alert::Answered;
use plumbline_worker::notice::{Outgoing, PATIENCE_MS, is_public};
use plumbline_worker::{Control, Sql, SqlError};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// What became of a message.
#[derive(Debug)]
pub struct Sent {
    /// Its id.
    pub id: String,
    /// What the receiver answered.
    pub answered: Answered,
    /// In a few words. No address is in them: one may be a secret.
    pub said: String,
}

/// Requests to receivers, under the rules for their addresses, whatever their names resolve to.
pub fn agent(allow_loopback: bool) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_millis(PATIENCE_MS)))
        .http_status_as_error(false)
        .max_redirects(0)
        // What an environment names as a proxy would resolve names itself.
        .proxy(None)
        .user_agent(concat!("plumbline/", env!("CARGO_PKG_VERSION")))
        .build();
    ureq::Agent::with_parts(config, DefaultConnector::default(), Public { allow_loopback, inner: DefaultResolver::default() })
}

/// Resolves names, and keeps of their addresses those that may be sent to.
#[derive(Debug)]
struct Public {
    allow_loopback: bool,
    inner: DefaultResolver,
}

impl Resolver for Public {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let mut kept = self.inner.empty();
        let may = |at: &&SocketAddr| is_public(at.ip()) || (self.allow_loopback && at.ip().is_loopback());
        found.iter().filter(may).for_each(|at| kept.push(*at));
        if kept.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(kept) }
    }
}

fn send(agent: &ureq::Agent, request: &Outgoing) -> Sent {
    let headers = request.headers.iter();
    let call = headers.fold(agent.post(&request.url), |call, (name, value)| call.header(name, value));
    let (answered, said) = match call.send(request.body.as_bytes()) {
        Ok(response) => {
            let status = response.status().as_u16();
            let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
            (Answered::Status { status, retry_after_s: after }, format!("the receiver answered with status {status}"))
        }
        Err(error) => (Answered::Nothing, unanswered(&error).to_owned()),
    };
    Sent { id: request.id.clone(), answered, said }
}

/// Why no answer came, without the address, which may hold a token.
pub fn unanswered(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "the receiver did not answer in time",
        ureq::Error::HostNotFound => "the receiver's name has no public address",
        ureq::Error::ConnectionFailed => "the receiver cannot be reached",
        ureq::Error::Io(_) => "the connection to the receiver failed",
        ureq::Error::Tls(_) => "the receiver's certificate is not valid",
        _ => "the message could not be sent",
    }
}

/// Where nothing was settled, due messages are looked for this often, in milliseconds.
const LOOK_MS: i64 = 1_000;

/// Messages of a lifecycle on their way, each on a thread of its own: no receiver waits for another.
pub struct Post {
    agent: ureq::Agent,
    report: Sender<Sent>,
    sent: Receiver<Sent>,
    under_way: usize,
    looked_ms: i64,
}

impl Post {
    /// One with nothing under way. `allow_loopback`: receivers on this machine are sent to.
    pub fn new(allow_loopback: bool) -> Post {
        let (report, sent) = mpsc::channel();
        Post { agent: agent(allow_loopback), report, sent, under_way: 0, looked_ms: i64::MIN }
    }

    /// Whether messages are under way, so that their results are worth waiting for.
    pub fn is_busy(&self) -> bool {
        self.under_way > 0
    }

    /// Notes what became of messages, and sends those that are due at `now_ms`; secrets are those of the environment. A message that is
    /// under way when the process ends is sent again by the next, under its id.
    ///
    /// # Errors
    /// The store failed.
    pub fn turn<S: Sql>(&mut self, control: &mut Control<S>, now_ms: i64) -> Result<(), SqlError> {
        let mut looks = self.under_way == 0 || now_ms.saturating_sub(self.looked_ms) >= LOOK_MS;
        while let Ok(Sent { id, answered, said }) = self.sent.try_recv() {
            self.under_way = self.under_way.saturating_sub(1);
            looks = true;
            control.settled(now_ms, &id, answered, &said)?;
        }
        if looks {
            self.looked_ms = now_ms;
            for request in control.lease(now_ms, &|name| std::env::var(name).ok())? {
                let (agent, report) = (self.agent.clone(), self.report.clone());
                // The lifecycle may have ended.
                let work = move || drop(report.send(send(&agent, &request)));
                // Without a thread the message is leased again later.
                self.under_way += usize::from(std::thread::Builder::new().name("sender".into()).spawn(work).is_ok());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with `answer`; the address, and what will have been received.
    fn receiver(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let received = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            head + &String::from_utf8(body).unwrap()
        });
        (url, received)
    }

    fn request(url: &str) -> Outgoing {
        let headers = vec![("webhook-id".to_owned(), "m/1".to_owned())];
        Outgoing { id: "m/1".into(), url: url.into(), headers, body: "{\"a\":1}".into() }
    }

    #[test]
    fn a_message_is_posted_and_its_answer_is_reported() {
        let status = |status, retry_after_s| Answered::Status { status, retry_after_s };
        for (answer, expected) in [
            ("HTTP/1.1 204 No Content\r\n\r\n", status(204, None)),
            ("HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n", status(429, Some(7))),
            ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", status(302, None)),
            ("", Answered::Nothing),
        ] {
            let (url, received) = receiver(answer);
            let sent = send(&agent(true), &request(&url));
            assert_eq!((sent.id.as_str(), sent.answered), ("m/1", expected), "{answer:?}");
            let received = received.join().unwrap();
            assert!(received.starts_with("POST /hook ") && received.contains("webhook-id: m/1"), "{received}");
            assert!(received.ends_with("{\"a\":1}"), "{received}");
        }
    }

    #[test]
    fn a_receiver_on_this_machine_is_not_even_connected_to_unless_it_is_allowed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        // A name that resolves to it as well.
        for host in ["127.0.0.1", "localhost"] {
            let sent = send(&agent(false), &request(&format!("http://{host}:{}/hook", address.port())));
            assert_eq!((sent.answered, sent.said.as_str()), (Answered::Nothing, "the receiver's name has no public address"));
        }
        assert!(listener.accept().is_err());
    }
}
