//! What changes of an account is written with.

use super::super::Batch;
use authx_core::{ImportId, Millis, TenantId, UserId, name::Name};

/// Recovery codes stand for a factor that is lost, and are none of their own; a passkey opens the
/// portal and no VPN, so it counts for whoever looks after others.
macro_rules! count_means {
    () => {
        "UPDATE account SET
           phones =
             (SELECT COUNT(*) FROM phone p WHERE p.account = account.id AND p.state = 'active'),
           enrolled = CASE WHEN EXISTS
             (SELECT 1 FROM phone p WHERE p.account = account.id AND p.state = 'active')
             OR EXISTS (SELECT 1 FROM factor f WHERE f.account = account.id
                        AND f.state = 'active' AND f.kind NOT IN ('push', 'bypass', 'recovery'))
             OR role IS NOT NULL
                AND EXISTS (SELECT 1 FROM passkey k WHERE k.account = account.id)
             THEN 1 ELSE 0 END"
    };
}

/// Counts anew for every account.
pub(in crate::store) const COUNT_ALL_MEANS: &str = count_means!();

/// What is known of an account besides its name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// As people call them.
    pub display: Option<&'a str>,
    /// How they are written to.
    pub mail: Option<&'a str>,
    /// What a search looks through, folded.
    pub search: &'a str,
}

/// An account to be stored.
#[derive(Clone, Debug)]
pub struct NewAccount<'a> {
    /// Whose tenant.
    pub tenant: TenantId,
    /// Which.
    pub id: UserId,
    /// Its name.
    pub name: &'a Name,
    /// What is known of it.
    pub known: Known<'a>,
    /// Whether it may sign in.
    pub active: bool,
    /// A password hash, sealed.
    pub password: Option<Vec<u8>>,
    /// When it is stored.
    pub now: Millis,
    /// The import that makes it.
    pub import: Option<ImportId>,
}

impl Batch {
    /// Adds an account. Its name is an alias as well: see [`insert_alias`](Self::insert_alias).
    #[must_use]
    pub fn insert_account(self, new: NewAccount<'_>) -> Self {
        let NewAccount { tenant, id, name, known, active, password, now, import } = new;
        self.one(
            "INSERT INTO account (id, tenant, name, state, password, created, stands_since, folded,
                                  display, mail, search, import)
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $11)",
            [
                id.into(),
                tenant.into(),
                name.as_str().into(),
                if active { "active" } else { "disabled" }.into(),
                password.into(),
                now.into(),
                name.folded().into(),
                known.display.into(),
                known.mail.into(),
                known.search.into(),
                import.into(),
            ],
        )
    }

    /// Replaces a name, which has to be an alias of the account already, and what is known of it.
    #[must_use]
    pub fn describe_account(
        self,
        tenant: TenantId,
        account: UserId,
        name: &Name,
        known: Known<'_>,
    ) -> Self {
        self.one(
            "UPDATE account SET name = $3, folded = $4, display = $5, mail = $6, search = $7
             WHERE tenant = $1 AND id = $2",
            [
                tenant.into(),
                account.into(),
                name.as_str().into(),
                name.folded().into(),
                known.display.into(),
                known.mail.into(),
                known.search.into(),
            ],
        )
    }

    /// Replaces what a search looks through.
    #[must_use]
    pub fn set_search(self, tenant: TenantId, account: UserId, search: &str) -> Self {
        self.one(
            "UPDATE account SET search = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into(), search.into()],
        )
    }

    /// Counts anew which phones and factors of an account count. Comes after what changes that.
    #[must_use]
    pub fn count_means(self, tenant: TenantId, account: UserId) -> Self {
        self.run(
            concat!(count_means!(), " WHERE tenant = $1 AND id = $2"),
            [tenant.into(), account.into()],
        )
    }

    /// Notes that an account was let in, to the minute: more would write an index with each login.
    #[must_use]
    pub fn signed_in(self, tenant: TenantId, account: UserId, now: Millis) -> Self {
        self.run(
            "UPDATE account SET signed_in = $3
             WHERE tenant = $1 AND id = $2 AND signed_in <= $3 - CAST(60000 AS BIGINT)",
            [tenant.into(), account.into(), now.into()],
        )
    }

    /// Notes until when a factor of an account cannot be used.
    #[must_use]
    pub fn lock_account(self, tenant: TenantId, account: UserId, until: Millis) -> Self {
        self.run(
            "UPDATE account SET locked_until = $3
             WHERE tenant = $1 AND id = $2 AND locked_until < $3",
            [tenant.into(), account.into(), until.into()],
        )
    }

    /// Lets an account in without a second factor until a moment, or no longer; `why` is JSON.
    #[must_use]
    pub fn set_bypass(
        self,
        tenant: TenantId,
        account: UserId,
        bypass: Option<(Millis, String)>,
    ) -> Self {
        let (until, why) = bypass.unzip();
        self.one(
            "UPDATE account SET bypass_until = $3, bypass = $4 WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into(), until.into(), why.into()],
        )
    }

    /// Keeps an account from signing in, as if it were gone; its names stay its own.
    #[must_use]
    pub fn remove_account(self, tenant: TenantId, account: UserId, now: Millis) -> Self {
        self.one(
            "UPDATE account SET removed = $3, removed_from = state, state = 'disabled',
                                bypass_until = NULL, bypass = NULL
             WHERE tenant = $1 AND id = $2 AND removed IS NULL",
            [tenant.into(), account.into(), now.into()],
        )
    }

    /// Brings a removed account back as it was.
    #[must_use]
    pub fn restore_account(self, tenant: TenantId, account: UserId) -> Self {
        self.one(
            "UPDATE account SET state = removed_from, removed = NULL, removed_from = NULL
             WHERE tenant = $1 AND id = $2 AND removed IS NOT NULL",
            [tenant.into(), account.into()],
        )
    }

    /// Ends what an account is signed in to the portal with, its links, and its tokens for scripts.
    #[must_use]
    pub fn end_portal(self, tenant: TenantId, account: UserId, now: Millis) -> Self {
        let of = || [tenant.into(), account.into()];
        self.run("DELETE FROM portal_session WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM portal_link WHERE tenant = $1 AND account = $2", of())
            .end_tokens(tenant, account, now)
    }

    /// Adds a name under which an account is found, if it is free in the tenant.
    #[must_use]
    pub fn insert_alias(self, tenant: TenantId, account: UserId, folded: &str) -> Self {
        self.one(
            "INSERT INTO alias (tenant, folded, account) VALUES ($1, $2, $3)",
            [tenant.into(), folded.into(), account.into()],
        )
    }

    /// Removes a name of an account.
    #[must_use]
    pub fn delete_alias(self, tenant: TenantId, account: UserId, folded: &str) -> Self {
        self.one(
            "DELETE FROM alias WHERE tenant = $1 AND folded = $2 AND account = $3",
            [tenant.into(), folded.into(), account.into()],
        )
    }

    /// Lets an account sign in, or no longer.
    #[must_use]
    pub fn set_active(self, tenant: TenantId, account: UserId, active: bool) -> Self {
        let state = if active { "active" } else { "disabled" };
        self.one(
            "UPDATE account SET state = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into(), state.into()],
        )
    }

    /// Replaces the sealed password hash of an account.
    #[must_use]
    pub fn set_password(self, tenant: TenantId, account: UserId, password: Vec<u8>) -> Self {
        self.one(
            "UPDATE account SET password = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into(), password.into()],
        )
    }

    /// Forgets every wrong answer to the factors of an account; `guard` is a fresh count, JSON.
    #[must_use]
    pub fn clear_guards(self, tenant: TenantId, account: UserId, guard: String) -> Self {
        self.run(
            "UPDATE factor SET version = version + 1, guard = $3
             WHERE tenant = $1 AND account = $2",
            [tenant.into(), account.into(), guard.into()],
        )
        .run(
            "UPDATE account SET locked_until = 0 WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into()],
        )
    }

    /// Lets a user enrol at the VPN prompt until a moment, or no longer.
    #[must_use]
    pub fn set_enrolment(self, tenant: TenantId, account: UserId, until: Option<Millis>) -> Self {
        self.one(
            "UPDATE account SET enrol_until = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into(), until.into()],
        )
    }

    /// Ends what is remembered of an account's sign-ins, and what they allowed: logins that were
    /// decided under an earlier generation than the tenant's stand no longer. Comes after
    /// [`raise_generation`](Self::raise_generation).
    #[must_use]
    pub fn end_sessions(self, tenant: TenantId, account: UserId, now: Millis) -> Self {
        self.run(
            "UPDATE session SET ended = $3
             WHERE tenant = $1 AND account = $2 AND ended IS NULL",
            [tenant.into(), account.into(), now.into()],
        )
        .run(
            "UPDATE account SET stands_since = (SELECT generation FROM tenant WHERE id = $1)
             WHERE tenant = $1 AND id = $2",
            [tenant.into(), account.into()],
        )
    }

    /// Removes an account with its names, factors and sessions. What happened stays in the record.
    #[must_use]
    pub fn delete_account(self, tenant: TenantId, account: UserId) -> Self {
        let of = || [tenant.into(), account.into()];
        self.run("DELETE FROM session WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM factor WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM phone_request WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM activation WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM invitation WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM phone WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM alias WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM membership WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM passkey WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM portal_session WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM portal_link WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM admin_token WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM approval WHERE tenant = $1 AND account = $2", of())
            .run("DELETE FROM caller_check WHERE tenant = $1 AND account = $2", of())
            .one("DELETE FROM account WHERE tenant = $1 AND id = $2", of())
    }
}
