//! Who is in a group, a page at a time.

use super::super::{Flow, Row, Store, StoreError};
use authx_core::{GroupId, TenantId, UserId, role::Role};

/// A member.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Who.
    pub id: UserId,
    /// As typed when the account was made.
    pub name: String,
    /// What lists sort by.
    pub folded: String,
    /// May sign in.
    pub active: bool,
    /// As people call them.
    pub display: Option<String>,
    /// What they are in the portal.
    pub role: Option<Role>,
}

/// Which members are wanted.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Those whose name begins with this, folded.
    pub prefix: String,
    /// Those after this one.
    pub after: Option<(String, UserId)>,
    /// Those before this one, from there backwards.
    pub before: Option<(String, UserId)>,
    /// From the last one backwards, where it is neither behind nor before somebody.
    pub from_last: bool,
    /// At most.
    pub most: u32,
}

/// How many are in a group. Whoever was removed is not, even while they can be put back.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn count(store: &Store, tenant: TenantId, group: GroupId) -> Result<u64, StoreError> {
    // An index alone says how many rows there are; an account behind each would be a read of all.
    // Those that were removed are few, in all companies together.
    let row = store
        .query_one(
            "SELECT (SELECT COUNT(*) FROM membership m WHERE m.user_group = g.id)
                  - (SELECT COUNT(*) FROM membership m WHERE m.user_group = g.id
                     AND m.account IN (SELECT id FROM account WHERE removed IS NOT NULL))
             FROM user_group g WHERE g.tenant = $1 AND g.id = $2",
            [tenant.into(), group.into()],
        )
        .await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Reads members by name. `count` is about how many there are: it decides which way is the shorter.
///
/// # Errors
///
/// As [`count`].
pub async fn members(
    store: &Store,
    tenant: TenantId,
    group: GroupId,
    count: u64,
    wanted: &Members,
) -> Result<Vec<MemberRow>, StoreError> {
    let from = wanted.before.as_ref().or(wanted.after.as_ref());
    let (folded, id) = match from {
        Some((folded, id)) => (Some(folded.clone()), Some(*id)),
        None => (None, None),
    };
    let prefix = wanted.prefix.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    let sql = match (wanted.before.is_some() || wanted.from_last, count > MANY) {
        (false, false) => OF_GROUP,
        (false, true) => AMONG_ALL,
        (true, false) => OF_GROUP_BACKWARDS,
        (true, true) => AMONG_ALL_BACKWARDS,
    };
    let rows = store
        .query(
            sql,
            [
                tenant.into(),
                group.into(),
                format!("{prefix}%").into(),
                folded.into(),
                id.into(),
                i64::from(wanted.most).into(),
            ],
        )
        .await?;
    rows.iter().map(member_row).collect()
}

/// Who is in which of a tenant's groups that have a policy, and in `group` whether it has one or
/// not: account, group.
pub fn memberships(store: &Store, tenant: TenantId, group: Option<GroupId>) -> Flow<Row> {
    store.scan(
        "SELECT m.account, m.user_group
         FROM user_group g JOIN membership m ON m.user_group = g.id
         WHERE g.tenant = $1 AND g.removed IS NULL AND (g.id = $2 OR g.policy <> '{}')",
        [tenant.into(), group.into()],
    )
}

macro_rules! members_from {
    ($from:literal, forwards) => {
        members_from!($from, ">", "a.folded, a.id")
    };
    ($from:literal, backwards) => {
        members_from!($from, "<", "a.folded DESC, a.id DESC")
    };
    ($from:literal, $than:literal, $order:literal) => {
        concat!(
            "SELECT a.id, a.name, a.folded, a.state, a.display, a.role ",
            $from,
            " AND a.removed IS NULL AND a.folded LIKE $3 ESCAPE '\\'
              AND (a.folded ",
            $than,
            " $4 OR (a.folded = $4 AND a.id ",
            $than,
            " $5) OR $4 IS NULL)
             ORDER BY ",
            $order,
            " LIMIT $6"
        )
    };
}

/// Reads the group's members and sorts them: the shorter way where they are few.
macro_rules! of_group {
    ($way:ident) => {
        members_from!(
            "FROM membership m JOIN account a ON a.id = m.account
             WHERE m.user_group = $2 AND a.tenant = $1",
            $way
        )
    };
}

/// Goes through all accounts by name until a page is full of members: the shorter way where nearly
/// everybody is one.
macro_rules! among_all {
    ($way:ident) => {
        members_from!(
            "FROM account a WHERE a.tenant = $1
             AND EXISTS (SELECT 1 FROM membership m WHERE m.account = a.id AND m.user_group = $2)",
            $way
        )
    };
}

const OF_GROUP: &str = of_group!(forwards);
const OF_GROUP_BACKWARDS: &str = of_group!(backwards);
const AMONG_ALL: &str = among_all!(forwards);
const AMONG_ALL_BACKWARDS: &str = among_all!(backwards);

/// Up to so many are read and sorted in some milliseconds.
const MANY: u64 = 3_000;

fn member_row(row: &Row) -> Result<MemberRow, StoreError> {
    Ok(MemberRow {
        id: row.user(0)?,
        name: row.text(1)?.to_owned(),
        folded: row.text(2)?.to_owned(),
        active: row.text(3)? == "active",
        display: row.opt_text(4)?.map(str::to_owned),
        role: row.opt_text(5)?.and_then(Role::from_word),
    })
}
