//! A signed request of a phone: which phone, with which of its keys.
//!
//! Whether a phone is there is told to everybody who asks with its id: an id holds 74 random bits
//! that only the phone, the server and its administrators see, so nobody can ask who does not know
//! it already; and the phone itself has to learn that it is gone, to say so to its user. A wrong
//! signature for a phone that is there says nothing else.

use super::{PhoneApi, error::PhoneApiError};
use crate::{
    api::{error::ApiError, signed::unread},
    enrol::phones::PhoneError,
    logins::phone::Speaker,
    phones::KnownPhone,
};
use authx_core::{
    PhoneId,
    webauthn::{self, Credential, Place},
    wire::{
        phone::{AccountState, Assertion, Base64Url},
        signature::{
            AUTHX_CLIENT, CONTENT_DIGEST, Caller, PhoneKey, Presented, Request as Covered,
            SIGNATURE, SIGNATURE_INPUT, SignatureError, single,
        },
    },
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderValue, request::Parts},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A request whose signature is right.
pub(super) struct SignedPhone {
    head: Head,
    body: Bytes,
    /// Who signed, as it was read for this very request.
    pub(super) phone: KnownPhone,
    /// With which of its keys.
    pub(super) by: PhoneKeyName,
}

/// A request that was signed with the answer key.
pub(super) struct ByAnswer(pub(super) SignedPhone);

/// The two keys of a phone that sign.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PhoneKeyName {
    /// Behind the phone's lock.
    Answer,
    /// Usable without it.
    Device,
}

/// What comes before the body. Proves nothing yet.
pub(super) struct Head {
    parts: Parts,
    presented: Presented,
}

impl FromRequest<PhoneApi> for SignedPhone {
    type Rejection = PhoneApiError;

    async fn from_request(request: Request, api: &PhoneApi) -> Result<Self, PhoneApiError> {
        let (head, body) = Head::of(request)?;
        head.check_age(api)?;
        let found = KnownPhone::load(api.app(), head.phone()?).await?;
        let phone = found.ok_or_else(PhoneApiError::gone)?;
        let keys =
            [(PhoneKeyName::Answer, &phone.answer_key), (PhoneKeyName::Device, &phone.device_key)];
        let by = head.verify(api, keys)?;
        // After the proof: nothing is kept of what a stranger sends.
        let body = read_body(api, body).await?;
        head.presented.check_body(&body)?;
        head.note(api);
        Ok(Self { head, body, phone, by })
    }
}

impl FromRequest<PhoneApi> for ByAnswer {
    type Rejection = PhoneApiError;

    async fn from_request(request: Request, api: &PhoneApi) -> Result<Self, PhoneApiError> {
        let signed = SignedPhone::from_request(request, api).await?;
        match signed.by {
            PhoneKeyName::Answer => Ok(Self(signed)),
            PhoneKeyName::Device => Err(PhoneApiError::answer_key_needed()),
        }
    }
}

impl SignedPhone {
    /// The body, read as JSON; an empty one is an empty object.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, PhoneApiError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        Ok(serde_json::from_slice(body)?)
    }

    /// The query as it came, without the question mark.
    pub(super) fn query(&self) -> &str {
        self.head.parts.uri.query().unwrap_or_default()
    }

    /// Who speaks, if the phone counts and its user may sign in.
    pub(super) fn speaker(&self) -> Result<Speaker, PhoneApiError> {
        if self.phone.state() != AccountState::Active {
            return Err(PhoneError::Pending.into());
        }
        if !self.phone.account_active {
            return Err(PhoneError::AccountDisabled.into());
        }
        Ok(Speaker {
            tenant: self.phone.tenant(),
            user: self.phone.account(),
            phone: self.phone.id(),
        })
    }

    /// The credential with which the phone verified its user for this challenge; `None` where it
    /// did not, or has none.
    pub(super) fn verified(
        &self,
        api: &PhoneApi,
        challenge: &[u8; 32],
        assertion: Option<&Assertion>,
    ) -> Result<Option<Credential>, PhoneApiError> {
        let (Some(assertion), Some(credential)) = (assertion, &self.phone.row.credential) else {
            return Ok(None);
        };
        let origin = api.app().phone_url.to_string();
        let place =
            Place { origin: origin.trim_end_matches('/'), host: api.app().phone_url.host() };
        let assertion = webauthn::Signed {
            id: assertion.id.as_bytes(),
            client_data: assertion.client_data.as_bytes(),
            authenticator_data: assertion.authenticator_data.as_bytes(),
            signature: assertion.signature.as_bytes(),
        };
        let credential =
            serde_json::from_str(credential).map_err(|error| ApiError::fault(&error))?;
        // The challenge is good for one thing, so the count of an authenticator that counts is not
        // kept.
        let credential = Credential { sign_count: 0, ..credential };
        webauthn::verify(place, challenge, &credential, &assertion)?;
        Ok(Some(credential))
    }

    /// The request as it was signed, with the key that fits: `authx audit verify` checks it again.
    pub(super) fn evidence(&self, api: &PhoneApi) -> Map<String, Value> {
        let Parts { method, uri, headers, .. } = &self.head.parts;
        let field = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let point = match self.by {
            PhoneKeyName::Answer => &self.phone.row.answer_key,
            PhoneKeyName::Device => &self.phone.row.device_key,
        };
        let (phone, key) = (self.phone.id().to_string(), Base64Url::new(*point).text());
        let entries = [
            ("phone", Some(phone.as_str())),
            ("key", Some(key.as_str())),
            ("method", Some(method.as_str())),
            ("authority", Some(api.0.authority.as_str())),
            ("path", Some(uri.path())),
            ("query", Some(self.query())),
            ("client", field(AUTHX_CLIENT)),
            ("content_digest", field(CONTENT_DIGEST)),
            ("signature_input", field(SIGNATURE_INPUT)),
            ("signature", field(SIGNATURE)),
            ("body", std::str::from_utf8(&self.body).ok()),
        ];
        let entries = entries.into_iter().filter_map(|(name, value)| Some((name, value?)));
        entries.map(|(name, value)| (name.to_owned(), value.into())).collect()
    }
}

impl Head {
    /// Reads the three fields; the body is not touched.
    pub(super) fn of(request: Request) -> Result<(Self, Body), PhoneApiError> {
        let (parts, body) = request.into_parts();
        let presented = {
            let field =
                |name| single(name, parts.headers.get_all(name).iter().map(HeaderValue::as_bytes));
            Presented::parse(field(CONTENT_DIGEST)?, field(SIGNATURE_INPUT)?, field(SIGNATURE)?)?
        };
        Ok((Self { parts, presented }, body))
    }

    /// Whose key is said to have signed.
    pub(super) fn phone(&self) -> Result<PhoneId, SignatureError> {
        match self.presented.caller {
            Caller::Phone(id) => Ok(id),
            Caller::Application(_) => Err(SignatureError::Tag),
        }
    }

    /// Before the proof: the answer is not signed, and the time is no secret.
    pub(super) fn check_age(&self, api: &PhoneApi) -> Result<(), SignatureError> {
        self.presented.check_age(api.app().clock.clock().now().secs())
    }

    /// Which of the keys signed.
    pub(super) fn verify<'k, Name>(
        &self,
        api: &PhoneApi,
        keys: impl IntoIterator<Item = (Name, &'k PhoneKey)>,
    ) -> Result<Name, SignatureError> {
        let headers = &self.parts.headers;
        let client = headers.get_all(AUTHX_CLIENT).iter().map(HeaderValue::as_bytes);
        let covered = Covered {
            method: self.parts.method.as_str(),
            authority: &api.0.authority,
            path: self.parts.uri.path(),
            query: self.parts.uri.query().unwrap_or_default(),
            client: single(AUTHX_CLIENT, client)?,
            body: &[],
        };
        self.presented.verify_phone_head(&covered, keys)
    }

    /// Whether this is the body that was signed.
    pub(super) fn check_body(&self, body: &[u8]) -> Result<(), SignatureError> {
        self.presented.check_body(body)
    }

    /// Makes a repetition visible. It is harmless by what it says: requests carry ids, and what
    /// counts once is spent in the store.
    pub(super) fn note(&self, api: &PhoneApi) {
        if api.0.nonces.seen(self.presented.nonce) {
            tracing::warn!(caller = %self.presented.caller, "a signed request came twice");
        }
    }
}

/// Reads a body of the allowed length.
pub(super) async fn read_body(api: &PhoneApi, body: Body) -> Result<Bytes, PhoneApiError> {
    let most = api.0.body_bytes;
    Ok(to_bytes(body, most).await.map_err(|error| unread(&error, most))?)
}

/// The body may hold a code.
impl std::fmt::Debug for SignedPhone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedPhone").field("phone", &self.phone).finish_non_exhaustive()
    }
}
