//! Activations: what binds a phone to an account within minutes. Of a token only its digest is
//! stored. One token may stand for several accounts, also of several tenants: those of a phone that
//! moves.

use super::{Batch, Row, Store, StoreError};
use authx_core::{InvitationId, Millis, PhoneId, TenantId, UserId};

/// An activation of one account, with what its tenant and its user add.
#[derive(Clone, Debug)]
pub struct ActivationRow {
    /// The digest of its token.
    pub token_digest: [u8; 32],
    /// Whose tenant.
    pub tenant: TenantId,
    /// Whose.
    pub account: UserId,
    /// The phone that the account leaves.
    pub moves: Option<PhoneId>,
    /// The invitation that was proved.
    pub invitation: Option<InvitationId>,
    /// When it ends by itself.
    pub expires: Millis,
    /// The phone that was made from it.
    pub made: Option<PhoneId>,
    /// What the operator calls the tenant.
    pub tenant_name: String,
    /// The user's name.
    pub account_name: String,
    /// The user may sign in.
    pub account_active: bool,
}

/// An activation to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewActivation {
    /// The digest of its token.
    pub token_digest: [u8; 32],
    /// The digest of its short code.
    pub short_digest: Option<[u8; 32]>,
    /// Whose tenant.
    pub tenant: TenantId,
    /// Whose.
    pub account: UserId,
    /// The phone that the account leaves.
    pub moves: Option<PhoneId>,
    /// The invitation that was proved.
    pub invitation: Option<InvitationId>,
    /// When it is stored.
    pub created: Millis,
    /// When it ends by itself.
    pub expires: Millis,
}

/// Reads the activations of a token by its digest or that of its short code, one for each account.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn activations(
    store: &Store,
    digest: [u8; 32],
) -> Result<Vec<ActivationRow>, StoreError> {
    let rows = store
        .query(
            "SELECT n.token_digest, n.tenant, n.account, n.phone, n.invitation, n.expires, n.made,
                    t.name, a.name, a.state
             FROM activation n JOIN tenant t ON t.id = n.tenant JOIN account a ON a.id = n.account
             WHERE n.token_digest = $1 OR n.short_digest = $1
             ORDER BY t.folded, a.name, n.phone",
            [digest.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

impl Batch {
    /// Adds an activation.
    #[must_use]
    pub fn insert_activation(self, new: NewActivation) -> Self {
        self.one(
            "INSERT INTO activation (token_digest, short_digest, tenant, account, phone, invitation,
                                     created, expires)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                new.token_digest.into(),
                new.short_digest.into(),
                new.tenant.into(),
                new.account.into(),
                new.moves.unwrap_or_else(no_phone).into(),
                new.invitation.into(),
                new.created.into(),
                new.expires.into(),
            ],
        )
    }

    /// Forgets the activations without an invitation of a user who has no phone to leave: an
    /// earlier one that was shown at the VPN prompt.
    #[must_use]
    pub fn delete_shown_activations(self, tenant: TenantId, account: UserId) -> Self {
        self.run(
            "DELETE FROM activation WHERE tenant = $1 AND account = $2 AND phone = $3
               AND invitation IS NULL AND made IS NULL",
            [tenant.into(), account.into(), no_phone().into()],
        )
    }

    /// Spends an activation for a phone, if it was not spent.
    #[must_use]
    pub fn spend_activation(self, row: &ActivationRow, made: PhoneId) -> Self {
        self.one(
            "UPDATE activation SET made = $5
             WHERE token_digest = $1 AND tenant = $2 AND account = $3 AND phone = $4
               AND made IS NULL",
            [
                row.token_digest.into(),
                row.tenant.into(),
                row.account.into(),
                row.moves.unwrap_or_else(no_phone).into(),
                made.into(),
            ],
        )
    }
}

fn read(row: &Row) -> Result<ActivationRow, StoreError> {
    let moves = row.phone(3)?;
    Ok(ActivationRow {
        token_digest: row.array(0)?,
        tenant: row.tenant(1)?,
        account: row.user(2)?,
        moves: (moves != no_phone()).then_some(moves),
        invitation: row.opt_invitation(4)?,
        expires: row.millis(5)?,
        made: row.opt_phone(6)?,
        tenant_name: row.text(7)?.to_owned(),
        account_name: row.text(8)?.to_owned(),
        account_active: row.text(9)? == "active",
    })
}

/// In a primary key, where there can be no NULL.
fn no_phone() -> PhoneId {
    PhoneId::from_bytes([0; 16])
}
