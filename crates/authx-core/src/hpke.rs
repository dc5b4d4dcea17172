//! HPKE (RFC 9180) in base mode with one suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//! AES-256-GCM.

use crate::cipher;
use aws_lc_rs::{
    aead::LessSafeKey,
    agreement::{self, PrivateKey, UnparsedPublicKey, X25519},
    error::Unspecified,
};
use zeroize::Zeroizing;

/// What one side seals and the other opens, message by message, in order.
pub(crate) struct Context {
    key: LessSafeKey,
    base_nonce: [u8; 12],
    sequence: u64,
}

impl Context {
    /// The sender's side, and the encapsulated key to send before the first message. `ephemeral` is
    /// 32 random bytes, used for this once. Fails if `recipient` is a point of small order.
    pub(crate) fn sender(
        ephemeral: &[u8; 32],
        recipient: &[u8; 32],
        info: &[u8],
    ) -> Result<([u8; 32], Self), Unspecified> {
        let encapsulated = public_key(ephemeral)?;
        let secret = shared_secret(ephemeral, recipient, &[encapsulated, *recipient])?;
        Ok((encapsulated, Self::schedule(&secret, info)))
    }

    /// The recipient's side. Fails if `encapsulated` is a point of small order.
    pub(crate) fn recipient(
        encapsulated: &[u8; 32],
        private: &[u8; 32],
        info: &[u8],
    ) -> Result<Self, Unspecified> {
        let own = public_key(private)?;
        let secret = shared_secret(private, encapsulated, &[*encapsulated, own])?;
        Ok(Self::schedule(&secret, info))
    }

    /// Encrypts what `buffer` holds after its first `from` bytes, in place, and appends the tag.
    pub(crate) fn seal(&mut self, aad: &[u8], buffer: &mut Vec<u8>, from: usize) {
        cipher::seal(&self.key, self.nonce(), aad, buffer, from);
        self.sequence += 1;
    }

    /// Decrypts `buffer` in place and drops the tag.
    pub(crate) fn open(&mut self, aad: &[u8], buffer: &mut Vec<u8>) -> Result<(), Unspecified> {
        cipher::open(&self.key, self.nonce(), aad, buffer)?;
        self.sequence += 1;
        Ok(())
    }

    /// RFC 9180 §5.1, with the empty `psk` and `psk_id` of base mode.
    fn schedule(shared_secret: &[u8; 32], info: &[u8]) -> Self {
        let psk_id_hash = extract(SUITE, b"", b"psk_id_hash", b"");
        let info_hash = extract(SUITE, b"", b"info_hash", info);
        let context = [&[MODE_BASE], &psk_id_hash[..], &info_hash[..]].concat();
        let secret = extract(SUITE, shared_secret, b"secret", b"");
        let key = expand(SUITE, &secret, b"key", &context, 32);
        let nonce = expand(SUITE, &secret, b"base_nonce", &context, 12);
        let mut base_nonce = [0; 12];
        base_nonce.iter_mut().zip(nonce.iter()).for_each(|(to, from)| *to = *from);
        Self { key: cipher::aes(&key), base_nonce, sequence: 0 }
    }

    fn nonce(&self) -> [u8; 12] {
        let mut nonce = self.base_nonce;
        let sequence = self.sequence.to_be_bytes();
        nonce.iter_mut().rev().zip(sequence.iter().rev()).for_each(|(to, from)| *to ^= from);
        nonce
    }
}

/// The public half of an X25519 key.
pub(crate) fn public_key(private: &[u8; 32]) -> Result<[u8; 32], Unspecified> {
    let public = private_key(private)?.compute_public_key()?;
    public.as_ref().try_into().map_err(|_| Unspecified)
}

/// RFC 9180 §4.1: Diffie-Hellman, extracted and expanded.
fn shared_secret(
    own: &[u8; 32],
    other: &[u8; 32],
    kem_context: &[[u8; 32]; 2],
) -> Result<Zeroizing<[u8; 32]>, Unspecified> {
    let other = UnparsedPublicKey::new(&X25519, other);
    agreement::agree(&private_key(own)?, other, Unspecified, |dh| {
        let eae_prk = extract(KEM_SUITE, b"", b"eae_prk", dh);
        Ok(expand(KEM_SUITE, &eae_prk, b"shared_secret", kem_context.as_flattened(), 32))
    })
}

fn private_key(bytes: &[u8; 32]) -> Result<PrivateKey, Unspecified> {
    PrivateKey::from_private_key(&X25519, bytes).map_err(|_| Unspecified)
}

/// `LabeledExtract` of RFC 9180 §4.
fn extract(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> Zeroizing<[u8; 32]> {
    cipher::extract(salt, &[VERSION, suite, label, ikm])
}

/// `LabeledExpand` of RFC 9180 §4: of the 32 bytes the first `length` (at most 32) count.
fn expand(
    suite: &[u8],
    prk: &[u8; 32],
    label: &[u8],
    info: &[u8],
    length: u8,
) -> Zeroizing<[u8; 32]> {
    cipher::expand(&cipher::hmac_key(prk), &[&[0, length], VERSION, suite, label, info])
}

const VERSION: &[u8] = b"HPKE-v1";
const KEM_SUITE: &[u8] = b"KEM\x00\x20";
const SUITE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x02";
const MODE_BASE: u8 = 0;
