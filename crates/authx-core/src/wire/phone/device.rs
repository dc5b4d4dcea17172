//! What a phone says of itself once it is there.

use super::{super::text::Label, Base64Url, Token};
use serde::{Deserialize, Serialize};

#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// Body of `PUT /device`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ChangeDevice {
    /// What its owner calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
    /// What it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Label>,
}

/// Body of `PUT /credential`: a WebAuthn credential of the phone's own authenticator, made with
/// the challenge SHA-256(`authx credential 1`, a line feed, the phone's id).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct RegisterCredential {
    /// Its id.
    pub id: Base64Url,
    /// Its public key as `SubjectPublicKeyInfo`, for ES256.
    pub public_key: Base64Url,
    /// What the browser says it did, JSON.
    pub client_data: Base64Url,
    /// What the authenticator says.
    pub authenticator_data: Base64Url,
}

/// Body of `PUT /subscription`: where notices go (the browser's `PushSubscription`).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Subscribe {
    /// Where the push service takes them.
    pub endpoint: String,
    /// How they are sealed (RFC 8291).
    pub keys: SubscriptionKeys,
}

/// How notices are sealed (RFC 8291).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct SubscriptionKeys {
    /// The browser's key, an uncompressed point.
    pub p256dh: Base64Url,
    /// 16 bytes.
    pub auth: Base64Url,
}

/// Body of `POST /moves`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct StartMove {
    /// What the phone's first account got: this one travels along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub activation: Option<Token>,
}
