//! What became of a first factor.

/// What the caller of [`start`](super::start) or [`step`](super::step) found out about the first
/// factor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FirstFactor {
    /// Not proved, for a cause that only the operator may learn.
    Failed(Cause),
    /// Proved.
    Proved,
}

/// Why a first factor was not proved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// The account was switched off.
    AccountDisabled,
    /// AuthX keeps no password of this user.
    NoPassword,
    /// It was; but only groups may use the application, and the user is in none of them.
    NotInGroup,
    /// It was not looked at: nobody signs in at the application.
    SwitchedOff,
    /// Nobody of that name.
    UnknownUser,
    /// Wrong password.
    WrongPassword,
}

/// Why somebody is let in by the first factor alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Spared {
    /// The second factor is tried with a group first, and the user is not in it.
    Pilot,
}

impl Spared {
    /// The word for it in the record.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pilot => "pilot",
        }
    }
}

impl Cause {
    /// Whether it says that what was given as the first factor is not what it should be.
    pub(super) fn is_wrong_guess(self) -> bool {
        match self {
            Self::AccountDisabled | Self::NoPassword | Self::UnknownUser | Self::WrongPassword => {
                true
            }
            Self::NotInGroup | Self::SwitchedOff => false,
        }
    }

    /// The word for it in the record.
    pub fn word(self) -> &'static str {
        match self {
            Self::AccountDisabled => "account_disabled",
            Self::NoPassword => "no_password",
            Self::NotInGroup => "not_in_group",
            Self::SwitchedOff => "switched_off",
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
        }
    }
}
