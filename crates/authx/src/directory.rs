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
        directory as stored, groups, tenants,
    },
};
use authx_core::{
    ApplicationId, GroupId, KeyId, TenantId,
    application::{Audience, Settings},
    policy::{Document, Effective, Layers, Policy},
    seal::{DataKey, Place, SealError},
    wire::signature::AppKey,
};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// An application, ready to check its callers.
pub struct Protected {
    /// Which.
    pub id: ApplicationId,
    /// Whose.
    pub tenant: TenantId,
    /// It is the portal itself: nobody is helped past the second factor there.
    pub is_portal: bool,
    /// As the operator calls it.
    pub name: String,
    /// What may be stored under it only while the tenant still has it.
    pub generation: i64,
    /// The policy in force for whoever is in no group, and before anybody is known.
    pub policy: Policy,
    /// What else an administrator says of it.
    pub settings: Settings,
    /// Which groups it is for.
    pub audience: Audience,
    /// What some user may be asked: what a VPN host prepares its prompt for.
    pub asked: Policy,
    /// The tenant's groups, in their order.
    pub groups: Vec<Group>,
    tenant_document: Document,
    document: Document,
    /// Its keys that were not revoked.
    pub keys: Vec<(KeyId, AppKey)>,
    /// Opens what is sealed for the tenant.
    pub data_key: DataKey,
}

/// A group as a login sees it.
pub struct Group {
    /// Which.
    pub id: GroupId,
    document: Document,
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

impl Protected {
    /// Those of some groups that there are, in their order.
    pub fn known_groups(&self, ids: &[GroupId]) -> Vec<GroupId> {
        self.groups.iter().map(|group| group.id).filter(|id| ids.contains(id)).collect()
    }

    /// The policy in force for who is in these groups.
    pub fn policy_of(&self, ids: &[GroupId]) -> Cow<'_, Policy> {
        let groups = self.groups.iter().filter(|group| ids.contains(&group.id));
        let documents: Vec<(GroupId, &Document)> = groups
            .filter(|group| group.document != Document::default())
            .map(|group| (group.id, &group.document))
            .collect();
        if documents.is_empty() {
            return Cow::Borrowed(&self.policy);
        }
        Cow::Owned(self.effective(&documents).policy)
    }

    fn effective(&self, groups: &[(GroupId, &Document)]) -> Effective {
        let (tenant, application) = (&self.tenant_document, &self.document);
        Effective::from(Layers { tenant, application, groups })
    }

    /// Widens what may be asked by what each group is asked.
    fn with_groups(mut self) -> Self {
        let mut asked = self.policy.clone();
        for Group { id, document } in &self.groups {
            if *document != Document::default() {
                asked = asked.or_asked_by(&self.effective(&[(*id, document)]).policy);
            }
        }
        self.asked = asked;
        self
    }
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
    // No group is asked less, or anything else, where it looks after the others.
    let by_groups = application.kind != "portal";
    let groups = if by_groups { read_groups(store, tenant).await? } else { vec![] };
    let (tenant_document, document) =
        (document(&application.tenant_policy)?, document(&application.policy)?);
    let policy = Effective::of(&tenant_document, &document).policy;
    let settings: Settings = serde_json::from_str(&application.settings)
        .map_err(|error| DirectoryError::Damaged(error.to_string()))?;
    let audience = audience(store, tenant, id, &settings).await?;
    let protected = Protected {
        id,
        tenant,
        is_portal: !by_groups,
        name: application.name,
        generation: application.generation,
        asked: policy.clone(),
        policy,
        groups,
        tenant_document,
        document,
        settings,
        audience,
        keys,
        data_key,
    };
    Ok(Some(protected.with_groups()))
}

async fn read_groups(store: &Store, tenant: TenantId) -> Result<Vec<Group>, DirectoryError> {
    let rows = groups::groups(store, tenant).await?;
    let group = |row: groups::GroupRow| Ok(Group { id: row.id, document: document(&row.policy)? });
    rows.into_iter().map(group).collect()
}

fn document(json: &str) -> Result<Document, DirectoryError> {
    Document::from_json(json).map_err(|error| DirectoryError::Damaged(error.to_string()))
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
