//! The states of an account: each change is recorded, and can be taken back.

use super::{AccountError, even_removed, fresh_guard, row};
use crate::{
    admin::{Actor, AdminError, Change, change, detail},
    app::{About, App},
    enrol::phones,
    store::{Batch, accounts as stored},
};
use authx_core::{Millis, TenantId, UserId, audit::EventKind, role::Permission};

/// Keeps an account from signing in, and ends what is remembered of its sign-ins, here and in the
/// portal, and its tokens for scripts. Returns whether it could sign in before.
///
/// # Errors
///
/// [`AccountError::Unknown`], [`AccountError::Admin`].
pub async fn disable(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<bool, AccountError> {
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let row = row(app, tenant.id, id).await?;
        by.check_outranks(row.role)?;
        Ok(Change {
            batch: Batch::default()
                .set_active(tenant.id, id, false)
                .end_sessions(tenant.id, id, now)
                .end_portal(tenant.id, id, now),
            kind: EventKind::UserDisabled,
            about: About { user: Some(id), ..About::default() },
            detail: switched(&row, "disabled"),
            outcome: row.active,
        })
    })
    .await
}

/// Lets an account sign in again, and forgets its wrong answers and what kept its phones from being
/// asked, so that a locked factor works too. Returns whether the account was disabled. Help desks
/// unlock, and enable nobody.
///
/// # Errors
///
/// [`AccountError::Unknown`], [`AccountError::Admin`].
pub async fn enable(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<bool, AccountError> {
    reset(app, by, tenant, id, true).await
}

/// Forgets an account's wrong answers and what kept its phones from being asked, so that a locked
/// factor works again. Help desks unlock; they enable nobody.
///
/// # Errors
///
/// [`AccountError::Disabled`], [`AccountError::Unknown`], [`AccountError::Admin`].
pub async fn unlock(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<(), AccountError> {
    reset(app, by, tenant, id, false).await.map(|_| ())
}

async fn reset(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
    enables: bool,
) -> Result<bool, AccountError> {
    let guard = &fresh_guard()?;
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let row = row(app, tenant.id, id).await?;
        by.check_outranks(row.role)?;
        if !enables && !row.active {
            return Err(AccountError::Disabled(row.name));
        }
        if !row.active && !by.may(Permission::UsersWrite) {
            return Err(AdminError::Outranked.into());
        }
        let unlocked = phones::unlocked(app, tenant, now, id).await?;
        let batch = Batch::default().set_active(tenant.id, id, true).and(unlocked);
        Ok(Change {
            batch: batch.clear_guards(tenant.id, id, guard.clone()),
            kind: EventKind::UserEnabled,
            about: About { user: Some(id), ..About::default() },
            detail: switched(&row, "active"),
            outcome: !row.active,
        })
    })
    .await
}

/// Removes an account: it signs in nowhere, is in no list, and its names stay its own. For
/// [`REMOVED_SECS`] it can be restored with all that it has; then it is deleted.
///
/// # Errors
///
/// [`AccountError::Removed`], [`AccountError::Unknown`], [`AccountError::Admin`].
pub async fn remove(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<(), AccountError> {
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let row = row(app, tenant.id, id).await?;
        by.check_outranks(row.role)?;
        Ok(Change {
            batch: Batch::default()
                .remove_account(tenant.id, id, now)
                .end_sessions(tenant.id, id, now)
                .end_portal(tenant.id, id, now),
            kind: EventKind::UserRemoved,
            about: About { user: Some(id), ..About::default() },
            detail: switched(&row, "removed"),
            outcome: (),
        })
    })
    .await
}

/// Brings a removed account back, in the state that it had.
///
/// # Errors
///
/// [`AccountError::NotRemoved`], [`AccountError::Unknown`], [`AccountError::Admin`].
pub async fn restore(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<(), AccountError> {
    change(app, by, tenant, move |tenant, _| async move {
        let tenant = &tenant;
        let row = even_removed(app, tenant.id, id).await?;
        by.check_outranks(row.role)?;
        if row.removed.is_none() {
            return Err(AccountError::NotRemoved(row.name));
        }
        Ok(Change {
            batch: Batch::default().restore_account(tenant.id, id),
            kind: EventKind::UserRestored,
            about: About { user: Some(id), ..About::default() },
            detail: detail([("name", row.name.into())]),
            outcome: (),
        })
    })
    .await
}

/// Deletes an account for good, with its names, factors and sessions. What happened stays in the
/// record.
///
/// # Errors
///
/// [`AccountError::Unknown`], [`AccountError::Admin`].
pub async fn delete(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<(), AccountError> {
    change(app, by, tenant, move |tenant, _| async move {
        let tenant = &tenant;
        let row = even_removed(app, tenant.id, id).await?;
        by.check_outranks(row.role)?;
        let names =
            stored::aliases_of(&app.store, tenant.id, id).await.map_err(AdminError::from)?;
        Ok(Change {
            batch: Batch::default().delete_account(tenant.id, id),
            kind: EventKind::UserDeleted,
            about: About { user: Some(id), ..About::default() },
            detail: detail([("name", row.name.into()), ("names", names.into())]),
            outcome: (),
        })
    })
    .await
}

/// Deletes accounts whose time to be restored is over, some at a time.
///
/// # Errors
///
/// [`AccountError::Admin`].
pub async fn forget_removed(app: &App, now: Millis) -> Result<(), AccountError> {
    let before = Millis(now.0.saturating_sub(REMOVED_SECS * 1_000));
    let over = stored::removed_before(&app.store, before, MOST_FORGOTTEN).await;
    let by = Actor::new("authx");
    for (tenant, id) in over.map_err(AdminError::from)? {
        match delete(app, &by, tenant, id).await {
            // Another node was faster.
            Ok(()) | Err(AccountError::Unknown(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn switched(
    row: &stored::AccountRow,
    after: &'static str,
) -> serde_json::Map<String, serde_json::Value> {
    let name = row.name.as_str();
    let before = if row.active { "active" } else { "disabled" };
    detail([("name", name.into()), ("before", before.into()), ("after", after.into())])
}

/// For how long a removed account can be restored: a week.
pub const REMOVED_SECS: u64 = 7 * 24 * 3_600;
const MOST_FORGOTTEN: i64 = 50;
