//! Policies: one document for a tenant, one for each of its applications, one for each group.

mod effective;
mod history;

pub(crate) use effective::of_user;
pub use effective::{InForce, Scope, in_force};
pub use history::{Version, Versions, restore, versions};

use super::{
    Actor, AdminError, Change, Tenant,
    applications::{self, ApplicationError},
    change, detail,
    groups::{self, GroupError},
};
use crate::{
    app::{About, App},
    store::Batch,
};
use authx_core::{
    ApplicationId, GroupId, TenantId,
    audit::EventKind,
    id::InvalidId,
    policy::{Document, Effective, InvalidPolicy, Layers},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// Why a policy could not be shown or set.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The application is not there.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// Somebody set another document since this one was begun.
    #[error("somebody else has set this policy meanwhile: look at what is in force now")]
    Changed(Box<Document>),
    /// The group is not there.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The document cannot be used.
    #[error(transparent)]
    Invalid(#[from] InvalidPolicy),
    /// There is no such version of it.
    #[error("there is no version {0} of this policy")]
    UnknownVersion(i64),
}

/// Whose document is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// One application's, which goes before its tenant's.
    Application(ApplicationId),
    /// One group's, which goes before the application's.
    Group(GroupId),
    /// The tenant's, for all of its applications.
    Tenant,
}

impl std::fmt::Display for Target {
    /// As paths name it: `global`, or the id.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Application(id) => id.fmt(f),
            Self::Group(id) => id.fmt(f),
            Self::Tenant => f.write_str(GLOBAL),
        }
    }
}

impl std::str::FromStr for Target {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text == GLOBAL {
            return Ok(Self::Tenant);
        }
        text.parse().map(Self::Application).or_else(|_| text.parse().map(Self::Group))
    }
}

/// A policy as administrators see it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What somebody wrote for the target itself.
    pub document: Document,
    /// Names the document, to notice that it was replaced meanwhile.
    pub revision: String,
    /// Whose it is.
    pub whose: String,
    /// What follows from it, the layers below, and the defaults. For a group: at an application
    /// without a document of its own.
    pub effective: Effective,
    /// What would be in force without it.
    pub below: InForce,
}

/// A document as it is stored, and whose it is.
pub(super) struct Stored {
    pub(super) document: Document,
    pub(super) whose: String,
}

/// The policy in force for an application, or for a tenant's applications without documents of
/// their own; for all users, or for those of one group.
///
/// # Errors
///
/// [`PolicyError::Application`], [`PolicyError::Group`], [`PolicyError::Admin`].
pub async fn show(app: &App, tenant: TenantId, target: Target) -> Result<Shown, PolicyError> {
    let tenant = Tenant::load(app, tenant).await?;
    let lower = document(&tenant.policy)?;
    let Stored { document, whose } = stored(app, &tenant, target).await?;
    let empty = Document::default();
    let effective = match target {
        Target::Tenant => Effective::of(&document, &empty),
        Target::Application(_) => Effective::of(&lower, &document),
        Target::Group(id) => {
            let groups = &[(id, &document)];
            Effective::from(Layers { tenant: &lower, application: &empty, groups })
        }
    };
    let lower = if target == Target::Tenant { &empty } else { &lower };
    let below = InForce::of(&tenant.name, None, &[], Layers::of(lower, &empty));
    Ok(Shown { revision: revision(&document), document, whose, effective, below })
}

/// Replaces a document. What it does not name is decided by the next layer down.
///
/// # Errors
///
/// [`PolicyError::Invalid`] for a value out of its range, or one that a group cannot have;
/// [`PolicyError::Application`], [`PolicyError::Group`], [`PolicyError::Admin`].
pub async fn set(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    target: Target,
    document: Document,
) -> Result<(), PolicyError> {
    put(app, by, tenant, target, document, None, Map::new()).await
}

/// Replaces a document, if the one in force is still that of the revision from which the new one
/// was made.
///
/// # Errors
///
/// [`PolicyError::Changed`] with the one in force; else as [`set`].
pub async fn replace(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    target: Target,
    revision: &str,
    document: Document,
) -> Result<(), PolicyError> {
    put(app, by, tenant, target, document, Some(revision), Map::new()).await
}

/// `more` goes into the entry of the record.
pub(super) async fn put(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    target: Target,
    document: Document,
    expected: Option<&str>,
    more: Map<String, Value>,
) -> Result<(), PolicyError> {
    let document = checked(target, document)?;
    let damaged = |error: serde_json::Error| AdminError::Damaged(error.to_string());
    let after = &serde_json::to_value(&document).map_err(damaged)?;
    let more = &more;
    change(app, by, tenant, move |tenant, _| async move {
        let Stored { document, whose } = stored(app, &tenant, target).await?;
        if expected.is_some_and(|expected| expected != revision(&document)) {
            return Err(PolicyError::Changed(Box::new(document)));
        }
        let before = serde_json::to_value(&document).map_err(damaged)?;
        let mut detail =
            detail([("name", whose.into()), ("before", before), ("after", after.clone())]);
        detail.extend(more.clone());
        let (batch, text, mut about) = (Batch::default(), after.to_string(), About::default());
        let batch = match target {
            Target::Tenant => batch.set_tenant_policy(tenant.id, text),
            Target::Application(id) => {
                about.application = Some(id);
                batch.set_application_policy(tenant.id, id, text)
            }
            Target::Group(id) => {
                detail.insert("group_id".to_owned(), id.to_string().into());
                batch.set_group_policy(tenant.id, id, text)
            }
        };
        Ok::<_, PolicyError>(Change {
            batch,
            kind: EventKind::PolicySet,
            about,
            detail,
            outcome: (),
        })
    })
    .await
}

/// Whether a document can be that of a target.
///
/// # Errors
///
/// [`InvalidPolicy`].
pub fn checked(target: Target, document: Document) -> Result<Document, InvalidPolicy> {
    match target {
        Target::Group(_) => document.validate_for_group(),
        Target::Application(_) | Target::Tenant => document.validate(),
    }
}

/// Names a document: another one has another name.
pub fn revision(document: &Document) -> String {
    let text = serde_json::to_string(document).unwrap_or_default();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.as_ref().get(..12).unwrap_or_default())
}

/// The document of a target.
pub(super) async fn stored(
    app: &App,
    tenant: &Tenant,
    target: Target,
) -> Result<Stored, PolicyError> {
    let (text, whose) = match target {
        Target::Tenant => (tenant.policy.clone(), tenant.name.clone()),
        Target::Application(id) => {
            let row = applications::row(app, tenant.id, id).await?;
            (row.policy, row.name)
        }
        Target::Group(id) => {
            let row = groups::row(app, tenant.id, id).await?;
            (row.policy, row.name)
        }
    };
    Ok(Stored { document: document(&text)?, whose })
}

pub(super) fn document(json: &str) -> Result<Document, AdminError> {
    Document::from_json(json).map_err(|error| AdminError::Damaged(error.to_string()))
}

/// What the tenant's own document is called where others have ids.
pub const GLOBAL: &str = "global";
