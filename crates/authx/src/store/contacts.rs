//! Who called for an application lately.

use super::{Batch, Row, Store, StoreError};
use authx_core::{ApplicationId, KeyId, Millis, TenantId};

/// One host that signs with a key, as far as it says which.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContactRow {
    /// With which key.
    pub key: KeyId,
    /// What the VPN server calls itself; empty where it says nothing.
    pub server: String,
    /// Program and version.
    pub client: String,
    /// Where it called from; `None` by the unix socket.
    pub address: Option<String>,
    /// How far its clock is ahead.
    pub ahead_secs: i64,
    /// The first time.
    pub first: Millis,
    /// The last time.
    pub last: Millis,
}

/// A contact with what it belongs to.
#[derive(Clone, Debug)]
pub struct KnownContact {
    /// For which application.
    pub application: ApplicationId,
    /// What the key is called.
    pub key_name: String,
    /// Whether the key was revoked since.
    pub key_revoked: bool,
    /// Itself.
    pub contact: ContactRow,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT c.application_key, c.server, c.client, c.address, c.ahead_secs, c.first, c.last,
                    c.application, k.name, k.revoked
             FROM contact c
             JOIN application_key k ON k.id = c.application_key AND k.tenant = c.tenant
             WHERE ",
            $which,
            " ORDER BY c.last DESC, c.server"
        )
    };
}

/// Reads the contacts of all applications of a tenant, newest first.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn of_all(store: &Store, tenant: TenantId) -> Result<Vec<KnownContact>, StoreError> {
    let rows = store.query(select!("c.tenant = $1"), [tenant.into()]).await?;
    rows.iter().map(known).collect()
}

/// Reads the contacts of an application, newest first, with their keys.
///
/// # Errors
///
/// As [`of_all`].
pub async fn of_one(
    store: &Store,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<KnownContact>, StoreError> {
    let sql = select!("c.tenant = $1 AND c.application = $2");
    let rows = store.query(sql, [tenant.into(), application.into()]).await?;
    rows.iter().map(known).collect()
}

fn known(row: &Row) -> Result<KnownContact, StoreError> {
    Ok(KnownContact {
        application: row.application(7)?,
        key_name: row.text(8)?.to_owned(),
        key_revoked: row.opt_millis(9)?.is_some(),
        contact: contact(row)?,
    })
}

/// Reads the contacts of an application, newest first.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn contacts(
    store: &Store,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<ContactRow>, StoreError> {
    let rows = store
        .query(
            "SELECT application_key, server, client, address, ahead_secs, first, last FROM contact
             WHERE tenant = $1 AND application = $2 ORDER BY last DESC, server",
            [tenant.into(), application.into()],
        )
        .await?;
    rows.iter().map(contact).collect()
}

fn contact(row: &Row) -> Result<ContactRow, StoreError> {
    Ok(ContactRow {
        key: row.key(0)?,
        server: row.text(1)?.to_owned(),
        client: row.text(2)?.to_owned(),
        address: row.opt_text(3)?.map(str::to_owned),
        ahead_secs: row.int(4)?,
        first: row.millis(5)?,
        last: row.millis(6)?,
    })
}

impl Batch {
    /// Notes a contact, unless its key has too many servers already: a caller may say any name.
    #[must_use]
    pub fn note_contact(
        self,
        tenant: TenantId,
        application: ApplicationId,
        contact: &ContactRow,
    ) -> Self {
        self.run(
            "INSERT INTO contact
                (tenant, application, application_key, server, client, address, ahead_secs,
                 first, last)
             SELECT k.tenant, k.application, k.id, $4, $5, $6, $7, $8, $8 FROM application_key k
             WHERE k.tenant = $1 AND k.application = $2 AND k.id = $3
               AND (EXISTS (SELECT 1 FROM contact c
                            WHERE c.application_key = k.id AND c.server = $4)
                    OR (SELECT COUNT(*) FROM contact c WHERE c.application_key = k.id) < $9)
             ON CONFLICT (application_key, server) DO UPDATE SET
                client = excluded.client, address = excluded.address,
                ahead_secs = excluded.ahead_secs, last = excluded.last
             WHERE contact.last < excluded.last",
            [
                tenant.into(),
                application.into(),
                contact.key.into(),
                contact.server.as_str().into(),
                contact.client.as_str().into(),
                contact.address.clone().into(),
                contact.ahead_secs.into(),
                contact.last.into(),
                MOST_SERVERS.into(),
            ],
        )
    }
}

/// Servers that are told apart for one key.
const MOST_SERVERS: i64 = 64;
