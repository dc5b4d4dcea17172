//! An installation with users, made for measuring and gone afterwards. Its rows are written by the
//! same code as the server's, only in larger batches.

use anyhow::{Context as _, ensure};
use authx::{
    admin::{
        Actor,
        applications::{self, ApplicationKind},
        tenants,
    },
    app::App,
    clock::SystemClock,
    config::Config,
    directory::Protected,
    init::{Wish, prepare},
    logins::factor_place,
    random::OsRandom,
    store::{
        Batch,
        accounts::{Known, NewAccount},
        enrolments::NewFactor,
        logins::StoredFactor,
    },
};
use authx_core::{
    FactorId, Millis, Secret, UserId,
    factor::{Enrolment, FactorKind, code::Code},
    guard::Guard,
    name::Name,
    otp::{Algorithm, Digits, Totp},
    wire::signature::AppKey,
};
use aws_lc_rs::digest::{SHA256, digest};
use futures_util::future::try_join_all;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};
use tempfile::TempDir;

/// An installation with one tenant, one application that may say `proved`, and users with codes.
pub(crate) struct World {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// What signatures cover as `@authority`.
    pub(crate) authority: String,
    /// The database, opened beside the server.
    pub(crate) app: App,
    /// The application.
    pub(crate) caller: Arc<Protected>,
    /// Its key.
    pub(crate) key: AppKey,
    /// Who can sign in.
    pub(crate) users: Vec<User>,
    /// Everything on disk.
    directory: TempDir,
}

/// A user with a code.
#[derive(Clone, Copy)]
pub(crate) struct User {
    pub(crate) account: UserId,
    pub(crate) factor: FactorId,
    /// The factor's version in the store.
    pub(crate) version: i64,
    /// Counts the secrets that this user had.
    epoch: u32,
}

/// How the installation is reached and where it keeps things.
#[derive(Clone, Copy)]
pub(crate) struct Kind<'a> {
    /// `postgres://…` of an empty database; SQLite if not given.
    pub(crate) database: Option<&'a str>,
    /// Whether callers speak TLS.
    pub(crate) tls: bool,
    /// How many users there are.
    pub(crate) users: usize,
}

impl World {
    /// Makes one.
    pub(crate) async fn make(kind: Kind<'_>) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("authx-bench.").tempdir()?;
        let address = free_address()?;
        let scheme = if kind.tls { "https" } else { "http" };
        let authority = format!("localhost:{}", address.port());
        let wish = Wish {
            directory: directory.path().to_owned(),
            public_url: format!("{scheme}://{authority}").parse()?,
            phone_url: None,
            database: kind.database.map(ToOwned::to_owned),
            tls: None,
            push_contact: None,
        };
        let prepared = prepare(&wish, &SystemClock, &OsRandom).await?;
        // Only what goes wrong belongs between the lines of a report.
        let text = fs::read_to_string(&prepared.config_file)?;
        fs::write(&prepared.config_file, text.replace("level = \"info\"", "level = \"warn\""))?;
        let config = Config::load(&prepared.config_file)?;
        prepared.finish().await?;
        let app = App::open(&config).await?;
        let (caller, key) = application(&app).await?;
        let users = vec![];
        let mut world = Self { address, authority, app, caller, key, users, directory };
        world.add_users(kind.users).await?;
        Ok(world)
    }

    /// The server's configuration.
    pub(crate) fn config(&self) -> PathBuf {
        self.directory.path().join("authx.toml")
    }

    /// The certificate that `init` made for localhost.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.path().join("certificate.pem")
    }

    /// The secret that a user has now.
    pub(crate) fn totp(&self, user: usize) -> anyhow::Result<Totp> {
        let epoch = self.users.get(user).context("no such user")?.epoch;
        Ok(totp(user, epoch))
    }

    /// Gives users new secrets, so that each can prove a code again at once.
    pub(crate) async fn renew(&mut self, users: &[usize]) -> anyhow::Result<()> {
        let now = self.app.now()?;
        for batches in users.chunks(BATCH * AT_ONCE) {
            let mut commits = vec![];
            for some in batches.chunks(BATCH) {
                let mut batch = Batch::default();
                for &index in some {
                    let user = self.users.get_mut(index).context("no such user")?;
                    user.epoch += 1;
                    let (id, version) = (user.factor, user.version);
                    user.version += 1;
                    let sealed = seal(&self.app, &self.caller, now, id, totp(index, user.epoch))?;
                    let (record, guard) = sealed;
                    let factor = StoredFactor { id, version, record, guard };
                    batch = batch.update_factor(self.caller.tenant, factor);
                }
                commits.push(self.app.store.commit(batch));
            }
            try_join_all(commits).await.context("new secrets could not be stored")?;
        }
        Ok(())
    }

    async fn add_users(&mut self, count: usize) -> anyhow::Result<()> {
        let (app, caller) = (&self.app, &self.caller);
        let now = app.now()?;
        let mut commits = vec![];
        let mut batch = Batch::default();
        for index in 0..count {
            let (account, factor) = app.decide(now, |cx| (UserId::new(cx), FactorId::new(cx)));
            let name = Name::new(&user_name(index))?;
            let (record, guard) = seal(app, caller, now, factor, totp(index, 0))?;
            let kind = FactorKind::Code.word();
            let tenant = caller.tenant;
            batch = batch
                .insert_account(NewAccount {
                    tenant,
                    id: account,
                    name: &name,
                    known: Known { search: &name.folded(), ..Known::default() },
                    active: true,
                    password: None,
                    now,
                    import: None,
                })
                .insert_alias(tenant, account, &name.folded())
                .insert_factor(NewFactor {
                    tenant,
                    account,
                    id: factor,
                    phone: None,
                    kind,
                    active: true,
                    record,
                    guard,
                    created: now,
                })
                .count_means(tenant, account);
            self.users.push(User { account, factor, version: 1, epoch: 0 });
            if index % BATCH == BATCH - 1 || index + 1 == count {
                commits.push(app.store.commit(std::mem::take(&mut batch)));
            }
            if commits.len() == AT_ONCE {
                try_join_all(commits.drain(..)).await.context("users could not be stored")?;
            }
        }
        try_join_all(commits).await.context("users could not be stored")?;
        Ok(())
    }
}

/// What user number `index` is called.
pub(crate) fn user_name(index: usize) -> String {
    format!("user{index:07}@corp.example")
}

/// As operators make it, and with the one rule that differs from the default: its callers may
/// say that PAM proved the first factor.
async fn application(app: &App) -> anyhow::Result<(Arc<Protected>, AppKey)> {
    let by = Actor::new("bench");
    let tenant = tenants::create(app, &by, &Name::new("bench")?).await?;
    let (name, host) = (Name::new("vpn")?, Name::new("vpn1")?);
    let kind = ApplicationKind::Openvpn;
    let made = applications::create(app, &by, tenant.id, &name, kind, &host).await?;
    let policy = r#"{"first_factors":["pam"]}"#.to_owned();
    let batch = Batch::default().set_application_policy(tenant.id, made.id, policy);
    app.store.commit(batch).await?;
    let caller = app.directory.reload(app, made.id).await?.context("no application")?;
    let key = AppKey::parse(&made.key.text).context("no key")?;
    Ok((caller, key))
}

fn totp(user: usize, epoch: u32) -> Totp {
    let secret = digest(&SHA256, format!("bench {user} {epoch}").as_bytes());
    let secret = secret.as_ref().iter().copied().take(20).collect();
    Totp::new(Secret::new(secret), Algorithm::Sha1, Digits::Six, STEP_SECS)
}

fn seal(
    app: &App,
    caller: &Protected,
    now: Millis,
    id: FactorId,
    totp: Totp,
) -> anyhow::Result<(Vec<u8>, String)> {
    let plain = serde_json::to_vec(&Enrolment::Code(Code::import(totp)))?;
    let place = factor_place(caller.tenant, &id);
    let record = app.decide(now, |cx| caller.data_key.seal(cx, &place, &plain));
    Ok((record, serde_json::to_string(&Guard::default())?))
}

/// A port that was free a moment ago.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    ensure!(address.port() != 0, "the system gave no port");
    Ok(address)
}

/// Seconds that a code lives.
pub(crate) const STEP_SECS: u64 = 30;
/// Users in one batch, and batches in one commit.
const BATCH: usize = 100;
const AT_ONCE: usize = 32;
