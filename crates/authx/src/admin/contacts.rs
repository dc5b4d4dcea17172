//! Which hosts call for an application, as far as they say who they are.

use super::{
    AdminError,
    applications::{self, ApplicationError},
};
use crate::{
    app::App,
    store::contacts::{self as noted, KnownContact},
};
use authx_core::{ApplicationId, KeyId, TenantId, wire::login::Rfc3339};
use serde::Serialize;
use std::collections::BTreeMap;

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
    let rows = noted::of_one(&app.store, tenant, application).await.map_err(AdminError::from)?;
    Ok(told(&rows))
}

/// The same of all applications of a tenant that were called for, by one question to the store.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn all(
    app: &App,
    tenant: TenantId,
) -> Result<BTreeMap<ApplicationId, Vec<Contact>>, AdminError> {
    let mut all: BTreeMap<ApplicationId, Vec<KnownContact>> = BTreeMap::new();
    for row in noted::of_all(&app.store, tenant).await? {
        all.entry(row.application).or_default().push(row);
    }
    Ok(all.into_iter().map(|(application, rows)| (application, told(&rows))).collect())
}

fn told(rows: &[KnownContact]) -> Vec<Contact> {
    let says_more = |row: &KnownContact| {
        let is_same = |other: &&KnownContact| other.contact.key == row.contact.key;
        row.contact.server.is_empty()
            && rows.iter().filter(is_same).any(|other| !other.contact.server.is_empty())
    };
    let contact = |row: &KnownContact| {
        let KnownContact { key_name, key_revoked, contact, .. } = row.clone();
        Contact {
            server: Some(contact.server).filter(|name| !name.is_empty()),
            key_id: contact.key,
            key_name,
            key_revoked,
            client: contact.client,
            address: contact.address,
            ahead_secs: contact.ahead_secs,
            first: Rfc3339(contact.first),
            last: Rfc3339(contact.last),
        }
    };
    rows.iter().filter(|row| !says_more(row)).map(contact).collect()
}
