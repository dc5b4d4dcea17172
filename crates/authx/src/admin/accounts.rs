//! Accounts: the people who sign in.

use super::{
    Actor, AdminError, Change, change, detail,
    passwords::{self, PasswordRuleError},
};
use crate::{
    app::{About, App},
    enrol::phones,
    store::{Batch, accounts as stored},
};
use authx_core::{
    TenantId, UserId,
    audit::EventKind,
    guard::Guard,
    name::{InvalidName, Name},
    wire::login::Rfc3339,
};
use serde::Serialize;
use std::collections::HashMap;
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
    /// The password breaks a rule.
    #[error(transparent)]
    Password(#[from] PasswordRuleError),
    /// Nobody in the tenant goes by this name or id.
    #[error("there is no user “{0}”; `authx user list` shows those there are")]
    Unknown(String),
}

/// An account as administrators see it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Account {
    /// Who.
    #[serde(rename = "user_id")]
    pub id: UserId,
    /// As typed when it was made.
    pub name: String,
    /// Other names, folded.
    pub aliases: Vec<String>,
    /// `active` or `disabled`.
    pub state: &'static str,
    /// AuthX keeps a password.
    pub has_password: bool,
    /// Words of the factors that count.
    pub factors: Vec<String>,
    /// Words of the factors that do not count yet.
    pub pending_factors: Vec<String>,
    /// When it was made.
    pub created: Rfc3339,
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
    let NewAccount { name, aliases, password } = new;
    let mut names: Vec<&Name> = vec![name];
    names.extend(aliases);
    let hash = match password {
        Some(typed) => {
            let tenant = super::Tenant::load(app, tenant).await?;
            let mut known: Vec<String> = names.iter().map(ToString::to_string).collect();
            known.push(tenant.name);
            Some(passwords::hashed(app, typed, known).await?)
        }
        None => None,
    };
    let mut folded: Vec<String> = names.iter().map(|name| name.folded()).collect();
    folded.sort_unstable();
    folded.dedup();
    let (names, folded, hash) = (&names, &folded, hash.as_ref());
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        for name in names {
            free(app, tenant.id, name).await?;
        }
        let id = app.decide(now, UserId::new);
        let sealed = hash.map(|hash| passwords::sealed(app, tenant, now, id, hash));
        let mut batch = Batch::default().insert_account(tenant.id, id, name, sealed, now);
        for folded in folded {
            batch = batch.insert_alias(tenant.id, id, folded);
        }
        let aliases: Vec<&str> = aliases.iter().map(Name::as_str).collect();
        Ok(Change {
            batch,
            kind: EventKind::UserCreated,
            about: About { user: Some(id), ..About::default() },
            detail: detail([
                ("name", name.as_str().into()),
                ("aliases", aliases.into()),
                ("password", hash.is_some().into()),
            ]),
            outcome: id,
        })
    })
    .await
}

/// Every account of a tenant, by name.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn list(app: &App, tenant: TenantId) -> Result<Vec<Account>, AdminError> {
    let rows = stored::accounts(&app.store, tenant).await?;
    let mut aliases: HashMap<UserId, Vec<String>> = HashMap::new();
    for (id, folded) in stored::aliases(&app.store, tenant).await? {
        aliases.entry(id).or_default().push(folded);
    }
    let mut factors: HashMap<UserId, Vec<stored::FactorRow>> = HashMap::new();
    for factor in stored::factors(&app.store, tenant).await? {
        factors.entry(factor.account).or_default().push(factor);
    }
    let account = |row: stored::AccountRow| {
        let aliases = aliases.remove(&row.id).unwrap_or_default();
        let factors = factors.remove(&row.id).unwrap_or_default();
        account(row, aliases, factors)
    };
    Ok(rows.into_iter().map(account).collect())
}

/// The account of a tenant that goes by this name, alias or id.
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
    let aliases = stored::aliases_of(store, tenant, row.id).await.map_err(AdminError::from)?;
    let factors = stored::factors_of(store, tenant, row.id).await.map_err(AdminError::from)?;
    Ok(account(row, aliases, factors))
}

/// Keeps an account from signing in, and ends what is remembered of its sign-ins. Returns whether
/// it could before.
///
/// # Errors
///
/// [`AccountError::Unknown`], [`AccountError::Admin`].
pub async fn disable(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<bool, AccountError> {
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let row = row(app, tenant.id, id).await?;
        Ok(Change {
            batch: Batch::default()
                .set_active(tenant.id, id, false)
                .end_sessions(tenant.id, id, now),
            kind: EventKind::UserDisabled,
            about: About { user: Some(id), ..About::default() },
            detail: switched(&row, "disabled"),
            outcome: row.active,
        })
    })
    .await
}

/// Lets an account sign in again, and forgets its wrong answers and what kept its phones from being
/// asked, so that a locked factor works too. Returns whether the account was disabled.
///
/// # Errors
///
/// [`AccountError::Unknown`], [`AccountError::Admin`].
pub async fn enable(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<bool, AccountError> {
    let guard = &fresh_guard()?;
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let row = row(app, tenant.id, id).await?;
        let unlocked = phones::unlocked(app, tenant, now, id).await?;
        let batch = Batch::default().set_active(tenant.id, id, true).and(unlocked);
        Ok(Change {
            batch: batch.clear_guards(tenant.id, id, guard.clone()),
            kind: EventKind::UserEnabled,
            about: About { user: Some(id), ..About::default() },
            detail: switched(&row, "active"),
            outcome: !row.active,
        })
    })
    .await
}

/// Removes an account with its names, factors and sessions. What happened stays in the record.
///
/// # Errors
///
/// [`AccountError::Unknown`], [`AccountError::Admin`].
pub async fn delete(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
) -> Result<(), AccountError> {
    change(app, by, tenant, move |tenant, _| async move {
        let tenant = &tenant;
        let row = row(app, tenant.id, id).await?;
        let names =
            stored::aliases_of(&app.store, tenant.id, id).await.map_err(AdminError::from)?;
        Ok(Change {
            batch: Batch::default().delete_account(tenant.id, id),
            kind: EventKind::UserDeleted,
            about: About { user: Some(id), ..About::default() },
            detail: detail([("name", row.name.into()), ("names", names.into())]),
            outcome: (),
        })
    })
    .await
}

/// The account of that id, as a change of it needs it.
pub(crate) async fn row(
    app: &App,
    tenant: TenantId,
    id: UserId,
) -> Result<stored::AccountRow, AccountError> {
    let found = stored::account(&app.store, tenant, id).await.map_err(AdminError::from)?;
    found.ok_or_else(|| AccountError::Unknown(id.to_string()))
}

/// Fails where somebody goes by that name already.
pub(super) async fn free(app: &App, tenant: TenantId, name: &Name) -> Result<(), AccountError> {
    let owner = stored::account_named(&app.store, tenant, name).await.map_err(AdminError::from)?;
    match owner {
        None => Ok(()),
        Some(owner) => Err(AccountError::NameTaken { name: name.to_string(), owner: owner.name }),
    }
}

/// A count of wrong answers that has none, as it is stored.
pub(crate) fn fresh_guard() -> Result<String, AdminError> {
    serde_json::to_string(&Guard::default()).map_err(|error| AdminError::Damaged(error.to_string()))
}

fn switched(
    row: &stored::AccountRow,
    after: &'static str,
) -> serde_json::Map<String, serde_json::Value> {
    let name = row.name.as_str();
    detail([("name", name.into()), ("before", state(row).into()), ("after", after.into())])
}

fn state(row: &stored::AccountRow) -> &'static str {
    if row.active { "active" } else { "disabled" }
}

fn account(
    row: stored::AccountRow,
    mut aliases: Vec<String>,
    factors: Vec<stored::FactorRow>,
) -> Account {
    let own = Name::new(&row.name).map(|name| name.folded()).unwrap_or_default();
    aliases.retain(|alias| *alias != own);
    let (active, pending): (Vec<_>, Vec<_>) = factors.into_iter().partition(|f| f.active);
    // Each phone has codes of its own; the word for them is said once.
    let words = |factors: Vec<stored::FactorRow>| {
        let mut words: Vec<String> = vec![];
        for factor in factors {
            if !words.contains(&factor.kind) {
                words.push(factor.kind);
            }
        }
        words
    };
    Account {
        state: state(&row),
        id: row.id,
        name: row.name,
        aliases,
        has_password: row.has_password,
        factors: words(active),
        pending_factors: words(pending),
        created: Rfc3339(row.created),
    }
}
