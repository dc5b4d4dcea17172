//! What a phone is asked: at once, with the next change, as a stream, and afterwards.

use super::{PhoneApi, error::PhoneApiError, signed::SignedPhone};
use crate::{
    admin::bypass,
    app::App,
    logins::{self, Facts, LoginError, phone::Speaker},
    phones::{KnownPhone, hue},
    store::requests::{self as stored, StoredRequest},
    waiters::Wake,
};
use authx_core::wire::{
    login::Rfc3339,
    phone::{
        AskedUser, Entry, HistoryView, NamedApplication, NamedTenant, PhoneCallerCheck,
        PhoneProblem, Receipts, Request, RequestKind, RequestsView,
    },
};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use std::{convert::Infallible, pin::pin, time::Duration};
use tokio::time::{Instant, timeout_at};

/// What this phone is asked.
///
/// Answers at once, or with `after` and `wait` as soon as it differs from that version.
#[utoipa::path(
    get, path = "/phone/v1/requests", tag = "requests",
    params(
        ("after" = Option<u64>, Query, description = "A version that is known already"),
        ("wait" = Option<u64>, Query, description = "Seconds to wait for another one, at most 45"),
    ),
    responses(
        (status = 200, body = RequestsView),
        (status = 401, body = PhoneProblem, description = "Signature, key, clock; `phone_gone`"),
        (status = 403, body = PhoneProblem, description = "Not confirmed, or the user is disabled"),
    ),
)]
pub(super) async fn read(
    State(api): State<PhoneApi>,
    signed: SignedPhone,
) -> Result<Response, PhoneApiError> {
    let by = signed.speaker()?;
    let wait = Wait::parse(signed.query())?;
    let deadline = Instant::now() + wait.wait;
    let view = next(&api, &signed.phone, by, wait.after, deadline).await?;
    let view = view.ok_or_else(PhoneApiError::gone)?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(view)).into_response())
}

/// What this phone is asked, as a stream: at once, and at each change.
#[utoipa::path(
    get, path = "/phone/v1/requests/live", tag = "requests",
    responses(
        (status = 200, content_type = "text/event-stream",
         description = "Events `requests` whose data is a RequestsView and whose id its version"),
        (status = 401, body = PhoneProblem, description = "Signature, key, clock; `phone_gone`"),
    ),
)]
pub(super) async fn live(
    State(api): State<PhoneApi>,
    signed: SignedPhone,
) -> Result<Response, PhoneApiError> {
    let by = signed.speaker()?;
    let stream = events(api, signed.phone, by, Instant::now() + LIVE);
    let keep_alive = KeepAlive::new().interval(BREATH);
    let headers =
        [(header::CACHE_CONTROL, "no-store"), (HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((headers, Sse::new(stream).keep_alive(keep_alive)).into_response())
}

fn events(
    api: PhoneApi,
    phone: KnownPhone,
    by: Speaker,
    until: Instant,
) -> impl Stream<Item = Result<Event, Infallible>> {
    // In a box, so that ten thousand open streams keep no room for the reading.
    stream::unfold(Some((Box::new((api, phone)), None)), move |state| async move {
        let (parts, after) = state?;
        if Instant::now() >= until || parts.0.0.stopping.is_stopping() {
            return None;
        }
        let view = Box::pin(next(&parts.0, &parts.1, by, after, until)).await;
        // A phone that is gone, or a database: the phone learns which when it asks again.
        let view = view.ok().flatten()?;
        let version = Some(view.version);
        let event = Event::default().event("requests").id(view.version.to_string());
        let event = event.json_data(&view).ok()?;
        (version != after).then_some((Ok(event), Some((parts, version))))
    })
}

/// What the phone is asked as soon as that is not `after`, at the latest at `deadline`. `None` when
/// the phone is gone.
async fn next(
    api: &PhoneApi,
    phone: &KnownPhone,
    by: Speaker,
    after: Option<u64>,
    deadline: Instant,
) -> Result<Option<RequestsView>, PhoneApiError> {
    let app = api.app();
    let subscription = app.waiters.subscribe(Wake::Phone(by.phone));
    let mut stopping = pin!(api.0.stopping.wait());
    loop {
        let mut notified = pin!(subscription.notified());
        notified.as_mut().enable();
        let Some((view, soonest)) = Box::pin(view(app, phone, by)).await? else { return Ok(None) };
        if after != Some(view.version) || Instant::now() >= deadline {
            return Ok(Some(view));
        }
        // A request that ends by itself changes nothing that anybody is woken for.
        let until = soonest.map_or(deadline, |left| deadline.min(Instant::now() + left));
        tokio::select! {
            () = &mut stopping => return Ok(Some(view)),
            _ = timeout_at(until, notified) => {}
        }
    }
}

/// What the phone is asked, and how long until the first of it ends by itself.
async fn view(
    app: &App,
    phone: &KnownPhone,
    by: Speaker,
) -> Result<Option<(RequestsView, Option<Duration>)>, PhoneApiError> {
    let now = app.now().map_err(LoginError::from)?;
    let Some((version, open)) = stored::open(&app.store, by.tenant, by.phone, now).await? else {
        return Ok(None);
    };
    let mut requests = Vec::with_capacity(open.len());
    let mut soonest = None;
    for request in open {
        let left = Duration::from_millis(request.expires.since(now));
        soonest = Some(soonest.map_or(left, |sooner: Duration| sooner.min(left)));
        requests.push(shown(phone, &request)?);
    }
    // After the version: what begins in between is told under the next one once more.
    let shown = bypass::shown_to(app, by.tenant, by.user).await?;
    let caller_check = shown.map(|shown| PhoneCallerCheck {
        id: shown.id,
        agent: shown.agent,
        asked_at: Rfc3339(shown.asked),
        expires_at: Rfc3339(shown.expires),
    });
    Ok(Some((RequestsView { version, requests, caller_check }, soonest)))
}

fn shown(phone: &KnownPhone, request: &StoredRequest) -> Result<Request, LoginError> {
    let facts = Facts::read(&request.detail)?;
    Ok(Request {
        id: request.login,
        kind: kind(&request.kind),
        application: application(request),
        tenant: NamedTenant {
            id: phone.tenant(),
            name: phone.tenant_name.clone(),
            hue: hue(phone.tenant()),
        },
        user: AskedUser { name: facts.user },
        client: facts.client,
        server: facts.server,
        support_code: facts.support_code,
        asked_at: Rfc3339(request.created),
        expires_at: Rfc3339(request.expires),
        tries_left: facts.tries_left,
        match_number: facts.match_number,
        user_verification: facts.user_verification,
        replaces: facts.replaces,
    })
}

fn application(request: &StoredRequest) -> NamedApplication {
    NamedApplication {
        id: request.application,
        name: request.application_name.clone().unwrap_or_default(),
    }
}

fn kind(word: &str) -> RequestKind {
    if word == RequestKind::Code.word() { RequestKind::Code } else { RequestKind::Approval }
}

/// What this phone was asked: the last 50.
#[utoipa::path(
    get, path = "/phone/v1/history", tag = "requests",
    responses(
        (status = 200, body = HistoryView),
        (status = 401, body = PhoneProblem, description = "Signature, key, clock; `phone_gone`"),
    ),
)]
pub(super) async fn history(
    State(api): State<PhoneApi>,
    signed: SignedPhone,
) -> Result<Response, PhoneApiError> {
    let by = signed.speaker()?;
    let rows = stored::history(&api.app().store, by.tenant, by.phone, MOST_ENTRIES).await?;
    let mut entries = vec![];
    for row in rows {
        // A word of a later version is left out rather than misread.
        let Some(outcome) = logins::phone::word(&row.state) else { continue };
        let facts = Facts::read(&row.detail)?;
        entries.push(Entry {
            id: row.login,
            kind: kind(&row.kind),
            application: application(&row),
            outcome,
            at: Rfc3339(row.ended.unwrap_or(row.expires)),
            client: facts.client,
            support_code: facts.support_code,
        });
    }
    let view = HistoryView { entries };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(view)).into_response())
}

/// Say that requests reached this phone, and by which way.
#[utoipa::path(
    post, path = "/phone/v1/receipts", tag = "requests", request_body = Receipts,
    responses(
        (status = 204, description = "Noted; requests that are not this phone's are passed over"),
        (status = 401, body = PhoneProblem, description = "Signature, key, clock; `phone_gone`"),
    ),
)]
pub(super) async fn receipts(
    State(api): State<PhoneApi>,
    signed: SignedPhone,
) -> Result<StatusCode, PhoneApiError> {
    let by = signed.speaker()?;
    let Receipts { by: way, requests } = signed.json()?;
    if requests.len() > MOST_RECEIPTS {
        let detail = format!("at most {MOST_RECEIPTS} requests at a time");
        return Err(PhoneApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many", detail));
    }
    logins::phone::received(api.app(), by, way, &requests).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a long poll asks for.
struct Wait {
    after: Option<u64>,
    wait: Duration,
}

impl Wait {
    /// Unknown parameters are ignored, so that an older server can be asked by a newer phone.
    fn parse(query: &str) -> Result<Self, PhoneApiError> {
        let (mut after, mut secs) = (None, 0);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "after" => after = Some(number("after", &value, u64::from(u32::MAX))?),
                "wait" => secs = number("wait", &value, MOST_WAIT_SECS)?,
                _ => {}
            }
        }
        let wait = Duration::from_secs(if after.is_some() { secs } else { 0 });
        Ok(Self { after, wait })
    }
}

fn number(name: &str, text: &str, most: u64) -> Result<u64, PhoneApiError> {
    text.parse().ok().filter(|number| *number <= most).ok_or_else(|| {
        let detail = format!("`{name}` is a whole number from 0 to {most}");
        PhoneApiError::new(StatusCode::BAD_REQUEST, "invalid_query", detail)
    })
}

const MOST_WAIT_SECS: u64 = 45;
const MOST_ENTRIES: i64 = 50;
/// More cannot be open at once on one phone.
const MOST_RECEIPTS: usize = 50;
/// How long a stream stays open; its signature was checked at its beginning.
const LIVE: Duration = Duration::from_mins(15);
/// Below what proxies take for silence.
const BREATH: Duration = Duration::from_secs(20);
