//! A form that is sent twice at the same moment, as by a double click: it is done once, and both
//! are given the one answer. A browser shows the second one, which would else be told that a name
//! is taken or that somebody else was faster, by itself.

use super::{Portal, error::Unshown};
use aws_lc_rs::digest::{Context, SHA256};
use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use tracing::Instrument as _;

/// What is being done now, by the digest of what was sent.
#[derive(Debug, Default)]
pub(super) struct Underway(Mutex<HashMap<Key, watch::Receiver<Option<Answer>>>>);

/// What was sent, and by which browser.
pub(super) type Key = [u8; 32];

#[derive(Clone, Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    /// What the guard makes a page of.
    unshown: Option<Unshown>,
    body: Bytes,
}

/// The digest of a form; `None` for a browser without cookies, which has no form of ours.
pub(super) fn key(uri: &Uri, headers: &HeaderMap, form: &[u8]) -> Option<Key> {
    let target = uri.path_and_query()?.as_str();
    headers.get(header::COOKIE)?;
    let mut digest = Context::new(&SHA256);
    let mut part = |bytes: &[u8]| {
        digest.update(&bytes.len().to_be_bytes());
        digest.update(bytes);
    };
    part(target.as_bytes());
    for name in ["cookie", "origin", "sec-fetch-site", "hx-request", "hx-trigger"] {
        for value in headers.get_all(name) {
            part(name.as_bytes());
            part(value.as_bytes());
        }
    }
    part(form);
    digest.finish().as_ref().first_chunk().copied()
}

/// Does what a form asks for, to its end also when the browser hangs up, as it does when it sends
/// the form again; or waits for what is done already.
pub(super) async fn once(
    portal: &Portal,
    key: Key,
    act: impl Future<Output = Response> + Send + 'static,
) -> Response {
    let mut answer = match begin(portal.underway(), key) {
        Begun::Already(answer) => answer,
        Begun::Now(sender, answer) => {
            let leaves = Leaves { portal: portal.clone(), key };
            let work = async move {
                let done = kept(act.await).await;
                drop(leaves);
                sender.send_replace(Some(done));
            };
            tokio::spawn(work.in_current_span());
            answer
        }
    };
    // It fails where the work panicked, which is in the log.
    let Ok(answer) = answer.wait_for(Option::is_some).await.map(|answer| answer.clone()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    answer.map_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response(), Answer::into_response)
}

enum Begun {
    Already(watch::Receiver<Option<Answer>>),
    Now(watch::Sender<Option<Answer>>, watch::Receiver<Option<Answer>>),
}

fn begin(underway: &Underway, key: Key) -> Begun {
    let mut underway = underway.lock();
    if let Some(answer) = underway.get(&key) {
        return Begun::Already(answer.clone());
    }
    let (sender, answer) = watch::channel(None);
    underway.insert(key, answer.clone());
    Begun::Now(sender, answer)
}

impl Underway {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Option<Answer>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes an entry out, whatever comes of the work.
struct Leaves {
    portal: Portal,
    key: Key,
}

impl Drop for Leaves {
    fn drop(&mut self) {
        self.portal.underway().lock().remove(&self.key);
    }
}

/// Answers to forms are made in memory: pages, and packages of some megabytes.
async fn kept(response: Response) -> Answer {
    let (mut parts, body) = response.into_parts();
    let (status, unshown) = (parts.status, parts.extensions.remove());
    match to_bytes(body, usize::MAX).await {
        Ok(body) => Answer { status, headers: parts.headers, unshown, body },
        Err(error) => {
            tracing::error!(%error, "an answer could not be made");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Answer { status, headers: HeaderMap::new(), unshown: None, body: Bytes::new() }
        }
    }
}

impl Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(unshown) = self.unshown {
            response.extensions_mut().insert(unshown);
        }
        response
    }
}
