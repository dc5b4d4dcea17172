//! Secrets at rest: the master key seals one data key per tenant, data keys seal values, each to its
//! place. A copied database opens nothing, and a value copied to another row opens nowhere.
//!
//! A sealed value is a format byte (1), the id of the key (4 bytes), a random nonce (12), then the
//! AES-256-GCM ciphertext and its tag (16). Format, key id and place are authenticated with it. The
//! AES key is derived from the data key for each place, so NIST's limit of 2^32 random nonces a key
//! (SP 800-38D §8.3) counts writes of one row, not of a tenant, and is never reached.

#[cfg(test)]
mod tests;

use crate::{
    Cx, Secret, cipher,
    fields::Fields,
    id::TenantId,
    secret_text::{self, InvalidSecretText},
};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

/// Why a sealed value does not open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SealError {
    /// It was changed, or comes from another row, column, table or tenant.
    #[error("a sealed value does not open: it was changed, or moved from another place")]
    Damaged,
    /// Another key sealed it.
    #[error("a sealed value belongs to another key; check that the right master key is configured")]
    OtherKey,
    /// Too short, or of a format that this version does not know.
    #[error("not a sealed value, or one of a newer version of AuthX")]
    UnknownFormat,
}

/// Where a sealed value is stored; it opens only there.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Whose it is.
    pub tenant: TenantId,
    /// The table's name.
    pub table: &'a str,
    /// The column's name.
    pub column: &'a str,
    /// The row's primary key as stored.
    pub row: &'a [u8],
}

impl Place<'_> {
    fn encode(&self) -> Vec<u8> {
        Fields::new("authx place")
            .bytes(self.tenant.as_bytes())
            .bytes(self.table.as_bytes())
            .bytes(self.column.as_bytes())
            .bytes(self.row)
            .finish()
    }
}

/// The key of an installation. It seals data keys and makes the digests of codes that say of no
/// tenant, and lives outside the database.
#[derive(Clone)]
pub struct MasterKey(Root);

impl MasterKey {
    /// A new one.
    pub fn generate(cx: &mut Cx<'_>) -> Self {
        Self(Root::new(Zeroizing::new(cx.bytes())))
    }

    /// From the text that [`Self::to_text`] gave.
    ///
    /// # Errors
    ///
    /// [`InvalidSecretText`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretText> {
        secret_text::parse(secret_text::MASTER_KEY, text).map(|bytes| Self(Root::new(bytes)))
    }

    /// As it stands in the key file: `axm_`, 43 characters of base64url, 6 of checksum.
    pub fn to_text(&self) -> Zeroizing<String> {
        secret_text::format(secret_text::MASTER_KEY, &self.0.bytes)
    }

    /// Seals the data key of a tenant, for its row in the database.
    pub fn wrap(&self, cx: &mut Cx<'_>, tenant: TenantId, key: &DataKey) -> Vec<u8> {
        self.0.seal(cx, &Self::context(tenant), key.0.bytes.as_ref())
    }

    /// Opens what [`Self::wrap`] made for the same tenant.
    ///
    /// # Errors
    ///
    /// - [`SealError::OtherKey`]: another master key wrapped it.
    /// - [`SealError::Damaged`]: it was changed, or belongs to another tenant.
    /// - [`SealError::UnknownFormat`]: it is no wrapped key, or a newer version's.
    pub fn unwrap(&self, tenant: TenantId, wrapped: &[u8]) -> Result<DataKey, SealError> {
        let bytes = self.0.open(&Self::context(tenant), wrapped)?;
        let bytes = <[u8; 32]>::try_from(bytes.expose()).map_err(|_| SealError::UnknownFormat)?;
        Ok(DataKey(Root::new(Zeroizing::new(bytes))))
    }

    /// As [`DataKey::fingerprint`], for what is looked up before its tenant is known.
    pub fn fingerprint(&self, label: &str, data: &[u8]) -> [u8; 32] {
        self.0.fingerprint(label, data)
    }

    fn context(tenant: TenantId) -> Vec<u8> {
        Fields::new("authx data key").bytes(tenant.as_bytes()).finish()
    }
}

/// The key of one tenant, under which its secrets are sealed.
#[derive(Clone)]
pub struct DataKey(Root);

impl DataKey {
    /// A new one.
    pub fn generate(cx: &mut Cx<'_>) -> Self {
        Self(Root::new(Zeroizing::new(cx.bytes())))
    }

    /// Seals a value to its place; 33 bytes longer than the value.
    pub fn seal(&self, cx: &mut Cx<'_>, place: &Place<'_>, plain: &[u8]) -> Vec<u8> {
        self.0.seal(cx, &place.encode(), plain)
    }

    /// Opens a value that was sealed to the same place.
    ///
    /// # Errors
    ///
    /// - [`SealError::OtherKey`]: another tenant's key, or an earlier one, sealed it.
    /// - [`SealError::Damaged`]: it was changed, or comes from another place.
    /// - [`SealError::UnknownFormat`]: it is no sealed value, or a newer version's.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Secret, SealError> {
        self.0.open(&place.encode(), sealed)
    }

    /// A digest of something with little entropy (a short code, a telephone number) that can be
    /// stored and compared but, without the key, not guessed: HMAC-SHA-256 under a key of its own
    /// for each `label`.
    pub fn fingerprint(&self, label: &str, data: &[u8]) -> [u8; 32] {
        self.0.fingerprint(label, data)
    }
}

/// 32 random bytes from which the keys in use are derived, so that no key has two uses.
#[derive(Clone)]
struct Root {
    bytes: Zeroizing<[u8; 32]>,
    /// The same bytes as an HKDF pseudorandom key: they are uniform, so Extract can be left out
    /// (RFC 5869 §3.3).
    prk: hmac::Key,
    id: [u8; KEY_ID],
}

impl Root {
    fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let prk = cipher::hmac_key(bytes.as_ref());
        let name = cipher::expand(&prk, &[&Fields::new("authx key id").finish()]);
        let [a, b, c, d, ..] = *name;
        Self { bytes, prk, id: [a, b, c, d] }
    }

    fn derive(&self, info: &[u8]) -> Zeroizing<[u8; 32]> {
        cipher::expand(&self.prk, &[info])
    }

    fn fingerprint(&self, label: &str, data: &[u8]) -> [u8; 32] {
        let info = Fields::new("authx fingerprint").bytes(label.as_bytes()).finish();
        let key = self.derive(&info);
        cipher::mac(&cipher::hmac_key(key.as_ref()), &[data])
    }

    fn seal(&self, cx: &mut Cx<'_>, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce = cx.bytes();
        let mut out = Vec::with_capacity(HEADER + plain.len() + cipher::TAG);
        out.push(FORMAT);
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let key = cipher::aes(&self.derive(context));
        cipher::seal(&key, nonce, &self.authenticated(context), &mut out, HEADER);
        out
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Secret, SealError> {
        let (&[format, ref rest @ ..], body) =
            sealed.split_first_chunk::<HEADER>().ok_or(SealError::UnknownFormat)?;
        if format != FORMAT {
            return Err(SealError::UnknownFormat);
        }
        let &[a, b, c, d, ref nonce @ ..] = rest;
        if [a, b, c, d] != self.id {
            return Err(SealError::OtherKey);
        }
        let key = cipher::aes(&self.derive(context));
        let mut buffer = body.to_vec();
        cipher::open(&key, *nonce, &self.authenticated(context), &mut buffer)
            .map_err(|_| SealError::Damaged)?;
        Ok(Secret::new(buffer))
    }

    fn authenticated(&self, context: &[u8]) -> Vec<u8> {
        [&[FORMAT], &self.id[..], context].concat()
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

const FORMAT: u8 = 1;
const KEY_ID: usize = 4;
const HEADER: usize = 1 + KEY_ID + 12;
