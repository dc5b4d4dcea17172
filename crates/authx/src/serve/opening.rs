//! A connection that must say something soon.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Cuts a connection whose first bytes do not come in time.
///
/// hyper's own time limit for headers begins only after it has seen whether HTTP/1 or HTTP/2 is
/// spoken, for which it reads up to the length of the HTTP/2 preface and waits without limit.
pub(super) struct Opening<IO> {
    io: IO,
    awaited: usize,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<IO> Opening<IO> {
    pub(super) fn new(io: IO) -> Self {
        Self { io, awaited: PREFACE_BYTES, deadline: None }
    }

    fn heard(&mut self, bytes: usize) {
        self.awaited = self.awaited.saturating_sub(bytes);
        if self.awaited == 0 {
            self.deadline = None;
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        deadline.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Opening<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.io).poll_read(cx, buf);
        if self.awaited > 0 {
            self.heard(buf.filled().len().saturating_sub(before));
            if poll.is_pending() {
                return self.poll_deadline(cx);
            }
        }
        poll
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Opening<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n` (RFC 9113 §3.4). Every HTTP/1 request head with a Host is longer.
const PREFACE_BYTES: usize = 24;
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test(start_paused = true)]
    async fn silence_is_cut_at_the_beginning_only() {
        let (mut client, server) = duplex(64);
        let mut opening = Opening::new(server);
        client.write_all(b"PRI ").await.unwrap();
        let mut buffer = [0; 4];
        opening.read_exact(&mut buffer).await.unwrap();
        let cut = opening.read(&mut buffer).await.unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::TimedOut);

        let (mut client, server) = duplex(64);
        let mut opening = Opening::new(server);
        client.write_all(&[b'a'; PREFACE_BYTES]).await.unwrap();
        opening.read_exact(&mut [0; PREFACE_BYTES]).await.unwrap();
        let patient = tokio::time::timeout(PATIENCE * 100, opening.read(&mut buffer)).await;
        assert!(patient.is_err(), "an idle connection is someone else's business");
    }
}
