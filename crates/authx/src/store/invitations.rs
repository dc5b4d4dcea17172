//! Invitations to enrol a phone. Of a token only its digest is stored.

use super::{Batch, Row, Store, StoreError};
use authx_core::{InvitationId, Millis, TenantId, UserId};

/// An invitation, with what its tenant and its user add.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// Which.
    pub id: InvitationId,
    /// Whose tenant.
    pub tenant: TenantId,
    /// Whose.
    pub account: UserId,
    /// The word for what has to be proved.
    pub proof: String,
    /// The digest of a separate code.
    pub proof_digest: Option<[u8; 32]>,
    /// Proofs that were tried and not right.
    pub failures: u64,
    /// When it ends by itself.
    pub expires: Millis,
    /// When a phone was made from it.
    pub spent: Option<Millis>,
    /// What the operator calls the tenant.
    pub tenant_name: String,
    /// The tenant's data key, wrapped under the master key.
    pub data_key: Vec<u8>,
    /// Rises with every change that an administrator makes.
    pub generation: i64,
    /// The user's name.
    pub account_name: String,
    /// The user may sign in.
    pub account_active: bool,
    /// The user's password, sealed.
    pub password: Option<Vec<u8>>,
}

/// An invitation to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewInvitation {
    /// Which.
    pub id: InvitationId,
    /// Whose tenant.
    pub tenant: TenantId,
    /// Whose.
    pub account: UserId,
    /// The digest of its token.
    pub token_digest: [u8; 32],
    /// The digest of its short code.
    pub short_digest: [u8; 32],
    /// The word for what has to be proved.
    pub proof: &'static str,
    /// The digest of a separate code.
    pub proof_digest: Option<[u8; 32]>,
    /// When it is stored.
    pub created: Millis,
    /// When it ends by itself.
    pub expires: Millis,
}

/// Reads an invitation by the digest of its token or of its short code. `None`: there is none.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn invitation(
    store: &Store,
    digest: [u8; 32],
) -> Result<Option<InvitationRow>, StoreError> {
    let row = store
        .query_one(
            "SELECT i.id, i.tenant, i.account, i.proof, i.proof_digest, i.failures, i.expires,
                    i.spent, t.name, t.data_key, t.generation, a.name, a.state, a.password
             FROM invitation i JOIN tenant t ON t.id = i.tenant JOIN account a ON a.id = i.account
             WHERE i.token_digest = $1 OR i.short_digest = $1",
            [digest.into()],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// How many proofs of an invitation were wrong. `None`: it is gone, or a phone was made from it.
///
/// # Errors
///
/// As [`invitation`].
pub async fn failures(store: &Store, id: InvitationId) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT failures FROM invitation WHERE id = $1 AND spent IS NULL";
    let row = store.query_one(sql, [id.into()]).await?;
    row.map(|row| row.count(0)).transpose()
}

/// How many invitations of a user still count.
///
/// # Errors
///
/// As [`invitation`].
pub async fn open(
    store: &Store,
    tenant: TenantId,
    account: UserId,
    now: Millis,
) -> Result<u64, StoreError> {
    let row = store
        .query_one(
            "SELECT COUNT(*) FROM invitation
             WHERE tenant = $1 AND account = $2 AND spent IS NULL AND expires > $3",
            [tenant.into(), account.into(), now.into()],
        )
        .await?;
    row.map_or(Ok(0), |row| row.count(0))
}

impl Batch {
    /// Adds an invitation.
    #[must_use]
    pub fn insert_invitation(self, new: NewInvitation) -> Self {
        self.one(
            "INSERT INTO invitation (id, tenant, account, token_digest, short_digest, proof,
                                     proof_digest, failures, created, expires)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)",
            [
                new.id.into(),
                new.tenant.into(),
                new.account.into(),
                new.token_digest.into(),
                new.short_digest.into(),
                new.proof.into(),
                new.proof_digest.into(),
                new.created.into(),
                new.expires.into(),
            ],
        )
    }

    /// Forgets the invitations of a user from which no phone was made, with the activations that
    /// were made of them.
    #[must_use]
    pub fn delete_open_invitations(self, tenant: TenantId, account: UserId) -> Self {
        let of = || [tenant.into(), account.into()];
        self.run(
            "DELETE FROM activation WHERE tenant = $1 AND account = $2 AND made IS NULL
               AND invitation IS NOT NULL",
            of(),
        )
        .run("DELETE FROM invitation WHERE tenant = $1 AND account = $2 AND spent IS NULL", of())
    }

    /// Counts a proof before it is judged, if fewer than `most` were wrong so far: then no more can
    /// be judged however many come at once.
    #[must_use]
    pub fn count_proof(self, id: InvitationId, most: u64) -> Self {
        self.one(
            "UPDATE invitation SET failures = failures + 1
             WHERE id = $1 AND failures < $2 AND spent IS NULL",
            [id.into(), most.into()],
        )
    }

    /// Takes back what [`count_proof`](Self::count_proof) counted: the proof was right.
    #[must_use]
    pub fn forgive_proof(self, id: InvitationId) -> Self {
        self.one(
            "UPDATE invitation SET failures = failures - 1 WHERE id = $1 AND spent IS NULL",
            [id.into()],
        )
    }

    /// Notes that a phone is made from an invitation, if none was yet, and forgets the other
    /// activations that were made of it.
    #[must_use]
    pub fn spend_invitation(self, id: InvitationId, now: Millis) -> Self {
        self.one(
            "UPDATE invitation SET spent = $2 WHERE id = $1 AND spent IS NULL",
            [id.into(), now.into()],
        )
        .run("DELETE FROM activation WHERE invitation = $1 AND made IS NULL", [id.into()])
    }
}

fn read(row: &Row) -> Result<InvitationRow, StoreError> {
    Ok(InvitationRow {
        id: row.invitation(0)?,
        tenant: row.tenant(1)?,
        account: row.user(2)?,
        proof: row.text(3)?.to_owned(),
        proof_digest: row.opt_array(4)?,
        failures: row.count(5)?,
        expires: row.millis(6)?,
        spent: row.opt_millis(7)?,
        tenant_name: row.text(8)?.to_owned(),
        data_key: row.bytes(9)?.to_vec(),
        generation: row.int(10)?,
        account_name: row.text(11)?.to_owned(),
        account_active: row.text(12)? == "active",
        password: row.opt_bytes(13)?.map(<[u8]>::to_vec),
    })
}
