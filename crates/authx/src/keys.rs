//! The two keys that live outside the database, and whether they are this database's.

use crate::config::{Config, SecretFile, SecretFileError};
use crate::store::{Batch, Store, StoreError, meta};
use authx_core::audit::{AuditKey, Witness};
use authx_core::id::TenantId;
use authx_core::seal::{DataKey, MasterKey};
use authx_core::secret_text::InvalidSecretText;
use authx_core::{Cx, Millis};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The keys of an installation.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Vouches for the record.
    pub audit: AuditKey,
    /// Seals the data keys.
    pub master: MasterKey,
}

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// Another database's key.
    #[error(
        "the {which} is not the one this database was made with: put the right one back from your safe copy"
    )]
    Foreign {
        /// Which of the two.
        which: &'static str,
    },
    /// The database gave no answer.
    #[error("the database cannot be read")]
    Store(#[from] StoreError),
    /// No database of this configuration was made yet.
    #[error("this database was never set up: run `authx init`")]
    Unmarked,
    /// What the file holds is not a key.
    #[error("{file} holds no {which}: {source}")]
    Unreadable {
        /// Where it was looked for.
        file: SecretFile,
        /// What is wrong with it, without its text.
        source: InvalidSecretText,
        /// Which of the two.
        which: &'static str,
    },
}

impl Keys {
    /// Reads both.
    ///
    /// # Errors
    ///
    /// [`KeysError::File`] and [`KeysError::Unreadable`].
    pub fn load(config: &Config) -> Result<Self, KeysError> {
        Ok(Self { audit: audit(&config.audit_key_file)?, master: master(&config.master_key_file)? })
    }

    /// Makes sure that the database was made with these keys. A wrong master key would otherwise be
    /// noticed only by the first secret that cannot be opened, a wrong audit key by the next audit.
    ///
    /// # Errors
    ///
    /// [`KeysError::Foreign`], [`KeysError::Store`], [`KeysError::Unmarked`].
    pub async fn check(&self, store: &Store) -> Result<(), KeysError> {
        self.installation(store).await?;
        let audit = meta::read(store, AUDIT_MARK).await?.ok_or(KeysError::Unmarked)?;
        if audit != self.witness().to_string() {
            return Err(KeysError::Foreign { which: AUDIT });
        }
        Ok(())
    }

    /// Marks a new database as made with these keys; leaves a marked one alone.
    ///
    /// # Errors
    ///
    /// As the store's commit.
    pub async fn mark(&self, cx: &mut Cx<'_>, store: &Store) -> Result<(), StoreError> {
        let key = DataKey::generate(cx);
        let master = URL_SAFE_NO_PAD.encode(self.master.wrap(cx, nobody(), &key));
        let batch = Batch::default()
            .keep_meta(MASTER_MARK, master)
            .keep_meta(AUDIT_MARK, self.witness().to_string());
        store.commit(batch).await
    }

    /// The key that seals what belongs to the installation and to no tenant.
    ///
    /// # Errors
    ///
    /// [`KeysError::Foreign`], [`KeysError::Store`], [`KeysError::Unmarked`].
    pub async fn installation(&self, store: &Store) -> Result<DataKey, KeysError> {
        let mark = meta::read(store, MASTER_MARK).await?.ok_or(KeysError::Unmarked)?;
        let foreign = KeysError::Foreign { which: MASTER };
        let Ok(wrapped) = URL_SAFE_NO_PAD.decode(mark) else { return Err(foreign) };
        self.master.unwrap(nobody(), &wrapped).map_err(|_| foreign)
    }

    /// The first seal of a tenant that does not exist: it depends on nothing but the key.
    fn witness(&self) -> Witness {
        self.audit.next_seal(nobody(), None, 0, &[], Millis(0)).witness()
    }
}

/// Whether the database was made with keys already.
///
/// # Errors
///
/// As the store's query.
pub async fn is_marked(store: &Store) -> Result<bool, StoreError> {
    Ok(meta::read(store, MASTER_MARK).await?.is_some()
        || meta::read(store, AUDIT_MARK).await?.is_some())
}

/// Reads the audit key.
///
/// # Errors
///
/// As [`Keys::load`].
pub fn audit(file: &SecretFile) -> Result<AuditKey, KeysError> {
    let unreadable = |source| KeysError::Unreadable { file: file.clone(), source, which: AUDIT };
    AuditKey::parse(&file.read()?).map_err(unreadable)
}

/// Reads the master key.
///
/// # Errors
///
/// As [`Keys::load`].
pub fn master(file: &SecretFile) -> Result<MasterKey, KeysError> {
    let unreadable = |source| KeysError::Unreadable { file: file.clone(), source, which: MASTER };
    MasterKey::parse(&file.read()?).map_err(unreadable)
}

/// A tenant that cannot exist.
fn nobody() -> TenantId {
    TenantId::from_bytes([0; 16])
}

const MASTER: &str = "master key";
const AUDIT: &str = "audit key";
const MASTER_MARK: &str = "master_key_mark";
const AUDIT_MARK: &str = "audit_key_mark";
