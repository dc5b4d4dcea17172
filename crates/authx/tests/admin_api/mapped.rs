//! What the portal does, a script can do: every form of the portal has its routes here, or a reason
//! why it has none.

use authx::{
    api::admin::{self, Route},
    portal::{Access, routes},
};
use authx_core::role::Role;
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

/// What a script asks instead of opening a page that is about others. Pages that only hold a form,
/// or ask before one is sent, are those of [`FORMS`].
const PAGES: &[(&str, Way)] = &[
    ("/applications", By(&["GET /applications"])),
    (
        "/applications/{id}",
        By(&["GET /applications/{application}", "GET /applications/{application}/contacts"]),
    ),
    ("/applications/{id}/install", By(&["GET /applications/{application}/package"])),
    ("/applications/{id}/keys", By(&["GET /applications/{application}/keys"])),
    ("/applications/{id}/package", By(&["GET /applications/{application}/package"])),
    ("/applications/{id}/policy", By(&["GET /policies/in-force"])),
    ("/applications/{id}/settings", By(&["GET /applications/{application}"])),
    ("/approvals", By(&["GET /bypass/wishes"])),
    ("/dashboard", By(&["GET /dashboard", "GET /notices"])),
    ("/deliveries", By(&["GET /deliveries/phones"])),
    ("/deliveries/export", By(&["GET /deliveries/phones/export"])),
    ("/deliveries/mail", By(&["GET /deliveries/mail"])),
    ("/deliveries/mail/export", By(&["GET /deliveries/mail/export"])),
    ("/groups", By(&["GET /groups"])),
    ("/groups/{group}", By(&["GET /groups/{group}", "GET /groups/{group}/members"])),
    ("/logins", By(&["GET /logins"])),
    ("/logins/export", By(&["GET /logins/export"])),
    ("/logins/{id}", By(&["GET /logins/{login}"])),
    ("/policies", By(&["GET /policies/in-force"])),
    ("/policies/edit/{target}", By(&["GET /policies/{target}"])),
    ("/policies/history/{target}", By(&["GET /policies/{target}/versions"])),
    ("/policies/what-if", By(&["GET /policies/what-if"])),
    ("/record", By(&["GET /record", "GET /record/kinds"])),
    ("/record/export", By(&["GET /record/export"])),
    ("/settings", By(&["GET /company"])),
    ("/settings/administrators", By(&["GET /administrators"])),
    ("/settings/record", By(&["GET /retention"])),
    ("/settings/tokens", By(&["GET /tokens"])),
    ("/users", By(&["GET /users"])),
    ("/users/export.csv", By(&["GET /users/export"])),
    ("/users/import", By(&["GET /imports"])),
    ("/users/import/{import}", By(&["GET /imports/{import}"])),
    ("/users/import/{import}/errors.csv", By(&["GET /imports/{import}/errors"])),
    (
        "/users/{user}",
        By(&[
            "GET /users/{user}",
            "GET /users/{user}/passkeys",
            "GET /users/{user}/phones",
            "GET /users/by-name/{name}",
        ]),
    ),
    ("/users/{user}/bypass", By(&["GET /users/{user}/bypass"])),
    ("/users/{user}/log", By(&["GET /users/{user}/log"])),
    ("/applications/protect", Not(FORM)),
    ("/applications/{id}/delete", Not(FORM)),
    ("/groups/new", Not(FORM)),
    ("/users/new", Not(FORM)),
    ("/users/{user}/app/remove", Not(FORM)),
    ("/users/{user}/edit", Not(FORM)),
    ("/users/{user}/passkeys/{passkey}/remove", Not(FORM)),
    ("/users/{user}/phones/{phone}/remove", Not(FORM)),
];

/// What turns a list of the portal round in its address, and what does it for a script.
const TURNED: &[&str] = &[
    "GET /applications",
    "GET /deliveries/mail",
    "GET /deliveries/phones",
    "GET /groups",
    "GET /groups/{group}/members",
    "GET /imports",
    "GET /logins",
    "GET /record",
    "GET /users",
    "GET /users/{user}/log",
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

/// The same of the pages: a new one needs its line above. Whoever may open it may ask.
#[test]
fn every_page_of_the_portal_has_its_route() {
    let scripts = admin::routes();
    let pages: Vec<_> = routes().into_iter().filter(|route| route.method == Method::GET).collect();
    for page in &pages {
        let (Access::May(needed) | Access::StepUp(needed)) = page.access else { continue };
        let found = PAGES.iter().find(|(path, _)| *path == page.path);
        let (_, way) = found.unwrap_or_else(|| panic!("{page:?}: which route tells the same?"));
        let By(ways) = way else { continue };
        for way in *ways {
            let route = scripts.iter().find(|route| named(route) == *way);
            let route = route.unwrap_or_else(|| panic!("{page:?}: there is no {way}"));
            for role in Role::ALL.iter().filter(|role| role.may(needed)) {
                let may = route.needs.iter().all(|&scope| role.may(scope));
                assert!(may, "{role:?} opens {page:?} and may not ask {route:?}");
            }
        }
    }
    for (path, _) in PAGES {
        assert!(pages.iter().any(|page| page.path == *path), "the portal has no page {path}");
    }
    let told: Vec<&str> = PAGES
        .iter()
        .filter_map(|(_, way)| if let By(ways) = way { Some(*ways) } else { None })
        .flatten()
        .copied()
        .collect();
    for way in TURNED {
        assert!(told.contains(way), "{way} is no page's");
        let route = scripts.iter().find(|route| named(route) == *way).unwrap();
        let parameters = serde_json::to_value(&route.operation.parameters).unwrap();
        let sorts = parameters.as_array().unwrap().iter().any(|one| one["name"] == "sort");
        assert!(sorts, "{way} is read in one order");
    }
}

const COMING_IN: &str = "it is how a person comes in, and goes; a script shows its token";
const FORM: &str = "it holds a form, or asks before one is sent";
const OWN: &str = "it is a person's own account, and a token is never its owner";
const PERSON: &str = "the second pair of eyes is a person's: one who holds two tokens is no two";
const RIGHTS: &str = "a token makes no tokens and brings none back: they would outlive it";
const STEP_UP: &str = "it is a person's fresh second factor; a token has none, only its scopes";
