//! A request that a phone signed.

use super::{super::error::ApiError, PhoneApi, error::PhoneError};
use crate::{logins::phone::Speaker, phones::KnownPhone, serve::BodyError};
use authx_core::{
    PhoneId,
    wire::{
        phone::AccountState,
        signature::{
            AUTHX_CLIENT, CONTENT_DIGEST, Caller, Presented, Request as Covered, SIGNATURE,
            SIGNATURE_INPUT, SignatureError, single,
        },
    },
};
use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderValue, StatusCode, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// Which of a phone's keys signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Key {
    /// That for what counts.
    Answer,
    /// That for what a locked phone may do.
    Device,
}

/// A request whose signature is a phone's.
pub(super) struct SignedPhone {
    pub(super) phone: KnownPhone,
    pub(super) key: Key,
    pub(super) body: Bytes,
    parts: Parts,
}

impl std::fmt::Debug for SignedPhone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedPhone").field("phone", &self.phone).finish_non_exhaustive()
    }
}

impl FromRequest<PhoneApi> for SignedPhone {
    type Rejection = PhoneError;

    async fn from_request(request: Request, api: &PhoneApi) -> Result<Self, PhoneError> {
        let (parts, body) = request.into_parts();
        check_client(&parts)?;
        let presented = presented(&parts)?;
        let phone = KnownPhone::load(api.app(), phone_id(&presented)?).await?;
        // Ids of phones have 74 random bits: that one is gone is no news to who does not know it.
        let phone = phone.ok_or_else(PhoneError::gone)?;
        let covered = covered(api, &parts)?;
        let keys = [(Key::Answer, &phone.answer_key), (Key::Device, &phone.device_key)];
        let key = presented.verify_phone_head(&covered, keys)?;
        let body = read(api, body).await?;
        presented.check_body(&body)?;
        check_age(api, &presented)?;
        Ok(Self { phone, key, body, parts })
    }
}

impl SignedPhone {
    /// The query as it came, without the question mark.
    pub(super) fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// Demands the key for what counts.
    pub(super) fn with_answer_key(&self) -> Result<(), PhoneError> {
        if self.key == Key::Answer {
            return Ok(());
        }
        let detail = "this call is signed with the answer key";
        Err(PhoneError::new(StatusCode::FORBIDDEN, "answer_key_needed", detail))
    }

    /// Who speaks, if the phone counts and its user may sign in.
    pub(super) fn speaker(&self) -> Result<Speaker, PhoneError> {
        if self.phone.state() != AccountState::Active {
            let detail = "this phone has not been confirmed yet";
            return Err(PhoneError::new(StatusCode::FORBIDDEN, "not_confirmed", detail));
        }
        if !self.phone.account_active {
            let detail = "the user may not sign in; ask your administrator";
            return Err(PhoneError::new(StatusCode::FORBIDDEN, "account_disabled", detail));
        }
        Ok(Speaker {
            tenant: self.phone.tenant(),
            user: self.phone.account(),
            phone: self.phone.id(),
        })
    }

    /// The request as it was signed, for the record: whoever reads it can check the signature again.
    pub(super) fn evidence(&self, api: &PhoneApi) -> Map<String, Value> {
        let header = |name: &str| {
            let value = self.parts.headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let point = match self.key {
            Key::Answer => &self.phone.row.answer_key,
            Key::Device => &self.phone.row.device_key,
        };
        let pairs = [
            ("phone", self.phone.id().to_string()),
            ("key", URL_SAFE_NO_PAD.encode(point)),
            ("method", self.parts.method.as_str().to_owned()),
            ("authority", api.0.authority.clone()),
            ("path", self.parts.uri.path().to_owned()),
            ("query", self.query().to_owned()),
            ("client", header(AUTHX_CLIENT)),
            ("content_digest", header(CONTENT_DIGEST)),
            ("signature_input", header(SIGNATURE_INPUT)),
            ("signature", header(SIGNATURE)),
            ("body", String::from_utf8_lossy(&self.body).into_owned()),
        ];
        let signed = pairs.map(|(key, value)| (key.to_owned(), Value::from(value)));
        let signed: Map<String, Value> = signed.into_iter().collect();
        Map::from_iter([("approval".to_owned(), signed.into())])
    }
}

pub(super) fn presented(parts: &Parts) -> Result<Presented, PhoneError> {
    let field = |name| single(name, parts.headers.get_all(name).iter().map(HeaderValue::as_bytes));
    Ok(Presented::parse(field(CONTENT_DIGEST)?, field(SIGNATURE_INPUT)?, field(SIGNATURE)?)?)
}

pub(super) fn phone_id(presented: &Presented) -> Result<PhoneId, SignatureError> {
    match presented.caller {
        Caller::Phone(id) => Ok(id),
        Caller::Application(_) => Err(SignatureError::Tag),
    }
}

/// What the signature covers of a request but its body.
pub(super) fn covered<'a>(
    api: &'a PhoneApi,
    parts: &'a Parts,
) -> Result<Covered<'a>, SignatureError> {
    let client = parts.headers.get_all(AUTHX_CLIENT).iter().map(HeaderValue::as_bytes);
    Ok(Covered {
        method: parts.method.as_str(),
        authority: &api.0.authority,
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        client: single(AUTHX_CLIENT, client)?,
        body: &[],
    })
}

pub(super) async fn read(api: &PhoneApi, body: axum::body::Body) -> Result<Bytes, PhoneError> {
    let most = api.0.body_bytes;
    to_bytes(body, most).await.map_err(|error| {
        let told = match BodyError::find(&error) {
            Some(error @ (BodyError::Broken(_) | BodyError::TooSlow)) => {
                ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_broke_off", error.to_string())
            }
            Some(BodyError::TooLong) | None => {
                let detail = format!("the body has more than {most} bytes");
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
            }
        };
        told.into()
    })
}

/// Whether the request is fresh; to be asked after the proof.
pub(super) fn check_age(api: &PhoneApi, presented: &Presented) -> Result<(), PhoneError> {
    presented.check_age(api.app().clock.clock().now().secs())?;
    if api.0.nonces.seen(presented.nonce) {
        tracing::warn!(caller = %presented.caller, "a signed request came twice");
    }
    Ok(())
}

/// Refuses an authenticator that is older than what this server understands.
pub(super) fn check_client(parts: &Parts) -> Result<(), PhoneError> {
    let client = parts.headers.get(AUTHX_CLIENT).and_then(|value| value.to_str().ok());
    let version = client.and_then(|client| client.split_once('/')).map(|(_, version)| version);
    match version.and_then(numbers) {
        Some(version) if numbers(OLDEST_CLIENT) <= Some(version) => Ok(()),
        Some(_) => {
            let detail = format!("this authenticator is older than {OLDEST_CLIENT}; update it");
            Err(PhoneError::new(StatusCode::UPGRADE_REQUIRED, "client_too_old", detail))
        }
        None => {
            let detail = "the header AuthX-Client names the authenticator as in authx-phone/0.1.0";
            Err(PhoneError::new(StatusCode::BAD_REQUEST, "client_unnamed", detail))
        }
    }
}

fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut parts = version.split('.');
    let mut next = || parts.next()?.parse().ok();
    Some([next()?, next()?, next()?])
}

/// The oldest authenticator that this server serves.
pub(super) const OLDEST_CLIENT: &str = "0.1.0";
