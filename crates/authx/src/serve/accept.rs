//! From a waiting connection to an answered request.

use super::acme;
use super::opening::Opening;
use super::sites::Way;
use super::stopping::Stopping;
use super::unix_socket::UnixSocket;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// Where connections come from.
pub(super) enum Listener {
    Tcp { listener: TcpListener, tls: Option<TlsAcceptor> },
    Unix(UnixSocket),
}

/// What all connections share.
pub(super) struct Hall {
    pub(super) way: Arc<Way>,
    pub(super) places: Arc<Semaphore>,
    pub(super) stopping: Stopping,
    http: Builder<TokioExecutor>,
}

impl Hall {
    pub(super) fn new(way: Way, places: Arc<Semaphore>, stopping: Stopping) -> Self {
        Self { way: Arc::new(way), places, stopping, http: http() }
    }

    /// Accepts until told to stop. A connection is accepted when there is a place for it; until
    /// then it waits in the kernel's queue.
    pub(super) async fn accept(self: Arc<Self>, listener: Listener) {
        let mut stop = pin!(self.stopping.wait());
        loop {
            let place = tokio::select! {
                biased;
                () = &mut stop => return,
                place = self.places.clone().acquire_owned() => place,
            };
            // Never closed; an error would mean the same as the word to stop.
            let Ok(place) = place else { return };
            tokio::select! {
                biased;
                () = &mut stop => return,
                accepted = self.accept_one(&listener, place) => if let Err(error) = accepted {
                    pause_after(&error).await;
                },
            }
        }
    }

    async fn accept_one(
        self: &Arc<Self>,
        listener: &Listener,
        place: OwnedSemaphorePermit,
    ) -> io::Result<()> {
        let hall = self.clone();
        match listener {
            Listener::Tcp { listener, tls } => {
                let (stream, peer) = listener.accept().await?;
                let (tls, peer) = (tls.clone(), peer.ip());
                tokio::spawn(async move { hall.admit_tcp(stream, tls, peer, place).await });
            }
            Listener::Unix(socket) => {
                let (stream, _) = socket.listener.accept().await?;
                tokio::spawn(async move { hall.serve(stream, None, place).await });
            }
        }
        Ok(())
    }

    /// The handshake is in the connection's own task: it delays no one else's.
    async fn admit_tcp(
        self: Arc<Self>,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        peer: IpAddr,
        place: OwnedSemaphorePermit,
    ) {
        // Answers are small and written whole: waiting to fill a packet would only delay them.
        // A socket that refuses is about to fail anyway.
        let _ = stream.set_nodelay(true);
        // In boxes, so that a waiting connection keeps no room for the handshake, or for the state
        // of the other kind.
        let Some(tls) = tls else { return Box::pin(self.serve(stream, Some(peer), place)).await };
        match timeout(HANDSHAKE, Box::pin(tls.accept(stream))).await {
            // The authority has seen the certificate, which is all that it came for.
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(acme::PROTOCOL) => {
                tracing::debug!(%peer, "an authority has looked who answers here");
            }
            Ok(Ok(stream)) => Box::pin(self.serve(stream, Some(peer), place)).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS handshake"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        }
    }

    async fn serve<IO>(self: Arc<Self>, io: IO, peer: Option<IpAddr>, _: OwnedSemaphorePermit)
    where
        IO: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let way = self.way.clone();
        let service = service_fn(move |request| way.clone().answer(peer, request));
        let io = TokioIo::new(Opening::new(io));
        let mut connection = pin!(self.http.serve_connection(io, service));
        let ended = tokio::select! {
            biased;
            ended = connection.as_mut() => ended,
            () = self.stopping.wait() => {
                // Requests that are under way are answered, further ones are not taken.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(?peer, %error, "connection ended");
        }
    }
}

fn http() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_OR_IDLE)
        .max_buf_size(MOST_HEADER_BYTES)
        .max_headers(MOST_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(STREAM_WINDOW * 16)
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(MOST_HEADER_BYTES_H2);
    builder
}

async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    // Mostly too many open files: trying again at once would only burn the processor.
    tracing::error!(%error, "no connection can be accepted; trying again");
    sleep(Duration::from_millis(200)).await;
}

const HANDSHAKE: Duration = Duration::from_secs(10);
/// hyper counts the time between two requests as time for the head of the second, so this is both
/// how slow headers may be and how long a connection may idle.
const HEADERS_OR_IDLE: Duration = Duration::from_mins(1);
const PING: Duration = Duration::from_secs(20);
const MOST_HEADER_BYTES: usize = 16_384;
const MOST_HEADER_BYTES_H2: u32 = 16_384;
const MOST_HEADERS: usize = 64;
/// An agent keeps all its waiting logins on one connection.
const MOST_STREAMS: u32 = 1_024;
const STREAM_WINDOW: u32 = 65_535;
