//! Groups, their policies, and who is in them.

mod members;

pub use members::{MemberRow, Members, count, members, memberships};

use super::{Batch, Row, Store, StoreError};
use authx_core::{GroupId, Millis, TenantId, UserId, name::Name};

/// A group as it is stored.
#[derive(Clone, Debug)]
pub struct GroupRow {
    /// Which.
    pub id: GroupId,
    /// As the operator calls it.
    pub name: String,
    /// Its policy document, JSON.
    pub policy: String,
    /// Where it stands: of two groups of a user, the one with the smaller number goes first.
    pub place: i64,
    /// When it was made.
    pub created: Millis,
}

/// Reads the groups of a tenant, in their order.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn groups(store: &Store, tenant: TenantId) -> Result<Vec<GroupRow>, StoreError> {
    let rows = store
        .query(
            "SELECT id, name, policy, place, created FROM user_group
             WHERE tenant = $1 AND removed IS NULL ORDER BY place, id",
            [tenant.into()],
        )
        .await?;
    rows.iter().map(group_row).collect()
}

/// Reads a group of a tenant. `None`: the tenant has none of that id.
///
/// # Errors
///
/// As [`groups`].
pub async fn group(
    store: &Store,
    tenant: TenantId,
    id: GroupId,
) -> Result<Option<GroupRow>, StoreError> {
    let row = store
        .query_one(
            "SELECT id, name, policy, place, created FROM user_group
             WHERE tenant = $1 AND id = $2 AND removed IS NULL",
            [tenant.into(), id.into()],
        )
        .await?;
    row.as_ref().map(group_row).transpose()
}

/// Reads a group that was removed and is kept still.
///
/// # Errors
///
/// As [`groups`].
pub async fn removed_group(
    store: &Store,
    tenant: TenantId,
    id: GroupId,
) -> Result<Option<GroupRow>, StoreError> {
    let row = store
        .query_one(
            "SELECT id, name, policy, place, created FROM user_group
             WHERE tenant = $1 AND id = $2 AND removed IS NOT NULL",
            [tenant.into(), id.into()],
        )
        .await?;
    row.as_ref().map(group_row).transpose()
}

/// Reads the group of a tenant that has this name. `None`: there is none.
///
/// # Errors
///
/// As [`groups`].
pub async fn group_named(
    store: &Store,
    tenant: TenantId,
    name: &Name,
) -> Result<Option<GroupRow>, StoreError> {
    let row = store
        .query_one(
            "SELECT id, name, policy, place, created FROM user_group
             WHERE tenant = $1 AND folded = $2 AND removed IS NULL",
            [tenant.into(), name.folded().into()],
        )
        .await?;
    row.as_ref().map(group_row).transpose()
}

/// Reads the groups of one account, in their order.
///
/// # Errors
///
/// As [`groups`].
pub async fn groups_of(
    store: &Store,
    tenant: TenantId,
    account: UserId,
) -> Result<Vec<GroupRow>, StoreError> {
    let rows = store
        .query(
            "SELECT g.id, g.name, g.policy, g.place, g.created
             FROM membership m JOIN user_group g ON g.id = m.user_group
             WHERE m.account = $2 AND g.tenant = $1 AND g.removed IS NULL
             ORDER BY g.place, g.id",
            [tenant.into(), account.into()],
        )
        .await?;
    rows.iter().map(group_row).collect()
}

impl Batch {
    /// Adds a group without members or a policy, if its name is free in the tenant.
    #[must_use]
    pub fn insert_group(
        self,
        tenant: TenantId,
        id: GroupId,
        name: &Name,
        place: i64,
        now: Millis,
    ) -> Self {
        self.one(
            "INSERT INTO user_group (id, tenant, name, folded, policy, place, created)
             VALUES ($1, $2, $3, $4, '{}', $5, $6)",
            [
                id.into(),
                tenant.into(),
                name.as_str().into(),
                name.folded().into(),
                place.into(),
                now.into(),
            ],
        )
    }

    /// Calls a group something else, if the name is free in the tenant.
    #[must_use]
    pub fn rename_group(self, tenant: TenantId, id: GroupId, name: &Name) -> Self {
        self.one(
            "UPDATE user_group SET name = $3, folded = $4
             WHERE tenant = $1 AND id = $2 AND removed IS NULL",
            [tenant.into(), id.into(), name.as_str().into(), name.folded().into()],
        )
    }

    /// Puts a group somewhere else in the order.
    #[must_use]
    pub fn place_group(self, tenant: TenantId, id: GroupId, place: i64) -> Self {
        self.one(
            "UPDATE user_group SET place = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), id.into(), place.into()],
        )
    }

    /// Replaces a group's policy document.
    #[must_use]
    pub fn set_group_policy(self, tenant: TenantId, id: GroupId, policy: String) -> Self {
        self.one(
            "UPDATE user_group SET policy = $3
             WHERE tenant = $1 AND id = $2 AND removed IS NULL",
            [tenant.into(), id.into(), policy.into()],
        )
    }

    /// Removes a group; it is kept with its members, to be put back. Those that were removed before
    /// `before` are gone for good.
    #[must_use]
    pub fn remove_group(self, tenant: TenantId, id: GroupId, now: Millis, before: Millis) -> Self {
        self.run(
            "DELETE FROM membership WHERE user_group IN (SELECT id FROM user_group
             WHERE tenant = $1 AND removed < $2)",
            [tenant.into(), before.into()],
        )
        .run(
            "DELETE FROM user_group WHERE tenant = $1 AND removed < $2",
            [tenant.into(), before.into()],
        )
        .one(
            "UPDATE user_group SET removed = $3
             WHERE tenant = $1 AND id = $2 AND removed IS NULL",
            [tenant.into(), id.into(), now.into()],
        )
    }

    /// Puts a removed group back, if its name is free in the tenant.
    #[must_use]
    pub fn put_back_group(self, tenant: TenantId, id: GroupId, place: i64) -> Self {
        self.one(
            "UPDATE user_group SET removed = NULL, place = $3
             WHERE tenant = $1 AND id = $2 AND removed IS NOT NULL",
            [tenant.into(), id.into(), place.into()],
        )
    }

    /// Puts an account into a group in which it is not.
    #[must_use]
    pub fn insert_member(self, tenant: TenantId, group: GroupId, account: UserId) -> Self {
        self.one(
            "INSERT INTO membership (tenant, account, user_group) VALUES ($1, $2, $3)",
            [tenant.into(), account.into(), group.into()],
        )
    }

    /// Takes an account out of a group in which it is.
    #[must_use]
    pub fn delete_member(self, tenant: TenantId, group: GroupId, account: UserId) -> Self {
        self.one(
            "DELETE FROM membership WHERE tenant = $1 AND account = $2 AND user_group = $3",
            [tenant.into(), account.into(), group.into()],
        )
    }
}

fn group_row(row: &Row) -> Result<GroupRow, StoreError> {
    Ok(GroupRow {
        id: row.group(0)?,
        name: row.text(1)?.to_owned(),
        policy: row.text(2)?.to_owned(),
        place: row.int(3)?,
        created: row.millis(4)?,
    })
}
