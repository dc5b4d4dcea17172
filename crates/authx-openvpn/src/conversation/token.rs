//! What OpenVPN's token says decides whether there is anything to ask.
//!
//! A renegotiation never asks for a second factor: a phone that rings every hour teaches its user
//! to say yes, and a client that waits for an answer may lose its tunnel meanwhile.

use crate::{environment::SessionState, sessions::Approved};
use authx_core::{Millis, name::Name, reason::Reason};

/// What a sign-in is.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// A renegotiation, or the same session again, behind a valid token.
    Approved(Approved),
    /// A renegotiation without a token: the first factor again, and nothing else.
    FirstFactorOnly(Approved),
    /// A login.
    Login,
    /// Nothing that could be let in or asked.
    Refused(Reason),
}

impl Standing {
    /// Judges what OpenVPN says of the token against what this host approved itself.
    pub(super) fn of(
        said: Option<(&str, SessionState)>,
        known: Option<Approved>,
        user: &Name,
        now: Millis,
    ) -> Self {
        let Some((_, state)) = said else { return Self::Login };
        let same = |known: &Approved| {
            Name::new(&known.user).is_ok_and(|known| known.folded() == user.folded())
        };
        let known = known.filter(same);
        let stands = |known: &Approved| !known.ended && now <= known.until;
        match (state, known) {
            (SessionState::Initial, Some(known)) if stands(&known) => Self::FirstFactorOnly(known),
            (SessionState::Initial, _) => Self::Login,
            (SessionState::Authenticated, Some(known)) if stands(&known) => Self::Approved(known),
            (SessionState::Authenticated, None) => Self::Refused(Reason::SessionUnknown),
            (SessionState::Authenticated, Some(_)) | (SessionState::Other, _) => {
                Self::Refused(Reason::SessionEnded)
            }
        }
    }
}
