//! What is in force for whom, with the source of every value.

use super::{PolicyError, document, groups};
use crate::{
    admin::{AdminError, Tenant, applications},
    app::App,
};
use authx_core::{
    ApplicationId, GroupId, TenantId, UserId,
    policy::{Document, Effective, Layers, Origin, Source},
};
use std::collections::BTreeMap;

/// Where, and for whom.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope {
    /// At this application; `None` is one without a document of its own.
    pub application: Option<ApplicationId>,
    /// For a user who is in this group and in no other.
    pub group: Option<GroupId>,
    /// For this user, with all groups.
    pub user: Option<UserId>,
}

/// A policy in force.
#[derive(Clone, Debug)]
pub struct InForce {
    /// The values.
    pub effective: Effective,
    /// Each value's sources: what counts first, then what it overrides.
    pub sources: BTreeMap<&'static str, Vec<Source>>,
    /// What the application is called.
    pub application: Option<String>,
    /// The groups that were looked at, in their order.
    pub groups: Vec<(GroupId, String)>,
    tenant: String,
}

impl InForce {
    /// What follows from documents, and what their owners are called.
    pub fn of(
        tenant: &str,
        application: Option<&str>,
        groups: &[(GroupId, &str)],
        layers: Layers<'_>,
    ) -> Self {
        Self {
            effective: Effective::from(layers),
            sources: layers.sources(),
            application: application.map(str::to_owned),
            groups: groups.iter().map(|(id, name)| (*id, (*name).to_owned())).collect(),
            tenant: tenant.to_owned(),
        }
    }

    /// What an origin is called.
    pub fn name(&self, origin: Origin) -> &str {
        match origin {
            Origin::Application => self.application.as_deref().unwrap_or("the application"),
            Origin::Default => "Default",
            Origin::Group(id) => {
                let group = self.groups.iter().find(|(group, _)| *group == id);
                group.map_or("a group", |(_, name)| name)
            }
            Origin::Tenant => &self.tenant,
        }
    }
}

/// What is in force somewhere for somebody. A user counts rather than a group.
///
/// # Errors
///
/// [`PolicyError::Application`], [`PolicyError::Group`], also for a user who is not there;
/// [`PolicyError::Admin`].
pub async fn in_force(app: &App, tenant: TenantId, scope: Scope) -> Result<InForce, PolicyError> {
    let tenant = Tenant::load(app, tenant).await?;
    let lower = document(&tenant.policy)?;
    let (application, named) = match scope.application {
        Some(id) => {
            let row = applications::row(app, tenant.id, id).await?;
            (document(&row.policy)?, Some(row.name))
        }
        None => (Document::default(), None),
    };
    let of = match (scope.user, scope.group) {
        (Some(user), _) => {
            crate::admin::accounts::row(app, tenant.id, user)
                .await
                .map_err(groups::GroupError::from)?;
            groups::of_user(app, tenant.id, user).await?
        }
        (None, Some(group)) => vec![groups::get(app, tenant.id, group).await?],
        (None, None) => vec![],
    };
    let documents: Vec<(GroupId, &Document)> =
        of.iter().map(|group| (group.id, &group.policy)).collect();
    let layers = Layers { tenant: &lower, application: &application, groups: &documents };
    let called: Vec<(GroupId, &str)> =
        of.iter().map(|group| (group.id, group.name.as_str())).collect();
    Ok(InForce::of(&tenant.name, named.as_deref(), &called, layers))
}

/// What a tenant asks of a user wherever no application is meant, as when a phone is enrolled.
pub(crate) async fn of_user(
    app: &App,
    tenant: TenantId,
    lower: &Document,
    user: UserId,
) -> Result<(Effective, Vec<(GroupId, Document)>), AdminError> {
    let groups: Vec<(GroupId, Document)> =
        crate::store::groups::groups_of(&app.store, tenant, user)
            .await?
            .into_iter()
            .map(|row| Ok((row.id, document(&row.policy)?)))
            .collect::<Result<_, AdminError>>()?;
    let documents: Vec<(GroupId, &Document)> =
        groups.iter().map(|(id, document)| (*id, document)).collect();
    let application = Document::default();
    let layers = Layers { tenant: lower, application: &application, groups: &documents };
    Ok((Effective::from(layers), groups))
}
