//! Every form that the portal shows: found on its pages, as whoever they are for.

use crate::{
    company::{Company, authenticator},
    html::{Field, HtmlForm, Kind, forms},
    world::{Browser, PASSWORD, Page, World},
};
use authx::{
    admin::{bypass, sign_up},
    portal::{Access, Route, routes},
    store::Batch,
};
use authx_core::{UserId, role::Role};
use axum::http::{Method, StatusCode};
use std::sync::atomic::{AtomicU32, Ordering};

/// A form on a page, of a browser that stands before it.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) route: Route,
    pub(crate) form: HtmlForm,
    pub(crate) browser: Browser,
    pub(crate) source: Source,
}

/// How a page is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// By its address.
    Get(String),
    /// By a link that makes a company.
    CompanyLink,
    /// By a link that gives somebody an account.
    AccountLink,
    /// By a password that was right.
    HalfSignedIn,
    /// By a link that was used.
    HalfSetUp,
    /// By a deed for which the second factor is too old.
    Unasked,
    /// The same, when a code was asked for.
    Asked,
    /// By a draft of the global policy.
    Draft,
    /// On none: a button that a sentence brings with it, or one behind a passkey.
    Nowhere,
}

impl Found {
    /// The same form in another company, before whoever it is for, who has just come to it.
    pub(crate) async fn fresh(&self, world: &World, from: &Company, to: &Company) -> Self {
        let moved = |text: &str| {
            let text = if text == from.called { &to.called } else { text };
            from.ids().fold(text.to_owned(), |text, (thing, id)| text.replace(id, to.id(thing)))
        };
        let mut found = self.clone();
        match &mut found.source {
            Source::Get(path) => *path = moved(path),
            Source::Draft | Source::Nowhere => {}
            Source::AccountLink
            | Source::Asked
            | Source::CompanyLink
            | Source::HalfSetUp
            | Source::HalfSignedIn
            | Source::Unasked => {
                let page = open(world, to, &mut found.browser, &found.source).await;
                let forms = forms(page.shown());
                let same = |form: &&HtmlForm| {
                    form.action == found.form.action && names(form) == names(&found.form)
                };
                found.form = forms.iter().find(same).unwrap().clone();
                return found;
            }
        }
        found.form.action = moved(&found.form.action);
        for field in &mut found.form.fields {
            field.value = field.value.as_deref().map(moved);
        }
        found.browser = if self.route.access == Access::Public {
            stranger(world).await
        } else {
            to.browser(world).await
        };
        found
    }

    /// What somebody would send.
    pub(crate) async fn values(&self, world: &World, company: &Company) -> Vec<(String, String)> {
        values(world, company, &self.browser, &self.form).await
    }
}

/// The route that a form's address leads to.
pub(crate) fn route_of(method: &Method, address: &str) -> Option<Route> {
    let path = address.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |route: &Route| {
        let own: Vec<&str> = route.path.split('/').collect();
        let same = |(own, part): (&&str, &&str)| own == part || own.starts_with('{');
        own.len() == parts.len() && own.iter().zip(&parts).all(same)
    };
    let mut found: Vec<Route> = routes();
    found.retain(|route| route.method == *method && fits(route));
    found.sort_by_key(|route| route.path.matches('{').count());
    found.into_iter().next()
}

/// Every form of a company's pages, each once; every route that takes one has at least one.
pub(crate) async fn all(world: &World, company: &Company) -> Vec<Found> {
    let mut found: Vec<Found> = vec![];
    for (browser, source) in sources(world, company).await {
        let mut browser = browser;
        let page = open(world, company, &mut browser, &source).await;
        assert_eq!(page.status, StatusCode::OK, "{source:?}: {}", page.text);
        for form in forms(&page.text) {
            let route = route_of(&Method::POST, &form.action);
            let route = route.unwrap_or_else(|| panic!("{source:?} leads to {}", form.action));
            let is_it = |known: &Found| {
                known.route.path == route.path && names(&known.form) == names(&form)
            };
            if !found.iter().any(is_it) {
                let (browser, source) = (browser.clone(), source.clone());
                found.push(Found { route, form, browser, source });
            }
        }
    }
    let owner = company.browser(world).await;
    let mut missing = vec![];
    for route in routes() {
        let known = found.iter().any(|known| known.route.path == route.path);
        if route.method == Method::GET || known {
            continue;
        }
        let Some(fields) = nowhere(route.path) else {
            missing.push(route.path);
            continue;
        };
        let field = |name: &&str| Field {
            name: (*name).to_owned(),
            kind: Kind::Hidden,
            value: Some(String::new()),
            choices: vec![],
        };
        let action = company.path(&route);
        let fields = fields.iter().map(field).collect();
        let form = HtmlForm { action, carries_files: false, is_sent: true, fields };
        let browser = owner.clone();
        found.push(Found { route, form, browser, source: Source::Nowhere });
    }
    assert!(missing.is_empty(), "no page has a form for {missing:?}");
    found
}

/// Routes whose form stands on no page that a test of pages reaches, with the form's fields.
fn nowhere(path: &str) -> Option<&'static [&'static str]> {
    Some(match path {
        // The button of a sentence; where somebody is locked, disabled or was let in; when what was
        // held back can be done.
        "/groups/{group}/put-back"
        | "/groups/{group}/members/{user}/add"
        | "/users/{user}/unlock"
        | "/users/{user}/bypass/end"
        | "/users/{user}/enable"
        | "/confirm/done"
        | "/me/app/remove" => &[],
        "/me/app/confirm" => &["code"],
        // Where mail can be sent.
        "/forgot" => &["company", "name"],
        _ => return None,
    })
}

fn names(form: &HtmlForm) -> Vec<&str> {
    form.fields.iter().map(|field| field.name.as_str()).collect()
}

/// Every page, and whose.
async fn sources(world: &World, company: &Company) -> Vec<(Browser, Source)> {
    let mut sources = vec![];
    let stranger = stranger(world).await;
    for path in ["/sign-in", "/sign-up", "/set-up", "/forgot", "/reset"] {
        sources.push((stranger.clone(), Source::Get(path.to_owned())));
    }
    for source in [
        Source::CompanyLink,
        Source::AccountLink,
        Source::HalfSignedIn,
        Source::HalfSetUp,
        Source::Unasked,
        Source::Asked,
    ] {
        sources.push((stranger.clone(), source));
    }
    let owner = company.browser(world).await;
    let mut paths: Vec<String> = vec![];
    for route in routes() {
        let elsewhere = ["/sign", "/set-up", "/forgot", "/reset", "/enrol", "/confirm"];
        let files = [".csv", "/export", "/package"];
        let file = files.iter().any(|end| route.path.ends_with(end)) || route.path == "/";
        if route.method == Method::GET
            && !file
            && !elsewhere.iter().any(|start| route.path.starts_with(start))
        {
            paths.push(company.path(&route));
        }
    }
    paths.push("/policies/history/global".to_owned());
    for (path, thing) in [
        ("/users/", "removed user"),
        ("/users/import/", "done import"),
        ("/groups/", "group"),
        ("/policies/edit/", "group"),
    ] {
        paths.push(format!("{path}{}", company.id(thing)));
    }
    paths.push(format!("/users/{}/bypass", company.id("member")));
    sources.extend(paths.into_iter().map(|path| (owner.clone(), Source::Get(path))));
    sources.push((owner, Source::Draft));
    sources
}

/// The page as it is now.
pub(crate) async fn open(
    world: &World,
    company: &Company,
    browser: &mut Browser,
    source: &Source,
) -> Page {
    match source {
        Source::Get(path) => browser.get(world, path).await,
        Source::CompanyLink => {
            let link = world.company_link().await;
            browser.post(world, "/set-up", &[("link", &link)]).await
        }
        Source::AccountLink => {
            let link = account_link(world, company).await;
            browser.post(world, "/set-up", &[("link", &link)]).await
        }
        Source::HalfSignedIn => {
            *browser = half_signed_in(world, company).await;
            browser.get(world, "/sign-in/confirm").await
        }
        Source::HalfSetUp => {
            *browser = half_set_up(world, company).await;
            browser.get(world, "/enrol").await
        }
        Source::Unasked | Source::Asked => {
            *browser = grown_old(world, company, *source == Source::Asked).await;
            browser.get(world, "/confirm").await
        }
        Source::Draft => {
            let path = "/policies/edit/global";
            let page = browser.get(world, path).await;
            let action = format!("{path}/review");
            let found = forms(page.shown());
            let form = found.iter().find(|form| form.action == action).unwrap();
            let mut fields = values(world, company, browser, form).await;
            let messages = fields.iter_mut().find(|(name, _)| name == "messages.help").unwrap();
            messages.1 = format!("Call {}", next());
            browser.post(world, &action, &borrowed(&fields)).await
        }
        Source::Nowhere => browser.get(world, "/set-up").await,
    }
}

async fn account_link(world: &World, company: &Company) -> String {
    let called = format!("new{}", next());
    let (app, by, tenant) = (&world.app, &world.by, company.tenant);
    let id = world.account(tenant, &called, Some(Role::HelpDesk)).await;
    sign_up::invite_account(app, by, tenant, id).await.unwrap().token.to_string()
}

/// A browser in which somebody's password was right.
async fn half_signed_in(world: &World, company: &Company) -> Browser {
    let called = format!("half{}", next());
    let id = world.account(company.tenant, &called, None).await;
    world.password(company.tenant, id, PASSWORD).await;
    let totp = authenticator(world, company.tenant, id).await;
    company.passkey(world, id).await;
    let mut browser = stranger(world).await;
    browser.totp = Some(totp);
    let fields = [("company", &*company.called), ("name", &called), ("password", PASSWORD)];
    let page = browser.post(world, "/sign-in", &fields).await;
    assert_eq!(page.to(), "/sign-in/confirm");
    browser
}

/// A browser in which somebody has to enrol.
async fn half_set_up(world: &World, company: &Company) -> Browser {
    let link = account_link(world, company).await;
    let mut browser = stranger(world).await;
    let fields = [("set_up_token", &*link), ("password", PASSWORD)];
    assert_eq!(browser.post(world, "/set-up/account", &fields).await.to(), "/enrol");
    browser
}

/// A browser whose second factor grew old.
async fn grown_old(world: &World, company: &Company, asked: bool) -> Browser {
    let called = format!("old{}", next());
    let id = world.account(company.tenant, &called, Some(Role::Administrator)).await;
    let totp = authenticator(world, company.tenant, id).await;
    company.passkey(world, id).await;
    let mut browser = world.browser_of(company.tenant, id).await;
    browser.totp = Some(totp);
    ages(world, id).await;
    if asked {
        browser.get(world, "/confirm").await;
        assert_eq!(browser.post(world, "/confirm/begin", &[]).await.to(), "/confirm");
    }
    browser
}

async fn stranger(world: &World) -> Browser {
    let mut browser = Browser::default();
    browser.get(world, "/set-up").await;
    browser
}

/// Makes the second factor of all of somebody's sessions old.
async fn ages(world: &World, account: UserId) {
    let older = "UPDATE portal_session SET proved = proved - 400000 WHERE account = $1";
    world.app.store.commit(Batch::default().run(older, [account.into()])).await.unwrap();
}

/// What somebody would type into a form that is right, behind what stands there already.
async fn values(
    world: &World,
    company: &Company,
    browser: &Browser,
    form: &HtmlForm,
) -> Vec<(String, String)> {
    let mut values = vec![];
    for field in &form.fields {
        let stands = field.value.clone().filter(|value| !value.is_empty());
        let value = match stands {
            Some(value) => Some(value),
            None => good(world, company, browser, form, field).await.or(field.value.clone()),
        };
        values.extend(value.map(|value| (field.name.clone(), value)));
    }
    values
}

async fn good(
    world: &World,
    company: &Company,
    browser: &Browser,
    form: &HtmlForm,
    field: &Field,
) -> Option<String> {
    let number = next();
    let at = form.action.as_str();
    Some(match field.name.as_str() {
        "by" => "link".to_owned(),
        "code" => {
            let step = world.app.now().unwrap().secs() / 30;
            browser.totp.as_ref().map(|totp| totp.code(step)).unwrap_or_default()
        }
        "company" if at == "/sign-in" || at == "/forgot" => company.called.clone(),
        "company" => format!("Company {number}"),
        "deed" => "disable".to_owned(),
        "digits" => {
            let user: UserId = company.id("user").parse().unwrap();
            let shown = bypass::shown_to(&world.app, company.tenant, user).await.unwrap();
            shown.map(|shown| shown.caller_reads).unwrap_or_default()
        }
        "display" => format!("Anna {number}"),
        "leave" => "ask".to_owned(),
        "link" if at == "/set-up" => world.company_link().await,
        "alias" | "key_name" | "package_key" => format!("good-{number}"),
        "mail" => format!("good-{number}@example.com"),
        "name" if at == "/sign-in" || at == "/forgot" => "olga".to_owned(),
        "name" => format!("Good {number}"),
        "names" => "anna".to_owned(),
        "password" => PASSWORD.to_owned(),
        "reason" => "phone lost".to_owned(),
        "remove" => "1".to_owned(),
        "scope" => "users.read".to_owned(),
        "typed" => "Berlin VPN".to_owned(),
        "user" if at == "/users/bulk" => company.id("user").to_owned(),
        _ => return None,
    })
}

pub(crate) fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Numbers that no two names share.
fn next() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
