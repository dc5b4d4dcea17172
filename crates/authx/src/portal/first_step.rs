//! What to do where nobody has signed in yet.

use super::{Portal, error::PortalError, who::Who};
use crate::admin::applications;
use authx_core::role::Permission;

/// The next deed on the way to a first login.
#[derive(Debug, PartialEq)]
pub(super) struct FirstStep {
    /// Where it is done.
    pub(super) to: String,
    pub(super) words: &'static str,
}

/// The next one; `None` for somebody who may not do it.
pub(super) async fn first_step(
    portal: &Portal,
    who: &Who,
) -> Result<Option<FirstStep>, PortalError> {
    if !who.may(Permission::ApplicationsWrite) {
        return Ok(None);
    }
    let protected = applications::list(portal.app(), who.tenant()).await?;
    let (to, words) = match protected.as_slice() {
        [] => ("/applications/protect".to_owned(), "Protect an application"),
        [one] => (format!("/applications/{}/install", one.id), "Install the application"),
        _ => ("/applications".to_owned(), "Look at the applications"),
    };
    Ok(Some(FirstStep { to, words }))
}
