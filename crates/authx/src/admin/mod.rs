//! What administrators do: commands, portal and the API for scripts call the same use cases.
//!
//! A change is decided on one generation of its tenant and stored only if that is still the newest,
//! so two administrators cannot undo each other's work unseen; it raises the generation, so nothing
//! that was decided under the old one is stored any more; and it is recorded in the same commit.

pub mod accounts;
pub mod administrators;
pub mod aliases;
mod alike;
mod application_kind;
mod application_list;
mod application_settings;
pub mod applications;
pub mod audit;
pub mod bypass;
pub mod cells;
pub mod clock;
pub mod company;
pub mod contacts;
pub mod drafts;
pub mod exports;
pub mod groups;
pub mod imports;
pub mod keys;
pub mod letters;
pub mod means;
pub mod own;
pub mod packages;
pub mod passkeys;
pub mod passwords;
pub mod policies;
pub mod portal;
pub mod record;
pub mod reports;
pub mod reset;
pub mod retention;
pub mod sessions;
pub mod settings;
pub mod sign_up;
mod standing;
pub mod tenants;
pub mod tokens;
mod told;
pub mod what_if;

pub use told::{Meaning, Told};

use crate::{
    app::{About, App},
    clock::ClockProblem,
    passwords::PasswordError,
    store::{Batch, StoreError, tenants as stored},
};
use authx_core::{
    Millis, TenantId, TokenId, UserId,
    audit::EventKind,
    role::{Permission, Role},
    seal::{DataKey, SealError},
};
use serde_json::{Map, Value};
use std::time::Duration;

/// Who asks for a change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Actor {
    name: String,
    standing: Standing,
    /// The generation of the tenant that what it asks for was decided on.
    at: Option<i64>,
}

/// What lets somebody act.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Standing {
    /// An account of the portal, and what it is there; `None` acts on itself alone.
    Account(UserId, Option<Role>),
    /// Who may run commands on the server itself.
    Operator,
    /// A script with a token of an account, which may no more than both.
    Token { id: TokenId, account: UserId, role: Role, scopes: Vec<Permission> },
}

/// What can stop any administrative change, whatever it is about.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Others changed the same tenant first, again and again.
    #[error("others are changing the same tenant; try again in a moment")]
    Busy,
    /// The clock cannot be trusted, so nothing is recorded with it.
    #[error(transparent)]
    Clock(#[from] ClockProblem),
    /// What is stored cannot be read.
    #[error("what is stored cannot be read: {0}")]
    Damaged(String),
    /// Whoever asked was disabled, or has another role, or the token counts no longer, since.
    #[error(
        "your account or its role was changed, or your token ended, while this was under way; \
         sign in again"
    )]
    NoLonger,
    /// An account of the same or a higher role.
    #[error(
        "nobody acts on an account of the same or a higher role; ask somebody who stands above"
    )]
    Outranked,
    /// A password or code could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A sealed value does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database gave no answer, or not the one expected.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No tenant of this id.
    #[error("there is no such tenant; `authx tenant list` shows those there are")]
    UnknownTenant,
}

/// A tenant as one decision sees it.
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) name: String,
    pub(crate) policy: String,
    pub(crate) settings: String,
    pub(crate) data_key: DataKey,
    pub(crate) generation: i64,
}

/// What was decided: writes, what to record of them, and the answer to whoever asked.
pub(crate) struct Change<T> {
    pub(crate) batch: Batch,
    pub(crate) kind: EventKind,
    pub(crate) about: About,
    pub(crate) detail: Map<String, Value>,
    pub(crate) outcome: T,
}

impl Actor {
    /// Somebody on the server itself, who may do everything; by the name of an account of the
    /// operating system.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), standing: Standing::Operator, at: None }
    }

    /// An account of the portal, by a name that tells people apart. Whether its role lets it do a
    /// kind of thing is asked before; whom it may do it to is asked by the use cases.
    pub fn account(id: UserId, role: Option<Role>, name: impl Into<String>) -> Self {
        Self { name: name.into(), standing: Standing::Account(id, role), at: None }
    }

    /// A script with a token of an account: that account, with what its role and the token's scopes
    /// both allow.
    pub fn token(
        id: TokenId,
        account: UserId,
        role: Role,
        scopes: Vec<Permission>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            standing: Standing::Token { id, account, role, scopes },
            at: None,
        }
    }

    /// The same, for what was decided on that generation of a tenant: whatever changes there first
    /// stops it.
    #[must_use]
    pub fn at(self, generation: i64) -> Self {
        Self { at: Some(generation), ..self }
    }

    /// As recorded.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Adds who acts to an entry of the record.
    pub(crate) fn sign(&self, detail: &mut Map<String, Value>) {
        detail.insert("by".to_owned(), self.name.as_str().into());
        if let Some(id) = self.user() {
            detail.insert("by_id".to_owned(), id.to_string().into());
        }
        if let Standing::Token { id, .. } = &self.standing {
            detail.insert("by_token".to_owned(), id.to_string().into());
        }
    }

    /// The account, unless it is somebody on the server itself.
    pub fn user(&self) -> Option<UserId> {
        match self.standing {
            Standing::Account(id, _) | Standing::Token { account: id, .. } => Some(id),
            Standing::Operator => None,
        }
    }

    /// Whether a person asks, and no script with a token.
    pub fn is_person(&self) -> bool {
        !matches!(self.standing, Standing::Token { .. })
    }

    /// Whether it is a script that holds that very token.
    pub fn holds(&self, token: TokenId) -> bool {
        matches!(self.standing, Standing::Token { id, .. } if id == token)
    }

    /// What it is in the portal. Somebody on the server itself counts as an owner.
    pub fn role(&self) -> Option<Role> {
        match self.standing {
            Standing::Account(_, role) => role,
            Standing::Operator => Some(Role::Owner),
            Standing::Token { role, .. } => Some(role),
        }
    }

    /// Whether it may do a kind of thing at all. Routes and commands ask that before; a use case
    /// does where one deed brings another with it.
    pub fn may(&self, permission: Permission) -> bool {
        let scoped = match &self.standing {
            Standing::Token { scopes, .. } => scopes.contains(&permission),
            Standing::Account(..) | Standing::Operator => true,
        };
        scoped && self.role().is_some_and(|role| role.may(permission))
    }

    /// Fails unless it may act on an account of that role (`None` is a plain user) that is not its
    /// own. A token has to hold every scope that the other role has use of: else whoever has it
    /// could give that account a password, and with it go where the token does not lead.
    ///
    /// # Errors
    ///
    /// [`AdminError::Outranked`].
    pub fn check_outranks(&self, other: Option<Role>) -> Result<(), AdminError> {
        let outranks = match &self.standing {
            Standing::Account(_, role) => role.is_some_and(|role| role.outranks(other)),
            Standing::Operator => true,
            Standing::Token { role, .. } => {
                let all = |other: Role| {
                    Permission::ALL.iter().all(|&deed| !other.may(deed) || self.may(deed))
                };
                role.outranks(other) && other.is_none_or(all)
            }
        };
        if outranks { Ok(()) } else { Err(AdminError::Outranked) }
    }

    /// Fails unless it is that account itself, or may act on an account of that role. A token is
    /// never its account itself: with a phone or a password of one's own one goes everywhere.
    ///
    /// # Errors
    ///
    /// [`AdminError::Outranked`].
    pub fn check_self_or_outranks(
        &self,
        account: UserId,
        role: Option<Role>,
    ) -> Result<(), AdminError> {
        let own = self.is_person() && self.user() == Some(account);
        if own { Ok(()) } else { self.check_outranks(role) }
    }
}

impl Tenant {
    pub(crate) async fn load(app: &App, id: TenantId) -> Result<Self, AdminError> {
        let found = stored::tenant(&app.store, id).await?.ok_or(AdminError::UnknownTenant)?;
        Ok(Self {
            id,
            name: found.name,
            policy: found.policy,
            settings: found.settings,
            data_key: app.keys.master.unwrap(id, &found.data_key)?,
            generation: found.generation,
        })
    }
}

/// The generation of a tenant: every change raises it.
///
/// # Errors
///
/// [`AdminError::UnknownTenant`], [`AdminError::Store`].
pub async fn generation(app: &App, tenant: TenantId) -> Result<i64, AdminError> {
    let found = stored::tenant(&app.store, tenant).await?;
    Ok(found.ok_or(AdminError::UnknownTenant)?.generation)
}

/// Carries out a change of a tenant, if who asks for it still is what they were. `decide` is asked
/// again, with the tenant read anew, when somebody else was faster. (It takes the tenant by value: a
/// closure over a borrowed one makes a future that handlers could not run on any thread.)
pub(crate) async fn change<T, E, Decided>(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    decide: impl Fn(Tenant, Millis) -> Decided,
) -> Result<T, E>
where
    Decided: Future<Output = Result<Change<T>, E>>,
    E: From<AdminError>,
{
    for _ in 0..TRIES {
        let read = Tenant::load(app, tenant).await?;
        let generation = read.generation;
        if by.at.is_some_and(|at| at != generation) {
            break;
        }
        by.check_still(app, tenant).await?;
        let now = app.now().map_err(AdminError::from)?;
        let Change { batch, kind, about, mut detail, outcome } = decide(read, now).await?;
        by.sign(&mut detail);
        let batch = Batch::default().raise_generation(tenant, generation).and(batch);
        let batch = app.record(batch, now, tenant, kind, about, detail);
        match app.store.commit(batch).await {
            Ok(()) => return Ok(outcome),
            Err(StoreError::Conflict) => pause(app).await,
            Err(error) => return Err(AdminError::from(error).into()),
        }
    }
    Err(AdminError::Busy.into())
}

/// The detail of an entry of the record.
pub(crate) fn detail<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// A moment of chance length, so that those who collided do not meet again.
pub(crate) async fn pause(app: &App) {
    let mut byte = [0];
    app.random.fill(&mut byte);
    let [millis] = byte;
    tokio::time::sleep(Duration::from_millis(u64::from(millis / 4))).await;
}

/// How often a change is decided when others are faster: enough for some dozen scripts at once.
pub(crate) const TRIES: u8 = 20;
