//! The table `[portal]`: who may come in, and for how long.

use authx_program::config::{Reading, Section};
use std::str::FromStr;

/// Who may come in, and for how long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Portal {
    /// Who may make a company.
    pub sign_up: SignUp,
    /// Seconds after which a session that nobody uses ends.
    pub idle_secs: u64,
    /// Seconds after which every session ends.
    pub session_secs: u64,
}

/// Who may make a company.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignUp {
    /// The first owner, with the link that `authx init` showed, and nobody after that.
    Closed,
    /// Whoever has a link that `authx init` or `authx portal link` showed.
    Invited,
    /// Everybody.
    Open,
}

/// Not a word for who may make a company.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be “closed”, “invited” or “open”")]
pub struct InvalidSignUp;

impl Portal {
    pub(super) fn read(reading: &mut Reading<'_>, root: &mut Section<'_>) -> Self {
        let mut section = root.section(reading, "portal");
        let sign_up = section.parsed(reading, "sign_up");
        let idle = section.number(reading, "idle_minutes", 5..1_441);
        let whole = section.number(reading, "session_hours", 1..169);
        section.finish(reading);
        let default = Self::default();
        Self {
            sign_up: sign_up.unwrap_or(default.sign_up),
            idle_secs: idle.map_or(default.idle_secs, |minutes| u64::from(minutes) * 60),
            session_secs: whole.map_or(default.session_secs, |hours| u64::from(hours) * 3_600),
        }
    }
}

impl Default for Portal {
    /// Closed; 30 minutes and 12 hours, as SP 800-63B-4 §2.2.3 has them for AAL2.
    fn default() -> Self {
        Self { sign_up: SignUp::Closed, idle_secs: 1_800, session_secs: 43_200 }
    }
}

impl FromStr for SignUp {
    type Err = InvalidSignUp;

    fn from_str(text: &str) -> Result<Self, InvalidSignUp> {
        match text {
            "closed" => Ok(Self::Closed),
            "invited" => Ok(Self::Invited),
            "open" => Ok(Self::Open),
            _ => Err(InvalidSignUp),
        }
    }
}
