//! What an administrator says of an application besides its policy.

use super::{
    Actor, AdminError, Change as Changed,
    alike::Alike,
    applications::{self, ApplicationError, is_free},
    change, detail,
};
use crate::{
    app::{About, App},
    store::{
        Batch,
        audiences::{self, AudienceRow, Part},
        groups,
    },
};
use authx_core::{
    ApplicationId, GroupId, TenantId,
    application::{DomainSuffix, Settings},
    audit::EventKind,
    name::Name,
};
use serde_json::{Map, Value};

/// What is to be otherwise; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What to call it.
    pub name: Option<Name>,
    /// Names with this domain and without it are one person's; `Some(None)`: names are as typed.
    pub domain_suffix: Option<Option<DomainSuffix>>,
    /// The only groups whose members may sign in; `Some(None)`: everybody may.
    pub groups: Option<Option<Vec<GroupId>>>,
    /// The only groups whose members are asked for a second factor; empty: everybody is.
    pub pilot: Option<Vec<GroupId>>,
    /// Whether nobody signs in.
    pub switched_off: Option<bool>,
}

impl Change {
    /// Whether all of it stays.
    pub fn is_empty(&self) -> bool {
        let Self { name, domain_suffix, groups, pilot, switched_off } = self;
        name.is_none()
            && domain_suffix.is_none()
            && groups.is_none()
            && pilot.is_none()
            && switched_off.is_none()
    }
}

/// Changes what is said of an application. Nothing is stored and recorded where all of it is so
/// already.
///
/// # Errors
///
/// [`ApplicationError::NameTaken`], [`ApplicationError::UnknownGroup`],
/// [`ApplicationError::Unknown`], [`ApplicationError::Admin`].
pub async fn set(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: ApplicationId,
    wanted: &Change,
) -> Result<(), ApplicationError> {
    if same(app, tenant, id, wanted).await? {
        return Ok(());
    }
    change(app, by, tenant, move |tenant, _| async move {
        let row = applications::row(app, tenant.id, id).await?;
        let name = wanted.name.clone().map_or_else(|| Name::new(&row.name), Ok)?;
        is_free(app, tenant.id, &name, Some(id)).await?;
        let mut settings = applications::settings(&row)?;
        let groups = audience(app, tenant.id, id).await?;
        let before = shown(&row.name, &settings, &groups);
        let mut after = groups.clone();
        if let Some(Some(suffix)) = &wanted.domain_suffix {
            Alike::check(app, tenant.id, suffix).await?;
        }
        apply(wanted, &mut settings);
        let mut batch = Batch::default();
        for (part, ids) in parts(wanted) {
            batch = batch.set_audience(tenant.id, id, part, ids);
            let named = named(app, tenant.id, id, part, ids).await?;
            after.retain(|row| row.part != part);
            after.extend(named);
        }
        let json = serde_json::to_string(&settings)
            .map_err(|error| AdminError::Damaged(error.to_string()))?;
        Ok::<_, ApplicationError>(Changed {
            batch: batch.set_application(tenant.id, id, &name, json),
            kind: EventKind::ApplicationChanged,
            about: About { application: Some(id), ..About::default() },
            detail: detail([
                ("name", row.name.into()),
                ("before", before.into()),
                ("after", shown(name.as_str(), &settings, &after).into()),
            ]),
            outcome: (),
        })
    })
    .await
}

async fn same(
    app: &App,
    tenant: TenantId,
    id: ApplicationId,
    wanted: &Change,
) -> Result<bool, ApplicationError> {
    let row = applications::row(app, tenant, id).await?;
    let before = applications::settings(&row)?;
    let mut after = before.clone();
    apply(wanted, &mut after);
    let groups = audience(app, tenant, id).await?;
    let same_groups = parts(wanted).into_iter().all(|(part, ids)| {
        let known = groups.iter().filter(|row| row.part == part);
        known.clone().count() == ids.len() && known.clone().all(|row| ids.contains(&row.group))
    });
    let same_name = wanted.name.as_ref().is_none_or(|name| name.as_str() == row.name);
    Ok(same_name && same_groups && before == after)
}

fn apply(wanted: &Change, settings: &mut Settings) {
    if let Some(suffix) = &wanted.domain_suffix {
        settings.domain_suffix.clone_from(suffix);
    }
    if let Some(groups) = &wanted.groups {
        settings.gated = groups.is_some();
    }
    if let Some(off) = wanted.switched_off {
        settings.switched_off = off;
    }
}

/// The groups that are to be replaced.
fn parts(wanted: &Change) -> Vec<(Part, &[GroupId])> {
    let gate = wanted.groups.as_ref().map(|groups| (Part::Gate, groups.as_deref().unwrap_or(&[])));
    let pilot = wanted.pilot.as_ref().map(|groups| (Part::Pilot, groups.as_slice()));
    gate.into_iter().chain(pilot).collect()
}

async fn audience(
    app: &App,
    tenant: TenantId,
    id: ApplicationId,
) -> Result<Vec<AudienceRow>, AdminError> {
    Ok(audiences::audience(&app.store, tenant, Some(id)).await?)
}

/// The groups with their names.
async fn named(
    app: &App,
    tenant: TenantId,
    application: ApplicationId,
    part: Part,
    ids: &[GroupId],
) -> Result<Vec<AudienceRow>, ApplicationError> {
    let known = groups::groups(&app.store, tenant).await.map_err(AdminError::from)?;
    let row = |&group: &GroupId| {
        let found = known.iter().find(|row| row.id == group);
        let found = found.ok_or_else(|| ApplicationError::UnknownGroup(group.to_string()))?;
        Ok(AudienceRow { application, group, name: found.name.clone(), part })
    };
    ids.iter().map(row).collect()
}

/// As recorded.
fn shown(name: &str, settings: &Settings, groups: &[AudienceRow]) -> Map<String, Value> {
    let of = |part| -> Value {
        groups.iter().filter(|row| row.part == part).map(|row| row.name.as_str()).collect()
    };
    let mut shown = detail([
        ("name", name.into()),
        ("pilot", of(Part::Pilot)),
        ("switched_off", settings.switched_off.into()),
    ]);
    if let Some(suffix) = &settings.domain_suffix {
        shown.insert("domain_suffix".to_owned(), suffix.as_str().into());
    }
    if settings.gated {
        shown.insert("groups".to_owned(), of(Part::Gate));
    }
    shown
}
