//! The record: what happened, in a form in which a change is found later.
//!
//! Every event carries a MAC under the audit key and is written in the batch of what it records, so
//! it costs no ordering between nodes. Now and then a [`Seal`] closes what has been written since:
//! count, Merkle root, the seal before, MAC. A [`Witness`] is the name of the latest seal, told to
//! whoever calls; whoever keeps one can prove that the record was cut or put back. [`Verifier`]
//! reads it all again.
//!
//! What cannot be found: rows removed after the newest seal that a witness names, by someone who can
//! write to the database (a seal is made every second while the server serves), and anything done by
//! someone who also has the audit key.

mod approval;
mod event;
mod finding;
mod kind;
mod login_line;
mod merkle;
mod removed;
mod repeats;
mod retention;
#[cfg(test)]
mod retention_tests;
mod seal;
#[cfg(test)]
mod tests;
mod verify;
mod witness;

pub use event::{Event, Row};
pub use finding::{Finding, Report};
pub use kind::{EventKind, UnknownKind};
pub use login_line::{Delay, LoginLine, LoginOutcome, Step, TallyKey};
pub use retention::{Class, Classes, Plan, Removal, Remover, Retention, Unsound};
pub use seal::Seal;
pub use verify::{Range, Verifier};
pub use witness::{InvalidWitness, Witness};

use crate::{
    Cx, Millis, cipher,
    id::TenantId,
    secret_text::{self, InvalidSecretText},
};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

/// The key that vouches for the record. Lives outside the database.
#[derive(Clone)]
pub struct AuditKey {
    bytes: Zeroizing<[u8; 32]>,
    events: hmac::Key,
    seals: hmac::Key,
}

impl AuditKey {
    /// A new one.
    pub fn generate(cx: &mut Cx<'_>) -> Self {
        Self::new(Zeroizing::new(cx.bytes()))
    }

    /// From the text that [`Self::to_text`] gave.
    ///
    /// # Errors
    ///
    /// [`InvalidSecretText`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretText> {
        secret_text::parse(secret_text::AUDIT_KEY, text).map(Self::new)
    }

    /// As it stands in the key file: `axd_`, 43 characters of base64url, 6 of checksum.
    pub fn to_text(&self) -> Zeroizing<String> {
        secret_text::format(secret_text::AUDIT_KEY, &self.bytes)
    }

    /// The MAC to store with an event: HMAC-SHA-256 over every column but the ordinal, which the
    /// database gives only later.
    pub fn mac(&self, event: &Event) -> [u8; 32] {
        let detail = event.detail_text();
        cipher::mac(&self.events, &[&event.as_row(&detail).authenticated(event.tenant)])
    }

    /// The seal to store after `previous`, over the MACs of all events of the tenant with an ordinal
    /// in `(previous.upto, upto]`, in the order of their ordinals.
    pub fn next_seal(
        &self,
        tenant: TenantId,
        previous: Option<&Seal>,
        upto: u64,
        macs: &[[u8; 32]],
        at: Millis,
    ) -> Seal {
        Seal::after(&self.seals, tenant, previous, upto, macs, at)
    }

    /// Whether this key made the seal and nothing in it was changed since.
    pub fn check_seal(&self, seal: &Seal) -> bool {
        hmac::verify(&self.seals, &seal.authenticated(), &seal.mac).is_ok()
    }

    /// Whether this key made the row, as an event of that tenant, and nothing in it was changed.
    fn check_row(&self, tenant: TenantId, row: &Row<'_>) -> bool {
        hmac::verify(&self.events, &row.authenticated(tenant), row.mac).is_ok()
    }

    fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let prk = cipher::hmac_key(bytes.as_ref());
        let key = |label: &[u8]| cipher::hmac_key(cipher::expand(&prk, &[label]).as_ref());
        Self { events: key(b"authx events"), seals: key(b"authx seals"), bytes }
    }
}

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditKey(…)")
    }
}
