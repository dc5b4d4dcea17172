//! Whether who asks for something still is what they were when they were let in.

use super::{Actor, AdminError, Standing};
use crate::{
    app::App,
    store::{accounts, tokens},
};
use authx_core::TenantId;

impl Actor {
    /// Fails where the account was disabled or removed or has another role since, or the token was
    /// revoked or is over: a form takes as long as its body takes to come, an import or an export
    /// some minutes.
    ///
    /// # Errors
    ///
    /// [`AdminError::NoLonger`], [`AdminError::Store`], [`AdminError::Clock`].
    pub(crate) async fn check_still(&self, app: &App, tenant: TenantId) -> Result<(), AdminError> {
        let still = match &self.standing {
            Standing::Operator => true,
            Standing::Account(id, role) => {
                let row = accounts::account(&app.store, tenant, *id).await?;
                row.is_some_and(|row| {
                    row.active && row.removed.is_none() && row.role.as_ref() == role.as_ref()
                })
            }
            Standing::Token { id, account, role, .. } => {
                let now = app.now()?;
                let row = tokens::token_of(&app.store, tenant, *id).await?;
                row.is_some_and(|row| {
                    let counts = row.revoked.is_none() && now < row.expires && row.active;
                    counts && row.account == *account && row.role == Some(*role)
                })
            }
        };
        if still { Ok(()) } else { Err(AdminError::NoLonger) }
    }
}
