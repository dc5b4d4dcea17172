//! What phones are asked: one row for each login and phone.

use super::{Batch, Row, Store, StoreError};
use authx_core::{
    ApplicationId, LoginId, Millis, PhoneId, TenantId, UserId, login::Phone, policy::PhoneClass,
};

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

/// A request as it is stored.
#[derive(Clone, Debug)]
pub struct StoredRequest {
    /// By which login.
    pub login: LoginId,
    /// At what.
    pub application: ApplicationId,
    /// What that is called now; `None` when it is gone.
    pub application_name: Option<String>,
    /// `approval` or `code`.
    pub kind: String,
    /// `open`, or how it ended.
    pub state: String,
    /// What is shown, JSON.
    pub detail: String,
    /// When it began.
    pub created: Millis,
    /// When it ends by itself.
    pub expires: Millis,
    /// When it ended.
    pub ended: Option<Millis>,
}

/// The phones of a user that can be asked, in the order in which they were enrolled.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn phones_of(
    store: &Store,
    tenant: TenantId,
    user: UserId,
) -> Result<Vec<Phone>, StoreError> {
    let rows = store
        .query(
            "SELECT id, name, subscription, unreachable_since, class FROM phone
             WHERE tenant = $1 AND account = $2 AND state = 'active' ORDER BY created, id",
            [tenant.into(), user.into()],
        )
        .await?;
    let phone = |row: &Row| {
        Ok(Phone {
            id: row.phone(0)?,
            name: row.text(1)?.to_owned(),
            class: PhoneClass::from_word(row.text(4)?),
            subscribed: row.opt_bytes(2)?.is_some(),
            unreachable_since: row.opt_millis(3)?,
        })
    };
    rows.iter().map(phone).collect()
}

/// How often what a phone is asked has changed, with what it is asked now, newest first. `None` when
/// there is no such phone.
///
/// # Errors
///
/// As [`phones_of`].
pub async fn open(
    store: &Store,
    tenant: TenantId,
    phone: PhoneId,
    now: Millis,
) -> Result<Option<(u64, Vec<StoredRequest>)>, StoreError> {
    let rows = store
        .query(
            "SELECT p.changes, r.login, r.application, a.name, r.kind, r.state, r.detail,
                    r.created, r.expires, r.ended
             FROM phone p
             LEFT JOIN phone_request r ON r.tenant = p.tenant AND r.phone = p.id
               AND r.state = 'open' AND r.expires > $3
             LEFT JOIN application a ON a.tenant = p.tenant AND a.id = r.application
             WHERE p.tenant = $1 AND p.id = $2 ORDER BY r.created DESC",
            [tenant.into(), phone.into(), now.into()],
        )
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let changes = first.count(0)?;
    let mut requests = vec![];
    for row in &rows {
        if row.opt_login(1)?.is_some() {
            requests.push(request(row, 1)?);
        }
    }
    Ok(Some((changes, requests)))
}

/// One request of a phone.
///
/// # Errors
///
/// As [`phones_of`].
pub async fn one(
    store: &Store,
    tenant: TenantId,
    phone: PhoneId,
    login: LoginId,
) -> Result<Option<StoredRequest>, StoreError> {
    let row = store
        .query_one(
            "SELECT r.login, r.application, a.name, r.kind, r.state, r.detail, r.created,
                    r.expires, r.ended
             FROM phone_request r
             LEFT JOIN application a ON a.tenant = r.tenant AND a.id = r.application
             WHERE r.tenant = $1 AND r.phone = $2 AND r.login = $3",
            [tenant.into(), phone.into(), login.into()],
        )
        .await?;
    row.map(|row| request(&row, 0)).transpose()
}

/// What a phone was asked and is over, newest first.
///
/// # Errors
///
/// As [`phones_of`].
pub async fn history(
    store: &Store,
    tenant: TenantId,
    phone: PhoneId,
    most: i64,
) -> Result<Vec<StoredRequest>, StoreError> {
    let rows = store
        .query(
            "SELECT r.login, r.application, a.name, r.kind, r.state, r.detail, r.created,
                    r.expires, r.ended
             FROM phone_request r
             LEFT JOIN application a ON a.tenant = r.tenant AND a.id = r.application
             WHERE r.tenant = $1 AND r.phone = $2 AND r.state <> 'open'
             ORDER BY r.created DESC LIMIT $3",
            [tenant.into(), phone.into(), most.into()],
        )
        .await?;
    rows.iter().map(|row| request(row, 0)).collect()
}

fn request(row: &Row, at: usize) -> Result<StoredRequest, StoreError> {
    Ok(StoredRequest {
        login: row.login(at)?,
        application: row.application(at + 1)?,
        application_name: row.opt_text(at + 2)?.map(str::to_owned),
        kind: row.text(at + 3)?.to_owned(),
        state: row.text(at + 4)?.to_owned(),
        detail: row.text(at + 5)?.to_owned(),
        created: row.millis(at + 6)?,
        expires: row.millis(at + 7)?,
        ended: row.opt_millis(at + 8)?,
    })
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
        .run(
            "UPDATE phone SET changes = changes + 1
             WHERE tenant = $1 AND account = $2 AND state = 'active'",
            [new.tenant.into(), new.account.into()],
        )
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
        .change_phone(tenant, phone)
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
        session: authx_core::SessionId,
        now: Millis,
    ) -> Self {
        self.run(
            "UPDATE session SET ended = $4
             WHERE tenant = $1 AND account = $2 AND id = $3 AND ended IS NULL",
            [tenant.into(), user.into(), session.into(), now.into()],
        )
    }

    fn change_phone(self, tenant: TenantId, phone: PhoneId) -> Self {
        self.run(
            "UPDATE phone SET changes = changes + 1 WHERE tenant = $1 AND id = $2",
            [tenant.into(), phone.into()],
        )
    }
}

/// Ends requests whose time was over when nobody looked, such as offered codes, and forgets up to
/// 5,000 that are older than anybody asks for.
///
/// # Errors
///
/// As [`phones_of`].
pub async fn sweep(store: &Store, now: Millis, before: Millis) -> Result<(), StoreError> {
    let batch = Batch::default()
        .run(
            "UPDATE phone_request SET state = 'expired', ended = expires
             WHERE state = 'open' AND kind = 'code' AND expires <= $1",
            [now.into()],
        )
        .run(
            "DELETE FROM phone_request WHERE (tenant, login, phone) IN (SELECT tenant, login, phone
             FROM phone_request WHERE state <> 'open' AND created < $1 LIMIT 5000)",
            [before.into()],
        );
    store.commit(batch).await
}
