//! Callers that keep their connections: each sends its next request when the last is answered.

use super::{
    requests::{Answer, Request},
    world::World,
};
use anyhow::{Context as _, bail};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    ops::Range,
    rc::Rc,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
    task::{JoinSet, LocalSet},
    time::Instant,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// What came of a measurement.
#[derive(Default)]
pub(crate) struct Run {
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// One for each request that was answered.
    pub(crate) exchanges: Vec<Exchange>,
    answers: Vec<u8>,
}

/// One request and its answer.
pub(crate) struct Exchange {
    /// Which request.
    pub(crate) request: usize,
    /// How long the caller waited.
    pub(crate) took: Duration,
    answer: Range<usize>,
}

impl Run {
    /// The answer as it came.
    pub(crate) fn answer(&self, exchange: &Exchange) -> &[u8] {
        self.answers.get(exchange.answer.clone()).unwrap_or_default()
    }

    fn note(&mut self, request: usize, took: Duration, answer: &[u8]) {
        let start = self.answers.len();
        self.answers.extend_from_slice(answer);
        self.exchanges.push(Exchange { request, took, answer: start..self.answers.len() });
    }
}

/// What the callers of a measurement send.
pub(crate) struct Plan {
    requests: Vec<Request>,
    time: Duration,
    repeated: bool,
    next: Cell<usize>,
    run: RefCell<Run>,
}

impl Plan {
    /// Each request once, for `time` at most.
    pub(crate) fn once(requests: Vec<Request>, time: Duration) -> Self {
        Self { requests, time, repeated: false, next: Cell::new(0), run: RefCell::default() }
    }

    /// The requests over and over, for `time`. Answers are not kept.
    pub(crate) fn repeated(requests: Vec<Request>, time: Duration) -> Self {
        Self { repeated: true, ..Self::once(requests, time) }
    }

    /// Sends them over so many connections from one thread. Connecting does not count.
    pub(crate) fn run(
        self,
        address: SocketAddr,
        connections: usize,
        tls: Option<&TlsConnector>,
    ) -> anyhow::Result<(Run, Vec<Request>)> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let plan = Rc::new(self);
        LocalSet::new().block_on(&runtime, async {
            let mut streams = vec![];
            for _ in 0..connections {
                streams.push(connect(address, tls).await?);
            }
            let (began, mut callers) = (Instant::now(), JoinSet::new());
            for stream in streams {
                callers.spawn_local(call(stream, Rc::clone(&plan), began + plan.time));
            }
            while let Some(ended) = callers.join_next().await {
                ended??;
            }
            plan.run.borrow_mut().took = began.elapsed();
            anyhow::Ok(())
        })?;
        let plan = Rc::into_inner(plan).context("a caller is still there")?;
        Ok((plan.run.into_inner(), plan.requests))
    }

    fn next(&self) -> Option<(usize, &Request)> {
        let index = self.next.replace(self.next.get() + 1);
        let place = if self.repeated { index % self.requests.len().max(1) } else { index };
        self.requests.get(place).map(|request| (place, request))
    }
}

/// A connection, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

async fn call(mut stream: Box<dyn Stream>, plan: Rc<Plan>, until: Instant) -> anyhow::Result<()> {
    let mut answer = Vec::with_capacity(4_096);
    loop {
        let began = Instant::now();
        if began >= until {
            return Ok(());
        }
        let Some((index, request)) = plan.next() else { return Ok(()) };
        exchange(&mut stream, &request.bytes, &mut answer).await?;
        let kept = if plan.repeated { &[] } else { answer.as_slice() };
        plan.run.borrow_mut().note(index, began.elapsed(), kept);
    }
}

/// Sends one request and waits for its whole answer.
pub(crate) async fn exchange(
    stream: &mut (impl Stream + ?Sized),
    request: &[u8],
    answer: &mut Vec<u8>,
) -> anyhow::Result<()> {
    stream.write_all(request).await?;
    stream.flush().await?;
    answer.clear();
    while Answer::parse(answer).is_none() {
        if stream.read_buf(answer).await? == 0 {
            bail!("the server closed a connection: {}", String::from_utf8_lossy(answer));
        }
    }
    Ok(())
}

/// Connects, encrypted or not.
pub(crate) async fn connect(
    address: SocketAddr,
    tls: Option<&TlsConnector>,
) -> anyhow::Result<Box<dyn Stream>> {
    Ok(match tls {
        Some(tls) => Box::new(connect_tls(address, tls).await?),
        None => Box::new(connect_tcp(address).await?),
    })
}

/// Connects with TLS.
pub(crate) async fn connect_tls(
    address: SocketAddr,
    tls: &TlsConnector,
) -> anyhow::Result<TlsStream<TcpStream>> {
    let stream = connect_tcp(address).await?;
    Ok(tls.connect(ServerName::try_from("localhost")?, stream).await?)
}

/// Connects without.
pub(crate) async fn connect_tcp(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Trusts the certificate that the installation made for itself.
pub(crate) fn tls(world: &World) -> anyhow::Result<TlsConnector> {
    tls_of(world, &[])
}

/// The same, to speak one of these protocols.
pub(crate) fn tls_of(world: &World, protocols: &[&[u8]]) -> anyhow::Result<TlsConnector> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(world.certificate())?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(TlsConnector::from(Arc::new(config)))
}
