//! Applications: what is protected.

pub use super::application_kind::ApplicationKind;
pub use super::application_list::{Order, Wanted, found};
pub use super::application_settings::{Change as SettingsChange, set};

use super::{
    Actor, AdminError, Change, change, detail,
    keys::{self, NewKey},
};
use crate::{
    app::{About, App},
    store::{
        Batch, applications as stored,
        audiences::{self, AudienceRow, Part},
        groups,
    },
};
use authx_core::{
    ApplicationId, GroupId, Millis, TenantId,
    application::{DomainSuffix, Settings},
    audit::EventKind,
    name::{InvalidName, Name},
    wire::login::Rfc3339,
};
use serde::Serialize;

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
    /// What the server makes by itself.
    #[error("an application of type portal belongs to AuthX itself; choose another type")]
    NotForHand,
    /// A domain suffix would make one of two people.
    #[error(
        "with this suffix “{one}” and “{other}” are one person's, but belong to two users; remove one of them first"
    )]
    SamePerson {
        /// A name.
        one: String,
        /// The same with the suffix.
        other: String,
    },
    /// The tenant has no application of this name or id.
    #[error("there is no application “{0}”; `authx application list` shows those there are")]
    Unknown(String),
    /// The tenant has no such group.
    #[error("there is no group “{0}”")]
    UnknownGroup(String),
}

/// An application as administrators see it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
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
    /// How it is doing.
    pub state: State,
    /// The last time that one of its servers called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<Rfc3339>,
    /// Servers that called so far.
    pub servers: u64,
    /// Names with this domain and without it are one person's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_suffix: Option<DomainSuffix>,
    /// The only groups whose members may sign in; absent where everybody may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Group>>,
    /// The only groups whose members are asked for a second factor, while it is tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pilot: Vec<Group>,
}

/// How an application is doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ApplicationState)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its servers call.
    InUse,
    /// It has no key that counts: none of its servers is believed, and nobody gets in.
    NoKey,
    /// They did, but not for a day.
    Silent,
    /// Nobody signs in: an administrator said so.
    SwitchedOff,
    /// None of its servers has ever called.
    Waiting,
}

/// A group as an application names it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = NamedGroup)]
pub struct Group {
    /// Which.
    #[serde(rename = "group_id")]
    pub id: GroupId,
    /// As people call it.
    pub name: String,
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
/// [`ApplicationError::NameTaken`], [`ApplicationError::NotForHand`], [`ApplicationError::Admin`].
pub async fn create(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    name: &Name,
    kind: ApplicationKind,
    key_name: &Name,
) -> Result<Created, ApplicationError> {
    if kind == ApplicationKind::Portal {
        return Err(ApplicationError::NotForHand);
    }
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        is_free(app, tenant.id, name, None).await?;
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

/// The applications of a tenant, by name, without the portal's own.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Damaged`].
pub async fn list(app: &App, tenant: TenantId) -> Result<Vec<Application>, AdminError> {
    let mut all = with_portal(app, tenant).await?;
    all.retain(|one| one.kind != ApplicationKind::Portal.word());
    Ok(all)
}

/// The same with the portal's own, which has logins too.
///
/// # Errors
///
/// As [`list`].
pub async fn with_portal(app: &App, tenant: TenantId) -> Result<Vec<Application>, AdminError> {
    let rows = stored::applications(&app.store, tenant).await?;
    let groups = audiences::audience(&app.store, tenant, None).await?;
    let now = app.clock.clock().now();
    rows.into_iter().map(|row| application(row, &groups, now)).collect()
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
    let found = found.filter(|row| row.kind != ApplicationKind::Portal.word());
    let row = found.ok_or_else(|| ApplicationError::Unknown(text.to_owned()))?;
    seen(app, tenant, row).await
}

/// The application of that very id.
///
/// # Errors
///
/// As [`find`].
pub async fn get(
    app: &App,
    tenant: TenantId,
    id: ApplicationId,
) -> Result<Application, ApplicationError> {
    let row = row(app, tenant, id).await?;
    seen(app, tenant, row).await
}

async fn seen(
    app: &App,
    tenant: TenantId,
    row: stored::ApplicationRow,
) -> Result<Application, ApplicationError> {
    let groups = audiences::audience(&app.store, tenant, Some(row.id)).await;
    let groups = groups.map_err(AdminError::from)?;
    Ok(application(row, &groups, app.clock.clock().now())?)
}

/// The group of a tenant that has this name or id.
///
/// # Errors
///
/// [`ApplicationError::UnknownGroup`], [`ApplicationError::Admin`].
pub async fn group(app: &App, tenant: TenantId, text: &str) -> Result<GroupId, ApplicationError> {
    let known = groups::groups(&app.store, tenant).await.map_err(AdminError::from)?;
    let wanted = Name::new(text)?.folded();
    let is_named = |name: &str| Name::new(name).is_ok_and(|name| name.folded() == wanted);
    let found = known.iter().find(|row| text.parse() == Ok(row.id) || is_named(&row.name));
    found.map(|row| row.id).ok_or_else(|| ApplicationError::UnknownGroup(text.to_owned()))
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
    let found = found.filter(|row| row.kind != ApplicationKind::Portal.word());
    found.ok_or_else(|| ApplicationError::Unknown(id.to_string()))
}

/// Fails where another application than `own` has the name.
pub(super) async fn is_free(
    app: &App,
    tenant: TenantId,
    name: &Name,
    own: Option<ApplicationId>,
) -> Result<(), ApplicationError> {
    let found = stored::application_named(&app.store, tenant, name).await;
    match found.map_err(AdminError::from)? {
        Some(found) if Some(found.id) != own => Err(ApplicationError::NameTaken(name.to_string())),
        _ => Ok(()),
    }
}

/// What is stored of an application's settings.
pub(super) fn settings(row: &stored::ApplicationRow) -> Result<Settings, AdminError> {
    serde_json::from_str(&row.settings).map_err(|error| AdminError::Damaged(error.to_string()))
}

fn application(
    row: stored::ApplicationRow,
    groups: &[AudienceRow],
    now: Millis,
) -> Result<Application, AdminError> {
    let Settings { domain_suffix, gated, switched_off } = settings(&row)?;
    let of = |part: Part| {
        let own = groups.iter().filter(|group| group.application == row.id && group.part == part);
        own.map(|group| Group { id: group.group, name: group.name.clone() }).collect()
    };
    let state = match row.last_contact {
        _ if switched_off => State::SwitchedOff,
        _ if row.active_keys == 0 && row.kind != ApplicationKind::Portal.word() => State::NoKey,
        None => State::Waiting,
        Some(last) if now.since(last) > SILENT_AFTER_MILLIS => State::Silent,
        Some(_) => State::InUse,
    };
    Ok(Application {
        id: row.id,
        state,
        last_contact: row.last_contact.map(Rfc3339),
        servers: row.servers,
        groups: gated.then(|| of(Part::Gate)),
        pilot: of(Part::Pilot),
        name: row.name,
        kind: row.kind,
        active_keys: row.active_keys,
        created: Rfc3339(row.created),
        domain_suffix,
    })
}

const SILENT_AFTER_MILLIS: u64 = 24 * 60 * 60 * 1_000;
