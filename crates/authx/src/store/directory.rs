//! What a caller's signature is checked against: the application, its tenant and its keys.

use super::{Row, Store, StoreError};
use authx_core::{ApplicationId, KeyId, TenantId};

/// An application with what its tenant adds.
#[derive(Clone, Debug)]
pub struct StoredApplication {
    /// Which.
    pub id: ApplicationId,
    /// Whose.
    pub tenant: TenantId,
    /// As the operator calls it.
    pub name: String,
    /// The word for its kind.
    pub kind: String,
    /// Its policy document, JSON.
    pub policy: String,
    /// Its settings, JSON.
    pub settings: String,
    /// Its tenant's policy document, JSON.
    pub tenant_policy: String,
    /// The tenant's data key, wrapped under the master key.
    pub data_key: Vec<u8>,
    /// Rises with every change that an administrator makes.
    pub generation: i64,
}

/// An Application Key, sealed.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// Which.
    pub id: KeyId,
    /// As the operator calls it.
    pub name: String,
    /// The sealed 32 bytes.
    pub secret: Vec<u8>,
}

/// Reads an application by its public id. `None`: there is none.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn application(
    store: &Store,
    id: ApplicationId,
) -> Result<Option<StoredApplication>, StoreError> {
    let row = store
        .query_one(
            "SELECT a.tenant, a.name, a.policy, t.policy, t.data_key, t.generation, a.settings,
                    a.kind
             FROM application a JOIN tenant t ON t.id = a.tenant WHERE a.id = $1",
            [id.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredApplication {
        id,
        tenant: row.tenant(0)?,
        name: row.text(1)?.to_owned(),
        policy: row.text(2)?.to_owned(),
        tenant_policy: row.text(3)?.to_owned(),
        data_key: row.bytes(4)?.to_vec(),
        generation: row.int(5)?,
        settings: row.text(6)?.to_owned(),
        kind: row.text(7)?.to_owned(),
    }))
}

/// Reads the keys of an application that were not revoked, oldest first.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn active_keys(
    store: &Store,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<StoredKey>, StoreError> {
    let rows = store
        .query(
            "SELECT id, name, secret FROM application_key
             WHERE tenant = $1 AND application = $2 AND revoked IS NULL ORDER BY id",
            [tenant.into(), application.into()],
        )
        .await?;
    let key = |row: &Row| {
        Ok(StoredKey {
            id: row.key(0)?,
            name: row.text(1)?.to_owned(),
            secret: row.bytes(2)?.to_vec(),
        })
    };
    rows.iter().map(key).collect()
}
