//! What a step of a login writes about the requests on phones.

use super::super::Batch;
use authx_core::{ApplicationId, LoginId, Millis, PhoneId, SessionId, TenantId, UserId};

/// A request as a write sees it.
#[derive(Clone, Copy, Debug)]
pub struct NewRequest<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// By which login.
    pub login: LoginId,
    /// The user.
    pub account: UserId,
    /// At what.
    pub application: ApplicationId,
    /// `approval` or `code`.
    pub kind: &'static str,
    /// What is shown, JSON.
    pub detail: &'a str,
    /// When it began.
    pub created: Millis,
    /// When it ends by itself.
    pub expires: Millis,
}

impl Batch {
    /// Asks a phone; a request of the same login that ended there before is open again. Fails if
    /// the phone is gone or has not been confirmed.
    #[must_use]
    pub fn ask_phone(self, phone: PhoneId, new: &NewRequest<'_>) -> Self {
        self.one(
            "INSERT INTO phone_request (tenant, login, phone, account, application, kind, state,
                                        detail, created, expires)
             SELECT $1, $2, id, $4, $5, $6, 'open', $7, $8, $9 FROM phone
             WHERE id = $3 AND tenant = $1 AND account = $4 AND state = 'active'
             ON CONFLICT (tenant, login, phone) DO UPDATE SET state = 'open', ended = NULL,
               detail = excluded.detail, created = excluded.created, expires = excluded.expires",
            [
                new.tenant.into(),
                new.login.into(),
                phone.into(),
                new.account.into(),
                new.application.into(),
                new.kind.into(),
                new.detail.into(),
                new.created.into(),
                new.expires.into(),
            ],
        )
        .change_phone(new.tenant, phone)
    }

    /// Offers a code on every phone of a user, in place of what an earlier try at the same
    /// application left.
    #[must_use]
    pub fn offer_code(self, new: &NewRequest<'_>) -> Self {
        self.run(
            "UPDATE phone_request SET state = 'replaced', ended = $4
             WHERE tenant = $1 AND kind = 'code' AND state = 'open' AND application = $3
               AND phone IN (SELECT id FROM phone WHERE tenant = $1 AND account = $2)",
            [new.tenant.into(), new.account.into(), new.application.into(), new.created.into()],
        )
        .run(
            "INSERT INTO phone_request (tenant, login, phone, account, application, kind, state,
                                        detail, created, expires)
             SELECT $1, $2, id, $3, $4, $5, 'open', $6, $7, $8 FROM phone
             WHERE tenant = $1 AND account = $3 AND state = 'active'",
            [
                new.tenant.into(),
                new.login.into(),
                new.account.into(),
                new.application.into(),
                new.kind.into(),
                new.detail.into(),
                new.created.into(),
                new.expires.into(),
            ],
        )
        .change_phones_of(new.tenant, new.account)
    }

    /// A request on a phone is over, if it is still open there.
    #[must_use]
    pub fn end_request(
        self,
        tenant: TenantId,
        login: LoginId,
        phone: PhoneId,
        outcome: &'static str,
        now: Millis,
    ) -> Self {
        self.run(
            "UPDATE phone_request SET state = $4, ended = $5
             WHERE tenant = $1 AND login = $2 AND phone = $3 AND state = 'open'",
            [tenant.into(), login.into(), phone.into(), outcome.into(), now.into()],
        )
        .change_phone(tenant, phone)
    }

    /// A phone shows a code for a refused login; the user's other phones offer none any more.
    #[must_use]
    pub fn show_code(self, tenant: TenantId, login: LoginId, phone: PhoneId, now: Millis) -> Self {
        self.run(
            "UPDATE phone_request SET ended = $4,
               state = CASE WHEN phone = $3 THEN 'code_shown' ELSE 'elsewhere' END
             WHERE tenant = $1 AND login = $2 AND kind = 'code' AND state = 'open'",
            [tenant.into(), login.into(), phone.into(), now.into()],
        )
        .change_phones(tenant, login)
    }

    /// A phone wants no code for a refused login; the user's other phones offer none any more.
    #[must_use]
    pub fn end_offer(
        self,
        tenant: TenantId,
        login: LoginId,
        phone: PhoneId,
        outcome: &'static str,
        now: Millis,
    ) -> Self {
        self.run(
            "UPDATE phone_request SET ended = $4,
               state = CASE WHEN phone = $3 THEN $5 ELSE 'elsewhere' END
             WHERE tenant = $1 AND login = $2 AND kind = 'code'
               AND state IN ('open', 'code_shown')",
            [tenant.into(), login.into(), phone.into(), now.into(), outcome.into()],
        )
        .change_phones(tenant, login)
    }

    /// The code that a phone showed for a login was typed.
    #[must_use]
    pub fn code_used(self, tenant: TenantId, login: LoginId, now: Millis) -> Self {
        self.run(
            "UPDATE phone_request SET state = 'code_used', ended = $3
             WHERE tenant = $1 AND login = $2 AND state = 'code_shown'",
            [tenant.into(), login.into(), now.into()],
        )
    }

    /// What a request of a phone shows has changed, such as the numbers that may still be tried.
    #[must_use]
    pub fn update_request(
        self,
        tenant: TenantId,
        login: LoginId,
        phone: PhoneId,
        detail: String,
    ) -> Self {
        self.run(
            "UPDATE phone_request SET detail = $4
             WHERE tenant = $1 AND login = $2 AND phone = $3 AND state = 'open'",
            [tenant.into(), login.into(), phone.into(), detail.into()],
        )
        .change_phone(tenant, phone)
    }

    /// Notes that a request reached a phone; the first time counts.
    #[must_use]
    pub fn deliver_request(
        self,
        tenant: TenantId,
        login: LoginId,
        phone: PhoneId,
        by: &'static str,
        now: Millis,
    ) -> Self {
        self.run(
            "UPDATE phone_request SET delivered = $4, delivered_by = $5
             WHERE tenant = $1 AND login = $2 AND phone = $3 AND delivered IS NULL",
            [tenant.into(), login.into(), phone.into(), now.into(), by.into()],
        )
    }

    /// Notes that a phone was reached.
    #[must_use]
    pub fn phone_reached(
        self,
        tenant: TenantId,
        phone: PhoneId,
        by: &'static str,
        now: Millis,
    ) -> Self {
        self.run(
            "UPDATE phone SET reached_at = $3, reached_by = $4, unacked = 0, unreachable_since = NULL
             WHERE tenant = $1 AND id = $2",
            [tenant.into(), phone.into(), now.into(), by.into()],
        )
    }

    /// Notes that a notice went off to a phone. After the third in a row of which the phone says
    /// nothing it counts as unreachable.
    #[must_use]
    pub fn notice_sent(self, tenant: TenantId, phone: PhoneId, now: Millis) -> Self {
        self.run(
            "UPDATE phone SET unacked = unacked + 1,
               unreachable_since = CASE WHEN unacked >= 2 AND unreachable_since IS NULL
                 THEN COALESCE(reached_at, $3) ELSE unreachable_since END
             WHERE tenant = $1 AND id = $2",
            [tenant.into(), phone.into(), now.into()],
        )
    }

    /// Forgets where notices go to: its push service knows the phone no longer.
    #[must_use]
    pub fn forget_subscription(
        self,
        tenant: TenantId,
        phone: PhoneId,
        subscription: Vec<u8>,
        now: Millis,
    ) -> Self {
        self.run(
            "UPDATE phone SET subscription = NULL,
               unreachable_since = COALESCE(unreachable_since, $4)
             WHERE tenant = $1 AND id = $2 AND subscription = $3",
            [tenant.into(), phone.into(), subscription.into(), now.into()],
        )
    }

    /// Ends a remembered sign-in, if it is this user's.
    #[must_use]
    pub fn end_session(
        self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        now: Millis,
    ) -> Self {
        self.run(
            "UPDATE session SET ended = $4
             WHERE tenant = $1 AND account = $2 AND id = $3 AND ended IS NULL",
            [tenant.into(), user.into(), session.into(), now.into()],
        )
    }

    /// What all phones of a user show has changed.
    #[must_use]
    pub fn change_phones_of(self, tenant: TenantId, account: UserId) -> Self {
        self.run(
            "UPDATE phone SET changes = changes + 1
             WHERE tenant = $1 AND account = $2 AND state = 'active'",
            [tenant.into(), account.into()],
        )
    }

    /// What all phones are asked by this login has changed.
    fn change_phones(self, tenant: TenantId, login: LoginId) -> Self {
        self.run(
            "UPDATE phone SET changes = changes + 1 WHERE tenant = $1 AND id IN
               (SELECT phone FROM phone_request WHERE tenant = $1 AND login = $2)",
            [tenant.into(), login.into()],
        )
    }

    fn change_phone(self, tenant: TenantId, phone: PhoneId) -> Self {
        self.run(
            "UPDATE phone SET changes = changes + 1 WHERE tenant = $1 AND id = $2",
            [tenant.into(), phone.into()],
        )
    }
}
