//! A directory with keys and configuration, a database, and people in it.

mod listening;

pub use listening::Sites;

use crate::{now, program};
use authx::{
    admin::{
        Actor,
        accounts::{self, NewAccount},
        applications::{self, ApplicationKind},
        policies::{self, Target},
        tenants,
    },
    app::App,
    clock::SystemClock,
    config::Config,
    init::{self, Wish},
    logins::factor_place,
    random::OsRandom,
    store::{
        Batch,
        accounts::{self as stored, Known},
        enrolments::NewFactor,
        testing,
    },
};
use authx_core::{
    ApplicationId, FactorId, TenantId, UserId,
    factor::{Enrolment, FactorKind, code::Code},
    guard::Guard,
    name::Name,
    otp::Totp,
    policy::Document,
    wire::signature::AppKey,
};
use serde_json::json;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// Which database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Engine {
    /// A server, see `scripts/with-postgres`.
    Postgres,
    /// A file.
    Sqlite,
}

/// An installation with the tenant `Example` and its application `vpn`.
#[derive(Debug)]
pub struct Installation {
    /// What a server over it shares, for what a test does beside that server.
    pub app: App,
    /// Who administers.
    pub by: Actor,
    /// The tenant.
    pub tenant: TenantId,
    /// A host of the application.
    pub vpn: Caller,
    config: PathBuf,
    place: Place,
}

/// Keeps directory and database until the end of the test.
#[derive(Debug)]
struct Place {
    _directory: Option<TempDir>,
    database: Option<testing::Database>,
}

/// A host that holds a key of an application.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The application's id.
    pub id: ApplicationId,
    /// The key.
    pub key: AppKey,
    /// The key as it was shown once.
    pub key_text: String,
}

/// Somebody with an authenticator app.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The id.
    pub id: UserId,
    /// The app.
    pub phone: Totp,
}

impl Engine {
    /// Whether it can be used; says so when not.
    pub fn is_there(self) -> bool {
        let there = self == Self::Sqlite || env::var_os(testing::POSTGRES).is_some();
        if !there {
            eprintln!("PostgreSQL: skipped (run through `make test`)");
        }
        there
    }
}

impl Installation {
    /// A new one in a directory and a database of its own.
    pub async fn new(engine: Engine) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = match engine {
            Engine::Postgres => Some(testing::Database::postgres().await.expect("a server")),
            Engine::Sqlite => None,
        };
        let path = directory.path().to_owned();
        let url = database.as_ref().map(|database| database.url().to_owned());
        let place = Place { _directory: Some(directory), database };
        Box::pin(Self::make(&path, url, place)).await
    }

    /// A new one on SQLite in a directory that exists.
    pub async fn within(directory: &Path) -> Self {
        let place = Place { _directory: None, database: None };
        Box::pin(Self::make(directory, None, place)).await
    }

    /// A new one on a PostgreSQL of the test's own.
    pub async fn on_postgres(url: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        let place = Place { _directory: Some(directory), database: None };
        Box::pin(Self::make(&path, Some(url.to_owned()), place)).await
    }

    async fn make(directory: &Path, database: Option<String>, place: Place) -> Self {
        let public_url = "http://localhost".parse().unwrap();
        let directory = directory.to_owned();
        let wish = Wish {
            directory,
            public_url,
            phone_url: None,
            database,
            tls: None,
            push_contact: None,
        };
        let prepared = init::prepare(&wish, &SystemClock, &OsRandom).await.unwrap();
        let config = prepared.config_file.clone();
        prepared.finish().await.unwrap();
        edit(&config, "\"127.0.0.1:80\"", "\"127.0.0.1:0\"");
        edit(&config, "\"human\"", "\"json\"");
        let app = App::open(&Config::load(&config).unwrap()).await.unwrap();
        let by = Actor::new("test");
        let tenant = tenants::create(&app, &by, &name("Example")).await.unwrap().id;
        let vpn = application(&app, &by, tenant, "vpn").await;
        let policy = json!({ "first_factors": ["pam", "password"] });
        let policy = Document::from_value(&policy).unwrap();
        policies::set(&app, &by, tenant, Target::Tenant, policy).await.unwrap();
        Self { app, by, tenant, vpn, config, place }
    }

    /// The configuration's file.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        self.config.parent().unwrap()
    }

    /// Runs a command of the program.
    pub fn run(&self, arguments: &[&str]) -> Output {
        run(&self.config, arguments)
    }

    /// `authx audit verify`, with what somebody kept: whether all is well, and what it says.
    pub fn verify(&self, witnesses: &[&str]) -> (bool, String) {
        let file = self.directory().join("witnesses");
        let mut arguments = vec!["audit", "verify"];
        if !witnesses.is_empty() {
            fs::write(&file, witnesses.join("\n")).unwrap();
            arguments.extend(["--witness", file.to_str().unwrap()]);
        }
        let output = self.run(&arguments);
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    /// Adds somebody with a password and no second factor.
    pub async fn newcomer(&self, text: &str) -> UserId {
        let password = Some(Zeroizing::new(PASSWORD.to_owned()));
        let new = NewAccount { name: &name(text), aliases: &[], password };
        accounts::create(&self.app, &self.by, self.tenant, new).await.unwrap()
    }

    /// Adds somebody with a password, an app and recovery codes, as an operator does.
    pub async fn person(&self, text: &str) -> Person {
        let (app, by, tenant) = (&self.app, &self.by, self.tenant);
        let id = self.newcomer(text).await;
        let offered = authx::enrol::code::offer(app, by, tenant, id, None).await.unwrap();
        let phone = Totp::from_uri(&offered.uri).unwrap();
        // The present code and the next one stay for the test. Between two steps the code is too
        // old by the time it is looked at.
        let confirm = async || {
            let code = phone.code(now().secs() / 30 - 1);
            authx::enrol::code::confirm(app, by, tenant, id, &code).await
        };
        if confirm().await.is_err() {
            confirm().await.unwrap();
        }
        Person { name: text.to_owned(), id, phone }
    }

    /// Adds many at once, without passwords: written past the use cases, which take one at a time.
    pub async fn people(&self, prefix: &str, many: usize) -> Vec<Person> {
        let (app, tenant) = (&self.app, self.tenant);
        let caller = app.directory.reload(app, self.vpn.id).await.unwrap().unwrap();
        let mut batch = Batch::default();
        let mut people = vec![];
        for number in 0..many {
            let text = format!("{prefix}{number}");
            let person = name(&text);
            let now = now();
            let (id, factor) = app.decide(now, |cx| (UserId::new(cx), FactorId::new(cx)));
            let code = app.decide(now, Code::enrol);
            let phone = code.totp().clone();
            let record = serde_json::to_vec(&Enrolment::Code(code)).unwrap();
            let place = factor_place(tenant, &factor);
            let record = app.decide(now, |cx| caller.data_key.seal(cx, &place, &record));
            batch = batch
                .insert_account(stored::NewAccount {
                    tenant,
                    id,
                    name: &person,
                    known: Known { display: None, mail: None, search: &person.folded() },
                    active: true,
                    password: None,
                    now,
                    import: None,
                })
                .insert_alias(tenant, id, &person.folded())
                .insert_factor(NewFactor {
                    tenant,
                    account: id,
                    id: factor,
                    kind: FactorKind::Code.word(),
                    phone: None,
                    active: true,
                    record,
                    guard: serde_json::to_string(&Guard::default()).unwrap(),
                    created: now,
                });
            people.push(Person { name: text, id, phone });
        }
        app.store.commit(batch).await.unwrap();
        people
    }

    /// How many rows a query counts.
    pub async fn count(&self, sql: &'static str) -> i64 {
        self.app.store.query_one(sql, []).await.unwrap().unwrap().int(0).unwrap()
    }

    /// Changes the database past the program.
    pub async fn tamper(&self, sql: &'static str) {
        self.app.store.commit(Batch::default().run(sql, [])).await.unwrap();
    }

    /// The same installation on a copy of its database as it is now. No server may be running.
    pub async fn copy(&self) -> PathBuf {
        let copy = self.directory().join("copy.toml");
        fs::copy(&self.config, &copy).unwrap();
        let Some(database) = &self.place.database else {
            let file = self.directory().join("authx.db");
            // A copy of a database in use needs what SQLite has not yet moved into it.
            for ending in ["", "-wal"] {
                let from = file.with_extension(format!("db{ending}"));
                if from.exists() {
                    fs::copy(from, file.with_extension(format!("copy{ending}"))).unwrap();
                }
            }
            edit(&copy, "sqlite:authx.db", "sqlite:authx.copy");
            return copy;
        };
        let (_, name) = database.url().rsplit_once('/').unwrap();
        let admin = env::var(testing::POSTGRES).unwrap();
        let (client, connection) =
            tokio_postgres::connect(&admin, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        client.batch_execute(&cut).await.unwrap();
        let create = format!("CREATE DATABASE {name}_copy TEMPLATE {name}");
        client.batch_execute(&create).await.unwrap();
        edit(&copy, &format!("/{name}\""), &format!("/{name}_copy\""));
        copy
    }

    /// The address of the PostgreSQL database, where it is one.
    pub fn postgres_url(&self) -> Option<&str> {
        self.place.database.as_ref().map(testing::Database::url)
    }
}

impl Person {
    /// What the app shows now.
    pub fn code(&self) -> String {
        self.phone.code(now().secs() / 30)
    }
}

/// Runs a command of the program with a configuration.
pub fn run(config: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.args(arguments).arg("--config").arg(config).stdin(Stdio::null());
    command.output().unwrap()
}

async fn application(app: &App, by: &Actor, tenant: TenantId, text: &str) -> Caller {
    let kind = ApplicationKind::Openvpn;
    let made = applications::create(app, by, tenant, &name(text), kind, &name("first")).await;
    let made = made.unwrap();
    let key_text = made.key.text.to_string();
    Caller { id: made.id, key: AppKey::parse(&key_text).unwrap(), key_text }
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    fs::write(file, text.replace(from, to)).unwrap();
}

/// Everybody's.
pub const PASSWORD: &str = "nine purple owls";
