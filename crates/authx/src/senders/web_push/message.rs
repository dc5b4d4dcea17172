//! What is sent, and to whom.

use super::{Endpoint, ForbiddenEndpoint, Host, body, body::Recipient};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A phone's subscription as its browser gave it, and as it is stored (sealed). Nothing in it is
/// checked yet.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Target {
    /// Where the phone's push service takes messages for it.
    pub endpoint: String,
    /// The browser's public key for this subscription, base64url.
    pub p256dh: String,
    /// The browser's secret for this subscription, base64url.
    pub auth: String,
}

/// A subscription to which a message can go.
#[derive(Clone)]
pub struct Subscription {
    pub(super) endpoint: Endpoint,
    pub(super) recipient: Recipient,
}

/// Why no message can go to a subscription.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidSubscription {
    /// The secret is not 16 bytes in base64url.
    #[error("`auth` is not 16 bytes in base64url")]
    Auth,
    /// The endpoint is not one of a known push service.
    #[error(transparent)]
    Endpoint(#[from] ForbiddenEndpoint),
    /// The public key is not an uncompressed point of P-256 in base64url.
    #[error("`p256dh` is not a public key of P-256: 65 bytes in base64url, the first of them 4")]
    Key,
}

/// The text of a message. It is shown on locked screens, and in some browsers without any code of
/// ours: nothing in it is secret, or says who signs in where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message(Arc<[u8]>);

/// Groups messages: a push service that still holds one for the phone replaces it by the next of
/// the same topic (RFC 8030 §5.4).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Topic(String);

impl Target {
    /// Checks everything that can be checked without asking the push service.
    ///
    /// # Errors
    ///
    /// [`InvalidSubscription`]: which part is wrong.
    pub fn check(&self, hosts: &[Host]) -> Result<Subscription, InvalidSubscription> {
        let endpoint = Endpoint::parse(&self.endpoint, hosts)?;
        Ok(Subscription { endpoint, recipient: Recipient::parse(&self.p256dh, &self.auth)? })
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Target(…)")
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Subscription({:?})", self.endpoint)
    }
}

impl Message {
    /// “Somebody signs in: open the app.” `phone_url` is the app's origin. A declarative message
    /// (W3C Push API): a browser can show it by itself, and others hand the same JSON to the app's
    /// worker. `mutable` stands twice, as the standard has it outside and Safari had it inside.
    pub fn sign_in_waiting(phone_url: &str) -> Self {
        let message = serde_json::json!({
            "web_push": 8030,
            "mutable": true,
            "notification": {
                "title": "Sign-in waiting",
                "body": "Open AuthX to answer",
                "navigate": format!("{}/#requests", phone_url.trim_end_matches('/')),
                "tag": "authx-request",
                "mutable": true,
            },
        });
        let text = message.to_string();
        // An origin is far shorter; a longer one would make messages that cannot be sent.
        debug_assert!(text.len() <= body::MOST);
        Self(text.into_bytes().into())
    }

    /// The JSON text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Topic {
    /// The topic of a thing with an id, from which the id cannot be told: 32 characters of base64url,
    /// which is the most that a service takes.
    pub fn of(id: &[u8]) -> Self {
        let digest = digest(&SHA256, &[b"authx push topic\0", id].concat());
        let mut text = URL_SAFE_NO_PAD.encode(digest);
        text.truncate(32);
        Self(text)
    }

    /// The header's value.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_nothing_but_that_somebody_signs_in() {
        let message = Message::sign_in_waiting("https://phone.mfa.example.com");
        let json: serde_json::Value = serde_json::from_slice(message.as_bytes()).unwrap();
        let expected = serde_json::json!({
            "web_push": 8030,
            "mutable": true,
            "notification": {
                "title": "Sign-in waiting",
                "body": "Open AuthX to answer",
                "navigate": "https://phone.mfa.example.com/#requests",
                "tag": "authx-request",
                "mutable": true,
            },
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn a_topic_follows_from_the_id_and_hides_it() {
        assert_eq!(Topic::of(b"log_1"), Topic::of(b"log_1"));
        assert_ne!(Topic::of(b"log_1"), Topic::of(b"log_2"));
        assert_eq!(Topic::of(b"log_1").as_str().len(), 32);
    }
}
