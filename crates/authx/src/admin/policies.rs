//! Policies: one document for a tenant, one for each of its applications.

use super::{
    Actor, AdminError, Change, Tenant,
    applications::{self, ApplicationError},
    change, detail,
};
use crate::{
    app::{About, App},
    store::Batch,
};
use authx_core::{
    ApplicationId, TenantId,
    audit::EventKind,
    policy::{Document, Effective, InvalidPolicy},
};

/// Why a policy could not be shown or set.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The application is not there.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// The document cannot be used.
    #[error(transparent)]
    Invalid(#[from] InvalidPolicy),
}

/// Whose document is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// One application's, which goes before its tenant's.
    Application(ApplicationId),
    /// The tenant's, for all of its applications.
    Tenant,
}

/// A policy as administrators see it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What somebody wrote for the target itself.
    pub document: Document,
    /// What follows from it, the layers below, and the defaults.
    pub effective: Effective,
}

/// The policy in force for an application, or for a tenant's applications without documents of
/// their own.
///
/// # Errors
///
/// [`PolicyError::Application`], [`PolicyError::Admin`].
pub async fn show(app: &App, tenant: TenantId, target: Target) -> Result<Shown, PolicyError> {
    let tenant = Tenant::load(app, tenant).await?;
    let lower = stored(&tenant.policy)?;
    match target {
        Target::Tenant => {
            let effective = Effective::of(&lower, &Document::default());
            Ok(Shown { document: lower, effective })
        }
        Target::Application(id) => {
            let document = stored(&applications::row(app, tenant.id, id).await?.policy)?;
            let effective = Effective::of(&lower, &document);
            Ok(Shown { document, effective })
        }
    }
}

/// Replaces a document. What it does not name is decided by the next layer down.
///
/// # Errors
///
/// [`PolicyError::Invalid`] for a value out of its range; [`PolicyError::Application`],
/// [`PolicyError::Admin`].
pub async fn set(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    target: Target,
    document: Document,
) -> Result<(), PolicyError> {
    let document = document.validate()?;
    let damaged = |error: serde_json::Error| AdminError::Damaged(error.to_string());
    let after = &serde_json::to_value(&document).map_err(damaged)?;
    change(app, by, tenant, move |tenant, _| async move {
        let tenant = &tenant;
        let batch = Batch::default();
        let (before, batch, about, whose) = match target {
            Target::Tenant => {
                let batch = batch.set_tenant_policy(tenant.id, after.to_string());
                (tenant.policy.clone(), batch, About::default(), tenant.name.clone())
            }
            Target::Application(id) => {
                let row = applications::row(app, tenant.id, id).await?;
                let batch = batch.set_application_policy(tenant.id, id, after.to_string());
                let about = About { application: Some(id), ..About::default() };
                (row.policy, batch, about, row.name)
            }
        };
        let before: serde_json::Value = serde_json::from_str(&before).map_err(damaged)?;
        Ok::<_, PolicyError>(Change {
            batch,
            kind: EventKind::PolicySet,
            about,
            detail: detail([("name", whose.into()), ("before", before), ("after", after.clone())]),
            outcome: (),
        })
    })
    .await
}

fn stored(json: &str) -> Result<Document, AdminError> {
    Document::from_json(json).map_err(|error| AdminError::Damaged(error.to_string()))
}
