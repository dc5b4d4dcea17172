//! A phone that can be asked, and how far a request to it comes.

use crate::{Millis, PhoneId, policy::PhoneClass};
use serde::{Deserialize, Serialize};

/// A phone that can be asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Phone {
    /// Which.
    pub id: PhoneId,
    /// What its owner calls it.
    pub name: String,
    /// What keeps its keys.
    pub class: PhoneClass,
    /// Whether notices can be sent to it.
    pub subscribed: bool,
    /// Since when nothing that was sent has arrived.
    pub unreachable_since: Option<Millis>,
}

impl Phone {
    /// Whether a request will be noticed, as far as is known.
    pub fn is_reachable(&self) -> bool {
        self.subscribed && self.unreachable_since.is_none()
    }
}

/// How far a request came.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The phone said that it has it.
    Delivered,
    /// It could not be sent.
    Failed,
    /// Notices are off on this phone: it sees the request when it is opened.
    Silent,
    /// Sent; the phone has not said that it has it.
    Sent,
    /// Sent, but nothing has arrived there since.
    Unreachable {
        /// Since when.
        since: Millis,
    },
}

impl Reach {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Silent => "silent",
            Self::Sent => "sent",
            Self::Unreachable { .. } => "unreachable",
        }
    }
}
