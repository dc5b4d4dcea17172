//! What nobody signs: the source network, and a JSON body.

use super::{PhoneApi, error::PhoneApiError, signed::read_body};
use crate::serve::ClientAddress;
use authx_core::guard::Source;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
};
use serde::de::DeserializeOwned;
use std::convert::Infallible;

/// Where a request comes from.
pub(super) struct From(pub(super) Source);

impl FromRequestParts<PhoneApi> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &PhoneApi) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<ClientAddress>().and_then(|client| client.0);
        Ok(Self(Source::of(address)))
    }
}

/// The body of a request that nobody signs. Its network pays for it before it is read.
pub(super) struct Unsigned(Bytes);

impl FromRequest<PhoneApi> for Unsigned {
    type Rejection = PhoneApiError;

    async fn from_request(request: Request, api: &PhoneApi) -> Result<Self, PhoneApiError> {
        let (mut parts, body) = request.into_parts();
        let Ok(From(source)) = From::from_request_parts(&mut parts, api).await;
        let now = api.app().clock.clock().now();
        api.0.throttle.take(now, &source, 1).map_err(PhoneApiError::slow_down)?;
        read_body(api, body).await.map(Self)
    }
}

impl Unsigned {
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, PhoneApiError> {
        Ok(serde_json::from_slice(&self.0)?)
    }
}
