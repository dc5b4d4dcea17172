//! Phones as their calls show them: who signs, for whom, and with which keys.

use crate::{
    app::App,
    store::{StoreError, phones as stored, phones::PhoneRow},
};
use authx_core::{
    PhoneId, TenantId, UserId,
    policy::Document,
    seal::{DataKey, Place, SealError},
    wire::{
        login::Rfc3339,
        phone::{AccountState, PhoneClass, Reach, ReachState, ReachWay},
        signature::PhoneKey,
    },
};

/// A phone, ready to check its calls: read anew for every call, so that keys are dead from the very
/// commit that removed them.
pub struct KnownPhone {
    /// What is stored of it.
    pub row: PhoneRow,
    /// Signs what counts.
    pub answer_key: PhoneKey,
    /// Signs what a locked phone may do.
    pub device_key: PhoneKey,
    /// What the operator calls the tenant.
    pub tenant_name: String,
    /// What may be stored under it only while the tenant still has it.
    pub generation: i64,
    /// The tenant's policy document.
    pub document: Document,
    /// Opens what is sealed for the tenant.
    pub data_key: DataKey,
    /// The user's name.
    pub account_name: String,
    /// The user may sign in.
    pub account_active: bool,
}

/// Why a phone could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PhoneUnread {
    /// Something is stored that cannot be read.
    #[error("what is stored of the phone cannot be read: {0}")]
    Damaged(String),
    /// The tenant's key is wrapped under another master key, or was changed.
    #[error("a sealed value cannot be opened")]
    Seal(#[from] SealError),
    /// The database gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KnownPhone {
    /// Reads a phone, its tenant and its user, in one read. `None`: it is gone, or never was.
    ///
    /// # Errors
    ///
    /// [`PhoneUnread`].
    pub async fn load(app: &App, id: PhoneId) -> Result<Option<Self>, PhoneUnread> {
        let Some(found) = stored::known(&app.store, id).await? else { return Ok(None) };
        let row = found.phone;
        let key = |point: &[u8; 65]| {
            let damaged = || PhoneUnread::Damaged(format!("a key of phone {id}"));
            PhoneKey::new(point).ok_or_else(damaged)
        };
        let document = Document::from_json(&found.tenant_policy)
            .map_err(|error| PhoneUnread::Damaged(error.to_string()))?;
        Ok(Some(Self {
            answer_key: key(&row.answer_key)?,
            device_key: key(&row.device_key)?,
            tenant_name: found.tenant_name,
            generation: found.generation,
            document,
            data_key: app.keys.master.unwrap(row.tenant, &found.data_key)?,
            account_name: found.account_name,
            account_active: found.account_active,
            row,
        }))
    }

    /// Which.
    pub fn id(&self) -> PhoneId {
        self.row.id
    }

    /// Whose tenant.
    pub fn tenant(&self) -> TenantId {
        self.row.tenant
    }

    /// Whose.
    pub fn account(&self) -> UserId {
        self.row.account
    }

    /// Whether it counts.
    pub fn state(&self) -> AccountState {
        state(&self.row)
    }
}

/// Whether a phone counts.
pub fn state(row: &PhoneRow) -> AccountState {
    if row.active { AccountState::Active } else { AccountState::Pending }
}

/// What keeps a phone's keys.
pub fn class(row: &PhoneRow) -> PhoneClass {
    PhoneClass::from_word(&row.class)
}

/// Whether requests reach a phone.
pub fn reach(row: &PhoneRow) -> Reach {
    let by = row.reached_by.as_deref();
    let by = [ReachWay::Live, ReachWay::Poll, ReachWay::Push]
        .into_iter()
        .find(|way| by == Some(way.word()));
    let state = match (row.unreachable_since, row.reached_at) {
        (Some(_), _) => ReachState::Unreachable,
        (None, Some(_)) => ReachState::Reachable,
        (None, None) => ReachState::Unknown,
    };
    Reach { state, by, at: row.reached_at.map(Rfc3339), since: row.unreachable_since.map(Rfc3339) }
}

/// Which of the eight colours a tenant has: the same for everybody, whatever it is called.
pub fn hue(tenant: TenantId) -> u8 {
    // The last byte of an id is random.
    tenant.as_bytes().last().map_or(1, |byte| byte % 8 + 1)
}

/// Where a phone's subscription is sealed.
pub fn subscription_place(tenant: TenantId, id: &PhoneId) -> Place<'_> {
    Place { tenant, table: "phone", column: "subscription", row: id.as_bytes() }
}

impl std::fmt::Debug for KnownPhone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownPhone").field("id", &self.row.id).finish_non_exhaustive()
    }
}
