//! What somebody would be asked somewhere, and which layer says so.

use super::{
    AdminError,
    accounts::{self, AccountError},
    applications::{self, ApplicationError},
    policies::{InForce, PolicyError, Scope, in_force},
};
use crate::{
    app::App,
    logins::{self, Foreseen, LoginError, WhatIf},
};
use authx_core::{
    ApplicationId, Millis, TenantId,
    name::{InvalidName, Name},
    policy,
};
use std::net::IpAddr;

/// A question.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where somebody signs in.
    pub application: ApplicationId,
    /// Who: a name or alias.
    pub user: String,
    /// From which address.
    pub address: Option<IpAddr>,
    /// When; now where it is not said.
    pub at: Option<Millis>,
    /// The client signs in by itself.
    pub autologin: bool,
}

/// Its answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// How the login would go on.
    pub foreseen: Foreseen,
    /// For which moment.
    pub at: Millis,
    /// The policy that was in force, with the source of every value.
    pub in_force: InForce,
    /// The values that decided, the first one first: paths in the policy's document. None where
    /// something else did, such as a bypass.
    pub decided_by: &'static [&'static str],
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// What can stop anything.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The application is not there.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// The rules could not be asked.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The text is no name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// Nobody goes by the name there.
    #[error("nobody is called “{0}” there; type a name or an alias")]
    Nobody(String),
    /// The policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// What would become of a login of somebody whose first factor is right. Nothing is stored, and
/// nobody is asked.
///
/// # Errors
///
/// [`WhatIfError`].
pub async fn ask(app: &App, tenant: TenantId, wish: &Wish) -> Result<Answer, WhatIfError> {
    let row = applications::row(app, tenant, wish.application).await?;
    let user = Name::new(&wish.user)?;
    let nobody = || WhatIfError::Nobody(user.to_string());
    let now = app.now().map_err(AdminError::from)?;
    let at = wish.at.unwrap_or(now);
    let caller = app.directory.reload(app, row.id).await.map_err(LoginError::from)?;
    let caller = caller.ok_or_else(|| ApplicationError::Unknown(row.name))?;
    let login = WhatIf { user: &user, address: wish.address, at, autologin: wish.autologin };
    let foreseen = logins::what_if(app, &caller, &login).await?.ok_or_else(nobody)?;
    let account = match accounts::find(app, tenant, foreseen.account.to_string().as_str()).await {
        Ok(account) => account,
        Err(AccountError::Admin(error)) => return Err(error.into()),
        Err(_) => return Err(nobody()),
    };
    let scope =
        Scope { application: Some(wish.application), user: Some(account.id), ..Scope::default() };
    let in_force = in_force(app, tenant, scope).await?;
    let decided_by =
        policy::decided_by(foreseen.view.state, foreseen.refused, foreseen.by.as_deref());
    Ok(Answer { foreseen, at, in_force, decided_by })
}
