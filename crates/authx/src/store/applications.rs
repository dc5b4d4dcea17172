//! Applications and their keys, as their administrators see them.

use super::{Batch, Row, Store, StoreError};
use authx_core::{ApplicationId, KeyId, Millis, TenantId, name::Name};

/// An application with the number of keys that count.
#[derive(Clone, Debug)]
pub struct ApplicationRow {
    /// Which.
    pub id: ApplicationId,
    /// As the operator calls it.
    pub name: String,
    /// The word for its kind.
    pub kind: String,
    /// Its policy document, JSON.
    pub policy: String,
    /// When it was made.
    pub created: Millis,
    /// Keys that were not revoked.
    pub active_keys: u64,
    /// JSON of its settings.
    pub settings: String,
    /// Servers that ever called for it.
    pub servers: u64,
    /// The last time that one did.
    pub last_contact: Option<Millis>,
}

/// An Application Key, without the key.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Which.
    pub id: KeyId,
    /// As the operator calls it.
    pub name: String,
    /// When it was made.
    pub created: Millis,
    /// When it stopped counting.
    pub revoked: Option<Millis>,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT a.id, a.name, a.kind, a.policy, a.created,
                (SELECT COUNT(*) FROM application_key k
                 WHERE k.application = a.id AND k.revoked IS NULL),
                a.settings,
                (SELECT COUNT(DISTINCT NULLIF(c.server, '')) FROM contact c WHERE c.application = a.id),
                (SELECT MAX(c.last) FROM contact c WHERE c.application = a.id)
             FROM application a WHERE ",
            $which
        )
    };
}

/// Reads the applications of a tenant, by name.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn applications(
    store: &Store,
    tenant: TenantId,
) -> Result<Vec<ApplicationRow>, StoreError> {
    let rows = store.query(select!("a.tenant = $1 ORDER BY a.folded"), [tenant.into()]).await?;
    rows.iter().map(application_row).collect()
}

/// Reads an application of a tenant. `None`: the tenant has none of that id.
///
/// # Errors
///
/// As [`applications`].
pub async fn application(
    store: &Store,
    tenant: TenantId,
    id: ApplicationId,
) -> Result<Option<ApplicationRow>, StoreError> {
    let row =
        store.query_one(select!("a.tenant = $1 AND a.id = $2"), [tenant.into(), id.into()]).await?;
    row.as_ref().map(application_row).transpose()
}

/// Reads the application of a tenant that has this name. `None`: there is none.
///
/// # Errors
///
/// As [`applications`].
pub async fn application_named(
    store: &Store,
    tenant: TenantId,
    name: &Name,
) -> Result<Option<ApplicationRow>, StoreError> {
    let row = store
        .query_one(
            select!("a.tenant = $1 AND a.folded = $2"),
            [tenant.into(), name.folded().into()],
        )
        .await?;
    row.as_ref().map(application_row).transpose()
}

/// Reads the keys of an application, oldest first, those that were revoked too.
///
/// # Errors
///
/// As [`applications`].
pub async fn keys(
    store: &Store,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<KeyRow>, StoreError> {
    let rows = store
        .query(
            "SELECT id, name, created, revoked FROM application_key
             WHERE tenant = $1 AND application = $2 ORDER BY id",
            [tenant.into(), application.into()],
        )
        .await?;
    let key = |row: &Row| {
        Ok(KeyRow {
            id: row.key(0)?,
            name: row.text(1)?.to_owned(),
            created: row.millis(2)?,
            revoked: row.opt_millis(3)?,
        })
    };
    rows.iter().map(key).collect()
}

impl Batch {
    /// Adds an application with its first policy document, if its name is free in the tenant.
    #[must_use]
    pub fn insert_application(
        self,
        tenant: TenantId,
        id: ApplicationId,
        name: &Name,
        kind: &str,
        policy: String,
        now: Millis,
    ) -> Self {
        self.one(
            "INSERT INTO application (id, tenant, name, folded, kind, policy, created)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                id.into(),
                tenant.into(),
                name.as_str().into(),
                name.folded().into(),
                kind.into(),
                policy.into(),
                now.into(),
            ],
        )
    }

    /// Removes an application, its keys, logins, sessions and counts. What happened stays in the
    /// record.
    #[must_use]
    pub fn delete_application(self, tenant: TenantId, id: ApplicationId) -> Self {
        let of = || [tenant.into(), id.into()];
        self.one("DELETE FROM application WHERE tenant = $1 AND id = $2", of())
            .run("DELETE FROM login WHERE tenant = $1 AND application = $2", of())
            .run("DELETE FROM session WHERE tenant = $1 AND application = $2", of())
            .run("DELETE FROM throttle WHERE tenant = $1 AND application = $2", of())
    }

    /// Replaces an application's policy document.
    #[must_use]
    pub fn set_application_policy(
        self,
        tenant: TenantId,
        id: ApplicationId,
        policy: String,
    ) -> Self {
        self.one(
            "UPDATE application SET policy = $3 WHERE tenant = $1 AND id = $2",
            [tenant.into(), id.into(), policy.into()],
        )
    }

    /// Adds a key; `secret` is sealed.
    #[must_use]
    pub fn insert_key(
        self,
        tenant: TenantId,
        application: ApplicationId,
        id: KeyId,
        name: &Name,
        secret: Vec<u8>,
        now: Millis,
    ) -> Self {
        self.one(
            "INSERT INTO application_key (id, tenant, application, name, folded, secret, created)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                id.into(),
                tenant.into(),
                application.into(),
                name.as_str().into(),
                name.folded().into(),
                secret.into(),
                now.into(),
            ],
        )
    }

    /// Makes a key stop counting. Its secret stays for [`Self::forget_secrets`].
    #[must_use]
    pub fn revoke_key(
        self,
        tenant: TenantId,
        application: ApplicationId,
        id: KeyId,
        now: Millis,
    ) -> Self {
        self.one(
            "UPDATE application_key SET revoked = $4
             WHERE tenant = $1 AND application = $2 AND id = $3 AND revoked IS NULL",
            [tenant.into(), application.into(), id.into(), now.into()],
        )
    }

    /// Makes a key count again that was revoked after a moment and has its secret still.
    #[must_use]
    pub fn restore_key(
        self,
        tenant: TenantId,
        application: ApplicationId,
        id: KeyId,
        after: Millis,
    ) -> Self {
        self.one(
            "UPDATE application_key SET revoked = NULL
             WHERE tenant = $1 AND application = $2 AND id = $3 AND revoked > $4
               AND length(secret) > 0",
            [tenant.into(), application.into(), id.into(), after.into()],
        )
    }

    /// Forgets the secrets of keys, in every tenant, that were revoked until then: nothing needs
    /// them any more.
    #[must_use]
    pub fn forget_secrets(self, until: Millis) -> Self {
        self.run(
            "UPDATE application_key SET secret = $2 WHERE revoked <= $1 AND length(secret) > 0",
            [until.into(), Vec::new().into()],
        )
    }

    /// Calls a key otherwise.
    #[must_use]
    pub fn rename_key(
        self,
        tenant: TenantId,
        application: ApplicationId,
        id: KeyId,
        name: &Name,
    ) -> Self {
        self.one(
            "UPDATE application_key SET name = $4, folded = $5
             WHERE tenant = $1 AND application = $2 AND id = $3",
            [
                tenant.into(),
                application.into(),
                id.into(),
                name.as_str().into(),
                name.folded().into(),
            ],
        )
    }

    /// Calls an application by that name, if it is free in the tenant, and sets its settings.
    #[must_use]
    pub fn set_application(
        self,
        tenant: TenantId,
        id: ApplicationId,
        name: &Name,
        settings: String,
    ) -> Self {
        self.one(
            "UPDATE application SET name = $3, folded = $4, settings = $5
             WHERE tenant = $1 AND id = $2",
            [tenant.into(), id.into(), name.as_str().into(), name.folded().into(), settings.into()],
        )
    }
}

fn application_row(row: &Row) -> Result<ApplicationRow, StoreError> {
    Ok(ApplicationRow {
        id: row.application(0)?,
        name: row.text(1)?.to_owned(),
        kind: row.text(2)?.to_owned(),
        policy: row.text(3)?.to_owned(),
        created: row.millis(4)?,
        active_keys: row.count(5)?,
        settings: row.text(6)?.to_owned(),
        servers: row.count(7)?,
        last_contact: row.opt_millis(8)?,
    })
}
