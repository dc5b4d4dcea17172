//! What every part of the server shares, built once at the start.

#[cfg(feature = "testing")]
pub mod testing;

use crate::{
    admin::imports::Room,
    certificate,
    clock::{Clock, ClockGuard, ClockProblem, SystemClock},
    config::{Config, Origin, Portal, SecretFileError},
    contacts::Contacts,
    directory::Directory,
    keys::{Keys, KeysError},
    mail::{Post, PostError},
    passwords::{PasswordError, Passwords},
    push::{self, PushError},
    random::{OsRandom, Random},
    rings::Rings,
    seals::LatestSeals,
    senders::web_push::WebPush,
    store::{Batch, Store, StoreError, events},
    throttle::Throttle,
    waiters::Waiters,
};
use authx_core::{
    ApplicationId, Cx, EventId, LoginId, Millis, TenantId, UserId,
    audit::{Event, EventKind},
};
use serde_json::{Map, Value};
use std::{num::NonZeroUsize, path::PathBuf, sync::Arc};

/// The server's parts. Handlers and commands call the use cases with it.
pub struct App {
    /// Where everything is kept.
    pub store: Store,
    /// What wraps the tenants' data keys and authenticates the record.
    pub keys: Keys,
    /// Tells the time, and whether it can be trusted.
    pub clock: Arc<ClockGuard>,
    /// Where chance comes from.
    pub random: Arc<dyn Random>,
    /// Hashes passwords, not too many at once.
    pub passwords: Passwords,
    /// Who waits for a change, such as long polls.
    pub waiters: Waiters,
    /// Phones to be rung.
    pub rings: Rings,
    /// What sends notices to them; `None` where push is off.
    pub push: Option<WebPush>,
    /// What writes to people; `None` where mail is off.
    pub mail: Option<Post>,
    /// Applications whose callers were seen lately.
    pub directory: Directory,
    /// Who called for them.
    pub contacts: Contacts,
    /// The newest seal of each tenant.
    pub seals: LatestSeals,
    /// How the certificate stands that this server shows.
    pub certificate: certificate::Watched,
    /// How often each company wanted a name that is not free.
    pub taken_names: Throttle<TenantId>,
    /// How many files of users are held at once.
    pub imports: Room,
    /// Who may come into the portal, and for how long.
    pub portal: Portal,
    /// Where the packages lie that this server was shipped with.
    pub packages_directory: PathBuf,
    /// What an operator enters as Application URL.
    pub public_url: Origin,
    /// Where the authenticator is found.
    pub phone_url: Origin,
}

/// Why the server's parts could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A key cannot be read, or is another database's.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Not even one password could be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Mail is configured, and cannot be used.
    #[error(transparent)]
    Mail(#[from] PostError),
    /// Web Push is configured, and cannot be used.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The database's address cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
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
        let keys = Keys::load(config)?;
        let store = Store::open(&config.database.url()?).await?;
        keys.check(&store).await?;
        let clock = ClockGuard::new(Arc::new(SystemClock), config.clock.require_synchronised);
        clock.refresh(events::newest_time(&store).await?);
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let waiters = Waiters::beside_others(store.clone());
        let push = push_sender(config, &keys, &store).await?;
        Ok(Self {
            store,
            keys,
            clock: Arc::new(clock),
            random: Arc::new(OsRandom),
            passwords: Passwords::new(cores)?,
            waiters,
            rings: Rings::new(),
            push,
            mail: Post::open(config.mail.as_ref())?,
            directory: Directory::default(),
            contacts: Contacts::default(),
            seals: LatestSeals::default(),
            certificate: certificate::Watched::default(),
            taken_names: Throttle::default(),
            imports: Room::default(),
            portal: config.portal,
            packages_directory: config.packages_directory.clone(),
            public_url: config.public_url.clone(),
            phone_url: config.phone_url.clone(),
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
        batch.record(&event, self.keys.audit.mac(&event))
    }
}

/// `None` where nobody is named whom push services may write to: then push is off.
async fn push_sender(
    config: &Config,
    keys: &Keys,
    store: &Store,
) -> Result<Option<WebPush>, PushError> {
    if config.push.contact.is_none() {
        return Ok(None);
    }
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
        (Arc::new(SystemClock), Arc::new(OsRandom));
    let key = push::key(keys, store, clock.as_ref(), random.as_ref()).await?;
    push::sender(&config.push, key, clock, random)
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}
