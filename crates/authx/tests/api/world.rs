//! An installation with one tenant, one application and alice, and a client that signs.

use authx::{
    admin::{
        Actor,
        accounts::{self, NewAccount},
        applications::{self, ApplicationKind},
        policies::{self, Target},
        tenants,
    },
    api::{self, Api},
    app::App,
    clock::ManualClock,
    enrol,
    serve::{Stop, stopping},
    store::{Store, testing},
};
use authx_core::{
    ApplicationId, KeyId, LoginId, TenantId, UserId,
    name::Name,
    otp::Totp,
    policy::Document,
    wire::signature::{self, AppKey, Headers, sign_request, verify_response},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

pub(crate) const PASSWORD: &str = "nine purple owls";
pub(crate) const BODY_BYTES: usize = 65_536;

pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) by: Actor,
    pub(crate) stop: Stop,
    pub(crate) tenant: TenantId,
    pub(crate) vpn: Caller,
    pub(crate) alice: UserId,
    pub(crate) phone: Totp,
    router: Router,
}

/// A host that holds a key of an application.
pub(crate) struct Caller {
    pub(crate) id: ApplicationId,
    pub(crate) key_id: KeyId,
    pub(crate) key: AppKey,
}

/// A request before it is signed.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
    pub(crate) created_secs: u64,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the answer was signed with the key of the request. A wrong signature is a panic.
    pub(crate) signed: bool,
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
        let (app, clock) = authx::app::testing::app(store);
        let app = Arc::new(app);
        let by = Actor::new("root");
        let (stop, stopping) = stopping();
        let router = api::router(Api::new(app.clone(), BODY_BYTES, stopping));
        let tenant = tenants::create(&app, &by, &name("Example")).await.unwrap().id;
        let vpn = application(&app, &by, tenant, "vpn").await;
        let alice = user(&app, &by, tenant, "alice").await;
        let phone = phone(&app, &by, tenant, alice).await;
        clock.advance_secs(60);
        Self { app, clock, by, stop, tenant, vpn, alice, phone, router }
    }

    /// Another application of the tenant.
    pub(crate) async fn application(&self, name: &str) -> Caller {
        application(&self.app, &self.by, self.tenant, name).await
    }

    /// An application of another tenant.
    pub(crate) async fn stranger(&self) -> Caller {
        let tenant = tenants::create(&self.app, &self.by, &name("Other")).await.unwrap().id;
        application(&self.app, &self.by, tenant, "vpn").await
    }

    pub(crate) async fn policy(&self, json: Value) {
        let document = Document::from_value(&json).unwrap();
        policies::set(&self.app, &self.by, self.tenant, Target::Tenant, document).await.unwrap();
    }

    /// What alice's phone shows now.
    pub(crate) fn code(&self) -> String {
        self.phone.code(self.app.clock.clock().now().secs() / 30)
    }

    /// A code that alice's phone does not show.
    pub(crate) fn wrong_code(&self) -> String {
        let step = self.app.clock.clock().now().secs() / 30;
        let near: Vec<_> = (step - 2..=step + 2).map(|step| self.phone.code(step)).collect();
        (0..9).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap()
    }

    pub(crate) fn new_id(&self) -> LoginId {
        self.app.decide(self.app.clock.clock().now(), LoginId::new)
    }

    pub(crate) fn call<'a>(
        &self,
        caller: &'a Caller,
        method: &'static str,
        target: impl Into<String>,
        body: impl Into<Vec<u8>>,
    ) -> Call<'a> {
        let created_secs = self.app.clock.clock().now().secs();
        Call { caller, method, target: target.into(), body: body.into(), created_secs }
    }

    /// Begins a login at the VPN under a new id.
    pub(crate) async fn begin(&self, body: &Value) -> Reply {
        self.put(self.new_id(), body).await
    }

    pub(crate) async fn put(&self, id: LoginId, body: &Value) -> Reply {
        self.send(&self.call(&self.vpn, "PUT", path(id), body.to_string())).await
    }

    pub(crate) async fn answer(&self, id: LoginId, seq: u32, text: &str) -> Reply {
        let body = json!({ "seq": seq, "text": text }).to_string();
        self.send(&self.call(&self.vpn, "POST", format!("{}/answers", path(id)), body)).await
    }

    pub(crate) async fn get(&self, id: LoginId) -> Reply {
        self.send(&self.call(&self.vpn, "GET", path(id), "")).await
    }

    /// Signs and sends.
    pub(crate) async fn send(&self, call: &Call<'_>) -> Reply {
        let (request, headers) = self.signed(call);
        self.deliver(request, Some((call.caller, &headers))).await
    }

    /// The request as it travels, for a test to spoil.
    pub(crate) fn signed(&self, call: &Call<'_>) -> (Request<Body>, Headers) {
        let Call { caller, method, target, body, created_secs } = call;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut nonce = [0; 16];
        self.app.random.fill(&mut nonce);
        let covered =
            signature::Request { method, authority: AUTHORITY, path, query, client: CLIENT, body };
        let headers = sign_request(&caller.key, caller.id, &covered, *created_secs, nonce);
        let mut request =
            Request::builder().method(*method).uri(target).header("authx-client", CLIENT);
        for (name, value) in headers.fields() {
            request = request.header(name, value);
        }
        (request.body(Body::from(body.clone())).unwrap(), headers)
    }

    /// Sends it as it is; with `signer`, a signature on the answer has to fit.
    pub(crate) async fn deliver(
        &self,
        request: Request<Body>,
        signer: Option<(&Caller, &Headers)>,
    ) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let (status, headers) = (parts.status.as_u16(), parts.headers);
        let text = |name| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let is_signed = headers.contains_key("signature");
        if let (true, Some((caller, sent))) = (is_signed, signer) {
            let answer = Headers {
                content_digest: text("content-digest"),
                signature_input: text("signature-input"),
                signature: text("signature"),
            };
            verify_response(&caller.key, sent, status, &body, &answer).expect("a signed answer");
        }
        Reply { status, headers, body, signed: is_signed }
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        self.app.store.query_one(sql, []).await.unwrap().unwrap().int(0).unwrap()
    }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// In one word: `allowed`, `refused:REASON`, another state, or the code of a problem.
    pub(crate) fn outcome(&self) -> String {
        let json = self.json();
        match (json["state"].as_str(), json["reason"]["code"].as_str(), json["code"].as_str()) {
            (Some(state), Some(reason), _) => format!("{state}:{reason}"),
            (Some(state), None, _) => state.to_owned(),
            (None, _, code) => code.expect("a state or a code").to_owned(),
        }
    }

    /// The body without what the record's growth alone changes.
    pub(crate) fn without_seal(&self) -> Value {
        let mut json = self.json();
        json.as_object_mut().unwrap().remove("seal");
        json
    }
}

/// A login of alice with her password, from her home, at a prompt that can ask.
pub(crate) fn body(answer: Option<&str>) -> Value {
    let mut body = json!({
        "user": "alice", "first_factor": { "kind": "password", "password": PASSWORD },
        "client": { "address": "192.0.2.7" }, "can": { "text": true, "several": true },
    });
    if let Some(answer) = answer {
        body["answer"] = answer.into();
    }
    body
}

pub(crate) fn path(id: LoginId) -> String {
    format!("/api/v1/logins/{id}")
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

async fn application(app: &App, by: &Actor, tenant: TenantId, text: &str) -> Caller {
    let (kind, first) = (ApplicationKind::Openvpn, name("first"));
    let made = applications::create(app, by, tenant, &name(text), kind, &first).await.unwrap();
    let key = AppKey::parse(&made.key.text).unwrap();
    Caller { id: made.id, key_id: made.key.id, key }
}

async fn user(app: &App, by: &Actor, tenant: TenantId, text: &str) -> UserId {
    let password = Some(Zeroizing::new(PASSWORD.to_owned()));
    let new = NewAccount { name: &name(text), aliases: &[], password };
    accounts::create(app, by, tenant, new).await.unwrap()
}

async fn phone(app: &App, by: &Actor, tenant: TenantId, user: UserId) -> Totp {
    let offered = enrol::code::offer(app, by, tenant, user, None).await.unwrap();
    let totp = Totp::from_uri(&offered.uri).unwrap();
    let code = totp.code(app.now().unwrap().secs() / 30);
    enrol::code::confirm(app, by, tenant, user, &code).await.unwrap();
    totp
}

const AUTHORITY: &str = "mfa.example.com";
const CLIENT: &str = "tests/0.1";
