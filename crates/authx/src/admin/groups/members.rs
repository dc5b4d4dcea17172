//! Who is in a group.

use super::{
    super::{Actor, AdminError, Change, accounts, change, detail},
    Group, GroupError, MOST_AT_ONCE, MOST_OF_USER, deciding, list, row,
};
use crate::{
    app::{About, App},
    store::{Batch, accounts::AccountRow, groups as stored},
};
use authx_core::{
    GroupId, TenantId, UserId,
    audit::EventKind,
    name::Name,
    policy::Document,
    role::{Permission, Role},
};
use serde::Serialize;
use serde_json::{Map, Value};

pub use stored::Members as MembersWanted;

/// A member as administrators see it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Member {
    /// Who.
    #[serde(rename = "user_id")]
    pub id: UserId,
    /// As typed when the account was made.
    pub name: String,
    /// As people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// May sign in.
    pub active: bool,
    /// What they are in the portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Where the next page begins that starts behind this one.
    #[serde(skip)]
    pub folded: String,
}

/// A page of members.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Members {
    /// How many the group has.
    pub count: u64,
    /// Those of this page.
    pub page: Vec<Member>,
}

/// What of a list of names is nobody's.
pub type NotFound = Vec<String>;

/// Members of a group by name.
///
/// # Errors
///
/// [`GroupError::Unknown`], [`GroupError::Admin`].
pub async fn members(
    app: &App,
    tenant: TenantId,
    group: GroupId,
    wanted: &MembersWanted,
) -> Result<Members, GroupError> {
    row(app, tenant, group).await?;
    let store = &app.store;
    let count = stored::count(store, tenant, group).await.map_err(AdminError::from)?;
    let rows = stored::members(store, tenant, group, count, wanted).await;
    let page = rows.map_err(AdminError::from)?.into_iter().map(member).collect();
    Ok(Members { count, page })
}

/// What a group's policy leaves to somebody who may change groups.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Leave {
    /// To add and take out members.
    pub members: bool,
    /// To remove the group.
    pub removal: bool,
}

/// What may be done to a group without a say over policies: what would be refused is not offered.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Damaged`].
pub async fn leave(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    group: &Group,
) -> Result<Leave, AdminError> {
    let members =
        by.may(Permission::PoliciesWrite) || !deciding(app, tenant).await?.contains(&group.id);
    let removal =
        by.may(Permission::PoliciesWrite) || (members && group.policy == Document::default());
    Ok(Leave { members, removal })
}

/// The groups that a user is in, in their order.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Damaged`].
pub async fn of_user(app: &App, tenant: TenantId, user: UserId) -> Result<Vec<Group>, AdminError> {
    let ids = stored::groups_of(&app.store, tenant, user).await?;
    let groups = list(app, tenant).await?.into_iter();
    Ok(groups.filter(|group| ids.iter().any(|row| row.id == group.id)).collect())
}

/// Finds users by names, aliases or ids, each once, and what of the list is nobody's.
///
/// # Errors
///
/// [`GroupError::TooManyAtOnce`], [`GroupError::Admin`].
pub async fn find_all(
    app: &App,
    tenant: TenantId,
    names: &[&str],
) -> Result<(Vec<UserId>, NotFound), GroupError> {
    if names.len() > MOST_AT_ONCE {
        return Err(GroupError::TooManyAtOnce(names.len()));
    }
    let (mut found, mut missing) = (vec![], vec![]);
    for text in names {
        match accounts::find(app, tenant, text).await {
            Ok(account) if found.contains(&account.id) => {}
            Ok(account) => found.push(account.id),
            Err(accounts::AccountError::Admin(error)) => return Err(error.into()),
            Err(_) => missing.push((*text).to_owned()),
        }
    }
    Ok((found, missing))
}

/// Puts users into a group; whoever is in it already stays. Returns the names of those who came.
///
/// # Errors
///
/// [`GroupError::Unknown`], [`GroupError::Account`], [`GroupError::TooManyOfUser`],
/// [`GroupError::TooManyAtOnce`], [`GroupError::Admin`], also
/// [`AdminError::Outranked`]: a group's policy may ask less of its members.
pub async fn add(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    group: GroupId,
    users: &[UserId],
) -> Result<Vec<String>, GroupError> {
    moved(app, by, tenant, group, users, EventKind::GroupJoined).await
}

/// Takes users out of a group; whoever is not in it stays so. Returns the names of those who left.
///
/// # Errors
///
/// As [`add`].
pub async fn remove(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    group: GroupId,
    users: &[UserId],
) -> Result<Vec<String>, GroupError> {
    moved(app, by, tenant, group, users, EventKind::GroupLeft).await
}

/// Each user has an entry of the record, in which it is found.
async fn moved(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    group: GroupId,
    users: &[UserId],
    kind: EventKind,
) -> Result<Vec<String>, GroupError> {
    if users.len() > MOST_AT_ONCE {
        return Err(GroupError::TooManyAtOnce(users.len()));
    }
    let joins = kind == EventKind::GroupJoined;
    // What would change nothing is no change: it would end what others are about to decide.
    if moving(app, by, tenant, group, users, joins).await?.is_empty() {
        return Ok(vec![]);
    }
    change(app, by, tenant, move |tenant, now| async move {
        let name = row(app, tenant.id, group).await?.name;
        let mut moving = moving(app, by, tenant.id, group, users, joins).await?;
        let names = moving.iter().map(|row| row.name.clone()).collect();
        let mut batch = Batch::default();
        for row in &moving {
            batch = if joins {
                batch.insert_member(tenant.id, group, row.id)
            } else {
                batch.delete_member(tenant.id, group, row.id)
            };
        }
        let entry = |row: &AccountRow| {
            detail([
                ("name", row.name.as_str().into()),
                ("group", name.as_str().into()),
                ("group_id", group.to_string().into()),
            ])
        };
        // The last one's entry is written by the change itself.
        let last = moving.pop();
        for row in &moving {
            let about = About { user: Some(row.id), ..About::default() };
            batch = app.record(batch, now, tenant.id, kind, about, signed(by, entry(row)));
        }
        let about = About { user: last.as_ref().map(|row| row.id), ..About::default() };
        let detail = last.as_ref().map(entry).unwrap_or_default();
        Ok(Change { batch, kind, about, detail, outcome: names })
    })
    .await
}

/// Those of the users whom a move concerns.
async fn moving(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    group: GroupId,
    users: &[UserId],
    joins: bool,
) -> Result<Vec<AccountRow>, GroupError> {
    let name = row(app, tenant, group).await?.name;
    let decides = by.may(Permission::PoliciesWrite);
    if !decides && deciding(app, tenant).await?.contains(&group) {
        return Err(GroupError::DecidesFactor(name));
    }
    let mut moving: Vec<AccountRow> = vec![];
    for &user in users {
        let row = accounts::row(app, tenant, user).await?;
        check_moves(by, row.id, row.role)?;
        let groups = stored::groups_of(&app.store, tenant, user).await.map_err(AdminError::from)?;
        let is_in = groups.iter().any(|row| row.id == group);
        if is_in == joins || moving.iter().any(|other| other.id == user) {
            continue;
        }
        if joins && groups.len() >= MOST_OF_USER {
            return Err(GroupError::TooManyOfUser(row.name));
        }
        moving.push(row);
    }
    Ok(moving)
}

/// Fails unless it may move that account, which has this role, between groups.
///
/// # Errors
///
/// [`AdminError::Outranked`].
pub fn check_moves(by: &Actor, user: UserId, role: Option<Role>) -> Result<(), AdminError> {
    // A group is a right: nobody gives themselves one who could not give it to all.
    if by.may(Permission::PoliciesWrite) {
        by.check_self_or_outranks(user, role)
    } else {
        by.check_outranks(role)
    }
}

/// Which of a tenant's groups a new user is to be in: every name has to be one's.
///
/// # Errors
///
/// [`GroupError::Unknown`], [`GroupError::Name`], [`GroupError::Admin`].
pub async fn membership(
    app: &App,
    tenant: TenantId,
    names: &[&str],
) -> Result<Vec<GroupId>, GroupError> {
    let mut ids = vec![];
    for text in names {
        let found = match text.parse() {
            Ok(id) => stored::group(&app.store, tenant, id).await,
            Err(_) => stored::group_named(&app.store, tenant, &Name::new(text)?).await,
        };
        let found = found.map_err(AdminError::from)?;
        let found = found.ok_or_else(|| GroupError::Unknown((*text).to_owned()))?;
        if !ids.contains(&found.id) {
            ids.push(found.id);
        }
    }
    Ok(ids)
}

/// What [`change`] adds to the entry that it writes itself.
fn signed(by: &Actor, mut detail: Map<String, Value>) -> Map<String, Value> {
    detail.insert("by".to_owned(), by.as_str().into());
    if let Some(id) = by.user() {
        detail.insert("by_id".to_owned(), id.to_string().into());
    }
    detail
}

fn member(row: stored::MemberRow) -> Member {
    let stored::MemberRow { id, name, folded, active, display, role } = row;
    Member { id, name, display, active, role, folded }
}
