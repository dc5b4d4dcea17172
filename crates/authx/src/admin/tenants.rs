//! Tenants: companies that share an installation and nothing else.

use super::{Actor, AdminError, detail};
use crate::{
    app::{About, App},
    store::{Batch, StoreError, tenants as stored},
};
use authx_core::{
    TenantId,
    audit::EventKind,
    name::{InvalidName, Name},
    seal::DataKey,
    wire::login::Rfc3339,
};
use serde::Serialize;

/// Why a tenant could not be made or found.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The text is no name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// Another tenant has this name.
    #[error("there is already a tenant “{0}”; choose another name")]
    NameTaken(String),
    /// There is not one tenant yet.
    #[error("there is no tenant yet; make one with `authx tenant create NAME`")]
    NoneYet,
    /// Nobody said which of several tenants is meant.
    #[error("there are several tenants; say which with --tenant: {}", .0.join(", "))]
    Several(Vec<String>),
    /// No tenant of this name or id.
    #[error("there is no tenant “{0}”; `authx tenant list` shows those there are")]
    Unknown(String),
}

/// A tenant as administrators see it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Tenant {
    /// Which.
    #[serde(rename = "tenant_id")]
    pub id: TenantId,
    /// As the operator calls it.
    pub name: String,
    /// When it was made.
    pub created: Rfc3339,
}

/// Makes a tenant with a data key of its own.
///
/// # Errors
///
/// [`TenantError::NameTaken`], [`TenantError::Admin`].
pub async fn create(app: &App, by: &Actor, name: &Name) -> Result<Tenant, TenantError> {
    let taken = || TenantError::NameTaken(name.to_string());
    let found = stored::tenant_named(&app.store, name).await.map_err(AdminError::from)?;
    if found.is_some() {
        return Err(taken());
    }
    let now = app.now().map_err(AdminError::from)?;
    let (id, data_key) = app.decide(now, |cx| {
        let id = TenantId::new(cx);
        let key = DataKey::generate(cx);
        (id, app.keys.master.wrap(cx, id, &key))
    });
    let batch = Batch::default().insert_tenant(id, name, data_key, now);
    let detail = detail([("name", name.as_str().into()), ("by", by.as_str().into())]);
    let batch = app.record(batch, now, id, EventKind::TenantCreated, About::default(), detail);
    match app.store.commit(batch).await {
        Ok(()) => Ok(Tenant { id, name: name.to_string(), created: Rfc3339(now) }),
        Err(StoreError::Conflict) => Err(taken()),
        Err(error) => Err(AdminError::from(error).into()),
    }
}

/// Every tenant, by name.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn list(app: &App) -> Result<Vec<Tenant>, AdminError> {
    Ok(stored::tenants(&app.store).await?.into_iter().map(tenant).collect())
}

/// The tenant of a name or id; without either, the only one there is.
///
/// # Errors
///
/// [`TenantError::NoneYet`], [`TenantError::Several`], [`TenantError::Unknown`],
/// [`TenantError::Admin`].
pub async fn find(app: &App, text: Option<&str>) -> Result<Tenant, TenantError> {
    let Some(text) = text else { return only(list(app).await?) };
    let by_id = match text.parse() {
        Ok(id) => stored::tenant(&app.store, id).await.map_err(AdminError::from)?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(found) => Some(found),
        None => {
            stored::tenant_named(&app.store, &Name::new(text)?).await.map_err(AdminError::from)?
        }
    };
    found.map(tenant).ok_or_else(|| TenantError::Unknown(text.to_owned()))
}

fn only(mut tenants: Vec<Tenant>) -> Result<Tenant, TenantError> {
    match (tenants.pop(), tenants.is_empty()) {
        (None, _) => Err(TenantError::NoneYet),
        (Some(tenant), true) => Ok(tenant),
        (Some(last), false) => {
            tenants.push(last);
            Err(TenantError::Several(tenants.into_iter().map(|tenant| tenant.name).collect()))
        }
    }
}

fn tenant(stored: stored::StoredTenant) -> Tenant {
    Tenant { id: stored.id, name: stored.name, created: Rfc3339(stored.created) }
}
