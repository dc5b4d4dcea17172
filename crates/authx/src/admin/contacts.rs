//! Which hosts call for an application, as far as they say who they are.

use super::{
    AdminError,
    applications::{self, ApplicationError},
};
use crate::{
    app::App,
    store::{applications as stored, contacts as noted},
};
use authx_core::{ApplicationId, KeyId, TenantId, wire::login::Rfc3339};
use serde::Serialize;

/// A host that calls.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Contact {
    /// What its VPN server calls itself; absent where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// With which key it signs.
    pub key_id: KeyId,
    /// What that is called.
    pub key_name: String,
    /// Whether the key was revoked since.
    pub key_revoked: bool,
    /// Program and version.
    pub client: String,
    /// From where; absent for the unix socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How far its clock is ahead.
    pub ahead_secs: i64,
    /// The first time.
    pub first: Rfc3339,
    /// The last time, to the minute.
    pub last: Rfc3339,
}

/// The hosts that called for an application, the newest first. One that has not said its name yet
/// is listed only until one with the same key does.
///
/// # Errors
///
/// [`ApplicationError::Unknown`], [`ApplicationError::Admin`].
pub async fn list(
    app: &App,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<Contact>, ApplicationError> {
    applications::row(app, tenant, application).await?;
    let keys = stored::keys(&app.store, tenant, application).await.map_err(AdminError::from)?;
    let rows = noted::contacts(&app.store, tenant, application).await.map_err(AdminError::from)?;
    let says_more = |row: &noted::ContactRow| {
        row.server.is_empty()
            && rows.iter().any(|other| other.key == row.key && !other.server.is_empty())
    };
    let contact = |row: &noted::ContactRow| {
        let key = keys.iter().find(|key| key.id == row.key)?;
        Some(Contact {
            server: Some(row.server.clone()).filter(|name| !name.is_empty()),
            key_id: row.key,
            key_name: key.name.clone(),
            key_revoked: key.revoked.is_some(),
            client: row.client.clone(),
            address: row.address.clone(),
            ahead_secs: row.ahead_secs,
            first: Rfc3339(row.first),
            last: Rfc3339(row.last),
        })
    };
    Ok(rows.iter().filter(|row| !says_more(row)).filter_map(contact).collect())
}
