//! Who looks after a company's people and applications, and as what.

use super::{
    Actor, AdminError, Change,
    accounts::{self, AccountError, NewAccount},
    change, detail,
    letters::INVITATION,
    sign_up::{self, Link},
};
use crate::{
    app::{About, App},
    store::{Batch, portal as stored},
};
use authx_core::{
    TenantId, UserId,
    audit::EventKind,
    factor::FactorKind,
    name::{InvalidName, Name},
    role::Role,
};

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

/// Why nobody was invited to look after a company.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The text is no mail address.
    #[error("{0}")]
    Mail(String),
    /// Too long for a name to sign in with.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The role.
    #[error(transparent)]
    Role(#[from] RoleError),
}

/// Somebody who was invited.
#[derive(Debug)]
pub struct Invited {
    /// Who.
    pub id: UserId,
    /// What they sign in with.
    pub name: String,
    /// How they come in.
    pub link: Link,
}

/// Makes an account with a role, and the link by which its owner comes in.
///
/// # Errors
///
/// [`InviteError`].
pub async fn invite(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    mail: &str,
    role: Role,
) -> Result<Invited, InviteError> {
    let mail = sign_up::address(mail).map_err(InviteError::Mail)?;
    let name = Name::new(&mail)?;
    check_gives(by, role)?;
    let new = NewAccount { name: &name, aliases: &[], password: None };
    let id = accounts::create(app, by, tenant, new).await?;
    set_role(app, by, tenant, id, Some(role)).await?;
    let link = sign_up::first_link(app, by, tenant, id, role).await?;
    Ok(Invited { id, name: mail, link })
}

/// Makes another link for somebody who has not come in, or forgot the password.
///
/// # Errors
///
/// [`InviteError::Account`], [`InviteError::Admin`].
pub async fn link(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<Invited, InviteError> {
    let row = accounts::row(app, tenant, id).await?;
    let link = sign_up::invite_account(app, by, tenant, id).await?;
    Ok(Invited { id, name: row.name, link })
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
            check_gives(by, role)?;
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
        if role.is_none() {
            // They are not to come back with the next role.
            batch = batch.end_tokens(tenant.id, account, now);
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

/// Fails unless it may make somebody of that role. Owners also make owners, but a script makes none,
/// who would outlive its token.
fn check_gives(by: &Actor, role: Role) -> Result<(), RoleError> {
    let makes_owner = role == Role::Owner && by.is_person() && by.role() == Some(Role::Owner);
    if makes_owner || by.check_outranks(Some(role)).is_ok() {
        Ok(())
    } else {
        Err(RoleError::TooHigh(role))
    }
}
