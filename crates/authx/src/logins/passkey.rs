//! Passkeys at the portal: a login is allowed together with what the passkey opens, or not at all.

use super::{Happened, LoginError, TRIES, Told, Versioned, advance, load, move_on, pause};
use crate::{
    admin::passkeys::Opened,
    app::App,
    directory::Protected,
    store::{Batch, StoreError},
};
use authx_core::{
    LoginId,
    factor::FactorKind,
    login::{Login, Stage},
};

/// Lets an open login in by a passkey of its user, and stores what that opens with it. Whether it
/// did: not, where the login has ended otherwise.
///
/// # Errors
///
/// [`LoginError`]; [`LoginError::Busy`] also where the passkey was used for something else.
pub async fn pass(
    app: &App,
    caller: &Protected,
    id: LoginId,
    opened: &Opened,
) -> Result<bool, LoginError> {
    for _ in 0..TRIES {
        let mut current = load(app, caller, id).await?;
        if current.login.is_final() {
            return Ok(false);
        }
        match advance(app, caller, &mut current, Happened::Told(Told::Passkey(opened))).await {
            Err(LoginError::Store(StoreError::Conflict)) => pause(app).await,
            other => return other.map(|()| is_allowed_so(&current.login)),
        }
    }
    Err(LoginError::Busy)
}

/// Notes that somebody gave a passkey that does not open the account of an open login.
///
/// # Errors
///
/// [`LoginError`].
pub async fn decline_passkey(
    app: &App,
    caller: &Protected,
    id: LoginId,
) -> Result<Versioned, LoginError> {
    move_on(app, caller, id, Happened::PasskeyDeclined).await
}

/// Whether a passkey that answered is that of the login's user, at the portal.
pub(super) fn is_of(opened: &Opened, caller: &Protected, login: &Login) -> bool {
    caller.is_portal && opened.tenant == caller.tenant && login.user == Some(opened.account)
}

/// What is stored with a login because a passkey let it in.
pub(super) fn opens(login: &Login, opened: Option<&Opened>) -> Batch {
    let opened = opened.filter(|_| is_allowed_so(login));
    opened.map(|opened| opened.batch.clone()).unwrap_or_default()
}

fn is_allowed_so(login: &Login) -> bool {
    matches!(login.stage, Stage::Allowed { factor: Some(FactorKind::Passkey), .. })
}
