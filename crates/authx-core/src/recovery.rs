//! Backups, sealed to a key whose private half is on paper and not on the server.
//!
//! A sealed backup is `AUTHXBAK`, a version byte (1), the 32 bytes of the recovery key's public half
//! and the 32 bytes of HPKE's encapsulated key; then chunks of 64 KiB, each with a tag of 16 bytes,
//! the last of 0 to 64 KiB. Key and nonces are those of HPKE (RFC 9180) in base mode with
//! DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM; its `info` is the header up to the
//! public key; a chunk's associated data is one byte, 1 for the last chunk and 0 for all others. The
//! counted nonce and this byte are the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár,
//! 2015), by which chunks that are missing, added or exchanged are found, at the end as well.

#[cfg(test)]
mod tests;

use crate::{
    Cx, hpke,
    secret_text::{self, InvalidSecretText},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Why a backup does not open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BackupError {
    /// Its bytes are not those that were written, or not all of them.
    #[error("the backup was changed, damaged or cut off; fetch it again or use another one")]
    Damaged,
    /// Of a version that came later.
    #[error("the backup was made by a newer version of AuthX; restore it with that version")]
    NewerVersion,
    /// Something else.
    #[error("not a backup of AuthX")]
    NotABackup,
    /// Sealed to the recovery key of another installation.
    #[error("the backup is sealed to another recovery key; check which installation it is from")]
    OtherKey,
}

/// Why a text is not the public half of a recovery key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not the public half of a recovery key: expected 43 characters of base64url")]
pub struct InvalidRecoveryPublic;

/// What opens backups: printed once, kept by people.
#[derive(Clone)]
pub struct RecoveryKey {
    private: Zeroizing<[u8; 32]>,
    public: RecoveryPublic,
}

impl RecoveryKey {
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
        secret_text::parse(secret_text::RECOVERY_KEY, text).map(Self::new)
    }

    /// As it is printed: `axr_`, 43 characters of base64url, 6 of checksum.
    pub fn to_text(&self) -> Zeroizing<String> {
        secret_text::format(secret_text::RECOVERY_KEY, &self.private)
    }

    /// The half that the server keeps, with which backups are made but not opened.
    pub fn public(&self) -> RecoveryPublic {
        self.public
    }

    #[expect(clippy::expect_used, reason = "any 32 bytes are an X25519 private key (RFC 7748 §5)")]
    fn new(private: Zeroizing<[u8; 32]>) -> Self {
        let public = hpke::public_key(&private).expect("32 bytes are an X25519 private key");
        Self { private, public: RecoveryPublic(public) }
    }
}

impl std::fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

/// The public half of a recovery key; as text 43 characters of base64url.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecoveryPublic([u8; 32]);

impl std::fmt::Display for RecoveryPublic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl std::str::FromStr for RecoveryPublic {
    type Err = InvalidRecoveryPublic;

    fn from_str(text: &str) -> Result<Self, InvalidRecoveryPublic> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidRecoveryPublic)?;
        bytes.try_into().map(Self).map_err(|_| InvalidRecoveryPublic)
    }
}

/// Seals a backup piece by piece; holds at most one chunk.
pub struct Sealer {
    context: hpke::Context,
    /// Until it has been given out.
    header: Vec<u8>,
    chunk: Zeroizing<Vec<u8>>,
}

impl Sealer {
    /// Begins a backup that the private half of `recipient` will open.
    ///
    /// # Errors
    ///
    /// [`InvalidRecoveryPublic`]: no key has this public half (a point of small order), so it was
    /// not made by [`RecoveryKey::public`].
    pub fn new(cx: &mut Cx<'_>, recipient: &RecoveryPublic) -> Result<Self, InvalidRecoveryPublic> {
        let mut header = [&MAGIC[..], &[VERSION], &recipient.0].concat();
        let ephemeral = Zeroizing::new(cx.bytes());
        let (encapsulated, context) = hpke::Context::sender(&ephemeral, &recipient.0, &header)
            .map_err(|_| InvalidRecoveryPublic)?;
        header.extend_from_slice(&encapsulated);
        Ok(Self { context, header, chunk: Zeroizing::new(Vec::with_capacity(CHUNK)) })
    }

    /// Takes more of the backup and appends to `out` what can be written of it.
    pub fn push(&mut self, mut plain: &[u8], out: &mut Vec<u8>) {
        while !plain.is_empty() {
            // A full chunk waits until more comes, as the last one is sealed otherwise.
            if self.chunk.len() == CHUNK {
                self.seal(MORE, out);
            }
            let (now, later) = plain.split_at(plain.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            plain = later;
        }
    }

    /// Appends to `out` what is left. Without it the backup does not open.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.seal(LAST, out);
    }

    fn seal(&mut self, place: &[u8], out: &mut Vec<u8>) {
        out.append(&mut self.header);
        let from = out.len();
        out.extend_from_slice(&self.chunk);
        self.context.seal(place, out, from);
        self.chunk.clear();
    }
}

/// Opens a backup piece by piece; holds at most one chunk.
///
/// What it gives out is genuine but may be cut short: act on it (commit, rename) only after
/// [`Self::finish`].
pub struct Opener {
    key: RecoveryKey,
    /// From the header on.
    context: Option<hpke::Context>,
    /// What has come of the header or chunk at hand.
    held: Vec<u8>,
}

impl Opener {
    /// Begins.
    pub fn new(key: &RecoveryKey) -> Self {
        Self { key: key.clone(), context: None, held: Vec::with_capacity(SEALED_CHUNK) }
    }

    /// Takes more of the sealed backup and appends to `out` what can be read of it.
    ///
    /// # Errors
    ///
    /// Any [`BackupError`]; the backup is useless then, and so is what was given out.
    pub fn push(&mut self, mut sealed: &[u8], out: &mut Vec<u8>) -> Result<(), BackupError> {
        while !sealed.is_empty() {
            let wanted = if self.context.is_some() { SEALED_CHUNK } else { HEADER };
            if self.held.len() == wanted {
                self.open(MORE, out)?;
            }
            let (now, later) = sealed.split_at(sealed.len().min(wanted - self.held.len()));
            self.held.extend_from_slice(now);
            sealed = later;
            if self.context.is_none() {
                self.read_header()?;
            }
        }
        Ok(())
    }

    /// Appends to `out` what is left, and makes sure that nothing is missing.
    ///
    /// # Errors
    ///
    /// Any [`BackupError`]; the backup is useless then, and so is what was given out.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), BackupError> {
        self.open(LAST, out)
    }

    fn open(&mut self, place: &[u8], out: &mut Vec<u8>) -> Result<(), BackupError> {
        let Some(context) = &mut self.context else { return Err(BackupError::Damaged) };
        context.open(place, &mut self.held).map_err(|_| BackupError::Damaged)?;
        out.append(&mut self.held);
        Ok(())
    }

    /// Checks what is there of the header, so that a file of another kind is refused at once.
    fn read_header(&mut self) -> Result<(), BackupError> {
        if !self.held.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic) {
            return Err(BackupError::NotABackup);
        }
        if self.held.get(MAGIC.len()).is_some_and(|&version| version != VERSION) {
            return Err(BackupError::NewerVersion);
        }
        let Some((info, encapsulated)) = self.held.split_last_chunk() else { return Ok(()) };
        if info.len() < INFO {
            return Ok(());
        }
        if !info.ends_with(&self.key.public.0) {
            return Err(BackupError::OtherKey);
        }
        let context = hpke::Context::recipient(encapsulated, &self.key.private, info)
            .map_err(|_| BackupError::Damaged)?;
        self.context = Some(context);
        self.held.clear();
        Ok(())
    }
}

const MAGIC: [u8; 8] = *b"AUTHXBAK";
const VERSION: u8 = 1;
const INFO: usize = MAGIC.len() + 1 + 32;
const HEADER: usize = INFO + 32;
const CHUNK: usize = 64 * 1024;
const SEALED_CHUNK: usize = CHUNK + crate::cipher::TAG;
const MORE: &[u8] = &[0];
const LAST: &[u8] = &[1];
