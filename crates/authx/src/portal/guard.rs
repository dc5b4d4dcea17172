//! What stands before every handler: whether the request comes from a page of ours, who asks, and
//! whether they may.

use super::{
    Access, Portal,
    cookies::{self, Browser},
    error::{PortalError, Stale, Unshown},
    fields::Fields,
    twice,
    who::Visitor,
};
use crate::admin::{
    bypass,
    sessions::{self, Visit},
};
use authx_core::role::Permission;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use std::sync::Arc;

/// What a route demands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) access: Access,
    pub(super) streams: bool,
}

/// A request that was held back for a step-up and is carried out now: its form was checked when it
/// came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replayed;

/// Lets a request through to its handler, or answers in its place.
pub(super) async fn guard(
    State((portal, rule)): State<(Portal, Rule)>,
    request: Request,
    next: Next,
) -> Response {
    let browser = Browser::of(&portal, request.headers());
    let swaps = request.headers().contains_key("hx-request");
    let mut visitor = Visitor { visit: None, csrf: browser.token.as_str().into() };
    let mut response = match admit(&portal, rule, &browser, &mut visitor, request).await {
        Ok(request) => carried_out(&portal, visitor.visit.clone(), request, next).await,
        Err(held) => held.into(),
    };
    if let Some(Unshown(trouble)) = response.extensions_mut().remove() {
        response = trouble.page(visitor.inside(&portal)).into_response();
    }
    said(&portal, &visitor, response.status(), swaps).await;
    if let Some(cookie) = browser.fresh {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The bytes of a form that came from a browser.
#[derive(Clone, Debug)]
struct Sent(Bytes);

/// The handler's answer; for a form that was sent twice at once, the same one.
async fn carried_out(
    portal: &Portal,
    visit: Option<Arc<Visit>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(Sent(form)) = request.extensions_mut().remove::<Sent>() else {
        return next.run(request).await;
    };
    let key = twice::key(request.uri(), request.headers(), &form);
    let act = weighed(portal.clone(), visit, form, request, next);
    match key {
        Some(key) => twice::once(portal, key, act).await,
        None => act.await,
    }
}

/// The handler's answer, or a step-up where it found that this takes one: the form is kept.
async fn weighed(
    portal: Portal,
    visit: Option<Arc<Visit>>,
    form: Bytes,
    request: Request,
    next: Next,
) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let mut response = next.run(request).await;
    match (visit, response.extensions_mut().remove::<Stale>()) {
        (Some(visit), Some(Stale)) => {
            hold(&portal, &visit, &uri, &headers, &form).await.unwrap_or_else(Into::into)
        }
        _ => response,
    }
}

impl From<Held> for Response {
    fn from(held: Held) -> Self {
        match held {
            Held::Answer(answer) => *answer,
            Held::Error(error) => error.into_response(),
        }
    }
}

/// What a page says once was said, unless a script only took a part of it.
async fn said(portal: &Portal, visitor: &Visitor, status: StatusCode, swaps: bool) {
    let Some(visit) = visitor.visit.as_deref() else { return };
    if visit.toast.is_none() || swaps || status != StatusCode::OK {
        return;
    }
    if let Err(error) = sessions::set_toast(portal.app(), visit, None).await {
        tracing::warn!(%error, "a page may say the same again");
    }
}

/// Why a request does not reach its handler.
enum Held {
    Answer(Box<Response>),
    Error(PortalError),
}

async fn admit(
    portal: &Portal,
    rule: Rule,
    browser: &Browser,
    visitor: &mut Visitor,
    request: Request,
) -> Result<Request, Held> {
    let (mut parts, body) = request.into_parts();
    let changes = parts.method != Method::GET && parts.method != Method::HEAD;
    let replayed = parts.extensions.get::<Replayed>().is_some();
    if changes && !replayed {
        from_here(portal, &parts.headers).map_err(Held::Error)?;
    }
    visitor.visit = visit(portal, &parts.headers).await.map_err(Held::Error)?;
    let known = visitor.visit.as_deref().is_some_and(|visit| visit.proved.is_some());
    if changes && rule.access != Access::Public && visitor.visit.is_none() {
        return Err(to_sign_in(&parts));
    }
    let most = if known { MOST_FORM_BYTES } else { MOST_STRANGERS_BYTES };
    let (body, form) = read(rule, changes, body, most).await?;
    if let Some(form) = &form {
        let fields = Fields::parse(form);
        if !replayed && !browser.made(fields.text("_csrf")) {
            return Err(Held::Error(PortalError::StaleForm));
        }
        parts.extensions.insert(fields);
    }
    judge(portal, rule, visitor.visit.as_deref(), &parts, form.as_ref()).await?;
    parts.extensions.insert(visitor.clone());
    if let Some(form) = form.filter(|_| !replayed) {
        parts.extensions.insert(Sent(form));
    }
    Ok(Request::from_parts(parts, body))
}

/// Whether a change comes from a page of this very origin: what browsers say of that
/// (W3C Fetch Metadata §2.2), or where they do not, the origin that they name.
fn from_here(portal: &Portal, headers: &HeaderMap) -> Result<(), PortalError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let own = portal.app().public_url.to_string();
    let here = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), origin) => site == "same-origin" && origin.is_none_or(|from| from == own),
        (None, Some(origin)) => origin == own,
        (None, None) => false,
    };
    if here { Ok(()) } else { Err(PortalError::Elsewhere) }
}

/// At most `most` bytes: what strangers send is held in memory too.
async fn read(
    rule: Rule,
    changes: bool,
    body: Body,
    most: usize,
) -> Result<(Body, Option<Bytes>), Held> {
    if !changes || rule.streams {
        return Ok((body, None));
    }
    let bytes = to_bytes(body, most).await;
    let bytes = bytes.map_err(|error| Held::Error(PortalError::unread(&error)))?;
    Ok((Body::from(bytes.clone()), Some(bytes)))
}

async fn visit(portal: &Portal, headers: &HeaderMap) -> Result<Option<Arc<Visit>>, PortalError> {
    let Some(cookie) = cookies::session(headers) else { return Ok(None) };
    let polled = headers.get("hx-trigger").is_some_and(|id| POLLING.iter().any(|one| id == one));
    let Some(mut visit) = sessions::find(portal.app(), &cookie, !polled).await? else {
        return Ok(None);
    };
    if visit.proved.is_some() {
        let wishes = bypass::waiting(portal.app(), &visit.actor(), visit.tenant).await?;
        visit.wishes = u64::try_from(wishes.len()).unwrap_or(u64::MAX);
    }
    Ok(Some(Arc::new(visit)))
}

async fn judge(
    portal: &Portal,
    rule: Rule,
    visit: Option<&Visit>,
    parts: &Parts,
    form: Option<&Bytes>,
) -> Result<(), Held> {
    match rule.access {
        Access::Public => Ok(()),
        Access::Half => half(visit, parts),
        Access::Own => whole(visit, parts).map(|_| ()),
        Access::OwnStepUp => fresh(portal, whole(visit, parts)?, parts, form).await,
        Access::May(permission) => allowed(whole(visit, parts)?, permission),
        Access::StepUp(permission) => {
            let visit = whole(visit, parts)?;
            allowed(visit, permission)?;
            fresh(portal, visit, parts, form).await
        }
    }
}

fn half(visit: Option<&Visit>, parts: &Parts) -> Result<(), Held> {
    match visit {
        None => Err(to_sign_in(parts)),
        // Nothing is left to be given: on to where one was going.
        Some(visit) if visit.proved.is_some() => Err(go(parts, "/")),
        Some(_) => Ok(()),
    }
}

fn whole<'a>(visit: Option<&'a Visit>, parts: &Parts) -> Result<&'a Visit, Held> {
    match visit {
        Some(visit) if visit.proved.is_some() => Ok(visit),
        Some(visit) => Err(go(parts, half_way(visit))),
        None => Err(to_sign_in(parts)),
    }
}

/// Where a half session goes on.
pub(super) fn half_way(visit: &Visit) -> &'static str {
    match visit.pending {
        Some(sessions::Pending::Enrol { .. }) => "/enrol",
        Some(sessions::Pending::Login { .. } | sessions::Pending::Shown(_)) | None => {
            "/sign-in/confirm"
        }
    }
}

fn allowed(visit: &Visit, permission: Permission) -> Result<(), Held> {
    if visit.role.is_some_and(|role| role.may(permission)) {
        Ok(())
    } else {
        Err(Held::Error(PortalError::NotAllowed(visit.role)))
    }
}

/// Lets a deed through that has a fresh second factor behind it. A form is kept until there is
/// one, so that nothing typed is lost.
async fn fresh(
    portal: &Portal,
    visit: &Visit,
    parts: &Parts,
    form: Option<&Bytes>,
) -> Result<(), Held> {
    let error = |error: crate::admin::AdminError| Held::Error(error.into());
    let now = portal.app().now().map_err(|problem| Held::Error(problem.into()))?;
    if visit.is_fresh(now) {
        return Ok(());
    }
    let Some(form) = form else {
        // A deed that was given up must not be done by the step-up for another page.
        if visit.has_stash && !parts.headers.contains_key("hx-request") {
            sessions::forget_stash(portal.app(), visit).await.map_err(error)?;
        }
        return Err(go(parts, &format!("/confirm?next={}", encoded(&target(&parts.uri)))));
    };
    let answer = hold(portal, visit, &parts.uri, &parts.headers, form).await?;
    Err(Held::Answer(Box::new(answer)))
}

/// Keeps a form until there is a fresh second factor, and leads there.
async fn hold(
    portal: &Portal,
    visit: &Visit,
    uri: &Uri,
    headers: &HeaderMap,
    form: &Bytes,
) -> Result<Response, Held> {
    let body = String::from_utf8_lossy(form).into_owned();
    let (word, cookie) = cookies::new_deed(portal);
    let kept = sessions::stash(portal.app(), visit, target(uri), body, word).await;
    kept.map_err(|error| Held::Error(error.into()))?;
    let mut answer = redirect(headers, "/confirm");
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(answer)
}

/// For a page: sign in, then back here. For a form: a page that says so, because the form itself is
/// still there, one step back, and can be sent again.
fn to_sign_in(parts: &Parts) -> Held {
    if parts.method == Method::GET {
        let next = target(&parts.uri);
        let to = if next == "/" {
            "/sign-in".to_owned()
        } else {
            format!("/sign-in?next={}", encoded(&next))
        };
        go(parts, &to)
    } else {
        Held::Error(PortalError::SessionOver)
    }
}

fn go(parts: &Parts, to: &str) -> Held {
    Held::Answer(Box::new(redirect(&parts.headers, to)))
}

/// Sends a browser on, also one whose script asked for a part of the page.
pub(super) fn redirect(headers: &HeaderMap, to: &str) -> Response {
    let value = HeaderValue::from_str(to).unwrap_or_else(|_| HeaderValue::from_static("/"));
    let (status, name) = if headers.contains_key("hx-request") {
        (StatusCode::OK, header::HeaderName::from_static("hx-redirect"))
    } else {
        (StatusCode::SEE_OTHER, header::LOCATION)
    };
    let mut response = status.into_response();
    response.headers_mut().insert(name, value);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A place of this site that somebody wants to go to next; the front page for anything else.
pub(super) fn next(wanted: &str) -> &str {
    let own = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.contains(['\\', '\r', '\n', '\t']);
    if own { wanted } else { "/" }
}

fn target(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The ids of what renews itself by script.
const POLLING: [&str; 4] = ["contact", "phone", "rows", "state"];
const MOST_FORM_BYTES: usize = 262_144;
/// A password of the longest kind, or what a passkey answers.
const MOST_STRANGERS_BYTES: usize = 32_768;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for own in ["/", "/users?q=a&sort=name", "/a//b"] {
            assert_eq!(next(own), own);
        }
        for other in ["", "//evil.example", "https://evil.example", "/\\evil", "users", "/a\r\nb"] {
            assert_eq!(next(other), "/", "{other:?}");
        }
    }
}
