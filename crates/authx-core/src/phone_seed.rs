//! The seed of a phone's codes, sealed so that only the phone can open it: what
//! [`PhoneBox::open_seed`](crate::phone_box::PhoneBox::open_seed) undoes.

use crate::{
    Cx, PhoneId, cipher, p256,
    wire::phone::{Base64Url, Seed},
};
use aws_lc_rs::{
    agreement::{self, ECDH_P256, UnparsedPublicKey},
    error::Unspecified,
};
use zeroize::Zeroizing;

/// Bytes of a seed, which is the HMAC key of RFC 6238 with SHA-256.
pub const SEED_LEN: usize = 32;

/// The phone's box key is no point on the curve P-256.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the key to which the codes' seed is sealed is not a point on the curve P-256")]
pub struct InvalidBoxKey;

/// Seals a seed to the box key of the phone `phone`.
///
/// # Errors
///
/// [`InvalidBoxKey`].
pub fn seal_seed(
    cx: &mut Cx<'_>,
    phone: PhoneId,
    box_key: &[u8; 65],
    seed: &[u8; SEED_LEN],
) -> Result<Seed, InvalidBoxKey> {
    let ephemeral = loop {
        // All but one in 2^32 draws are below the order of the curve.
        let secret = Zeroizing::new(cx.bytes());
        if p256::point(&secret).is_some() {
            break secret;
        }
    };
    let iv = cx.bytes();
    sealed(&ephemeral, iv, phone, box_key, seed).map_err(|_| InvalidBoxKey)
}

fn sealed(
    ephemeral: &[u8; 32],
    iv: [u8; 12],
    phone: PhoneId,
    box_key: &[u8; 65],
    seed: &[u8; SEED_LEN],
) -> Result<Seed, Unspecified> {
    let phone = phone.to_string();
    let point = p256::point(ephemeral).ok_or(Unspecified)?;
    let own = p256::private_key(ephemeral).ok_or(Unspecified)?;
    let other = UnparsedPublicKey::new(&ECDH_P256, box_key);
    let key = agreement::agree(&own, other, Unspecified, |shared| {
        let salt = cipher::sha256(&[&point[..], box_key].concat());
        let extracted = cipher::extract(&salt, &[shared]);
        Ok(cipher::expand(&cipher::hmac_key(&*extracted), &[SEED_INFO, phone.as_bytes()]))
    })?;
    // The room is taken at once: growing would leave a copy of the seed behind.
    let mut buffer = Vec::with_capacity(SEED_LEN + cipher::TAG);
    buffer.extend_from_slice(seed);
    cipher::seal(&cipher::aes(&key), iv, phone.as_bytes(), &mut buffer, 0);
    Ok(Seed {
        ephemeral: Base64Url::new(point),
        iv: Base64Url::new(iv),
        ciphertext: Base64Url::new(buffer),
    })
}

const SEED_INFO: &[u8] = b"authx seed 1\0";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        phone_box::PhoneBox,
        testing::{hex, unhex, with_cx},
    };
    use serde::Deserialize;

    fn opened(key: &PhoneBox, phone: PhoneId, seed: &Seed) -> Option<Vec<u8>> {
        let ephemeral = seed.ephemeral.as_bytes().try_into().ok()?;
        let iv = seed.iv.as_bytes().try_into().ok()?;
        let opened = key.open_seed(phone, ephemeral, iv, seed.ciphertext.as_bytes()).ok()?;
        Some(opened.expose().to_vec())
    }

    #[test]
    fn only_this_phone_opens_it() {
        let (one, other) = with_cx(1, |cx| (PhoneBox::draw(cx), PhoneBox::draw(cx)));
        let (phone, wrong) = (PhoneId::from_bytes([1; 16]), PhoneId::from_bytes([2; 16]));
        let seed = with_cx(2, |cx| seal_seed(cx, phone, one.point(), &[7; 32])).unwrap();
        assert_eq!(opened(&one, phone, &seed), Some(vec![7; 32]));
        assert_eq!(opened(&one, wrong, &seed), None, "another id");
        assert_eq!(opened(&other, phone, &seed), None, "another key");
        let nowhere = with_cx(2, |cx| seal_seed(cx, phone, &[4; 65], &[7; 32]));
        assert_eq!(nowhere, Err(InvalidBoxKey));
    }

    #[derive(Deserialize)]
    struct Vectors {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        phone: PhoneId,
        box_secret: String,
        ephemeral_secret: String,
        iv: String,
        secret: String,
        seed: Seed,
    }

    /// The same cases are checked in TypeScript.
    #[test]
    fn the_form_is_that_of_the_vectors() {
        let vectors: Vectors =
            serde_json::from_str(include_str!("../vectors/phone_seed.json")).unwrap();
        assert!(!vectors.cases.is_empty());
        for case in vectors.cases {
            let array = |text: &str| <[u8; 32]>::try_from(unhex(text)).unwrap();
            let key = PhoneBox::from_secret(&array(&case.box_secret)).unwrap();
            let iv = unhex(&case.iv).try_into().unwrap();
            let (ephemeral, secret) = (array(&case.ephemeral_secret), array(&case.secret));
            let made = sealed(&ephemeral, iv, case.phone, key.point(), &secret).unwrap();
            let text = serde_json::to_string(&made).unwrap();
            assert_eq!(made, case.seed, "{text}");
            let opened = opened(&key, case.phone, &case.seed).unwrap();
            assert_eq!(hex(&opened), case.secret);
        }
    }
}
