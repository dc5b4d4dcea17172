//! How a company is called and set up.

use super::{Actor, AdminError, Change, Tenant, change, detail, settings::Settings};
use crate::{
    app::{About, App},
    store::{Batch, tenants as stored},
};
use authx_core::{
    Millis, TenantId,
    audit::EventKind,
    name::{InvalidName, Name, fold},
};
use jiff::tz::TimeZoneDatabase;
use serde::Serialize;

/// Why a company stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum CompanyError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Not one of the eight.
    #[error("a colour is a number from 1 to 8, not {0}")]
    Hue(u8),
    /// The text is no name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// Another company goes by it.
    #[error("“{0}” is not free here; choose another name")]
    NameTaken(String),
    /// Several names were tried that others have.
    #[error("many names were tried that are not free; wait {wait_secs} s before the next one")]
    NamesTried {
        /// How long to wait.
        wait_secs: u64,
    },
    /// None that the IANA database knows.
    #[error("“{0}” is no time zone; one is Europe/Berlin")]
    TimeZone(String),
}

/// How a company is called and set up.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Company {
    /// Which.
    pub tenant_id: TenantId,
    /// Its name; users read it on their phones.
    pub name: String,
    /// The zone in which its people read times, as in the IANA database.
    pub time_zone: String,
    /// Its colour, 1 to 8.
    pub hue: u8,
}

/// What is to be changed.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Its name; users read it on their phones.
    pub name: &'a str,
    /// The zone in which its people read times, as in the IANA database.
    pub time_zone: &'a str,
    /// Its colour, 1 to 8.
    pub hue: u8,
}

/// How a company is called and set up.
///
/// # Errors
///
/// [`AdminError`].
pub async fn get(app: &App, tenant: TenantId) -> Result<Company, AdminError> {
    let found = Tenant::load(app, tenant).await?;
    let Settings { time_zone, hue } = Settings::from_json(&found.settings)?;
    Ok(Company { tenant_id: tenant, name: found.name, time_zone, hue })
}

/// Changes a company's name and settings.
///
/// # Errors
///
/// [`CompanyError`].
pub async fn set(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    wish: Wish<'_>,
) -> Result<(), CompanyError> {
    let name = &Name::new(wish.name)?;
    if TimeZoneDatabase::bundled().get(wish.time_zone).is_err() {
        return Err(CompanyError::TimeZone(wish.time_zone.to_owned()));
    }
    if !(1..=8).contains(&wish.hue) {
        return Err(CompanyError::Hue(wish.hue));
    }
    change(app, by, tenant, move |tenant, now| async move {
        if name.folded() != fold(&tenant.name) {
            free(app, now, tenant.id, name).await?;
        }
        let before = Settings::from_json(&tenant.settings)?;
        let after = Settings { time_zone: wish.time_zone.to_owned(), hue: wish.hue };
        let json = |settings: &Settings| serde_json::to_value(settings).unwrap_or_default();
        Ok(Change {
            batch: Batch::default().set_tenant(tenant.id, name, after.to_json()?),
            kind: EventKind::SettingsChanged,
            about: About::default(),
            detail: detail([
                ("name", name.as_str().into()),
                ("name_before", tenant.name.as_str().into()),
                ("before", json(&before)),
                ("after", json(&after)),
            ]),
            outcome: (),
        })
    })
    .await
}

/// Fails where another company goes by a name. Names are how people say at sign-in which of several
/// companies they mean, so no two may be alike; and whoever tries one finds out whether it is free.
/// So few may be tried.
async fn free(app: &App, now: Millis, tenant: TenantId, name: &Name) -> Result<(), CompanyError> {
    let wait = app.taken_names.wait_millis(now, &tenant);
    if wait > 0 {
        return Err(CompanyError::NamesTried { wait_secs: wait.div_ceil(1_000) });
    }
    let other = stored::tenant_named(&app.store, name).await.map_err(AdminError::from)?;
    if other.is_none() {
        return Ok(());
    }
    app.taken_names.count(now, &tenant);
    Err(CompanyError::NameTaken(name.to_string()))
}
