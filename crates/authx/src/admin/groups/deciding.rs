//! Which groups decide about the second factor: whoever moves people there, or switches one off or
//! on, decides as a policy does.

use super::{
    super::{Actor, AdminError},
    GroupError, list,
};
use crate::{
    app::App,
    store::{
        audiences::{self, Part},
        groups as stored,
    },
};
use authx_core::{GroupId, TenantId, role::Permission};

/// By what a deed with a group decides as a policy does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decides {
    /// By who is in it.
    ByMembers,
    /// By whether it is there, with its policy.
    ByPolicy,
}

/// Whether such a deed with that group, which may be removed, decides as a policy does.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Damaged`].
pub async fn decides(
    app: &App,
    tenant: TenantId,
    id: GroupId,
    deed: Decides,
) -> Result<bool, AdminError> {
    if deciding(app, tenant).await?.contains(&id) {
        return Ok(true);
    }
    if deed == Decides::ByMembers {
        return Ok(false);
    }
    let row = match stored::group(&app.store, tenant, id).await? {
        Some(row) => Some(row),
        None => stored::removed_group(&app.store, tenant, id).await?,
    };
    Ok(row.is_some_and(|row| row.policy != "{}"))
}

/// Whoever switches a group on or off does so with its policy, for everybody in it.
pub(super) async fn may_switch(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    row: &stored::GroupRow,
) -> Result<(), GroupError> {
    if by.may(Permission::PoliciesWrite) {
        Ok(())
    } else if row.policy != "{}" {
        Err(GroupError::PolicyInForce(row.name.clone()))
    } else if deciding(app, tenant).await?.contains(&row.id) {
        Err(GroupError::DecidesFactor(row.name.clone()))
    } else {
        Ok(())
    }
}

/// The groups whose members are asked for a second factor because they are in them, or are not:
/// those whose policy says so, and the pilots of applications. Who moves people there lets them off
/// as a bypass does, which takes a second person.
pub(in crate::admin) async fn deciding(
    app: &App,
    tenant: TenantId,
) -> Result<Vec<GroupId>, AdminError> {
    let pilots = audiences::audience(&app.store, tenant, None).await?;
    let pilots = pilots.into_iter().filter(|row| row.part == Part::Pilot).map(|row| row.group);
    let mut groups: Vec<GroupId> = pilots.collect();
    for group in list(app, tenant).await? {
        if group.policy.second_factor.is_some() {
            groups.push(group.id);
        }
    }
    Ok(groups)
}
