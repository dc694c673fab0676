//! A plain hyper echo, set up as `plumbline serve` is: what the native host is measured against.
//!
//! `cargo run --release -p plumbline --example echo -- 127.0.0.1:8799`

use std::convert::Infallible;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;

type AnyError = Box<dyn std::error::Error>;

fn main() -> Result<(), AnyError> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8799".to_owned());
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let threads = std::thread::available_parallelism()?.get();
    let mut answering = Vec::new();
    for _ in 0..threads {
        let listener = listener.try_clone()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        answering.push(std::thread::spawn(move || runtime.block_on(accept(listener))));
    }
    answering.into_iter().for_each(|thread| drop(thread.join()));
    Ok(())
}

async fn accept(listener: std::net::TcpListener) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut builder = Builder::new(TokioExecutor::new());
            builder.http1().pipeline_flush(true);
            // A connection that breaks concerns its client alone.
            drop(builder.serve_connection(TokioIo::new(stream), service_fn(echo)).await);
        });
    }
}

async fn echo(request: hyper::Request<Incoming>) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Ok(hyper::Response::new(Full::new(body)))
}
