//! Signing as a phone: for authenticators in Rust, and for tests of what a server does with them.

use super::{
    Caller, Headers, Request,
    field::{LABEL, body_digest, push_content_digest, push_signature},
    request::{base, push_params},
};
use crate::{Cx, PhoneId, p256};
use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use zeroize::Zeroizing;

/// The private half of a phone's key on the curve P-256.
pub struct PhoneSigner {
    pair: EcdsaKeyPair,
    secret: Zeroizing<[u8; 32]>,
    point: [u8; 65],
}

impl PhoneSigner {
    /// A new key of the given chance.
    pub fn draw(cx: &mut Cx<'_>) -> Self {
        loop {
            // All but one in 2^32 draws are below the order of the curve.
            if let Some(key) = Self::from_secret(&Zeroizing::new(cx.bytes())) {
                return key;
            }
        }
    }

    /// The key of its 32 bytes; `None` when they are zero or not below the order of the curve.
    pub fn from_secret(secret: &[u8; 32]) -> Option<Self> {
        let point = p256::point(secret)?;
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, secret, &point).ok()?;
        Some(Self { pair, secret: Zeroizing::new(*secret), point })
    }

    /// What [`PhoneSigner::from_secret`] takes. Every caller is a place to look at in a review.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The public key as an uncompressed point: 4, then x and y as a JWK holds them.
    pub fn point(&self) -> &[u8; 65] {
        &self.point
    }

    /// r and s, 32 bytes each. The scheme draws a number that nobody may know, so that the same
    /// bytes are signed differently each time.
    #[expect(clippy::expect_used, reason = "a key that was accepted signs 32 bytes")]
    fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let signed = self.pair.sign_digest(&digest(&SHA256, bytes)).expect("AWS-LC signs");
        let mut signature = [0; 64];
        signature.iter_mut().zip(signed.as_ref()).for_each(|(to, from)| *to = *from);
        signature
    }
}

impl std::fmt::Debug for PhoneSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneSigner(…)")
    }
}

/// Signs a request as a phone. `nonce` is fresh chance for every call, also for a repetition.
///
/// A request that holds anything but printable ASCII is signed like any other and refused by every
/// server.
pub fn sign_phone_request(
    key: &PhoneSigner,
    phone: PhoneId,
    request: &Request<'_>,
    created_secs: u64,
    nonce: [u8; 16],
) -> Headers {
    let mut signed = String::with_capacity(352);
    push_params(&mut signed, Caller::Phone(phone), created_secs, nonce);
    let digest = body_digest(request.body);
    let base = base(request, &digest, &signed);
    let mut content_digest = String::with_capacity(54);
    push_content_digest(&mut content_digest, &digest);
    let mut signature = String::with_capacity(96);
    push_signature(&mut signature, &key.sign(base.as_bytes()));
    signed.insert_str(0, LABEL);
    Headers { content_digest, signature_input: signed, signature }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing,
        wire::signature::{PhoneKey, Presented, SignatureError},
    };
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    const REQUEST: Request<'_> = Request {
        method: "POST",
        authority: "phone.mfa.example.com",
        path: "/phone/v1/moves",
        query: "",
        client: "authx-phone/0.1.0",
        body: b"{}",
    };

    fn verified(headers: &Headers, key: &PhoneKey) -> Result<Caller, SignatureError> {
        let Headers { content_digest, signature_input, signature } = headers;
        let presented = Presented::parse(content_digest, signature_input, signature)?;
        presented.verify_phone(&REQUEST, key).map(|()| presented.caller)
    }

    #[test]
    fn the_point_is_that_of_rfc_9421_appendix_b_1_3() {
        let mut secret = [0; 32];
        URL_SAFE_NO_PAD
            .decode_slice("UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs", &mut secret)
            .unwrap();
        let key = PhoneSigner::from_secret(&secret).unwrap();
        let (x, y) = key.point()[1..].split_at(32);
        assert_eq!(URL_SAFE_NO_PAD.encode(x), "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA");
        assert_eq!(URL_SAFE_NO_PAD.encode(y), "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0");
        assert!(PhoneSigner::from_secret(&[0; 32]).is_none());
        assert!(PhoneSigner::from_secret(&[0xff; 32]).is_none());
    }

    #[test]
    fn what_one_key_signs_no_other_verifies() {
        let (one, other) = testing::with_cx(7, |cx| (PhoneSigner::draw(cx), PhoneSigner::draw(cx)));
        let phone = PhoneId::from_bytes([1; 16]);
        let headers = sign_phone_request(&one, phone, &REQUEST, 1_790_000_000, [2; 16]);
        let [own, strange] = [&one, &other].map(|key| PhoneKey::new(key.point()).unwrap());
        assert_eq!(verified(&headers, &own), Ok(Caller::Phone(phone)));
        assert_eq!(verified(&headers, &strange), Err(SignatureError::Mismatch));
        let again = PhoneSigner::from_secret(one.secret()).unwrap();
        assert_eq!(again.point(), one.point());
        assert_eq!(format!("{again:?}"), "PhoneSigner(…)");
    }
}
