//! A portal in this process, and browsers that ask it.

use authx::{
    admin::{
        Actor, administrators, passwords,
        sessions::{self, From},
        sign_up, tenants,
    },
    app::App,
    clock::ManualClock,
    config::SignUp,
    enrol,
    portal::{self, Portal},
    store::{Store, testing},
};
use authx_core::{TenantId, UserId, name::Name, otp::Totp, role::Role};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use futures_util::stream;
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::Arc,
};
use tokio::sync::oneshot;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

/// An installation with one company, whose pages are asked for.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) by: Actor,
    pub(crate) tenant: TenantId,
    router: Router,
}

/// A browser: its cookies, and the token of the last page.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    /// The authenticator app of whoever sits there.
    pub(crate) totp: Option<Totp>,
    pub(crate) cookies: BTreeMap<String, String>,
    token: String,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// Runs a test in an installation on each engine.
pub(crate) async fn on_each_engine(test: impl AsyncFn(&World)) {
    testing::on_each_engine(async |database| {
        let world = Box::pin(World::on(database.store().await)).await;
        test(&world).await;
    })
    .await;
}

impl World {
    pub(crate) async fn on(store: Store) -> Self {
        Self::with(store, |_| {}).await
    }

    /// An installation with some other part.
    pub(crate) async fn with(store: Store, change: impl FnOnce(&mut App)) -> Self {
        let (mut app, clock) = authx::app::testing::app(store);
        app.portal.sign_up = SignUp::Invited;
        change(&mut app);
        let app = Arc::new(app);
        let by = Actor::new("root");
        let tenant = tenants::create(&app, &by, &name("Example")).await.unwrap().id;
        let router = portal::router(&Portal::new(app.clone()));
        Self { app, clock, by, tenant, router }
    }

    /// Another node of it, on connections of its own.
    pub(crate) fn beside(&self, store: Store) -> Self {
        let app = Arc::new(authx::app::testing::beside(&self.app, store));
        let router = portal::router(&Portal::new(app.clone()));
        let (clock, by, tenant) = (self.clock.clone(), self.by.clone(), self.tenant);
        Self { app, clock, by, tenant, router }
    }

    /// An account of a company, with a role or none.
    pub(crate) async fn account(
        &self,
        tenant: TenantId,
        called: &str,
        role: Option<Role>,
    ) -> UserId {
        let (app, by) = (&self.app, &self.by);
        let new = authx::admin::accounts::NewAccount {
            name: &name(called),
            aliases: &[],
            password: None,
        };
        let id = authx::admin::accounts::create(app, by, tenant, new).await.unwrap();
        if role.is_some() {
            administrators::set_role(app, by, tenant, id, role, administrators::Factors::Kept)
                .await
                .unwrap();
        }
        id
    }

    pub(crate) async fn password(&self, tenant: TenantId, user: UserId, typed: &str) {
        let typed = Zeroizing::new(typed.to_owned());
        passwords::set(&self.app, &self.by, tenant, user, typed).await.unwrap();
    }

    /// A browser in which somebody of the company has just signed in, with a fresh second factor.
    pub(crate) async fn signed_in(&self, called: &str, role: Option<Role>) -> Browser {
        let account = self.account(self.tenant, called, role).await;
        self.browser_of(self.tenant, account).await
    }

    pub(crate) async fn browser_of(&self, tenant: TenantId, account: UserId) -> Browser {
        let from = From { address: Some("192.0.2.9".to_owned()), browser: "Test".to_owned() };
        let (cookie, batch) = sessions::proved(&self.app, tenant, account, &from, "test").unwrap();
        self.app.store.commit(batch).await.unwrap();
        let mut browser = Browser::default();
        browser.cookies.insert(SESSION.to_owned(), cookie.text().to_string());
        // Any page gives the browser its own cookie and the token of its forms.
        browser.get(self, "/set-up").await;
        browser
    }

    /// An authenticator app of somebody, whose codes count.
    pub(crate) async fn authenticator(&self, user: UserId) -> Totp {
        let (app, by, tenant) = (&self.app, &self.by, self.tenant);
        let offered = enrol::code::offer(app, by, tenant, user, None).await.unwrap();
        let totp = Totp::from_uri(&offered.uri).unwrap();
        let code = totp.code(app.now().unwrap().secs() / 30);
        enrol::code::confirm(app, by, tenant, user, &code).await.unwrap();
        self.clock.advance_secs(60);
        totp
    }

    /// A link to make a company with.
    pub(crate) async fn company_link(&self) -> String {
        sign_up::invite_company(&self.app).await.unwrap().token.to_string()
    }
}

impl Browser {
    pub(crate) async fn get(&mut self, world: &World, path: &str) -> Page {
        self.ask(world, self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// Follows a link that stands on a page of some site.
    pub(crate) async fn follow(&mut self, world: &World, path: &str, site: &str) -> Page {
        let request = self.request(Method::GET, path).header("sec-fetch-site", site);
        self.ask(world, request.body(Body::empty()).unwrap()).await
    }

    /// Asks for a page as a script does that renews a part of it.
    pub(crate) async fn poll(&mut self, world: &World, path: &str, part: &str) -> Page {
        let request = self.request(Method::GET, path);
        let request = request.header("hx-request", "true").header("hx-trigger", part);
        self.ask(world, request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form of the last page.
    pub(crate) async fn post(
        &mut self,
        world: &World,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Page {
        let token = self.token.clone();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("_csrf", &token);
        form.extend_pairs(fields);
        self.send(world, path, "same-origin", form.finish()).await
    }

    /// Sends a form as it is, from some site.
    pub(crate) async fn send(
        &mut self,
        world: &World,
        path: &str,
        site: &str,
        body: String,
    ) -> Page {
        let request = self
            .request(Method::POST, path)
            .header("sec-fetch-site", site)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.ask(world, request).await
    }

    /// Sends a form that comes slowly: something happens after who sends it was let in, and before
    /// it is there.
    pub(crate) async fn slowly(
        &mut self,
        world: &World,
        path: &str,
        fields: &[(&str, &str)],
        meanwhile: impl AsyncFnOnce(),
    ) -> Page {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("_csrf", &self.token);
        form.extend_pairs(fields);
        let form = form.finish();
        let (begun, begins) = oneshot::channel();
        let (go, goes) = oneshot::channel::<()>();
        let body = stream::once(async move {
            let _ = begun.send(());
            let _ = goes.await;
            Ok::<_, Infallible>(form)
        });
        let request = self
            .request(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from_stream(body))
            .unwrap();
        let happens = async {
            let _ = begins.await;
            meanwhile().await;
            let _ = go.send(());
        };
        tokio::join!(self.ask(world, request), happens).0
    }

    /// Sends a form that carries a file.
    pub(crate) async fn upload(
        &mut self,
        world: &World,
        path: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> Page {
        let request = self
            .request(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        self.ask(world, request).await
    }

    /// Sends a form twice at the same moment.
    pub(crate) async fn twice(
        &self,
        world: &World,
        path: &str,
        fields: &[(String, String)],
    ) -> (Page, Page) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("_csrf", &self.token);
        form.extend_pairs(fields.iter().filter(|(name, _)| name != "_csrf"));
        let body = form.finish();
        let (mut one, mut other) = (self.clone(), self.clone());
        tokio::join!(
            one.send(world, path, "same-origin", body.clone()),
            other.send(world, path, "same-origin", body)
        )
    }

    /// Its session is over; the browser is the same.
    pub(crate) fn forget_session(&mut self) {
        self.cookies.remove(SESSION);
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        let request = Request::builder().method(method).uri(path);
        request
            .header(header::USER_AGENT, "Mozilla/5.0 Firefox/150.0")
            .header(header::COOKIE, cookies)
    }

    async fn ask(&mut self, world: &World, request: Request<Body>) -> Page {
        let response = world.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("Path=/; Secure; HttpOnly; SameSite=Lax"), "{line}");
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = to_bytes(body, 10_000_000).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(token) = between(&text, "name=\"_csrf\" value=\"", "\"") {
            token.clone_into(&mut self.token);
        }
        let page = Page { status: parts.status, headers: parts.headers, text };
        page.has_each_id_once();
        page
    }
}

impl Page {
    /// Where it sends the browser.
    pub(crate) fn to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// Says that the page was shown, and gives its text.
    pub(crate) fn shown(&self) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        &self.text
    }

    /// Says that a form was not taken, and gives the page's text.
    pub(crate) fn refused(&self) -> &str {
        assert_eq!(self.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", self.text);
        &self.text
    }

    /// Says that labels, links and scripts find what they name, and not something else of that name.
    fn has_each_id_once(&self) {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.is_none_or(|kind| !kind.starts_with("text/html")) {
            return;
        }
        let mut known = BTreeSet::new();
        for rest in self.text.split(" id=\"").skip(1) {
            let id = rest.split('"').next().unwrap_or_default();
            assert!(known.insert(id), "the id {id} is there twice: {}", self.text);
        }
    }

    /// What the page is about; all of it where it is no page.
    pub(crate) fn main(&self) -> &str {
        between(&self.text, "<main", "</main>").unwrap_or(&self.text)
    }

    /// What stands between two texts of the page.
    pub(crate) fn between(&self, before: &str, after: &str) -> &str {
        between(&self.text, before, after).unwrap_or_else(|| panic!("{before}: {}", self.text))
    }
}

pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) const SESSION: &str = "__Host-authx-session";
pub(crate) const PASSWORD: &str = "nine purple owls sing";
