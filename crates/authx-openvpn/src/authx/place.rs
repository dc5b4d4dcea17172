//! One place where AuthX is found: an address, or a socket on this machine.

use super::{
    AuthxError, CLIENT,
    call::Call,
    trouble::{NoVerdict, Trouble, Unresolved},
};
use crate::config::Origin;
use authx_core::wire::{
    problem::Problem,
    signature::{
        AUTHX_CLIENT, AppKey, CONTENT_DIGEST, Headers, SIGNATURE, SIGNATURE_INPUT, SignatureError,
        single, verify_response,
    },
};
use reqwest::{
    Certificate, ClientBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER},
    redirect::Policy,
};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// One place, with its connections.
#[derive(Debug)]
pub(super) struct Place {
    name: String,
    /// Scheme and authority.
    base: String,
    /// What signatures cover.
    authority: String,
    recipe: Recipe,
    /// For what is answered at once.
    quick: reqwest::Client,
    /// For what waits.
    lanes: Mutex<Vec<Lane>>,
}

/// How the connections of a place are made.
#[derive(Debug)]
enum Recipe {
    Address { authorities: Vec<CertificateDer<'static>> },
    Socket(Arc<Path>),
}

/// A client of its own, which means a connection of its own with HTTP/2. Servers take only so many
/// requests at once on one, and the rest would wait unseen behind those that wait for people.
#[derive(Debug)]
struct Lane {
    client: reqwest::Client,
    room: Arc<Semaphore>,
}

/// An answer that AuthX signed.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    body: Vec<u8>,
    pub(super) created_secs: u64,
    pub(super) retry_after_secs: Option<u64>,
}

impl Place {
    pub(super) fn at(
        url: &Origin,
        authorities: &[CertificateDer<'static>],
    ) -> Result<Self, AuthxError> {
        let recipe = Recipe::Address { authorities: authorities.to_vec() };
        Self::new(url.to_string(), url.to_string(), url.authority(), recipe)
    }

    /// AuthX wants the Application URL's host there too.
    pub(super) fn on_socket(path: &Path, url: &Origin) -> Result<Self, AuthxError> {
        let name = format!("unix:{}", path.display());
        let base = format!("http://{}", url.authority());
        Self::new(name, base, url.authority(), Recipe::Socket(path.into()))
    }

    fn new(
        name: String,
        base: String,
        authority: String,
        recipe: Recipe,
    ) -> Result<Self, AuthxError> {
        let quick = recipe.client()?;
        Ok(Self { name, base, authority, recipe, quick, lanes: Mutex::default() })
    }

    /// For people.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Sends what was signed, and believes only what is signed with the same key.
    pub(super) async fn send(
        &self,
        call: &Call,
        query: &str,
        signed: &Headers,
        key: &AppKey,
        limit: Duration,
    ) -> Result<Answer, Trouble> {
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{}{mark}{query}", self.base, call.path);
        let (client, _room) = self.client(call);
        let mut request = client.request(call.method.clone(), url).header(AUTHX_CLIENT, CLIENT);
        for (name, value) in signed.fields() {
            request = request.header(name, value);
        }
        if !call.body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let exchange = async {
            let response = request.body(call.body.clone()).send().await;
            let mut response = response.map_err(|error| Trouble::of(&error, limit))?;
            let body = body(&mut response, limit).await?;
            judge(&response, body, signed, key)
        };
        let late = Trouble::TimedOut { after: limit, connecting: false };
        timeout(limit, exchange).await.unwrap_or(Err(late))
    }

    /// A client with room for this call, which it keeps until the permit is dropped.
    fn client(&self, call: &Call) -> (reqwest::Client, Option<OwnedSemaphorePermit>) {
        if call.wait.is_zero() {
            return (self.quick.clone(), None);
        }
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let free = lanes.iter().find_map(|lane| {
            let place = lane.room.clone().try_acquire_owned().ok()?;
            Some((lane.client.clone(), Some(place)))
        });
        if let Some(free) = free {
            return free;
        }
        // The same recipe made a client before; if it cannot now, all have to share that one.
        let Ok(client) = self.recipe.client() else { return (self.quick.clone(), None) };
        let room = Arc::new(Semaphore::new(LANE));
        let place = room.clone().try_acquire_owned().ok();
        lanes.push(Lane { client: client.clone(), room });
        (client, place)
    }
}

impl Recipe {
    fn client(&self) -> Result<reqwest::Client, AuthxError> {
        let builder = ClientBuilder::new()
            // What the environment says of proxies is meant for other programs.
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE);
        let builder = match self {
            Self::Address { authorities } => {
                let authorities =
                    authorities.iter().filter_map(|der| Certificate::from_der(der).ok());
                builder
                    .dns_resolver(Arc::new(System))
                    .tls_certs_merge(authorities)
                    // A host that vanished says nothing: without these a dead connection would be
                    // used until the kernel gives up, a quarter of an hour later.
                    .http2_keep_alive_interval(PING)
                    .http2_keep_alive_timeout(PING)
                    .tcp_user_timeout(PING * 2)
            }
            Self::Socket(path) => builder.unix_socket(path.clone()),
        };
        builder.build().map_err(AuthxError::Tls)
    }
}

impl Answer {
    /// What was wrong, where something was.
    pub(super) fn problem(&self) -> Option<Problem> {
        if self.status < 400 { None } else { serde_json::from_slice(&self.body).ok() }
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.body)
    }

    /// The newest seal of the record.
    pub(super) fn seal(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Sealed {
            seal: Option<String>,
        }
        self.json::<Sealed>().ok()?.seal
    }

    /// When to ask again, where the server only has too much to do at this moment.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let busy = self.status == 429 || self.status == 503;
        let secs = self.retry_after_secs.filter(|secs| busy && *secs <= SHORT_SECS)?;
        Some(Duration::from_secs(secs).max(Duration::from_millis(100)))
    }
}

async fn body(response: &mut Response, limit: Duration) -> Result<Vec<u8>, Trouble> {
    let mut body = vec![];
    while let Some(chunk) = response.chunk().await.map_err(|error| Trouble::of(&error, limit))? {
        if body.len() + chunk.len() > MOST_BYTES {
            let status = response.status().as_u16();
            return Err(NoVerdict::TooLong { status }.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn judge(
    response: &Response,
    body: Vec<u8>,
    signed: &Headers,
    key: &AppKey,
) -> Result<Answer, Trouble> {
    let (status, headers) = (response.status().as_u16(), response.headers());
    if !headers.contains_key(SIGNATURE) {
        return Err(unsigned(status, headers, &body));
    }
    let verified =
        presented(headers).and_then(|answer| verify_response(key, signed, status, &body, &answer));
    let created_secs = verified.map_err(|source| NoVerdict::WrongSignature { status, source })?;
    // Not signed: good for a short pause, and nothing else is done with it.
    let retry_after_secs =
        headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(Answer { status, body, created_secs, retry_after_secs })
}

fn presented(headers: &HeaderMap) -> Result<Headers, SignatureError> {
    let field = |name| {
        let values = headers.get_all(name).iter().map(reqwest::header::HeaderValue::as_bytes);
        single(name, values).map(str::to_owned)
    };
    Ok(Headers {
        content_digest: field(CONTENT_DIGEST)?,
        signature_input: field(SIGNATURE_INPUT)?,
        signature: field(SIGNATURE)?,
    })
}

/// A stranger may have written it, so that it is cut and cleaned before it reaches a log.
fn unsigned(status: u16, headers: &HeaderMap, body: &[u8]) -> Trouble {
    let shown = |text: &str| -> String {
        authx_program::output::visible(text).chars().take(MOST_SHOWN).collect()
    };
    let header = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    if (300..400).contains(&status) {
        let to = header(LOCATION).unwrap_or("nowhere".into());
        return NoVerdict::Redirected { to: shown(&to) }.into();
    }
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) if status == 401 && problem.code == "signature" => {
            Trouble::Unsigned401 { detail: shown(&problem.detail) }
        }
        Ok(_) | Err(_) => {
            let kind = header(CONTENT_TYPE).unwrap_or("no content type".into());
            NoVerdict::Unsigned { status, kind: shown(&kind) }.into()
        }
    }
}

/// The system's resolver, with errors that name the name.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::net::lookup_host((host.as_str(), 0)).await;
            let found = found.map(Iterator::collect::<Vec<_>>);
            let found = found.map_err(|source| Unresolved { host, source })?;
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

const CONNECT: Duration = Duration::from_secs(2);
/// Less than servers and firewalls keep an idle connection.
const IDLE: Duration = Duration::from_secs(30);
/// What even a careful proxy takes at once on a connection.
const LANE: usize = 100;
const MOST_BYTES: usize = 262_144;
const MOST_SHOWN: usize = 200;
/// Together less than the deadline of a call, so that there is time for another connection.
const PING: Duration = Duration::from_secs(2);
const SHORT_SECS: u64 = 2;
