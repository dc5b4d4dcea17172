//! The outbox: mails that wait to be sent, and what became of those that do no longer.

macro_rules! columns {
    () => {
        "d.id, d.tenant, d.kind, d.account, a.name, d.recipient, d.state, d.tries, d.next_try,
         d.until, d.created, d.ended, d.support_code, d.error
         FROM delivery d LEFT JOIN account a ON a.id = d.account"
    };
}

mod list;
mod write;

use super::{Row, Store, StoreError};
use authx_core::{DeliveryId, Millis, TenantId, UserId};

pub use list::{all_deliveries, count, deliveries};

/// How far a delivery is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeliveryState {
    /// It is to be tried, or tried again.
    Waiting,
    /// A mail server took it.
    Sent,
    /// A mail server refused it for good.
    Failed,
    /// It could not be sent while it was of use.
    GivenUp,
    /// There was no way to send it from the start.
    NotSent,
}

/// A delivery to be stored.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Which.
    pub id: DeliveryId,
    /// Whose.
    pub tenant: TenantId,
    /// The word for what is written.
    pub kind: &'static str,
    /// To whom, if it is somebody with an account.
    pub account: Option<UserId>,
    /// The address, sealed.
    pub recipient: Option<Vec<u8>>,
    /// What is written, sealed.
    pub content: Option<Vec<u8>>,
    /// [`DeliveryState::Waiting`] or [`DeliveryState::NotSent`].
    pub state: DeliveryState,
    /// When it is stored.
    pub created: Millis,
    /// When it is of no use any more.
    pub until: Millis,
    /// What finds it.
    pub support_code: String,
    /// Why it cannot be sent.
    pub error: Option<String>,
}

/// A stored delivery, without what is written.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// Which.
    pub id: DeliveryId,
    /// Whose.
    pub tenant: TenantId,
    /// The word for what is written.
    pub kind: String,
    /// To whom, if it is somebody with an account.
    pub account: Option<UserId>,
    /// The account's name as it is now.
    pub account_name: Option<String>,
    /// The address, sealed.
    pub recipient: Option<Vec<u8>>,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: u64,
    /// From when on it may be tried.
    pub next_try: Millis,
    /// When it is of no use any more.
    pub until: Millis,
    /// When it was stored.
    pub created: Millis,
    /// When it ceased to wait.
    pub ended: Option<Millis>,
    /// What finds it.
    pub support_code: String,
    /// What went wrong last.
    pub error: Option<String>,
}

/// A company that writes.
#[derive(Clone, Debug)]
pub struct CompanyRow {
    /// What it is called.
    pub name: String,
    /// Its data key, wrapped under the master key.
    pub data_key: Vec<u8>,
    /// Its settings, JSON.
    pub settings: String,
}

/// A user who is written to.
#[derive(Clone, Debug)]
pub struct CorrespondentRow {
    /// Who writes.
    pub company: CompanyRow,
    /// The name to sign in with.
    pub name: String,
    /// As people call that person.
    pub display: Option<String>,
    /// Where mail goes.
    pub mail: Option<String>,
}

/// Which deliveries are meant; what is absent does not matter.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// In this state.
    pub state: Option<DeliveryState>,
    /// Of this kind.
    pub kind: Option<String>,
    /// To this account.
    pub account: Option<UserId>,
    /// With this support code.
    pub support_code: Option<String>,
    /// Queued then or later.
    pub from: Option<Millis>,
    /// Queued before then.
    pub until: Option<Millis>,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: &'static [Self] =
        &[Self::Waiting, Self::Sent, Self::Failed, Self::GivenUp, Self::NotSent];

    /// As stored, and in a filter.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
            Self::NotSent => "not_sent",
        }
    }

    /// The state of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.word() == word)
    }
}

/// Reads deliveries that may be tried, those that wait longest first.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn due(store: &Store, now: Millis, most: u32) -> Result<Vec<DeliveryRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " WHERE d.state = 'waiting' AND d.next_try <= $1 ORDER BY d.next_try, d.id LIMIT $2"
    );
    let rows = store.query(sql, [now.into(), most.into()]).await?;
    rows.iter().map(read).collect()
}

/// Reads one delivery of a tenant. `None`: the tenant has none of that id.
///
/// # Errors
///
/// As [`due`].
pub async fn delivery(
    store: &Store,
    tenant: TenantId,
    id: DeliveryId,
) -> Result<Option<DeliveryRow>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " WHERE d.tenant = $1 AND d.id = $2");
    let row = store.query_one(sql, [tenant.into(), id.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Reads when a letter of a kind was last queued for an account.
///
/// # Errors
///
/// As [`due`].
pub async fn newest(
    store: &Store,
    account: UserId,
    kind: &str,
) -> Result<Option<Millis>, StoreError> {
    let sql = "SELECT MAX(created) FROM delivery WHERE account = $1 AND kind = $2";
    let row = store.query_one(sql, [account.into(), kind.into()]).await?;
    row.map_or(Ok(None), |row| row.opt_millis(0))
}

/// Reads what is written, sealed. `None`: it was erased, or there is no such delivery.
///
/// # Errors
///
/// As [`due`].
pub async fn content(store: &Store, id: DeliveryId) -> Result<Option<Vec<u8>>, StoreError> {
    let row = store.query_one("SELECT content FROM delivery WHERE id = $1", [id.into()]).await?;
    row.map_or(Ok(None), |row| Ok(row.opt_bytes(0)?.map(<[u8]>::to_vec)))
}

/// Reads a company that writes. `None`: there is none of that id.
///
/// # Errors
///
/// As [`due`].
pub async fn company(store: &Store, tenant: TenantId) -> Result<Option<CompanyRow>, StoreError> {
    let sql = "SELECT name, data_key, settings FROM tenant WHERE id = $1";
    let row = store.query_one(sql, [tenant.into()]).await?;
    row.as_ref().map(read_company).transpose()
}

/// Reads a user who is written to. `None`: the tenant has none of that id.
///
/// # Errors
///
/// As [`due`].
pub async fn correspondent(
    store: &Store,
    tenant: TenantId,
    account: UserId,
) -> Result<Option<CorrespondentRow>, StoreError> {
    let row = store
        .query_one(
            "SELECT t.name, t.data_key, t.settings, a.name, a.display, a.mail
             FROM account a JOIN tenant t ON t.id = a.tenant WHERE a.tenant = $1 AND a.id = $2",
            [tenant.into(), account.into()],
        )
        .await?;
    let read = |row: &Row| {
        Ok(CorrespondentRow {
            company: read_company(row)?,
            name: row.text(3)?.to_owned(),
            display: row.opt_text(4)?.map(ToOwned::to_owned),
            mail: row.opt_text(5)?.map(ToOwned::to_owned),
        })
    };
    row.as_ref().map(read).transpose()
}

fn read_company(row: &Row) -> Result<CompanyRow, StoreError> {
    Ok(CompanyRow {
        name: row.text(0)?.to_owned(),
        data_key: row.bytes(1)?.to_vec(),
        settings: row.text(2)?.to_owned(),
    })
}

/// A delivery, from the columns of a list.
///
/// # Errors
///
/// [`StoreError::Corrupt`].
pub fn read(row: &Row) -> Result<DeliveryRow, StoreError> {
    let state = DeliveryState::from_word(row.text(6)?);
    Ok(DeliveryRow {
        id: row.delivery(0)?,
        tenant: row.tenant(1)?,
        kind: row.text(2)?.to_owned(),
        account: row.opt_user(3)?,
        account_name: row.opt_text(4)?.map(ToOwned::to_owned),
        recipient: row.opt_bytes(5)?.map(<[u8]>::to_vec),
        state: state.ok_or_else(|| row.corrupt(6, "a state of a delivery"))?,
        tries: row.count(7)?,
        next_try: row.millis(8)?,
        until: row.millis(9)?,
        created: row.millis(10)?,
        ended: row.opt_millis(11)?,
        support_code: row.text(12)?.to_owned(),
        error: row.opt_text(13)?.map(ToOwned::to_owned),
    })
}
