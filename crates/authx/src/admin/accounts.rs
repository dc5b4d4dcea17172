//! Accounts: the people who sign in.

mod bulk;
mod details;
mod listing;
mod states;

pub use bulk::{Deed, Done, MOST_AT_ONCE, bulk};
pub use details::{Amendment, Details, InvalidMail, Mail, amend, edit};
pub(super) use details::{changed, tell_old_address};
pub use listing::{List, Listing, Page, list, page, place, stream};
pub use states::{REMOVED_SECS, delete, disable, enable, forget_removed, remove, restore, unlock};

use super::{
    Actor, AdminError, Change,
    alike::Alike,
    change, detail,
    passwords::{self, PasswordRuleError},
};
use crate::{
    app::{About, App},
    store::{
        Batch,
        accounts::{self as stored, Known, Standing},
    },
};
use authx_core::{
    GroupId, TenantId, UserId,
    audit::EventKind,
    guard::Guard,
    name::{InvalidName, Name},
    role::Role,
    wire::login::Rfc3339,
};
use serde::Serialize;
use zeroize::Zeroizing;

/// Why an account could not be made, found or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The text is no name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// Another account of the tenant goes by this name.
    #[error("“{name}” is already a name of user “{owner}”; choose another one")]
    NameTaken {
        /// The name.
        name: String,
        /// Who goes by it.
        owner: String,
    },
    /// A removed account goes by this name, and may come back.
    #[error(
        "“{name}” is a name of user “{owner}”, who was removed and can be restored for seven days; choose another name, or restore that user"
    )]
    NameReserved {
        /// The name.
        name: String,
        /// Who goes by it.
        owner: String,
    },
    /// The account's recovery codes are new already.
    #[error(
        "recovery codes were made for this account a moment ago; wait {wait_secs} s before making new ones"
    )]
    CodesJustMade {
        /// How long to wait.
        wait_secs: u64,
    },
    /// Whoever is disabled has nothing to unlock.
    #[error("user “{0}” is disabled; enabling also unlocks")]
    Disabled(String),
    /// The account is not removed, so there is nothing to restore.
    #[error("user “{0}” is not removed")]
    NotRemoved(String),
    /// The password breaks a rule.
    #[error(transparent)]
    Password(#[from] PasswordRuleError),
    /// The account was removed, and has to be restored first.
    #[error("user “{0}” is removed; `authx user restore NAME` brings a user back")]
    Removed(String),
    /// Nobody in the tenant goes by this name or id.
    #[error("there is no user “{0}”; `authx user list` shows those there are")]
    Unknown(String),
}

/// An account as administrators see it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = User)]
pub struct Account {
    /// Who.
    #[serde(rename = "user_id")]
    pub id: UserId,
    /// As typed when it was made.
    pub name: String,
    /// As people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// How they are written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Other names, folded.
    pub aliases: Vec<String>,
    /// In which state it is.
    pub state: &'static str,
    /// What it is in the portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The groups that it is in, the first to count first.
    pub groups: Vec<InGroup>,
    /// AuthX keeps a password.
    pub has_password: bool,
    /// Words of the factors that count.
    pub factors: Vec<String>,
    /// Words of the factors that do not count yet.
    pub pending_factors: Vec<String>,
    /// How many phones count.
    pub phones: u64,
    /// Until when it is let in without a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bypass_until: Option<Rfc3339>,
    /// When it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<Rfc3339>,
    /// The last time that it was let in anywhere, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_in: Option<Rfc3339>,
    /// When it was made.
    pub created: Rfc3339,
}

/// A group that an account is in.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct InGroup {
    /// Which.
    #[serde(rename = "group_id")]
    pub id: GroupId,
    /// What it is called.
    pub name: String,
}

/// An account to be made.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Other names of the same person.
    pub aliases: &'a [Name],
    /// The first password, as typed.
    pub password: Option<Zeroizing<String>>,
}

/// Makes an account that may sign in.
///
/// # Errors
///
/// [`AccountError::NameTaken`], [`AccountError::Password`], [`AccountError::Admin`].
pub async fn create(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    new: NewAccount<'_>,
) -> Result<UserId, AccountError> {
    create_known(app, by, tenant, new, &Details::default()).await
}

/// The same, with what is known of it besides its names.
///
/// # Errors
///
/// As [`create`].
pub async fn create_known(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    new: NewAccount<'_>,
    details: &Details,
) -> Result<UserId, AccountError> {
    by.check_outranks(None)?;
    let NewAccount { name, aliases, password } = new;
    let mut names: Vec<&Name> = vec![name];
    names.extend(aliases);
    let hash = match password {
        Some(typed) => {
            let tenant = super::Tenant::load(app, tenant).await?;
            let mut known: Vec<String> = names.iter().map(ToString::to_string).collect();
            known.push(tenant.name);
            Some(passwords::hashed(app, None, typed, known).await?)
        }
        None => None,
    };
    let mut folded: Vec<String> = names.iter().map(|name| name.folded()).collect();
    folded.sort_unstable();
    folded.dedup();
    let search = &details.search(&folded);
    let (names, folded, hash) = (&names, &folded, hash.as_ref());
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        for name in names {
            free(app, tenant.id, name, None).await?;
        }
        let id = app.decide(now, UserId::new);
        let sealed = hash.map(|hash| passwords::sealed(app, tenant, now, id, hash));
        let mut batch = Batch::default().insert_account(stored::NewAccount {
            tenant: tenant.id,
            id,
            name,
            known: details.known(search),
            active: true,
            password: sealed,
            now,
            import: None,
        });
        for folded in folded {
            batch = batch.insert_alias(tenant.id, id, folded);
        }
        let aliases: Vec<&str> = aliases.iter().map(Name::as_str).collect();
        let mut detail = detail([
            ("name", name.as_str().into()),
            ("aliases", aliases.into()),
            ("password", hash.is_some().into()),
        ]);
        details.record(&mut detail);
        Ok(Change {
            batch,
            kind: EventKind::UserCreated,
            about: About { user: Some(id), ..About::default() },
            detail,
            outcome: id,
        })
    })
    .await
}

/// The account of a tenant that goes by this name, alias or id; also a removed one.
///
/// # Errors
///
/// [`AccountError::Unknown`], also for another tenant's id; [`AccountError::Admin`].
pub async fn find(app: &App, tenant: TenantId, text: &str) -> Result<Account, AccountError> {
    let store = &app.store;
    let by_id = match text.parse() {
        Ok(id) => stored::account(store, tenant, id).await.map_err(AdminError::from)?,
        Err(_) => None,
    };
    let found = if by_id.is_some() {
        by_id
    } else {
        let name = Name::new(text)?;
        stored::account_named(store, tenant, &name).await.map_err(AdminError::from)?
    };
    let row = found.ok_or_else(|| AccountError::Unknown(text.to_owned()))?;
    Ok(listing::account(app, tenant, row).await?)
}

/// The account of that id; also a removed one.
///
/// # Errors
///
/// [`AccountError::Unknown`], also for another tenant's id; [`AccountError::Admin`].
pub async fn get(app: &App, tenant: TenantId, id: UserId) -> Result<Account, AccountError> {
    let row = even_removed(app, tenant, id).await?;
    Ok(listing::account(app, tenant, row).await?)
}

/// The account of that id, as a change of it needs it.
pub(crate) async fn row(
    app: &App,
    tenant: TenantId,
    id: UserId,
) -> Result<stored::AccountRow, AccountError> {
    let row = even_removed(app, tenant, id).await?;
    if row.removed.is_some() { Err(AccountError::Removed(row.name)) } else { Ok(row) }
}

async fn even_removed(
    app: &App,
    tenant: TenantId,
    id: UserId,
) -> Result<stored::AccountRow, AccountError> {
    let found = stored::account(&app.store, tenant, id).await.map_err(AdminError::from)?;
    found.ok_or_else(|| AccountError::Unknown(id.to_string()))
}

/// Fails where somebody else than `own` goes by that name already, or by one that means the same at
/// an application with a domain suffix.
pub(super) async fn free(
    app: &App,
    tenant: TenantId,
    name: &Name,
    own: Option<UserId>,
) -> Result<(), AccountError> {
    let owner = stored::account_named(&app.store, tenant, name).await.map_err(AdminError::from)?;
    let owner = match owner {
        None => Alike::of(app, tenant).await?.owner(app, tenant, name, own).await?,
        owner => owner,
    };
    match owner {
        None => Ok(()),
        Some(owner) => Err(taken(name, owner)),
    }
}

/// Why a name cannot be given away.
pub(super) fn taken(name: &Name, owner: stored::AccountRow) -> AccountError {
    let (name, removed, owner) = (name.to_string(), owner.removed.is_some(), owner.name);
    if removed {
        AccountError::NameReserved { name, owner }
    } else {
        AccountError::NameTaken { name, owner }
    }
}

/// A count of wrong answers that has none, as it is stored.
pub(crate) fn fresh_guard() -> Result<String, AdminError> {
    serde_json::to_string(&Guard::default()).map_err(|error| AdminError::Damaged(error.to_string()))
}
