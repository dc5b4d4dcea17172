//! Where notices may go, as far as the address alone says.

use super::PhoneError;
use crate::senders::web_push::{Target, WebPush};
use authx_core::wire::phone::Subscribe;

/// An address comes from a client, and the server connects to it: only the push services that are
/// configured get messages.
pub(super) fn check(push: Option<&WebPush>, subscription: &Subscribe) -> Result<(), PhoneError> {
    let Some(push) = push else {
        return Err(PhoneError::Endpoint("this server sends no notices".to_owned()));
    };
    if subscription.endpoint.len() > MOST_BYTES {
        return Err(PhoneError::Endpoint("an endpoint has at most 2,048 bytes".to_owned()));
    }
    let target = target(subscription);
    let checked = target.check(push.hosts());
    checked.map(drop).map_err(|error| PhoneError::Endpoint(error.to_string()))
}

/// A subscription as it is sent to.
pub fn target(subscription: &Subscribe) -> Target {
    let Subscribe { endpoint, keys } = subscription;
    Target { endpoint: endpoint.clone(), p256dh: keys.p256dh.text(), auth: keys.auth.text() }
}

const MOST_BYTES: usize = 2_048;
