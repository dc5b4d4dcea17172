//! Where notices may go, as far as the address alone says.

use super::PhoneError;
use authx_core::wire::{phone::Subscribe, signature::PhoneKey};

/// An address comes from a client, and the server connects to it.
pub(super) fn check(subscription: &Subscribe) -> Result<(), PhoneError> {
    let endpoint = &subscription.endpoint;
    let printable = endpoint.bytes().all(|byte| byte.is_ascii_graphic());
    if !endpoint.starts_with("https://") || endpoint.len() > MOST_BYTES || !printable {
        return Err(PhoneError::Endpoint("notices go to an https address of at most 2,048 bytes"));
    }
    let point = <&[u8; 65]>::try_from(subscription.keys.p256dh.as_bytes());
    if !point.is_ok_and(|point| PhoneKey::new(point).is_some()) {
        return Err(PhoneError::Endpoint("p256dh is no point on the curve P-256"));
    }
    if subscription.keys.auth.as_bytes().len() != AUTH_LEN {
        return Err(PhoneError::Endpoint("auth has 16 bytes"));
    }
    Ok(())
}

const MOST_BYTES: usize = 2_048;
/// RFC 8291 §3.2.
const AUTH_LEN: usize = 16;
