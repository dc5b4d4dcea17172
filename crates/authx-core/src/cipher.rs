//! AES-256-GCM, HMAC and the derivation of keys, with the failures that cannot happen kept here.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest::{self, SHA256_OUTPUT_LEN},
    error::Unspecified,
    hmac::{self, HMAC_SHA256},
};
use zeroize::Zeroizing;

/// Bytes that sealing adds.
pub(crate) const TAG: usize = 16;

/// An HMAC-SHA-256 key.
pub(crate) fn hmac_key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(HMAC_SHA256, bytes)
}

/// HMAC-SHA-256 over all parts, one after the other.
pub(crate) fn mac(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; SHA256_OUTPUT_LEN];
    out.copy_from_slice(context.sign().as_ref());
    out
}

/// HKDF-Extract (RFC 5869 §2.2) with SHA-256.
pub(crate) fn extract(salt: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(mac(&hmac_key(salt), parts))
}

/// HKDF-Expand (RFC 5869 §2.3) with SHA-256 to 32 bytes: its first block, which is one HMAC. So the
/// key is scheduled once however much is derived from it, and nothing can fail.
pub(crate) fn expand(key: &hmac::Key, info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut parts = info.to_vec();
    parts.push(&[1]);
    Zeroizing::new(mac(key, &parts))
}

/// An AES-256-GCM key.
#[expect(clippy::expect_used, reason = "only a wrong length is refused, and the type fixes it")]
pub(crate) fn aes(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are an AES-256 key"))
}

/// Encrypts what `buffer` holds after its first `from` bytes, in place, and appends the tag.
#[expect(clippy::expect_used, reason = "only 64 GiB and more are refused, which no caller has")]
pub(crate) fn seal(
    key: &LessSafeKey,
    nonce: [u8; 12],
    aad: &[u8],
    buffer: &mut Vec<u8>,
    from: usize,
) {
    let (_, plain) = buffer.split_at_mut(from);
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), plain)
        .expect("short enough for AES-GCM");
    buffer.extend_from_slice(tag.as_ref());
}

/// Decrypts `buffer` in place and drops the tag.
pub(crate) fn open(
    key: &LessSafeKey,
    nonce: [u8; 12],
    aad: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<(), Unspecified> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let length = key.open_in_place(nonce, Aad::from(aad), buffer)?.len();
    buffer.truncate(length);
    Ok(())
}

/// SHA-256.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    let mut out = [0; SHA256_OUTPUT_LEN];
    out.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
    out
}
