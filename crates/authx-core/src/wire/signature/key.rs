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

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{
        Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD,
    };

    #[test]
    fn hmac_is_that_of_rfc_9421_appendix_b_2_5() {
        let secret = STANDARD
            .decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
            .unwrap();
        let key = AppKey(hmac::Key::new(hmac::HMAC_SHA256, &secret));
        let base = concat!(
            "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n",
            "\"@authority\": example.com\n",
            "\"content-type\": application/json\n",
            "\"@signature-params\": (\"date\" \"@authority\" \"content-type\")",
            ";created=1618884473;keyid=\"test-shared-secret\"",
        );
        let expected = "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=";
        assert_eq!(STANDARD.encode(key.sign(base.as_bytes())), expected);
        let mac = STANDARD.decode(expected).unwrap().try_into().unwrap();
        assert_eq!(key.verify(base.as_bytes(), &mac), Ok(()));
    }

    #[test]
    fn ecdsa_is_that_of_rfc_9421_appendix_b_2_4() {
        let mut point = [4; 65];
        let (x, y) = point[1..].split_at_mut(32);
        URL_SAFE_NO_PAD.decode_slice("qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA", x).unwrap();
        URL_SAFE_NO_PAD.decode_slice("Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0", y).unwrap();
        let base = concat!(
            "\"@status\": 200\n",
            "\"content-type\": application/json\n",
            "\"content-digest\": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:\n",
            "\"content-length\": 23\n",
            "\"@signature-params\": (\"@status\" \"content-type\" \"content-digest\" \"content-length\")",
            ";created=1618884473;keyid=\"test-key-ecc-p256\"",
        );
        let signature = STANDARD
            .decode("wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==")
            .unwrap()
            .try_into()
            .unwrap();
        let key = PhoneKey::new(&point).unwrap();
        assert_eq!(key.verify(base.as_bytes(), &signature), Ok(()));
        assert_eq!(key.verify(b"something else", &signature), Err(SignatureError::Mismatch));
    }
}
