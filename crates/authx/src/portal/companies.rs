//! Which of the companies of an installation somebody means.

use super::{Portal, error::PortalError};
use crate::{
    admin::AdminError,
    store::{portal as stored, tenants},
};
use authx_core::{TenantId, name::Name};

/// Which company somebody means. `None`: there is none, or it cannot be said.
pub(super) async fn company(
    portal: &Portal,
    typed: &str,
    name: &Name,
) -> Result<Option<TenantId>, PortalError> {
    let store = &portal.app().store;
    if !typed.is_empty() {
        let Ok(typed) = Name::new(typed) else { return Ok(None) };
        let found = tenants::tenant_named(store, &typed).await.map_err(AdminError::from)?;
        return Ok(found.map(|tenant| tenant.id));
    }
    let all = tenants::tenants(store).await.map_err(AdminError::from)?;
    if let [only] = all.as_slice() {
        return Ok(Some(only.id));
    }
    let found = stored::tenants_of(store, name).await.map_err(AdminError::from)?;
    Ok(match found.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

/// Whether there is more than one, so that it has to be said.
pub(super) async fn several(portal: &Portal) -> Result<bool, PortalError> {
    let all = tenants::tenants(&portal.app().store).await.map_err(AdminError::from)?;
    Ok(all.len() > 1)
}
