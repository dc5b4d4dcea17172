//! What the portal does, a script can do: every form of the portal has its routes here, or a reason
//! why it has none.

use authx::{
    api::admin::{self, Route},
    portal::{Access, routes},
};
use axum::http::Method;

/// What a script does instead of sending a form.
enum Way {
    /// One of these.
    By(&'static [&'static str]),
    /// Nothing, for this reason.
    Not(&'static str),
    /// Nothing, though it is an administrator's, for this reason.
    Never(&'static str),
}

use Way::{By, Never, Not};

const FORMS: &[(&str, Way)] = &[
    ("/applications/protect", By(&["POST /applications"])),
    ("/applications/{id}/audience", By(&["PUT /applications/{application}/audience"])),
    ("/applications/{id}/delete", By(&["DELETE /applications/{application}"])),
    ("/applications/{id}/keys", By(&["POST /applications/{application}/keys"])),
    ("/applications/{id}/keys/{key}/rename", By(&["PATCH /applications/{application}/keys/{key}"])),
    (
        "/applications/{id}/keys/{key}/restore",
        By(&["POST /applications/{application}/keys/{key}/restore"]),
    ),
    (
        "/applications/{id}/keys/{key}/revoke",
        By(&["DELETE /applications/{application}/keys/{key}"]),
    ),
    ("/applications/{id}/package", By(&["POST /applications/{application}/package"])),
    ("/applications/{id}/settings", By(&["PATCH /applications/{application}"])),
    ("/approvals/{approval}/agree", Never(PERSON)),
    ("/approvals/{approval}/decline", By(&["POST /bypass/wishes/{wish}/decline"])),
    ("/confirm", Not(STEP_UP)),
    ("/confirm/begin", Not(STEP_UP)),
    ("/confirm/cancel", Not(STEP_UP)),
    ("/confirm/done", Not(STEP_UP)),
    ("/confirm/passkey", Not(STEP_UP)),
    ("/enrol/passkey", Not(COMING_IN)),
    ("/enrol/phone", Not(COMING_IN)),
    ("/forgot", Not(COMING_IN)),
    ("/groups", By(&["POST /groups"])),
    ("/groups/{group}/members", By(&["POST /groups/{group}/members"])),
    ("/groups/{group}/members/{user}/add", By(&["POST /groups/{group}/members"])),
    (
        "/groups/{group}/members/{user}/remove",
        By(&["DELETE /groups/{group}/members/{user}", "POST /groups/{group}/members/remove"]),
    ),
    ("/groups/{group}/name", By(&["PATCH /groups/{group}"])),
    ("/groups/{group}/place", By(&["PUT /groups/{group}/place"])),
    ("/groups/{group}/put-back", By(&["POST /groups/{group}/restore"])),
    ("/groups/{group}/remove", By(&["DELETE /groups/{group}"])),
    ("/me/app", Not(OWN)),
    ("/me/app/confirm", Not(OWN)),
    ("/me/app/remove", Not(OWN)),
    ("/me/logins/{login}/not-me", Not(OWN)),
    ("/me/passkey", Not(OWN)),
    ("/me/passkeys/{passkey}/remove", Not(OWN)),
    ("/me/password", Not(OWN)),
    ("/me/phone", Not(OWN)),
    ("/me/phones/{phone}/remove", Not(OWN)),
    ("/me/phones/{phone}/rename", Not(OWN)),
    ("/me/recovery", Not(OWN)),
    ("/me/sessions/{session}/end", Not(OWN)),
    (
        "/policies/edit/{target}",
        By(&["PUT /policies/{target}", "POST /policies/{target}/versions/{version}/restore"]),
    ),
    ("/policies/edit/{target}/review", By(&["POST /policies/{target}/review"])),
    ("/reset", Not(COMING_IN)),
    ("/set-up", Not(COMING_IN)),
    ("/set-up/account", Not(COMING_IN)),
    ("/settings", By(&["PUT /company"])),
    ("/settings/administrators", By(&["POST /administrators"])),
    ("/settings/administrators/{user}/link", By(&["POST /administrators/{user}/link"])),
    (
        "/settings/administrators/{user}/role",
        By(&["PUT /administrators/{user}", "DELETE /administrators/{user}"]),
    ),
    ("/settings/record", By(&["PUT /retention"])),
    ("/settings/tokens", Never(RIGHTS)),
    ("/settings/tokens/{token}/restore", Never(RIGHTS)),
    ("/settings/tokens/{token}/revoke", By(&["DELETE /tokens/{token}"])),
    ("/sign-in", Not(COMING_IN)),
    ("/sign-in/cancel", Not(COMING_IN)),
    ("/sign-in/confirm", Not(COMING_IN)),
    ("/sign-in/confirm/passkey", Not(COMING_IN)),
    ("/sign-in/passkey", Not(COMING_IN)),
    ("/sign-out", Not(COMING_IN)),
    ("/sign-up", Not(COMING_IN)),
    ("/users/bulk", By(&["POST /users/bulk"])),
    ("/users/import", By(&["POST /imports"])),
    ("/users/import/{import}/run", By(&["POST /imports/{import}/start"])),
    ("/users/import/{import}/undo", By(&["POST /imports/{import}/undo"])),
    ("/users/new", By(&["POST /users"])),
    (
        "/users/{user}/aliases",
        By(&["POST /users/{user}/aliases", "DELETE /users/{user}/aliases/{alias}"]),
    ),
    (
        "/users/{user}/bypass",
        By(&[
            "POST /users/{user}/bypass",
            "POST /users/{user}/bypass/wishes",
            "POST /bypass/wishes/{wish}/use",
        ]),
    ),
    ("/users/{user}/app/remove", By(&["DELETE /users/{user}/authenticator-app"])),
    ("/users/{user}/bypass/end", By(&["DELETE /users/{user}/bypass"])),
    ("/users/{user}/caller", By(&["POST /users/{user}/caller-check"])),
    ("/users/{user}/caller/answer", By(&["POST /users/{user}/caller-check/answer"])),
    ("/users/{user}/disable", By(&["POST /users/{user}/disable"])),
    ("/users/{user}/edit", By(&["PATCH /users/{user}"])),
    ("/users/{user}/enable", By(&["POST /users/{user}/enable"])),
    (
        "/users/{user}/invite",
        By(&["POST /users/{user}/invitations/link", "POST /users/{user}/invitations/mail"]),
    ),
    ("/users/{user}/passkeys/{passkey}/remove", By(&["DELETE /users/{user}/passkeys/{passkey}"])),
    ("/users/{user}/phones/{phone}/remove", By(&["DELETE /users/{user}/phones/{phone}"])),
    (
        "/users/{user}/portal",
        By(&["POST /users/{user}/portal-links/link", "POST /users/{user}/portal-links/mail"]),
    ),
    ("/users/{user}/recovery", By(&["POST /users/{user}/recovery-codes"])),
    ("/users/{user}/remove", By(&["DELETE /users/{user}"])),
    ("/users/{user}/restore", By(&["POST /users/{user}/restore"])),
    ("/users/{user}/unlock", By(&["POST /users/{user}/unlock"])),
];

fn named(route: &Route) -> String {
    format!("{} {}", route.method, route.path.trim_start_matches("/admin/v1"))
}

/// A new form of the portal needs its line above, and that a route that is there, with the scope
/// that is the form's.
#[test]
fn every_form_of_the_portal_has_its_route() {
    let scripts = admin::routes();
    let forms: Vec<_> = routes().into_iter().filter(|route| route.method == Method::POST).collect();
    for form in &forms {
        let found = FORMS.iter().find(|(path, _)| *path == form.path);
        let (_, way) = found.unwrap_or_else(|| panic!("{form:?}: which route does the same?"));
        let needed = match form.access {
            Access::May(permission) | Access::StepUp(permission) => Some(permission),
            Access::Public | Access::Half | Access::Own | Access::OwnStepUp => None,
        };
        match way {
            Never(reason) => assert!(!reason.is_empty()),
            Not(reason) => assert!(needed.is_none(), "{form:?} is an administrator's: {reason}"),
            By(ways) => {
                for way in *ways {
                    let route = scripts.iter().find(|route| named(route) == *way);
                    let route = route.unwrap_or_else(|| panic!("{form:?}: there is no {way}"));
                    let needed = needed.unwrap_or_else(|| panic!("{form:?} is for everybody"));
                    assert!(route.needs.contains(&needed), "{form:?} needs more than {route:?}");
                }
            }
        }
    }
    for (path, _) in FORMS {
        assert!(forms.iter().any(|form| form.path == *path), "the portal has no form {path}");
    }
}

const COMING_IN: &str = "it is how a person comes in, and goes; a script shows its token";
const OWN: &str = "it is a person's own account, and a token is never its owner";
const PERSON: &str = "the second pair of eyes is a person's: one who holds two tokens is no two";
const RIGHTS: &str = "a token makes no tokens and brings none back: they would outlive it";
const STEP_UP: &str = "it is a person's fresh second factor; a token has none, only its scopes";
