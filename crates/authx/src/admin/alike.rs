//! Names that mean one person: at an application with a domain suffix, whoever types `anna` and
//! whoever types `anna@example.com` are the same. If two accounts had them, whoever made the second
//! would take over the sign-ins of the first.

use super::{AdminError, applications::ApplicationError};
use crate::{
    app::App,
    store::{
        accounts::{self, AccountRow},
        applications,
    },
};
use authx_core::{
    TenantId, UserId,
    application::{DomainSuffix, Settings},
    name::Name,
};

/// The domain suffixes of a company's applications.
#[derive(Clone, Debug)]
pub(super) struct Alike(Vec<DomainSuffix>);

impl Alike {
    pub(super) async fn of(app: &App, tenant: TenantId) -> Result<Self, AdminError> {
        let rows = applications::applications(&app.store, tenant).await?;
        let mut suffixes: Vec<DomainSuffix> = vec![];
        for row in rows {
            let Settings { domain_suffix, .. } = super::applications::settings(&row)?;
            suffixes.extend(domain_suffix.filter(|suffix| !suffixes.contains(suffix)));
        }
        Ok(Self(suffixes))
    }

    /// Fails where a suffix would make one of two people.
    pub(super) async fn check(
        app: &App,
        tenant: TenantId,
        suffix: &DomainSuffix,
    ) -> Result<(), ApplicationError> {
        let domain = Name::new(suffix.as_str()).map_err(ApplicationError::from)?.folded();
        let pair = accounts::told_apart_by(&app.store, tenant, &domain).await;
        match pair.map_err(AdminError::from)? {
            None => Ok(()),
            Some((one, other)) => Err(ApplicationError::SamePerson { one, other }),
        }
    }

    /// Whoever but `own` goes by a name that means the same at some application.
    pub(super) async fn owner(
        &self,
        app: &App,
        tenant: TenantId,
        name: &Name,
        own: Option<UserId>,
    ) -> Result<Option<AccountRow>, AdminError> {
        for suffix in &self.0 {
            for other in suffix.names(name).into_iter().skip(1).flatten() {
                let Ok(other) = Name::new(&other) else { continue };
                let owner = accounts::account_named(&app.store, tenant, &other).await?;
                if let Some(owner) = owner.filter(|owner| Some(owner.id) != own) {
                    return Ok(Some(owner));
                }
            }
        }
        Ok(None)
    }
}
