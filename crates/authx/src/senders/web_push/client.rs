//! One message on its way, over HTTPS.

use super::{
    Contact, Endpoint, Host, Message, Opened, SendError, Sent, Subscription, Target, Topic,
    VapidKey, addresses::Guarded, body, private_key, vapid::Signer,
};
use crate::{clock::Clock, random::Random};
use reqwest::{
    Certificate, Client, ClientBuilder, Proxy, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};
use rustls::pki_types::CertificateDer;
use std::{ops::RangeInclusive, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

/// What a sender is set up with.
#[derive(Clone)]
pub struct Settings {
    /// The push services that messages may go to.
    pub hosts: Vec<Host>,
    /// Whom a push service writes to.
    pub contact: Contact,
    /// Addresses that are not public and may be connected to all the same.
    pub opened: Opened,
    /// `http://HOST:PORT` of a proxy through which all messages go, by CONNECT. The proxy resolves
    /// the names then, and `opened` is of no use.
    pub proxy: Option<Zeroizing<String>>,
    /// Authorities beside those of the system.
    pub authorities: Vec<CertificateDer<'static>>,
    /// The shortest and the longest time, in seconds, that a push service is asked to keep a
    /// message for a phone that it does not reach.
    pub ttl_secs: RangeInclusive<u32>,
}

/// Why there is no sender.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A certificate of the extra authorities.
    #[error("a certificate of push.ca_file cannot be used")]
    Authority(#[source] reqwest::Error),
    /// The address of the proxy. Its text is not shown, as it may hold a password.
    #[error("push.proxy is not the address of a proxy")]
    Proxy,
    /// TLS cannot start.
    #[error("TLS to push services cannot be set up")]
    Tls(#[source] reqwest::Error),
}

/// Sends messages. Clones share their connections and tokens.
#[derive(Clone)]
pub struct WebPush(Arc<Inner>);

/// How long everything may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) connect: Duration,
    /// From the first packet to the last byte of an answer.
    pub(super) attempt: Duration,
    /// At least, before a second try.
    pub(super) pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(10),
            pause: Duration::from_millis(500),
        }
    }
}

struct Inner {
    patience: Patience,
    client: Client,
    signer: Signer,
    hosts: Vec<Host>,
    ttl_secs: RangeInclusive<u32>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl WebPush {
    /// A sender; connects to nobody yet.
    ///
    /// # Errors
    ///
    /// [`SetupError`] names the setting that cannot be used.
    pub fn new(
        settings: Settings,
        key: VapidKey,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, SetupError> {
        let guarded = Guarded::system(settings.opened.clone());
        Self::set_up(settings, guarded, Patience::default(), key, (clock, random))
    }

    pub(super) fn set_up(
        settings: Settings,
        guarded: Guarded,
        patience: Patience,
        key: VapidKey,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
    ) -> Result<Self, SetupError> {
        let Settings { hosts, contact, opened: _, proxy, authorities, ttl_secs } = settings;
        let client =
            client(guarded, patience, proxy.as_ref().map(|proxy| proxy.as_str()), &authorities)?;
        let signer = Signer::new(key, contact);
        Ok(Self(Arc::new(Inner { patience, client, signer, hosts, ttl_secs, clock, random })))
    }

    /// What phones subscribe with: see [`VapidKey::public`].
    pub fn public_key(&self) -> &str {
        self.0.signer.key().public()
    }

    /// The push services that messages may go to.
    pub fn hosts(&self) -> &[Host] {
        &self.0.hosts
    }

    /// Sends one message, and tries a second time if the service is busy or fails and there is time
    /// for it. Takes 25 s at most. `ttl_secs` is how long the message is of use.
    ///
    /// # Errors
    ///
    /// [`SendError`]; only [`SendError::Gone`] says that the subscription is of no more use.
    pub async fn send(
        &self,
        target: &Target,
        message: &Message,
        ttl_secs: u32,
        topic: &Topic,
    ) -> Result<Sent, SendError> {
        let subscription = target.check(&self.0.hosts)?;
        let until = Instant::now() + Duration::from_secs(ttl_secs.into());
        self.send_until(&subscription, message, until, topic).await
    }

    pub(super) async fn send_until(
        &self,
        subscription: &Subscription,
        message: &Message,
        until: Instant,
        topic: &Topic,
    ) -> Result<Sent, SendError> {
        let first = self.attempt(subscription, message, until, topic).await;
        let pause = match &first {
            Ok(_) => None,
            Err(error) => self.pause(error, until),
        };
        let sent = match pause {
            Some(pause) => {
                sleep(pause).await;
                self.attempt(subscription, message, until, topic).await
            }
            None => first,
        };
        note(&subscription.endpoint, &sent);
        sent
    }

    async fn attempt(
        &self,
        subscription: &Subscription,
        message: &Message,
        until: Instant,
        topic: &Topic,
    ) -> Result<Sent, SendError> {
        let Inner { client, signer, ttl_secs, clock, random, .. } = &*self.0;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(SendError::Late);
        }
        // Half a second is rounded up: a service keeps no message for 0 s.
        let ttl = u32::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
        let ttl = ttl.clamp(*ttl_secs.start(), *ttl_secs.end());

        let endpoint = &subscription.endpoint;
        let mut salt = [0; body::SALT];
        random.fill(&mut salt);
        let (_, ephemeral) = private_key(random.as_ref());
        let broken = |what: &str| SendError::Unreachable { why: what.to_owned() };
        let body = body::encrypt(&subscription.recipient, &ephemeral, &salt, message.as_bytes())
            .map_err(|_| broken("the message cannot be encrypted"))?;
        let authorization = signer
            .authorization(endpoint.origin(), clock.now())
            .ok_or_else(|| broken("the message cannot be signed"))?;
        let response = client
            .post(endpoint.url().clone())
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("ttl", ttl)
            .header("urgency", "high")
            .header("topic", topic.as_str())
            .body(body)
            .send()
            .await
            .map_err(|error| SendError::unreachable(&error))?;
        self.judge(response).await
    }

    async fn judge(&self, response: Response) -> Result<Sent, SendError> {
        let status = response.status();
        if status.is_success() {
            return Ok(Sent { at: self.0.clock.now(), status: status.as_u16() });
        }
        match status {
            StatusCode::GONE | StatusCode::NOT_FOUND => Err(SendError::Gone),
            StatusCode::TOO_MANY_REQUESTS => {
                Err(SendError::TooMany { retry_after: retry_after(&response) })
            }
            _ => Err(SendError::refused(status.as_u16(), &beginning(response).await)),
        }
    }

    /// How long to wait for a second try; none where it would not help or come too late.
    fn pause(&self, error: &SendError, until: Instant) -> Option<Duration> {
        let asked = match error {
            SendError::TooMany { retry_after } => retry_after.unwrap_or_default(),
            SendError::Refused { status, .. } if *status >= 500 => Duration::ZERO,
            SendError::Unreachable { .. } => Duration::ZERO,
            SendError::Busy
            | SendError::Forbidden(_)
            | SendError::Gone
            | SendError::Late
            | SendError::Refused { .. } => return None,
        };
        let mut chance = [0; 2];
        self.0.random.fill(&mut chance);
        // Else all that failed together would come again together.
        let jitter = Duration::from_millis(u64::from(u16::from_be_bytes(chance)) % JITTER_MS);
        let pause = asked.max(self.0.patience.pause) + jitter;
        let left = until.saturating_duration_since(Instant::now());
        (asked <= MOST_PAUSE && pause < left).then_some(pause)
    }
}

impl std::fmt::Debug for WebPush {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebPush").field("public_key", &self.public_key()).finish_non_exhaustive()
    }
}

fn client(
    guarded: Guarded,
    patience: Patience,
    proxy: Option<&str>,
    authorities: &[CertificateDer<'static>],
) -> Result<Client, SetupError> {
    let certificates = authorities.iter().map(|der| Certificate::from_der(der));
    let certificates: Vec<_> =
        certificates.collect::<Result<_, _>>().map_err(SetupError::Authority)?;
    let builder = ClientBuilder::new()
        // What the environment says of proxies is meant for other programs.
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .https_only(true)
        .connect_timeout(patience.connect)
        .timeout(patience.attempt)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .http2_keep_alive_interval(patience.connect)
        .http2_keep_alive_timeout(patience.connect)
        .tls_certs_merge(certificates);
    let builder = match proxy {
        Some(proxy) => builder.proxy(Proxy::https(proxy).map_err(|_| SetupError::Proxy)?),
        None => builder.dns_resolver(Arc::new(guarded)),
    };
    builder.build().map_err(SetupError::Tls)
}

/// The first bytes of what a service says, and no more of it.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut read = vec![];
    while read.len() < MOST_READ {
        // What was said until it broke is all that can be shown.
        let Ok(Some(chunk)) = response.chunk().await else { break };
        read.extend_from_slice(chunk.get(..MOST_READ).unwrap_or(&chunk));
    }
    read.truncate(MOST_READ);
    read
}

/// In seconds; a date (RFC 9110 §10.2.3) is read as none.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.parse().ok().map(Duration::from_secs)
}

/// The host of a service is all that a log line may say of a subscription.
fn note(endpoint: &Endpoint, sent: &Result<Sent, SendError>) {
    let host = endpoint.host();
    match sent {
        Ok(Sent { status, .. }) => tracing::debug!(host, status, "message sent"),
        Err(SendError::Gone) => tracing::info!(host, "a phone's subscription is over"),
        Err(SendError::Refused { status, reason }) => {
            tracing::warn!(host, status, reason, "the push service refuses a message");
        }
        Err(error) => tracing::warn!(host, %error, "a message was not sent"),
    }
}

const IDLE: Duration = Duration::from_secs(90);
const IDLE_CONNECTIONS: usize = 8;
const JITTER_MS: u64 = 1_000;
/// Who is told to wait longer has no sign-in waiting any more.
const MOST_PAUSE: Duration = Duration::from_secs(4);
const MOST_READ: usize = 1_024;
