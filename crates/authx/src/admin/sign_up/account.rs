//! An account that somebody else made, and its first second factor.

use super::{Purpose, SignUpError, digest_of, look};
use crate::{
    admin::{
        Actor, AdminError, Change, change, detail,
        means::{self, Means},
        passwords,
        sessions::{self, Cookie, From, Pending},
    },
    app::{About, App},
    store::{Batch, accounts, portal as stored, tenants},
};
use authx_core::{TenantId, UserId, audit::EventKind};
use zeroize::Zeroizing;

/// Gives an invited account its password. One without a second factor has to enrol one before
/// anything else, in the session that begins; `None`: it has one, and signs in with both.
///
/// # Errors
///
/// [`SignUpError::Link`], [`SignUpError::Password`], [`SignUpError::Admin`].
pub async fn account(
    app: &App,
    from: &From,
    token: &str,
    password: Zeroizing<String>,
) -> Result<Option<Cookie>, SignUpError> {
    let digest = digest_of(token)?;
    let Purpose::Account { tenant, account, name, tenant_name } = look(app, token).await? else {
        return Err(SignUpError::Link);
    };
    let known = vec![name.clone(), tenant_name];
    let hash = &passwords::hashed(app, Some(account), password, known).await?;
    let row = accounts::account(&app.store, tenant, account).await.map_err(AdminError::from)?;
    let by = &Actor::account(account, row.and_then(|row| row.role), name);
    let spent = change(app, by, tenant, move |tenant, now| async move {
        let row = accounts::account(&app.store, tenant.id, account).await;
        let row = row.map_err(AdminError::from)?.filter(|row| row.active);
        let row = row.ok_or(SignUpError::Link)?;
        let link = stored::link(&app.store, digest).await.map_err(AdminError::from)?;
        if link.is_none_or(|link| link.spent.is_some() || now >= link.expires) {
            return Err(SignUpError::Link);
        }
        let sealed = passwords::sealed(app, &tenant, now, account, hash);
        Ok(Change {
            batch: Batch::default()
                .spend_portal_link(digest, now)
                .delete_open_portal_links(account)
                .set_password(tenant.id, account, sealed)
                .end_portal_sessions(tenant.id, account, None)
                .end_sessions(tenant.id, account, now),
            kind: EventKind::PasswordSet,
            about: About { user: Some(account), ..About::default() },
            detail: detail([
                ("name", row.name.into()),
                ("replaced", row.has_password.into()),
                ("link", true.into()),
            ]),
            outcome: (),
        })
    });
    spent.await?;
    if has_second_factor(app, tenant, account).await? {
        return Ok(None);
    }
    let pending = Pending::Enrol { phone: None };
    Ok(Some(sessions::begin(app, tenant, account, from, &pending).await?))
}

/// Lets somebody go on who made a company or spent a link a short while ago and has not enrolled a
/// second factor since; the password was checked before. `None`: that time is over, or there is one.
///
/// # Errors
///
/// [`AdminError`].
pub async fn resume(
    app: &App,
    from: &From,
    tenant: TenantId,
    account: UserId,
) -> Result<Option<Cookie>, AdminError> {
    let now = app.now()?;
    let row = accounts::account(&app.store, tenant, account).await?;
    let Some(row) = row.filter(|row| row.role.is_some()) else { return Ok(None) };
    let spent = stored::newest_spent_link(&app.store, account).await?;
    // Whoever made the company came with it, perhaps without a link. Nobody else has a password
    // that was not set by one.
    let founded = tenants::tenant(&app.store, tenant).await?.map(|tenant| tenant.created);
    let Some(began) = spent.or(founded.filter(|at| *at == row.created)) else { return Ok(None) };
    if now.since(began) > RESUME_SECS * 1_000 || has_second_factor(app, tenant, account).await? {
        return Ok(None);
    }
    let pending = Pending::Enrol { phone: None };
    Ok(Some(sessions::begin(app, tenant, account, from, &pending).await?))
}

/// Whether an account has a second factor that it can be asked for before it is let in. Recovery
/// codes alone are none: a link from somebody above leads past them to a new one.
async fn has_second_factor(
    app: &App,
    tenant: TenantId,
    account: UserId,
) -> Result<bool, AdminError> {
    Ok(!means(app, tenant, account).await?.is_none())
}

/// What an account can give as a second factor of the portal.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn means(app: &App, tenant: TenantId, account: UserId) -> Result<Means, AdminError> {
    match accounts::account(&app.store, tenant, account).await? {
        Some(row) => means::of(app, tenant, &row).await,
        None => Ok(Means::default()),
    }
}

/// How long somebody who has just come in may enrol a second factor with the password alone: a day.
const RESUME_SECS: u64 = 86_400;
