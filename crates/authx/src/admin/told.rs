//! What an error means to whoever asked, through whichever door: one table, from which pages, the
//! API for scripts and whoever comes after make their own answers.

use super::{
    AdminError,
    accounts::AccountError,
    administrators::{InviteError, RoleError},
    aliases::AliasError,
    applications::ApplicationError,
    bypass::BypassError,
    company::CompanyError,
    groups::GroupError,
    imports::ImportError,
    keys::KeyError,
    own::OwnError,
    packages::HandOutError,
    passkeys::PasskeyError,
    passwords::PasswordRuleError,
    policies::PolicyError,
    retention::RetentionError,
    sign_up::{LinkError, SignUpError},
    tokens::TokenError,
};
use crate::{
    enrol::{code::CodeError, phones::PhoneError},
    packages::PackageError,
    passwords::PasswordError,
    store::StoreError,
};

/// What an error means. The word in it is stable: programs go by it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Meaning {
    /// Something is wrong inside; whoever runs the server finds it in the log.
    Fault,
    /// Whoever asked may not do that to this one.
    Forbidden(&'static str),
    /// Not now; the same may work in a moment.
    Later(&'static str),
    /// Not there, or another company's: nobody can tell.
    Missing,
    /// What is asked for cannot be done; the error says why.
    Refused(&'static str),
    /// So often not; the same works after as many seconds.
    Slower(&'static str, u64),
    /// Something else has the name or the place already.
    Taken(&'static str),
}

/// An error of a use case, and what it means.
pub trait Told: std::error::Error {
    /// What it means.
    fn told(&self) -> Meaning;
}

impl Told for AdminError {
    fn told(&self) -> Meaning {
        match self {
            Self::Busy
            | Self::Store(StoreError::Conflict)
            | Self::Password(PasswordError::Busy) => Meaning::Later("busy"),
            Self::Clock(_) => Meaning::Later("server_clock"),
            Self::NoLonger => Meaning::Forbidden("no_longer"),
            Self::Outranked => Meaning::Forbidden("outranked"),
            Self::UnknownTenant => Meaning::Missing,
            Self::Store(StoreError::Full) => Meaning::Later("storage_full"),
            Self::Store(StoreError::Unavailable { .. }) => Meaning::Later("unavailable"),
            Self::Damaged(_) | Self::Password(_) | Self::Seal(_) | Self::Store(_) => Meaning::Fault,
        }
    }
}

impl Told for AccountError {
    fn told(&self) -> Meaning {
        match self {
            Self::Admin(error) | Self::Password(PasswordRuleError::Admin(error)) => error.told(),
            Self::Name(_) => Meaning::Refused("invalid_name"),
            Self::NameTaken { .. } => Meaning::Taken("name_taken"),
            Self::NameReserved { .. } => Meaning::Taken("name_reserved"),
            Self::CodesJustMade { wait_secs } => Meaning::Slower("codes_just_made", *wait_secs),
            Self::Disabled(_) => Meaning::Refused("user_disabled"),
            Self::NotRemoved(_) => Meaning::Refused("not_removed"),
            Self::Password(PasswordRuleError::Refused(_)) => Meaning::Refused("password_refused"),
            Self::Removed(_) => Meaning::Refused("user_removed"),
            Self::Unknown(_) => Meaning::Missing,
        }
    }
}

impl Told for RoleError {
    fn told(&self) -> Meaning {
        match self {
            Self::Account(error) => error.told(),
            Self::Admin(error) => error.told(),
            Self::LastOwner => Meaning::Refused("last_owner"),
            Self::TooHigh(_) => Meaning::Refused("role_too_high"),
        }
    }
}

impl Told for InviteError {
    fn told(&self) -> Meaning {
        match self {
            Self::Account(error) => error.told(),
            Self::Role(error) => error.told(),
            Self::Admin(error) => error.told(),
            Self::Link(error) => error.told(),
            Self::Mail(_) | Self::Name(_) => Meaning::Refused("invalid_mail"),
        }
    }
}

impl Told for LinkError {
    fn told(&self) -> Meaning {
        match self {
            Self::Account(error) => error.told(),
            Self::Admin(error) => error.told(),
            Self::Disabled(_) => Meaning::Refused("user_disabled"),
            Self::Mail(_) => Meaning::Refused("not_mailed"),
        }
    }
}

impl Told for ApplicationError {
    fn told(&self) -> Meaning {
        match self {
            Self::SamePerson { .. } => Meaning::Refused("same_person"),
            Self::Admin(error) => error.told(),
            Self::Name(_) => Meaning::Refused("invalid_name"),
            Self::NameTaken(_) => Meaning::Taken("name_taken"),
            Self::NotForHand => Meaning::Refused("type_not_for_hand"),
            Self::Unknown(_) => Meaning::Missing,
            Self::UnknownGroup(_) => Meaning::Refused("no_such_group"),
        }
    }
}

impl Told for KeyError {
    fn told(&self) -> Meaning {
        match self {
            Self::Admin(error) => error.told(),
            Self::Application(error) => error.told(),
            Self::NameTaken(_) => Meaning::Taken("name_taken"),
            Self::NotRestorable => Meaning::Refused("not_restorable"),
            Self::TooMany => Meaning::Refused("too_many"),
            Self::Unknown(_) => Meaning::Missing,
        }
    }
}

impl Told for HandOutError {
    fn told(&self) -> Meaning {
        match self {
            Self::Application(error) => error.told(),
            Self::Key(error) => error.told(),
            Self::None(_) => Meaning::Refused("no_package"),
            Self::Package(PackageError::NotShipped(_)) => Meaning::Refused("package_not_shipped"),
            Self::Package(_) => Meaning::Fault,
        }
    }
}

impl Told for CompanyError {
    fn told(&self) -> Meaning {
        match self {
            Self::Admin(error) => error.told(),
            Self::Hue(_) => Meaning::Refused("invalid_hue"),
            Self::NamesTried { wait_secs } => Meaning::Slower("too_many_names", *wait_secs),
            Self::TimeZone(_) => Meaning::Refused("invalid_time_zone"),
            Self::Name(_) => Meaning::Refused("invalid_name"),
            Self::NameTaken(_) => Meaning::Taken("name_taken"),
        }
    }
}

impl Told for RetentionError {
    fn told(&self) -> Meaning {
        match self {
            Self::Admin(error) => error.told(),
            Self::Days(_) => Meaning::Refused("invalid_days"),
            Self::Unsound(..) => Meaning::Fault,
        }
    }
}

impl Told for TokenError {
    fn told(&self) -> Meaning {
        match self {
            Self::Admin(error) => error.told(),
            Self::Lifetime => Meaning::Refused("invalid_lifetime"),
            Self::NameTaken(_) => Meaning::Taken("name_taken"),
            Self::NoScope => Meaning::Refused("no_scope"),
            Self::NotForScripts => Meaning::Forbidden("not_for_tokens"),
            Self::NotRestorable => Meaning::Refused("not_restorable"),
            Self::ScopeTooWide(_) => Meaning::Forbidden("scope_too_wide"),
            Self::TooMany => Meaning::Refused("too_many"),
            Self::Unknown => Meaning::Missing,
        }
    }
}

impl Told for GroupError {
    fn told(&self) -> Meaning {
        match self {
            Self::Account(error) => error.told(),
            Self::Admin(error) => error.told(),
            Self::Name(_) => Meaning::Refused("invalid_name"),
            Self::NameTaken(_) => Meaning::Taken("name_taken"),
            Self::NotRemoved(_) => Meaning::Refused("not_removed"),
            Self::DecidesFactor(_) => Meaning::Forbidden("decides_second_factor"),
            Self::PolicyInForce(_) => Meaning::Forbidden("policy_in_force"),
            Self::TooMany | Self::TooManyOfUser(_) => Meaning::Refused("too_many"),
            Self::TooManyAtOnce(_) => Meaning::Refused("too_many_at_once"),
            Self::Unknown(_) => Meaning::Missing,
        }
    }
}

impl Told for PolicyError {
    fn told(&self) -> Meaning {
        match self {
            Self::Admin(error) => error.told(),
            Self::Application(error) => error.told(),
            Self::Changed(_) => Meaning::Taken("changed_meanwhile"),
            Self::Group(error) => error.told(),
            Self::Invalid(_) => Meaning::Refused("invalid_policy"),
            Self::UnknownVersion(_) => Meaning::Missing,
        }
    }
}

impl Told for OwnError {
    fn told(&self) -> Meaning {
        match self {
            Self::Account(error) => error.told(),
            Self::Admin(error) => error.told(),
            Self::Name(_) => Meaning::Refused("invalid_name"),
            Self::Last => Meaning::Refused("last_factor"),
            Self::NoPassword => Meaning::Refused("no_password"),
            Self::Phone(error) => error.told(),
            Self::Unknown => Meaning::Missing,
        }
    }
}

impl Told for CodeError {
    fn told(&self) -> Meaning {
        match self {
            Self::Account(error) => error.told(),
            Self::Admin(error) => error.told(),
            Self::AlreadyInForce => Meaning::Refused("already_in_force"),
            Self::Last => Meaning::Refused("last_factor"),
            Self::None => Meaning::Missing,
            Self::NotAllowed => Meaning::Refused("not_allowed"),
            Self::NothingPending => Meaning::Refused("nothing_pending"),
            Self::Wrong => Meaning::Refused("wrong_code"),
        }
    }
}

impl Told for PasskeyError {
    fn told(&self) -> Meaning {
        match self {
            Self::Account(error) => error.told(),
            Self::Admin(error) => error.told(),
            Self::Declined => Meaning::Refused("declined"),
            Self::Full => Meaning::Refused("too_many"),
            Self::Last => Meaning::Refused("last_factor"),
            Self::Name(_) => Meaning::Refused("invalid_name"),
            Self::Over => Meaning::Refused("over"),
            Self::Unavailable => Meaning::Refused("passkeys_unavailable"),
            Self::Unknown => Meaning::Missing,
        }
    }
}

impl Told for PhoneError {
    fn told(&self) -> Meaning {
        match self {
            Self::Account(error) => error.told(),
            Self::Admin(error) => error.told(),
            Self::AccountDisabled => Meaning::Refused("user_disabled"),
            Self::ClassNotAllowed(_) => Meaning::Refused("class_not_allowed"),
            Self::Credential(_) => Meaning::Refused("credential_refused"),
            Self::Endpoint(_) => Meaning::Refused("endpoint_refused"),
            Self::Gone => Meaning::Refused("phone_removed"),
            Self::InvalidKeys => Meaning::Refused("invalid_keys"),
            Self::KnownChannel => Meaning::Forbidden("known_channel"),
            Self::Mail(_) => Meaning::Refused("mail_refused"),
            Self::NotOpen => Meaning::Refused("not_open"),
            Self::Pending => Meaning::Refused("phone_pending"),
            Self::ProofDiffers => Meaning::Refused("proof_differs"),
            Self::SlowDown { .. } => Meaning::Later("slow_down"),
            Self::Taken => Meaning::Taken("id_taken"),
            Self::TooManyPhones(_) => Meaning::Refused("too_many_phones"),
            Self::Unknown(_) => Meaning::Missing,
            Self::WrongCode => Meaning::Refused("wrong_code"),
            Self::WrongProof { .. } => Meaning::Refused("wrong_proof"),
        }
    }
}

impl Told for SignUpError {
    fn told(&self) -> Meaning {
        match self {
            Self::Admin(error) => error.told(),
            Self::Link => Meaning::Missing,
            Self::Closed => Meaning::Refused("closed"),
            Self::Uninvited => Meaning::Refused("uninvited"),
            Self::Company(_) => Meaning::Refused("company_refused"),
            Self::Display(_) => Meaning::Refused("invalid_display"),
            Self::Mail(_) => Meaning::Refused("invalid_mail"),
            Self::Password(_) => Meaning::Refused("password_refused"),
            Self::Slip(_) => Meaning::Refused("mistyped"),
        }
    }
}

impl Told for AliasError {
    fn told(&self) -> Meaning {
        match self {
            Self::Account(error) => error.told(),
            Self::Admin(error) => error.told(),
            Self::Already(_) => Meaning::Taken("already_theirs"),
            Self::OwnName(_) => Meaning::Refused("own_name"),
            Self::Unknown(_) => Meaning::Missing,
        }
    }
}

impl Told for BypassError {
    fn told(&self) -> Meaning {
        match self {
            Self::Account(error) => error.told(),
            Self::Admin(error) => error.told(),
            Self::Denied => Meaning::Forbidden("denied"),
            Self::Digits { .. } => Meaning::Refused("wrong_digits"),
            Self::Guessed => Meaning::Forbidden("guessed"),
            Self::NeedsLeave => Meaning::Forbidden("needs_leave"),
            Self::NotForScripts => Meaning::Forbidden("not_for_scripts"),
            Self::NotYours => Meaning::Forbidden("not_yours"),
            Self::Over => Meaning::Refused("over"),
            Self::Owner => Meaning::Forbidden("owner"),
            Self::OwnWish => Meaning::Forbidden("own_wish"),
            Self::Reason => Meaning::Refused("invalid_reason"),
            Self::Time => Meaning::Refused("invalid_time"),
            Self::Unknown => Meaning::Missing,
        }
    }
}

impl Told for ImportError {
    fn told(&self) -> Meaning {
        match self {
            Self::Admin(error) => error.told(),
            Self::Others => Meaning::Later("imports_busy"),
            Self::Over(_) => Meaning::Taken("over"),
            Self::Read(_) => Meaning::Fault,
            Self::Unknown => Meaning::Missing,
            Self::ColumnTwice(_)
            | Self::Empty
            | Self::LineTooLong { .. }
            | Self::NoName
            | Self::NotUtf8 { .. }
            | Self::TooLong
            | Self::UnknownColumn(_)
            | Self::Utf16 => Meaning::Refused("file_refused"),
        }
    }
}
