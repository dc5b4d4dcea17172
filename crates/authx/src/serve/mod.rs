//! Listening: TCP with TLS, behind a proxy, on a unix socket; until told to stop.

mod accept;
pub mod acme;
mod body;
mod client_address;
mod opening;
mod request_id;
mod sites;
mod stopping;
pub mod systemd;
pub mod tls;
mod to_the_end;
mod unix_socket;

pub use body::{BodyError, whole};
pub use client_address::ClientAddress;
pub use request_id::RequestId;
pub use sites::Sites;
pub use stopping::{Stop, Stopping, stopping};
pub use to_the_end::to_the_end;

use crate::certificate::Standing;
use crate::config::{Limits, Listen, Tls};
use crate::random::Random;
use accept::{Hall, Listener};
use acme::{AcmeError, Keeper};
use request_id::RequestIds;
use sites::Way;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tls::{Certificate, Look, TlsError};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_rustls::TlsAcceptor;
use unix_socket::UnixSocket;

/// Why the server cannot begin to listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// What it takes to get a certificate.
    #[error(transparent)]
    Acme(#[from] AcmeError),
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}; is another server running there?")]
    Address {
        /// As configured.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The unix socket cannot be made.
    #[error("cannot listen on {}; is another server running, does the directory exist?", path.display())]
    Socket {
        /// As configured.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A server whose sockets are open; callers queue until it runs.
pub struct Server {
    listeners: Vec<Listener>,
    source: Source,
    address: Option<SocketAddr>,
    listen: Listen,
    limits: Limits,
}

/// Where certificates come from.
#[derive(Clone)]
enum Source {
    Acme(Arc<Keeper>),
    Files(Arc<Certificate>),
    /// Something in front encrypts.
    Nowhere,
}

impl Source {
    fn open(tls: &Tls) -> Result<Self, ServeError> {
        if let Tls::Acme(acme) = tls {
            return Ok(Self::Acme(Keeper::open(acme)?));
        }
        Ok(Certificate::load(tls)?.map_or(Self::Nowhere, Self::Files))
    }

    fn acceptor(&self) -> Result<Option<TlsAcceptor>, TlsError> {
        let config = match self {
            Self::Acme(keeper) => tls::server_config(keeper.clone(), &[acme::PROTOCOL])?,
            Self::Files(certificate) => tls::server_config(certificate.clone(), &[])?,
            Self::Nowhere => return Ok(None),
        };
        Ok(Some(TlsAcceptor::from(Arc::new(config))))
    }

    async fn keep_current(self, stopping: Stopping) {
        match self {
            Self::Acme(keeper) => keeper.keep(stopping).await,
            Self::Files(certificate) => keep_current(Some(certificate), stopping).await,
            Self::Nowhere => keep_current(None, stopping).await,
        }
    }
}

impl Server {
    /// Loads the certificate and opens the sockets.
    ///
    /// # Errors
    ///
    /// Every [`ServeError`] tells the operator what to look at.
    pub async fn bind(listen: Listen, limits: Limits) -> Result<Self, ServeError> {
        let source = Source::open(&listen.tls)?;
        let (mut listeners, mut bound) = (vec![], None);
        if let Some(address) = listen.address {
            let failed = |source| ServeError::Address { address, source };
            let listener = TcpListener::bind(address).await.map_err(failed)?;
            bound = Some(listener.local_addr().map_err(failed)?);
            listeners.push(Listener::Tcp { listener, tls: source.acceptor()? });
        }
        if let Some(path) = &listen.unix_socket {
            listeners.push(Listener::Unix(UnixSocket::bind(path)?));
        }
        Ok(Self { listeners, source, address: bound, listen, limits })
    }

    /// Where TCP callers connect to; the port is the real one where 0 was asked for.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The certificate that this server gets by itself, if it does.
    pub fn keeper(&self) -> Option<Arc<Keeper>> {
        match &self.source {
            Source::Acme(keeper) => Some(keeper.clone()),
            Source::Files(_) | Source::Nowhere => None,
        }
    }

    /// Looks how the certificate stands that this server shows; at none where something in front
    /// encrypts.
    pub fn standing(&self) -> impl Fn() -> Option<Standing> + Send + Sync + use<> {
        let source = self.source.clone();
        move || match &source {
            Source::Acme(keeper) => {
                let acme::Standing { until, failure } = keeper.standing();
                let failure = failure.map(|failure| failure.text);
                Some(Standing { until, whole_millis: None, by_itself: true, failure })
            }
            Source::Files(certificate) => {
                let validity = certificate.validity();
                Some(Standing {
                    until: validity.map(|it| it.until),
                    whole_millis: validity.map(|it| it.until.since(it.from)),
                    by_itself: false,
                    failure: None,
                })
            }
            Source::Nowhere => None,
        }
    }

    /// Serves until `stopping` says so: then accepts no more, lets every request under way be
    /// answered, and returns when all are or after ten seconds.
    pub async fn run(self, sites: Sites, random: &dyn Random, stopping: Stopping) {
        let way = Way {
            sites,
            proxies: self.listen.trusted_proxies,
            ids: RequestIds::new(random),
            most_body_bytes: self.limits.body_bytes,
        };
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let hall = Arc::new(Hall::new(way, places.clone(), stopping.clone()));
        let mut accepting = JoinSet::new();
        for listener in self.listeners {
            accepting.spawn(hall.clone().accept(listener));
        }
        accepting.spawn(self.source.keep_current(stopping));
        while accepting.join_next().await.is_some() {}

        // Every connection holds a place: all are free when all are gone.
        let all = u32::try_from(self.limits.connections).unwrap_or(u32::MAX);
        if timeout(PATIENCE, places.acquire_many(all)).await.is_err() {
            let open = self.limits.connections.saturating_sub(places.available_permits());
            tracing::warn!(open, "connections still open after the time to stop are cut");
        }
    }
}

/// Looks at the certificate's files every few seconds, and at once on SIGHUP, which ends a program
/// that does not hear it: so it is heard without a certificate too.
async fn keep_current(certificate: Option<Arc<Certificate>>, stopping: Stopping) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut hangup = signal(SignalKind::hangup()).ok();
    loop {
        let asked = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        let anyway = tokio::select! {
            () = stopping.wait() => return,
            _ = ticks.tick() => false,
            _ = asked => true,
        };
        let Some(looked) = certificate.clone() else { continue };
        match spawn_blocking(move || looked.look(anyway)).await {
            Ok(Look::Renewed) => tracing::info!("certificate renewed"),
            Ok(Look::Broken(error)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "the new certificate cannot be used; the old one stays");
            }
            Ok(Look::Same) | Err(_) => {}
        }
    }
}

const LOOK: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
