//! A signed request: who sent it, and the signed answer.

use super::{
    Api,
    error::{ApiError, PROBLEM_JSON},
};
use crate::{
    contacts::Contact,
    directory::Protected,
    logins::LoginError,
    serve::{BodyError, ClientAddress},
    store::contacts::ContactRow,
};
use authx_core::{
    KeyId,
    wire::{
        login::{LoginView, RenewalView},
        signature::{
            AUTHX_CLIENT, AppKey, CONTENT_DIGEST, Caller, Presented, Request as Covered, SIGNATURE,
            SIGNATURE_INPUT, SignatureError, sign_response, single,
        },
        text::Label,
    },
};
use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::sync::Arc;

/// A request whose signature is right.
pub(super) struct Signed {
    head: Head,
    body: Bytes,
    /// Who signed, as last known.
    caller: Proven,
}

/// What comes before the body. Proves nothing yet.
struct Head {
    parts: Parts,
    presented: Presented,
}

/// The body may hold a password.
impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signed").field("presented", &self.head.presented).finish_non_exhaustive()
    }
}

/// A body of a signed answer: it can name the newest seal.
pub(super) trait Answer: Serialize {
    /// The same answer, naming the seal.
    fn with_seal(self, seal: Option<String>) -> Self;
}

impl Answer for LoginView {
    fn with_seal(self, seal: Option<String>) -> Self {
        Self { seal, ..self }
    }
}

impl Answer for RenewalView {
    fn with_seal(self, seal: Option<String>) -> Self {
        Self { seal, ..self }
    }
}

/// Why a handler has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The use case says so.
    Login(LoginError),
    /// The request does not make sense.
    Told(ApiError),
}

impl<T: Into<ApiError>> From<T> for Failure {
    fn from(error: T) -> Self {
        Self::Told(error.into())
    }
}

impl FromRequest<Api> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let presented = {
            let field =
                |name| single(name, parts.headers.get_all(name).iter().map(HeaderValue::as_bytes));
            Presented::parse(field(CONTENT_DIGEST)?, field(SIGNATURE_INPUT)?, field(SIGNATURE)?)?
        };
        let head = Head { parts, presented };
        // Before the body: nothing is kept of what a stranger sends.
        let caller = head.caller(api).await?;
        let most = api.0.body_bytes;
        let body = to_bytes(body, most).await.map_err(|error| unread(&error, most))?;
        head.presented.check_body(&body)?;
        Ok(Self { head, body, caller })
    }
}

impl Signed {
    /// The body as it came.
    pub(super) fn bytes(&self) -> Bytes {
        self.body.clone()
    }

    /// The query as it came, without the question mark.
    pub(super) fn query(&self) -> &str {
        self.head.query()
    }

    /// Who calls, to be noted once it is known to be on time.
    pub(super) fn calling(&self, api: &Api) -> Calling {
        let now = api.app().clock.clock().now();
        let client = self.head.parts.headers.get(AUTHX_CLIENT).map(HeaderValue::as_bytes);
        let client = String::from_utf8_lossy(client.unwrap_or_default());
        let address = self.head.parts.extensions.get::<ClientAddress>();
        let secs = |secs: u64| i64::try_from(secs).unwrap_or(i64::MAX);
        Calling(Contact {
            tenant: self.caller.application.tenant,
            application: self.caller.application.id,
            row: ContactRow {
                key: self.caller.key_id,
                server: String::new(),
                client: client.chars().filter(|c| !c.is_control()).take(100).collect(),
                address: address.and_then(|it| it.0).map(|address| address.to_string()),
                ahead_secs: secs(self.head.presented.created_secs).saturating_sub(secs(now.secs())),
                first: now,
                last: now,
            },
        })
    }

    /// Lets `act` answer for the application that signed, and signs what it says. When the
    /// application was administered meanwhile, it is read anew, proves itself again, and `act`
    /// starts over.
    pub(super) async fn answer<T, Act, Acting>(&self, api: &Api, act: Act) -> Response
    where
        T: Answer,
        Act: Fn(Arc<Protected>) -> Acting,
        Acting: Future<Output = Result<T, Failure>>,
    {
        let mut caller = self.caller.clone();
        let mut answered = match self.check_age(api) {
            Ok(()) => act(Arc::clone(&caller.application)).await,
            Err(error) => Err(error.into()),
        };
        if matches!(&answered, Err(Failure::Login(LoginError::Stale))) {
            caller = match self.head.caller_anew(api).await {
                Ok(caller) => caller,
                Err(error) => return error.into_response(),
            };
            answered = act(Arc::clone(&caller.application)).await;
        } else if matches!(&answered, Err(Failure::Told(_))) {
            // Nothing was read that would have noticed a revoked key.
            caller = match self.head.caller_anew(api).await {
                Ok(caller) => caller,
                Err(error) => return error.into_response(),
            };
        }
        let witness = api.app().seals.witness(caller.application.tenant);
        let seal = witness.map(|seal| seal.to_string());
        match answered {
            Ok(answer) => self.sign(api, &caller, StatusCode::OK, JSON, &answer.with_seal(seal)),
            Err(failure) => {
                let error = match failure {
                    Failure::Login(error) => error.into(),
                    Failure::Told(error) => error,
                };
                let problem = error.problem(seal);
                let mut response = self.sign(api, &caller, error.status, PROBLEM_JSON, &problem);
                if let Some(after) = error.retry_after() {
                    response.headers_mut().insert(header::RETRY_AFTER, after);
                }
                response
            }
        }
    }

    fn check_age(&self, api: &Api) -> Result<(), SignatureError> {
        self.head.presented.check_age(api.app().clock.clock().now().secs())?;
        if api.0.nonces.seen(self.head.presented.nonce) {
            tracing::warn!(caller = %self.head.presented.caller, "a signed request came twice");
        }
        Ok(())
    }

    fn sign(
        &self,
        api: &Api,
        caller: &Proven,
        status: StatusCode,
        kind: &'static str,
        body: &impl Serialize,
    ) -> Response {
        let body = match serde_json::to_vec(body) {
            Ok(body) => body,
            Err(error) => return ApiError::fault(&error).into_response(),
        };
        let secs = api.app().clock.clock().now().secs();
        let headers =
            sign_response(&caller.key, &self.head.presented, status.as_u16(), &body, secs);
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        let fields = response.headers_mut();
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in headers.fields() {
            if let Ok(value) = HeaderValue::from_str(value) {
                fields.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// A caller that is to be noted.
#[derive(Clone)]
pub(super) struct Calling(Contact);

impl Calling {
    /// Notes it, with what its VPN server calls itself.
    pub(super) fn note(mut self, api: &Api, server: Option<&Label>) {
        self.0.row.server = server.map(|name| name.as_str().to_owned()).unwrap_or_default();
        api.app().contacts.note(self.0);
    }
}

impl Head {
    fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// Who signed. An application that was read earlier is good enough unless its signature does
    /// not fit and the key may be new. Anyone can send a signature that does not fit, so little is
    /// done for one.
    async fn caller(&self, api: &Api) -> Result<Proven, ApiError> {
        let directory = &api.app().directory;
        if let Some(known) = directory.known(self.id()?) {
            match self.prove(api, Arc::clone(&known)) {
                Err(SignatureError::Mismatch)
                    if !directory.is_current(api.app(), &known).await? => {}
                judged => return Ok(judged?),
            }
        }
        self.caller_anew(api).await
    }

    /// The same error for an application that does not exist and for a signature that does not
    /// fit.
    async fn caller_anew(&self, api: &Api) -> Result<Proven, ApiError> {
        let found = api.app().directory.reload(api.app(), self.id()?).await?;
        Ok(self.prove(api, found.ok_or(SignatureError::Mismatch)?)?)
    }

    fn id(&self) -> Result<authx_core::ApplicationId, SignatureError> {
        match self.presented.caller {
            Caller::Application(id) => Ok(id),
            Caller::Phone(_) => Err(SignatureError::Tag),
        }
    }

    fn prove(&self, api: &Api, application: Arc<Protected>) -> Result<Proven, SignatureError> {
        let headers = &self.parts.headers;
        let client = headers.get_all(AUTHX_CLIENT).iter().map(HeaderValue::as_bytes);
        let covered = Covered {
            method: self.parts.method.as_str(),
            authority: &api.0.authority,
            path: self.parts.uri.path(),
            query: self.query(),
            client: single(AUTHX_CLIENT, client)?,
            body: &[],
        };
        let keys = application.keys.iter().map(|(id, key)| ((*id, key), key));
        let (key_id, key) = self.presented.verify_head(&covered, keys)?;
        let key = key.clone();
        Ok(Proven { application, key_id, key })
    }
}

pub(in crate::api) fn unread(error: &axum::Error, most: usize) -> ApiError {
    match BodyError::find(error) {
        Some(error @ (BodyError::Broken(_) | BodyError::TooSlow)) => {
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_broke_off", error.to_string())
        }
        Some(BodyError::TooLong) | None => {
            let detail = format!("the body has more than {most} bytes");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
        }
    }
}

/// An application that proved itself, and the key it did it with.
#[derive(Clone)]
struct Proven {
    application: Arc<Protected>,
    key_id: KeyId,
    key: AppKey,
}

const JSON: &str = "application/json";
