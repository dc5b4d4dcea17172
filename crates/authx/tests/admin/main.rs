//! The administrative use cases, on both engines.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod accounts;
mod applications;
#[expect(dead_code, reason = "the tests of the portal answer with it, too")]
mod authenticator;
mod bypass;
mod drafts;
mod enrolment;
mod exports;
mod groups;
mod imports;
mod login_lines;
mod login_lists;
mod means;
mod passkeys;
mod policies;
mod record;
mod retention;
mod settings;
mod taking_over;
mod tenants;

use authx::{
    admin::{
        Actor,
        accounts::NewAccount,
        applications::{ApplicationKind, Created},
        record::{Entry, Filter},
    },
    app::App,
    clock::ManualClock,
    logins,
    store::{Store, testing},
};
use authx_core::{
    ApplicationId, LoginId, TenantId, UserId,
    name::Name,
    otp::Totp,
    wire::login::{BeginLogin, LoginView},
};
use serde_json::{Value, json};
use std::sync::Arc;
use zeroize::Zeroizing;

/// An installation with a clock that stands still.
struct World {
    app: App,
    clock: Arc<ManualClock>,
    by: Actor,
}

/// Runs a test in an installation on each engine.
async fn on_each_engine(test: impl AsyncFn(&World)) {
    testing::on_each_engine(async |database| {
        let world = World::on(database.store().await);
        Box::pin(test(&world)).await;
    })
    .await;
}

impl World {
    fn on(store: Store) -> Self {
        let (app, clock) = authx::app::testing::app(store);
        Self { app, clock, by: Actor::new("root") }
    }

    async fn tenant(&self, name_: &str) -> TenantId {
        authx::admin::tenants::create(&self.app, &self.by, &name(name_)).await.unwrap().id
    }

    async fn application(&self, tenant: TenantId, name_: &str) -> Created {
        let (app, by) = (&self.app, &self.by);
        let kind = ApplicationKind::Openvpn;
        let (name_, first) = (name(name_), name("first"));
        authx::admin::applications::create(app, by, tenant, &name_, kind, &first).await.unwrap()
    }

    async fn user(&self, tenant: TenantId, name_: &str, password: Option<&str>) -> UserId {
        let password = password.map(typed);
        let new = NewAccount { name: &name(name_), aliases: &[], password };
        authx::admin::accounts::create(&self.app, &self.by, tenant, new).await.unwrap()
    }

    /// An authenticator app whose secret counts.
    async fn phone(&self, tenant: TenantId, user: UserId) -> Totp {
        let (app, by) = (&self.app, &self.by);
        let offered = authx::enrol::code::offer(app, by, tenant, user, None).await.unwrap();
        let totp = Totp::from_uri(&offered.uri).unwrap();
        let code = self.code(&totp);
        authx::enrol::code::confirm(app, by, tenant, user, &code).await.unwrap();
        self.clock.advance_secs(60);
        totp
    }

    fn code(&self, totp: &Totp) -> String {
        totp.code(self.app.now().unwrap().secs() / 30)
    }

    async fn generation(&self, tenant: TenantId) -> i64 {
        let sql = "SELECT generation FROM tenant WHERE id = $1";
        self.app.store.query_one(sql, [tenant.into()]).await.unwrap().unwrap().int(0).unwrap()
    }

    /// One login from its first to its last step, as a caller of the API sees its end: what is
    /// typed besides the password comes with it.
    async fn sign_in(
        &self,
        application: ApplicationId,
        user: &str,
        password: &str,
        answer: Option<&str>,
    ) -> LoginView {
        let mut request = json!({
            "user": user, "first_factor": {"kind": "password", "password": password},
            "client": {"address": "192.0.2.7"}, "can": {"text": true},
        });
        if let Some(answer) = answer {
            request["answer"] = answer.into();
        }
        let body = request.to_string();
        let request: BeginLogin = serde_json::from_value(request).unwrap();
        let app = &self.app;
        let caller = app.directory.reload(app, application).await.unwrap().expect("an application");
        let id = app.decide(app.now().unwrap(), LoginId::new);
        logins::begin(app, &caller, id, &request, body.as_bytes()).await.unwrap().view()
    }

    /// As [`sign_in`](Self::sign_in), of many at once: what the server is too busy for counts as not
    /// let in.
    async fn try_in(
        &self,
        application: ApplicationId,
        user: &str,
        password: &str,
        answer: &str,
    ) -> String {
        let request = json!({
            "user": user, "first_factor": {"kind": "password", "password": password},
            "answer": answer, "client": {"address": "192.0.2.7"}, "can": {"text": true},
        });
        let body = request.to_string();
        let request: BeginLogin = serde_json::from_value(request).unwrap();
        let app = &self.app;
        let caller = app.directory.reload(app, application).await.unwrap().expect("an application");
        let id = app.decide(app.now().unwrap(), LoginId::new);
        match logins::begin(app, &caller, id, &request, body.as_bytes()).await {
            Ok(login) => outcome(&login.view()),
            Err(error) => error.to_string(),
        }
    }

    async fn newest(&self, tenant: TenantId) -> Entry {
        let filter = Filter::default();
        let mut entries =
            authx::admin::record::newest(&self.app, tenant, &filter, 1).await.unwrap();
        entries.pop().expect("an entry")
    }
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn typed(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// How a login ended: its state, and its reason where there is one.
fn outcome(login: &LoginView) -> String {
    let view: Value = serde_json::to_value(login).unwrap();
    let state = view["state"].as_str().unwrap().to_owned();
    match view["reason"]["code"].as_str() {
        Some(reason) => format!("{state}:{reason}"),
        None => state,
    }
}

const PASSWORD: &str = "nine purple owls";

/// A handler of a server is such a future.
#[tokio::test]
async fn use_cases_run_on_any_thread() {
    fn sent(_: impl Send) {}
    let world = World::on(testing::Database::sqlite().store().await);
    let (app, by, tenant) = (&world.app, &world.by, TenantId::from_bytes([0; 16]));
    let (user, id) = (UserId::from_bytes([0; 16]), ApplicationId::from_bytes([0; 16]));
    let other = name("x");
    sent(authx::admin::accounts::disable(app, by, tenant, user));
    sent(authx::admin::aliases::add(app, by, tenant, user, &other));
    sent(authx::admin::groups::create(app, by, tenant, &other));
    sent(authx::admin::keys::add(app, by, tenant, id, &other));
    sent(authx::admin::packages::hand_out(app, by, tenant, id, None, Some(&other)));
    sent(authx::admin::passwords::set(app, by, tenant, user, typed("")));
    sent(authx::enrol::code::confirm(app, by, tenant, user, ""));
    sent(authx::admin::audit::verify(app, &[]));
}
