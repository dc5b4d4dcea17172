//! Phones that wait at a server, and what each of them hears.

use super::{
    super::{client, world::World},
    enrolled::Enrolled,
};
use anyhow::{Context as _, bail, ensure};
use authx_core::{
    PhoneId,
    wire::{
        phone::RequestsView,
        signature::{AUTHX_CLIENT, PhoneSigner, Request as Covered, sign_phone_request},
    },
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http_body_util::{BodyExt as _, Empty};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    sync::{
        Semaphore,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;

/// How a phone waits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// A live stream over TLS and HTTP/2, so many to a connection.
    Live { each: usize },
    /// One long poll after the other, on a connection of its own, without TLS.
    Poll,
}

/// Phones that wait. They stop when it is dropped.
pub(crate) struct Held {
    heard: UnboundedReceiver<Heard>,
    waiting: JoinSet<anyhow::Result<()>>,
}

/// What one of them heard.
pub(crate) struct Heard {
    /// Its place among the phones.
    pub(crate) phone: usize,
    /// When it had all of it.
    pub(crate) at: Instant,
    /// The event, or the answer.
    pub(crate) text: Bytes,
}

/// Who a phone is to the server.
struct Caller {
    place: usize,
    phone: PhoneId,
    key: PhoneSigner,
    site: Arc<Site>,
}

/// Where they all call.
struct Site {
    address: SocketAddr,
    authority: String,
    random: Arc<dyn authx::random::Random>,
}

impl Held {
    /// Lets all of them wait, and returns when each has heard how things stand.
    pub(crate) async fn open(world: &World, phones: &[Enrolled], how: How) -> anyhow::Result<Self> {
        let site = Arc::new(Site {
            address: world.address,
            authority: format!("phone.{}", world.authority),
            random: Arc::clone(&world.app.random),
        });
        let callers = phones.iter().enumerate().map(|(place, Enrolled { id, keys })| {
            let key = PhoneSigner::from_secret(keys.device.secret()).context("a key")?;
            Ok(Caller { place, phone: *id, key, site: Arc::clone(&site) })
        });
        let callers = callers.collect::<anyhow::Result<Vec<_>>>()?;
        let (tell, heard) = unbounded_channel();
        let mut held = Self { heard, waiting: JoinSet::new() };
        match how {
            How::Live { each } => {
                let tls = client::tls_of(world, &[b"h2"])?;
                held.stream(callers, each, &tls, &tell).await?;
            }
            How::Poll => {
                let doors = Arc::new(Semaphore::new(AT_ONCE));
                for caller in callers {
                    held.waiting.spawn(caller.poll(tell.clone(), Arc::clone(&doors)));
                }
            }
        }
        let mut still = phones.len();
        while still > 0 {
            let _first = held.next().await?;
            still -= 1;
        }
        Ok(held)
    }

    /// The next thing that one of them hears.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Heard> {
        tokio::select! {
            heard = timeout(PATIENCE, self.heard.recv()) => {
                heard.context("nobody heard anything")?.context("nobody waits")
            }
            Some(ended) = self.waiting.join_next() => {
                ended??;
                bail!("a phone waits no longer");
            }
        }
    }

    /// Passes over what was heard before.
    pub(crate) fn forget(&mut self) {
        while self.heard.try_recv().is_ok() {}
    }

    async fn stream(
        &mut self,
        callers: Vec<Caller>,
        each: usize,
        tls: &TlsConnector,
        tell: &UnboundedSender<Heard>,
    ) -> anyhow::Result<()> {
        let mut groups = vec![];
        let mut callers = callers.into_iter();
        loop {
            let group: Vec<Caller> = callers.by_ref().take(each).collect();
            if group.is_empty() {
                break;
            }
            groups.push(group);
        }
        let opened = stream::iter(groups).map(|group| open(group, tls.clone()));
        let mut opened = opened.buffer_unordered(AT_ONCE);
        while let Some(streams) = opened.try_next().await? {
            for (place, response) in streams {
                self.waiting.spawn(listen(place, response, tell.clone()));
            }
        }
        Ok(())
    }
}

impl Caller {
    fn request(&self, path: &str, query: &str) -> anyhow::Result<Request<Empty<Bytes>>> {
        let Site { authority, random, .. } = &*self.site;
        let covered = Covered { method: "GET", authority, path, query, client: CLIENT, body: b"" };
        let mut nonce = [0; 16];
        random.fill(&mut nonce);
        let headers = sign_phone_request(&self.key, self.phone, &covered, now_secs(), nonce);
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = Request::get(format!("https://{authority}{path}{mark}{query}"));
        for (name, value) in headers.fields() {
            request = request.header(name, value);
        }
        Ok(request.header(AUTHX_CLIENT, CLIENT).body(Empty::new())?)
    }

    /// Polls as phones do that cannot keep a stream.
    async fn poll(self, tell: UnboundedSender<Heard>, doors: Arc<Semaphore>) -> anyhow::Result<()> {
        // More at once than the kernel queues for the server would be cut off.
        let mut door = Some(doors.acquire().await?);
        let stream = client::connect_tcp(self.site.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // In the same task: one for each phone is enough.
        let driven = async { connection.await.map_err(anyhow::Error::from) };
        let asking = async {
            let mut query = String::new();
            loop {
                let mut request = self.request(REQUESTS, &query)?;
                let path = request.uri().path_and_query().context("a path")?.as_str().parse()?;
                *request.uri_mut() = path;
                let host = self.site.authority.parse()?;
                request.headers_mut().insert(hyper::header::HOST, host);
                let response = sender.send_request(request).await?;
                ensure!(response.status() == StatusCode::OK, "status {}", response.status());
                let text = response.into_body().collect().await?.to_bytes();
                let heard = Heard { phone: self.place, at: Instant::now(), text };
                door = None;
                let view: RequestsView = serde_json::from_slice(&heard.text)?;
                let known =
                    std::mem::replace(&mut query, format!("after={}&wait=45", view.version));
                if known != query && tell.send(heard).is_err() {
                    return Ok(());
                }
            }
        };
        tokio::select! {
            ended = driven => ended.and_then(|()| bail!("the server closed a connection")),
            ended = asking => ended,
        }
    }
}

/// A connection with a live stream for each of the callers.
async fn open(
    callers: Vec<Caller>,
    tls: TlsConnector,
) -> anyhow::Result<Vec<(usize, Response<Incoming>)>> {
    let address = callers.first().context("nobody")?.site.address;
    let stream = client::connect_tls(address, &tls).await?;
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    // It ends with the last of its streams.
    tokio::spawn(connection);
    let mut streams = vec![];
    for caller in callers {
        let response = sender.send_request(caller.request(LIVE, "")?).await?;
        ensure!(response.status() == StatusCode::OK, "status {}", response.status());
        streams.push((caller.place, response));
    }
    Ok(streams)
}

async fn listen(
    phone: usize,
    response: Response<Incoming>,
    tell: UnboundedSender<Heard>,
) -> anyhow::Result<()> {
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        let Ok(text) = frame?.into_data() else { continue };
        // A comment only keeps the stream open.
        if text.starts_with(b":") {
            continue;
        }
        if tell.send(Heard { phone, at: Instant::now(), text }).is_err() {
            return Ok(());
        }
    }
    bail!("the server closed a stream")
}

fn now_secs() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed();
    since.map_or(0, |since| since.as_secs())
}

const CLIENT: &str = "authx-web-phone/0.1.0";
const REQUESTS: &str = "/phone/v1/requests";
const LIVE: &str = "/phone/v1/requests/live";
/// Connections that are opened at the same time.
const AT_ONCE: usize = 32;
/// Ten thousand handshakes on two cores take their time.
const PATIENCE: Duration = Duration::from_mins(2);
