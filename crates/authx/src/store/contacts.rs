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
    let contact = |row: &Row| {
        Ok(ContactRow {
            key: row.key(0)?,
            server: row.text(1)?.to_owned(),
            client: row.text(2)?.to_owned(),
            address: row.opt_text(3)?.map(str::to_owned),
            ahead_secs: row.int(4)?,
            first: row.millis(5)?,
            last: row.millis(6)?,
        })
    };
    rows.iter().map(contact).collect()
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
