//! Applications whose callers were seen lately, with their keys opened.
//!
//! An entry may be out of date by the time it is used: whatever is decided with it names its
//! generation, and the store takes the decision only while that generation is still the tenant's.
//! So a revoked key or a changed policy counts from the very commit that made it so, without a
//! read for every call.

use crate::{
    app::App,
    store::{
        Store, StoreError,
        audiences::{self, Part},
        directory as stored, tenants,
    },
};
use authx_core::{
    ApplicationId, KeyId, TenantId,
    application::{Audience, Settings},
    policy::{Document, Effective, Policy},
    seal::{DataKey, Place, SealError},
    wire::signature::AppKey,
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// An application, ready to check its callers.
pub struct Protected {
    /// Which.
    pub id: ApplicationId,
    /// Whose.
    pub tenant: TenantId,
    /// As the operator calls it.
    pub name: String,
    /// What may be stored under it only while the tenant still has it.
    pub generation: i64,
    /// The policy in force.
    pub policy: Policy,
    /// What else an administrator says of it.
    pub settings: Settings,
    /// Which groups it is for.
    pub audience: Audience,
    /// Its keys that were not revoked.
    pub keys: Vec<(KeyId, AppKey)>,
    /// Opens what is sealed for the tenant.
    pub data_key: DataKey,
}

/// Why an application could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A policy or key is stored that cannot be read: the record or the master key is damaged.
    #[error("what is stored of the application cannot be read: {0}")]
    Damaged(String),
    /// A key is sealed under another master key, or was moved or changed.
    #[error("a sealed value cannot be opened")]
    Seal(#[from] SealError),
    /// The database gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The entries.
#[derive(Default)]
pub struct Directory(RwLock<HashMap<ApplicationId, Arc<Protected>>>);

impl Directory {
    /// The application as last read, if it was.
    pub fn known(&self, id: ApplicationId) -> Option<Arc<Protected>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Whether nothing of the application's tenant was administered since it was read: one look
    /// at one row, where reading it anew opens every key.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]: the database gave no answer.
    pub async fn is_current(&self, app: &App, read: &Protected) -> Result<bool, StoreError> {
        let generation = tenants::generation(&app.store, read.tenant).await?;
        Ok(generation == Some(read.generation))
    }

    /// The application as it is now: as last read if nothing was administered since.
    ///
    /// # Errors
    ///
    /// As [`Directory::reload`].
    pub async fn current(
        &self,
        app: &App,
        id: ApplicationId,
    ) -> Result<Option<Arc<Protected>>, DirectoryError> {
        if let Some(known) = self.known(id)
            && self.is_current(app, &known).await?
        {
            return Ok(Some(known));
        }
        self.reload(app, id).await
    }

    /// The application, read anew.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`]; then nothing is kept of it.
    pub async fn reload(
        &self,
        app: &App,
        id: ApplicationId,
    ) -> Result<Option<Arc<Protected>>, DirectoryError> {
        let read = read(app, &app.store, id).await;
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Ok(Some(protected)) = read else {
            entries.remove(&id);
            return read.map(|_| None);
        };
        let protected = Arc::new(protected);
        entries.insert(id, Arc::clone(&protected));
        Ok(Some(protected))
    }
}

async fn read(
    app: &App,
    store: &Store,
    id: ApplicationId,
) -> Result<Option<Protected>, DirectoryError> {
    let Some(application) = stored::application(store, id).await? else { return Ok(None) };
    let tenant = application.tenant;
    let data_key = app.keys.master.unwrap(tenant, &application.data_key)?;
    let mut keys = vec![];
    for key in stored::active_keys(store, tenant, id).await? {
        let secret = data_key.open(&key_place(tenant, &key.id), &key.secret)?;
        let bytes = <&[u8; 32]>::try_from(secret.expose())
            .map_err(|_| DirectoryError::Damaged("an Application Key has 32 bytes".to_owned()))?;
        keys.push((key.id, AppKey::new(bytes)));
    }
    let document = |json: &str| {
        Document::from_json(json).map_err(|error| DirectoryError::Damaged(error.to_string()))
    };
    let effective =
        Effective::of(&document(&application.tenant_policy)?, &document(&application.policy)?);
    let settings: Settings = serde_json::from_str(&application.settings)
        .map_err(|error| DirectoryError::Damaged(error.to_string()))?;
    let audience = audience(store, tenant, id, &settings).await?;
    Ok(Some(Protected {
        id,
        tenant,
        name: application.name,
        generation: application.generation,
        policy: effective.policy,
        settings,
        audience,
        keys,
        data_key,
    }))
}

async fn audience(
    store: &Store,
    tenant: TenantId,
    id: ApplicationId,
    settings: &Settings,
) -> Result<Audience, StoreError> {
    let rows = audiences::audience(store, tenant, Some(id)).await?;
    let of = |part| rows.iter().filter(move |row| row.part == part).map(|row| row.group).collect();
    Ok(Audience { gate: settings.gated.then(|| of(Part::Gate)), pilot: of(Part::Pilot) })
}

/// Where an Application Key is sealed.
pub fn key_place(tenant: TenantId, id: &KeyId) -> Place<'_> {
    Place { tenant, table: "application_key", column: "secret", row: id.as_bytes() }
}

impl std::fmt::Debug for Protected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Protected").field("id", &self.id).finish_non_exhaustive()
    }
}
