//! Application Keys: one for each host, so that one can be revoked alone.

use super::{
    Actor, AdminError, Change, Tenant,
    applications::{self, ApplicationError},
    change, detail,
};
use crate::{
    app::{About, App},
    directory::key_place,
    store::{Batch, applications as stored, contacts::contacts},
};
use authx_core::{
    ApplicationId, KeyId, Millis, TenantId,
    audit::EventKind,
    name::Name,
    secret_text::{self, APPLICATION_KEY},
    wire::login::Rfc3339,
};
use serde::Serialize;
use zeroize::Zeroizing;

/// Why a key could not be added, found or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The application is not there.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// Another key that counts has this name.
    #[error("this application already has a key “{0}”; choose another name, such as the host's")]
    NameTaken(String),
    /// It counts, was revoked too long ago, or is not there.
    #[error("this key cannot be restored: its ten minutes are over; make a new one")]
    NotRestorable,
    /// No more keys.
    #[error("an application has at most {MOST_ACTIVE} keys; revoke one that is no longer used")]
    TooMany,
    /// No key that counts has this name or id.
    #[error(
        "this application has no key “{0}” that counts; `authx application key list` shows its keys"
    )]
    Unknown(String),
}

/// An Application Key as administrators see it: never the key itself.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Key {
    /// Which.
    #[serde(rename = "key_id")]
    pub id: KeyId,
    /// As the operator calls it.
    pub name: String,
    /// When it was made.
    pub created: Rfc3339,
    /// When it stopped counting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Rfc3339>,
    /// The last time that somebody signed with it, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Rfc3339>,
    /// From where; absent for the unix socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_address: Option<String>,
    /// Until when its revocation can be taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restorable_until: Option<Rfc3339>,
}

/// A new key.
pub struct NewKey {
    /// Which.
    pub id: KeyId,
    /// The Application Key, shown this once.
    pub text: Zeroizing<String>,
}

/// Adds a key to an application.
///
/// # Errors
///
/// [`KeyError::NameTaken`], [`KeyError::TooMany`], [`KeyError::Application`], [`KeyError::Admin`].
pub async fn add(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    application: ApplicationId,
    name: &Name,
) -> Result<NewKey, KeyError> {
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let found = applications::row(app, tenant.id, application).await?;
        let keys = active(app, tenant.id, application).await?;
        if keys.iter().any(|key| is_named(key, &name.folded())) {
            return Err(KeyError::NameTaken(name.to_string()));
        }
        if keys.len() >= MOST_ACTIVE {
            return Err(KeyError::TooMany);
        }
        let (key, sealed) = draw(app, tenant, now);
        Ok(Change {
            batch: Batch::default().insert_key(tenant.id, application, key.id, name, sealed, now),
            kind: EventKind::KeyAdded,
            about: About { application: Some(application), ..About::default() },
            detail: detail([
                ("application", found.name.into()),
                ("key", name.as_str().into()),
                ("key_id", key.id.to_string().into()),
            ]),
            outcome: key,
        })
    })
    .await
}

/// The keys of an application, oldest first, those that were revoked too.
///
/// # Errors
///
/// [`KeyError::Application`], [`KeyError::Admin`].
pub async fn list(
    app: &App,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<Key>, KeyError> {
    applications::row(app, tenant, application).await?;
    let rows = stored::keys(&app.store, tenant, application).await.map_err(AdminError::from)?;
    let contacts = contacts(&app.store, tenant, application).await.map_err(AdminError::from)?;
    let now = app.clock.clock().now();
    let key = |row: stored::KeyRow| {
        // The newest come first.
        let last = contacts.iter().find(|contact| contact.key == row.id);
        let until = row.revoked.map(|revoked| revoked.plus_secs(RESTORABLE_SECS));
        Key {
            id: row.id,
            name: row.name,
            created: Rfc3339(row.created),
            revoked: row.revoked.map(Rfc3339),
            last_used: last.map(|contact| Rfc3339(contact.last)),
            last_address: last.and_then(|contact| contact.address.clone()),
            restorable_until: until.filter(|until| now < *until).map(Rfc3339),
        }
    };
    Ok(rows.into_iter().map(key).collect())
}

/// The key of an application that counts and has this name or id.
///
/// # Errors
///
/// [`KeyError::Unknown`], [`KeyError::Application`], [`KeyError::Admin`].
pub async fn find(
    app: &App,
    tenant: TenantId,
    application: ApplicationId,
    key: &str,
) -> Result<Key, KeyError> {
    let mut keys = list(app, tenant, application).await?;
    keys.retain(|known| known.revoked.is_none() && is_called(known, key));
    keys.pop().ok_or_else(|| KeyError::Unknown(key.to_owned()))
}

/// The newest key of this name or id whose revocation can be taken back.
///
/// # Errors
///
/// [`KeyError::NotRestorable`], [`KeyError::Application`], [`KeyError::Admin`].
pub async fn find_revoked(
    app: &App,
    tenant: TenantId,
    application: ApplicationId,
    key: &str,
) -> Result<KeyId, KeyError> {
    let mut keys = list(app, tenant, application).await?;
    keys.retain(|known| known.restorable_until.is_some() && is_called(known, key));
    keys.pop().map(|key| key.id).ok_or(KeyError::NotRestorable)
}

fn is_called(known: &Key, text: &str) -> bool {
    let folded = |text: &str| Name::new(text).map(|name| name.folded());
    text.parse() == Ok(known.id) || folded(text).is_ok_and(|it| folded(&known.name) == Ok(it))
}

/// Revokes a key, given by name or id: whoever holds it is refused from this commit on.
///
/// # Errors
///
/// [`KeyError::Unknown`], [`KeyError::Application`], [`KeyError::Admin`].
pub async fn revoke(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    application: ApplicationId,
    key: &str,
) -> Result<Revoked, KeyError> {
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let found = applications::row(app, tenant.id, application).await?;
        let keys = active(app, tenant.id, application).await?;
        let folded = Name::new(key).map(|name| name.folded()).unwrap_or_default();
        let by_id = keys.iter().find(|known| key.parse() == Ok(known.id));
        let revoked = by_id.or_else(|| keys.iter().find(|known| is_named(known, &folded)));
        let revoked = revoked.ok_or_else(|| KeyError::Unknown(key.to_owned()))?;
        Ok(Change {
            batch: Batch::default().revoke_key(tenant.id, application, revoked.id, now),
            kind: EventKind::KeyRevoked,
            about: About { application: Some(application), ..About::default() },
            detail: detail([
                ("application", found.name.into()),
                ("key", revoked.name.as_str().into()),
                ("key_id", revoked.id.to_string().into()),
            ]),
            outcome: Revoked {
                id: revoked.id,
                name: revoked.name.clone(),
                left: keys.len().saturating_sub(1),
            },
        })
    })
    .await
}

/// Takes a revocation back, within ten minutes.
///
/// # Errors
///
/// [`KeyError::NotRestorable`]; [`KeyError::NameTaken`], [`KeyError::TooMany`] where others came
/// meanwhile; [`KeyError::Application`], [`KeyError::Admin`].
pub async fn restore(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    application: ApplicationId,
    key: KeyId,
) -> Result<String, KeyError> {
    change(app, by, tenant, move |tenant, now| async move {
        let found = applications::row(app, tenant.id, application).await?;
        let keys = stored::keys(&app.store, tenant.id, application).await;
        let keys = keys.map_err(AdminError::from)?;
        let after = Millis(now.0.saturating_sub(RESTORABLE_SECS * 1_000));
        let restored = keys.iter().find(|known| known.id == key);
        let restored = restored.filter(|known| known.revoked.is_some_and(|at| at > after));
        let restored = restored.ok_or(KeyError::NotRestorable)?;
        let counting = || keys.iter().filter(|known| known.revoked.is_none());
        let name = Name::new(&restored.name).map_err(ApplicationError::from)?;
        if counting().any(|known| is_named(known, &name.folded())) {
            return Err(KeyError::NameTaken(restored.name.clone()));
        }
        if counting().count() >= MOST_ACTIVE {
            return Err(KeyError::TooMany);
        }
        Ok(Change {
            batch: Batch::default().restore_key(tenant.id, application, key, after),
            kind: EventKind::KeyRestored,
            about: About { application: Some(application), ..About::default() },
            detail: detail([
                ("application", found.name.into()),
                ("key", restored.name.as_str().into()),
                ("key_id", key.to_string().into()),
            ]),
            outcome: restored.name.clone(),
        })
    })
    .await
}

/// Calls a key that counts otherwise.
///
/// # Errors
///
/// [`KeyError::NameTaken`], [`KeyError::Unknown`], [`KeyError::Application`], [`KeyError::Admin`].
pub async fn rename(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    application: ApplicationId,
    key: KeyId,
    name: &Name,
) -> Result<(), KeyError> {
    change(app, by, tenant, move |tenant, _| async move {
        let found = applications::row(app, tenant.id, application).await?;
        let keys = active(app, tenant.id, application).await?;
        let renamed = keys.iter().find(|known| known.id == key);
        let renamed = renamed.ok_or_else(|| KeyError::Unknown(key.to_string()))?;
        if keys.iter().any(|known| known.id != key && is_named(known, &name.folded())) {
            return Err(KeyError::NameTaken(name.to_string()));
        }
        Ok(Change {
            batch: Batch::default().rename_key(tenant.id, application, key, name),
            kind: EventKind::KeyRenamed,
            about: About { application: Some(application), ..About::default() },
            detail: detail([
                ("application", found.name.into()),
                ("key_id", key.to_string().into()),
                ("before", renamed.name.as_str().into()),
                ("after", name.as_str().into()),
            ]),
            outcome: (),
        })
    })
    .await
}

/// Forgets the secrets of keys whose revocation can no longer be taken back.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn forget_revoked(app: &App, now: Millis) -> Result<(), AdminError> {
    let until = Millis(now.0.saturating_sub(RESTORABLE_SECS * 1_000));
    Ok(app.store.commit(Batch::default().forget_secrets(until)).await?)
}

/// A key that no longer counts.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = RevokedKey)]
pub struct Revoked {
    /// Which.
    #[serde(rename = "key_id")]
    pub id: KeyId,
    /// As the operator called it.
    pub name: String,
    /// How many keys the application has left.
    pub left: usize,
}

/// Draws a key, and seals it to its row.
pub(super) fn draw(app: &App, tenant: &Tenant, now: Millis) -> (NewKey, Vec<u8>) {
    app.decide(now, |cx| {
        let id = KeyId::new(cx);
        let bytes = Zeroizing::new(cx.bytes::<32>());
        let sealed = tenant.data_key.seal(cx, &key_place(tenant.id, &id), bytes.as_ref());
        (NewKey { id, text: secret_text::format(APPLICATION_KEY, &bytes) }, sealed)
    })
}

async fn active(
    app: &App,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<stored::KeyRow>, AdminError> {
    let mut keys = stored::keys(&app.store, tenant, application).await?;
    keys.retain(|key| key.revoked.is_none());
    Ok(keys)
}

fn is_named(key: &stored::KeyRow, folded: &str) -> bool {
    Name::new(&key.name).is_ok_and(|name| name.folded() == folded)
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Keys of one application that count: a signature is tried with each of them.
pub const MOST_ACTIVE: usize = 16;
/// How long a revocation can be taken back.
const RESTORABLE_SECS: u64 = 600;
