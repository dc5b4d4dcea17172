//! What administrators see and do of phones.

use super::{PhoneError, account::Made, activate::named};
use crate::{
    admin::{
        Actor, AdminError, Change, accounts, change, detail,
        letters::{self, Deed, Letter},
    },
    app::{About, App},
    phones,
    store::{Batch, phones as stored, phones::PhoneRow},
    waiters::Wake,
};
use authx_core::{
    PhoneId, TenantId, UserId,
    audit::EventKind,
    wire::{
        login::Rfc3339,
        phone::{AccountState, PhoneClass, Reach},
    },
};
use serde::Serialize;

/// A phone as administrators see it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = UserPhone)]
pub struct ListedPhone {
    /// Which.
    #[serde(rename = "phone_id")]
    pub id: PhoneId,
    /// What its user types after `push` to choose it; none while it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
    /// What its owner calls it.
    pub name: String,
    /// What it runs on.
    pub platform: String,
    /// Whether it counts.
    pub state: AccountState,
    /// What keeps its keys.
    pub class: PhoneClass,
    /// The four words that it has to show, while it does not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// Whether requests reach it.
    pub reach: Reach,
    /// The server can send it notices.
    pub subscribed: bool,
    /// It can verify its user.
    pub credential: bool,
    /// When it was made.
    pub created: Rfc3339,
    /// When an answer of it, or a code that it shows, last let its user in, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Rfc3339>,
}

/// Every phone of a user, oldest first.
///
/// # Errors
///
/// [`PhoneError::Admin`].
pub async fn list(
    app: &App,
    tenant: TenantId,
    user: UserId,
) -> Result<Vec<ListedPhone>, PhoneError> {
    let rows = stored::of_user(&app.store, tenant, user).await?;
    let mut number = 0;
    rows.iter()
        .map(|row| {
            number += usize::from(row.active);
            listed(row, row.active.then_some(number))
        })
        .collect()
}

/// The phone of a tenant that is meant by its id, or by `USER/NUMBER` as its user would choose it.
///
/// # Errors
///
/// [`PhoneError::Unknown`], [`PhoneError::Account`], [`PhoneError::Admin`].
pub async fn find(app: &App, tenant: TenantId, text: &str) -> Result<PhoneId, PhoneError> {
    let unknown = || PhoneError::Unknown(text.to_owned());
    if let Ok(id) = text.parse() {
        let found = stored::of_tenant(&app.store, tenant, id).await?;
        return found.map(|row| row.id).ok_or_else(unknown);
    }
    let (user, number) = text.rsplit_once('/').ok_or_else(unknown)?;
    let number: usize = number.parse().map_err(|_| unknown())?;
    let user = accounts::find(app, tenant, user).await?;
    let phones = list(app, tenant, user.id).await?;
    let found = phones.iter().find(|phone| phone.number == Some(number));
    found.map(|phone| phone.id).ok_or_else(unknown)
}

/// One phone of a user.
///
/// # Errors
///
/// [`PhoneError::Unknown`], also for another user's; [`PhoneError::Admin`].
pub async fn of_user(
    app: &App,
    tenant: TenantId,
    user: UserId,
    id: PhoneId,
) -> Result<ListedPhone, PhoneError> {
    let found = list(app, tenant, user).await?.into_iter().find(|phone| phone.id == id);
    found.ok_or_else(|| PhoneError::Unknown(id.to_string()))
}

/// Removes a phone: its keys are dead from this commit on. Gives what it was called.
///
/// # Errors
///
/// [`PhoneError::Unknown`], [`PhoneError::Admin`].
pub async fn remove(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: PhoneId,
) -> Result<String, PhoneError> {
    let removed = change(app, by, tenant, move |tenant, now| async move {
        let row = row(app, tenant.id, id).await?;
        let user = accounts::row(app, tenant.id, row.account).await?;
        by.check_self_or_outranks(row.account, user.role)?;
        let mut batch =
            Batch::default().delete_phone(tenant.id, id).count_means(tenant.id, row.account);
        // Of one that never counted there is nothing to tell.
        if row.active {
            let deed = Deed::by(by, row.account, now);
            let letter = Letter::PhoneRemoved { phone: row.name.clone(), deed };
            batch = batch.and(letters::notify(app, now, tenant.id, row.account, &letter).await?);
        }
        Ok::<_, PhoneError>(Change {
            batch,
            kind: EventKind::PhoneRemoved,
            about: About { user: Some(row.account), ..About::default() },
            detail: detail([
                ("name", user.name.into()),
                ("phone_id", id.to_string().into()),
                ("phone", row.name.as_str().into()),
                ("state", phones::state(&row).word().into()),
            ]),
            outcome: row.name,
        })
    })
    .await?;
    app.waiters.wake(Wake::Phone(id));
    Ok(removed)
}

/// Gives a phone another name. Gives the one it had.
///
/// # Errors
///
/// [`PhoneError::Unknown`], [`PhoneError::Admin`].
pub async fn rename(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: PhoneId,
    name: &str,
) -> Result<String, PhoneError> {
    let name = named(name);
    let name = name.as_str();
    change(app, by, tenant, move |tenant, _| async move {
        let row = row(app, tenant.id, id).await?;
        let user = accounts::row(app, tenant.id, row.account).await?;
        by.check_self_or_outranks(row.account, user.role)?;
        let platform = row.platform.clone();
        Ok::<_, PhoneError>(Change {
            batch: Batch::default().describe_phone(id, row.version, name.to_owned(), platform),
            kind: EventKind::PhoneRenamed,
            about: About { user: Some(row.account), ..About::default() },
            detail: detail([
                ("name", user.name.into()),
                ("phone_id", id.to_string().into()),
                ("before", row.name.as_str().into()),
                ("after", name.into()),
            ]),
            outcome: row.name,
        })
    })
    .await
}

async fn row(app: &App, tenant: TenantId, id: PhoneId) -> Result<PhoneRow, PhoneError> {
    let found = stored::of_tenant(&app.store, tenant, id).await.map_err(AdminError::from)?;
    found.ok_or_else(|| PhoneError::Unknown(id.to_string()))
}

fn listed(row: &PhoneRow, number: Option<usize>) -> Result<ListedPhone, PhoneError> {
    Ok(ListedPhone {
        id: row.id,
        number,
        name: row.name.clone(),
        platform: row.platform.clone(),
        state: phones::state(row),
        class: phones::class(row),
        words: if row.active { vec![] } else { Made::read(row)?.words },
        reach: phones::reach(row),
        subscribed: row.subscription.is_some(),
        credential: row.credential.is_some(),
        created: Rfc3339(row.created),
        last_used: row.used.map(Rfc3339),
    })
}
