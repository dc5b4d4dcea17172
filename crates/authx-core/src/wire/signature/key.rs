//! The two kinds of key: one that both sides hold, and the public half of a phone's.

use super::SignatureError;
use crate::secret_text::{self, InvalidSecretText};
use aws_lc_rs::{
    hmac,
    signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey},
};

/// An Application Key, ready to sign and to verify with. Expanded once, so that a signature costs
/// two compressions less.
#[derive(Clone)]
pub struct AppKey(hmac::Key);

impl AppKey {
    /// The key of the 32 bytes that the text of an Application Key stands for.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The key of the text that an operator was shown (`axk_…`).
    ///
    /// # Errors
    ///
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretText> {
        secret_text::parse(secret_text::APPLICATION_KEY, text).map(|bytes| Self::new(&bytes))
    }

    pub(super) fn sign(&self, base: &[u8]) -> hmac::Tag {
        hmac::sign(&self.0, base)
    }

    /// Takes the same time wherever the difference is.
    pub(super) fn verify(&self, base: &[u8], mac: &[u8; 32]) -> Result<(), SignatureError> {
        hmac::verify(&self.0, base, mac).map_err(|_| SignatureError::Mismatch)
    }
}

impl std::fmt::Debug for AppKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppKey(…)")
    }
}

/// A phone's public key on the curve P-256.
#[derive(Clone, Debug)]
pub struct PhoneKey(ParsedPublicKey);

impl PhoneKey {
    /// The key of an uncompressed point (SEC 1 §2.3.3): 4, then x and y as a JWK holds them.
    /// `None` when the point is not on the curve.
    pub fn new(point: &[u8; 65]) -> Option<Self> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok().map(Self)
    }

    pub(super) fn verify(&self, base: &[u8], signature: &[u8; 64]) -> Result<(), SignatureError> {
        self.0.verify_sig(base, signature).map_err(|_| SignatureError::Mismatch)
    }
}
