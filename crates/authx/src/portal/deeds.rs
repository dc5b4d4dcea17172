//! What waits for a step-up, as the page says it that asks for one: whoever confirms reads what for.

use super::{Access, Portal, error::PortalError, routes::routes, who::Who};
use crate::{
    admin::{
        accounts, applications, groups, keys, passkeys,
        policies::{self, Target},
        sessions::{self, Pending},
        tokens,
    },
    enrol::phones,
};

/// What waits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Deed {
    /// As a title.
    pub(super) title: String,
    /// The button that lets it be.
    pub(super) keep: &'static str,
}

impl Deed {
    /// What a session waits with: a form that was held back, or else a page that somebody wanted.
    pub(super) async fn of(portal: &Portal, who: &Who, next: &str) -> Result<Self, PortalError> {
        let held = sessions::held(portal.app(), &who.visit).await?;
        let next = match (&held, &who.visit.pending) {
            (Some(held), _) => held.as_str(),
            (None, Some(Pending::Login { next, .. })) => next.as_str(),
            (None, Some(Pending::Enrol { .. } | Pending::Shown(_)) | None) => next,
        };
        let path = next.split('?').next().unwrap_or_default();
        let Some((deed, ids)) = found(path) else { return Ok(Self::unnamed()) };
        let ids = if may(who, deed.path) { ids } else { vec![] };
        let named = named(portal, who, &ids).await?;
        let title = match (named, deed.named) {
            (Some(named), Some(title)) => title.replace("{}", &named),
            (None, _) | (_, None) => deed.title.to_owned(),
        };
        Ok(Self { title, keep: deed.keep })
    }

    /// A page that needs no step-up.
    fn unnamed() -> Self {
        Self { title: "Confirm that it is you".to_owned(), keep: NOT_NOW }
    }
}

/// A route that demands a step-up, in words.
struct Words {
    path: &'static str,
    title: &'static str,
    /// The same with the name of the last thing in its path.
    named: Option<&'static str>,
    keep: &'static str,
}

/// The words of a path, and what it names.
fn found(path: &str) -> Option<(&'static Words, Vec<(&'static str, &str)>)> {
    let parts: Vec<&str> = path.split('/').collect();
    DEEDS.iter().find_map(|words| {
        let own: Vec<&'static str> = words.path.split('/').collect();
        let is_thing = |own: &str| own.starts_with('{');
        let pairs = || own.iter().copied().zip(parts.iter().copied());
        let fits = own.len() == parts.len()
            && pairs().all(|(own, part)| own == part || (is_thing(own) && !part.is_empty()));
        fits.then(|| (words, pairs().filter(|(own, _)| is_thing(own)).collect()))
    })
}

/// Whether somebody may do it, and so may read the names in it: an address proves nothing.
fn may(who: &Who, path: &str) -> bool {
    let mut ways = routes().into_iter().filter(|route| route.path == path);
    ways.any(|route| match route.access {
        Access::StepUp(permission) => who.may(permission),
        Access::May(permission) => route.weighs && who.may(permission),
        Access::OwnStepUp => true,
        Access::Public | Access::Half | Access::Own => false,
    })
}

/// What the last thing of a path is called; `None` where it is not there, which the deed itself says.
async fn named(
    portal: &Portal,
    who: &Who,
    ids: &[(&str, &str)],
) -> Result<Option<String>, PortalError> {
    let (app, tenant, own) = (portal.app(), who.tenant(), who.visit.account);
    let id = |of: &str| ids.iter().find(|(thing, _)| *thing == of).map_or("", |(_, id)| *id);
    let Some((thing, last)) = ids.last() else { return Ok(None) };
    Ok(match *thing {
        "{group}" => match last.parse() {
            Ok(id) => groups::get(app, tenant, id).await.ok().map(|group| group.name),
            Err(_) => None,
        },
        "{id}" => match last.parse() {
            Ok(id) => applications::get(app, tenant, id).await.ok().map(|found| found.name),
            Err(_) => None,
        },
        "{key}" => match id("{id}").parse() {
            Ok(of) => {
                let keys = keys::list(app, tenant, of).await.unwrap_or_default();
                keys.into_iter().find(|key| key.id.to_string() == *last).map(|key| key.name)
            }
            Err(_) => None,
        },
        "{passkey}" => {
            let of = id("{user}").parse().unwrap_or(own);
            let all = passkeys::list(app, tenant, of).await?;
            all.into_iter().find(|one| one.id.to_string() == *last).map(|one| one.name)
        }
        "{phone}" => {
            let of = id("{user}").parse().unwrap_or(own);
            let all = phones::list(app, tenant, of).await?;
            all.into_iter().find(|one| one.id.to_string() == *last).map(|one| one.name)
        }
        "{target}" => match last.parse() {
            Ok(Target::Tenant) => Some("the company".to_owned()),
            Ok(target) => policies::show(app, tenant, target).await.ok().map(|shown| shown.whose),
            Err(_) => None,
        },
        "{token}" => {
            let all = tokens::list(app, tenant).await?;
            all.into_iter().find(|one| one.id.to_string() == *last).map(|one| one.name)
        }
        "{user}" => match last.parse() {
            Ok(id) => {
                let found = accounts::get(app, tenant, id).await.ok();
                found.map(|user| user.display.unwrap_or(user.name))
            }
            Err(_) => None,
        },
        _ => None,
    })
}

const fn deed(path: &'static str, title: &'static str, keep: &'static str) -> Words {
    Words { path, title, named: None, keep }
}

const fn of(
    path: &'static str,
    title: &'static str,
    named: &'static str,
    keep: &'static str,
) -> Words {
    Words { path, title, named: Some(named), keep }
}

const KEEP: &str = "Keep it as it is";
const NOT_NOW: &str = "Not now";

/// Every route that demands a step-up. Words come before what stands for any.
const DEEDS: &[Words] = &[
    deed("/applications/protect", "Protect an application", NOT_NOW),
    of(
        "/applications/{id}/audience",
        "Change who may use an application",
        "Change who may use {}",
        KEEP,
    ),
    of("/applications/{id}/delete", "Delete an application", "Delete {}", KEEP),
    of("/applications/{id}/keys", "Make a key", "Make a key for {}", NOT_NOW),
    of("/applications/{id}/keys/{key}/rename", "Rename a key", "Rename the key {}", KEEP),
    of("/applications/{id}/keys/{key}/restore", "Restore a key", "Restore the key {}", KEEP),
    of("/applications/{id}/keys/{key}/revoke", "Revoke a key", "Revoke the key {}", KEEP),
    of(
        "/applications/{id}/package",
        "Make a package with a key",
        "Make a package with a key for {}",
        NOT_NOW,
    ),
    of(
        "/applications/{id}/settings",
        "Change an application's settings",
        "Change the settings of {}",
        KEEP,
    ),
    deed("/approvals/{approval}/agree", "Agree that somebody is let in", NOT_NOW),
    of("/groups/{group}/members", "Move people in a group", "Move people in the group {}", KEEP),
    of(
        "/groups/{group}/members/{user}/add",
        "Put a user into a group",
        "Put {} into a group",
        KEEP,
    ),
    of(
        "/groups/{group}/members/{user}/remove",
        "Take a user out of a group",
        "Take {} out of a group",
        KEEP,
    ),
    of("/groups/{group}/place", "Move a group", "Move the group {}", KEEP),
    deed("/groups/{group}/put-back", "Put a group back", NOT_NOW),
    of("/groups/{group}/remove", "Remove a group", "Remove the group {}", KEEP),
    deed("/me/app", "Add an authenticator app", NOT_NOW),
    deed("/me/app/confirm", "Use an authenticator app", NOT_NOW),
    deed("/me/app/remove", "Remove the authenticator app", KEEP),
    deed("/me/passkey", "Add a passkey", NOT_NOW),
    of("/me/passkeys/{passkey}/remove", "Remove a passkey", "Remove the passkey {}", KEEP),
    deed("/me/password", "Change your password", KEEP),
    deed("/me/phone", "Add a phone", NOT_NOW),
    of("/me/phones/{phone}/remove", "Remove a phone", "Remove the phone {}", KEEP),
    deed("/me/recovery", "Make new recovery codes", KEEP),
    of("/policies/edit/{target}", "Put a policy into force", "Put a policy of {} into force", KEEP),
    deed("/settings/administrators", "Invite an administrator", NOT_NOW),
    of(
        "/settings/administrators/{user}/link",
        "Make a link to the portal",
        "Make a link to the portal for {}",
        NOT_NOW,
    ),
    of("/settings/administrators/{user}/role", "Change a role", "Change the role of {}", KEEP),
    deed("/settings/record", "Change how long the record is kept", KEEP),
    deed("/settings/tokens", "Make an API token", NOT_NOW),
    of("/settings/tokens/{token}/restore", "Restore a token", "Restore the token {}", KEEP),
    of("/settings/tokens/{token}/revoke", "Revoke a token", "Revoke the token {}", KEEP),
    deed("/users/bulk", "Move users in a group", KEEP),
    deed("/users/import/{import}/run", "Take a file of users in", NOT_NOW),
    of(
        "/users/{user}/app/remove",
        "Remove an authenticator app",
        "Remove the authenticator app of {}",
        KEEP,
    ),
    of(
        "/users/{user}/bypass",
        "Let somebody in without a phone",
        "Let {} in without a phone",
        NOT_NOW,
    ),
    of("/users/{user}/edit", "Edit a user", "Edit {}", KEEP),
    of("/users/{user}/invite", "Invite a user", "Invite {}", NOT_NOW),
    of(
        "/users/{user}/passkeys/{passkey}/remove",
        "Remove a passkey",
        "Remove the passkey {}",
        KEEP,
    ),
    of("/users/{user}/phones/{phone}/remove", "Remove a phone", "Remove the phone {}", KEEP),
    of("/users/{user}/portal", "Let somebody into the portal", "Let {} into the portal", NOT_NOW),
    of("/users/{user}/recovery", "Make recovery codes", "Make recovery codes for {}", KEEP),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn whatever_demands_a_step_up_has_words() {
        let demands = |access| matches!(access, Access::OwnStepUp | Access::StepUp(_));
        let demanded: BTreeSet<&str> = routes()
            .into_iter()
            .filter(|route| demands(route.access) || route.weighs)
            .map(|route| route.path)
            .collect();
        let known: BTreeSet<&str> = DEEDS.iter().map(|words| words.path).collect();
        assert_eq!(known, demanded);
        assert_eq!(known.len(), DEEDS.len());
        for words in DEEDS {
            assert_eq!(found(words.path).unwrap().0.path, words.path);
            assert!(words.named.is_none_or(|named| named.matches("{}").count() == 1));
        }
    }
}
