//! One kept-alive HTTP/1.1 connection that sends the same request again and again.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Where to send what.
#[derive(Debug, Clone)]
pub struct Target {
    /// Absolute address, `http://127.0.0.1:8787/v1/score`.
    pub uri: Uri,
    /// Bodies, sent in turn; empty for GET.
    pub bodies: Vec<Body>,
    /// Content type of the bodies.
    pub content_type: String,
}

/// A body: sent as it is, or with a lead id of its own each time.
#[derive(Debug, Clone)]
pub enum Body {
    /// As it is.
    Fixed(Bytes),
    /// What comes before and after the value of `lead_id`.
    Fresh(Bytes, Bytes),
}

impl Body {
    /// `line` with a lead id of its own each time it is sent; none where it has no `lead_id`.
    pub fn fresh(line: &str) -> Option<Body> {
        const KEY: &str = "\"lead_id\":\"";
        let from = line.find(KEY)? + KEY.len();
        let to = from + line.get(from..)?.find('"')?;
        Some(Body::Fresh(
            Bytes::copy_from_slice(line.get(..from)?.as_bytes()),
            Bytes::copy_from_slice(line.get(to..)?.as_bytes()),
        ))
    }

    /// The bytes of the body as number `turn` of `connection`.
    fn bytes(&self, connection: usize, turn: usize) -> Bytes {
        match self {
            Body::Fixed(bytes) => bytes.clone(),
            Body::Fresh(before, after) => {
                let id = format!("load-{}-{connection}-{turn}", std::process::id());
                [before, id.as_bytes(), after].concat().into()
            }
        }
    }
}

/// One kept-alive connection.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    number: usize,
    turn: usize,
}

impl Connection {
    /// Connects to `target` as connection number `number`, whose first body is number `turn`. Must be called inside a `LocalSet` or a runtime.
    ///
    /// # Errors
    /// A sentence with the address and the reason.
    pub async fn open(target: &Target, number: usize, turn: usize) -> Result<Connection, String> {
        let authority = target.uri.authority().ok_or("the address has no host")?.to_string();
        let stream = TcpStream::connect(&authority).await.map_err(|e| format!("{authority}: {e}"))?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|e| format!("{authority}: {e}"))?;
        tokio::spawn(connection);
        Ok(Connection { sender, number, turn })
    }

    /// How many bodies were sent, those of connections before it among them.
    pub fn turn(&self) -> usize {
        self.turn
    }

    /// Sends the next body and reads the whole answer.
    ///
    /// # Errors
    /// The reason, or the status when it is not 2xx.
    pub async fn send(&mut self, target: &Target) -> Result<usize, String> {
        let body = target.bodies.get(self.turn % target.bodies.len().max(1)).map(|body| body.bytes(self.number, self.turn));
        self.turn += 1;
        let host = target.uri.authority().map_or("", |a| a.as_str());
        let path = target.uri.path_and_query().map_or("/", |p| p.as_str());
        let request = Request::builder()
            .method(if body.is_some() { "POST" } else { "GET" })
            .uri(path)
            .header("host", host)
            .header("content-type", &target.content_type)
            .body(Full::new(body.unwrap_or_default()))
            .map_err(|e| e.to_string())?;
        self.sender.ready().await.map_err(|e| e.to_string())?;
        let answer = self.sender.send_request(request).await.map_err(|e| e.to_string())?;
        let status = answer.status();
        let read = answer.into_body().collect().await.map_err(|e| e.to_string())?.to_bytes();
        if status.is_success() { Ok(read.len()) } else { Err(format!("status {status}: {}", String::from_utf8_lossy(&read))) }
    }
}
