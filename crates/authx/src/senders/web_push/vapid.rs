//! Who sends: RFC 8292 (VAPID). One key for each installation. Phones subscribe for it, and a push
//! service takes messages for them from nobody else.

use super::{Contact, private_key};
use crate::random::Random;
use authx_core::Millis;
use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    error::Unspecified,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// A P-256 key. The private half is AWS-LC's, which wipes what it frees.
pub struct VapidKey {
    pair: EcdsaKeyPair,
    public: String,
}

/// A text that holds no key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not the private key of a P-256 key pair")]
pub struct InvalidVapidKey;

impl VapidKey {
    /// 32 random bytes that are a private key.
    pub fn draw(random: &dyn Random) -> Zeroizing<[u8; 32]> {
        private_key(random).0
    }

    /// From the private half.
    ///
    /// # Errors
    ///
    /// [`InvalidVapidKey`]: zero, not below the curve's order, or not 32 bytes.
    pub fn new(private: &[u8]) -> Result<Self, InvalidVapidKey> {
        let pair = || -> Result<_, Unspecified> {
            let half = PrivateKey::from_private_key(&ECDH_P256, private)?;
            let public = half.compute_public_key()?;
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let pair =
                EcdsaKeyPair::from_private_key_and_public_key(algorithm, private, public.as_ref())?;
            Ok((pair, URL_SAFE_NO_PAD.encode(public)))
        };
        let (pair, public) = pair().map_err(|_| InvalidVapidKey)?;
        Ok(Self { pair, public })
    }

    /// The public half: an uncompressed point in base64url without padding, as browsers take it for
    /// `applicationServerKey`.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// A token for the messages to one origin (RFC 8292 §2).
    fn token(&self, audience: &str, contact: &Contact, expires_secs: u64) -> Option<String> {
        let claims = serde_json::json!({
            "aud": audience,
            "exp": expires_secs,
            "sub": contact.as_str(),
        });
        let head = URL_SAFE_NO_PAD.encode(HEAD);
        let text = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).ok()?;
        Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl std::fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VapidKey({})", self.public)
    }
}

/// The `Authorization` of messages. One token serves an origin for hours: Apple asks that tokens be
/// used again, and a signature costs more than all the rest of a message.
pub(super) struct Signer {
    key: VapidKey,
    contact: Contact,
    made: Mutex<HashMap<String, Made>>,
}

struct Made {
    value: String,
    expires_secs: u64,
}

impl Signer {
    pub(super) fn new(key: VapidKey, contact: Contact) -> Self {
        Self { key, contact, made: Mutex::default() }
    }

    pub(super) fn key(&self) -> &VapidKey {
        &self.key
    }

    /// The header's value for an origin.
    pub(super) fn authorization(&self, origin: &str, now: Millis) -> Option<String> {
        let now = now.secs();
        let usable = now.saturating_add(REST_SECS)..=now.saturating_add(LIFE_SECS);
        let mut all = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = all.get(origin).filter(|made| usable.contains(&made.expires_secs)) {
            return Some(made.value.clone());
        }
        let expires_secs = now.saturating_add(LIFE_SECS);
        let token = self.key.token(origin, &self.contact, expires_secs)?;
        let value = format!("vapid t={token}, k={}", self.key.public);
        // Below a wildcard of the host list a phone may name as many hosts as it likes.
        if all.len() >= MOST_ORIGINS {
            all.clear();
        }
        all.insert(origin.to_owned(), Made { value: value.clone(), expires_secs });
        Some(value)
    }
}

const HEAD: &str = r#"{"typ":"JWT","alg":"ES256"}"#;
/// RFC 8292 §2 allows 24 h. The half leaves room for a clock that is wrong.
const LIFE_SECS: u64 = 12 * 3_600;
/// What a token must still be good for.
const REST_SECS: u64 = 3_600;
const MOST_ORIGINS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::{Value, json};

    fn signer() -> Signer {
        let key = VapidKey::new(&VapidKey::draw(&SeededRandom::new(1))[..]).unwrap();
        Signer::new(key, "mailto:ops@authx-test.dev".parse().unwrap())
    }

    /// Splits and verifies as a push service does.
    fn opened(authorization: &str) -> (Value, Value) {
        let (token, key) =
            authorization.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        let (text, signature) = token.rsplit_once('.').unwrap();
        verify(key, text, signature).unwrap();
        let (head, claims) = text.split_once('.').unwrap();
        let json = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        (json(head), json(claims))
    }

    fn verify(key: &str, text: &str, signature: &str) -> Result<(), Unspecified> {
        let key = URL_SAFE_NO_PAD.decode(key).unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(text.as_bytes(), &signature)
    }

    #[test]
    fn a_token_names_origin_end_and_contact() {
        let now = Millis(1_800_000_000_999);
        let (head, claims) = opened(&signer().authorization("https://push.dev", now).unwrap());
        assert_eq!(head, json!({ "typ": "JWT", "alg": "ES256" }));
        let expected = json!({
            "aud": "https://push.dev",
            "exp": 1_800_000_000 + 12 * 3_600,
            "sub": "mailto:ops@authx-test.dev",
        });
        assert_eq!(claims, expected);
    }

    /// RFC 8292 §2.4: our reading of the form, checked against the RFC's own token.
    #[test]
    fn the_vector_of_rfc_8292_verifies() {
        let key = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
        let text = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0";
        let signature = "i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA";
        verify(key, text, signature).unwrap();
        assert_eq!(text.split_once('.').unwrap().0, URL_SAFE_NO_PAD.encode(HEAD));
    }

    #[test]
    fn a_token_is_used_until_an_hour_before_its_end() {
        let (signer, now) = (signer(), Millis(1_800_000_000_000));
        let at = |secs| signer.authorization("https://a.dev", now.plus_secs(secs)).unwrap();
        let first = at(0);
        assert_eq!(first, at(11 * 3_600));
        let second = at(11 * 3_600 + 1);
        assert_ne!(first, second);
        assert_ne!(second, signer.authorization("https://b.dev", now).unwrap());
        // A clock that was set back must not leave a token in use that ends too far ahead.
        assert_ne!(second, at(0));
    }

    #[test]
    fn tokens_do_not_pile_up() {
        let (signer, now) = (signer(), Millis(1_800_000_000_000));
        for number in 0..1_000 {
            signer.authorization(&format!("https://{number}.push.dev"), now).unwrap();
        }
        assert!(signer.made.lock().unwrap().len() <= MOST_ORIGINS);
    }

    #[test]
    fn only_private_keys_are_taken() {
        assert_eq!(VapidKey::new(&[0; 32]).err(), Some(InvalidVapidKey));
        assert_eq!(VapidKey::new(&[0xff; 32]).err(), Some(InvalidVapidKey));
        assert_eq!(VapidKey::new(&[1; 31]).err(), Some(InvalidVapidKey));
        let private = VapidKey::draw(&SeededRandom::new(2));
        let key = VapidKey::new(&private[..]).unwrap();
        assert_eq!(key.public().len(), 87);
        assert!(!format!("{key:?}").contains(&URL_SAFE_NO_PAD.encode(&private[..])));
    }
}
