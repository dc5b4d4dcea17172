//! The passkeys that an account has, and taking one away.

use super::PasskeyError;
use crate::{
    admin::{
        Actor, AdminError, Change, accounts, change, detail,
        letters::{self, Deed, Letter},
        means,
    },
    app::{About, App},
    store::{Batch, passkeys as stored},
};
use authx_core::{Millis, PasskeyId, TenantId, UserId, audit::EventKind, wire::login::Rfc3339};
use serde::Serialize;

/// A passkey as its owner sees it, and whoever looks after that account.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = UserPasskey)]
pub struct Shown {
    /// Which.
    #[serde(rename = "passkey_id")]
    pub id: PasskeyId,
    /// As its owner calls it.
    pub name: String,
    /// When it was made.
    pub created: Rfc3339,
    /// When it was last used.
    #[serde(rename = "last_used", skip_serializing_if = "Option::is_none")]
    pub used: Option<Rfc3339>,
}

impl Shown {
    /// When it was last used, for a page.
    pub fn used_at(&self) -> Option<Millis> {
        self.used.map(|Rfc3339(at)| at)
    }
}

/// The passkeys of an account, oldest first.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn list(app: &App, tenant: TenantId, account: UserId) -> Result<Vec<Shown>, AdminError> {
    let rows = stored::passkeys_of(&app.store, tenant, account).await?;
    let shown = |row: stored::PasskeyRow| Shown {
        id: row.id,
        name: row.name,
        created: Rfc3339(row.created),
        used: row.used.map(Rfc3339),
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// One passkey of an account.
///
/// # Errors
///
/// [`PasskeyError::Unknown`], also for another account's; [`PasskeyError::Admin`].
pub async fn of_user(
    app: &App,
    tenant: TenantId,
    account: UserId,
    id: PasskeyId,
) -> Result<Shown, PasskeyError> {
    let found = list(app, tenant, account).await?.into_iter().find(|own| own.id == id);
    found.ok_or(PasskeyError::Unknown)
}

/// Removes a passkey. Somebody with a role keeps at least one second factor against their own hand;
/// whoever stands above takes the last one too. Then every browser of the account is signed out:
/// one of them may be where whoever found the passkey came in with it.
///
/// # Errors
///
/// [`PasskeyError::Unknown`], [`PasskeyError::Last`], [`PasskeyError::Admin`] also where the
/// account is not whose who asks may act on.
pub async fn remove(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    account: UserId,
    id: PasskeyId,
) -> Result<String, PasskeyError> {
    change(app, by, tenant, move |tenant, now| async move {
        let row = accounts::row(app, tenant.id, account).await?;
        by.check_self_or_outranks(account, row.role)?;
        let found = of_user(app, tenant.id, account, id).await?;
        let own = by.user() == Some(account);
        if own && row.role.is_some() && means::of(app, tenant.id, &row).await?.all() <= 1 {
            return Err(PasskeyError::Last);
        }
        let deed = Deed::by(by, account, now);
        let letter = Letter::PasskeyRemoved { passkey: found.name.clone(), deed };
        let told = letters::notify(app, now, tenant.id, account, &letter).await?;
        let mut batch = Batch::default()
            .delete_passkey(tenant.id, account, id)
            .count_means(tenant.id, account)
            .and(told);
        if !own {
            batch = batch.end_portal_sessions(tenant.id, account, None);
        }
        Ok(Change {
            batch,
            kind: EventKind::PasskeyRemoved,
            about: About { user: Some(account), ..About::default() },
            detail: detail([
                ("name", row.name.into()),
                ("passkey", found.name.as_str().into()),
                ("passkey_id", id.to_string().into()),
            ]),
            outcome: found.name,
        })
    })
    .await
}
