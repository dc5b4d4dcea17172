//! What may be done with an account on its page: by the reader's role, and by where it stands.

use crate::{admin::accounts::Account, portal::who::Who};
use authx_core::role::{Permission, Role};

/// What may be done on the page: by the role, and by where the account stands.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each lets something of its own")]
pub(super) struct May {
    pub(super) edit: bool,
    pub(super) write: bool,
    pub(super) factors: bool,
    pub(super) invite: bool,
    pub(super) bypass: bool,
    pub(super) logs: bool,
    reach: Reach,
}

/// Where an account stands, seen by who looks at it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reach {
    /// As high, or higher.
    Above,
    /// Lower.
    Below,
    /// It is their own.
    Own,
}

impl May {
    pub(super) fn of(who: &Who, account: &Account) -> Self {
        let by = who.actor();
        let reach = if by.user() == Some(account.id) {
            Reach::Own
        } else if by.check_outranks(account.role).is_ok() {
            Reach::Below
        } else {
            Reach::Above
        };
        let on_it = |permission| reach == Reach::Below && who.may(permission);
        Self {
            edit: reach != Reach::Above && who.may(Permission::UsersWrite),
            write: on_it(Permission::UsersWrite),
            factors: on_it(Permission::FactorsWrite),
            invite: on_it(Permission::UsersInvite),
            bypass: on_it(Permission::BypassWrite),
            logs: who.may(Permission::LogsRead),
            reach,
        }
    }

    /// Whether it is the reader's own account.
    pub(super) fn own(self) -> bool {
        self.reach == Reach::Own
    }

    /// Why nothing is offered, to somebody who is used to more.
    pub(super) fn why_not(self, who: &Who) -> Option<&'static str> {
        let helps = who.may(Permission::UsersInvite);
        match self.reach {
            Reach::Own => Some("This is you."),
            Reach::Above if who.role() == Some(Role::Owner) => {
                Some("Nobody stands above an owner: whoever runs this server helps here.")
            }
            Reach::Above if helps => {
                Some("This account stands as high as yours, or higher: somebody above helps here.")
            }
            Reach::Above | Reach::Below => None,
        }
    }
}
