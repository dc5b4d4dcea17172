//! Earlier versions of a policy: they are in the record.

use super::{Actor, PolicyError, Target, document, put, stored};
use crate::{
    admin::{AdminError, Tenant, detail},
    app::App,
    store::policies as record_store,
};
use authx_core::{TenantId, UserId, policy::Document, wire::login::Rfc3339};
use serde::Serialize;
use serde_json::{Map, Value};

/// A policy as somebody set it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = PolicyVersion)]
pub struct Version {
    /// Its place in the record.
    pub version: i64,
    /// When.
    pub at: Rfc3339,
    /// Who.
    pub by: String,
    /// Which account of the portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_id: Option<UserId>,
    /// The document before.
    pub before: Document,
    /// The document from then on.
    pub after: Document,
    /// The version that was put into force again by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restores: Option<i64>,
}

/// The newest versions, newest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Versions {
    /// Those of this page.
    pub page: Vec<Version>,
    /// Whether there are older ones.
    pub more: bool,
}

/// Versions of a policy that are older than `before`; the newest first.
///
/// # Errors
///
/// [`PolicyError::Application`], [`PolicyError::Group`], [`PolicyError::Admin`].
pub async fn versions(
    app: &App,
    tenant: TenantId,
    target: Target,
    before: Option<i64>,
    most: usize,
) -> Result<Versions, PolicyError> {
    let tenant = Tenant::load(app, tenant).await?;
    stored(app, &tenant, target).await?;
    let mut rows = record_store::policies_set(&app.store, tenant.id, before.unwrap_or(i64::MAX));
    let (mut page, mut more) = (vec![], false);
    while let Some(row) = rows.next().await.map_err(AdminError::from)? {
        let Some(version) = version(&row, target) else { continue };
        if page.len() == most {
            more = true;
            break;
        }
        page.push(version);
    }
    Ok(Versions { page, more })
}

/// Puts a version into force again. Values that this AuthX no longer takes stop it.
///
/// # Errors
///
/// [`PolicyError::UnknownVersion`], [`PolicyError::Changed`]; else as [`super::set`].
pub async fn restore(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    target: Target,
    revision: &str,
    version: i64,
) -> Result<(), PolicyError> {
    let found = versions(app, tenant, target, Some(version.saturating_add(1)), 1).await?;
    let found = found.page.into_iter().next().filter(|found| found.version == version);
    let document = found.ok_or(PolicyError::UnknownVersion(version))?.after;
    let more = detail([("restores", version.into())]);
    put(app, by, tenant, target, document, Some(revision), more).await
}

/// `None` for an entry about another document, and for one that nobody can read any more.
fn version(row: &record_store::PolicyRow, target: Target) -> Option<Version> {
    let said: Map<String, Value> = serde_json::from_str(&row.detail).ok()?;
    let text = |key: &str| said.get(key).and_then(Value::as_str);
    let group = text("group_id").and_then(|id| id.parse().ok());
    let fits = match target {
        Target::Application(id) => row.application == Some(id),
        Target::Group(id) => group == Some(id),
        Target::Tenant => row.application.is_none() && text("group_id").is_none(),
    };
    if !fits {
        return None;
    }
    let read = |key: &str| said.get(key).and_then(|value| document(&value.to_string()).ok());
    let (before, after) = (read("before")?, read("after")?);
    Some(Version {
        version: row.seq,
        at: Rfc3339(row.at),
        by: text("by").unwrap_or_default().to_owned(),
        by_id: text("by_id").and_then(|id| id.parse().ok()),
        before,
        after,
        restores: said.get("restores").and_then(Value::as_i64),
    })
}
