//! Web Push: a message to a phone whose app is closed, through the push service of its browser.
//!
//! RFC 8030 (the request), RFC 8291 and 8188 (its body), RFC 8292 (who sends). [`WebPush`] sends one
//! message and says what became of it; a [`Queue`] sends many beside each other, so that nobody
//! waits for a push service.

mod addresses;
mod body;
mod client;
mod contact;
mod endpoint;
mod failure;
mod host;
mod message;
mod queue;
#[cfg(test)]
mod tests;
mod vapid;

pub use addresses::{Opened, reachable};
pub use client::{Settings, SetupError, WebPush};
pub use contact::{Contact, InvalidContact};
pub use endpoint::{Endpoint, ForbiddenEndpoint};
pub use failure::{SendError, Sent};
pub use host::{Host, InvalidHost, known};
pub use message::{InvalidSubscription, Message, Subscription, Target, Topic};
pub use queue::{Notice, Queue};
pub use vapid::{InvalidVapidKey, VapidKey};

use crate::random::Random;
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use zeroize::Zeroizing;

/// A private key of P-256, and its bytes.
fn private_key(random: &dyn Random) -> (Zeroizing<[u8; 32]>, PrivateKey) {
    loop {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(&mut bytes[..]);
        // One draw in 2^32 is not below the curve's order.
        if let Ok(key) = PrivateKey::from_private_key(&ECDH_P256, &bytes[..]) {
            return (bytes, key);
        }
    }
}
