//! What phones are asked: one row for each login and phone.

mod write;

pub use write::NewRequest;

use super::{Batch, Row, Store, StoreError};
use authx_core::{
    ApplicationId, LoginId, Millis, PhoneId, TenantId, UserId, login::Phone, policy::PhoneClass,
};

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

/// Requests of a phone, in the columns that [`request`] reads.
macro_rules! of_phone {
    ($which:literal) => {
        concat!(
            "SELECT r.login, r.application, a.name, r.kind, r.state, r.detail, r.created,
                    r.expires, r.ended
             FROM phone_request r
             LEFT JOIN application a ON a.tenant = r.tenant AND a.id = r.application
             WHERE r.tenant = $1 AND r.phone = $2 AND ",
            $which
        )
    };
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
        .query_one(of_phone!("r.login = $3"), [tenant.into(), phone.into(), login.into()])
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
            of_phone!("r.state <> 'open' ORDER BY r.created DESC LIMIT $3"),
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
