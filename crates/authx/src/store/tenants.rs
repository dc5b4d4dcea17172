//! Tenants, and the number by which everything decided for one is known to be out of date.

use super::{Batch, Row, Store, StoreError};
use authx_core::{Millis, TenantId, name::Name};

/// A tenant as it is stored.
#[derive(Clone, Debug)]
pub struct StoredTenant {
    /// Which.
    pub id: TenantId,
    /// As the operator calls it.
    pub name: String,
    /// When it was made.
    pub created: Millis,
    /// Its data key, wrapped under the master key.
    pub data_key: Vec<u8>,
    /// Its policy document, JSON.
    pub policy: String,
    /// Rises with every change that an administrator makes.
    pub generation: i64,
    /// How it is set up, JSON.
    pub settings: String,
}

/// Reads a tenant. `None`: there is none of that id.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn tenant(store: &Store, id: TenantId) -> Result<Option<StoredTenant>, StoreError> {
    let row = store
        .query_one(
            "SELECT id, name, created, data_key, policy, generation, settings
             FROM tenant WHERE id = $1",
            [id.into()],
        )
        .await?;
    row.as_ref().map(stored).transpose()
}

/// Reads a tenant's generation. `None`: there is no tenant of that id.
///
/// # Errors
///
/// As [`tenant`].
pub async fn generation(store: &Store, id: TenantId) -> Result<Option<i64>, StoreError> {
    let row = store.query_one("SELECT generation FROM tenant WHERE id = $1", [id.into()]).await?;
    row.map(|row| row.int(0)).transpose()
}

/// Reads the tenant of that name. `None`: there is none.
///
/// # Errors
///
/// As [`tenant`].
pub async fn tenant_named(store: &Store, name: &Name) -> Result<Option<StoredTenant>, StoreError> {
    let row = store
        .query_one(
            "SELECT id, name, created, data_key, policy, generation, settings
             FROM tenant WHERE folded = $1",
            [name.folded().into()],
        )
        .await?;
    row.as_ref().map(stored).transpose()
}

/// Reads which tenants there are, as far as two: whether there is one alone. Costs the same however
/// many there are.
///
/// # Errors
///
/// As [`tenant`].
pub async fn first_two(store: &Store) -> Result<Vec<TenantId>, StoreError> {
    let rows = store.query("SELECT id FROM tenant LIMIT 2", []).await?;
    rows.iter().map(|row| row.tenant(0)).collect()
}

/// Reads every tenant, by name.
///
/// # Errors
///
/// As [`tenant`].
pub async fn tenants(store: &Store) -> Result<Vec<StoredTenant>, StoreError> {
    let rows = store
        .query(
            "SELECT id, name, created, data_key, policy, generation, settings
             FROM tenant ORDER BY folded",
            [],
        )
        .await?;
    rows.iter().map(stored).collect()
}

impl Batch {
    /// Adds a tenant of generation 1, if its name is free.
    #[must_use]
    pub fn insert_tenant(self, id: TenantId, name: &Name, data_key: Vec<u8>, now: Millis) -> Self {
        self.one(
            "INSERT INTO tenant (id, name, folded, created, data_key, policy, generation)
             VALUES ($1, $2, $3, $4, $5, '{}', 1)",
            [id.into(), name.as_str().into(), name.folded().into(), now.into(), data_key.into()],
        )
    }

    /// Replaces a tenant's name and settings, if the name is free.
    #[must_use]
    pub fn set_tenant(self, id: TenantId, name: &Name, settings: String) -> Self {
        self.one(
            "UPDATE tenant SET name = $2, folded = $3, settings = $4 WHERE id = $1",
            [id.into(), name.as_str().into(), name.folded().into(), settings.into()],
        )
    }

    /// Makes everything that was decided under `generation` out of date, unless somebody else has
    /// changed the tenant since it was read. Comes first in a batch.
    #[must_use]
    pub fn raise_generation(self, tenant: TenantId, generation: i64) -> Self {
        self.exclusively().one(
            "UPDATE tenant SET generation = generation + 1 WHERE id = $1 AND generation = $2",
            [tenant.into(), generation.into()],
        )
    }

    /// Demands that nothing of the tenant was administered since `generation`, nor is while the
    /// batch is under way, and that no other batch that demands so is. Comes first in a batch.
    #[must_use]
    pub fn demand_generation(self, tenant: TenantId, generation: i64) -> Self {
        self.one(
            "UPDATE tenant SET generation = generation WHERE id = $1 AND generation = $2",
            [tenant.into(), generation.into()],
        )
    }

    /// Replaces a tenant's policy document.
    #[must_use]
    pub fn set_tenant_policy(self, tenant: TenantId, policy: String) -> Self {
        self.one("UPDATE tenant SET policy = $2 WHERE id = $1", [tenant.into(), policy.into()])
    }
}

fn stored(row: &Row) -> Result<StoredTenant, StoreError> {
    Ok(StoredTenant {
        id: row.tenant(0)?,
        name: row.text(1)?.to_owned(),
        created: row.millis(2)?,
        data_key: row.bytes(3)?.to_vec(),
        policy: row.text(4)?.to_owned(),
        generation: row.int(5)?,
        settings: row.text(6)?.to_owned(),
    })
}
