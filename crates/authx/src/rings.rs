//! Phones that are to be rung, on their way from a stored login to whoever sends notices: handed
//! over at once, so that no login waits for a push service.

use authx_core::{ApplicationId, LoginId, Millis, PhoneId, TenantId, UserId};
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};

/// One phone to ring for one login.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ring {
    /// Whose.
    pub tenant: TenantId,
    /// The login's application.
    pub application: ApplicationId,
    /// For what.
    pub login: LoginId,
    /// The user.
    pub user: Option<UserId>,
    /// Which phone; `None` only wakes the open apps of the user, without a notice.
    pub phone: Option<PhoneId>,
    /// When the request ends by itself.
    pub until: Millis,
}

/// The queue of them.
#[derive(Debug)]
pub struct Rings {
    sender: Sender<Ring>,
    receiver: Mutex<Option<Receiver<Ring>>>,
}

impl Rings {
    /// An empty queue.
    pub fn new() -> Self {
        let (sender, receiver) = channel(MOST);
        Self { sender, receiver: Mutex::new(Some(receiver)) }
    }

    /// Hands one over. When more wait than push services take, it is left out: the phone finds the
    /// request when it is opened, and the log says so.
    pub fn ring(&self, ring: Ring) {
        match self.sender.try_send(ring) {
            // Commands that change a login ring nobody.
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(ring)) => {
                tracing::error!(login = %ring.login, "too many notices wait; this one is not sent");
            }
        }
    }

    /// The end where they come out; once.
    pub fn take(&self) -> Option<Receiver<Ring>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Default for Rings {
    fn default() -> Self {
        Self::new()
    }
}

/// A minute of what the busiest node can begin.
const MOST: usize = 20_000;
