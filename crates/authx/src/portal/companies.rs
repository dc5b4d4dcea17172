//! Which of the companies of an installation somebody means.

use super::{Portal, error::PortalError};
use crate::{
    admin::AdminError,
    store::{portal as stored, tenants},
};
use authx_core::{TenantId, name::Name};

/// Which company somebody means. `None`: there is none, or it cannot be said. Where there is one, it
/// is meant, whatever is typed: its page asks for none, so its answers tell of none either.
pub(super) async fn company(
    portal: &Portal,
    typed: &str,
    name: &Name,
) -> Result<Option<TenantId>, PortalError> {
    let store = &portal.app().store;
    if let [only] = tenants::first_two(store).await.map_err(AdminError::from)?.as_slice() {
        return Ok(Some(*only));
    }
    if !typed.is_empty() {
        let Ok(typed) = Name::new(typed) else { return Ok(None) };
        let found = tenants::tenant_named(store, &typed).await.map_err(AdminError::from)?;
        return Ok(found.map(|tenant| tenant.id));
    }
    let found = stored::tenants_of(store, name).await.map_err(AdminError::from)?;
    Ok(match found.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

/// Whether there is more than one, so that it has to be said.
pub(super) async fn several(portal: &Portal) -> Result<bool, PortalError> {
    let some = tenants::first_two(&portal.app().store).await.map_err(AdminError::from)?;
    Ok(some.len() > 1)
}
