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
    /// Nobody of that name.
    UnknownUser,
    /// Wrong password.
    WrongPassword,
}

impl Cause {
    /// The word for it in the record.
    pub fn word(self) -> &'static str {
        match self {
            Self::AccountDisabled => "account_disabled",
            Self::NoPassword => "no_password",
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
        }
    }
}
