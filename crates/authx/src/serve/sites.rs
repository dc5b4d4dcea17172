//! What happens to every request before and after its handler: told apart by host, named, bounded,
//! logged.

use super::body::Bounded;
use super::client_address::ClientAddress;
use super::request_id::{RequestId, RequestIds};
use crate::config::TrustedProxy;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header};
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::time::Instant;
use tower_service::Service as _;
use tracing::Instrument as _;

/// The two sites behind one listener.
#[derive(Clone, Debug)]
pub struct Sites {
    /// Portal and API; also answers what comes under any other name, such as an address.
    pub public: Router,
    /// The authenticator.
    pub phone: Router,
    /// The host of `phone_url`, without a port: a proxy may listen on another one.
    pub phone_host: String,
    /// Paths of the public site that take longer bodies than others, and how long. They take the
    /// time of uploads, too.
    pub uploads: &'static [(&'static str, usize)],
    /// Whether browsers that were here come back by TLS alone.
    pub tls_only: bool,
}

/// The way of a request into its site and back.
pub(super) struct Way {
    pub(super) sites: Sites,
    pub(super) proxies: Vec<TrustedProxy>,
    pub(super) ids: RequestIds,
    pub(super) most_body_bytes: usize,
}

impl Way {
    /// Answers one request of a peer; `None` is a peer on the unix socket.
    pub(super) async fn answer(
        self: Arc<Self>,
        peer: Option<IpAddr>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        let began = Instant::now();
        let trusted = self.proxies.iter().any(|proxy| proxy.is(peer));
        let client = ClientAddress::of(peer, request.headers(), &self.proxies);
        let presented = trusted.then(|| RequestId::presented(request.headers())).flatten();
        let id = presented.unwrap_or_else(|| self.ids.make());
        let (name, value) = id.header();
        let span = tracing::info_span!("request", id = id.as_str());
        let line = Line::of(&request, client);

        let mut router = self.site(request.uri(), request.headers()).clone();
        let upload = self.sites.uploads.iter().find(|(path, _)| *path == request.uri().path());
        let mut request = request.map(|body| match upload {
            Some(&(_, most)) => Bounded::upload(body, most.max(self.most_body_bytes)),
            None => Bounded::new(body, self.most_body_bytes),
        });
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(id);
        let answering = AssertUnwindSafe(router.call(request)).catch_unwind();
        let mut response = answering.instrument(span.clone()).await.map_or_else(
            // The panic itself is logged where it happens. Other requests go on.
            |_| failed(),
            |response| response.unwrap_or_else(|never| match never {}),
        );
        response.headers_mut().insert(name, value);
        // What a handler says itself counts.
        for (name, value) in UNLESS_SAID {
            response.headers_mut().entry(name).or_insert(value);
        }
        if self.sites.tls_only {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
        }
        span.in_scope(|| line.write(response.status(), began));
        Ok(response)
    }

    fn site(&self, uri: &Uri, headers: &HeaderMap) -> &Router {
        // RFC 9112 §3.2.2: what the request line names overrides the Host header; in HTTP/2 it is
        // the only place.
        let named = || headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let host = uri.host().or_else(|| named().map(without_port));
        match host {
            Some(host) if host.eq_ignore_ascii_case(&self.sites.phone_host) => &self.sites.phone,
            Some(_) | None => &self.sites.public,
        }
    }
}

/// What the log says about a request, kept only where it is asked for.
struct Line(Option<(axum::http::Method, String, ClientAddress)>);

impl Line {
    /// The query stays out: it is the caller's.
    fn of(request: &Request<Incoming>, client: ClientAddress) -> Self {
        let wanted = tracing::enabled!(tracing::Level::DEBUG);
        Self(wanted.then(|| (request.method().clone(), request.uri().path().to_owned(), client)))
    }

    fn write(self, status: StatusCode, began: Instant) {
        let Some((method, path, client)) = self.0 else { return };
        let (status, micros) = (status.as_u16(), began.elapsed().as_micros());
        tracing::debug!(%method, path, %client, status, micros, "answered");
    }
}

fn failed() -> Response<Body> {
    let mut response = Response::new(Body::from(FAILED));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

/// For every answer that says nothing else, such as errors, health, descriptions and files: no cache
/// keeps it, no browser takes it for another kind or runs anything of it.
const UNLESS_SAID: [(HeaderName, HeaderValue); 3] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];
/// A year for this host alone: whoever types its name without https is not met by somebody between
/// (RFC 6797).
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");
const FAILED: &str =
    r#"{"type":"about:blank","title":"Internal error","status":500,"code":"internal"}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_does_not_make_another_host() {
        assert_eq!(without_port("phone.localhost:8443"), "phone.localhost");
        assert_eq!(without_port("phone.localhost"), "phone.localhost");
        assert_eq!(without_port("[::1]"), "[::1]");
        assert_eq!(without_port("[::1]:80"), "[::1]");
    }
}
