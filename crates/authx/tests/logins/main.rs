//! Logins as attackers, administrators and other logins come between their steps, on both engines.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod admitted;
mod appended;
mod between;
mod certificates;
mod challenges;
mod groups;
mod limits;
mod renewals;
mod signed;
mod swept;
mod together;

use authx::{
    admin::{
        Actor,
        accounts::NewAccount,
        applications::{ApplicationKind, Created},
    },
    app::App,
    clock::ManualClock,
    directory::Protected,
    enrol,
    logins::{self, LoginError},
    passwords::Passwords,
    store::{Store, testing},
};
use authx_core::{
    LoginId, TenantId, UserId,
    name::Name,
    otp::Totp,
    wire::login::{AnswerLogin, BeginLogin, LoginView},
};
use serde_json::{Value, json};
use std::sync::Arc;
use zeroize::Zeroizing;

/// An installation with one application and one user, whose clock stands still.
struct World {
    app: Arc<App>,
    clock: Arc<ManualClock>,
    by: Actor,
    tenant: TenantId,
    application: Created,
    alice: UserId,
    phone: Totp,
}

/// Runs a test in an installation on each engine.
async fn on_each_engine(test: impl AsyncFn(&World)) {
    with_passwords(&Passwords::cheap_for_tests().unwrap(), test).await;
}

async fn with_passwords(passwords: &Passwords, test: impl AsyncFn(&World)) {
    testing::on_each_engine(async |database| {
        test(&World::on(database.store().await, passwords.clone()).await).await;
    })
    .await;
}

impl World {
    async fn on(store: Store, passwords: Passwords) -> Self {
        let (app, clock) = app(store, passwords);
        let by = Actor::new("root");
        let tenant = authx::admin::tenants::create(&app, &by, &name("Example")).await.unwrap().id;
        let kind = ApplicationKind::Openvpn;
        let (vpn, host) = (name("VPN"), name("host"));
        let application =
            authx::admin::applications::create(&app, &by, tenant, &vpn, kind, &host).await.unwrap();
        let new =
            NewAccount { name: &name("alice"), aliases: &[], password: Some(typed(PASSWORD)) };
        let alice = authx::admin::accounts::create(&app, &by, tenant, new).await.unwrap();
        let offered = enrol::code::offer(&app, &by, tenant, alice, None).await.unwrap();
        let phone = Totp::from_uri(&offered.uri).unwrap();
        let code = phone.code(app.now().unwrap().secs() / 30);
        enrol::code::confirm(&app, &by, tenant, alice, &code).await.unwrap();
        clock.advance_secs(60);
        Self { app, clock, by, tenant, application, alice, phone }
    }

    fn code(&self) -> String {
        self.phone.code(self.app.now().unwrap().secs() / 30)
    }

    async fn caller(&self) -> Arc<Protected> {
        let read = self.app.directory.reload(&self.app, self.application.id).await;
        read.unwrap().expect("the application is there")
    }

    fn login_id(&self) -> LoginId {
        self.app.decide(self.app.now().unwrap(), LoginId::new)
    }

    async fn begin(&self, request: &Value) -> Result<LoginView, LoginError> {
        self.begin_as(self.login_id(), request).await
    }

    async fn begin_as(&self, id: LoginId, request: &Value) -> Result<LoginView, LoginError> {
        let body = request.to_string();
        let request: BeginLogin = serde_json::from_str(&body).unwrap();
        let caller = self.caller().await;
        let begun = logins::begin(&self.app, &caller, id, &request, body.as_bytes()).await?;
        Ok(begun.view())
    }

    async fn answer(&self, id: LoginId, seq: u32, text: &str) -> Result<LoginView, LoginError> {
        let answer: AnswerLogin =
            serde_json::from_value(json!({"seq": seq, "text": text})).unwrap();
        let caller = self.caller().await;
        Ok(logins::answer(&self.app, &caller, id, &answer).await?.view())
    }
}

fn app(store: Store, passwords: Passwords) -> (Arc<App>, Arc<ManualClock>) {
    let (app, clock) = authx::app::testing::app(store);
    (Arc::new(App { passwords, ..app }), clock)
}

/// A login with this password that can be asked for more.
fn with_password(password: &str) -> Value {
    json!({
        "user": "alice", "first_factor": {"kind": "password", "password": password},
        "client": {"address": "192.0.2.7"}, "can": {"text": true, "several": true},
    })
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn typed(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// How a login stands: its state, and its reason where there is one.
fn outcome(login: &LoginView) -> String {
    let state = serde_json::to_value(login.state).unwrap();
    let state = state.as_str().unwrap_or_default();
    match &login.reason {
        Some(reason) => format!("{state}:{}", reason.code),
        None => state.to_owned(),
    }
}

const PASSWORD: &str = "nine purple owls";
