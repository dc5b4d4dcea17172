//! Where notices may go: an address comes from a client, and the server connects to it.

use super::PhoneError;
use crate::{app::App, senders::web_push::Target};
use authx_core::wire::phone::Subscribe;

/// Checks everything that can be checked without asking the push service.
pub(super) fn check(app: &App, subscription: &Subscribe) -> Result<(), PhoneError> {
    let push = app.push.as_ref().ok_or(PhoneError::PushOff)?;
    let target = Target {
        endpoint: subscription.endpoint.clone(),
        p256dh: subscription.keys.p256dh.text(),
        auth: subscription.keys.auth.text(),
    };
    Ok(target.check(push.hosts()).map(|_| ())?)
}
