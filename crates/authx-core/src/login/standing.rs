//! What can be said of a login as it stands.

use super::{Login, Stage};
use crate::guard::Source;

impl Login {
    /// Does it stay as it is?
    pub fn is_final(&self) -> bool {
        match self.stage {
            Stage::AwaitingInput { .. } | Stage::AwaitingPhone(_) => false,
            Stage::Allowed { .. } | Stage::Cancelled | Stage::Expired | Stage::Refused { .. } => {
                true
            }
        }
    }

    /// The number of its open question, where that is answered by another connection.
    pub fn open_challenge(&self) -> Option<u32> {
        self.challenges.filter(|_| matches!(self.stage, Stage::AwaitingInput { .. }))
    }

    /// Whether a question can be put to the user.
    pub(super) fn can_ask(&self) -> bool {
        self.can.text || self.challenges.is_some()
    }

    /// Whether one more question can be put after the first.
    pub(super) fn can_ask_again(&self) -> bool {
        self.can.text && self.can.several || self.challenges.is_some()
    }

    /// Where it comes from.
    pub fn source(&self) -> Source {
        Source::of(self.client.address)
    }
}
