//! What the agent wants of OpenVPN.

use super::{ClientIds, ManagementError};
use std::net::SocketAddr;
use tokio::sync::oneshot;

/// One request, and who waits for its end.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) peer: SocketAddr,
    pub(super) ids: Option<ClientIds>,
    pub(super) what: What,
    answer: oneshot::Sender<Result<(), ManagementError>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum What {
    Ask { extra: String, secs: u64 },
    Kill,
    Wake,
}

impl What {
    /// Whether the command names a key, not only a client.
    pub(super) fn needs_key(&self) -> bool {
        *self != Self::Kill
    }
}

pub(super) type Answer = oneshot::Receiver<Result<(), ManagementError>>;

impl Request {
    pub(super) fn new(peer: SocketAddr, ids: Option<ClientIds>, what: What) -> (Self, Answer) {
        let (answer, receiver) = oneshot::channel();
        (Self { peer, ids, what, answer }, receiver)
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }

    pub(super) fn finish(self, result: Result<(), ManagementError>) {
        // Whoever asked may have gone; then nobody needs to know.
        drop(self.answer.send(result));
    }
}
