//! The way to the authority: HTTPS with a bound on time and size, and an ear for its “not yet”.

use authx_core::Millis;
use axum::http::header::RETRY_AFTER;
use axum::http::{Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use instant_acme::{BodyWrapper, BytesResponse, HttpClient};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A client for one authority. Clones share their connections.
#[derive(Clone)]
pub(super) struct Authority {
    http: reqwest::Client,
    /// For how many seconds it wants to be left alone, 0 when it has not said so.
    pause_secs: Arc<AtomicU64>,
}

/// Why there is no way to the authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The file of its own authorities.
    #[error("acme.ca_file: {} holds no certificates in PEM", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// TLS cannot start, or takes no such certificate.
    #[error("the way to the ACME server cannot be set up")]
    Tls(#[from] reqwest::Error),
}

impl Authority {
    /// Trusts the system's authorities, and those in `ca_file`. Blocks.
    pub(super) fn new(ca_file: Option<&Path>) -> Result<Self, AuthorityError> {
        let mut builder = reqwest::Client::builder()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(ANSWER);
        if let Some(path) = ca_file {
            let unreadable = |source| AuthorityError::CaFile { path: path.to_owned(), source };
            let more = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
            let more = more.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
            if more.is_empty() {
                return Err(unreadable(rustls::pki_types::pem::Error::NoItemsFound));
            }
            let more = more.iter().map(|der| reqwest::Certificate::from_der(der));
            builder = builder.tls_certs_merge(more.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(Self { http: builder.build()?, pause_secs: Arc::default() })
    }

    /// Until when it wants to be left alone, if it has said so since the last call.
    pub(super) fn told_not_before(&self, now: Millis) -> Option<Millis> {
        match self.pause_secs.swap(0, Ordering::Relaxed) {
            0 => None,
            secs => Some(now.plus_secs(secs.min(LONGEST_PAUSE_SECS))),
        }
    }

    async fn ask(self, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Unreachable> {
        let (head, body) = request.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(never) => match never {},
        };
        let request = reqwest::Request::try_from(Request::from_parts(head, body))?;
        let answer = self.http.execute(request).await?;
        if matches!(
            answer.status(),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        ) && let Some(after) = answer.headers().get(RETRY_AFTER)
        {
            let secs = after.to_str().ok().and_then(|secs| secs.trim().parse::<u64>().ok());
            // A date instead of seconds is rare, and an hour is what rate limits are counted in.
            self.pause_secs.fetch_max(secs.unwrap_or(3_600), Ordering::Relaxed);
        }
        let (head, body) = Response::from(answer).into_parts();
        Ok(Response::from_parts(head, Limited::new(body, MOST_BYTES)).into())
    }
}

/// The authority could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the ACME server cannot be asked")]
pub(super) struct Unreachable(#[from] reqwest::Error);

impl HttpClient for Authority {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        let asked = self.clone().ask(request);
        Box::pin(
            async move { asked.await.map_err(|error| instant_acme::Error::Other(error.into())) },
        )
    }
}

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
/// A chain of certificates is a few kilobytes.
const MOST_BYTES: usize = 1 << 20;
const LONGEST_PAUSE_SECS: u64 = 7 * 86_400;
