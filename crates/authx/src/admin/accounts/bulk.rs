//! One deed for many accounts: each is a change of its own, and what could not be done is told.

use super::{AccountError, disable, enable, even_removed, remove, restore};
use crate::{
    admin::{
        Actor, AdminError,
        groups::{self, GroupError},
    },
    app::App,
    enrol::phones::{self, Mailed, PhoneError, Separate},
};
use authx_core::{GroupId, TenantId, UserId};

/// What is done to each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Deed {
    /// Cannot sign in.
    Disable,
    /// Can sign in again.
    Enable,
    /// Is invited to enrol a phone, at the mail address on record.
    Invite,
    /// Is in a group.
    Join(GroupId),
    /// Is in a group no longer.
    Leave(GroupId),
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
    /// Whether anything is otherwise than before.
    pub changed: bool,
    /// The invitation, where that was the deed.
    pub mailed: Option<Mailed>,
    /// Why it was not done.
    pub refused: Option<String>,
}

impl Deed {
    /// What takes it back, where that is possible.
    pub fn undone_by(self) -> Option<Self> {
        match self {
            Self::Disable => Some(Self::Enable),
            Self::Enable => Some(Self::Disable),
            Self::Join(group) => Some(Self::Leave(group)),
            Self::Leave(group) => Some(Self::Join(group)),
            Self::Remove => Some(Self::Restore),
            Self::Restore => Some(Self::Remove),
            Self::Invite => None,
        }
    }
}

/// Does it to each of them, in order, and to nobody twice.
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
    let mut done: Vec<Done> = Vec::with_capacity(ids.len());
    for &id in ids {
        if done.iter().any(|one| one.id == id) {
            continue;
        }
        let name = match even_removed(app, tenant, id).await {
            Ok(row) => Some(row.name),
            Err(AccountError::Admin(error)) => return Err(error),
            Err(_) => None,
        };
        let one = Done { id, name, changed: false, mailed: None, refused: None };
        done.push(match act(app, by, tenant, deed, id).await {
            Ok(did) => {
                let (changed, mailed) = match did {
                    Did::Changed(changed) => (changed, None),
                    Did::Mailed(mailed) => (true, Some(*mailed)),
                };
                Done { changed, mailed, ..one }
            }
            Err(Stopped::All(error)) => return Err(error),
            Err(Stopped::This(refused)) => Done { refused: Some(refused), ..one },
        });
    }
    Ok(done)
}

/// What was done to one.
enum Did {
    Changed(bool),
    Mailed(Box<Mailed>),
}

/// Whether the others are stopped too.
enum Stopped {
    All(AdminError),
    This(String),
}

async fn act(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    deed: Deed,
    id: UserId,
) -> Result<Did, Stopped> {
    let changed = match deed {
        Deed::Disable => disable(app, by, tenant, id).await?,
        Deed::Enable => enable(app, by, tenant, id).await?,
        Deed::Remove => remove(app, by, tenant, id).await.map(|()| true)?,
        Deed::Restore => restore(app, by, tenant, id).await.map(|()| true)?,
        Deed::Join(group) => !groups::add(app, by, tenant, group, &[id]).await?.is_empty(),
        Deed::Leave(group) => !groups::remove(app, by, tenant, group, &[id]).await?.is_empty(),
        Deed::Invite => {
            let mailed = phones::invite_by_mail(app, by, tenant, id, Separate::IfNeeded).await?;
            return Ok(Did::Mailed(Box::new(mailed)));
        }
    };
    Ok(Did::Changed(changed))
}

impl From<AdminError> for Stopped {
    #[expect(clippy::wildcard_enum_match_arm, reason = "one only is about this user alone")]
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Outranked => Self::This(error.to_string()),
            error => Self::All(error),
        }
    }
}

impl From<AccountError> for Stopped {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others are about this user alone")]
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Admin(error) => error.into(),
            error => Self::This(error.to_string()),
        }
    }
}

impl From<GroupError> for Stopped {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others are about this user alone")]
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Account(error) => error.into(),
            GroupError::Admin(error) => error.into(),
            error => Self::This(error.to_string()),
        }
    }
}

impl From<PhoneError> for Stopped {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others are about this user alone")]
    fn from(error: PhoneError) -> Self {
        match error {
            PhoneError::Account(error) => error.into(),
            PhoneError::Admin(error) => error.into(),
            error => Self::This(error.to_string()),
        }
    }
}

/// Accounts in one go.
pub const MOST_AT_ONCE: usize = 200;
