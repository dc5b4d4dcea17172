//! Who may do what in the portal and with the API for scripts: the only matrix.

use serde::{Deserialize, Serialize};

/// What an administrator is. An account without a role looks after nobody but itself.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads everything that was recorded, and takes it away.
    Auditor,
    /// Sees, and changes nothing.
    ReadOnly,
    /// Helps people who cannot sign in.
    HelpDesk,
    /// Looks after people and groups.
    UserManager,
    /// Does everything but name administrators and owners.
    Administrator,
    /// Does everything.
    Owner,
}

macro_rules! permissions {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal: $($role:ident)*;)*) => {
        /// One kind of deed.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum Permission {
            $($(#[doc = $doc])* #[serde(rename = $word)] $name,)*
        }

        impl Permission {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word for it, as in the scope of a token.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What a word stands for; `None` for one that this version does not know.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }

            /// What it lets somebody do, in a line.
            pub fn about(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*).trim_ascii(),)* }
            }

            fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role),*],)* }
            }
        }
    };
}

permissions! {
    /// What is protected, and how it is doing.
    ApplicationsRead = "applications.read":
        Auditor ReadOnly HelpDesk UserManager Administrator Owner;
    /// Protects something, and changes how.
    ApplicationsWrite = "applications.write": Administrator Owner;
    /// Decides on somebody else's wish to let a user in without a second factor; a token only
    /// declines.
    BypassApprove = "bypass.approve": UserManager Administrator Owner;
    /// Lets a user in without a second factor, for a while.
    BypassWrite = "bypass.write": HelpDesk UserManager Administrator Owner;
    /// Figures of the last days.
    DashboardRead = "dashboard.read":
        Auditor ReadOnly HelpDesk UserManager Administrator Owner;
    /// What was sent to whom.
    DeliveriesRead = "deliveries.read":
        Auditor ReadOnly HelpDesk UserManager Administrator Owner;
    /// Removes phones and factors, and unlocks them.
    FactorsWrite = "factors.write": HelpDesk UserManager Administrator Owner;
    /// Groups and who is in them.
    GroupsRead = "groups.read": Auditor ReadOnly HelpDesk UserManager Administrator Owner;
    /// Makes groups, and puts people in.
    GroupsWrite = "groups.write": UserManager Administrator Owner;
    /// Application Keys.
    KeysWrite = "keys.write": Administrator Owner;
    /// Takes the record away as a file.
    LogsExport = "logs.export": Auditor Administrator Owner;
    /// Who signed in, and who could not.
    LogsRead = "logs.read": Auditor ReadOnly HelpDesk UserManager Administrator Owner;
    /// What is demanded of whom.
    PoliciesRead = "policies.read":
        Auditor ReadOnly HelpDesk UserManager Administrator Owner;
    /// Demands something else.
    PoliciesWrite = "policies.write": Administrator Owner;
    /// What administrators did.
    RecordRead = "record.read": Auditor ReadOnly Administrator Owner;
    /// Who is an administrator.
    RolesRead = "roles.read": Auditor ReadOnly Administrator Owner;
    /// Makes somebody an administrator of a lower role, or no longer.
    RolesWrite = "roles.write": Administrator Owner;
    /// How the company is set up.
    SettingsRead = "settings.read": Auditor ReadOnly Administrator Owner;
    /// Sets it up otherwise.
    SettingsWrite = "settings.write": Administrator Owner;
    /// Tokens for scripts.
    TokensWrite = "tokens.write": Administrator Owner;
    /// Takes a list of people away as a file.
    UsersExport = "users.export": Auditor UserManager Administrator Owner;
    /// Invites over a channel that is known already.
    UsersInvite = "users.invite": HelpDesk UserManager Administrator Owner;
    /// People, their phones and factors.
    UsersRead = "users.read": Auditor ReadOnly HelpDesk UserManager Administrator Owner;
    /// Makes, imports, changes, disables and removes people.
    UsersWrite = "users.write": UserManager Administrator Owner;
}

impl Role {
    /// All of them, from the one that may least.
    pub const ALL: &'static [Self] = &[
        Self::Auditor,
        Self::ReadOnly,
        Self::HelpDesk,
        Self::UserManager,
        Self::Administrator,
        Self::Owner,
    ];

    /// Whether the matrix lets this role do something.
    pub fn may(self, permission: Permission) -> bool {
        permission.roles().contains(&self)
    }

    /// Whether this role may act on an account of another one; `None` has no role. It stands
    /// higher, and may do all that the other may: else a reset phone would be a way to rights that
    /// whoever reset it does not have.
    pub fn outranks(self, other: Option<Self>) -> bool {
        let Some(other) = other else { return true };
        self.rank() > other.rank()
            && Permission::ALL.iter().all(|&deed| self.may(deed) || !other.may(deed))
    }

    /// Whether who had another role before, or none, may do with this one what they could not do then.
    pub fn rises_from(self, before: Option<Self>) -> bool {
        before.is_none_or(|before| before != self && !before.outranks(Some(self)))
    }

    /// The word for it in requests and the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::ReadOnly => "read_only",
            Self::HelpDesk => "help_desk",
            Self::UserManager => "user_manager",
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Auditor => "Auditor",
            Self::ReadOnly => "Read-only",
            Self::HelpDesk => "Help desk",
            Self::UserManager => "User manager",
            Self::Administrator => "Administrator",
            Self::Owner => "Owner",
        }
    }

    /// The role of a stored word; `None` for a word that this version does not know, which may
    /// nothing.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.word() == word)
    }

    fn rank(self) -> u8 {
        match self {
            Self::Auditor | Self::ReadOnly => 1,
            Self::HelpDesk => 2,
            Self::UserManager => 3,
            Self::Administrator => 4,
            Self::Owner => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_may_everything_and_a_reader_changes_nothing() {
        for &permission in Permission::ALL {
            assert!(Role::Owner.may(permission), "{permission:?}");
            let (_, deed) = permission.word().split_once('.').unwrap();
            let changes = deed != "read";
            assert!(!(changes && Role::ReadOnly.may(permission)), "{permission:?}");
            let exports = deed == "export";
            assert!(!changes || exports || !Role::Auditor.may(permission), "{permission:?}");
        }
    }

    #[test]
    fn who_may_something_new_has_risen() {
        for &role in Role::ALL {
            assert!(role.rises_from(None) && !role.rises_from(Some(role)), "{role:?}");
        }
        assert!(Role::Owner.rises_from(Some(Role::Administrator)));
        assert!(!Role::HelpDesk.rises_from(Some(Role::UserManager)));
        // Neither may all that the other may.
        assert!(Role::Auditor.rises_from(Some(Role::UserManager)));
        assert!(Role::UserManager.rises_from(Some(Role::Auditor)));
    }

    #[test]
    fn nobody_acts_on_an_equal_or_on_who_may_more() {
        for &role in Role::ALL {
            assert!(role.outranks(None));
            assert!(!role.outranks(Some(role)));
            assert!(!role.outranks(Some(Role::Owner)));
        }
        assert!(Role::Owner.outranks(Some(Role::Administrator)));
        assert!(Role::Administrator.outranks(Some(Role::Auditor)));
        assert!(Role::UserManager.outranks(Some(Role::HelpDesk)));
        assert!(!Role::HelpDesk.outranks(Some(Role::UserManager)));
        // An auditor reads what a user manager does not.
        assert!(!Role::UserManager.outranks(Some(Role::Auditor)));
    }

    #[test]
    fn words_are_kept() {
        for &role in Role::ALL {
            assert_eq!(Role::from_word(role.word()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.word());
        }
        assert_eq!(Role::from_word("emperor"), None);
        assert_eq!(Permission::from_word("empires.write"), None);
        for &permission in Permission::ALL {
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.word());
            assert_eq!(Permission::from_word(permission.word()), Some(permission));
        }
    }
}
