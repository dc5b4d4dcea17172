//! An installation with one tenant, one application and alice, seen through the phones' API.

use authx::{
    admin::{
        Actor,
        accounts::{self, NewAccount},
        applications::{self, ApplicationKind},
        policies::{self, Target},
        record::{Entry, Filter, newest},
        tenants,
    },
    api::phone::{PhoneApi, router},
    app::App,
    clock::ManualClock,
    enrol::phones::{self, Invited, Separate},
    random::Random,
    senders::web_push::{Settings, VapidKey, WebPush, known},
    serve::{ClientAddress, stopping},
    store::{Store, testing},
};
use authx_core::{ApplicationId, Millis, TenantId, UserId, name::Name, policy::Document};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

pub(crate) const PASSWORD: &str = "nine purple owls";
pub(crate) const AUTHORITY: &str = "phone.mfa.example.com";
pub(crate) const CLIENT: &str = "authx-web-phone/0.1.0";

pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) by: Actor,
    pub(crate) tenant: TenantId,
    pub(crate) application: ApplicationId,
    pub(crate) alice: UserId,
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) retry_after: Option<String>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of a problem, or the status.
    pub(crate) fn outcome(&self) -> String {
        if self.status < 300 {
            return self.status.to_string();
        }
        self.json()["code"].as_str().expect("a code").to_owned()
    }
}

/// Runs a test in an installation of its own on each engine.
pub(crate) async fn on_each_engine(test: impl AsyncFn(&World)) {
    let in_world = async |database: &testing::Database| {
        test(&World::on(database.store().await).await).await;
    };
    testing::on_each_engine(in_world).await;
}

impl World {
    pub(crate) async fn on(store: Store) -> Self {
        Self::with(store, |_, _| {}).await
    }

    /// An installation with some other part.
    pub(crate) async fn with(
        store: Store,
        change: impl FnOnce(&mut App, &Arc<ManualClock>),
    ) -> Self {
        let (mut app, clock) = authx::app::testing::app(store);
        app.push = Some(push(clock.clone(), app.random.clone()));
        change(&mut app, &clock);
        let app = Arc::new(app);
        let by = Actor::new("root");
        let (_, stopping) = stopping();
        let router = router(PhoneApi::new(app.clone(), 65_536, stopping));
        let tenant = tenants::create(&app, &by, &name("Example")).await.unwrap().id;
        let application = application(&app, &by, tenant).await;
        let alice = user(&app, &by, tenant, "alice", Some(PASSWORD)).await;
        Self { app, clock, by, tenant, application, alice, router }
    }

    pub(crate) async fn user(&self, text: &str, password: Option<&str>) -> UserId {
        user(&self.app, &self.by, self.tenant, text, password).await
    }

    /// Another tenant, with an alice of its own.
    pub(crate) async fn elsewhere(&self) -> (TenantId, UserId) {
        let tenant = tenants::create(&self.app, &self.by, &name("Other")).await.unwrap().id;
        application(&self.app, &self.by, tenant).await;
        (tenant, user(&self.app, &self.by, tenant, "alice", Some(PASSWORD)).await)
    }

    pub(crate) async fn policy(&self, json: Value) {
        self.policy_of(Target::Tenant, json).await;
    }

    pub(crate) async fn policy_of(&self, target: Target, json: Value) {
        let document = Document::from_value(&json).unwrap();
        policies::set(&self.app, &self.by, self.tenant, target, document).await.unwrap();
    }

    pub(crate) fn now(&self) -> Millis {
        self.app.now().unwrap()
    }

    pub(crate) async fn invite(&self) -> Invited {
        self.invite_user(self.tenant, self.alice, Separate::IfNeeded).await
    }

    pub(crate) async fn invite_user(
        &self,
        tenant: TenantId,
        user: UserId,
        separate: Separate,
    ) -> Invited {
        phones::invite(&self.app, &self.by, tenant, user, separate).await.unwrap()
    }

    /// An unsigned call from alice's home.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_from("192.0.2.7", path, body).await
    }

    pub(crate) async fn post_from(&self, address: &str, path: &str, body: &Value) -> Reply {
        let request = Request::post(format!("/phone/v1{path}"))
            .header("authx-client", CLIENT)
            .extension(ClientAddress(Some(address.parse().unwrap())))
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let retry_after = parts.headers.get("retry-after");
        let retry_after = retry_after.map(|after| after.to_str().unwrap().to_owned());
        Reply { status: parts.status.as_u16(), body, retry_after }
    }

    /// What opens what this text stands for.
    pub(crate) async fn look(&self, token: &str) -> Reply {
        self.post("/invitations", &json!({ "invitation": token })).await
    }

    /// An activation, after alice's password was proved.
    pub(crate) async fn activation(&self) -> String {
        let invited = self.invite().await;
        self.proved(&invited).await
    }

    pub(crate) async fn proved(&self, invited: &Invited) -> String {
        let proof = match &invited.code {
            Some(code) => json!({ "kind": "code", "code": code.as_str() }),
            None => json!({ "kind": "password", "password": PASSWORD }),
        };
        let body = json!({ "invitation": invited.token.text().as_str(), "proof": proof });
        let reply = self.post("/proofs", &body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["activation"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        self.app.store.query_one(sql, []).await.unwrap().unwrap().int(0).unwrap()
    }

    /// The newest entries of the record, newest last.
    pub(crate) async fn record(&self, most: u32) -> Vec<Entry> {
        newest(&self.app, self.tenant, &Filter::default(), most).await.unwrap()
    }

    pub(crate) async fn newest_event(&self) -> String {
        self.record(1).await[0].event.clone()
    }
}

/// What sends notices, and is never asked to.
fn push(clock: Arc<ManualClock>, random: Arc<dyn Random>) -> WebPush {
    let settings = Settings {
        hosts: known(),
        contact: "mailto:admin@authx.net".parse().unwrap(),
        opened: Arc::new(|_| false),
        proxy: None,
        authorities: vec![],
        ttl_secs: 30..=300,
    };
    let key = VapidKey::new(&VapidKey::draw(random.as_ref())[..]).unwrap();
    WebPush::new(settings, key, clock, random).unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

async fn application(app: &App, by: &Actor, tenant: TenantId) -> ApplicationId {
    let (kind, vpn, host) = (ApplicationKind::Openvpn, name("VPN"), name("host"));
    applications::create(app, by, tenant, &vpn, kind, &host).await.unwrap().id
}

async fn user(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    text: &str,
    password: Option<&str>,
) -> UserId {
    let password = password.map(|password| Zeroizing::new(password.to_owned()));
    let new = NewAccount { name: &name(text), aliases: &[], password };
    accounts::create(app, by, tenant, new).await.unwrap()
}
