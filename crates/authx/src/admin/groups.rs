//! Groups: some of a tenant's people, with a policy of their own. Where a user is in several, the
//! one that stands higher goes first.

mod deciding;
mod listing;
mod members;

pub(super) use deciding::deciding;
pub use deciding::{Decides, decides};
pub use listing::{Wanted, found};
pub use members::{
    Leave, Member, Members, MembersWanted, NotFound, add, check_moves, find_all, leave, members,
    membership, of_user, remove,
};

use super::{Actor, AdminError, Change, accounts::AccountError, change, detail};
use crate::{
    app::{About, App},
    store::{Batch, groups as stored},
};
use authx_core::{
    GroupId, Millis, TenantId,
    audit::EventKind,
    name::{InvalidName, Name},
    policy::Document,
    wire::login::Rfc3339,
};
use deciding::may_switch;
use serde::Serialize;

/// Why a group could not be made, found or changed.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// A user who is to be a member is not there.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The text is no name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// Another group of the tenant has this name.
    #[error("there is already a group “{0}”; choose another name")]
    NameTaken(String),
    /// Being in it or not decides about the second factor, as a policy does.
    #[error(
        "“{0}” decides whether its members are asked for a second factor: ask somebody who may change policies"
    )]
    DecidesFactor(String),
    /// There is nothing to put back.
    #[error("“{0}” is not removed")]
    NotRemoved(String),
    /// It has a policy, which is not this administrator's to change.
    #[error("“{0}” has a policy of its own: ask somebody who may change policies")]
    PolicyInForce(String),
    /// The tenant has as many as there may be.
    #[error("there are {MOST_GROUPS} groups already, as many as there may be; remove one first")]
    TooMany,
    /// More at once than fit in one change.
    #[error("{MOST_AT_ONCE} users can be moved at once, not {0}; do it in parts")]
    TooManyAtOnce(usize),
    /// A user is in as many groups as one may be.
    #[error("user “{0}” is in {MOST_OF_USER} groups already, as many as one may be in")]
    TooManyOfUser(String),
    /// The tenant has no group of this name or id.
    #[error("there is no group “{0}”; `authx group list` shows those there are")]
    Unknown(String),
}

/// A group as administrators see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Which.
    #[serde(rename = "group_id")]
    pub id: GroupId,
    /// As the operator calls it.
    pub name: String,
    /// Where it stands, from 1: the smaller number goes first.
    pub place: usize,
    /// Its own document.
    pub policy: Document,
    /// When it was made.
    pub created: Rfc3339,
}

/// What removing a group has done.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Removed {
    /// What it was called.
    pub name: String,
    /// How many were in it.
    pub members: u64,
}

/// Makes a group without members or a policy, which goes after all others.
///
/// # Errors
///
/// [`GroupError::NameTaken`], [`GroupError::TooMany`], [`GroupError::Admin`].
pub async fn create(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    name: &Name,
) -> Result<GroupId, GroupError> {
    change(app, by, tenant, move |tenant, now| async move {
        let rows = rows(app, tenant.id).await?;
        if rows.len() >= MOST_GROUPS {
            return Err(GroupError::TooMany);
        }
        free(app, tenant.id, None, name).await?;
        let id = app.decide(now, GroupId::new);
        Ok(Change {
            batch: Batch::default().insert_group(tenant.id, id, name, behind(&rows), now),
            kind: EventKind::GroupCreated,
            about: About::default(),
            detail: detail([("name", name.as_str().into()), ("group_id", id.to_string().into())]),
            outcome: id,
        })
    })
    .await
}

/// The groups of a tenant in their order.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Damaged`].
pub async fn list(app: &App, tenant: TenantId) -> Result<Vec<Group>, AdminError> {
    let rows = stored::groups(&app.store, tenant).await?;
    rows.into_iter().zip(1..).map(|(row, place)| group(row, place)).collect()
}

/// How many are in a group.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn count(app: &App, tenant: TenantId, id: GroupId) -> Result<u64, AdminError> {
    Ok(stored::count(&app.store, tenant, id).await?)
}

/// The group of a tenant that has this name or id.
///
/// # Errors
///
/// [`GroupError::Unknown`], also for another tenant's id; [`GroupError::Admin`].
pub async fn find(app: &App, tenant: TenantId, text: &str) -> Result<Group, GroupError> {
    let groups = list(app, tenant).await?;
    let id: Option<GroupId> = text.parse().ok();
    let id = if groups.iter().any(|group| Some(group.id) == id) {
        id
    } else {
        let row = stored::group_named(&app.store, tenant, &Name::new(text)?).await;
        row.map_err(AdminError::from)?.map(|row| row.id)
    };
    let found = groups.into_iter().find(|group| Some(group.id) == id);
    found.ok_or_else(|| GroupError::Unknown(text.to_owned()))
}

/// The group of this id.
///
/// # Errors
///
/// As [`find`].
pub async fn get(app: &App, tenant: TenantId, id: GroupId) -> Result<Group, GroupError> {
    let groups = list(app, tenant).await?;
    let found = groups.into_iter().find(|group| group.id == id);
    found.ok_or_else(|| GroupError::Unknown(id.to_string()))
}

/// Calls a group something else.
///
/// # Errors
///
/// [`GroupError::Unknown`], [`GroupError::NameTaken`], [`GroupError::Admin`].
pub async fn rename(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: GroupId,
    name: &Name,
) -> Result<(), GroupError> {
    change(app, by, tenant, move |tenant, _| async move {
        let row = row(app, tenant.id, id).await?;
        free(app, tenant.id, Some(id), name).await?;
        Ok(Change {
            batch: Batch::default().rename_group(tenant.id, id, name),
            kind: EventKind::GroupRenamed,
            about: About::default(),
            detail: detail([
                ("name", name.as_str().into()),
                ("before", row.name.into()),
                ("group_id", id.to_string().into()),
            ]),
            outcome: (),
        })
    })
    .await
}

/// Puts a group at a place in the order, from 1; a number beyond the last one is the last. The
/// others keep theirs among themselves.
///
/// # Errors
///
/// [`GroupError::Unknown`], [`GroupError::Admin`].
pub async fn place(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: GroupId,
    place: usize,
) -> Result<(), GroupError> {
    change(app, by, tenant, move |tenant, _| async move {
        let mut rows = rows(app, tenant.id).await?;
        let before = rows.iter().position(|row| row.id == id);
        let before = before.ok_or_else(|| GroupError::Unknown(id.to_string()))?;
        let moved = rows.remove(before);
        let at = place.saturating_sub(1).min(rows.len());
        let name = moved.name.clone();
        rows.insert(at, moved);
        let mut batch = Batch::default();
        for (row, number) in rows.iter().zip(1..).filter(|(row, number)| row.place != *number) {
            batch = batch.place_group(tenant.id, row.id, number);
        }
        Ok(Change {
            batch,
            kind: EventKind::GroupMoved,
            about: About::default(),
            detail: detail([
                ("name", name.into()),
                ("place", at.saturating_add(1).into()),
                ("before", before.saturating_add(1).into()),
                ("group_id", id.to_string().into()),
            ]),
            outcome: (),
        })
    })
    .await
}

/// Removes a group: its policy counts for nobody any more. It can be put back for 30 days.
///
/// # Errors
///
/// [`GroupError::Unknown`], [`GroupError::PolicyInForce`], [`GroupError::Admin`].
pub async fn delete(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: GroupId,
) -> Result<Removed, GroupError> {
    change(app, by, tenant, move |tenant, now| async move {
        let row = row(app, tenant.id, id).await?;
        may_switch(app, by, tenant.id, &row).await?;
        let members = count(app, tenant.id, id).await?;
        let before = Millis(now.0.saturating_sub(KEPT_SECS * 1_000));
        Ok(Change {
            batch: Batch::default().remove_group(tenant.id, id, now, before),
            kind: EventKind::GroupRemoved,
            about: About::default(),
            detail: detail([
                ("name", row.name.as_str().into()),
                ("members", members.into()),
                ("group_id", id.to_string().into()),
            ]),
            outcome: Removed { name: row.name, members },
        })
    })
    .await
}

/// Puts a removed group back, with its members and its policy, behind all others.
///
/// # Errors
///
/// [`GroupError::Unknown`] also for one that was removed too long ago; [`GroupError::NotRemoved`],
/// [`GroupError::NameTaken`],
/// [`GroupError::TooMany`], [`GroupError::PolicyInForce`], [`GroupError::Admin`].
pub async fn put_back(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: GroupId,
) -> Result<String, GroupError> {
    change(app, by, tenant, move |tenant, _| async move {
        let rows = rows(app, tenant.id).await?;
        if rows.len() >= MOST_GROUPS {
            return Err(GroupError::TooMany);
        }
        let row = stored::removed_group(&app.store, tenant.id, id).await;
        let row = row.map_err(AdminError::from)?;
        let Some(row) = row else {
            return Err(GroupError::NotRemoved(self::row(app, tenant.id, id).await?.name));
        };
        may_switch(app, by, tenant.id, &row).await?;
        free(app, tenant.id, None, &Name::new(&row.name)?).await?;
        Ok(Change {
            batch: Batch::default().put_back_group(tenant.id, id, behind(&rows)),
            kind: EventKind::GroupPutBack,
            about: About::default(),
            detail: detail([
                ("name", row.name.as_str().into()),
                ("group_id", id.to_string().into()),
            ]),
            outcome: row.name,
        })
    })
    .await
}

/// The group of that id, as a change of it needs it.
pub(super) async fn row(
    app: &App,
    tenant: TenantId,
    id: GroupId,
) -> Result<stored::GroupRow, GroupError> {
    let found = stored::group(&app.store, tenant, id).await.map_err(AdminError::from)?;
    found.ok_or_else(|| GroupError::Unknown(id.to_string()))
}

async fn rows(app: &App, tenant: TenantId) -> Result<Vec<stored::GroupRow>, GroupError> {
    Ok(stored::groups(&app.store, tenant).await.map_err(AdminError::from)?)
}

fn behind(rows: &[stored::GroupRow]) -> i64 {
    rows.last().map_or(1, |row| row.place.saturating_add(1))
}

/// Fails if another group has the name.
async fn free(
    app: &App,
    tenant: TenantId,
    own: Option<GroupId>,
    name: &Name,
) -> Result<(), GroupError> {
    let taken = stored::group_named(&app.store, tenant, name).await.map_err(AdminError::from)?;
    match taken {
        Some(other) if Some(other.id) != own => Err(GroupError::NameTaken(other.name)),
        Some(_) | None => Ok(()),
    }
}

fn group(row: stored::GroupRow, place: usize) -> Result<Group, AdminError> {
    let policy = Document::from_json(&row.policy)
        .map_err(|error| AdminError::Damaged(format!("group {}: {error}", row.id)))?;
    let created = Rfc3339(row.created);
    Ok(Group { id: row.id, name: row.name, place, policy, created })
}

/// Groups of a tenant.
pub const MOST_GROUPS: usize = 200;
/// Groups of one user.
pub const MOST_OF_USER: usize = 50;
/// Users in one change.
pub const MOST_AT_ONCE: usize = 500;
/// How long a removed group can be put back.
const KEPT_SECS: u64 = 30 * 86_400;
