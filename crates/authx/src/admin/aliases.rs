//! Aliases: other names of the same person, such as `CORP\alice` and `alice@corp.example`.

use super::{
    Actor, AdminError, Change,
    accounts::{self, AccountError, Details},
    change, detail,
};
use crate::{
    app::{About, App},
    store::{Batch, accounts as stored},
};
use authx_core::{TenantId, UserId, audit::EventKind, name::Name};

/// Why an alias could not be added or removed.
#[derive(Debug, thiserror::Error)]
pub enum AliasError {
    /// The account is not there, or the name is another's.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The user has it already.
    #[error("“{0}” is already a name of this user")]
    Already(String),
    /// The user's own name stays.
    #[error("“{0}” is the user's own name, which stays; only aliases can be removed")]
    OwnName(String),
    /// The user has no such alias.
    #[error("this user has no alias “{0}”; `authx user list` shows those there are")]
    Unknown(String),
}

/// Gives a user another name.
///
/// # Errors
///
/// [`AliasError::Already`], [`AccountError::NameTaken`], [`AccountError::Unknown`],
/// [`AliasError::Admin`].
pub async fn add(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    alias: &Name,
) -> Result<(), AliasError> {
    let folded = &alias.folded();
    change(app, by, tenant, move |tenant, _| async move {
        let tenant = &tenant;
        let row = accounts::row(app, tenant.id, user).await?;
        by.check_outranks(row.role)?;
        let names = stored::aliases_of(&app.store, tenant.id, user).await;
        let mut names = names.map_err(AdminError::from)?;
        if names.contains(folded) {
            return Err(AliasError::Already(alias.to_string()));
        }
        names.push(folded.clone());
        accounts::free(app, tenant.id, alias, Some(user)).await?;
        Ok(Change {
            batch: Batch::default().insert_alias(tenant.id, user, folded).set_search(
                tenant.id,
                user,
                &Details::of(&row).search(&names),
            ),
            kind: EventKind::AliasAdded,
            about: About { user: Some(user), ..About::default() },
            detail: detail([("name", row.name.into()), ("alias", alias.as_str().into())]),
            outcome: (),
        })
    })
    .await
}

/// Takes a name from a user.
///
/// # Errors
///
/// [`AliasError::Unknown`], [`AliasError::OwnName`], [`AccountError::Unknown`],
/// [`AliasError::Admin`].
pub async fn remove(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    alias: &Name,
) -> Result<(), AliasError> {
    let folded = &alias.folded();
    change(app, by, tenant, move |tenant, _| async move {
        let tenant = &tenant;
        let row = accounts::row(app, tenant.id, user).await?;
        by.check_outranks(row.role)?;
        if Name::new(&row.name).is_ok_and(|own| own.folded() == *folded) {
            return Err(AliasError::OwnName(alias.to_string()));
        }
        let names = stored::aliases_of(&app.store, tenant.id, user).await;
        let mut names = names.map_err(AdminError::from)?;
        if !names.contains(folded) {
            return Err(AliasError::Unknown(alias.to_string()));
        }
        names.retain(|name| name != folded);
        Ok(Change {
            batch: Batch::default().delete_alias(tenant.id, user, folded).set_search(
                tenant.id,
                user,
                &Details::of(&row).search(&names),
            ),
            kind: EventKind::AliasRemoved,
            about: About { user: Some(user), ..About::default() },
            detail: detail([("name", row.name.into()), ("alias", alias.as_str().into())]),
            outcome: (),
        })
    })
    .await
}
