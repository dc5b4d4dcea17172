//! What every part of the server shares, built once at the start.

use crate::{
    clock::{ClockGuard, ClockProblem, SystemClock},
    config::{Config, Origin, SecretFileError},
    directory::Directory,
    passwords::{PasswordError, Passwords},
    random::{OsRandom, Random},
    seals::LatestSeals,
    store::{Batch, Store, StoreError, events},
    waiters::Waiters,
};
use authx_core::{
    ApplicationId, Cx, EventId, LoginId, Millis, TenantId, UserId,
    audit::{AuditKey, Event, EventKind},
    seal::MasterKey,
    secret_text::InvalidSecretText,
};
use serde_json::{Map, Value};
use std::{num::NonZeroUsize, sync::Arc};

/// The server's parts. Handlers and commands call the use cases with it.
pub struct App {
    /// Where everything is kept.
    pub store: Store,
    /// Wraps the tenants' data keys.
    pub master: MasterKey,
    /// Authenticates the record.
    pub audit: AuditKey,
    /// Tells the time, and whether it can be trusted.
    pub clock: ClockGuard,
    /// Where chance comes from.
    pub random: Arc<dyn Random>,
    /// Hashes passwords, not too many at once.
    pub passwords: Passwords,
    /// Long polls.
    pub waiters: Waiters,
    /// Applications whose callers were seen lately.
    pub directory: Directory,
    /// The newest seal of each tenant.
    pub seals: LatestSeals,
    /// What an operator enters as Application URL.
    pub public_url: Origin,
}

/// Why the server's parts could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A key file holds no key.
    #[error("{what}: {error}")]
    Key {
        /// Which of the configured files.
        what: &'static str,
        /// What is wrong with its text.
        error: InvalidSecretText,
    },
    /// Not even one password could be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A configured secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whom and what an entry of the record is about.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The user.
    pub user: Option<UserId>,
    /// The application.
    pub application: Option<ApplicationId>,
    /// The login.
    pub login: Option<LoginId>,
    /// What finds the entry.
    pub support_code: Option<String>,
}

impl App {
    /// Opens what a configuration names: keys, then the database.
    ///
    /// # Errors
    ///
    /// [`OpenError`] names the part that is missing or damaged.
    pub async fn open(config: &Config) -> Result<Self, OpenError> {
        let key = |what| move |error| OpenError::Key { what, error };
        let master = MasterKey::parse(&config.master_key_file.read()?);
        let master = master.map_err(key("master_key_file"))?;
        let audit = AuditKey::parse(&config.audit_key_file.read()?);
        let audit = audit.map_err(key("audit_key_file"))?;
        let store = Store::open(&config.database.url()?).await?;
        let clock = ClockGuard::new(Arc::new(SystemClock), config.clock.require_synchronised);
        clock.refresh(events::newest_time(&store).await?);
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(Self {
            store,
            master,
            audit,
            clock,
            random: Arc::new(OsRandom),
            passwords: Passwords::new(cores)?,
            waiters: Waiters::new(),
            directory: Directory::default(),
            seals: LatestSeals::default(),
            public_url: config.public_url.clone(),
        })
    }

    /// Lets a rule decide, with time and chance. The time is that of `now`, so that one decision
    /// sees one moment.
    pub fn decide<T>(&self, now: Millis, rule: impl FnOnce(&mut Cx<'_>) -> T) -> T {
        let mut random = |out: &mut [u8]| self.random.fill(out);
        rule(&mut Cx { now, random: &mut random })
    }

    /// The time, if it can be trusted: with a clock that went backwards, codes that were used or
    /// are long over would count again.
    ///
    /// # Errors
    ///
    /// [`ClockProblem`] says what is wrong with the clock.
    pub fn now(&self) -> Result<Millis, ClockProblem> {
        self.clock.check()
    }

    /// Adds an entry to a batch, authenticated.
    pub fn record(
        &self,
        batch: Batch,
        now: Millis,
        tenant: TenantId,
        kind: EventKind,
        about: About,
        detail: Map<String, Value>,
    ) -> Batch {
        let About { user, application, login, support_code } = about;
        let id = self.decide(now, EventId::new);
        let event =
            Event { id, tenant, at: now, kind, user, application, login, support_code, detail };
        batch.record(&event, self.audit.mac(&event))
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}
