//! A request's body, bounded in length and in time.

use bytes::BytesMut;
use futures_util::StreamExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// Why a body could not be read. Found in the source chain of the error a handler gets.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The caller went away, or broke the protocol.
    #[error("the body broke off")]
    Broken(#[source] hyper::Error),
    /// Longer than `limits.body_bytes`.
    #[error("the body is too long")]
    TooLong,
    /// Not there in time.
    #[error("the body did not come in time")]
    TooSlow,
}

impl BodyError {
    /// The cause, where a body is to blame for `error`.
    pub fn find<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e Self> {
        std::iter::successors(Some(error), |error| error.source())
            .find_map(|error| error.downcast_ref())
    }
}

/// A body of at most `most` bytes, held once: what is collected first and joined then stands in
/// memory twice.
///
/// # Errors
///
/// In the source chain, [`BodyError`].
pub async fn whole(body: axum::body::Body, most: usize) -> Result<Bytes, axum::Error> {
    let too_long = || axum::Error::new(BodyError::TooLong);
    let said = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if said > most {
        return Err(too_long());
    }
    let (mut bytes, mut parts) = (BytesMut::with_capacity(said), body.into_data_stream());
    while let Some(part) = parts.next().await.transpose()? {
        if part.len() > most.saturating_sub(bytes.len()) {
            return Err(too_long());
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.freeze())
}

/// What handlers read from.
pub(super) struct Bounded {
    body: Incoming,
    left: u64,
    patience: Duration,
    // Made when the body keeps a reader waiting: most come in one packet with the head.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Bounded {
    pub(super) fn new(body: Incoming, most: usize) -> Self {
        let left = u64::try_from(most).unwrap_or(u64::MAX);
        Self { body, left, patience: DEADLINE, deadline: None }
    }

    /// One that may be long, and take long.
    pub(super) fn upload(body: Incoming, most: usize) -> Self {
        Self { patience: UPLOAD_DEADLINE, ..Self::new(body, most) }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let patience = self.patience;
        self.deadline.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(cx)
    }
}

impl Body for Bounded {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.body.size_hint().lower() > self.left {
            return Poll::Ready(Some(Err(BodyError::TooLong)));
        }
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.poll_deadline(cx));
            return Poll::Ready(Some(Err(BodyError::TooSlow)));
        };
        let frame = match frame {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(BodyError::Broken(error)))),
            None => return Poll::Ready(None),
        };
        let length = frame.data_ref().map_or(0, Bytes::len);
        match self.left.checked_sub(u64::try_from(length).unwrap_or(u64::MAX)) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Some(Err(BodyError::TooLong))),
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

const DEADLINE: Duration = Duration::from_secs(15);
const UPLOAD_DEADLINE: Duration = Duration::from_mins(5);

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::convert::Infallible;

    #[tokio::test]
    async fn a_body_is_whole_or_too_long() {
        let parts = || stream::iter(["ab", "", "cde"].map(Ok::<_, Infallible>));
        let streamed = |most| whole(axum::body::Body::from_stream(parts()), most);
        let known = |most| whole(axum::body::Body::from("abcde"), most);
        assert_eq!(streamed(5).await.unwrap(), "abcde");
        assert_eq!(known(5).await.unwrap(), "abcde");
        for error in [streamed(4).await.unwrap_err(), known(4).await.unwrap_err()] {
            assert!(matches!(BodyError::find(&error), Some(BodyError::TooLong)), "{error}");
        }
    }
}
