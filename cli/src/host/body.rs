//! The body of a request: read whole, within the service's limits of length and time.

use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use plumbline_worker::{Refusal, Settings};

/// How long a body that is too large is still received, unread. A client that is closed on while it sends may not see the answer.
const LINGER: Duration = Duration::from_secs(2);

/// The whole body, within the limits of `settings`. One that is announced to be longer is refused before it arrives.
pub async fn read<B>(body: B, settings: &Settings) -> Result<Bytes, Refusal>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    read_within(body, settings, settings.limits.body_bytes).await
}

/// [`read`], with another `limit` in bytes.
pub async fn read_within<B>(mut body: B, settings: &Settings, limit: u64) -> Result<Bytes, Refusal>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.size_hint().lower() > limit {
        linger(body);
        return Err(Refusal::BodyTooLarge);
    }
    let whole = Limited::new(&mut body, limit as usize).collect();
    match tokio::time::timeout(Duration::from_millis(settings.body_ms.into()), whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(e)) if e.is::<LengthLimitError>() => {
            linger(body);
            Err(Refusal::BodyTooLarge)
        }
        Ok(Err(_)) => Err(Refusal::BodyUnreadable),
        Err(_) => Err(Refusal::BodyTimeout),
    }
}

/// Receives `body` for a moment more, while its client is answered.
fn linger<B>(mut body: B)
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    tokio::spawn(tokio::time::timeout(LINGER, async move { while let Some(Ok(_)) = body.frame().await {} }));
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body_util::Full;
    use hyper::body::{Frame, SizeHint};
    use plumbline_core::lead::Limits;

    use super::*;

    /// A client that sends some frames of seven bytes and then nothing.
    struct Stalled {
        announced: SizeHint,
        frames: usize,
    }

    impl Body for Stalled {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            let Some(left) = self.frames.checked_sub(1) else { return Poll::Pending };
            self.frames = left;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"[{},{},")))))
        }

        fn size_hint(&self) -> SizeHint {
            self.announced
        }
    }

    #[test]
    fn a_body_that_stalls_or_is_too_large_is_not_waited_for() {
        let settings =
            |body_ms| Settings { body_ms, limits: Limits { body_bytes: 10, ..Limits::default() }, ..Settings::default() };
        let patient = settings(600_000);
        let stalled = |announced, frames| Stalled { announced, frames };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            assert_eq!(read(stalled(SizeHint::with_exact(10), 1), &settings(1)).await, Err(Refusal::BodyTimeout));
            // Announced, or of unknown length: then the second frame is too much.
            assert_eq!(read(stalled(SizeHint::with_exact(11), 0), &patient).await, Err(Refusal::BodyTooLarge));
            assert_eq!(read(stalled(SizeHint::new(), 2), &patient).await, Err(Refusal::BodyTooLarge));
            assert_eq!(read(Full::from("as allowed"), &patient).await.as_deref(), Ok(&b"as allowed"[..]));
        });
    }
}
