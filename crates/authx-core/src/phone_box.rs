//! What a server encrypts to a phone: the seed of its codes.
//!
//! A phone in a browser opens it with `unwrapKey` of the Web Cryptography API, so that no script sees the
//! bytes; that is why the form is plain ECDH, HKDF and AES-GCM instead of a ready-made scheme.

use crate::{Cx, PhoneId, Secret, cipher, p256};
use aws_lc_rs::{
    agreement::{self, ECDH_P256, UnparsedPublicKey},
    error::Unspecified,
};
use zeroize::Zeroizing;

/// The private half of the key on the curve P-256 to which a server encrypts.
pub struct PhoneBox {
    secret: Zeroizing<[u8; 32]>,
    point: [u8; 65],
}

/// What came is not for this phone, or was changed on the way.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the seed of the codes is not encrypted to this phone, or it was changed on the way")]
pub struct NotForThisPhone;

impl PhoneBox {
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
        Some(Self { secret: Zeroizing::new(*secret), point })
    }

    /// What [`PhoneBox::from_secret`] takes. Every caller is a place to look at in a review.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The public key as an uncompressed point: 4, then x and y as a JWK holds them.
    pub fn point(&self) -> &[u8; 65] {
        &self.point
    }

    /// Opens the seed that a server sealed for the phone `phone`: `ephemeral` is the server's point,
    /// `sealed` the encrypted seed with the tag at its end.
    ///
    /// # Errors
    ///
    /// [`NotForThisPhone`]; nothing says which part of it was wrong.
    pub fn open_seed(
        &self,
        phone: PhoneId,
        ephemeral: &[u8; 65],
        iv: &[u8; 12],
        sealed: &[u8],
    ) -> Result<Secret, NotForThisPhone> {
        let phone = phone.to_string();
        let own = p256::private_key(&self.secret).ok_or(NotForThisPhone)?;
        let other = UnparsedPublicKey::new(&ECDH_P256, ephemeral);
        let key = agreement::agree(&own, other, Unspecified, |shared| {
            let salt = cipher::sha256(&[&ephemeral[..], &self.point].concat());
            let extracted = cipher::extract(&salt, &[shared]);
            Ok(cipher::expand(&cipher::hmac_key(&*extracted), &[SEED_INFO, phone.as_bytes()]))
        });
        let key = key.map_err(|_| NotForThisPhone)?;
        let mut buffer = sealed.to_vec();
        cipher::open(&cipher::aes(&key), *iv, phone.as_bytes(), &mut buffer)
            .map_err(|_| NotForThisPhone)?;
        Ok(Secret::new(buffer))
    }
}

impl std::fmt::Debug for PhoneBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneBox(…)")
    }
}

const SEED_INFO: &[u8] = b"authx seed 1\0";
