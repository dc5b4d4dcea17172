//! A server of phones, and the way to it.

mod call;
mod error;
mod live;
mod trouble;

pub use error::{CallError, Refusal};
pub use live::Live;
pub use trouble::Trouble;

pub(crate) use call::Call;

use crate::cx;
use authx_core::{
    Millis, PhoneId,
    wire::{
        phone::{
            ActivationView, GivenProof, InvitationView, LookInvitation, PhoneProblem, Prove,
            ServerView, Token,
        },
        signature::{AUTHX_CLIENT, PhoneSigner, Request, sign_phone_request},
    },
};
use authx_program::config::Origin;
use reqwest::{
    Certificate, ClientBuilder, Method, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER},
    redirect::Policy,
};
use rustls::pki_types::CertificateDer;
use serde::de::DeserializeOwned;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;
use trouble::Unresolved;

/// A server of phones. Cheap to clone; clones share connections. Servers take only so many requests
/// at once on one connection: a program with hundreds of phones that wait makes several of these.
#[derive(Clone, Debug)]
pub struct Server(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    origin: Origin,
    client: reqwest::Client,
    /// What has to be added to this machine's clock, in seconds.
    correction_secs: AtomicI64,
}

/// Whose key signs a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signer<'a> {
    pub(crate) phone: PhoneId,
    pub(crate) key: &'a PhoneSigner,
}

impl Server {
    /// The server at `origin`, which is the `phone_url` of its configuration. `authorities` are
    /// trusted besides those of this machine. Connects to nobody yet.
    ///
    /// # Errors
    ///
    /// [`CallError::Tls`].
    pub fn new(origin: Origin, authorities: &[CertificateDer<'_>]) -> Result<Self, CallError> {
        let authorities = authorities.iter().filter_map(|der| Certificate::from_der(der).ok());
        let mut builder = ClientBuilder::new()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .dns_resolver(Arc::new(System))
            .tls_certs_merge(authorities)
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(PING);
        if origin.is_loopback() {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(CallError::Tls)?;
        Ok(Self(Arc::new(Shared { origin, client, correction_secs: AtomicI64::new(0) })))
    }

    /// Where it is.
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The time, as the server sees it once it has said that this machine's clock is wrong.
    pub fn now(&self) -> Millis {
        self.corrected(cx::now())
    }

    fn corrected(&self, Millis(own): Millis) -> Millis {
        Millis(own.saturating_add_signed(self.clock_correction_secs().saturating_mul(1_000)))
    }

    /// By how many seconds this machine's clock was found to be slow; negative where it is fast.
    pub fn clock_correction_secs(&self) -> i64 {
        self.0.correction_secs.load(Ordering::Relaxed)
    }

    /// What the server says of itself.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn about(&self) -> Result<ServerView, CallError> {
        self.ask(&Call::new(Method::GET, "/server"), None).await
    }

    /// Looks at an invitation, or at the activation of a move; spends nothing.
    ///
    /// # Errors
    ///
    /// Any [`CallError`]; `not_open` for one that is unknown or over.
    pub async fn look(&self, invitation: Token) -> Result<InvitationView, CallError> {
        let body = LookInvitation { invitation };
        self.ask(&Call::with_body(Method::POST, "/invitations", &body)?, None).await
    }

    /// Makes an activation of an invitation, for whoever proves who they are.
    ///
    /// # Errors
    ///
    /// Any [`CallError`]; `wrong_proof`, `not_open`, `slow_down`.
    pub async fn prove(
        &self,
        invitation: Token,
        proof: GivenProof,
    ) -> Result<ActivationView, CallError> {
        let body = Prove { invitation, proof };
        self.ask(&Call::with_body(Method::POST, "/proofs", &body)?, None).await
    }

    /// Sends a call and reads its answer.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        call: &Call,
        signer: Option<Signer<'_>>,
    ) -> Result<T, CallError> {
        let body = self.send(call, signer).await?;
        serde_json::from_slice(&body).map_err(|source| self.not_understood(source))
    }

    /// Sends a call whose answer says no more than that it is done.
    pub(crate) async fn tell(
        &self,
        call: &Call,
        signer: Option<Signer<'_>>,
    ) -> Result<(), CallError> {
        self.send(call, signer).await.map(|_| ())
    }

    /// Opens the live stream.
    pub(crate) async fn live(&self, signer: Signer<'_>) -> Result<Live, CallError> {
        let call = Call::new(Method::GET, "/requests/live");
        let response = self.open(&call, Some(signer)).await?;
        Ok(Live::new(self.clone(), response))
    }

    async fn send(&self, call: &Call, signer: Option<Signer<'_>>) -> Result<Vec<u8>, CallError> {
        let late = || self.unreachable(Trouble::TimedOut { after: call.limit });
        let exchange = async { self.body(self.open(call, signer).await?).await };
        timeout(call.limit, exchange).await.unwrap_or_else(|_| Err(late()))
    }

    /// Sends a call, twice where the server says that this machine's clock is wrong, and gives the
    /// answer once it is good.
    async fn open(&self, call: &Call, signer: Option<Signer<'_>>) -> Result<Response, CallError> {
        let first = self.open_once(call, signer).await;
        let Err(CallError::Refused(refusal)) = &first else { return first };
        let PhoneProblem { status, code, now, .. } = &refusal.problem;
        let (401, "clock", Some(now)) = (*status, code.as_str(), now) else { return first };
        let correction = now.0.secs().cast_signed().saturating_sub(cx::now().secs().cast_signed());
        self.0.correction_secs.store(correction, Ordering::Relaxed);
        self.open_once(call, signer).await
    }

    async fn open_once(
        &self,
        call: &Call,
        signer: Option<Signer<'_>>,
    ) -> Result<Response, CallError> {
        let Call { method, path, query, body, limit } = call;
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{mark}{query}", self.origin());
        let mut request = self.0.client.request(method.clone(), url).header(AUTHX_CLIENT, CLIENT);
        if let Some(Signer { phone, key }) = signer {
            let covered = Request {
                method: method.as_str(),
                authority: &self.origin().authority(),
                path,
                query,
                client: CLIENT,
                body,
            };
            let (now, nonce) = cx::draw(|cx| (self.corrected(cx.now), cx.bytes::<16>()));
            let headers = sign_phone_request(key, phone, &covered, now.secs(), nonce);
            for (name, value) in headers.fields() {
                request = request.header(name, value);
            }
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.header(ACCEPT, "application/json, text/event-stream");
        let sent = timeout(*limit, request.body(body.clone()).send()).await;
        let response = match sent {
            Ok(sent) => sent.map_err(|error| self.unreachable(Trouble::of(&error, *limit)))?,
            Err(_) => return Err(self.unreachable(Trouble::TimedOut { after: *limit })),
        };
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(self.refused(response).await)
        }
    }

    async fn refused(&self, response: Response) -> CallError {
        let status = response.status().as_u16();
        let text = |headers: &HeaderMap, name| {
            headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let retry_after = text(response.headers(), RETRY_AFTER);
        let request_id = text(response.headers(), REQUEST_ID);
        let body = match self.body(response).await {
            Ok(body) => body,
            Err(error) => return error,
        };
        match serde_json::from_slice(&body) {
            Ok(problem) => CallError::Refused(Box::new(Refusal {
                problem,
                retry_after_secs: retry_after.and_then(|secs| secs.parse().ok()),
                request_id,
            })),
            Err(_) => CallError::NotAuthx { server: self.origin().to_string(), status },
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, CallError> {
        let mut body = vec![];
        loop {
            let chunk = response.chunk().await;
            match chunk.map_err(|error| self.unreachable(Trouble::of(&error, CONNECT)))? {
                Some(chunk) if body.len() + chunk.len() <= MOST_BYTES => {
                    body.extend_from_slice(&chunk);
                }
                Some(_) => {
                    let (server, status) = (self.origin().to_string(), response.status().as_u16());
                    return Err(CallError::NotAuthx { server, status });
                }
                None => return Ok(body),
            }
        }
    }

    fn unreachable(&self, why: Trouble) -> CallError {
        CallError::Unreachable { server: self.origin().to_string(), why }
    }

    fn not_understood(&self, source: serde_json::Error) -> CallError {
        CallError::NotUnderstood { server: self.origin().to_string(), source }
    }
}

/// The system's resolver, with errors that name the name, and with every name under `localhost`
/// as this machine (RFC 6761 §6.3), which not all systems know.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = if host.ends_with(".localhost") {
                let own = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                own.map(|address| SocketAddr::new(address, 0)).to_vec()
            } else {
                let found = tokio::net::lookup_host((host.as_str(), 0)).await;
                let found = found.map(Iterator::collect::<Vec<_>>);
                found.map_err(|source| Unresolved { host, source })?
            };
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// Who calls, as the API's documentation wants it.
const CLIENT: &str = concat!("authx-phone/", env!("CARGO_PKG_VERSION"));
const CONNECT: Duration = Duration::from_secs(5);
/// Less than servers and firewalls keep an idle connection.
const IDLE: Duration = Duration::from_secs(30);
const MOST_BYTES: usize = 1_048_576;
const PING: Duration = Duration::from_secs(10);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
