//! Applications: what is protected.

use super::{
    Actor, AdminError, Change, change, detail,
    keys::{self, NewKey},
};
use crate::{
    app::{About, App},
    store::{Batch, applications as stored},
};
use authx_core::{
    ApplicationId, TenantId,
    audit::EventKind,
    name::{InvalidName, Name},
    policy::{Document, FirstFactorKind},
    wire::login::Rfc3339,
};
use serde::Serialize;

/// What is protected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationKind {
    /// A VPN of OpenVPN servers.
    Openvpn,
    /// OpenVPN Access Server, which proves the first factor itself.
    #[serde(rename = "openvpn-access-server")]
    OpenvpnAccessServer,
}

impl ApplicationKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Openvpn, Self::OpenvpnAccessServer];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Openvpn => "openvpn",
            Self::OpenvpnAccessServer => "openvpn-access-server",
        }
    }

    /// What the policy of such an application says at first.
    fn policy(self) -> Document {
        let first_factors = match self {
            Self::Openvpn => None,
            Self::OpenvpnAccessServer => Some(vec![FirstFactorKind::AccessServer]),
        };
        Document { first_factors, ..Document::default() }
    }
}

/// Why an application could not be made, found or removed.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The text is no name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// Another application of the tenant has this name.
    #[error("there is already an application “{0}”; choose another name")]
    NameTaken(String),
    /// The tenant has no application of this name or id.
    #[error("there is no application “{0}”; `authx application list` shows those there are")]
    Unknown(String),
}

/// An application as administrators see it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Application {
    /// Which; an operator enters it on the protected host.
    #[serde(rename = "application_id")]
    pub id: ApplicationId,
    /// As the operator calls it.
    pub name: String,
    /// The word for its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Keys that were not revoked.
    pub active_keys: u64,
    /// When it was made.
    pub created: Rfc3339,
}

/// A new application with its first key.
#[derive(Debug)]
pub struct Created {
    /// Which.
    pub id: ApplicationId,
    /// The key, shown this once.
    pub key: NewKey,
}

/// Makes an application with a first key of the name `key_name`.
///
/// # Errors
///
/// [`ApplicationError::NameTaken`], [`ApplicationError::Admin`].
pub async fn create(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    name: &Name,
    kind: ApplicationKind,
    key_name: &Name,
) -> Result<Created, ApplicationError> {
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let found = stored::application_named(&app.store, tenant.id, name).await;
        if found.map_err(AdminError::from)?.is_some() {
            return Err(ApplicationError::NameTaken(name.to_string()));
        }
        let id = app.decide(now, ApplicationId::new);
        let (key, sealed) = keys::draw(app, tenant, now);
        let policy = serde_json::to_value(kind.policy())
            .map_err(|error| AdminError::Damaged(error.to_string()))?;
        let batch = Batch::default()
            .insert_application(tenant.id, id, name, kind.word(), policy.to_string(), now)
            .insert_key(tenant.id, id, key.id, key_name, sealed, now);
        Ok(Change {
            batch,
            kind: EventKind::ApplicationCreated,
            about: About { application: Some(id), ..About::default() },
            detail: detail([
                ("name", name.as_str().into()),
                ("type", kind.word().into()),
                ("policy", policy),
                ("key", key_name.as_str().into()),
                ("key_id", key.id.to_string().into()),
            ]),
            outcome: Created { id, key },
        })
    })
    .await
}

/// The applications of a tenant, by name.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn list(app: &App, tenant: TenantId) -> Result<Vec<Application>, AdminError> {
    let rows = stored::applications(&app.store, tenant).await?;
    Ok(rows.into_iter().map(application).collect())
}

/// The application of a tenant that has this name or id.
///
/// # Errors
///
/// [`ApplicationError::Unknown`], also for another tenant's id; [`ApplicationError::Admin`].
pub async fn find(
    app: &App,
    tenant: TenantId,
    text: &str,
) -> Result<Application, ApplicationError> {
    let by_id = match text.parse() {
        Ok(id) => stored::application(&app.store, tenant, id).await.map_err(AdminError::from)?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(found) => Some(found),
        None => stored::application_named(&app.store, tenant, &Name::new(text)?)
            .await
            .map_err(AdminError::from)?,
    };
    found.map(application).ok_or_else(|| ApplicationError::Unknown(text.to_owned()))
}

/// Removes an application: nobody signs in through it any more, and its keys are gone.
///
/// # Errors
///
/// [`ApplicationError::Unknown`], [`ApplicationError::Admin`].
pub async fn delete(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: ApplicationId,
) -> Result<(), ApplicationError> {
    change(app, by, tenant, move |tenant, _| async move {
        let tenant = &tenant;
        let found = row(app, tenant.id, id).await?;
        Ok(Change {
            batch: Batch::default().delete_application(tenant.id, id),
            kind: EventKind::ApplicationDeleted,
            about: About { application: Some(id), ..About::default() },
            detail: detail([
                ("name", found.name.into()),
                ("active_keys", found.active_keys.into()),
            ]),
            outcome: (),
        })
    })
    .await
}

/// The application of that id, as a change of it needs it.
pub(super) async fn row(
    app: &App,
    tenant: TenantId,
    id: ApplicationId,
) -> Result<stored::ApplicationRow, ApplicationError> {
    let found = stored::application(&app.store, tenant, id).await.map_err(AdminError::from)?;
    found.ok_or_else(|| ApplicationError::Unknown(id.to_string()))
}

fn application(row: stored::ApplicationRow) -> Application {
    Application {
        id: row.id,
        name: row.name,
        kind: row.kind,
        active_keys: row.active_keys,
        created: Rfc3339(row.created),
    }
}
