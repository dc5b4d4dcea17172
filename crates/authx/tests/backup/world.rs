//! Installations to make backups of and to restore them to.

use authx::{
    admin::{
        Actor, accounts,
        accounts::NewAccount,
        applications::{self, ApplicationKind},
        policies::{self, Target},
        tenants,
    },
    app::App,
    backup::{RestoreError, Restored, Wish, restore, to_file},
    clock::{ClockGuard, ManualClock},
    config::{Config, Template},
    enrol::{code, recovery},
    init,
    logins::{self, Versioned},
    passwords::Passwords,
    random::OsRandom,
    seals,
    store::{events, testing::Database},
};
use authx_core::{
    ApplicationId, LoginId, Millis, SessionId, TenantId, UserId,
    name::Name,
    otp::Totp,
    policy::{Document, Lifetimes},
    recovery::RecoveryKey,
    wire::login::{BeginLogin, LoginState},
};
use serde_json::json;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;
use zeroize::Zeroizing;

pub(crate) const START: Millis = Millis(1_800_000_000_000);
const PASSWORD: &str = "four llamas on a boat";

/// A directory with a configuration for one database.
pub(crate) struct Place {
    pub(crate) directory: TempDir,
    pub(crate) clock: Arc<ManualClock>,
}

/// An installation with two users: alice has everything, bob was only offered a code.
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) key: RecoveryKey,
    pub(crate) tenant: TenantId,
    pub(crate) application: ApplicationId,
    pub(crate) totp: Totp,
    pub(crate) recovery: Vec<String>,
}

impl Place {
    /// With nothing in it but the configuration.
    pub(crate) fn configured(database: &Database, clock: &Arc<ManualClock>) -> Self {
        let place = Self { directory: tempfile::tempdir().unwrap(), clock: clock.clone() };
        let public_url = "http://localhost:8080".parse().unwrap();
        let phone_url = "http://phone.localhost:8080".parse().unwrap();
        let database = database.url();
        let template = Template {
            public_url: &public_url,
            phone_url: &phone_url,
            database,
            tls: None,
            push_contact: None,
        };
        let text = template.text();
        std::fs::write(place.config_file(), text).unwrap();
        place
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.file("authx.toml")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    /// In a box, as it is large and held across every `await` of a test.
    pub(crate) async fn open(&self) -> Box<App> {
        let config = Config::load(&self.config_file()).unwrap();
        let mut app = Box::new(Box::pin(App::open(&config)).await.unwrap());
        app.clock = Arc::new(ClockGuard::new(self.clock.clone(), false));
        let newest = events::newest_time(&app.store).await.unwrap();
        app.clock.refresh(newest);
        app.passwords = Passwords::cheap_for_tests().unwrap();
        app
    }

    pub(crate) async fn restore(
        &self,
        backup: &std::path::Path,
        key: &RecoveryKey,
        replace: bool,
    ) -> Result<Restored, RestoreError> {
        self.restore_as(backup, key, replace, false).await
    }

    pub(crate) async fn restore_as(
        &self,
        backup: &std::path::Path,
        key: &RecoveryKey,
        replace: bool,
        accept_clock: bool,
    ) -> Result<Restored, RestoreError> {
        let (config_file, by) = (self.config_file(), root());
        let config_file = &config_file;
        let wish = Wish { backup, key, config_file, replace, accept_clock, by: &by };
        Box::pin(restore(&wish, self.clock.as_ref(), &OsRandom)).await
    }
}

impl World {
    pub(crate) async fn new(database: &Database) -> Self {
        Box::pin(Self::make(database)).await
    }

    async fn make(database: &Database) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let place = Place { directory: tempfile::tempdir().unwrap(), clock };
        let wish = init::Wish {
            directory: place.directory.path().to_owned(),
            public_url: "http://localhost:8080".parse().unwrap(),
            phone_url: None,
            database: Some(database.url().to_owned()),
            tls: None,
            push_contact: None,
        };
        let prepared = init::prepare(&wish, place.clock.as_ref(), &OsRandom).await.unwrap();
        let key = prepared.recovery.clone().unwrap();
        prepared.finish().await.unwrap();

        let app = place.open().await;
        let by = root();
        let tenant = tenants::create(&app, &by, &name("Example")).await.unwrap().id;
        let kind = ApplicationKind::Openvpn;
        let (vpn, first) = (name("VPN"), name("first"));
        let made = applications::create(&app, &by, tenant, &vpn, kind, &first);
        let application = made.await.unwrap().id;
        let lifetimes = Lifetimes { session_secs: Some(3_600), ..Lifetimes::default() };
        let document = Document { lifetimes, ..Document::default() };
        policies::set(&app, &by, tenant, Target::Tenant, document).await.unwrap();
        let alice = account(&app, tenant, "alice").await;
        let offered = code::offer(&app, &by, tenant, alice, None).await.unwrap();
        let totp = Totp::from_uri(&offered.uri).unwrap();
        let present = totp.code(place.clock_secs() / 30);
        code::confirm(&app, &by, tenant, alice, &present).await.unwrap();
        let recovery = recovery::renew(&app, &by, tenant, alice).await.unwrap().codes.to_vec();
        let bob = account(&app, tenant, "bob").await;
        code::offer(&app, &by, tenant, bob, None).await.unwrap();
        Self { place, key, tenant, application, totp, recovery }
    }

    /// The code that alice's phone shows.
    pub(crate) fn code(&self) -> String {
        self.totp.code(self.place.clock_secs() / 30)
    }

    pub(crate) async fn backup(&self, app: &App, name: &str) -> PathBuf {
        let path = self.place.file(name);
        let config = std::fs::read_to_string(self.place.config_file()).unwrap();
        Box::pin(to_file(app, &config, &root(), &path, false)).await.unwrap();
        path
    }

    /// Alice signs in with her password and, if there is one, an answer.
    pub(crate) async fn sign_in(
        &self,
        app: &App,
        answer: Option<&str>,
        session: Option<SessionId>,
    ) -> Versioned {
        let caller = app.directory.reload(app, self.application).await.unwrap().unwrap();
        let body = json!({
            "user": "alice",
            "first_factor": { "kind": "password", "password": PASSWORD },
            "answer": answer,
            "can": { "text": true, "several": true, "web": false },
            "session": session,
        });
        let request: BeginLogin = serde_json::from_value(body.clone()).unwrap();
        let id = app.decide(self.place.now(), LoginId::new);
        let body = body.to_string();
        let begun = logins::begin(app, &caller, id, &request, body.as_bytes());
        Box::pin(begun).await.unwrap()
    }

    pub(crate) async fn state(&self, app: &App, answer: &str) -> LoginState {
        self.sign_in(app, Some(answer), None).await.view().state
    }
}

impl Place {
    pub(crate) fn now(&self) -> Millis {
        use authx::clock::Clock as _;
        self.clock.now()
    }

    pub(crate) fn clock_secs(&self) -> u64 {
        self.now().secs()
    }
}

pub(crate) async fn account(app: &App, tenant: TenantId, called: &str) -> UserId {
    let password = Some(Zeroizing::new(PASSWORD.to_owned()));
    let new = NewAccount { name: &name(called), aliases: &[], password };
    Box::pin(accounts::create(app, &root(), tenant, new)).await.unwrap()
}

/// Until everything is sealed. PostgreSQL settles what was written when older transactions of the
/// whole server, also those of other tests, have ended.
pub(crate) async fn seal(app: &App) {
    for _ in 0..1_000 {
        seals::seal_all(app, app.now().unwrap()).await.unwrap();
        if events::unsealed_tenants(&app.store, i64::MAX).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the record is not sealed");
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn root() -> Actor {
    Actor::new("root")
}
