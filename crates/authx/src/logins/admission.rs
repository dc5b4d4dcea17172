//! Who an application is for, and by which names it knows them.

use crate::{directory::Protected, store::logins::Names};
use authx_core::{
    GroupId,
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

/// What becomes of a first factor at an application that is not for everybody, of a user who is in
/// these groups.
pub(super) fn admit(
    caller: &Protected,
    groups: &[GroupId],
    first_factor: FirstFactor,
) -> (FirstFactor, Option<Spared>) {
    if caller.settings.switched_off {
        return (FirstFactor::Failed(Cause::SwitchedOff), None);
    }
    if first_factor != FirstFactor::Proved || caller.audience.is_everybody() {
        return (first_factor, None);
    }
    match caller.audience.admit(groups) {
        Ok(spared) => (first_factor, spared),
        Err(cause) => (FirstFactor::Failed(cause), None),
    }
}
