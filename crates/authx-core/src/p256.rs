//! Private keys on the curve P-256 as 32 bytes.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};

/// The public half as an uncompressed point (SEC 1 §2.3.3); `None` when the bytes are zero or not
/// below the order of the curve.
pub(crate) fn point(secret: &[u8; 32]) -> Option<[u8; 65]> {
    private_key(secret)?.compute_public_key().ok()?.as_ref().try_into().ok()
}

/// The key itself, to agree with others.
pub(crate) fn private_key(secret: &[u8; 32]) -> Option<PrivateKey> {
    PrivateKey::from_private_key(&ECDH_P256, secret).ok()
}
