//! Seals the record once a second, and tells callers of the newest seal.

use crate::{
    app::App,
    store::{Batch, StoreError, events},
};
use authx_core::{
    Millis, TenantId,
    audit::{Seal, Witness},
};
use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

/// The newest seal of each tenant, as far as this node knows.
#[derive(Debug, Default)]
pub struct LatestSeals(RwLock<HashMap<TenantId, Seal>>);

impl LatestSeals {
    /// What a signed answer to a caller of this tenant names. `None` before the first seal.
    pub fn witness(&self, tenant: TenantId) -> Option<Witness> {
        self.newest(tenant).map(|seal| seal.witness())
    }

    fn newest(&self, tenant: TenantId) -> Option<Seal> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned()
    }

    fn put(&self, seals: impl IntoIterator<Item = Seal>) {
        let seals = seals.into_iter().map(|seal| (seal.tenant, seal));
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(seals);
    }
}

/// Seals, for every tenant, what was written since its last seal. Two nodes may try at once: the
/// number of a seal is taken once, and who comes second learns the other's.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer; what is not sealed now is later.
pub async fn seal_all(app: &App, now: Millis) -> Result<(), StoreError> {
    let settled = app.store.settled_seq().await?;
    app.seals.put(events::newest_seals(&app.store).await?);
    for tenant in events::unsealed_tenants(&app.store, settled).await? {
        seal_tenant(app, tenant, settled, now).await?;
    }
    Ok(())
}

async fn seal_tenant(
    app: &App,
    tenant: TenantId,
    settled: i64,
    now: Millis,
) -> Result<(), StoreError> {
    loop {
        let previous = app.seals.newest(tenant);
        let after = previous.as_ref().map_or(0, |seal| int(seal.upto));
        let rows = events::macs_between(&app.store, tenant, after, settled, MOST).await?;
        let Some(&(upto, _)) = rows.last() else { return Ok(()) };
        let macs: Vec<_> = rows.iter().map(|&(_, mac)| mac).collect();
        let upto = u64::try_from(upto).unwrap_or(0);
        let seal = app.keys.audit.next_seal(tenant, previous.as_ref(), upto, &macs, now);
        match app.store.commit(Batch::default().insert_seal(&seal)).await {
            Ok(()) => app.seals.put([seal]),
            Err(StoreError::Conflict) => return Ok(()),
            Err(error) => return Err(error),
        }
        if rows.len() < usize::try_from(MOST).unwrap_or(usize::MAX) {
            return Ok(());
        }
    }
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Entries under one seal: bounds the memory that sealing takes.
const MOST: i64 = 50_000;
