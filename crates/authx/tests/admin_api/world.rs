//! The API for scripts in this process, and scripts that ask it.

use authx::{
    admin::{
        Actor, accounts, administrators, tenants,
        tokens::{self, NewToken, Wish},
    },
    api::admin::{AdminApi, Route, router},
    app::App,
    clock::ManualClock,
    store::{Batch, Store, accounts as stored, testing},
};
use authx_core::{
    TenantId, UserId,
    name::Name,
    role::{Permission, Role},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt as _;
use utoipa::openapi::RefOr;

/// An installation with one company.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) by: Actor,
    pub(crate) tenant: TenantId,
    router: Router,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
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
    async fn on(store: Store) -> Self {
        let (app, clock) = authx::app::testing::app(store);
        let app = Arc::new(app);
        let by = Actor::new("root");
        let tenant = tenants::create(&app, &by, &name("Example")).await.unwrap().id;
        let router = router(&AdminApi::new(app.clone(), MOST_BODY_BYTES));
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
        let new = accounts::NewAccount { name: &name(called), aliases: &[], password: None };
        let id = accounts::create(app, by, tenant, new).await.unwrap();
        if role.is_some() {
            administrators::set_role(app, by, tenant, id, role, administrators::Factors::Kept)
                .await
                .unwrap();
        }
        id
    }

    /// A token of an account with these scopes, whatever its role is by now.
    pub(crate) async fn token(
        &self,
        tenant: TenantId,
        account: UserId,
        scopes: &[Permission],
    ) -> NewToken {
        let store = &self.app.store;
        let role = stored::account(store, tenant, account).await.unwrap().unwrap().role;
        let stands = async |role| {
            store.commit(Batch::default().set_role(tenant, account, role)).await.unwrap();
        };
        let owner = Actor::account(account, Some(Role::Owner), "olga");
        stands(owner.role()).await;
        let mut random = [0; 8];
        self.app.random.fill(&mut random);
        let name = name(&format!("script {random:?}"));
        let wish = Wish { name: &name, scopes, lifetime_secs: tokens::USUAL_SECS };
        let made = tokens::create(&self.app, &owner, tenant, wish).await.unwrap();
        stands(role).await;
        made
    }

    /// A token of a new owner of the company that may everything.
    pub(crate) async fn owner(&self) -> String {
        let account = self.account(self.tenant, "olga", Some(Role::Owner)).await;
        self.token(self.tenant, account, Permission::ALL).await.text.to_string()
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Reply {
        self.send(request(&Method::GET, path, token).body(Body::empty()).unwrap()).await
    }

    /// Sends JSON.
    pub(crate) async fn call(
        &self,
        token: &str,
        method: &Method,
        path: &str,
        body: &Value,
    ) -> Reply {
        let request = request(method, path, token).header(header::CONTENT_TYPE, JSON);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        self.call(token, &Method::POST, path, body).await
    }

    pub(crate) async fn delete(&self, token: &str, path: &str) -> Reply {
        self.send(request(&Method::DELETE, path, token).body(Body::empty()).unwrap()).await
    }

    /// Asks as the document says that one asks, with its example where there is a body.
    pub(crate) async fn ask(&self, token: &str, route: &Route, path: &str) -> Reply {
        let begun = request(&route.method, path, token);
        let request = match example(route) {
            None => begun.body(Body::empty()),
            Some((kind, body)) => begun.header(header::CONTENT_TYPE, kind).body(Body::from(body)),
        };
        self.send(request.unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for name in parts.headers.keys() {
            assert!(!name.as_str().starts_with("access-control"), "{name}");
            assert_ne!(name, header::SET_COOKIE);
        }
        let bytes = to_bytes(body, 10_000_000).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }
}

/// A request that shows a token.
pub(crate) fn request(method: &Method, path: &str, token: &str) -> axum::http::request::Builder {
    let bearer = format!("Bearer {token}");
    Request::builder().method(method).uri(path).header(header::AUTHORIZATION, bearer)
}

/// The body that the document gives as an example. Every route with a body has one.
fn example(route: &Route) -> Option<(String, String)> {
    let RefOr::T(body) = route.operation.request_body.clone()? else { panic!("{route:?}") };
    let (kind, content) = body.content.into_iter().next().unwrap();
    let RefOr::T(content) = content else { panic!("{route:?}") };
    let example = content.example.unwrap_or_else(|| panic!("{route:?} needs an example"));
    let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
    Some((kind, text))
}

impl Reply {
    /// Says that it went well, and gives what came.
    pub(crate) fn good(&self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        if self.bytes.is_empty() { Value::Null } else { self.json() }
    }

    /// Says that it was refused, and gives the problem.
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["code"], code, "{problem}");
        problem
    }

    /// The stable word of a problem; empty for what is none.
    pub(crate) fn code(&self) -> String {
        let json: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
        json["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const MOST_BODY_BYTES: usize = 65_536;
