//! Phones: what a signed call is checked against, and what each phone holds.

mod write;

pub use write::NewPhone;

use super::{Row, Store, StoreError};
use authx_core::{InvitationId, Millis, PhoneId, TenantId, UserId};

/// One account on one phone.
#[derive(Clone, Debug)]
pub struct PhoneRow {
    /// Which.
    pub id: PhoneId,
    /// Whose tenant.
    pub tenant: TenantId,
    /// Whose.
    pub account: UserId,
    /// Whether it counts yet.
    pub active: bool,
    /// The word for what keeps its keys.
    pub class: String,
    /// What its owner calls it.
    pub name: String,
    /// What it runs on.
    pub platform: String,
    /// Its answer key, an uncompressed point.
    pub answer_key: [u8; 65],
    /// Its device key, an uncompressed point.
    pub device_key: [u8; 65],
    /// Its box key, an uncompressed point.
    pub box_key: [u8; 65],
    /// Where notices go, sealed.
    pub subscription: Option<Vec<u8>>,
    /// Its WebAuthn credential, JSON.
    pub credential: Option<String>,
    /// How it came to be, JSON.
    pub enrolment: String,
    /// When it was made; what orders a user's phones.
    pub created: Millis,
    /// What a compare-and-swap compares.
    pub version: i64,
    /// Rises with every change of what it is asked.
    pub changes: i64,
    /// When something last reached it.
    pub reached_at: Option<Millis>,
    /// By which way.
    pub reached_by: Option<String>,
    /// Notices in a row without a receipt.
    pub unacked: u64,
    /// Since when it cannot be reached.
    pub unreachable_since: Option<Millis>,
    /// The phone whose place it is to take.
    pub moves: Option<PhoneId>,
    /// The invitation from which it was made.
    pub invitation: Option<InvitationId>,
    /// When an answer of it last let its user in, to the minute; where a user's phones are listed,
    /// a code that it shows too.
    pub used: Option<Millis>,
}

/// A phone with what its tenant and its user add.
#[derive(Clone, Debug)]
pub struct KnownRow {
    /// The phone.
    pub phone: PhoneRow,
    /// What the operator calls the tenant.
    pub tenant_name: String,
    /// The tenant's policy document, JSON.
    pub tenant_policy: String,
    /// The tenant's data key, wrapped under the master key.
    pub data_key: Vec<u8>,
    /// Rises with every change that an administrator makes.
    pub generation: i64,
    /// The user's name.
    pub account_name: String,
    /// The user may sign in.
    pub account_active: bool,
}

macro_rules! columns {
    () => {
        "p.id, p.tenant, p.account, p.state, p.class, p.name, p.platform, p.answer_key,
         p.device_key, p.box_key, p.subscription, p.credential, p.enrolment, p.created, p.version,
         p.changes, p.reached_at, p.reached_by, p.unacked, p.unreachable_since, p.moves,
         p.invitation, p.used"
    };
}

/// Reads a phone by the id that it made for itself, with its tenant and user. `None`: it is gone,
/// or never was.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn known(store: &Store, id: PhoneId) -> Result<Option<KnownRow>, StoreError> {
    let row = store
        .query_one(
            concat!(
                "SELECT ",
                columns!(),
                ", t.name, t.policy, t.data_key, t.generation, a.name, a.state
                 FROM phone p JOIN tenant t ON t.id = p.tenant JOIN account a ON a.id = p.account
                 WHERE p.id = $1"
            ),
            [id.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(KnownRow {
        phone: phone(&row)?,
        tenant_name: row.text(COLUMNS)?.to_owned(),
        tenant_policy: row.text(COLUMNS + 1)?.to_owned(),
        data_key: row.bytes(COLUMNS + 2)?.to_vec(),
        generation: row.int(COLUMNS + 3)?,
        account_name: row.text(COLUMNS + 4)?.to_owned(),
        account_active: row.text(COLUMNS + 5)? == "active",
    }))
}

/// Reads a phone of a tenant. `None`: the tenant has none of that id.
///
/// # Errors
///
/// As [`known`].
pub async fn of_tenant(
    store: &Store,
    tenant: TenantId,
    id: PhoneId,
) -> Result<Option<PhoneRow>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM phone p WHERE p.tenant = $1 AND p.id = $2");
    let row = store.query_one(sql, [tenant.into(), id.into()]).await?;
    row.as_ref().map(phone).transpose()
}

/// Reads the phones of a user, oldest first: the order by which `push2` chooses, in which those
/// that do not count yet have no number.
///
/// # Errors
///
/// As [`known`].
pub async fn of_user(
    store: &Store,
    tenant: TenantId,
    account: UserId,
) -> Result<Vec<PhoneRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", (SELECT MAX(f.used) FROM factor f WHERE f.phone = p.id)
         FROM phone p WHERE p.tenant = $1 AND p.account = $2 ORDER BY p.created, p.id"
    );
    let rows = store.query(sql, [tenant.into(), account.into()]).await?;
    let with_codes = |row: &Row| {
        let phone = phone(row)?;
        let used = phone.used.max(row.opt_millis(COLUMNS)?).filter(|at| at.0 > 0);
        Ok(PhoneRow { used, ..phone })
    };
    rows.iter().map(with_codes).collect()
}

/// Reads the phones that were made from an invitation, oldest first.
///
/// # Errors
///
/// As [`known`].
pub async fn of_invitation(
    store: &Store,
    invitation: InvitationId,
) -> Result<Vec<PhoneRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM phone p WHERE p.invitation = $1 ORDER BY p.created, p.id"
    );
    let rows = store.query(sql, [invitation.into()]).await?;
    rows.iter().map(phone).collect()
}

/// Reads the phones that were made from an activation, oldest first.
///
/// # Errors
///
/// As [`known`].
pub async fn of_activation(store: &Store, digest: [u8; 32]) -> Result<Vec<PhoneRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM phone p JOIN activation n ON n.made = p.id
         WHERE n.token_digest = $1 ORDER BY p.created, p.id"
    );
    let rows = store.query(sql, [digest.into()]).await?;
    rows.iter().map(phone).collect()
}

fn phone(row: &Row) -> Result<PhoneRow, StoreError> {
    Ok(PhoneRow {
        id: row.phone(0)?,
        tenant: row.tenant(1)?,
        account: row.user(2)?,
        active: row.text(3)? == "active",
        class: row.text(4)?.to_owned(),
        name: row.text(5)?.to_owned(),
        platform: row.text(6)?.to_owned(),
        answer_key: row.array(7)?,
        device_key: row.array(8)?,
        box_key: row.array(9)?,
        subscription: row.opt_bytes(10)?.map(<[u8]>::to_vec),
        credential: row.opt_text(11)?.map(str::to_owned),
        enrolment: row.text(12)?.to_owned(),
        created: row.millis(13)?,
        version: row.int(14)?,
        changes: row.int(15)?,
        reached_at: row.opt_millis(16)?,
        reached_by: row.opt_text(17)?.map(str::to_owned),
        unacked: row.count(18)?,
        unreachable_since: row.opt_millis(19)?,
        moves: row.opt_phone(20)?,
        invitation: row.opt_invitation(21)?,
        used: Some(row.millis(22)?).filter(|at| at.0 > 0),
    })
}

/// How many there are in `columns!`.
const COLUMNS: usize = 23;
