//! The file of the table: a line a record, so that a damaged one costs itself only.
//!
//! The first line is a data key, wrapped by the key of `sessions.key` and new whenever the file is
//! written anew. Each following one is a sealed record, in base64. A record is sealed to the place
//! in the file at which it begins: moved, or copied from another file, it does not open.

use super::{Approved, SessionsError};
use crate::cx;
use authx_core::{
    Secret, TenantId,
    seal::{DataKey, MasterKey, Place},
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use rustix::fs::{FlockOperation, flock};
use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};
use zeroize::Zeroizing;

/// Where it lies, and the key to it. As long as it lives, no other process can open it.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    key: MasterKey,
    _lock: fs::File,
}

/// What could be read.
#[derive(Default)]
pub(super) struct Contents {
    /// Records, oldest first.
    pub(super) records: Vec<Secret>,
    /// Lines that could not be read.
    pub(super) lost: usize,
}

/// The open file, at its end.
#[derive(Debug)]
pub(super) struct Writer {
    file: fs::File,
    key: DataKey,
    end: u64,
    records: usize,
}

impl File {
    pub(super) fn open(state_dir: &Path) -> Result<Self, SessionsError> {
        let lock = lock(state_dir.join("sessions.lock"))?;
        let key = key(&state_dir.join("sessions.key"))?;
        Ok(Self { path: state_dir.join("sessions"), key, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn read(&self) -> Result<Contents, SessionsError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::default()),
            Err(error) => return Err(failed("read", &self.path)(error)),
        };
        let mut lines = bytes.split_inclusive(|&byte| byte == b'\n');
        let Some(first) = lines.next() else { return Ok(Contents::default()) };
        let Some(key) = decode(first).and_then(|key| self.key.unwrap(nobody(), &key).ok()) else {
            return Ok(Contents { records: Vec::new(), lost: 1 + lines.count() });
        };
        let mut contents = Contents::default();
        let mut at = first.len();
        for line in lines {
            match decode(line).and_then(|sealed| key.open(&place(&row(at)), &sealed).ok()) {
                Some(record) => contents.records.push(record),
                None => contents.lost += 1,
            }
            at += line.len();
        }
        Ok(contents)
    }

    /// Writes the file anew. The old one stays until the new one is complete.
    pub(super) fn rewrite(
        &self,
        sessions: &HashMap<String, Approved>,
    ) -> Result<Writer, SessionsError> {
        let new = self.path.with_extension("new");
        let key = cx::draw(DataKey::generate);
        let mut bytes = encode(&cx::draw(|cx| self.key.wrap(cx, nobody(), &key)));
        for session in sessions.values() {
            bytes.extend(seal(&key, session, bytes.len(), &self.path)?);
        }
        let write = || {
            let mut file = private().write(true).create(true).truncate(true).open(&new)?;
            file.write_all(&bytes)?;
            file.sync_data()?;
            fs::rename(&new, &self.path)?;
            Ok(file)
        };
        let file = write().map_err(failed("write", &new))?;
        let end = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(Writer { file, key, end, records: sessions.len() })
    }
}

impl Writer {
    /// Records in the file, the replaced ones too.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    /// Adds a record. When that fails, the next one is written over what came of it.
    pub(super) fn append(&mut self, file: &File, session: &Approved) -> Result<(), SessionsError> {
        let at = usize::try_from(self.end).unwrap_or(usize::MAX);
        let line = seal(&self.key, session, at, &file.path)?;
        if let Err(error) = self.file.write_all_at(&line, self.end) {
            // A longer remainder behind a shorter record would cost the record after it.
            drop(self.file.set_len(self.end));
            return Err(failed("write", &file.path)(error));
        }
        self.end = self.end.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        self.records += 1;
        Ok(())
    }
}

fn lock(path: PathBuf) -> Result<fs::File, SessionsError> {
    let open = private().write(true).create(true).truncate(false).open(&path);
    let file = open.map_err(failed("open", &path))?;
    for _ in 0..LOCK_TRIES {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) => pause(),
            Err(error) => return Err(failed("lock", &path)(error.into())),
        }
    }
    Err(SessionsError::Busy { path })
}

/// An agent before this one may just be ending, and a child that was just begun holds its lock
/// until it has become another program.
#[expect(clippy::disallowed_methods, reason = "at the start, when nobody is served yet")]
fn pause() {
    thread::sleep(LOCK_PAUSE);
}

const LOCK_TRIES: usize = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The key in the file, or a new one in a new file.
fn key(path: &Path) -> Result<MasterKey, SessionsError> {
    match fs::File::open(path) {
        Ok(file) => {
            let mut text = Zeroizing::new(String::new());
            file.take(KEY_FILE_MAX).read_to_string(&mut text).map_err(failed("read", path))?;
            MasterKey::parse(text.trim_end())
                .map_err(|source| SessionsError::Key { path: path.to_owned(), source })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = cx::draw(MasterKey::generate);
            let new = path.with_extension("key.new");
            let write = || {
                let mut file = private().write(true).create(true).truncate(true).open(&new)?;
                file.write_all(key.to_text().as_bytes())?;
                file.write_all(b"\n")?;
                file.sync_data()?;
                fs::rename(&new, path)
            };
            write().map_err(failed("write", path))?;
            Ok(key)
        }
        Err(error) => Err(failed("open", path)(error)),
    }
}

fn seal(
    key: &DataKey,
    session: &Approved,
    at: usize,
    path: &Path,
) -> Result<Vec<u8>, SessionsError> {
    let plain = serde_json::to_vec(session)
        .map(Zeroizing::new)
        .map_err(|error| failed("encode a record for", path)(error.into()))?;
    Ok(encode(&cx::draw(|cx| key.seal(cx, &place(&row(at)), &plain))))
}

fn place(row: &[u8]) -> Place<'_> {
    Place { tenant: nobody(), table: "vpn_session", column: "record", row }
}

/// The table of a VPN host belongs to no tenant.
fn nobody() -> TenantId {
    TenantId::from_bytes([0; 16])
}

fn row(at: usize) -> [u8; 8] {
    u64::try_from(at).unwrap_or(u64::MAX).to_be_bytes()
}

fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut line = STANDARD_NO_PAD.encode(bytes).into_bytes();
    line.push(b'\n');
    line
}

/// `None` also for a last line that was not written to its end.
fn decode(line: &[u8]) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(line.strip_suffix(b"\n")?).ok()
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SessionsError {
    let path = path.to_owned();
    move |source| SessionsError::Io { doing, path, source }
}

const KEY_FILE_MAX: u64 = 1_024;
