//! The newest seal of the server's record, kept where the server cannot change it.
//!
//! `authx audit verify --witness FILE` takes the file: a record that was cut off, or a database that
//! was rolled back, does not hold what it says.

use authx_core::{TenantId, audit::Witness};
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The newest seal of each tenant that was heard of. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Witnesses(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    newest: Mutex<BTreeMap<TenantId, Witness>>,
    /// What the file holds; held while it is written.
    written: Mutex<BTreeMap<TenantId, Witness>>,
}

impl Witnesses {
    /// Reads `witness` in the directory. What cannot be read of it is lost, which the log says.
    ///
    /// # Errors
    ///
    /// When there is a file that this process may not read.
    pub fn open(state_dir: &Path) -> io::Result<Self> {
        let file = state_dir.join("witness");
        let text = match fs::read(&file) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut newest = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            match line.parse() {
                Ok(witness) => {
                    advance(&mut newest, witness);
                }
                Err(error) => {
                    tracing::warn!(file = %file.display(), %error, "a kept seal is lost");
                }
            }
        }
        let written = Mutex::new(newest.clone());
        Ok(Self(Arc::new(Shared { file, newest: Mutex::new(newest), written })))
    }

    /// Keeps the seal if it is newer. Writes beside the caller, where there is a runtime.
    pub fn note(&self, seal: &str) {
        let Ok(witness) = seal.parse::<Witness>() else {
            tracing::warn!("AuthX names a seal that is none");
            return;
        };
        if !advance(&mut lock(&self.0.newest), witness) {
            return;
        }
        let shared = self.0.clone();
        let write = move || {
            if let Err(error) = shared.write() {
                let file = shared.file.display();
                tracing::warn!(%file, %error, "the newest seal cannot be kept");
            }
        };
        match tokio::runtime::Handle::try_current() {
            // The disk may take its time.
            Ok(runtime) => drop(runtime.spawn_blocking(write)),
            Err(_) => write(),
        }
    }

    /// The newest seal of each tenant.
    pub fn newest(&self) -> Vec<Witness> {
        lock(&self.0.newest).values().cloned().collect()
    }
}

impl Shared {
    /// Whoever comes second finds everything written.
    fn write(&self) -> io::Result<()> {
        let mut written = lock(&self.written);
        let newest = lock(&self.newest).clone();
        if *written == newest {
            return Ok(());
        }
        let mut text = String::from(HEAD);
        for witness in newest.values() {
            text.push_str(&witness.to_string());
            text.push('\n');
        }
        let fresh = self.file.with_extension("new");
        let mut file = create(&fresh)?;
        file.write_all(text.as_bytes())?;
        // Else a power cut could leave an empty file under the final name.
        file.sync_data()?;
        fs::rename(&fresh, &self.file)?;
        *written = newest;
        Ok(())
    }
}

/// Keeps the higher number. Two seals of one number are what a rolled back record leaves; the first
/// stays, because it is the one that `authx audit verify` will miss.
fn advance(newest: &mut BTreeMap<TenantId, Witness>, witness: Witness) -> bool {
    match newest.get(&witness.tenant) {
        Some(kept) if kept.number == witness.number && kept.mac != witness.mac => {
            tracing::error!(
                %kept, told = %witness,
                "AuthX's record has another seal of this number than before: run `authx audit verify --witness` with the file of this host"
            );
            false
        }
        Some(kept) if kept.number >= witness.number => false,
        Some(_) | None => {
            newest.insert(witness.tenant, witness);
            true
        }
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(path)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const HEAD: &str = "# The newest seals of AuthX's record: `authx audit verify --witness FILE`.\n";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seal(tenant: u8, number: u64, mac: u8) -> String {
        let tenant = TenantId::from_bytes([tenant; 16]);
        Witness { tenant, number, mac: [mac; 32] }.to_string()
    }

    fn kept(directory: &Path) -> Vec<String> {
        let text = fs::read_to_string(directory.join("witness")).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn only_a_newer_seal_replaces_one() {
        let directory = tempfile::tempdir().unwrap();
        let witnesses = Witnesses::open(directory.path()).unwrap();
        for (number, mac) in [(7, 1), (6, 2), (7, 3), (9, 4), (8, 5)] {
            witnesses.note(&seal(1, number, mac));
        }
        witnesses.note(&seal(2, 3, 6));
        witnesses.note("ten_nonsense:1:2");
        assert_eq!(kept(directory.path()), [seal(1, 9, 4), seal(2, 3, 6)]);
        let again = Witnesses::open(directory.path()).unwrap();
        again.note(&seal(1, 8, 7));
        assert_eq!(
            again.newest().iter().map(ToString::to_string).collect::<Vec<_>>(),
            kept(directory.path())
        );
    }

    #[test]
    fn what_a_damaged_file_still_holds_is_used() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("witness");
        fs::write(&file, [b"\xff\xfe:7\n", seal(1, 5, 5).as_bytes(), b"\n\nten_"].concat())
            .unwrap();
        let witnesses = Witnesses::open(directory.path()).unwrap();
        assert_eq!(witnesses.newest().len(), 1);
        witnesses.note(&seal(1, 6, 6));
        assert_eq!(kept(directory.path()), [seal(1, 6, 6)]);
    }

    #[tokio::test]
    async fn a_disk_that_takes_nothing_stops_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let witnesses = Witnesses::open(directory.path()).unwrap();
        fs::create_dir(directory.path().join("witness")).unwrap();
        witnesses.note(&seal(1, 5, 5));
        assert_eq!(witnesses.newest().len(), 1);
    }

    proptest! {
        #[test]
        fn the_highest_number_stays(numbers in proptest::collection::vec(0u64..20, 1..30)) {
            let mut newest = BTreeMap::new();
            for &number in &numbers {
                advance(&mut newest, seal(1, number, 1).parse().unwrap());
            }
            let highest = numbers.iter().max().copied();
            prop_assert_eq!(newest.values().next().map(|witness| witness.number), highest);
        }
    }
}
