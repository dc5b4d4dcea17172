//! Who looks after a company's people and applications, and as what.

use super::{
    Actor, AdminError, Change,
    accounts::{self, AccountError},
    change, detail,
    letters::INVITATION,
};
use crate::{
    app::{About, App},
    store::{Batch, portal as stored},
};
use authx_core::{TenantId, UserId, audit::EventKind, factor::FactorKind, role::Role};

/// Why somebody did not become, or remains, an administrator.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// The account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// A role that who asks does not have.
    #[error("the role “{}” can be given by somebody who stands above it; owners also make owners", .0.title())]
    TooHigh(Role),
    /// Nobody would be left who may do everything.
    #[error("this is the last owner of the company; make somebody else an owner first")]
    LastOwner,
}

/// Everybody with a role, the highest first.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn list(
    app: &App,
    tenant: TenantId,
) -> Result<Vec<stored::AdministratorRow>, AdminError> {
    let mut found = stored::administrators(&app.store, tenant).await?;
    let place = |role: Role| Role::ALL.iter().rev().position(|other| *other == role);
    found.sort_by(|a, b| place(a.role).cmp(&place(b.role)).then_with(|| a.name.cmp(&b.name)));
    Ok(found)
}

/// Gives an account a role, or takes it (`None`). Who has another one is signed out of the portal;
/// for who rises, links, invitations and codes that were made before count no longer.
///
/// # Errors
///
/// [`RoleError`].
pub async fn set_role(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    account: UserId,
    role: Option<Role>,
) -> Result<Option<Role>, RoleError> {
    change(app, by, tenant, move |tenant, now| async move {
        let row = accounts::row(app, tenant.id, account).await?;
        by.check_outranks(row.role)?;
        if let Some(role) = role {
            let own = by.role();
            let makes_owner = role == Role::Owner && own == Some(Role::Owner);
            if !makes_owner && by.check_outranks(Some(role)).is_err() {
                return Err(RoleError::TooHigh(role));
            }
        }
        if row.role == Some(Role::Owner) && role != Some(Role::Owner) {
            let all = stored::administrators(&app.store, tenant.id).await;
            let all = all.map_err(AdminError::from)?;
            let owners = all.iter().filter(|one| one.role == Role::Owner && one.active).count();
            if owners <= 1 {
                return Err(RoleError::LastOwner);
            }
        }
        let word = |role: Option<Role>| role.map_or("user", Role::word);
        let mut batch = Batch::default()
            .set_role(tenant.id, account, role)
            .end_portal_sessions(tenant.id, account, None);
        // What lower ones could make for the account would be a way into the higher one.
        if role.is_some_and(|role| row.role != Some(role) && !outranked(row.role, role)) {
            batch = batch
                .delete_open_portal_links(account)
                .delete_open_invitations(tenant.id, account)
                .delete_shown_activations(tenant.id, account)
                .withdraw_deliveries(tenant.id, account, INVITATION, now)
                .set_enrolment(tenant.id, account, None)
                .delete_factors(tenant.id, account, FactorKind::Bypass.word(), true);
        }
        Ok(Change {
            batch,
            kind: EventKind::RoleSet,
            about: About { user: Some(account), ..About::default() },
            detail: detail([
                ("name", row.name.into()),
                ("before", word(row.role).into()),
                ("after", word(role).into()),
            ]),
            outcome: row.role,
        })
    })
    .await
}

/// Whether a role stands below that of before.
fn outranked(before: Option<Role>, role: Role) -> bool {
    before.is_some_and(|before| before.outranks(Some(role)))
}
