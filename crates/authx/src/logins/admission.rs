//! Who an application is for, and by which names it knows them.

use super::LoginError;
use crate::{
    app::App,
    directory::Protected,
    store::{audiences, logins::Names},
};
use authx_core::{
    UserId,
    login::{Cause, FirstFactor, Spared},
    name::Name,
};

/// The folded names under which somebody may be found who is called so at this application.
pub(super) fn names(caller: &Protected, name: &Name) -> Names {
    match &caller.settings.domain_suffix {
        Some(suffix) => suffix.names(name),
        None => [Some(name.folded()), None, None],
    }
}

/// The same for the name in a certificate, where there is one.
pub(super) fn certificate_names(caller: &Protected, name: Option<&Name>) -> Names {
    name.map_or([None, None, None], |name| names(caller, name))
}

/// What becomes of a first factor at an application that is not for everybody. Nothing is looked
/// up before the first factor is proved, nor for an application that is.
pub(super) async fn admit(
    app: &App,
    caller: &Protected,
    user: Option<UserId>,
    first_factor: FirstFactor,
) -> Result<(FirstFactor, Option<Spared>), LoginError> {
    if caller.settings.switched_off {
        return Ok((FirstFactor::Failed(Cause::SwitchedOff), None));
    }
    let Some(user) = user.filter(|_| first_factor == FirstFactor::Proved) else {
        return Ok((first_factor, None));
    };
    if caller.audience.is_everybody() {
        return Ok((first_factor, None));
    }
    let groups = audiences::groups_of(&app.store, caller.tenant, user).await?;
    Ok(match caller.audience.admit(&groups) {
        Ok(spared) => (first_factor, spared),
        Err(cause) => (FirstFactor::Failed(cause), None),
    })
}
