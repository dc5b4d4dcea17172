//! One deed for many accounts: each is a change of its own, and what could not be done is told.

use super::{AccountError, disable, enable, even_removed, remove, restore};
use crate::{
    admin::{Actor, AdminError},
    app::App,
    enrol::phones::{self, Invited, PhoneError, Separate},
};
use authx_core::{TenantId, UserId};

/// What is done to each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Deed {
    /// Cannot sign in.
    Disable,
    /// Can sign in again.
    Enable,
    /// Is invited to enrol a phone.
    Invite,
    /// Is gone in a week.
    Remove,
    /// Is back.
    Restore,
}

/// What became of one of them.
#[derive(Debug)]
pub struct Done {
    /// Who.
    pub id: UserId,
    /// What they are called; none for an id that is nobody's.
    pub name: Option<String>,
    /// The invitation, where that was the deed.
    pub invited: Option<Invited>,
    /// Why it was not done.
    pub refused: Option<String>,
}

/// Does it to each of them, in order.
///
/// # Errors
///
/// [`AdminError`] where nothing at all can be done, such as without a database.
pub async fn bulk(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    deed: Deed,
    ids: &[UserId],
) -> Result<Vec<Done>, AdminError> {
    let mut done = Vec::with_capacity(ids.len());
    for &id in ids {
        let name = match even_removed(app, tenant, id).await {
            Ok(row) => Some(row.name),
            Err(AccountError::Admin(error)) => return Err(error),
            Err(_) => None,
        };
        let outcome = match deed {
            Deed::Disable => disable(app, by, tenant, id).await.map(|_| None),
            Deed::Enable => enable(app, by, tenant, id).await.map(|_| None),
            Deed::Invite => invite(app, by, tenant, id).await?,
            Deed::Remove => remove(app, by, tenant, id).await.map(|()| None),
            Deed::Restore => restore(app, by, tenant, id).await.map(|()| None),
        };
        let (invited, refused) = match outcome {
            Ok(invited) => (invited, None),
            // It is about this one only.
            Err(AccountError::Admin(AdminError::Outranked)) => {
                (None, Some(AdminError::Outranked.to_string()))
            }
            Err(AccountError::Admin(error)) => return Err(error),
            Err(error) => (None, Some(error.to_string())),
        };
        done.push(Done { id, name, invited, refused });
    }
    Ok(done)
}

async fn invite(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<Result<Option<Invited>, AccountError>, AdminError> {
    match phones::invite(app, by, tenant, id, Separate::IfNeeded).await {
        Ok(invited) => Ok(Ok(Some(invited))),
        Err(PhoneError::Account(error)) => Ok(Err(error)),
        Err(PhoneError::Admin(error)) => Ok(Err(error.into())),
        Err(error) => Ok(Err(AccountError::Unknown(error.to_string()))),
    }
}

/// Accounts in one go.
pub const MOST_AT_ONCE: usize = 200;
